"""Points to pixels: the pixels of a view are found once and shared by every map drawn in it.

The kernels are compiled when this module is imported (from numba's cache after the first time), release the GIL and
are cut into one piece per core. Pixels follow datashader's rule: the upper edge of a view belongs to its last pixel.
"""

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

PIECE = 250_000  # points below which a second thread does not pay
THREADS = min(os.cpu_count() or 1, 8)
COVER = 0.35  # share of the frame that sparse points may cover when they are grown to discs
LARGEST = 4.0  # radius of a disc [pixel]
BEHIND = 10_000  # squared distance that lets any front pixel win over a back one
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="raster")


@dataclass(frozen=True, eq=False)
class Frame:
    """Which points of a map lie in a view, and in which pixel.

    Parameters
    ----------
    view : tuple
        (x0, x1, y0, y1) in map coordinates.
    shape : tuple
        (height, width) [pixel]; row 0 is at the bottom.
    rows, pixel : (M,) int32
        Row number and flat pixel index of each point in view.
    """

    view: tuple[float, float, float, float]
    shape: tuple[int, int]
    rows: np.ndarray
    pixel: np.ndarray

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]


def whole(positions: np.ndarray, margin: float = 0.03) -> tuple[float, float, float, float]:
    """The square (x0, x1, y0, y1) around all positions (N, 2), with a margin; a unit square around a single point."""
    low, high = positions.min(axis=0).astype(float), positions.max(axis=0).astype(float)
    x, y = ((low + high) / 2).tolist()
    half = float((high - low).max()) / 2 * (1 + 2 * margin) or 0.5
    return x - half, x + half, y - half, y + half


def frame(positions: np.ndarray, view: tuple, shape: tuple[int, int]) -> Frame:
    """Find the pixel of every point in view.

    Parameters
    ----------
    positions : (N, 2) float32
    view : tuple
        (x0, x1, y0, y1), edges included.
    shape : tuple
        (height, width) of the frame [pixel].
    """
    x0, x1, y0, y1 = map(float, view)
    pieces = _pieces(len(positions))
    counts = _map(lambda a, b: _count_inside(positions[a:b], x0, x1, y0, y1), pieces)
    ends = np.cumsum(counts)
    rows, pixel = np.empty(ends[-1], np.int32), np.empty(ends[-1], np.int32)
    scale = (shape[1] / (x1 - x0), shape[0] / (y1 - y0))

    def fill(piece, end, count):
        part = slice(end - count, end)
        _fill(positions[slice(*piece)], x0, x1, y0, y1, *scale, *shape, piece[0], rows[part], pixel[part])

    list(_pool.map(fill, pieces, ends, counts))
    return Frame(tuple(view), tuple(shape), rows, pixel)


def count(frame: Frame, selected: np.ndarray | None = None) -> np.ndarray:
    """Points per pixel (height × width,) int32, of the selected ones where a mask (N,) is given."""
    mask = _mask(selected)
    parts = _map(lambda a, b: _count(frame.rows[a:b], frame.pixel[a:b], mask, frame.size), _pieces(len(frame.rows)))
    return sum(parts[1:], parts[0])


def mean(
    frame: Frame, values: np.ndarray, limits: tuple = (-np.inf, np.inf), selected: np.ndarray | None = None
) -> tuple[np.ndarray, int, int]:
    """Mean per pixel of the finite values in view (and selected).

    Parameters
    ----------
    values : (N,) float32
    limits : tuple
        (low, high), to count what lies beyond them.
    selected : (N,) bool

    Returns
    -------
    mean : (height × width,) float32
        NaN where there is no finite value.
    known, beyond : int
        Points with a finite value, and those of them beyond the limits.
    """
    mask = _mask(selected)
    parts = _map(
        lambda a, b: _sums(frame.rows[a:b], frame.pixel[a:b], values, mask, *limits, frame.size),
        _pieces(len(frame.rows)),
    )
    total, number, beyond = (sum(part[1:], part[0]) for part in zip(*parts, strict=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (total / number).astype(np.float32), int(number.sum()), int(beyond)


def commonest(frame: Frame, codes: np.ndarray, classes: int, selected: np.ndarray | None = None) -> np.ndarray:
    """The class most points of a pixel have (height × width,) int16, the first of equals; −1 where none is known."""
    return _commonest(frame.rows, frame.pixel, codes, _mask(selected), frame.size, classes)


def lowest(frame: Frame, rank: np.ndarray, selected: np.ndarray | None = None) -> np.ndarray:
    """Row (height × width,) int32 of the point of each pixel whose rank (N,) int32 is lowest; −1 where there is none.

    A selected point goes before all others.
    """
    return _lowest(frame.rows, frame.pixel, rank, _mask(selected), frame.size)


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
    return _grow(front, back, *shape, np.array(offsets, np.int64))


def _mask(selected: np.ndarray | None) -> np.ndarray:
    return np.zeros(0, bool) if selected is None else selected


def _pieces(size: int) -> list[tuple[int, int]]:
    number = int(np.clip(size // PIECE, 1, THREADS))
    edges = np.linspace(0, size, number + 1).astype(int).tolist()
    return list(itertools.pairwise(edges))


def _map(work: Callable, pieces: list[tuple[int, int]]) -> list:
    if len(pieces) == 1:
        return [work(*pieces[0])]
    return list(_pool.map(work, *zip(*pieces, strict=True)))


@njit("i8(f4[:,::1],f8,f8,f8,f8)", cache=True, nogil=True)
def _count_inside(positions, x0, x1, y0, y1):
    inside = 0
    for i in range(len(positions)):
        x, y = positions[i, 0], positions[i, 1]
        inside += (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
    return inside


@njit("void(f4[:,::1],f8,f8,f8,f8,f8,f8,i8,i8,i8,i4[::1],i4[::1])", cache=True, nogil=True)
def _fill(positions, x0, x1, y0, y1, sx, sy, height, width, first, rows, pixel):
    k, tx, ty = 0, -x0 * sx, -y0 * sy
    for i in range(len(positions)):
        x, y = positions[i, 0], positions[i, 1]
        if x0 <= x <= x1 and y0 <= y <= y1:
            column, line = min(int(x * sx + tx), width - 1), min(int(y * sy + ty), height - 1)
            rows[k], pixel[k] = first + i, line * width + column
            k += 1


@njit("i4[::1](i4[::1],i4[::1],b1[::1],i8)", cache=True, nogil=True)
def _count(rows, pixel, mask, size):
    out = np.zeros(size, np.int32)
    for k in range(len(rows)):
        if len(mask) == 0 or mask[rows[k]]:
            out[pixel[k]] += 1
    return out


@njit("Tuple((f8[::1],i4[::1],i8))(i4[::1],i4[::1],f4[::1],b1[::1],f8,f8,i8)", cache=True, nogil=True)
def _sums(rows, pixel, values, mask, low, high, size):
    total, number, beyond = np.zeros(size), np.zeros(size, np.int32), 0
    for k in range(len(rows)):
        value = values[rows[k]]
        if value == value and (len(mask) == 0 or mask[rows[k]]):
            total[pixel[k]] += value
            number[pixel[k]] += 1
            beyond += (value < low) | (value > high)
    return total, number, beyond


@njit("i2[::1](i4[::1],i4[::1],i2[::1],b1[::1],i8,i8)", cache=True, nogil=True)
def _commonest(rows, pixel, codes, mask, size, classes):
    votes = np.zeros((size, classes), np.int32)
    for k in range(len(rows)):
        code = codes[rows[k]]
        if code >= 0 and (len(mask) == 0 or mask[rows[k]]):
            votes[pixel[k], code] += 1
    out = np.full(size, -1, np.int16)
    for p in range(size):
        most = 0
        for code in range(classes):
            if votes[p, code] > most:
                most, out[p] = votes[p, code], code
    return out


@njit("i4[::1](i4[::1],i4[::1],i4[::1],b1[::1],i8)", cache=True, nogil=True)
def _lowest(rows, pixel, rank, mask, size):
    out = np.full(size, -1, np.int32)
    for k in range(len(rows)):
        row, best = rows[k], out[pixel[k]]
        if best < 0:
            out[pixel[k]] = row
        elif len(mask) and mask[row] != mask[best]:
            out[pixel[k]] = row if mask[row] else best
        elif rank[row] < rank[best]:
            out[pixel[k]] = row
    return out


@njit("i4[::1](b1[::1],b1[::1],i8,i8,i8[:,::1])", cache=True, nogil=True)
def _grow(front, back, height, width, offsets):
    out, nearest = np.full(height * width, -1, np.int32), np.full(height * width, 2 * BEHIND, np.int32)
    for p in range(height * width):
        if not (front[p] or back[p]):
            continue
        for i, j in offsets:
            line, column = p // width + i, p % width + j
            distance = i * i + j * j + (0 if front[p] else BEHIND)
            q = line * width + column
            if 0 <= line < height and 0 <= column < width and distance < nearest[q]:
                nearest[q], out[q] = distance, p
    return out
