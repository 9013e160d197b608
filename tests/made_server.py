"""A server of a home as `photoz serve` makes it, in a thread of the test's own process, and a bare client."""

import asyncio
import contextlib
import http.client
import re
import socket
import threading
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from tornado.ioloop import IOLoop

from dashboard import app
from dashboard.passwords import Passwords
from dashboard.state import State
from train.cli import build_parser
from train.serving import find_site, make_server

PEOPLE = {"ada": "correct horse", "grace": "battery staple", "eve": "open sesame!"}
ACCESS = """
sign_in = "basic"
[roles]
owner = ["ada"]
reviewer = ["grace"]
"""
ELSEWHERE = (
    "//evil.example", "///evil.example", "////evil.example", "https://evil.example", "https:evil.example",
    "/\\evil.example", "javascript:1", "/\tx",
)  # fmt: skip
FIELD = re.compile(r'name="_xsrf" value="([^"]+)"')
TOKEN = re.compile(r'"token":"([^"]+)"')
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # RFC 6455's own example
}


@dataclass
class Running:
    """A running server.

    Attributes
    ----------
    states : list of weakref.ref
        The `State` of each session so far, oldest first.
    """

    port: int
    site: object
    states: list = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}{self.site.place.prefix}"

    @property
    def state(self) -> State:
        """The state of the newest session."""
        return self.states[-1]()


def let_in(folder: Path, access: str = ACCESS, people=PEOPLE) -> Path:
    """An access.toml in `folder` and the passwords of `people`."""
    (folder / "access.toml").write_text(access)
    for name, password in people.items():
        Passwords(folder / "passwords.json").set(name, password)
    return folder / "access.toml"


@contextlib.contextmanager
def running(home, monkeypatch, *words, queue=None):
    """``photoz serve`` with these words; yields a `Running`."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    arguments = build_parser().parse_args(["serve", "--no-browser", "--port", str(port), *words])
    found = Running(port, find_site(arguments, home))

    def recorded(*arguments) -> State:
        state = State(*arguments)
        found.states.append(weakref.ref(state))
        return state

    monkeypatch.setattr(app, "State", recorded)
    up, held = threading.Event(), {}

    def live() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        server = make_server(home, queue, found.site)
        server.start()
        held.update(server=server, loop=IOLoop.current())
        found.states.clear()  # of the server's own warming up
        held["loop"].add_callback(up.set)
        held["loop"].start()
        server.stop()
        held["loop"].close()

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    while not up.wait(0.1):
        assert thread.is_alive(), "the server did not start"
    yield found
    held["loop"].add_callback(held["loop"].stop)
    thread.join(60)
    found.site.reviews.close()


class Client:
    """A browser without scripts: keeps cookies, follows no redirect."""

    def __init__(self, port: int):
        self.port, self.cookies = port, {}

    def ask(self, method: str, path: str, body: str | None = None, **headers):
        """The response, read; its cookies are kept."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.text = "" if response.status == 101 else response.read().decode(errors="replace")
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0].strip('"')
        connection.close()
        return response

    def get(self, path: str, **headers):
        return self.ask("GET", path, **headers)

    def sign_in(self, name: str, password: str, next: str = "", path: str = "/login"):
        """What the sign-in page answers."""
        form = {"name": name, "password": password, "next": next}
        form["_xsrf"] = FIELD.search(self.get(path).text)[1]
        return self.ask("POST", path, urlencode(form), **{"Content-Type": "application/x-www-form-urlencoded"})

    def websocket(self, token: str = "", origin: str = "", path: str = "/ws") -> int:
        """Status of a websocket's handshake: 101 if it is let in."""
        offered = {"Sec-WebSocket-Protocol": f"bokeh, {token}"} if token else {}
        return self.get(path, Origin=origin or f"http://localhost:{self.port}", **UPGRADE, **offered).status
