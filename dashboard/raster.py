"""Points to pixels: the pixels of a view are found once and shared by every map drawn in it.

Pixels follow datashader's rule: the upper edge of a view belongs to its last pixel. Points in Morton order
(`dashboard.morton`) that follow each other mostly share a pixel, so a frame keeps runs of points rather than points;
of points as they come a run is a point. A frame of all 10⁷ points on 210 × 210 pixels takes 6 MB instead of 80.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dashboard import raster_kernels as kernels
from dashboard.morton import EDGE, ZOrder, bounds, stretches
from dashboard.threads import in_pieces, pieces
from photoz_core.errors import PhotozError

ALONE = 1  # runs per pixel below which a thread's own sums cost more than it saves
NO_LIMITS = (-np.inf, np.inf)
NARROWEST, TINIEST = 1e-6, 1e-30  # width of a view: as a share of its coordinates, of which float32 keeps 6e-8; at all
MOST_CLASSES = 32_767  # that int16 tells apart


@dataclass(frozen=True, eq=False)
class Frame:
    """Which points of a map lie in a view, and in which pixel.

    Parameters
    ----------
    view : tuple
        (x0, x1, y0, y1) in map coordinates.
    shape : tuple
        (height, width) [pixel]; row 0 is at the bottom.
    order : ZOrder or None
        How the points are sorted; None as they come.
    begin : int
        Of the order's points the first that the runs are of.
    stops, runs : (R,) int32
        Where in the order each run of points ends, and its flat pixel; `size` for out of view.
    cuts : list of tuple
        First and last run of each thread's piece.
    """

    view: tuple[float, float, float, float]
    shape: tuple[int, int]
    order: ZOrder | None
    begin: int
    stops: np.ndarray
    runs: np.ndarray
    cuts: list[tuple[int, int]]

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]

    @cached_property
    def count(self) -> int:
        """How many points are in view."""
        return kernels.in_view(self.begin, self.stops, self.runs, self.size)

    @cached_property
    def rows(self) -> np.ndarray:
        """Row number (K,) int32 of each point in view, in the frame's order."""
        return kernels.inside(self.begin, self.stops, self.runs, self.size, self.numbers)[0]

    @cached_property
    def pixel(self) -> np.ndarray:
        """Flat pixel (K,) int32 of each point in view."""
        return kernels.inside(self.begin, self.stops, self.runs, self.size, self.numbers)[1]

    @property
    def numbers(self) -> np.ndarray:
        """Row number (M,) int32 of each point of the order; empty where that is its place."""
        return np.zeros(0, np.int32) if self.order is None else self.order.rows

    def take(self, array: np.ndarray) -> np.ndarray:
        """`array` (N,), which must never change, in the frame's order (M,)."""
        return array if self.order is None else self.order.gather(array)


def whole(positions: np.ndarray | ZOrder, margin: float = 0.03) -> tuple[float, float, float, float]:
    """The square (x0, x1, y0, y1) around all finite positions (N, 2), with a margin; a unit square around one point.

    Of a `ZOrder` it is known; of an array all are looked at.
    """
    is_order = isinstance(positions, ZOrder)
    x0, x1, y0, y1 = positions.bounds if is_order else bounds(np.ascontiguousarray(positions))
    if not x0 <= x1:
        return -0.5, 0.5, -0.5, 0.5
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    half = max(x1 - x0, y1 - y0) / 2 * (1 + 2 * margin) or 0.5
    return wide((x - half, x + half, y - half, y + half))


def wide(view: tuple) -> tuple[float, float, float, float]:
    """The view, or where it is too narrow for its pixels to be told apart the narrowest around its middle.

    Raises
    ------
    PhotozError
        If an edge is no finite number.
    """
    x0, x1, y0, y1 = map(float, view)
    if not np.isfinite([x1 - x0, y1 - y0]).all():
        raise PhotozError(f"a view has four finite edges, x0, x1, y0 and y1; these are {tuple(view)}")
    least = max(NARROWEST * max(abs(x0), abs(x1), abs(y0), abs(y1)), TINIEST)
    if min(x1 - x0, y1 - y0) >= least:
        return x0, x1, y0, y1
    x, y, across, up = (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, least) / 2, max(y1 - y0, least) / 2
    return x - across, x + across, y - up, y + up


def frame(positions: np.ndarray | ZOrder, view: tuple, shape: tuple[int, int]) -> Frame:
    """Find the pixel of every point in view.

    Parameters
    ----------
    positions : (N, 2) float32 or ZOrder
    view : tuple
        (x0, x1, y0, y1), edges included; see `wide`.
    shape : tuple
        (height, width) of the frame [pixel].

    Raises
    ------
    PhotozError
        If an edge is no finite number.
    """
    order, view = positions if isinstance(positions, ZOrder) else None, wide(view)
    if order is None:
        points = np.ascontiguousarray(positions, np.float32)
        begins, ends, kinds = (np.array([value]) for value in (0, len(points), EDGE))
    else:
        points, (begins, ends, kinds) = order.points, stretches(order, view, shape)
    offsets = np.r_[0, np.cumsum(ends - begins)]

    def runs(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        return kernels.runs(points, begins, ends, offsets, kinds, first, last, *view, *shape)

    stops, pixel = zip(*in_pieces(runs, pieces(int(offsets[-1]))), strict=True)
    cuts = list(itertools.pairwise([0, *np.cumsum([len(part) for part in stops]).tolist()]))
    begin = int(begins[0]) if len(begins) else 0
    return Frame(view, tuple(shape), order, begin, np.concatenate(stops), np.concatenate(pixel), cuts)


def chosen(frame: Frame, selected: np.ndarray) -> Frame:
    """The frame of the selected points alone; `selected` (N,) bool."""

    def runs(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        begin = int(frame.stops[first - 1]) if first else frame.begin
        return kernels.chosen(
            begin, frame.stops[first:last], frame.runs[first:last], frame.size, frame.numbers, selected
        )

    stops, pixel = zip(*in_pieces(runs, frame.cuts), strict=True)
    cuts = list(itertools.pairwise([0, *np.cumsum([len(part) for part in stops]).tolist()]))
    return replace(frame, stops=np.concatenate(stops), runs=np.concatenate(pixel), cuts=cuts)


def count(frame: Frame) -> np.ndarray:
    """Points per pixel (height × width,) int32."""
    return kernels.counts(frame.begin, frame.stops, frame.runs, frame.size)


def means(
    frame: Frame, columns: Sequence[np.ndarray], limits: Sequence[tuple[float, float]]
) -> list[tuple[np.ndarray, int, int]]:
    """Mean per pixel of the values in view of each column that are not NaN, in one pass over the points.

    Parameters
    ----------
    columns : sequence of (N,) float32
        One or more. They must never change: they are remembered in the order of the map.
    limits : sequence of tuple
        (low, high) of each, to count what lies beyond them.

    Returns
    -------
    mean : (height × width,) float32
        NaN where there is no value; infinite, as datashader's, where one is.
    known, beyond : int
        Points with a value, and those of them beyond the limits.
    """
    if len(columns) > kernels.MOST:
        return means(frame, columns[: kernels.MOST], limits) + means(
            frame, columns[kernels.MOST :], limits[kernels.MOST :]
        )
    total, number, beyond = _sums(frame, columns, np.array(limits[: len(columns)], float))
    average, known = kernels.averages(total, number)
    return list(zip(average, known.tolist(), beyond.tolist(), strict=True))


def mean(frame: Frame, values: np.ndarray, limits: tuple = NO_LIMITS) -> tuple[np.ndarray, int, int]:
    """`means` of one column (N,) float32."""
    return means(frame, [values], [limits])[0]


def commonest(frame: Frame, codes: np.ndarray, classes: int) -> tuple[np.ndarray, int]:
    """The class most points of a pixel have (height × width,) int16, and how many points have one.

    The first of equals; −1 where none is known, as in `codes` (N,) int16.

    Raises
    ------
    PhotozError
        If there are more than 32,767 classes.
    """
    if classes > MOST_CLASSES:
        raise PhotozError(f"{classes:,} classes are more than a map can tell apart, {MOST_CLASSES:,}")
    return kernels.commonest(frame.begin, frame.stops, frame.runs, frame.size, frame.take(codes), classes)


def lowest(frame: Frame, rank: np.ndarray, selected: np.ndarray | None = None) -> np.ndarray:
    """Row (height × width,) int32 of the point of each pixel whose rank (N,) int32 is lowest; −1 where there is none.

    A selected point goes before all others. `rank` must never change.
    """
    ranks = frame.take(rank)
    best = kernels.lowest(frame.begin, frame.stops, frame.runs, frame.size, ranks)
    if selected is not None:
        front = chosen(frame, selected)
        first = kernels.lowest(front.begin, front.stops, front.runs, front.size, ranks)
        best = np.where(first >= 0, first, best)
    return best if frame.order is None else np.where(best >= 0, frame.numbers[best], np.int32(-1))


def _sums(frame: Frame, columns: Sequence[np.ndarray], limits: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sum and number of values (size, P) and beyond (P,): of one column a run is summed in registers, of more the
    points are read once.
    """
    low, high = np.ascontiguousarray(limits.T)
    taken = tuple(frame.take(column) for column in columns)

    def part(first: int, last: int) -> tuple[np.ndarray, ...]:
        begin = int(frame.stops[first - 1]) if first else frame.begin
        runs = begin, frame.stops[first:last], frame.runs[first:last], frame.size
        return (
            kernels.sums(*runs, taken, low, high)
            if len(taken) > 1
            else kernels.sums_of_one(*runs, taken[0], low[0], high[0])
        )

    whole, *others = in_pieces(part, frame.cuts if len(frame.stops) > ALONE * frame.size else [(0, len(frame.stops))])
    for other in others:
        for mine, values in zip(whole, other, strict=True):
            mine += values
    return whole
