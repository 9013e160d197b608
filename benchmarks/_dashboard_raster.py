"""The renderer against datashader on the same points, taken in turn in one process."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from benchmarks._dashboard_home import cloud
from benchmarks._report import Figure

SIDE, PANEL, PANELS = 800, 210, 6  # px of one large map and of the Explore page's
ZOOMS = (4, 16)  # times as wide
GOALS = {1: 2.0, 16: 8.0}  # times faster than datashader, by zoom
TOGETHER = 0.5


def in_turn(works: dict[str, Callable], repeats: int) -> dict[str, np.ndarray]:
    """Wall and CPU time (repeats, 2) [ms] of each callable, taken in turn; a first, cold round is left out."""
    times = {name: [] for name in works}
    for _ in range(repeats + 1):
        for name, work in works.items():
            begin = time.perf_counter(), time.process_time()
            work()
            times[name].append((1e3 * (time.perf_counter() - begin[0]), 1e3 * (time.process_time() - begin[1])))
    return {name: np.array(pairs[1:]) for name, pairs in times.items()}


def compared(
    label: str, times: dict[str, np.ndarray], own: str, goal: str = "", ok: Callable | None = None
) -> Iterator:
    """Figures of times taken in turn: medians, and of each peer how many times longer it takes than `own`."""
    for name, pairs in times.items():
        wall, cpu = np.median(pairs, axis=0)
        yield Figure(f"{label}, {name}", float(wall), "ms")
        yield Figure(f"{label}, {name}, CPU", float(cpu), "ms")
    for name, pairs in times.items():
        if name == own:
            continue
        wall, cpu = np.median(pairs / times[own], axis=0)
        yield Figure(f"{label}: {name} / {own}", float(wall), "×", goal, ok(wall) if ok else None)
        yield Figure(f"{label}: {name} / {own}, CPU", float(cpu), "×")


def zoomed(positions: np.ndarray, zoom: float) -> tuple:
    """The whole view, or one `zoom` times narrower around an object in a crowd."""
    from dashboard import raster

    x0, x1, _, _ = whole = raster.whole(positions)
    if zoom == 1:
        return whole
    (x, y), half = np.median(positions[:1001], axis=0), (x1 - x0) / 2 / zoom
    x, y = positions[np.argmin(np.hypot(*(positions[:1001] - (x, y)).T))].tolist()
    return x - half, x + half, y - half, y + half


def renderer(size: int, repeats: int) -> Iterator[Figure]:
    """Full view and zooms of one large map, and six panels in one pass."""
    import datashader as ds

    from dashboard import morton, raster

    points, rng = cloud(size), np.random.default_rng(1)
    columns = [(points[:, 0] * k + rng.normal(size=size)).astype("f4") for k in range(PANELS)]
    for column in columns:
        column[rng.random(size) < 0.2] = np.nan
    begin = time.perf_counter(), time.process_time()
    order = morton.z_order(points)
    yield Figure(f"sort, {size:,} points", 1e3 * (time.perf_counter() - begin[0]), "ms")
    yield Figure(f"sort, {size:,} points, CPU", 1e3 * (time.process_time() - begin[1]), "ms")
    tables = _tables(points, columns, order)
    for zoom in (1, *ZOOMS):
        view, goal = zoomed(points, zoom), GOALS.get(zoom, 0)
        canvas = ds.Canvas(SIDE, SIDE, x_range=view[:2], y_range=view[2:])
        works = {"ours": lambda view=view: raster.mean(raster.frame(order, view, (SIDE, SIDE)), columns[0])}
        works |= {
            name: lambda table=table, canvas=canvas: canvas.points(table, "x", "y", ds.mean("v0"))
            for name, table in tables.items()
        }
        label = f"{'full view' if zoom == 1 else f'zoom × {zoom}'}, {size:,}"
        is_met = (lambda ratio, goal=goal: ratio >= goal) if goal and size == 10**7 else None
        yield from compared(label, in_turn(works, repeats), "ours", f"≥ {goal:g}" if is_met else "", is_met)
    yield from _panels(order, columns, tables["datashader"], repeats)


def _tables(points: np.ndarray, columns: list[np.ndarray], order) -> dict[str, pd.DataFrame]:
    """The points for datashader, as they come and in our order."""
    names = [f"v{k}" for k in range(PANELS)]
    unsorted = pd.DataFrame(
        {"x": points[:, 0].copy(), "y": points[:, 1].copy(), **dict(zip(names, columns, strict=True))}
    )
    return {"datashader": unsorted, "datashader on sorted points": unsorted.iloc[order.rows].reset_index(drop=True)}


def _panels(order, columns: list[np.ndarray], table: pd.DataFrame, repeats: int) -> Iterator[Figure]:
    """Six panels in one pass, and column by column, against a call of datashader for each."""
    import datashader as ds

    from dashboard import raster

    size, names = len(table), list(table.columns[2:])
    view = raster.whole(order.points)
    canvas = ds.Canvas(PANEL, PANEL, x_range=view[:2], y_range=view[2:])
    limits = [raster.NO_LIMITS] * PANELS
    works = {
        "six datashader calls": lambda: [canvas.points(table, "x", "y", ds.mean(name)) for name in names],
        "one pass": lambda: raster.means(raster.frame(order, view, (PANEL, PANEL)), columns, limits),
        "column by column": lambda: _one_by_one(raster.frame(order, view, (PANEL, PANEL)), columns),
    }
    is_met = lambda ratio: ratio <= TOGETHER  # noqa: E731
    times = in_turn(works, repeats)
    yield from compared(f"six panels, {size:,}", times, "six datashader calls", f"≤ {TOGETHER:g}", is_met)


def _one_by_one(frame, columns: list[np.ndarray]) -> None:
    from dashboard import raster

    for column in columns:
        raster.mean(frame, column)
