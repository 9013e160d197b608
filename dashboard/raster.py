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
from dashboard.morton import EDGE, ZOrder, stretches
from dashboard.threads import in_pieces, pieces

COVER = 0.35  # share of the frame that sparse points may cover when they are grown to discs
ALONE = 1  # runs per pixel below which a thread's own sums cost more than it saves
LARGEST = 4.0  # radius of a disc [pixel]
NO_LIMITS = (-np.inf, np.inf)


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


def whole(positions: np.ndarray, margin: float = 0.03) -> tuple[float, float, float, float]:
    """The square (x0, x1, y0, y1) around all positions (N, 2), with a margin; a unit square around a single point."""
    x0, x1, y0, y1 = kernels.bounds(np.ascontiguousarray(positions))
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    half = max(x1 - x0, y1 - y0) / 2 * (1 + 2 * margin) or 0.5
    return x - half, x + half, y - half, y + half


def frame(positions: np.ndarray | ZOrder, view: tuple, shape: tuple[int, int]) -> Frame:
    """Find the pixel of every point in view.

    Parameters
    ----------
    positions : (N, 2) float32 or ZOrder
    view : tuple
        (x0, x1, y0, y1), edges included.
    shape : tuple
        (height, width) of the frame [pixel].
    """
    order = positions if isinstance(positions, ZOrder) else None
    if order is None:
        points = np.ascontiguousarray(positions, np.float32)
        begins, ends, kinds = (np.array([value]) for value in (0, len(points), EDGE))
    else:
        points, (begins, ends, kinds) = order.points, stretches(order, view, shape)
    offsets = np.r_[0, np.cumsum(ends - begins)]

    def runs(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        return kernels.runs(points, begins, ends, offsets, kinds, first, last, *map(float, view), *shape)

    stops, pixel = zip(*in_pieces(runs, pieces(int(offsets[-1]))), strict=True)
    cuts = list(itertools.pairwise([0, *np.cumsum([len(part) for part in stops]).tolist()]))
    begin = int(begins[0]) if len(begins) else 0
    return Frame(tuple(view), tuple(shape), order, begin, np.concatenate(stops), np.concatenate(pixel), cuts)


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
    """Mean per pixel of the finite values in view of each column, in one pass over the points.

    Parameters
    ----------
    columns : sequence of (N,) float32
        One or more. They must never change: they are remembered in the order of the map.
    limits : sequence of tuple
        (low, high) of each, to count what lies beyond them.

    Returns
    -------
    mean : (height × width,) float32
        NaN where there is no finite value.
    known, beyond : int
        Points with a finite value, and those of them beyond the limits.
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
    """
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


def disc_radius(occupied: int, size: int) -> float:
    """Radius [pixel] to which points are grown so that a sparse map can be seen; 0 where it is dense."""
    radius = np.sqrt(COVER * size / (np.pi * max(occupied, 1)))
    return float(min(radius, LARGEST)) if radius >= 1 else 0.0


def grow(front: np.ndarray, back: np.ndarray, shape: tuple[int, int], radius: float) -> np.ndarray:
    """Which pixel each pixel shows (height × width,) int32: the nearest occupied one within `radius`, or −1.

    Nothing is added up, so a grown map shows the same means. Pixels of `front` (height × width,) bool hide those that
    are only in `back`.
    """
    if radius < 1:
        return np.where(front | back, np.arange(len(front), dtype=np.int32), np.int32(-1))
    r = int(radius)
    offsets = [(i, j) for i in range(-r, r + 1) for j in range(-r, r + 1) if i * i + j * j <= radius * radius]
    return kernels.grow(front, back, *shape, np.array(offsets, np.int64))


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
