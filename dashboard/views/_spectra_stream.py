"""Slow work that has something to show on the way: a thread makes it, the session's own shows it."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import panel as pn

from photoz_core.errors import PhotozError


def _one_core() -> None:
    """Torch in a thread of the pool computes by itself.

    A search is thousands of small steps: on two cores that others use, too, two threads waited for each other at every
    one, 176 ms instead of 5 (measured).
    """
    import torch

    torch.set_num_threads(1)


# For all sessions; what is asked live does not wait for a figure of many spectra
_pools = {kind: ThreadPoolExecutor(count, f"spectra-{kind}", _one_core) for kind, count in (("live", 2), ("many", 1))}
_pools["out"] = ThreadPoolExecutor(2, "out")  # files, which know no torch


class Stream:
    """Work of which only the newest counts, and of that every result.

    Parameters
    ----------
    kind : str
        ``live``, ``many`` or ``out``.
    """

    def __init__(self, kind: str):
        self._pool = _pools[kind]
        self._stop = Event()

    def cancel(self) -> None:
        """End what is under way; nothing of it is handed over any more."""
        self._stop.set()
        self._stop = Event()

    def run(
        self,
        work: Callable[[Callable[[], bool]], Iterator],
        each: Callable,
        failed: Callable[[str], None],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """Call `each` with what ``work(cancelled)`` yields, then `ended`; `failed` with a text if it raises.

        `cancelled` tells the work to end: something else was asked, or the session is over. Without a server there is
        no thread to hand over to, so the work is done at once.
        """
        self.cancel()
        stop, document = self._stop, pn.state.curdoc
        if document is None or document.session_context is None:
            _follow(work, stop.is_set, each, failed, ended)
            return

        def over() -> bool:
            return stop.is_set() or document.session_context is None or document.session_context.destroyed

        waiting: deque[Callable] = deque()

        def hand(what: Callable, *found) -> None:
            if not over():
                waiting.append(partial(what, *found))
                document.add_next_tick_callback(show)

        def show() -> None:
            """What has waited longest: a busy document runs its callbacks in any order, the last one first."""
            if not stop.is_set():
                with pn.io.hold(document):  # or Bokeh sends it before Panel has sent a page that is being opened
                    waiting.popleft()()

        self._pool.submit(_follow, work, over, partial(hand, each), partial(hand, failed), partial(hand, ended))


def _follow(work: Callable, over: Callable[[], bool], each: Callable, failed: Callable, ended: Callable) -> None:
    """Hand on each result of the work, and how it ends."""
    if over():
        return
    try:
        for found in work(over):
            each(found)
        ended()
    except Exception as error:
        failed(str(error) if isinstance(error, PhotozError) else f"{type(error).__name__}: {error}")
