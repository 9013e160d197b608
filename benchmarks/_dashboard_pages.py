"""How long the server works for what a person does on the pages, while a Chromium looks on."""

import itertools
import re
import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks._dashboard_raster import zoomed
from benchmarks._dashboard_server import Server, chromium, until
from benchmarks._report import Figure
from dashboard import cache, picking
from dashboard.state import State
from photoz_core.home import Home

PAINT = 3.0  # s until the Explore page is drawn, of a warm server
RECOLORS = ("recolor, a column's first time", "recolor, in a new view")  # those that average anew
MOSAICS = ("mosaic, whole map", "mosaic, in a new view")
GOALS = dict.fromkeys(RECOLORS, 150) | dict.fromkeys(MOSAICS, 500) | {"zoom": 200, "lasso to gallery": 300}  # ms at 10⁶
LARGE = dict.fromkeys([*RECOLORS, "zoom"], 400)  # ms at 10⁷
COMPARE, RUNS = 500, 6  # ms of a recolor of so many runs of 10⁵
SIZE = {"width": 1366, "height": 768}


def explore(home: Home, count: int, repeats: int) -> Iterator[Figure]:
    """First paint, recolor, zoom, lasso and mosaic of a dataset of `count` objects."""
    server = Server(home)
    with chromium() as browser:
        if browser is None:
            yield Figure("no Chromium found: nothing is measured in a browser", 0)
            return
        for name in ("first paint, cold", "first paint"):
            page = browser.new_page(viewport=SIZE)
            begin, cpu = time.perf_counter(), time.process_time()
            page.goto(server.url, timeout=300_000)
            shown = page.locator(".pz-scale p").filter(has_text=re.compile(r"^n "))
            until(lambda shown=shown: shown.count() == 6, 300)
            paint = time.perf_counter() - begin
            is_goal = name == "first paint" and count == 10**6
            goal = (f"≤ {PAINT:g}", paint <= PAINT) if is_goal else ("", None)
            yield Figure(f"{name}, {count:,} objects", paint, "s", *goal)
            yield Figure(f"{name}, {count:,} objects, server's CPU", time.process_time() - cpu, "s")
            if name != "first paint":
                page.close()
        until(lambda: server.states[-1]().view is None)
        for name, works in interactions(server.states[-1](), repeats).items():
            goal = {10**6: GOALS, 10**7: LARGE}.get(count, {}).get(name)
            yield from _timed(f"{name}, {count:,} objects", server, works, goal)
        page.close()
    server.close()


def interactions(state: State, repeats: int) -> dict[str, list]:
    """What is done with the state, by name; the first of each is a warm-up that is not counted.

    A work is a callable, or two: what is done before, which is not timed, and the work itself.
    """
    positions, columns, turns = state.positions, list(state.columns), range(repeats + 1)
    spare = [name for name in state.colorable() if name not in columns and not state.column(name).is_category]
    views = [zoomed(positions, zoom) for zoom in np.geomspace(1.2, 16, repeats + 1)]
    others = [zoomed(positions, zoom) for zoom in np.geomspace(1.1, 15, repeats + 1)]

    def recolor(name: str) -> Callable:
        return set_to(columns=[name, *columns[1:]])

    def anew(view: tuple | None) -> Callable:
        """Show a view as if for the first time."""
        return lambda state: (cache._frame.cache_clear(), state.param.update(view=view, columns=columns, grid=20))

    return {
        "recolor, a column's first time": [recolor(name) for name in [columns[0], *spare]],
        "recolor, in a new view": [(anew(view), recolor(spare[0])) for view in others],
        "recolor, a column drawn before": [recolor([columns[0], spare[0]][turn % 2]) for turn in turns],
        "zoom": [set_to(view=view) for view in views],
        "zoom out": [set_to(view=None)],
        "lasso to gallery": [lasso(zoomed(positions, 1), share) for share in np.linspace(0.2, 1, repeats + 1)],
        "zoom with a selection": [set_to(view=view) for view in views],
        "clear": [lambda state: state.select([])],
        "mosaic, whole map": [(anew(None), set_to(grid=[12, 30][turn % 2])) for turn in turns],
        "mosaic, in a new view": [(anew(others[turn]), set_to(grid=[12, 30][turn % 2])) for turn in turns],
    }


def set_to(**values) -> Callable[[State], None]:
    """Makes these choices."""
    return lambda state: state.param.update(**values)


def lasso(view: tuple, share: float) -> Callable[[State], None]:
    """Draws a circle around the middle of a view, at most two thirds of it wide."""
    x0, x1, y0, y1 = view
    angles, radius = np.linspace(0, 2 * np.pi, 40), share * (x1 - x0) / 3
    x, y = (x0 + x1) / 2 + radius * np.cos(angles), (y0 + y1) / 2 + radius * np.sin(angles)
    return lambda state: state.select_rows(picking.in_polygon(state.positions, x, y))


def compare(home: Home, repeats: int) -> Iterator[Figure]:
    """Recolor of the Compare page with six runs."""
    server = Server(home)
    with chromium() as browser:
        if browser is None:
            return
        page = browser.new_page(viewport=SIZE)
        page.goto(server.url, timeout=300_000)
        until(lambda: server.states and server.states[-1]() is not None)
        from dashboard.compare_choices import Comparison

        made, init = [], Comparison.__init__

        def seen(self, *arguments, **params) -> None:
            init(self, *arguments, **params)
            made.append(self)

        Comparison.__init__ = seen
        page.wait_for_function("window.Bokeh && Bokeh.documents.length > 0")
        page.locator(".pz-scale p").first.wait_for(timeout=300_000)
        server.do(-1, lambda state: setattr(state, "page", "Compare"))
        Comparison.__init__ = init
        until(lambda: made and made[0].shown)
        while len(made[0].shown) < RUNS:
            server.do(-1, lambda state: made[0].add())
        until(lambda: page.locator(".pz-scale p:visible").count() >= RUNS, 300)
        names = [name for name in made[0].param.coloring.objects if name]
        works = [
            lambda state, name=name: setattr(made[0], "coloring", name)
            for name in itertools.islice(itertools.cycle(names), 1, repeats + 2)
        ]
        yield from _timed(f"compare, recolor of {RUNS} runs", server, works, COMPARE)
        page.close()
    server.close()


def _timed(name: str, server: Server, works: list, goal: float | None) -> Iterator[Figure]:
    """Median server time of the works, wall and CPU; a single work is done and not told. See `interactions`."""
    times = []
    for work in works:
        if isinstance(work, tuple):
            before, work = work
            server.do(-1, before)
        begin = time.process_time()
        wall = server.do(-1, work)
        times.append((wall, 1e3 * (time.process_time() - begin)))
    if len(times) > 1:
        wall, cpu = np.median(times[1:], axis=0)
        said = (f"≤ {goal:g}", bool(wall <= goal)) if goal else ("", None)
        yield Figure(f"{name}, server", float(wall), "ms", *said)
        yield Figure(f"{name}, server's CPU", float(cpu), "ms")
