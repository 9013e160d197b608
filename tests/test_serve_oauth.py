"""Sign-in by an account elsewhere: a provider of our own, and roles by e-mail."""

import asyncio
import json
import threading
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from made_homes import made_home
from made_server import ELSEWHERE, Client, running
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from dashboard.access import User

ACCESS = """
sign_in = "oauth"
[roles]
reviewer = ["Grace@lab.example"]
[oauth]
provider = "generic"
redirect_uri = "http://localhost:1/login"
user = "email"
[oauth.extra]
AUTHORIZE_URL = "http://localhost:{port}/authorize"
TOKEN_URL = "http://localhost:{port}/token"
USER_URL = "http://localhost:{port}/user"
"""
PEOPLE = {"good": "grace@lab.example", "stranger": "eve@elsewhere.example"}


class Token(RequestHandler):
    """Gives the code back as the token, to whoever knows the secret."""

    def post(self):
        assert self.get_body_argument("client_secret") == "s3cret"
        self.finish({"access_token": self.get_body_argument("code"), "token_type": "bearer", "expires_in": 3600})


class Person(RequestHandler):
    def get(self):
        self.finish(json.dumps({"email": PEOPLE[self.request.headers["Authorization"].split()[1]]}))


@pytest.fixture
def provider():
    """Port of a provider of OAuth."""
    listening, port = bind_unused_port()
    up, held = threading.Event(), []

    def live():
        asyncio.set_event_loop(asyncio.new_event_loop())
        HTTPServer(Application([("/token", Token), ("/user", Person)])).add_socket(listening)
        held.append(IOLoop.current())
        held[0].add_callback(up.set)
        held[0].start()
        held[0].close()

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    assert up.wait(60)
    yield port
    held[0].add_callback(held[0].stop)
    thread.join(60)
    listening.close()


def come_back(client, code: str, asked: str = "/?dataset=made"):
    """Answers of the way to the provider and back with a code."""
    away = client.get(f"/login?next={quote(asked, safe='')}")
    query = parse_qs(urlsplit(away.headers["Location"]).query)
    return away, query, client.get(f"/login?code={code}&state={query['state'][0]}")


def test_an_account_elsewhere_gets_its_role(tmp_path, monkeypatch, provider):
    monkeypatch.setenv("PHOTOZ_OAUTH_KEY", "key")
    monkeypatch.setenv("PHOTOZ_OAUTH_SECRET", "s3cret")
    home = made_home(tmp_path, count=8)
    path = tmp_path / "access.toml"
    path.write_text(ACCESS.format(port=provider))
    with running(home, monkeypatch, "--access", str(path)) as server:
        client = Client(server.port)
        assert client.get("/").status == 302
        away, query, back = come_back(client, "good")
        assert away.headers["Location"].startswith(f"http://localhost:{provider}/authorize?")
        assert query["client_id"] == ["key"] and query["redirect_uri"] == ["http://localhost:1/login"]
        assert back.status == 302 and back.headers["Location"] == "/?dataset=made"
        cookies = back.headers.get_all("Set-Cookie")
        assert all("HttpOnly" in line and "SameSite=Lax" in line for line in cookies)
        assert not {"access_token", "id_token", "refresh_token"} & client.cookies.keys()  # nothing to steal
        assert client.get("/").status == 200
        assert server.state.user == User("grace@lab.example", "reviewer", signed_in=True)
        for place in ELSEWHERE:
            assert come_back(Client(server.port), "good", place)[2].headers["Location"] == "/"
        forged = Client(server.port)
        come_back(forged, "good")
        assert forged.get("/login?code=good&state=another").status == 401
        stranger = Client(server.port)
        assert come_back(stranger, "stranger")[2].status == 302
        assert stranger.get("/").status == 302
        page = stranger.get("/login")
        assert page.status == 403 and "eve@elsewhere.example may not look" in page.text
