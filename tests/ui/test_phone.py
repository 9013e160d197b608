"""A phone: pages in a menu, one map at a time, nothing wider than the screen, no training form."""

import numpy as np
import pytest
from made_homes import add_run, made_home
from playwright.sync_api import expect

from dashboard import raster

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 390, 844


def go(page, title: str) -> None:
    page.get_by_role("combobox", name="Page", exact=True).click()
    page.get_by_role("menuitem", name=title, exact=True).click()


def test_a_phone_shows_one_map_and_starts_no_training(serve, chromium, tmp_path, wait_until, shots):
    home = made_home(tmp_path, count=120)
    add_run(home)
    served = serve(home)
    context = chromium.new_context(viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(served.url)
    shown = page.locator(".pz-scale:visible")
    expect(shown.first).to_contain_text("n 120")
    expect(shown).to_have_count(1)
    state = served.state
    figure = page.locator("[aria-label^='Map colored']:visible")
    box = wait_until(lambda: (found := figure.bounding_box()) and found["width"] > 300 and found)
    assert box["x"] >= 0 and box["x"] + box["width"] <= WIDTH
    wait_until(lambda: state.drag == "pan")
    x0, x1, y0, y1 = raster.whole(state.positions)
    row = int(np.argmax(state.positions[:, 0]))  # the rightmost has no close neighbour to be mistaken for
    x, y = state.positions[row]
    left, top = (x - x0) / (x1 - x0) * box["width"], (y1 - y) / (y1 - y0) * box["height"]
    page.touchscreen.tap(box["x"] + float(left), box["y"] + float(top))
    wait_until(lambda: state.focus_row == row)
    for name in ("Dataset in front", "Run in front", "Page"):
        select = page.get_by_role("combobox", name=name, exact=True).bounding_box()
        assert select["x"] >= 0 and select["x"] + select["width"] <= WIDTH, name
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    if shots:
        page.screenshot(path=shots / "phone-explore.png")
    go(page, "Train")
    expect(page.get_by_text("Trainings are started on a wider screen")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_have_count(0)
    go(page, "Help")
    expect(page.get_by_role("heading", name="Help", exact=True)).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    context.close()
