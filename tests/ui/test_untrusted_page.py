"""A home in which every name is an attack, on every page, in a real browser: nothing of it runs."""

from made_server import running
from made_untrusted import EVIL, evil_home
from playwright.sync_api import expect
from still_queue import StillQueue

INJECTED = """() => {
  const found = [], look = (root) => {
    for (const part of root.querySelectorAll("*")) {
      if (part.getAttribute("src") === "x" || part.hasAttribute("onerror")) found.push(part.outerHTML)
      if (part.shadowRoot) look(part.shadowRoot)
    }
  }
  look(document)
  return [found, window.owned === 1, document.title]
}"""


def test_no_name_becomes_an_element(page, tmp_path, monkeypatch, wait_until):
    home = evil_home(tmp_path)
    page.on("dialog", lambda dialog: dialog.dismiss())
    with running(home, monkeypatch, queue=StillQueue(home)) as server:
        server.site.reviews.share(EVIL, {"page": EVIL}, EVIL, "look", 1)
        page.goto(server.url)
        expect(page.get_by_text(EVIL).first).to_be_visible()
        for title in server.state.param.page.objects:
            if title in ("Explore", "Help"):  # the first is in front, the other names nothing
                continue
            page.get_by_role("button", name=title, exact=True).click()
            wait_until(lambda title=title: server.state.page == title)
            expect(page.get_by_text("onerror=").locator("visible=true").first).to_be_visible()
            assert page.evaluate(INJECTED) == [[], False, "photoz"], title
            if title == "Train":
                expect(page.get_by_role("listitem").get_by_text(EVIL)).to_be_visible()
        page.get_by_role("button", name="share", exact=True).click()
        expect(page.get_by_role("dialog").get_by_text(EVIL).first).to_be_visible()
        assert page.evaluate(INJECTED) == [[], False, "photoz"]
