"""Fixtures of the browser tests: a server in this process, so that tests see its states, and Chromium."""

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import traceback
import weakref
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from dashboard import app
from dashboard.state import State
from photoz_core.home import Home

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LOGS = ("tornado", "bokeh", "panel", "asyncio")  # of what goes wrong in a session
GONE = (WebSocketClosedError, StreamClosedError, asyncio.CancelledError)
MUST = "PHOTOZ_REQUIRE_BROWSER"  # set to 1, a missing browser fails instead of skipping


@dataclass
class Served:
    """A running dashboard.

    Attributes
    ----------
    url : str
    states : list of weakref.ref
        The `State` of each session so far, oldest first.
    errors : list of str
        Tracebacks in the log of the server; one that is still there fails the test.
    """

    url: str
    states: list = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def state(self) -> State:
        """The state of the newest session."""
        return self.states[-1]()

    def alive(self) -> int:
        """How many states are still in memory."""
        return sum(ref() is not None for ref in self.states)


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium; skips, saying why, where there is none."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no Chromium found (looked for {', '.join(CHROMIUM)}); install one to run the browser tests"
        (pytest.fail if os.environ.get(MUST) == "1" else pytest.skip)(reason)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # a machine that also trains is slow
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A page of 1366 × 768 pixels; an error in its scripts fails the test."""
    errors: list[str] = []
    tab = chromium.new_page(viewport={"width": 1366, "height": 768})
    tab.set_default_timeout(60_000)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    tab.close()
    assert not errors, errors


class Tracebacks(logging.Handler):
    """Keeps the tracebacks that are logged, but of browsers that went away in the middle."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and not isinstance(record.exc_info[1], GONE):
            self.found.append(f"{record.getMessage()}\n{''.join(traceback.format_exception(*record.exc_info))}")


@pytest.fixture
def tracebacks():
    """What servers of this process log while the test runs must hold no traceback; those meant to be are cleared."""
    handler = Tracebacks()
    for name in LOGS:
        logging.getLogger(name).addHandler(handler)
    yield handler.found
    for name in LOGS:
        logging.getLogger(name).removeHandler(handler)
    assert not handler.found, "\n".join(handler.found)


@pytest.fixture
def serve(monkeypatch, wait_until, tracebacks):
    """``serve(home, queue, reviews)`` starts a dashboard on a free port and gives a `Served`; the test ends it."""
    import panel as pn

    running = []

    def start(home: Home, queue=None, reviews=None) -> Served:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        served = Served(f"http://localhost:{port}", errors=tracebacks)

        def recorded(*args) -> State:
            state = State(*args)
            served.states.append(weakref.ref(state))
            return state

        monkeypatch.setattr(app, "State", recorded)
        quick = {"unused_session_lifetime_milliseconds": 5000, "check_unused_sessions_milliseconds": 500}
        running.append(
            pn.serve(
                {"/": lambda: app.create_app(home, queue, reviews=reviews)},
                port=port,
                title=app.TITLE,
                show=False,
                threaded=True,
                **quick,
            )
        )
        wait_until(lambda: _answers(port))
        return served

    yield start
    for server in running:
        server.stop()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
        return True
    return False


@pytest.fixture(scope="session")
def shots() -> Path | None:
    """Where to keep screenshots: the folder that ``PHOTOZ_SHOTS`` names, if it does."""
    return Path(os.environ["PHOTOZ_SHOTS"]) if "PHOTOZ_SHOTS" in os.environ else None
