"""A real server: who gets a page, a websocket, a role; what stands in its answers and its log."""

import logging
import time
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from made_homes import add_run, made_home
from made_server import ACCESS, ELSEWHERE, FIELD, PEOPLE, TOKEN, Client, let_in, running
from tornado.web import create_signed_value

from dashboard.access import SealedQueue, User
from dashboard.passwords import Passwords
from photoz_core.errors import PhotozError

LINKED = ACCESS.replace("[roles]", 'links = "anyone"\n[roles]\ndefault = "refuse"')


class Queue:
    """What a session needs of a queue."""

    def __init__(self):
        self.jobs, self.sweeps = {}, {}

    def submit(self, *arguments):
        raise AssertionError("somebody trained")


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """A monkeypatch, a home with a run, and passwords that are cheap to check."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("dashboard.passwords.COST", 1 << 10)
        home = made_home(tmp_path_factory.mktemp("served"), count=8)
        add_run(home)
        yield monkeypatch, home


@pytest.fixture(scope="module")
def signed(tools):
    """A server where ada owns, grace reviews and eve has a password but no role; share links open for anyone."""
    monkeypatch, home = tools
    path = let_in(home.path, LINKED)
    with running(home, monkeypatch, "--access", str(path), "--prefix", "lab", queue=Queue()) as server:
        yield server


@pytest.fixture
def client(signed):
    signed.site.entrance.options["auth_provider"].by_address.passed("127.0.0.1")
    signed.site.entrance.options["auth_provider"].by_address.passed("::1")
    return Client(signed.port)


def signed_in(client, name):
    assert client.sign_in(name, PEOPLE[name], path="/lab/login").status == 302
    page = client.get("/lab/")
    assert page.status == 200
    return TOKEN.search(page.text)[1]


# --- sign-in ------------------------------------------------------------------------------------------------------


def test_nobody_gets_anything_without_a_cookie(signed, client):
    before = len(signed.states)
    page = client.get("/lab/?run=x")
    assert page.status == 302 and page.headers["Location"] == "./login?next=" + quote("/lab/?run=x", safe="")
    assert client.websocket(path="/lab/ws") == client.websocket("a.b", path="/lab/ws") == 403
    assert client.get("/lab/autoload.js?bokeh-autoload-element=1").status == 302
    assert len(signed.states) == before


def test_roles_reach_the_state(signed, client):
    token = signed_in(client, "ada")
    assert signed.state.user == User("ada", "owner", signed_in=True)
    assert isinstance(signed.state.queue, Queue)
    assert client.websocket(token, path="/lab/ws") == 101
    assert Client(signed.port).websocket(token, path="/lab/ws") == 403  # the page's token is no cookie
    other = Client(signed.port)
    signed_in(other, "grace")
    assert signed.state.user.role == "reviewer"
    assert isinstance(signed.state.queue, SealedQueue)
    with pytest.raises(PhotozError, match="to train is for owners"):
        signed.state.queue.submit("anything")


def test_pages_of_other_sites_cannot_talk_to_it(signed, client):
    token = signed_in(client, "ada")
    for origin in ("http://elsewhere.example", f"http://localhost:{signed.port + 1}", "null"):
        assert client.websocket(token, origin, "/lab/ws") == 403


def test_nobody_chooses_a_session(client):
    signed_in(client, "ada")
    for path in ("/lab/?bokeh-session-id=x", "/lab/?bokeh-token=x"):
        assert client.get(path).status == 403
    assert client.get("/lab/", **{"Bokeh-Session-Id": "x"}).status == 403


def test_wrong_passwords_wait(client):
    answers = [client.sign_in(name, "wrong", path="/lab/login") for name in ("ada", "nobody") * 3]
    assert [answer.status for answer in answers] == [401] * 5 + [429]
    assert "do not go together" in answers[0].text and "Try again in" in answers[-1].text
    known, unknown = (FIELD.sub("", answer.text) for answer in answers[:2])
    assert known.replace("ada", "nobody") == unknown  # nobody learns which names there are
    assert client.sign_in("ada", PEOPLE["ada"], path="/lab/login").status == 429
    assert "user" not in client.cookies


def test_a_form_of_another_site_signs_nobody_in(client):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.ask("POST", "/lab/login", f"name=ada&password={quote(PEOPLE['ada'])}", **form).status == 403
    large = {"Content-Length": str(1 << 17)}
    assert client.ask("POST", "/lab/login", **form, **large).status == 400  # no room for it is made


@pytest.mark.parametrize("place", ELSEWHERE)
def test_after_the_sign_in_nobody_is_led_elsewhere(client, place):
    assert client.sign_in("ada", PEOPLE["ada"], place, "/lab/login").headers["Location"] == "/lab/"


def test_who_asked_for_a_page_gets_it_after_the_sign_in(client):
    answer = client.sign_in("ada", PEOPLE["ada"], "/lab/?dataset=made", "/lab/login")
    assert answer.headers["Location"] == "/lab/?dataset=made"
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "expires=")) and "Secure" not in cookie
    assert "Path=/" in cookie


def test_without_a_role_there_is_an_explanation_and_the_way_out(client):
    assert client.sign_in("eve", PEOPLE["eve"], path="/lab/login").status == 302
    assert client.get("/lab/").status == 302
    page = client.get("/lab/login")
    assert page.status == 403 and "eve may not look" in page.text
    assert client.websocket(path="/lab/ws") == 403
    assert "signed out" in client.get("/lab/logout").text and client.cookies["user"] == ""


def test_a_cookie_ends_with_its_days_its_person_or_another_key(signed, client, tools):
    key, door = (signed.site.entrance.options[name] for name in ("cookie_secret", "auth_provider"))
    for made in (
        create_signed_value(key, "user", door.cookie("ada"), clock=lambda: time.time() - 8 * 86400),
        create_signed_value("another" + key, "user", door.cookie("ada")),
        create_signed_value(key, "other", door.cookie("ada")),
        create_signed_value(key, "user", "ada"),
        create_signed_value(key, "user", "ada:"),
        create_signed_value(key, "user", "nobody:"),
    ):
        client.cookies["user"] = made.decode()
        assert client.get("/lab/").status == 302
    client.cookies["user"] = create_signed_value(key, "user", door.cookie("grace")).decode()
    assert client.get("/lab/").status == 200
    passwords = Passwords(tools[1].path / "passwords.json")
    kept = passwords.path.read_text()
    passwords.forget("grace")
    assert client.get("/lab/").status == 302
    passwords.path.write_text(kept)


# --- share links --------------------------------------------------------------------------------------------------


def test_a_guest_needs_a_link_that_opens(signed, client):
    store = signed.site.reviews
    look, comment, ended = (
        store.share("made", {"page": "Explore"}, "ada", may, 1) for may in ("look", "comment", "look")
    )
    store.revoke(store.links()[0].id, "ada")
    for path in ("/lab/?share=x", f"/lab/?share={ended}", "/lab/?share=", f"/lab/?share={look}&share={look}"):
        assert client.get(path).status == 302
    assert client.get(f"/lab/autoload.js?bokeh-autoload-element=1&share={look}").status == 302
    for token, role in ((look, "viewer"), (comment, "reviewer")):
        page = client.get(f"/lab/?share={token}")
        assert page.status == 200
        assert signed.state.user.role == role and not isinstance(signed.state.queue, Queue)
        key = TOKEN.search(page.text)[1]
        assert client.websocket(key, path="/lab/ws") == 101
        assert client.websocket(key[:-3] + "AAA", path="/lab/ws") == 403
        assert client.websocket(f"x.{key}", path="/lab/ws") == 403
    store.revoke(next(link.id for link in store.links() if link.may == "comment"), "ada")
    assert client.websocket(key, path="/lab/ws") == 403  # the page is open still, but comes back no more


def test_links_are_for_those_signed_in_unless_said_otherwise(tools):
    from dashboard.access_file import Access
    from dashboard.door import Door

    file = SimpleNamespace(now=Access(sign_in="basic"))
    door = Door(file, Passwords(tools[1].path / "passwords.json"), lambda token: 1 / 0)
    assert door.user("key" * 20, {}, {"share": [b"token"]}) is None


# --- answers and logs ---------------------------------------------------------------------------------------------


def test_answers_say_how_careful_to_be(client):
    for path in ("/lab/login", "/lab/", "/lab/static/js/bokeh.min.js", "/lab/nothing"):
        headers = client.get(path).headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "SAMEORIGIN"


def test_tokens_are_not_written_to_the_log(client, caplog, wait_until, monkeypatch):
    for name, value in {"disabled": False, "propagate": True}.items():  # whatever other tests of this process left
        monkeypatch.setattr(logging.getLogger("tornado.access"), name, value)
    caplog.set_level(logging.INFO, "tornado.access")
    for path in ("/lab/nothing?share=T0KEN", "/lab/?x=1&share=T0KEN", "/lab/login?next=%2F%3Fshare%3DT0KEN"):
        client.get(path)
    wait_until(lambda: sum("share" in line.getMessage() for line in caplog.records) == 3)  # written after the answer
    assert "T0KEN" not in caplog.text
