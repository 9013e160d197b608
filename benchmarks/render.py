"""How long does a map take to follow? Recolor and zoom of 10⁵, 10⁶, 10⁷ points, against plain holoviews `rasterize`.

Both start at the event and end when the Bokeh models hold the new data; what the browser does after is the same. Six
maps of 210 × 210 pixels that share a view, as on the Explore page; the same points, means and views for both, taken in
turn in one process. Values are medians in ms; the ratio says how many times longer holoviews takes.

    python benchmarks/render.py --quick
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report

SIZES, SIDE, MAPS = (10**5, 10**6, 10**7), 210, 6
GOAL = 2.0  # times faster than holoviews


def cloud(count: int) -> pd.DataFrame:
    """Clustered points like a UMAP, and a column for each map, a fifth of it NaN."""
    rng = np.random.default_rng(0)
    centers = rng.normal(0, 5, (40, 2))
    points = centers[rng.integers(0, 40, count)] + rng.normal(0, 0.7, (count, 2))
    table = pd.DataFrame(points.astype("f4"), columns=["x", "y"])
    for number in range(MAPS):
        values = (points[:, 0] * number + rng.normal(size=count)).astype("f4")
        values[rng.random(count) < 0.2] = np.nan
        table[f"v{number}"] = values
    return table


class Ours:
    """What the Explore page does, down to the data sources of its figures."""

    def __init__(self, table: pd.DataFrame):
        from bokeh.models import Range1d

        from dashboard import figures, morton, raster

        self.positions = np.ascontiguousarray(table[["x", "y"]].to_numpy())
        self.columns = [table[f"v{number}"].to_numpy(copy=True) for number in range(MAPS)]
        self.limits = [tuple(np.nanpercentile(column, (1, 99)).tolist()) for column in self.columns]
        self.selected = np.zeros(len(table), bool)
        self.sources = [figures.add_image(figures.frame_figure(Range1d(), Range1d(), "1px"))[0] for _ in range(MAPS)]
        self.order = morton.z_order(self.positions)
        self.zoom(raster.whole(self.positions))

    def zoom(self, view: tuple) -> None:
        from dashboard import pictures, raster

        self.layers = pictures.layers(raster.frame(self.order, view, (SIDE, SIDE)), self.selected)
        pictures.average(self.layers, self.columns, self.limits)
        for number in range(MAPS):
            self.recolor(number, number)

    def recolor(self, place: int, column: int) -> None:
        from dashboard import figures, pictures

        picture = pictures.number_picture(self.layers, self.columns[column], self.limits[column])
        self.sources[place].data = figures.image_data(picture, self.layers.frame.view)


class Holoviews:
    """Six rasterized maps that share a range stream, each with a stream that names its column."""

    def __init__(self, table: pd.DataFrame):
        import holoviews as hv
        from holoviews.operation.datashader import rasterize

        hv.extension("bokeh")
        points = hv.Points(table, ["x", "y"], [f"v{number}" for number in range(MAPS)])
        self.ranges = hv.streams.RangeXY()
        self.choices = [hv.streams.Stream.define("Column", column=f"v{number}")() for number in range(MAPS)]
        size = {"width": SIDE, "height": SIDE}

        def drawn(column, points=points):
            return points.clone(vdims=[column])

        maps = [
            rasterize(hv.DynamicMap(drawn, streams=[choice]), aggregator="mean", streams=[self.ranges], **size)
            for choice in self.choices
        ]
        self.plot = hv.renderer("bokeh").get_plot(hv.Layout(maps))

    def zoom(self, view: tuple) -> None:
        self.ranges.event(x_range=view[:2], y_range=view[2:])

    def recolor(self, place: int, column: int) -> None:
        self.choices[place].event(column=f"v{column}")


def in_turn(ours: Callable, peer: Callable, arguments: list[tuple]) -> np.ndarray:
    """Times (len(arguments) − 1, 2) [ms] of two callables on the same arguments; the first, cold call is left out."""
    times = []
    for values in arguments:
        for work in (ours, peer):
            begin = time.perf_counter()
            work(*values)
            times.append(1e3 * (time.perf_counter() - begin))
    return np.reshape(times, (-1, 2))[1:]


def views(positions: np.ndarray, count: int) -> list[tuple]:
    """Windows of a tenth to the whole of the map."""
    from dashboard import raster

    x0, x1, y0, y1 = raster.whole(positions)
    rng, found = np.random.default_rng(1), []
    for _ in range(count):
        width = (x1 - x0) * rng.uniform(0.1, 1)
        left, low = x0 + rng.uniform(0, x1 - x0 - width), y0 + rng.uniform(0, y1 - y0 - width)
        found.append((left, left + width, low, low + width))
    return found


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Both in turn, size by size."""
    repeats = 5 if arguments.quick else 15
    for size in SIZES:
        table = cloud(size)
        ours, peer = Ours(table), Holoviews(table)
        shown = [(view,) for view in views(ours.positions, repeats + 1)]
        order = [(number % MAPS, (number + 1) % MAPS) for number in range(repeats + 1)]
        zooms = in_turn(ours.zoom, peer.zoom, shown)
        colors = in_turn(ours.recolor, peer.recolor, order)
        for name, pairs in (("zoom six maps", zooms), ("recolor one map", colors)):
            own, other = np.median(pairs, axis=0)
            label = f"{name}, {size:,} points"
            yield Figure(label, float(own), "ms")
            yield Figure(f"{label}, holoviews", float(other), "ms")
            ratio = float(np.median(pairs[:, 1] / pairs[:, 0]))
            yield Figure(f"{label}, ratio", ratio, "×", f"≥ {GOAL:g}", ratio >= GOAL)
        del table, ours, peer


if __name__ == "__main__":
    report(measure, __doc__)
