"""The Spectra page in a real browser: a dragged window and a typed one are answered, an arrow key walks on."""

import pytest
from made_spectra import add_glo_run, made_spectra
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


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


def test_a_window_is_dragged_or_typed_and_an_arrow_walks_on(served, page, shots):
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
    page.mouse.click(box["x"] + 20, box["y"] + 5)  # out of the field
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Object")).not_to_have_value(focus)
    assert state.focus != focus
