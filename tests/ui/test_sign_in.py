"""Sign in, be seen by name, sign out: in a real browser."""

import re

from made_homes import add_run, made_home
from made_server import ACCESS, let_in, running
from playwright.sync_api import expect


def test_sign_in_and_out(page, tmp_path, monkeypatch, shots):
    monkeypatch.setattr("dashboard.passwords.COST", 1 << 10)
    home = made_home(tmp_path, count=20)
    run = add_run(home)
    path = let_in(home.path, ACCESS, {"grace": "battery staple"})
    with running(home, monkeypatch, "--access", str(path)) as server:
        page.goto(f"{server.url}/?run={run.id}")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type("grace")
        page.keyboard.press("Tab")
        page.keyboard.type("battery stable")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("This name and password do not go together.")
        expect(page.get_by_label("Password")).to_be_focused()
        page.keyboard.type("battery staple")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(rf"run={run.id}"))
        expect(page.get_by_title("grace, reviewer")).to_have_text("grace")
        expect(page.get_by_text("F160W").first).to_be_visible()  # the websocket was let in, too
        if shots:
            page.screenshot(path=shots / "signed_in.png")
        assert server.state.user.name == "grace" and not server.state.user.may("train")
        page.get_by_role("link", name="sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        page.get_by_role("link", name="Sign in again").click()
        expect(page.get_by_label("Name")).to_be_focused()
        page.go_back()
        page.go_back()
        expect(page.get_by_label("Name")).to_be_visible()  # what was on show is not in the browser's memory
