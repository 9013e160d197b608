"""The dashboard on a server of this process, with a real Chromium looking at it, or with sessions that only listen."""

import asyncio
import contextlib
import gc
import json
import shutil
import socket
import threading
import time
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from dashboard.state import State
from photoz_core.home import Home

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
READY = {"kind": "MessageSent", "msg_type": "bokeh_event"}
READY["msg_data"] = {"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}}


class Server:
    """A dashboard of `home` on a free port of this machine.

    Attributes
    ----------
    url : str
    states : list of weakref.ref
        The `State` of every session so far.
    documents : list of weakref.ref
        Their documents.
    """

    def __init__(self, home: Home):
        import panel as pn

        from dashboard import app
        from dashboard.garbage import collect_seldom

        collect_seldom()  # as `photoz serve` does
        self.states, self.documents, self._app = [], [], app
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        self.url = f"http://localhost:{port}"

        def recorded(*arguments) -> State:
            state = State(*arguments)
            self.states.append(weakref.ref(state))
            self.documents.append(weakref.ref(pn.state.curdoc))
            return state

        app.State = recorded
        quick = {"unused_session_lifetime_milliseconds": 15_000, "check_unused_sessions_milliseconds": 500}
        serve = {"port": port, "title": app.TITLE, "show": False, "threaded": True, **quick}
        self._server = pn.serve({"/": lambda: app.create_app(home)}, **serve)
        until(lambda: _answers(port))

    def close(self) -> None:
        self._app.State = State
        self._server.stop()

    def do(self, number: int, work: Callable[[State], None], wait: float = 120) -> float:
        """Time [ms] from asking session `number` for `work` until the server has done it and sent what follows."""
        document, state, done = self.documents[number](), self.states[number](), Future()
        asked = time.perf_counter()

        def first() -> None:
            try:
                work(state)
            except Exception as error:  # told to who waits, in another thread
                done.set_exception(error)
            document.add_next_tick_callback(lambda: done.done() or done.set_result(time.perf_counter()))

        document.add_next_tick_callback(first)
        return 1e3 * (done.result(wait) - asked)

    def alive(self) -> int:
        """How many sessions' states are still in memory."""
        gc.collect()
        return sum(state() is not None for state in self.states)


class Listeners:
    """Sessions without a browser: each opens the page as one does, says it is ready, and reads all that is sent.

    Attributes
    ----------
    received : list of int
        Bytes, by session in the order in which they were opened.
    """

    def __init__(self):
        self.received, self._sockets, self._loop = [], [], asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def open(self, url: str) -> None:
        page = urllib.request.urlopen(url, timeout=120).read().decode()
        token = json.loads('"' + page.partition('"token":"')[2].partition('"')[0] + '"')
        asyncio.run_coroutine_threadsafe(self._open(url, token), self._loop).result(120)

    async def _open(self, url: str, token: str) -> None:
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import websocket_connect

        request = HTTPRequest(url.replace("http", "ws") + "/ws", headers={"Origin": url}, request_timeout=120)
        socket = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=2**28)
        for _ in range(3):  # header, metadata and content of the server's greeting: before it, it does not listen
            await socket.read_message()
        self._sockets.append(socket)
        self.received.append(0)
        self._loop.create_task(self._listen(socket, len(self.received) - 1))
        for kind, content in (("PULL-DOC-REQ", {}), ("PATCH-DOC", {"events": [READY]})):
            for part in ({"msgid": kind, "msgtype": kind}, {}, content):
                await socket.write_message(json.dumps(part))

    async def _listen(self, socket, number: int) -> None:
        while (message := await socket.read_message()) is not None:
            self.received[number] += len(message)

    def close(self) -> None:
        """Leave, all of them."""
        for opened in self._sockets:
            self._loop.call_soon_threadsafe(opened.close)
        self._sockets.clear()


@contextlib.contextmanager
def chromium() -> Iterator:
    """A headless Chromium; None where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def until(holds: Callable[[], bool], wait: float = 120) -> None:
    """Wait until it holds.

    Raises
    ------
    TimeoutError
    """
    end = time.monotonic() + wait
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("the server did not get there")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
        return True
    return False
