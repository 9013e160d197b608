"""axe-core on every page, on what stands where there is nothing, and on the pages to sign in at."""

import re

import pytest
from axe_findings import findings, found_by_axe
from made_everything import MARKS, PAGES, made_everything, with_reviews
from made_homes import made_home
from made_server import ACCESS, let_in, running
from playwright.sync_api import expect
from still_queue import StillQueue

from photoz_core.home import Home

pytestmark = pytest.mark.browser


def test_no_page_hides_anything_from_a_screen_reader(serve, tmp_path, page, shots):
    home = made_everything(tmp_path)
    served = serve(home, StillQueue(home), with_reviews(home))
    page.goto(served.url)
    expect(page.locator(".pz-scale p").first).to_contain_text("n ")
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


def in_both_themes(page, url: str, name: str, mark: str, shots) -> dict[str, list[str]]:
    """What axe finds at an address on a desk and a phone, light and dark."""
    found = {}
    for theme in ("default", "dark"):
        for width in (1366, 390):
            page.set_viewport_size({"width": width, "height": 768})
            page.goto(f"{url}{'&' if '?' in url else '?'}theme={theme}")
            expect(page.get_by_text(mark).first).to_be_visible()
            found[f"{name} {theme} {width}"] = found_by_axe(page)
            if shots:
                page.screenshot(path=shots / f"empty-{name}-{theme}-{width}.png")
    return found


def test_what_is_said_where_there_is_nothing_hides_nothing_either(serve, tmp_path, page, shots):
    bare = made_home(tmp_path / "bare", count=20)
    found = in_both_themes(page, serve(Home(tmp_path / "none")).url, "no-dataset", "No dataset yet", shots)
    served = serve(bare)
    found |= in_both_themes(page, served.url, "no-run", "No finished run on made yet", shots)
    found |= in_both_themes(page, f"{served.url}/?share=x", "no-link", "This link opens nothing", shots)
    for title, mark in (("Train", "Nothing in the queue|only looks"), ("Review", "keeps no reviews|No finished run")):
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto(served.url)
        page.get_by_role("button", name=title, exact=True).click()
        expect(page.get_by_text(re.compile(mark)).first).to_be_visible()
        found[title] = found_by_axe(page)
        if shots:
            page.screenshot(path=shots / f"empty-{title}.png")
    assert {place: said for place, said in found.items() if said} == {}


def test_the_pages_to_sign_in_and_out_hide_nothing(page, tmp_path, monkeypatch, shots):
    monkeypatch.setattr("dashboard.passwords.COST", 1 << 10)
    home = made_home(tmp_path, count=20)
    path = let_in(home.path, ACCESS, {"grace": "battery staple"})
    with running(home, monkeypatch, "--access", str(path)) as server:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(server.url)
            expect(page.get_by_label("Name")).to_be_focused()
            assert findings(page) == []
            page.keyboard.type("grace")
            page.get_by_label("Password").fill("wrong")
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_be_visible()
            assert findings(page) == []
            if shots:
                page.screenshot(path=shots / f"sign-in-{scheme}.png")
