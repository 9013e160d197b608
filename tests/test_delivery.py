"""Every message that Panel queues for a busy websocket is written."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from bokeh.document import Document
from panel.io import document
from tornado.websocket import WebSocketHandler

from dashboard import delivery


class Connection:
    """To a browser."""

    def __init__(self, names):
        self._socket, self.protocol = WebSocketHandler.__new__(WebSocketHandler), self
        self.create = lambda kind, events: next(names)


def two_messages(dispatch, monkeypatch) -> list[str]:
    """What is written of two messages, the second queued when the first's task is about to end."""
    monkeypatch.setattr(document, "_dispatch_msgs", dispatch)
    written = []

    async def run() -> None:
        doc, first = Document(), asyncio.get_running_loop().create_future()
        connection = Connection(iter(["first", "second"]))

        def send(conn, msg):
            written.append(msg)
            return [first] if msg == "first" else []

        monkeypatch.setattr(document, "dispatch_tornado", send)
        document.schedule_write_events(doc, [connection], [])
        while not written:
            await asyncio.sleep(0)
        first.set_result(None)  # the task goes on in the loop's next turn, and so does that of the second message
        document.schedule_write_events(doc, [connection], [])
        for _ in range(20):
            await asyncio.sleep(0)

    with ThreadPoolExecutor(1) as thread:  # Playwright's loop runs in this one
        thread.submit(asyncio.run, run()).result()
    return written


def test_a_message_queued_while_another_is_written_follows_it(monkeypatch):
    assert two_messages(delivery._deliver, monkeypatch) == ["first", "second"]


def test_panel_alone_keeps_it_back(monkeypatch):
    """Once this fails, `dashboard.delivery` can go."""
    assert two_messages(delivery._write, monkeypatch) == ["first"]


def test_the_app_delivers(monkeypatch):
    from dashboard import app

    monkeypatch.setattr(document, "_dispatch_msgs", delivery._write)
    with pytest.raises(StopIteration):
        monkeypatch.setattr(app, "State", lambda *of: next(iter(())))
        app.create_app(home=object())
    assert document._dispatch_msgs is delivery._deliver
