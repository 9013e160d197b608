"""Slow work of a page: done in a thread, its result handed over on the session's own."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import panel as pn

from photoz_core.errors import PhotozError

# One thread each, for all sessions: the UMAP that places objects must not run twice in one process.
_threads = {name: ThreadPoolExecutor(1, f"lenses-{name}") for name in ("draw", "probe", "place", "rank", "embed")}


class Background:
    """Work of which only the newest counts.

    Parameters
    ----------
    kind : str
        ``draw``, ``probe``, ``place``, ``rank`` or ``embed``: each has one thread, so that a long one does not keep the
        others waiting.
    """

    def __init__(self, kind: str):
        self._thread = _threads[kind]
        self._ticket = 0

    def forget(self) -> None:
        """Hand over nothing of what is under way."""
        self._ticket += 1

    def run(self, work: Callable, done: Callable, failed: Callable[[str], None]) -> None:
        """Call `done` with what `work()` returns, or `failed` with what is to be read when it raises.

        Without a server there is no thread to hand over to, so the work is done at once.
        """
        self._ticket += 1
        ticket, document = self._ticket, pn.state.curdoc
        if document is None or document.session_context is None:
            future: Future = Future()
            _fill(future, work)
            self._hand_over(ticket, future, done, failed)
            return

        def hand_over(future: Future) -> None:
            with pn.io.hold(document):  # or Bokeh sends it before Panel has sent a page that is just being opened
                self._hand_over(ticket, future, done, failed)

        self._thread.submit(work).add_done_callback(
            lambda future: document.add_next_tick_callback(partial(hand_over, future))
        )

    def _hand_over(self, ticket: int, future: Future, done: Callable, failed: Callable[[str], None]) -> None:
        if ticket != self._ticket:
            return
        error = future.exception()
        if error is None:
            done(future.result())
        else:
            failed(str(error) if isinstance(error, PhotozError) else f"{type(error).__name__}: {error}")


def _fill(future: Future, work: Callable) -> None:
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)
