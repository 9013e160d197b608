"""Many sessions at once on one server process: how long each waits, what is lost, what memory comes back."""

import contextlib
import threading
import time
from collections.abc import Iterator

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


def sessions(home: Home, rounds: int) -> Iterator[Figure]:
    """One session, then many: each zooms, recolors and selects in turn, with its own view, columns and objects."""
    server, listeners, process = Server(home), Listeners(), psutil.Process()
    listeners.open(server.url)
    until(lambda: _is_open(server, 1))
    _visit(server, 0, range(rounds, 2 * rounds), think=False)  # warms up, and leaves other choices than those timed
    alone = _visit(server, 0, range(rounds), think=False)
    server.do(0, lambda state: state.param.update(view=None))
    before, most = process.memory_info().rss, SESSIONS
    for number in range(1, most):
        listeners.open(server.url)
        until(lambda number=number: _is_open(server, number + 1))
    times: list[list[float]] = [[] for _ in range(most)]
    threads = [
        threading.Thread(
            target=lambda number=number: times[number].extend(_visit(server, number, range(rounds), think=True))
        )
        for number in range(most)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = process.memory_info().rss
    one, many = float(np.median(alone)), float(np.median(np.concatenate(times)))
    yield Figure("one session, median interaction", one, "ms")
    yield Figure(f"{most} sessions, think time {THINK[0]:g}–{THINK[1]:g} s, median interaction", many, "ms")
    yield Figure(f"{most} sessions / one", many / one, "×", f"≤ {TIMES:g}", many <= TIMES * one)
    lost = sum(not _has_its_own(server.states[number](), number, rounds) for number in range(most))
    done = sum(map(len, times))
    yield Figure("interactions done", done, "", f"{most * rounds * len(KINDS)}", done == most * rounds * len(KINDS))
    yield Figure("sessions without their own choices", lost, "", "0", lost == 0)
    yield Figure("memory of a session", (opened - before) / (most - 1) / 2**20, "MiB")
    yield from _left(server, listeners, before, opened)
    server.close()


def _left(server: Server, listeners: Listeners, before: int, opened: int) -> Iterator[Figure]:
    """What is left in memory [byte] once all have closed their pages, and whether the next visitors reuse it."""
    process = psutil.Process()
    listeners.close()
    with contextlib.suppress(TimeoutError):
        until(lambda: server.alive() == 0, 90)
    alive = server.alive()
    yield Figure("sessions in memory after all have left", alive, "", "0", alive == 0)
    yield Figure("memory kept after all have left", (process.memory_info().rss - before) / 2**20, "MiB")
    listeners.open(server.url)  # what the next visitors need is taken from what the others left
    for _ in range(4):
        listeners.open(server.url)
    until(lambda: _is_open(server, len(server.states)))
    again = process.memory_info().rss
    yield Figure(
        "five new sessions, memory more than with all", (again - opened) / 2**20, "MiB", "≤ 0", again <= opened
    )
    listeners.close()


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


def _visit(server: Server, number: int, turns: range, think: bool) -> list[float]:
    """Times [ms] of a session's interactions in these turns."""
    rng, times = np.random.default_rng(number), []
    for turn in turns:
        own = _own(server.states[number](), number, turn)
        works = [
            lambda state, own=own: state.param.update(view=own["view"]),
            lambda state, own=own: state.param.update(columns=own["columns"]),
            lambda state, own=own: state.select_rows(own["rows"]),
        ]
        for work in works:
            if think:
                time.sleep(rng.uniform(*THINK))
            times.append(server.do(number, work))
    return times


def _has_its_own(state: State, number: int, rounds: int) -> bool:
    own = _own(state, number, rounds - 1)
    return (
        state.view == own["view"]
        and state.columns == own["columns"]
        and np.array_equal(np.flatnonzero(state.selected), own["rows"])
    )
