"""Many sessions at once on one server process: how long each waits, what is lost, what memory comes back."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil

from benchmarks._dashboard_raster import zoomed
from benchmarks._dashboard_server import Listeners, Server, until
from benchmarks._report import Figure
from dashboard.state import State
from photoz_core.home import Home

SESSIONS, TIMES = 20, 2.0  # how much longer one of so many may wait
THINK = (3.0, 7.0)  # s between two interactions of a session, evenly spread
KINDS = ("zoom", "recolor", "select")
ANSWER = 10.0  # s until what follows from an interaction must have come
FEW, CYCLES, GROWTH = 5, 4, 0.25  # sessions that come and go, how often, and the share of their memory that may stay


def sessions(home: Home, rounds: int) -> Iterator[Figure]:
    """One session, then many: each zooms, recolors and selects in turn, with its own view, columns and objects."""
    server, listeners, process = Server(home), Listeners(), psutil.Process()
    party = Party(server, listeners)
    listeners.open(server.url)
    until(lambda: _is_open(server, 1))
    party.visit(0, range(rounds, 2 * rounds))  # warms up, and leaves other choices than those timed
    alone = party.visit(0, range(rounds))
    server.do(0, lambda state: (state.param.update(view=None, columns=state.columns[::-1]), state.select([])))
    before = process.memory_info().rss
    for number in range(1, SESSIONS):
        listeners.open(server.url)
        until(lambda number=number: _is_open(server, number + 1))
    times = party.all_at_once(lambda number: party.visit(number, range(rounds), THINK))
    opened, done = process.memory_info().rss, sum(map(len, times))
    one, many, most = float(np.median(alone)), float(np.median(np.concatenate(times))), SESSIONS
    yield Figure("one session, median interaction", one, "ms")
    yield Figure(f"{most} sessions, think time {THINK[0]:g}–{THINK[1]:g} s, median interaction", many, "ms")
    yield Figure(f"{most} sessions / one", many / one, "×", f"≤ {TIMES:g}", many <= TIMES * one)
    lost = sum(not _has_its_own(server.states[number](), number, rounds) for number in range(most))
    yield Figure("interactions done", done, "", f"{most * rounds * len(KINDS)}", done == most * rounds * len(KINDS))
    yield Figure("sessions without their own choices", lost, "", "0", lost == 0)
    begin = time.perf_counter()
    party.all_at_once(lambda number: party.visit(number, range(rounds, rounds + 1), works=1))
    together = 1e3 * (time.perf_counter() - begin)
    yield Figure(f"{most} sessions zoom at the same moment, until all have their answers", together, "ms")
    yield Figure(f"{most} sessions zoom at the same moment / {most} × one interaction", together / most / one, "×")
    yield Figure("interactions of which nothing came to the client", party.silent, "", "0", party.silent == 0)
    each = (opened - before) / (most - 1)
    yield Figure("memory of a session", each / 2**20, "MiB")
    yield from _left(server, listeners, before, each)
    server.close()


def _left(server: Server, listeners: Listeners, before: int, each: float) -> Iterator[Figure]:
    """What is left in memory [byte] once all have closed their pages, and what stays of some that come and go.

    `before` is the memory without them, `each` that of a session.
    """
    process, left = psutil.Process(), []
    for cycle in range(CYCLES + 1):  # the first is that of all
        listeners.close()
        with contextlib.suppress(TimeoutError):
            until(lambda: server.alive() == 0, 90)
        left.append(process.memory_info().rss)
        if cycle < CYCLES:
            for _ in range(FEW):
                listeners.open(server.url)
                until(lambda: _is_open(server, len(server.states)))
    alive = server.alive()
    yield Figure("sessions in memory after all have left", alive, "", "0", alive == 0)
    yield Figure("memory kept after all have left", (left[0] - before) / 2**20, "MiB")
    growth = float(np.median(np.diff(left)))
    said = (f"≤ {GROWTH * FEW * each / 2**20:.1f}", growth <= GROWTH * FEW * each)
    yield Figure(f"memory that {FEW} sessions leave behind, each time they come and go", growth / 2**20, "MiB", *said)


class Party:
    """Sessions that act, and what came of it.

    Attributes
    ----------
    silent : int
        Interactions after which nothing was sent to the client.
    """

    def __init__(self, server: Server, listeners: Listeners):
        self.server, self.listeners, self.silent = server, listeners, 0

    def visit(self, number: int, turns: range, think: tuple | None = None, works: int = len(KINDS)) -> list[float]:
        """Times [ms] of the first `works` interactions of a session in each of these turns."""
        rng, times = np.random.default_rng(number), []
        for turn in turns:
            own = _own(self.server.states[number](), number, turn)
            acts = [
                lambda state, own=own: state.param.update(view=own["view"]),
                lambda state, own=own: state.param.update(columns=own["columns"]),
                lambda state, own=own: state.select_rows(own["rows"]),
            ]
            for act in acts[:works]:
                if think:
                    time.sleep(rng.uniform(*think))
                before = self.listeners.received[number]
                times.append(self.server.do(number, act))
                try:
                    until(lambda before=before: self.listeners.received[number] > before, ANSWER)
                except TimeoutError:
                    self.silent += 1
        return times

    def all_at_once(self, work: Callable[[int], list[float]]) -> list[list[float]]:
        """What `work` gives of each session, a thread each."""
        with ThreadPoolExecutor(SESSIONS) as pool:
            return list(pool.map(work, range(SESSIONS)))


def _is_open(server: Server, count: int) -> bool:
    """Whether so many sessions show their maps."""
    if len(server.states) < count or (document := server.documents[count - 1]()) is None:
        return False
    from bokeh.plotting import figure

    return len(list(document.select({"type": figure}))) > 6


def _own(state: State, number: int, turn: int) -> dict:
    """The choices of a session in its `turn`: no two sessions have the same."""
    x0, x1, y0, y1 = zoomed(state.positions, 2 + turn)
    shift = (x1 - x0) * number / 100
    names = state.colorable()
    names = names[(number + turn) % len(names) :] + names[: (number + turn) % len(names)]
    rows = np.arange(number, len(state.data), 1000 + number + turn)
    return {"view": (x0 + shift, x1 + shift, y0, y1), "columns": names[:6], "rows": rows}


def _has_its_own(state: State, number: int, rounds: int) -> bool:
    own = _own(state, number, rounds - 1)
    return (
        state.view == own["view"]
        and state.columns == own["columns"]
        and np.array_equal(np.flatnonzero(state.selected), own["rows"])
    )
