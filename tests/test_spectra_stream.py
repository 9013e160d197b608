"""What a thread finds is shown in the order in which it was found, and only while somebody asks."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from dashboard.views import _spectra_stream
from dashboard.views._spectra_stream import Stream
from photoz_core.errors import PhotozError


@pytest.fixture
def document(monkeypatch):
    """Of a session: callbacks stay until a test runs them."""
    made = SimpleNamespace(session_context=SimpleNamespace(destroyed=False), callbacks=[])
    made.add_next_tick_callback = made.callbacks.append
    panel = SimpleNamespace(state=SimpleNamespace(curdoc=made), io=SimpleNamespace(hold=lambda document: nullcontext()))
    monkeypatch.setattr(_spectra_stream, "pn", panel)
    return made


def begin(stream, steps, seen):
    stream.run(lambda cancelled: iter(steps), seen.append, lambda text: seen.append(text), lambda: seen.append("end"))


def test_a_busy_document_shows_the_final_answer_last(document, wait_until):
    seen = []
    begin(Stream("live"), [8, 40, 120, 300], seen)
    wait_until(lambda: len(document.callbacks) == 5)
    for callback in document.callbacks[::-1]:
        callback()
    assert seen == [8, 40, 120, 300, "end"]


def test_what_is_cancelled_or_asked_anew_is_not_shown(document, wait_until):
    stream, seen = Stream("live"), []
    begin(stream, [1, 2], seen)
    wait_until(lambda: len(document.callbacks) == 3)
    begin(stream, [3], seen)
    wait_until(lambda: len(document.callbacks) == 5)
    for callback in document.callbacks[::-1]:
        callback()
    assert seen == [3, "end"]
    stream.cancel()
    begin(stream, [4], seen)
    wait_until(lambda: len(document.callbacks) == 7)
    stream.cancel()
    for callback in document.callbacks[5:]:
        callback()
    assert seen == [3, "end"]


def test_an_error_is_said_after_what_was_found(document, wait_until):
    def fails(cancelled):
        yield 1
        raise PhotozError("spectrum 0: no value was measured")

    seen = []
    Stream("many").run(fails, seen.append, seen.append)
    wait_until(lambda: len(document.callbacks) == 2)
    for callback in document.callbacks[::-1]:
        callback()
    assert seen == [1, "spectrum 0: no value was measured"]
