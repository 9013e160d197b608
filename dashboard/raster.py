"""Points to pixels: the pixels of a view are found once and shared by every map drawn in it.

Pixels follow datashader's rule: the upper edge of a view belongs to its last pixel. Points in Morton order
(`dashboard.morton`) that follow each other mostly share a pixel, so a frame keeps runs of points rather than points;
of points as they come a run is a point. A frame of all 10⁷ points on 210 × 210 pixels takes 6 MB instead of 80.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashboard import raster_kernels as kernels
from dashboard.morton import EDGE, ZOrder, stretches
from dashboard.threads import in_pieces, pieces

COVER = 0.35  # share of the frame that sparse points may cover when they are grown to discs
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
    begins, ends : (S,) int64
        Stretches of that order that the view meets: M points, a few of them out of view.
    stops, runs : (R,) int32
        Where each run of points ends, counted along the stretches, and its flat pixel; `size` for out of view.
    """

    view: tuple[float, float, float, float]
    shape: tuple[int, int]
    order: ZOrder | None
    begins: np.ndarray
    ends: np.ndarray
    stops: np.ndarray
    runs: np.ndarray

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]

    @cached_property
    def rows(self) -> np.ndarray:
        """Row number (K,) int32 of each point in view, in the frame's order."""
        return self._rows[self._pixel < self.size]

    @cached_property
    def pixel(self) -> np.ndarray:
        """Flat pixel (K,) int32 of each point in view."""
        return self._pixel[self._pixel < self.size]

    @property
    def _pixel(self) -> np.ndarray:
        return np.repeat(self.runs, np.diff(self.stops, prepend=np.int32(0)))

    @cached_property
    def _rows(self) -> np.ndarray:
        if self.order is None:
            return np.arange(self.ends[-1], dtype=np.int32)
        return self._stretched(self.order.rows)

    @cached_property
    def cuts(self) -> list[tuple[int, int]]:
        """First and last run of each thread's piece."""
        edges = [end for _, end in pieces(int(self.stops[-1]) if len(self.stops) else 0)]
        cut = [0, *np.searchsorted(self.stops, edges[:-1]).tolist(), len(self.stops)]
        return list(itertools.pairwise(cut))

    def take(self, array: np.ndarray) -> np.ndarray:
        """`array` (N,), which must never change, along the stretches (M,); gathered into the map's order once."""
        return array if self.order is None else self._stretched(self.order.gather(array))

    def _stretched(self, column: np.ndarray) -> np.ndarray:
        if len(self.begins) == 1:
            return column[self.begins[0] : self.ends[0]]
        parts = [column[begin:end] for begin, end in zip(self.begins.tolist(), self.ends.tolist(), strict=True)]
        return np.concatenate(parts) if parts else column[:0]


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
        return kernels.runs(points, begins, offsets, kinds, first, last, *map(float, view), *shape)

    stops, pixel = zip(*in_pieces(runs, pieces(int(offsets[-1]))), strict=True)
    return Frame(tuple(view), tuple(shape), order, *_joined(begins, ends), np.concatenate(stops), np.concatenate(pixel))


def chosen(frame: Frame, selected: np.ndarray) -> Frame:
    """The frame of the selected points alone; `selected` (N,) bool."""
    mask = selected if frame.order is None else selected[frame._rows]
    stops, runs = kernels.chosen(frame.stops, frame.runs, mask, frame.size)
    return Frame(frame.view, frame.shape, frame.order, frame.begins, frame.ends, stops.copy(), runs.copy())


def count(frame: Frame) -> np.ndarray:
    """Points per pixel (height × width,) int32."""
    return kernels.counts(frame.stops, frame.runs, frame.size)


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
    total, number, beyond = _in_runs(frame, _summing(frame, columns, np.array(limits[: len(columns)], float)))
    with np.errstate(invalid="ignore", divide="ignore"):
        average = np.ascontiguousarray((total / number).T, np.float32)
    return list(zip(average, number.sum(axis=0).tolist(), beyond.tolist(), strict=True))


def mean(frame: Frame, values: np.ndarray, limits: tuple = NO_LIMITS) -> tuple[np.ndarray, int, int]:
    """`means` of one column (N,) float32."""
    return means(frame, [values], [limits])[0]


def commonest(frame: Frame, codes: np.ndarray, classes: int) -> tuple[np.ndarray, int]:
    """The class most points of a pixel have (height × width,) int16, and how many points have one.

    The first of equals; −1 where none is known, as in `codes` (N,) int16.
    """
    return kernels.commonest(frame.stops, frame.runs, frame.take(codes), frame.size, classes)


def lowest(frame: Frame, rank: np.ndarray, selected: np.ndarray | None = None) -> np.ndarray:
    """Row (height × width,) int32 of the point of each pixel whose rank (N,) int32 is lowest; −1 where there is none.

    A selected point goes before all others. `rank` must never change.
    """
    ranks = frame.take(rank)
    best = kernels.lowest(frame.stops, frame.runs, ranks, frame.size)
    if selected is not None:
        front = chosen(frame, selected)
        first = kernels.lowest(front.stops, front.runs, ranks, frame.size)
        best = np.where(first >= 0, first, best)
    return np.where(best >= 0, frame._rows[best], np.int32(-1)) if len(frame._rows) else best


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


def _summing(frame: Frame, columns: Sequence[np.ndarray], limits: np.ndarray) -> Callable:
    """The kernel of so many columns: of one a run is summed in registers, of more the points are read once."""
    taken = tuple(frame.take(column) for column in columns)
    low, high = np.ascontiguousarray(limits.T)
    if len(taken) == 1:
        return lambda stops, runs, begin: kernels.sums_of_one(stops, runs, begin, *taken, low[0], high[0], frame.size)
    return lambda stops, runs, begin: kernels.sums(stops, runs, begin, taken, low, high, frame.size)


def _in_runs(frame: Frame, sums: Callable) -> tuple[np.ndarray, ...]:
    """Sums of `sums(stops, runs, begin)` over the pieces of the frame."""

    def part(first: int, last: int) -> tuple[np.ndarray, ...]:
        return sums(frame.stops[first:last], frame.runs[first:last], int(frame.stops[first - 1]) if first else 0)

    found = in_pieces(part, frame.cuts)
    return tuple(sum(values[1:], values[0]) for values in zip(*found, strict=True))


def _joined(begins: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Stretches without the cuts between those that follow each other."""
    first = np.r_[True, begins[1:] != ends[:-1]][: len(begins)]
    return begins[first], ends[np.r_[first[1:], True][: len(begins)]]
