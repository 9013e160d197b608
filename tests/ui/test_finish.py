"""Keyboard, screen readers, themes, a lost server and the tour, in a real browser."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from made_classes import add_class_run, made_classes
from made_homes import add_lens_run, add_run, made_home, made_lenses
from made_spectra import add_glo_run, made_spectra
from playwright.sync_api import expect

from dashboard.map_keys import middle
from dashboard.picking import nearest_point
from photoz_core.review import ReviewStore

pytestmark = pytest.mark.browser
PAGES = {
    "made": ("Explore", "Compare", "Similar", "Photo-z", "Train", "Review"),
    "lenses": ("Lenses",),
    "spectra-mock": ("Spectra",),
    "sgq": ("Classes",),
}
MARKS = {  # what only this page says
    "Explore": "save…", "Compare": "Add a run", "Similar": "Most like", "Photo-z": "LSST asks", "Review": "Activity",
    "Train": "Label efficiency", "Lenses": "neighbours and probes see", "Spectra": "Error over up to",
    "Classes": "Few labels", "Help": "Brier score",
}  # fmt: skip
LIBRARY = {  # faults of Bokeh and panel-material-ui that nothing outside it can mend: rule and what its nodes look like
    "button-name": "MuiIconButton-sizeSmall css-",  # plus and minus of a number field have no name; ↑ and ↓ do the same
    "aria-input-field-name": "noUi-handle",  # Bokeh's slider, of the transition between two maps
    "aria-prohibited-attr": 'sx="[object Object]"',  # the sign beside a label that shows its description
}
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


@pytest.fixture
def every_home(home):
    """`home` with a dataset for each page that not every dataset has."""
    add_run(home, seed=1)
    made_lenses(home.path, count=40)
    add_lens_run(home, "simsiam")
    made_spectra(home.path, count=30)
    add_glo_run(home)
    made_classes(home.path, count=60)
    add_class_run(home)
    return home


def opened(page, served, wait_until):
    """Open the dashboard; wait until its first map is drawn."""
    page.goto(served.url)
    expect(page.locator(".pz-scale p").first).to_contain_text("n ")
    return wait_until(lambda: served.states and served.state)


def settled(page) -> None:
    """Wait until the browser has drawn all it knows, and nothing fades."""
    page.wait_for_function("Bokeh.index.roots.every(root => root.is_idle)")
    page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")


def found_by_axe(page, tries: int = 8) -> list[str]:
    """Serious and critical findings that are ours, and stay: a control that was made in the other theme fades."""
    for _ in range(tries):
        settled(page)
        if not (found := findings(page)):
            break
    return found


def findings(page) -> list[str]:
    """Serious and critical findings of this moment that are ours."""
    found = []
    for rule in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
        if rule["impact"] not in ("serious", "critical"):
            continue
        for node in rule["nodes"]:
            place = f"{node['target']} {node['html']}"
            if LIBRARY.get(rule["id"], " no ") not in place:
                found.append(
                    f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]} {str(node['target'])[-160:]}"
                )
    return found


def test_no_page_hides_anything_from_a_screen_reader(serve, every_home, page, wait_until, shots):
    served = serve(every_home, reviews=ReviewStore.open(None, every_home))
    opened(page, served, wait_until)
    found: dict[str, list[str]] = {}
    for theme in ("light", "dark"):
        for dataset, titles in PAGES.items():
            page.get_by_role("combobox", name="Dataset in front").click()
            page.get_by_role("menuitem", name=dataset, exact=True).click()
            expect(page.get_by_role("combobox", name="Dataset in front")).to_have_text(dataset)
            for title in (*titles, *["Help"] * (dataset == "made")):
                page.get_by_role("button", name=title, exact=True).click()
                expect(page.get_by_text(MARKS[title]).first).to_be_visible()
                found[f"{theme} {title}"] = found_by_axe(page)
                if shots:
                    page.screenshot(path=shots / f"finish-{title}-{theme}.png")
        page.get_by_label("Toggle theme").click()
    assert {place: said for place, said in found.items() if said} == {}


def test_keys_go_to_pages_and_to_the_help(serve, home, page, wait_until):
    state = opened(page, serve(home), wait_until)
    page.keyboard.press("Alt+2")
    wait_until(lambda: state.page == "Compare")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Help", exact=True)).to_be_visible()


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
    page.keyboard.press("ArrowRight")
    wait_until(lambda: state.view is not None)
    x0, x1, *_ = state.view
    page.keyboard.press("+")
    wait_until(lambda: state.view[1] - state.view[0] < 0.8 * (x1 - x0))
    row = nearest_point(state.positions, *middle(state.view), np.inf)
    page.keyboard.press("Enter")
    wait_until(lambda: state.focus_row == row)
    page.keyboard.press("Home")
    wait_until(lambda: state.view is None)
    expect(page.locator("[aria-label^='Map colored by z_spec: n 120'][aria-label*=' labelled']")).to_have_count(1)

    page.get_by_role("button", name="save…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert found_by_axe(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


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
