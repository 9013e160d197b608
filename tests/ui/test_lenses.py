"""The Lenses page in a real browser: a selection in one map is everybody's, a click is drawn before other sources."""

import re

import numpy as np
import pytest
from made_homes import add_lens_run, add_run, made_home, made_lenses
from playwright.sync_api import expect

from dashboard import raster
from dashboard.lens_images import OTHERS

pytestmark = pytest.mark.browser


@pytest.fixture
def served(serve, tmp_path, page):
    """A dashboard with lenses and galaxies, its Lenses page open and drawn."""
    home = made_lenses(tmp_path, count=200)
    add_lens_run(home, "simsiam")
    add_lens_run(home, "lensiam")
    made_home(tmp_path)
    add_run(home)
    served = serve(home)
    page.goto(served.url)
    page.get_by_role("button", name="Lenses", exact=True).click()
    expect(counts(page, "n 200")).to_have_count(6)
    expect(page.locator(".strip img")).to_have_count(2 + OTHERS)
    return served


def counts(page, text: str):
    return page.locator(".pz-scale p").filter(has_text=re.compile(rf"^{text}( |$)"))


def test_a_selection_in_one_map_is_that_of_both_runs_and_of_explore(served, page, shots):
    boxes = [page.locator(".bk-Figure").nth(number).bounding_box() for number in range(6)]
    assert all(box["x"] + box["width"] <= 1366 and box["y"] + box["height"] <= 768 for box in boxes)
    box = boxes[4]  # second map of the lower row
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 20, steps=4)
    page.mouse.up()
    expect(counts(page, "n 200")).to_have_count(0)
    state = served.states[0]()
    chosen = int(state.selected.sum())
    assert 0 < chosen < 200
    expect(counts(page, f"n {chosen}")).to_have_count(6)
    if shots:
        page.screenshot(path=shots / "lenses-test.png")
    page.get_by_role("button", name="Explore", exact=True).click()
    expect(page.locator(".pz-title b")).to_have_text(str(chosen))


def test_a_click_is_drawn_before_other_sources(served, page, wait_until):
    state, shown = served.states[0](), page.locator(".strip img").last
    focus, image = state.focus, shown.get_attribute("src")
    positions = state.current.projection("pca")  # of the newest run, LenSiam's: the upper row
    x0, x1, y0, y1 = raster.whole(positions)
    row = int(np.argmax(np.where(state.data.object_id == focus, -np.inf, positions[:, 0])))
    box = page.locator(".bk-Figure").first.bounding_box()
    x, y = (positions[row, 0] - x0) / (x1 - x0), (y1 - positions[row, 1]) / (y1 - y0)
    page.mouse.click(box["x"] + float(x) * box["width"], box["y"] + float(y) * box["height"])
    wait_until(lambda: state.focus_row == row)
    expect(page.get_by_text("the same mass before other sources").locator("b")).to_have_text(state.focus)
    expect(shown).not_to_have_attribute("src", image)
    expect(page.locator(".strip img")).to_have_count(2 + OTHERS)


def test_the_tab_is_gone_with_the_lenses(served, page):
    page.get_by_role("combobox").filter(has_text="lenses").first.click()
    page.get_by_role("listbox").get_by_text("made", exact=True).click()
    expect(counts(page, "n 60")).to_have_count(6)
    expect(page.get_by_role("button", name="Lenses", exact=True)).to_have_count(0)
    assert served.states[0]().page == "Explore"
