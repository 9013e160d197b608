"""The Classes page in a real browser: cells, points of the curves and classes of a legend do what they say."""

import re

import pytest
from made_classes import NAMES, add_class_run, made_classes
from playwright.sync_api import expect

from dashboard.classes_sample import Sample

pytestmark = pytest.mark.browser
POINT = """(labels) => {
  const models = [...Bokeh.documents[0].all_models]
  const source = models.find((model) => model.type == "ColumnDataSource" && "run" in model.data)
  const plot = models.find((model) => model.type == "Figure" && model.renderers.some((r) => r.data_source == source))
  const view = Bokeh.index.find_one(plot), box = view.el.getBoundingClientRect()
  const at = [...source.data.x].indexOf(labels), {x_scale, y_scale} = view.frame
  return [box.x + x_scale.compute(source.data.x[at]), box.y + y_scale.compute(source.data.y[at])]
}"""  # on the page, of a run of so many labels in the curves


@pytest.fixture
def served(serve, tmp_path, page):
    """A dashboard with classifiers, its Classes page open and drawn."""
    home = made_classes(tmp_path, count=300)
    add_class_run(home, "features, magnitudes", labels=40, right=0.5)
    for seed in range(2):
        add_class_run(home, "scratch", seed, right=0.8)
    served = serve(home)
    page.goto(served.url)
    page.get_by_role("button", name="Classes", exact=True).click()
    expect(page.locator("td button")).to_have_count(9)
    expect(page.locator(".pz-scale p")).to_have_count(1)
    expect(page.locator(".pz-scale p")).to_have_text(re.compile("^n 300"))
    expect(page.locator(".tiles button").first).to_be_visible()
    return served


def sample_of(state) -> Sample:
    """What the page shows of the run in front."""
    return Sample.of(state.data, state.table, state.current, "test")


def test_the_page_loads_without_scrolling(served, page, shots):
    sample = sample_of(served.state)
    expect(page.get_by_text("Misclassified").locator("b")).to_have_text(str(len(sample.wrong())))
    expect(page.get_by_text("features, ImageNet", exact=True)).to_be_visible()
    expect(page.get_by_text("not run", exact=True)).to_have_count(4)
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    if shots:
        page.screenshot(path=shots / "classes-test.png")


def test_a_cell_selects_as_many_objects_as_it_says(served, page, wait_until):
    state, sample = served.state, sample_of(served.state)
    row, column = next((i, j) for i in range(3) for j in range(3) if i != j and sample.confusion[i, j])
    count = int(sample.confusion[row, column])
    cell = page.locator(f"[data-press='{row},{column}']")
    expect(cell.locator("span")).to_have_text(str(count))
    cell.click()
    expect(page.locator(".pz-title b")).to_have_text(str(count))
    expect(page.locator(".tiles button")).to_have_count(count)
    expect(page.locator(".tiles small").first).to_have_text(f"{NAMES[row]} → {NAMES[column]}")
    expect(cell).to_have_attribute("aria-pressed", "true")
    assert state.selected.sum() == count
    expect(page.get_by_role("combobox", name="True class")).to_have_text(NAMES[row])
    cell.press("Enter")  # the keyboard stays on the cell
    wait_until(lambda: not state.selected.any())


def test_two_selects_select_a_cell(served, page, wait_until):
    state, sample = served.state, sample_of(served.state)
    for label in ("True class", "Predicted class"):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("listbox").get_by_text("star", exact=True).click()
    wait_until(lambda: state.selected.sum() == sample.confusion[2, 2])
    expect(page.locator("[data-press='2,2']")).to_have_attribute("aria-pressed", "true")


def test_a_point_of_the_curves_switches_the_run(served, page, wait_until):
    state = served.state
    page.mouse.click(*page.evaluate(POINT, 40))
    wait_until(lambda: state.current.recipe.title == "features, magnitudes")
    expect(page.get_by_role("combobox").filter(has_text="features, magnitudes")).to_be_visible()
    expect(page.locator("tr.on")).to_have_count(0)  # the table is about more labels
    expect(page.locator("[data-press='0,0'] span")).to_have_text(str(sample_of(state).confusion[0, 0]))


def test_a_class_of_the_legend_is_isolated_here_and_on_explore(served, page, wait_until):
    state = served.state
    star = page.locator(".legend button").filter(has_text="star")
    star.click()
    codes = state.values("class").array
    count = int((codes == 2).sum())
    expect(page.locator(".pz-scale p")).to_have_text(f"n {count}")
    expect(star).to_have_attribute("aria-pressed", "true")
    assert ((codes == 2) == state.selected).all()
    page.get_by_role("button", name="Explore", exact=True).click()
    expect(page.locator(".pz-scale p").filter(has_text=re.compile(f"^n {count}( |$)"))).to_have_count(6)
    galaxy = page.locator(".pz-scale").nth(1).locator(".legend button").filter(has_text="galaxy")
    galaxy.click()
    wait_until(lambda: ((state.values("class_pred").array == 0) == state.selected).all())
    expect(galaxy).to_have_attribute("aria-pressed", "true")


def test_it_reads_on_a_phone_and_in_the_dark(served, page, shots):
    page.get_by_label("Toggle theme").click()
    expect(page.locator(".page.mui-dark")).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.scrollingElement.scrollWidth <= innerWidth")
    cell, last = page.locator("td button").first, page.locator(".tiles button").first
    last.scroll_into_view_if_needed()
    for part in (cell, last):
        box = part.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    if shots:
        page.screenshot(path=shots / "classes-test-phone.png")
