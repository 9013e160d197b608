"""The Sky page in a real browser; Aladin Lite is played by a few lines of script, nothing is fetched from outside."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from test_views_sky import sky_home

from dashboard import aladin

pytestmark = pytest.mark.browser
STAND_IN = """
const calls = window.calls = []
const known = { getRaDec: () => [150, 2], getFov: () => [1, 1], getSize: () => [400, 400], then: undefined,
  view: { catalogCanvas: document.createElement("canvas") } }
const note = (name) => function (...given) { calls.push([name, JSON.stringify(given)]); return stand }
const stand = new Proxy({}, { get: (_, name) => name in known ? known[name] : note(name) })
export default new Proxy({ init: Promise.resolve(), then: undefined }, {
  get: (own, name) => name in own ? own[name] : note(name) })
"""


@pytest.fixture
def home(tmp_path):
    rng = np.random.default_rng(0)
    return sky_home(tmp_path, 150 + rng.uniform(-0.3, 0.3, 80), 2 + rng.uniform(-0.3, 0.3, 80))


@pytest.fixture
def outside(page):
    """Addresses of other machines that were asked for; each is refused unless `page` routes it elsewhere."""
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    page.route(re.compile(r"^https://"), refuse)
    return asked


def drag(page, figure, path):
    box = figure.bounding_box()
    page.mouse.move(box["x"] + path[0][0] * box["width"], box["y"] + path[0][1] * box["height"])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
    page.mouse.up()


def test_a_box_on_the_sky_is_selected_in_both_maps_and_aladin_comes_only_when_asked(
    serve, home, page, outside, wait_until, shots
):
    served = serve(home)
    page.goto(served.url)
    page.get_by_role("button", name="Sky", exact=True).click()
    expect(page.get_by_text("east to the left")).to_be_visible()
    sky = page.locator(".bk-Figure:visible").first
    drag(page, sky, [(0.5, 0.1), (0.95, 0.9)])
    state = wait_until(lambda: served.state.selected.any() and served.state)
    ra = state.data.catalog["ra"].to_numpy()
    assert (ra[state.selected] < np.median(ra) + 0.1).all() and 20 < state.selected.sum() < 60
    assert outside == []
    button = page.get_by_role("button", name="Aladin Lite")
    button.click()
    expect(page.get_by_text("cannot reach the CDS")).to_be_visible()
    assert set(outside) == set(aladin.sources())
    if shots:
        page.screenshot(path=shots / "sky.png")


def test_aladin_gets_the_objects_and_the_selection(serve, home, page):
    anywidget = Path(pytest.importorskip("anywidget").__file__).parent / "nbextension" / "index.js"
    script = {"content_type": "text/javascript", "headers": {"Access-Control-Allow-Origin": "*"}}
    page.route(re.compile(r"^https://"), lambda route: route.abort())
    page.route(re.compile(r"cds\.unistra\.fr"), lambda route: route.fulfill(body="", **script))
    page.route(re.compile(r"esm\.sh/aladin-lite"), lambda route: route.fulfill(body=STAND_IN, **script))
    page.route(
        re.compile(r"(unpkg\.com|cdn\.jsdelivr\.net).*anywidget"),
        lambda route: route.fulfill(body=anywidget.read_text(), **script),
    )
    served = serve(home)
    page.goto(served.url)
    page.get_by_role("button", name="Sky", exact=True).click()
    expect(page.get_by_text("east to the left")).to_be_visible()
    page.get_by_role("button", name="Aladin Lite").click()
    frame = page.locator("iframe[title^='Aladin Lite']").element_handle().content_frame()
    told = "name => JSON.stringify(window.calls || []).includes(name)"  # waited for by Playwright: it routes meanwhile
    frame.wait_for_function(told, arg="objects")
    assert frame.evaluate(told, "gotoRaDec") and not frame.evaluate(told, "selection")
    drag(page, page.locator(".bk-Figure:visible").first, [(0.5, 0.1), (0.95, 0.9)])
    frame.wait_for_function(told, arg="selection")
