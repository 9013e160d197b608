"""A phone: pages in a menu, one map at a time, nothing wider than the screen, nothing that writes."""

import re

import numpy as np
import pytest
from made_everything import MARKS, PAGES, made_everything, with_reviews
from made_homes import add_run, made_home
from playwright.sync_api import expect
from settled import settle
from still_queue import StillQueue

from dashboard import raster
from dashboard.pages import HELP

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 390, 844
WRITES = re.compile(
    "Start|cancel|resume|delete|edit|comment|save [0-9]|rename|replace by|Score [0-9]|take |keep both|Take off|Upload"
    "|share|Add a tag|Tag its|Name of a selection|Comment"
)
SEEN = """() => {
  const controls = [], wide = []
  const words = (node) => [...node.childNodes].filter((part) => !part.matches?.(".MuiButton-icon, .material-icons"))
    .map((part) => part.textContent).join("").trim()
  const name = (node) => node.getAttribute("aria-label") || node.labels?.[0]?.textContent || words(node)
  const scrolls = (node) => {
    for (; node; node = node.parentNode ?? node.host)
      if (node instanceof Element && ["auto", "scroll"].includes(getComputedStyle(node).overflowX)
          && node.clientWidth > 0 && node.scrollWidth > node.clientWidth) return true
    return false
  }
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot)
      if (!node.matches("button, input, textarea, canvas, img, table, a")) continue
      if (!node.checkVisibility({ visibilityProperty: true })) continue
      const box = node.getBoundingClientRect()
      if (box.width < 2) continue
      if (node.matches("button, input, textarea, a")) controls.push(name(node))
      if (box.right > innerWidth + 1 && !scrolls(node.parentNode)) wide.push(`${name(node)} to ${box.right}`)
    }
  }
  look(document)
  return { controls, wide, page: document.scrollingElement.scrollWidth }
}"""


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
    settle(page)
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


def writing(seen: dict) -> list[str]:
    return [name for name in seen["controls"] if WRITES.match(name)]


def test_no_page_of_a_phone_writes_or_is_wider_than_the_screen(serve, chromium, tmp_path, shots):
    home = made_everything(tmp_path)
    served = serve(home, StillQueue(home), with_reviews(home))
    page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_default_timeout(60_000)
    page.goto(served.url)
    wrong, pages = {}, {**PAGES, "made": (*PAGES["made"], HELP)}
    for dataset, titles in pages.items():
        page.get_by_role("combobox", name="Dataset in front", exact=True).click()
        page.get_by_role("menuitem", name=dataset, exact=True).click()
        for title in titles:
            go(page, title)
            expect(page.get_by_text(MARKS[title]).first).to_be_attached()
            page.wait_for_function("Bokeh.index.roots.every(root => root.is_idle)")
            seen = page.evaluate(SEEN)
            if title == "Similar":  # a label, not a button
                expect(page.get_by_text("Upload a cutout")).to_be_hidden()
            if shots:
                page.screenshot(path=shots / f"phone-{title}.png")
            wrong[title] = [*writing(seen), *seen["wide"], *["wider than the screen"] * (seen["page"] > WIDTH)]
    assert [f"{title}: {one}" for title, said in wrong.items() for one in said] == []
    assert len(wrong) == 11

    page.set_viewport_size({"width": 1366, "height": 768})  # there they are
    wide = {}
    page.get_by_role("combobox", name="Dataset in front", exact=True).click()
    page.get_by_role("menuitem", name="made", exact=True).click()
    for title in ("Train", "Similar", "Review"):
        page.get_by_role("button", name=title, exact=True).click()
        expect(page.get_by_text(MARKS[title]).first).to_be_visible()
        page.wait_for_function("Bokeh.index.roots.every(root => root.is_idle)")
        wide[title] = writing(page.evaluate(SEEN))
        if title == "Similar":
            expect(page.get_by_text("Upload a cutout")).to_be_visible()
    assert {"Start training", "resume", "delete", "share"} <= set(wide["Train"])
    assert {"Score 3", "Add a tag", "Comment", "comment", "Name of a selection"} <= set(wide["Review"])
    page.close()
