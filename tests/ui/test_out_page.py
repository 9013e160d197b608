"""What leaves the Explore page, in a real browser: files on disk."""

from pathlib import Path

import pytest
from astropy.table import Table
from made_homes import add_run, made_home
from playwright.sync_api import expect

from dashboard.report import report

pytestmark = pytest.mark.browser


@pytest.fixture
def served(serve, tmp_path):
    """A dashboard with a finished run."""
    home = made_home(tmp_path / "home")
    add_run(home)
    return serve(home)


def save(page, label: str) -> tuple[str, Path]:
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    return download.value.suggested_filename, Path(download.value.path())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_selection_the_map_and_the_mosaic_are_saved(served, page, shots, theme):
    page.goto(served.url)
    if theme == "dark":
        page.get_by_label("Toggle theme").click()
        expect(page.locator(".page.mui-dark")).to_have_count(1)
    page.get_by_role("button", name="save…").click()
    name, path = save(page, "Save 60 in view")
    assert name.endswith("--60-objects.fits") and len(Table.read(path, format="fits")) == 60
    assert save(page, "Save 60 in view")[1].stat().st_size  # and once more
    name, path = save(page, "Save map")
    assert name.endswith(".pdf") and path.read_bytes().startswith(b"%PDF")
    name, path = save(page, "Save mosaic")
    assert name.endswith("--mosaic.png") and path.read_bytes().startswith(b"\x89PNG")
    expect(page.get_by_text("mosaic.png ·")).to_be_visible()
    if shots:
        page.screenshot(path=shots / f"out-{theme}.png")


def test_a_report_opens_from_the_disk_and_asks_nobody_for_anything(served, page, chromium, tmp_path, shots):
    page.goto(served.url)
    page.get_by_role("button", name="save…").click()
    name, path = save(page, "Save report")
    run = add_run(served.state.home, 1)
    both = tmp_path / "both.html"
    both.write_text(report(served.state.home, [served.state.run_id, run.id]))
    kept = tmp_path / name
    kept.write_bytes(path.read_bytes())
    for file, count in ((kept, 6), (both, 12)):
        asked, said = [], []
        tab = chromium.new_page(viewport={"width": 1200, "height": 900})
        tab.on("request", lambda request, asked=asked: asked.append(request.url))
        tab.on("console", lambda message, said=said: said.append(message.text))
        tab.goto(file.as_uri())
        expect(tab.locator("img")).to_have_count(count)
        assert tab.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()] and said == []
        assert tab.evaluate("getComputedStyle(document.body).maxWidth") == "1120px"  # its style is its own
        if shots:
            tab.screenshot(path=shots / f"report-{count}.png", full_page=True)
        tab.close()


def test_escape_closes_the_menu_and_leaves_the_selection_alone(served, page, monkeypatch):
    page.goto(served.url)
    page.get_by_role("button", name="save…").click()
    cleared = []
    monkeypatch.setattr(served.state, "select", cleared.append)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="save…").click()  # what the server answers after it has had the key
    expect(page.get_by_role("dialog")).to_be_visible()
    assert cleared == []


def test_without_a_hub_a_notice_says_what_to_start(served, page, monkeypatch, tmp_path):
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'none').as_uri()}")
    page.goto(served.url)
    page.get_by_role("button", name="save…").click()
    page.get_by_role("button", name="Send 60 to TOPCAT").click()
    expect(page.get_by_text("no SAMP hub is running")).to_be_visible()
