"""Points of a map in Morton (Z-) order, so that a view touches only the tiles it meets.

The square of the map is cut into 2^BITS × 2^BITS cells; a point's place in the order is that of its cell on the Z-curve
(Morton 1966, `A computer oriented geodetic data base`). What lies in a tile, a square of 4^k cells, is then one stretch
of the order. Built once for a map: about 40 ns of CPU a point; 12 bytes a point are kept, and 16 MB at most of tiles.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from dashboard import gathered

BITS = 12  # of a cell's number per axis: 16 million cells
DIGITS = 3  # passes of the radix sort, of one byte each
TILE = 8  # points that the finest tiles hold on average
FEW = 256  # points that are looked at one by one rather than cut up further
TILES = 4.0  # of the finest tiles that a pixel must be wide for a look at whether they lie in one
CORE = (0.5, 99.5)  # percentiles that the cells span; the few points beyond lie in the outermost cells
SAMPLE = 20_000  # points that these percentiles are taken from
EDGE, INSIDE, PIXEL = 0, 1, 2  # of a stretch: test every point, all are in view, all are in one pixel


@dataclass(frozen=True, eq=False)
class ZOrder:
    """A map's points along the Z-curve.

    Parameters
    ----------
    points : (M, 2) float32
        Finite positions, sorted.
    rows : (M,) int32
        Row number of each.
    starts : (4**level + 1,) int32
        Where each tile's stretch begins.
    level : int
        The finest tiles are the square's side / 2**level wide.
    corner : (2,) float64
        Lower left of the cells [map coordinates].
    scale : float
        Cells per map coordinate.
    bounds : tuple
        Lowest x, highest x, lowest y, highest y of the points.
    """

    points: np.ndarray
    rows: np.ndarray
    starts: np.ndarray
    level: int
    corner: np.ndarray
    scale: float
    bounds: tuple[float, float, float, float]

    def gather(self, array: np.ndarray) -> np.ndarray:
        """`array` (N,) in this order (M,), remembered while there is room: it must never change."""
        return gathered.columns.get(self, array)


def z_order(positions: np.ndarray) -> ZOrder:
    """Sort the finite positions (N, 2) float32 along the Z-curve; of equal cells the lower row first."""
    some = positions[:: max(1, len(positions) // SAMPLE)]
    some = some[np.isfinite(some).all(axis=1)].astype(float)
    low, high = np.percentile(some, CORE, axis=0) if len(some) else np.zeros((2, 2))
    scale = ((1 << BITS) - 1) / (float((high - low).max()) or 1.0)
    codes, rows = _codes(positions, low[0], low[1], scale)
    codes, rows = _sort(codes, rows)
    level = int(np.clip(np.ceil(np.log2(max(len(rows) / TILE, 1)) / 2), 2, BITS - 1))
    points = _gather(positions, rows)
    return ZOrder(points, rows, _starts(codes, level), level, low, scale, bounds(points))


def stretches(order: ZOrder, view: tuple, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The stretches of the order that a view meets.

    Parameters
    ----------
    order : ZOrder
    view : tuple
        (x0, x1, y0, y1), edges included.
    shape : tuple
        (height, width) of the frame [pixel].

    Returns
    -------
    begins, ends : (S,) int64
    kinds : (S,) int64
        `EDGE`, `INSIDE` or `PIXEL`.
    """
    x0, x1, y0, y1 = map(float, view)
    return _stretches(order.starts, order.level, *order.corner, order.scale, x0, x1, y0, y1, *shape)


@njit("i8(f8,f8,f8)", inline="always")
def _cell(value, corner, scale):
    """Number of the cell on an axis: grows with `value`, so cells between those of a view's edges are all in view."""
    return int(min(max((value - corner) * scale, 0.0), (1 << BITS) - 1.0))


@njit("i8(i8)", inline="always")
def _spread(x):
    """The lower 16 bits with a zero between each two."""
    x = (x | (x << 8)) & 0x00FF00FF
    x = (x | (x << 4)) & 0x0F0F0F0F
    x = (x | (x << 2)) & 0x33333333
    return (x | (x << 1)) & 0x55555555


@njit("Tuple((i4[::1],i4[::1]))(f4[:,::1],f8,f8,f8)", cache=True, nogil=True)
def _codes(positions, x0, y0, scale):
    """Place on the Z-curve, and row, of every finite position."""
    codes, rows, k = np.empty(len(positions), np.int32), np.empty(len(positions), np.int32), 0
    for i in range(len(positions)):
        x, y = positions[i, 0], positions[i, 1]
        if np.isfinite(x) and np.isfinite(y):
            codes[k] = _spread(_cell(x, x0, scale)) | (_spread(_cell(y, y0, scale)) << 1)
            rows[k] = i
            k += 1
    return codes[:k], rows[:k]


@njit("Tuple((i4[::1],i4[::1]))(i4[::1],i4[::1])", cache=True, nogil=True)
def _sort(codes, rows):
    """Both by ascending code, byte by byte, keeping the order of equals."""
    other_codes, other_rows = np.empty_like(codes), np.empty_like(rows)
    for digit in range(DIGITS):
        place = np.zeros(257, np.int64)
        for i in range(len(codes)):
            place[((codes[i] >> (8 * digit)) & 255) + 1] += 1
        place = np.cumsum(place)
        for i in range(len(codes)):
            key = (codes[i] >> (8 * digit)) & 255
            other_codes[place[key]], other_rows[place[key]] = codes[i], rows[i]
            place[key] += 1
        codes, other_codes, rows, other_rows = other_codes, codes, other_rows, rows
    return codes, rows


@njit(["UniTuple(f8,4)(f4[:,::1])", "UniTuple(f8,4)(f8[:,::1])"], cache=True, nogil=True)
def bounds(positions):
    """Lowest x, highest x, lowest y, highest y of the finite positions; the lowest infinite where there is none."""
    x0, x1, y0, y1 = np.inf, -np.inf, np.inf, -np.inf
    for i in range(len(positions)):
        x, y = positions[i, 0], positions[i, 1]
        if np.isfinite(x) and np.isfinite(y):
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
    return x0, x1, y0, y1


@njit("f4[:,::1](f4[:,::1],i4[::1])", cache=True, nogil=True)
def _gather(positions, rows):
    points = np.empty((len(rows), 2), np.float32)
    for k in range(len(rows)):
        points[k, 0], points[k, 1] = positions[rows[k], 0], positions[rows[k], 1]
    return points


@njit("i4[::1](i4[::1],i8)", cache=True, nogil=True)
def _starts(codes, level):
    starts = np.zeros((1 << (2 * level)) + 1, np.int32)
    for i in range(len(codes)):
        starts[(codes[i] >> (2 * (BITS - level))) + 1] += 1
    for tile in range(len(starts) - 1):
        starts[tile + 1] += starts[tile]
    return starts


@njit("b1(i8,i8,f8,f8,f8,f8)", inline="always")
def _one_pixel(first, last, corner, scale, start, pixels):
    """Whether all of these cells lie in one pixel of an axis, for certain; the outermost hold what lies beyond."""
    if first == 0 or last == (1 << BITS) - 1:
        return False
    spare = 1e-9 * (abs(corner) + (1 << BITS) / scale)  # far above rounding, far below a pixel
    near, far = corner + first / scale - spare, corner + (last + 1) / scale + spare
    return near > start and int((near - start) * pixels) == int((far - start) * pixels)


@njit("i8[::1](i8[::1])", cache=True, nogil=True)
def _longer(array):
    longer = np.empty(2 * len(array), np.int64)
    longer[: len(array)] = array
    return longer


@njit("UniTuple(i8[::1],3)(i4[::1],i8,f8,f8,f8,f8,f8,f8,f8,i8,i8)", cache=True, nogil=True)
def _stretches(starts, level, corner_x, corner_y, scale, x0, x1, y0, y1, height, width):
    """Walk down the tree of tiles, in the order of the curve, as far as a tile is neither all in nor all out."""
    left, right = _cell(x0, corner_x, scale), _cell(x1, corner_x, scale)
    low, high = _cell(y0, corner_y, scale), _cell(y1, corner_y, scale)
    sx, sy = width / (x1 - x0), height / (y1 - y0)
    wide = TILES * (1 << (BITS - level)) <= scale / max(sx, sy)  # whether many of the finest tiles make up a pixel
    begins, ends, kinds = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64, np.int64)
    stack = np.zeros((3 * BITS + 4, 3), np.int64)
    found, top = 0, 1
    while top > 0:
        top -= 1
        depth, column, line = stack[top]
        size = 1 << (BITS - depth)
        first_x, first_y = column * size, line * size
        last_x, last_y = first_x + size - 1, first_y + size - 1
        if last_x < left or first_x > right or last_y < low or first_y > high:
            continue
        tile = (_spread(column) | (_spread(line) << 1)) << (2 * (level - depth))
        begin, end = starts[tile], starts[tile + (1 << (2 * (level - depth)))]
        if begin == end:
            continue
        kind = EDGE
        if first_x > left and last_x < right and first_y > low and last_y < high:
            in_column = _one_pixel(first_x, last_x, corner_x, scale, x0, sx)
            kind = PIXEL if in_column and _one_pixel(first_y, last_y, corner_y, scale, y0, sy) else INSIDE
        done = kind == PIXEL or (kind == INSIDE and not wide) or depth == level or end - begin <= FEW
        if not done:
            for child in (3, 2, 1, 0):
                stack[top] = depth + 1, 2 * column + (child & 1), 2 * line + (child >> 1)
                top += 1
        elif found and kind != PIXEL and kinds[found - 1] == kind and ends[found - 1] == begin:
            ends[found - 1] = end
        else:
            if found == len(begins):
                begins, ends, kinds = _longer(begins), _longer(ends), _longer(kinds)
            begins[found], ends[found], kinds[found] = begin, end, kind
            found += 1
    return begins[:found], ends[:found], kinds[:found]
