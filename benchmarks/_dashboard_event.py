"""From the event of a zoom to the Bokeh models, against the bare aggregates of its views; and what is then sent."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd

from benchmarks._dashboard_raster import PANEL, zoomed
from benchmarks._report import Figure
from photoz_core.home import Home

EVENT, PAYLOAD, ZOOMS, ROUNDS = 1.5, 1 / 8, (1.05, 4, 16), 3
BARE = "datashader's aggregates"
LOOKED_FOR = ("percentile", "nanpercentile", "quantile", "nanmax", "nanmin")  # of numpy: what a zoom never asks for


def in_blocks(works: dict[str, Callable], repeats: int) -> dict[str, np.ndarray]:
    """Wall and CPU time (ROUNDS, 2) [ms] of each callable: medians of `repeats` calls in a row, the blocks in turn.

    In a row, as in use: taken one by one in turn each would find the caches full of the others' points.
    """
    times = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            block = []
            for _ in range(repeats + 1):
                begin = time.perf_counter(), time.process_time()
                work()
                block.append((1e3 * (time.perf_counter() - begin[0]), 1e3 * (time.process_time() - begin[1])))
            times[name].append(np.median(block[1:], axis=0))
    return {name: np.array(blocks) for name, blocks in times.items()}


@contextmanager
def counted() -> Iterator[dict[str, int]]:
    """How often numpy is asked for quantiles or extremes, and the renderer for the range of all points, by name."""
    from dashboard import raster

    found, kept = {}, []
    for owner, name in (*((np, name) for name in LOOKED_FOR), (raster, "bounds")):
        function, found[name] = getattr(owner, name), 0

        def called(*arguments, function=function, name=name, **named):
            found[name] += 1
            return function(*arguments, **named)

        kept.append((owner, name, function))
        setattr(owner, name, called)
    try:
        yield found
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)


def scans(home: Home, pages: tuple[str, ...] = ("Explore", "Compare", "Similar")) -> dict[str, dict[str, int]]:
    """What of `counted` is asked for on each page by a zoom, another one, and one back to the whole map."""
    from dashboard.pages import find_pages
    from dashboard.state import State

    result = {}
    for title in pages:
        state = State(home)
        page = find_pages()[title](state)
        page.__panel__().get_root()
        inner = getattr(page, "comparison", None)
        owner = inner.shown[0] if inner is not None else state
        views = [zoomed(owner.positions, zoom) for zoom in (2, 4)]
        with counted() as found:
            for view in (*views, None):
                owner.view = view
        result[title] = {name: count for name, count in found.items() if count}
    return result


def event(home: Home, repeats: int) -> Iterator[Figure]:
    """Six maps, and the whole Explore page, at three zooms; what a zoom sends; what it never looks for."""
    import datashader as ds
    from bokeh.document import Document

    from dashboard import raster
    from dashboard.state import State
    from dashboard.views._canvas import Canvas
    from dashboard.views._maps import Maps
    from dashboard.views.explore import View

    state, whole = State(home), State(home)
    canvas, document = Canvas(state), Document()
    maps, page = Maps(state, canvas), View(whole)
    maps.__panel__().server_doc(document)
    page.__panel__().server_doc(Document())
    for part in (maps, page.maps):
        part.resize(PANEL)
    names, order = [name for name in state.columns if not state.values(name).is_category], canvas.frame().order
    columns = [state.values(name).array for name in names]
    table = pd.DataFrame({"x": state.positions[:, 0].copy(), "y": state.positions[:, 1].copy()})
    table = table.assign(**dict(zip(names, columns, strict=True)))

    def bare(view: tuple) -> None:
        raster.means(raster.frame(order, view, (PANEL, PANEL)), columns, [raster.NO_LIMITS] * len(columns))

    def peer(view: tuple) -> None:
        canvas = ds.Canvas(PANEL, PANEL, x_range=view[:2], y_range=view[2:])
        for name in names:
            canvas.points(table, "x", "y", ds.mean(name))

    works = {"event → model": lambda view: state.param.update(view=view), "our aggregates": bare, BARE: peer}
    works["event → model, Explore with its mosaic"] = lambda view: whole.param.update(view=view)
    for zoom in ZOOMS:
        views = [zoomed(state.positions, zoom * share) for share in np.linspace(1, 1.1, ROUNDS * (repeats + 1))]
        turns = {name: _over(work, views) for name, work in works.items()}
        yield from _overhead(f"{len(names)} maps, {len(table):,}, zoom × {zoom:g}", in_blocks(turns, repeats))
    yield from _sent(document, lambda: state.param.update(view=zoomed(state.positions, 3)), len(maps.cells))
    for title, found in scans(home).items():
        yield Figure(f"quantiles and ranges looked for, zooms of {title}", sum(found.values()), "", "0", not found)


def _over(work: Callable, views: list[tuple]) -> Callable[[], None]:
    """Does it at the next of the views."""
    following = itertools.cycle(views)
    return lambda: work(next(following))


def _overhead(label: str, times: dict[str, np.ndarray]) -> Iterator[Figure]:
    """What each takes, and how many times longer the events than the aggregates alone."""
    for name, blocks in times.items():
        for what, value in zip(("", ", CPU"), np.median(blocks, axis=0), strict=True):
            yield Figure(f"{label}, {name}{what}", float(value), "ms")
    for name, blocks in times.items():
        if not name.startswith("event"):
            continue
        for peer in ("our aggregates", BARE):
            for what, ratio in zip(("", ", CPU"), np.median(blocks / times[peer], axis=0), strict=True):
                is_goal = peer == BARE and name == "event → model"
                goal = (f"≤ {EVENT:g}", bool(ratio <= EVENT)) if is_goal else ("", None)
                yield Figure(f"{label}: {name} / {peer}{what}", float(ratio), "×", *goal)


def _sent(document, zoom: Callable[[], None], panels: int) -> Iterator[Figure]:
    """Bytes of the message that a zoom sends, of its images and of all else, against images of float64."""
    from bokeh.protocol import Protocol

    events = []
    document.on_change(events.append)
    zoom()
    document.remove_on_change(events.append)
    message = Protocol().create("PATCH-DOC", events)
    images = sum(len(buffer.to_bytes()) for buffer in message.buffers)
    total = len(message.header_json) + len(message.metadata_json) + len(message.content_json) + images
    peer = panels * PANEL * PANEL * 8
    yield Figure(f"images sent on a zoom of {panels} maps / float64 images", images / peer, "", "≤ 0.125",
                 images <= PAYLOAD * peer)  # fmt: skip
    yield Figure(f"all sent on a zoom of {panels} maps / float64 images", total / peer)
    yield Figure(f"all sent on a zoom of {panels} maps", total / 2**10, "KiB")
