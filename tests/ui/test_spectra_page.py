"""The Spectra page in a real browser: windows dragged and typed, arrow keys, box plots cancelled and gone on with."""

import pytest
from made_spectra import add_glo_run, made_spectra
from playwright.sync_api import expect

from dashboard import spectra_boxes, spectra_sweep
from dashboard.spectra_answers import AT

pytestmark = pytest.mark.browser

ANSWERS = len(AT) + 1  # to one question, each finer than the one before
BOXES = """() => {  // how many boxes the figures have
  const sources = Bokeh.documents.flatMap(one => [...one.all_models]).filter(one => one.type == "ColumnDataSource")
  return sources.reduce((count, one) => count + (one.data.third?.length ?? 0), 0)
}"""
PATIENCE = 10_000  # ms that an answer may take, on a machine that also trains
WATCH = """() => {  // when the hand last moved, and when each answer since has been painted
  const line = Bokeh.documents.map(one => one.get_model_by_name("GLO")).find(found => found)
  window.moved = 0, window.painted = []
  const move = event => { if (event.buttons) [window.moved, window.painted] = [event.timeStamp, []] }
  addEventListener("pointermove", move, true)
  line.data_source.properties.data.change.connect(() => {
    if (line.data_source.get_length() > 0)
      requestAnimationFrame(() => requestAnimationFrame(() => window.painted.push(performance.now())))
  })
}"""


@pytest.fixture
def served(serve, tmp_path, page):
    """A dashboard with spectra, its Spectra page open and answered."""
    home = made_spectra(tmp_path)
    add_glo_run(home)
    served = serve(home)
    page.goto(served.url)
    page.get_by_role("button", name="Spectra", exact=True).click()
    expect(page.get_by_text("after 300 of 300 steps")).to_be_visible()
    return served


def test_a_window_is_dragged_or_typed_and_an_arrow_walks_on(served, page, shots, wait_until):
    box = page.locator(".bk-Figure").nth(1).bounding_box()
    assert box["x"] + box["width"] <= 1366 and box["y"] + box["height"] <= 768
    field, table = page.get_by_label("missing from [Å]"), page.locator("td.best").first
    first, error = field.input_value(), table.text_content()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.8 * box["width"], middle)  # 6300 Å, within the window
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=4)
    page.mouse.up()
    expect(field).not_to_have_value(first)
    expect(table).not_to_have_text(error)
    field.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("4000")
    page.keyboard.press("Enter")
    expect(field).to_have_value("4,000.0")
    expect(page.get_by_text("after 300 of 300 steps")).to_be_visible()
    if shots:
        page.screenshot(path=shots / "spectra-test.png")
    state = served.state
    focus = state.focus
    page.get_by_text("after 300 of 300 steps").click()  # out of the field
    expect(field).not_to_be_focused()

    def walked():  # on a busy machine a key can come before the page listens again
        page.keyboard.press("ArrowRight")
        return state.focus != focus

    wait_until(walked)
    wait_until(lambda: page.get_by_label("Object").input_value() == state.focus)


def test_a_dragged_window_has_a_coarse_answer_soon_and_then_the_final_one(served, page, record_property):
    page.evaluate(WATCH)
    box, missing = page.locator(".bk-Figure").nth(1).bounding_box(), page.get_by_label("missing from [Å]")
    middle, before = box["y"] + box["height"] / 2, missing.input_value()
    times = []
    for start, end in ((0.8, 0.7), (0.7, 0.6), (0.6, 0.7)):
        page.mouse.move(box["x"] + start * box["width"], middle)
        page.mouse.down()
        page.mouse.move(box["x"] + end * box["width"], middle)
        page.mouse.up()
        expect(missing).not_to_have_value(before)
        before = missing.input_value()
        page.wait_for_function(f"window.painted.length >= {ANSWERS}", timeout=PATIENCE)
        times.append(page.evaluate("[0, window.painted.length - 1].map(i => window.painted[i] - window.moved)"))
        expect(page.get_by_text("after 300 of 300 steps")).to_be_visible()
    for name, milliseconds in zip(("first", "final"), zip(*times, strict=True), strict=True):
        record_property(f"{name}_answer_ms", [round(one) for one in milliseconds])
        print(f"{name} answer [ms]:", *(round(one) for one in milliseconds))
        assert min(milliseconds) > 0 and max(milliseconds) < PATIENCE


def test_box_plots_are_cancelled_half_way_and_gone_on_with(served, page, wait_until, monkeypatch):
    work_out, begun, ended = spectra_sweep.work_out, [], []

    def third_waits(*arguments):
        begun.append(arguments)
        if len(begun) == 3:
            wait_until(arguments[-1])  # until it is cancelled
        ended.append(work_out(*arguments))
        return ended[-1]

    monkeypatch.setattr(spectra_sweep, "work_out", third_waits)
    page.get_by_role("button", name="Work out").click()
    expect(page.get_by_text("2 of 10")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    said, known = page.get_by_text("cancelled after 2 of 10"), spectra_boxes.kept(served.state.current)
    expect(said).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    wait_until(lambda: len(ended) == 3)
    assert ended[2] == {} and {key[:2] for key in known} == set(spectra_boxes.UNITS[:2])
    assert page.evaluate(BOXES) == 2 * 2  # a pair for each level that was finished
    expect(said).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function(f"({BOXES})() == {2 * len(spectra_boxes.UNITS)}")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(said).to_have_count(0)
    assert {key[:2] for key in known} == set(spectra_boxes.UNITS) and len(begun) == len(spectra_boxes.UNITS) + 1
