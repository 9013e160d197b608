"""Keyboard, screen readers, themes, a lost server and the tour, in a real browser."""

import numpy as np
import pytest
from axe_findings import found_by_axe, settled
from made_everything import MARKS, with_reviews
from made_homes import add_run, made_home
from playwright.sync_api import expect
from still_queue import StillQueue

from dashboard.map_keys import middle
from dashboard.picking import nearest_point

pytestmark = pytest.mark.browser
FOCUS = """() => {
  let node = document.activeElement
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement
  const rings = []
  for (let at = node, i = 0; at && i < 4; at = at.parentElement, i++) {
    const style = getComputedStyle(at)
    if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) rings.push(style.outlineColor)
  }
  const name = node.getAttribute("aria-label") || node.textContent.trim() || node.title || node.className
  return [node.tagName, node.getAttribute("role") ?? "", name, rings[0] ?? ""]
}"""


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path, count=120)
    add_run(home)
    return home


def opened(page, served, wait_until):
    """Open the dashboard; wait until its first map is drawn."""
    page.goto(served.url)
    expect(page.locator(".pz-scale p").first).to_contain_text("n ")
    return wait_until(lambda: served.states and served.state)


@pytest.mark.parametrize("title", ["Train", "Review"])
def test_the_keyboard_is_seen_wherever_it_is(serve, home, page, wait_until, title):
    served = serve(home, StillQueue(home), with_reviews(home))
    opened(page, served, wait_until)
    page.get_by_role("button", name=title, exact=True).click()
    expect(page.get_by_text(MARKS[title]).first).to_be_visible()
    settled(page)
    page.evaluate("document.querySelector('.pz-skip').focus()")
    stops = [page.evaluate(FOCUS)]
    while stops[-1][0] != "BODY" and len(stops) < 120:
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS))
    names = [name for _, _, name, _ in stops]
    assert stops[-1][0] == "BODY" and len(stops) > 20
    assert {"Train": "Start training", "Review": "Score 3"}[title] in names
    assert [name for tag, _, name, ring in stops if tag != "BODY" and not ring] == []


def test_keys_go_to_pages_and_to_the_help(serve, home, page, wait_until):
    state = opened(page, serve(home), wait_until)
    page.keyboard.press("Alt+2")
    wait_until(lambda: state.page == "Compare")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Help", exact=True)).to_be_visible()
    page.keyboard.press("Alt+4")
    expect(page.get_by_text(MARKS["Photo-z"]).first).to_be_visible()
    page.get_by_label("bright: mag <").focus()
    went = []
    state.param.watch(lambda event: went.append(event.new), "page")
    page.keyboard.press("Alt+2")  # on some keyboards this writes a bracket
    page.keyboard.press("?")
    page.get_by_role("button", name="whole split").focus()
    page.keyboard.press("Alt+1")
    wait_until(lambda: went)
    assert went == ["Explore"]


def test_the_keyboard_reaches_everything_and_moves_the_maps(serve, home, page, wait_until):
    served = serve(home)
    state = opened(page, served, wait_until)
    stops = []
    for _ in range(90):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS))
        if stops[-1][0] == "BODY":
            break
    names = [name for _, _, name, _ in stops]
    assert names[0] == "Skip to the maps" and stops[-1][0] == "BODY"
    assert [name for tag, _, name, ring in stops if tag != "BODY" and not ring] == []
    assert names.index("made") < names.index("Explore") < names.index("Help") < names.index("box")
    assert sum("bk-events" in name for name in names) == 7  # the mosaic and six maps

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    assert "bk-events" in page.evaluate(FOCUS)[2]
    moves_and_selects(page, state, wait_until)
    expect(page.locator("[aria-label^='Map colored by z_spec: n 120'][aria-label*=' labelled']")).to_have_count(1)

    page.get_by_role("button", name="save…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert found_by_axe(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def moves_and_selects(page, state, wait_until) -> None:
    """All that keys do on the map that has them."""
    page.keyboard.press("ArrowRight")
    wait_until(lambda: state.view is not None)
    x0, x1, *_ = state.view
    page.keyboard.press("+")
    wait_until(lambda: state.view[1] - state.view[0] < 0.8 * (x1 - x0))
    row = nearest_point(state.positions, *middle(state.view), np.inf)
    page.keyboard.press("Enter")
    wait_until(lambda: state.focus_row == row)
    page.keyboard.press("s")
    wait_until(lambda: 0 < state.selected.sum() < len(state.selected))
    page.keyboard.press("Alt+s")
    wait_until(lambda: not state.selected.any())
    page.keyboard.press("Home")
    wait_until(lambda: state.view is None)
    page.keyboard.press("Shift+S")
    wait_until(lambda: state.selected.all())
    page.keyboard.press("Escape")
    wait_until(lambda: not state.selected.any())


def test_a_lost_server_is_said_and_the_choices_survive(serve, home, page, wait_until):
    served, sockets, cut = serve(home), [], []

    def through(socket):
        if cut:
            socket.close(code=3001)
        else:
            sockets.append((socket, socket.connect_to_server()))

    page.route_web_socket("**/ws", through)
    state = opened(page, served, wait_until)
    page.get_by_role("button", name="lasso").click()
    page.get_by_role("combobox", name="Column of map 1").click()
    page.get_by_role("menuitem", name="kind").click()
    wait_until(lambda: state.columns[0] == "kind" and state.drag == "lasso")
    cut.append(True)
    for socket, server in sockets:
        server.close()
        socket.close(code=3001)
    banner = page.get_by_role("alert").filter(has_text="The server does not answer")
    expect(banner).to_be_visible()
    cut.clear()
    page.get_by_role("button", name="Reconnect").click()
    expect(banner).to_have_count(0)
    expect(page.get_by_role("combobox", name="Column of map 1")).to_have_text("kind")
    page.get_by_role("button", name="pan", exact=True).click()
    wait_until(lambda: state.drag == "pan")  # the same session goes on
    assert len(served.states) == 1


def test_the_tour_is_offered_once_and_goes_by_keys(serve, home, page, wait_until):
    served = serve(home)
    opened(page, served, wait_until)
    page.get_by_role("button", name="Take the tour").click()
    box = page.get_by_role("dialog")
    titles = []
    while box.count():
        titles.append(box.locator("b").inner_text())
        assert box.locator("small").inner_text().startswith(f"{len(titles)} of ")
        page.keyboard.press("Enter")
        expect(box.filter(has=page.get_by_text(titles[-1], exact=True))).to_have_count(0)
    assert titles[:3] == ["Dataset and run", "The mosaic", "The maps"] and titles[-1] == "Help" and len(titles) == 7
    page.reload()
    expect(page.locator(".pz-scale p").first).to_contain_text("n ")
    expect(page.get_by_role("button", name="Take the tour")).to_have_count(0)
    page.get_by_role("button", name="Help", exact=True).click()
    page.get_by_role("button", name="Take the tour").click()
    expect(box).to_be_visible()
    assert found_by_axe(page) == []
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    wait_until(lambda: served.state.page == "Explore")
