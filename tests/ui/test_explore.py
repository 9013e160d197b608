"""The Explore page in a real browser."""

import gc
import re

import numpy as np
import pytest
import shapely
from made_homes import add_run, made_home
from playwright.sync_api import expect
from settled import settle

pytestmark = pytest.mark.browser
LASSO = [(30, 30), (170, 50), (150, 160), (90, 90), (40, 150)]  # px from a map's upper left corner

ACTIVE = "[...Bokeh.documents[0].all_models].filter(model => model.active)"  # Bokeh's tools that are on


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path, count=300)
    add_run(home)
    return home


@pytest.fixture
def served(serve, home, page):
    """A dashboard whose Explore page is open and drawn."""
    served = serve(home)
    page.goto(served.url)
    is_drawn(page)
    return served


def is_drawn(page, count: str = "n 300") -> None:
    """Wait until all six maps show so many objects and the gallery is filled."""
    expect(page.locator(".pz-scale p").filter(has_text=re.compile(rf"^{count}( |$)"))).to_have_count(6)
    expect(page.locator(".tiles button").first).to_be_visible()
    settle(page)


def map_box(page, number: int) -> dict:
    """Where map `number` (0–5) is on the page; figure 0 is the mosaic."""
    return page.locator(".bk-Figure").nth(number + 1).bounding_box()


def drag(page, box: dict, path: list[tuple[int, int]]) -> None:
    page.mouse.move(box["x"] + path[0][0], box["y"] + path[0][1])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()


def map_points(state, box: dict) -> np.ndarray:
    """Pixel (x, y) of every galaxy from the upper left corner of a map."""
    from dashboard import raster

    x0, x1, y0, y1 = state.view or raster.whole(state.positions)
    side = box["width"] - 2  # a border of one pixel
    x = 1 + (state.positions[:, 0] - x0) / (x1 - x0) * side
    return np.column_stack([x, 1 + (y1 - state.positions[:, 1]) / (y1 - y0) * side])


def test_opens_without_scrolling(served, page, shots):
    expect(page).to_have_title("photoz")
    sizes = [map_box(page, number) for number in range(-1, 6)]
    assert all(abs(size["width"] - size["height"]) < 1 for size in sizes)
    assert all(size["x"] + size["width"] <= 1366 and size["y"] + size["height"] <= 768 for size in sizes)
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    for name in ("m_F160W [mag]", "F814W − F160W [mag]", "z_spec", "z_phot"):
        expect(page.get_by_role("combobox").filter(has_text=re.compile(f"^{re.escape(name)}$"))).to_be_visible()
    if shots:
        page.screenshot(path=shots / "explore-test.png")


def test_recolor_one_map(served, page):
    before = list(served.state.columns)
    page.get_by_role("combobox").filter(has_text="m_F160W [mag]").click()
    page.get_by_role("menuitem", name="kind").click()
    expect(page.locator(".pz-scale").first.locator(".legend span")).to_have_count(3)
    assert served.state.columns == ["kind", *before[1:]]


def test_zoom_redraws_all_maps_and_double_click_shows_the_whole(served, page):
    box = map_box(page, 1)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.wheel(0, -400)
    note = page.locator(".pz-scale p").first
    expect(note).not_to_contain_text("n 300")
    x0, x1, y0, y1 = served.state.view
    inside = ((served.state.positions >= (x0, y0)) & (served.state.positions <= (x1, y1))).all(axis=1).sum()
    is_drawn(page, f"n {inside}")
    page.mouse.dblclick(*middle)
    is_drawn(page)
    assert served.state.view is None


def test_lasso_selects_exactly_what_is_inside(served, page, wait_until):
    state = served.state
    page.get_by_role("button", name="lasso").click()
    page.wait_for_function(f"{ACTIVE}.filter(tool => tool.type == 'LassoSelectTool').length == 7")
    box = map_box(page, 2)
    drag(page, box, LASSO)
    title = page.locator(".pz-title")
    expect(title).to_contain_text("Selection")
    polygon, points = shapely.Polygon(LASSO), shapely.points(map_points(state, box))
    sure_inside = shapely.contains(polygon.buffer(-1.5), points)  # half a pixel is the browser's to round
    sure_outside = ~shapely.contains(polygon.buffer(1.5), points)
    assert sure_inside.sum() > 20 and state.selected[sure_inside].all() and not state.selected[sure_outside].any()
    expect(title.locator("b")).to_have_text(f"{state.selected.sum()}")
    shown = gallery_names(page)
    while len(shown) < state.selected.sum():
        last = gallery_names(page)
        page.get_by_label("Next page").click()
        shown += wait_until(lambda last=last: (names := gallery_names(page)) != last and names)
    assert shown == state.data.object_id[state.selected].tolist()


def gallery_names(page) -> list[str]:
    return page.locator(".tiles").first.locator("button").evaluate_all("all => all.map(e => e.dataset.name)")


def test_shift_adds_ctrl_takes_away_escape_clears(served, page):
    state, count = served.state, page.locator(".pz-title b")
    box = map_box(page, 0)
    drag(page, box, [(20, 20), (100, 180)])
    expect(page.locator(".pz-title")).to_contain_text("Selection")
    left = state.selected.copy()
    page.keyboard.down("Shift")
    drag(page, map_box(page, 4), [(110, 20), (180, 180)])
    page.keyboard.up("Shift")
    expect(count).not_to_have_text(f"{left.sum()}")
    both = state.selected.copy()
    assert both[left].all() and both.sum() > left.sum()
    page.keyboard.down("Control")
    drag(page, box, [(20, 20), (100, 180)])
    page.keyboard.up("Control")
    expect(count).to_have_text(f"{(both & ~left).sum()}")
    page.keyboard.press("Escape")
    expect(page.locator(".pz-title")).to_contain_text("In view 300")


def test_click_shows_the_object_and_arrows_walk(served, page, wait_until):
    tiles = page.locator(".tiles").first.locator("button")
    tiles.nth(3).click()
    expect(page.locator(".pz-object h5")).to_have_text(tiles.nth(3).get_attribute("data-name"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".pz-object h5")).to_have_text(tiles.nth(4).get_attribute("data-name"))
    state, box = served.state, map_box(page, 0)
    points = map_points(state, box)
    row = int(np.argmax(points[:, 0]))  # the rightmost has no close neighbour to be mistaken for
    page.mouse.click(box["x"] + float(points[row, 0]), box["y"] + float(points[row, 1]))
    wait_until(lambda: state.focus_row == row)
    expect(page.locator(".pz-object h5")).to_have_text(state.focus)


def test_where_the_pointer_rests_an_object_is_ringed_in_every_map_and_pictured_in_one(served, page, wait_until, shots):
    box, state = map_box(page, 1), served.state
    points, focus = map_points(state, box), state.focus
    row = int(np.hypot(*(points - points.mean(axis=0)).T).argmin())
    page.mouse.move(box["x"] + float(points[row, 0]), box["y"] + float(points[row, 1]))
    named = "(name) => [...Bokeh.documents[0].all_models].filter(model => model.name === name).map(model => model.data)"
    seen = lambda name: page.evaluate(named, name)  # noqa: E731
    wait_until(lambda: len(seen("pointer")[0]["x"]) == 1)
    x, y = seen("pointer")[0]["x"][0], seen("pointer")[0]["y"][0]
    reach = 14 * np.ptp(state.positions, axis=0).max() / (box["width"] - 2) * 1.06
    nearest = np.hypot(*(state.positions - state.positions[row]).T)
    assert [x, y] in state.positions[nearest < reach].astype(float).tolist()
    pictures = [one["url"] for one in seen("pointer-picture")]
    assert [len(one) for one in pictures] == [0, 1, 0, 0, 0, 0] and pictures[1][0].startswith("data:image/webp")
    assert state.focus == focus  # the pointer alone chooses nothing
    if shots:
        page.screenshot(path=shots / "explore-pointer.png")
    page.mouse.move(5, 5)
    wait_until(lambda: len(seen("pointer")[0]["x"]) == 0 and not any(one["url"] for one in seen("pointer-picture")))


def test_new_run_appears_in_the_selector(served, page, home):
    add_run(home, seed=7)
    wait = expect(page.get_by_role("combobox").filter(has_text="run 0"))
    wait.to_be_visible()
    page.get_by_role("combobox").filter(has_text="run 0").click()
    expect(page.get_by_role("menuitem", name="run 7")).to_be_visible()


def test_dark_theme_keeps_the_maps(served, page, shots):
    page.get_by_label("Toggle theme").click()
    expect(page.locator(".page.mui-dark")).to_have_count(1)
    is_drawn(page)
    if shots:
        page.screenshot(path=shots / "explore-test-dark.png")


def test_five_sessions_keep_their_own_state_and_leave_nothing(serve, chromium, home, wait_until):
    served = serve(home)
    tabs = []
    for number in range(5):
        tab = chromium.new_page(viewport={"width": 1366, "height": 768})
        tab.goto(served.url)
        is_drawn(tab)
        tabs.append(tab)
        drag(tab, map_box(tab, 0), [(60, 60), (110 + 15 * number, 110 + 15 * number)])
        expect(tab.locator(".pz-title")).to_contain_text("Selection")
    counts = [ref().selected.sum() for ref in served.states]
    assert len(counts) == 5 and counts == sorted(set(counts))
    for tab, selected in zip(tabs, counts, strict=True):
        expect(tab.locator(".pz-title b")).to_have_text(f"{selected}")
        tab.close()
    wait_until(lambda: gc.collect() >= 0 and served.alive() == 0)
