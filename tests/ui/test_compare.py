"""The Compare page in a real browser: one selection, one pointer and one coloring for all maps, and moving objects."""

import re
from pathlib import Path

import numpy as np
import pytest
from made_homes import add_run, made_home
from playwright.sync_api import expect

from dashboard.compare_choices import Comparison
from dashboard.views import compare

pytestmark = pytest.mark.browser
MODEL = "name => Bokeh.documents.flatMap(d => [...d._all_models.values()]).find(m => m.name === name)"
XY = f"name => {{ const {{x, y}} = ({MODEL})(name).data; return [[...x], [...y]] }}"


@pytest.fixture
def served(serve, tmp_path, page, monkeypatch):
    """A dashboard with two runs of 200 galaxies, its Compare page open and drawn; `made` has what that compares."""
    made = []
    monkeypatch.setattr(compare, "Comparison", lambda state: made.append(Comparison(state)) or made[-1])
    home = made_home(tmp_path, count=200)
    for seed in range(2):
        add_run(home, seed)
    served = serve(home)
    page.goto(served.url)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(counts(page, "n (200|19.)")).to_have_count(2)
    expect(page.get_by_text("Jaccard index of the 15 nearest")).to_be_visible()
    served.made = made
    return served


def counts(page, text: str):
    return page.locator(".pz-scale p").filter(has_text=re.compile(rf"^{text}( |$)"))


def at(box, side, row: int) -> tuple[float, float]:
    """Where on the screen an object of a map is."""
    x0, x1, y0, y1 = side.view
    x, y = side.positions[row].tolist()
    return box["x"] + (x - x0) / (x1 - x0) * box["width"], box["y"] + (y1 - y) / (y1 - y0) * box["height"]


def test_a_lasso_in_one_map_selects_in_the_other(served, page, shots):
    boxes = [page.locator(".bk-Figure").nth(number).bounding_box() for number in range(3)]
    assert all(box["x"] + box["width"] <= 1366 and box["y"] + box["height"] <= 768 for box in boxes)
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="lasso", exact=True)).to_have_attribute("aria-pressed", "true")
    box = boxes[1]
    corners = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.5), (0.1, 0.5)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in (*points[1:], points[0]):
        page.mouse.move(*point, steps=6)
    page.mouse.up()
    expect(counts(page, "n (200|19.)")).to_have_count(0)
    chosen = int(served.state.selected.sum())
    assert 20 < chosen < 190
    upper = served.made[0].shown[1]
    middle = (upper.view[2] + upper.view[3]) / 2
    assert (upper.positions[served.state.selected, 1] > middle - 0.05 * (upper.view[3] - upper.view[2])).all()
    expect(counts(page, f"n {chosen}")).to_have_count(2)
    if shots:
        page.screenshot(path=shots / "compare-test.png")
    page.keyboard.press("Escape")
    expect(counts(page, "n (200|19.)")).to_have_count(2)


def test_the_object_under_the_pointer_is_ringed_in_every_map(served, page, wait_until):
    first, second = served.made[0].shown
    x, y = first.positions.T
    row = int(np.argmin(np.abs(x) + np.abs(y)))
    page.mouse.move(*at(page.locator(".bk-Figure").first.bounding_box(), first, row), steps=3)
    wait_until(lambda: page.evaluate(XY, "hover-1")[0])
    for number, side in enumerate((first, second)):
        np.testing.assert_allclose(np.ravel(page.evaluate(XY, f"hover-{number}")), side.positions[row], rtol=1e-5)
    page.mouse.move(5, 760)
    wait_until(lambda: not page.evaluate(XY, "hover-1")[0])


def test_the_slider_and_the_button_move_objects_from_map_to_map(served, page, wait_until):
    first, second = served.made[0].shown
    start, end = (np.array(side.positions.T, float) for side in (first, second))
    drawn = lambda: np.array(page.evaluate(XY, "transition"))  # noqa: E731
    np.testing.assert_allclose(drawn(), start, atol=1e-5)
    handle = page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    share = wait_until(lambda: page.evaluate(f"({MODEL})('transition-slider').value"))
    assert 0 < share < 1
    np.testing.assert_allclose(drawn(), start + share * (end - start), atol=1e-4)
    page.get_by_text("▶ Play").click()
    wait_until(lambda: page.evaluate(f"({MODEL})('transition-slider').value") == 1)
    np.testing.assert_allclose(drawn(), end, atol=1e-4)
    page.get_by_role("combobox", name="Color by").click()
    page.get_by_role("listbox").get_by_text("kind", exact=True).click()
    expect(page.locator(".pz-scale .legend")).to_have_count(2)
    wait_until(lambda: set(page.evaluate(f"[...({MODEL})('transition').data.value]")) == {0, 1, 2})
    np.testing.assert_allclose(drawn(), end, atol=1e-4)


def test_another_coloring_is_that_of_all_maps_and_runs_can_be_added(served, page, wait_until):
    bars = page.locator(".pz-scale .bar")
    expect(bars).to_have_count(2)
    before = bars.all_inner_texts()
    assert before[0] == before[1]
    page.get_by_role("combobox", name="Color by").click()
    page.get_by_role("listbox").get_by_text("displacement").click()
    expect(bars.first).not_to_have_text(before[0])
    after = bars.all_inner_texts()
    assert after[0] == after[1]
    page.get_by_role("combobox", name="Color by").click()
    page.get_by_role("listbox").get_by_text("neighbour overlap").click()
    expect(bars.first).not_to_have_text(after[0])
    after = bars.all_inner_texts()
    assert after[0] == after[1]
    moving = f"[...({MODEL})('transition').data.value].every(Number.isFinite)"
    wait_until(lambda: page.evaluate(moving))
    expect(page.locator(".pz-scale p").filter(has_text="NaN")).to_have_count(0)
    add_run(served.state.home, 2)
    add = page.get_by_role("button", name="Add a run")
    expect(add).to_be_enabled()
    add.click()
    expect(counts(page, "n (200|19.)")).to_have_count(3)
    expect(page.locator("td.own")).to_have_count(3)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_comparison_is_saved_as_a_figure_and_as_a_report(served, page, shots, theme):
    if theme == "dark":
        page.get_by_label("Toggle theme").click()
        expect(page.locator(".page.mui-dark")).to_have_count(1)
    page.get_by_role("button", name="save…").click()
    for label, suffix, start in (("Save maps", ".pdf", b"%PDF"), ("Save report", "--report.html", b"<!doctype html>")):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        name = download.value.suggested_filename
        assert name.startswith(f"{served.made[0].shown[0].run_id}--and-1") and name.endswith(suffix)
        assert Path(download.value.path()).read_bytes().startswith(start)
        expect(page.get_by_text(f"{name} ·")).to_be_visible()
    if shots:
        page.screenshot(path=shots / f"compare-save-{theme}.png")
