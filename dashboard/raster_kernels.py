"""The loops of `dashboard.raster`, compiled when this module is imported (from numba's cache after the first time).

They release the GIL. Points of a frame come in runs that lie in one pixel: run r holds the points stops[r − 1] to
stops[r], the first from `begin`, and pixel[r] is its pixel, or `size`, one beyond the last, where they are out of view:
those are skipped, however many.
"""

import numpy as np
from numba import njit

from dashboard.morton import EDGE, INSIDE

BEHIND = 10_000  # squared distance that lets any front pixel win over a back one
MOST = 6  # columns that one pass over the points takes
_FAST = {"reassoc", "contract"}  # sums of a run in any order; NaN stays NaN


@njit(
    "Tuple((i4[::1],i4[::1]))(f4[:,::1],i8[::1],i8[::1],i8[::1],i8[::1],i8,i8,f8,f8,f8,f8,i8,i8)",
    cache=True, nogil=True,
)  # fmt: skip
def runs(points, begins, ends, offsets, kinds, first, last, x0, x1, y0, y1, height, width):
    """Runs of the points `first` to `last` of a view's stretches, counted along these: stretch s is from offsets[s].

    Every step writes, and a new run only moves on: a branch that depends on the data would cost more.
    """
    sx, sy, size = width / (x1 - x0), height / (y1 - y0), height * width
    tx, ty = -x0 * sx, -y0 * sy
    s = np.searchsorted(offsets, first, side="right") - 1
    most = last - first + len(begins) + 1
    stops, pixel = np.empty(most, np.int32), np.empty(most, np.int32)
    k, before, end = -1, -1, ends[s - 1] if s > 0 and first == offsets[s] else -1
    while first < last:
        point = begins[s] + first - offsets[s]
        count, kind = min(offsets[s + 1], last) - first, kinds[s]
        if end >= 0 and point != end:  # what lies between two stretches is a run out of view
            k += before != size
            pixel[k], stops[k], before = size, point, size
        if kind == EDGE:
            for i in range(point, point + count):
                x, y = points[i, 0], points[i, 1]
                here = size
                if x0 <= x <= x1 and y0 <= y <= y1:
                    here = min(int(y * sy + ty), height - 1) * width + min(int(x * sx + tx), width - 1)
                k += here != before
                pixel[k], stops[k], before = here, i + 1, here
        else:
            for i in range(point, point + (count if kind == INSIDE else 1)):
                x, y = points[i, 0], points[i, 1]
                here = min(int(y * sy + ty), height - 1) * width + min(int(x * sx + tx), width - 1)
                k += here != before
                pixel[k], stops[k], before = here, i + 1, here
        end = point + count
        stops[k], first, s = end, first + count, s + 1
    return stops[: k + 1], pixel[: k + 1]


@njit("i8(i8,i4[::1],i4[::1],i8)", cache=True, nogil=True)
def in_view(begin, stops, pixel, size):
    """How many points are in view."""
    count = 0
    for r in range(len(stops)):
        count += stops[r] - begin if pixel[r] < size else 0
        begin = stops[r]
    return count


@njit("Tuple((i4[::1],i4[::1]))(i8,i4[::1],i4[::1],i8,i4[::1],b1[::1])", cache=True, nogil=True)
def chosen(begin, stops, pixel, size, rows, selected):
    """The runs with the points out of view that are not selected; `rows` are empty where a point's place is its row."""
    most = len(stops) + in_view(begin, stops, pixel, size)
    new_stops, new_pixel = np.empty(most, np.int32), np.empty(most, np.int32)
    k, before = -1, -1
    for r in range(len(stops)):
        if pixel[r] == size:
            k += before != size
            new_pixel[k], new_stops[k], before = size, stops[r], size
        else:
            for i in range(begin, stops[r]):
                here = pixel[r] if selected[rows[i] if len(rows) else i] else size
                k += here != before
                new_pixel[k], new_stops[k], before = here, i + 1, here
        begin = stops[r]
    return new_stops[: k + 1], new_pixel[: k + 1]


@njit("UniTuple(i4[::1],2)(i8,i4[::1],i4[::1],i8,i4[::1])", cache=True, nogil=True)
def inside(begin, stops, pixel, size, rows):
    """Row and pixel of each point in view."""
    count = in_view(begin, stops, pixel, size)
    own, places, k = np.empty(count, np.int32), np.empty(count, np.int32), 0
    for r in range(len(stops)):
        if pixel[r] < size:
            for i in range(begin, stops[r]):
                own[k], places[k] = rows[i] if len(rows) else i, pixel[r]
                k += 1
        begin = stops[r]
    return own, places


@njit("i4[::1](i8,i4[::1],i4[::1],i8)", cache=True, nogil=True)
def counts(begin, stops, pixel, size):
    out = np.zeros(size + 1, np.int32)
    for r in range(len(stops)):
        out[pixel[r]] += stops[r] - begin
        begin = stops[r]
    return out[:size]


@njit(
    "Tuple((f8[:,::1],i4[:,::1],i8[::1]))(i8,i4[::1],i4[::1],i8,f4[::1],f8,f8)",
    cache=True, nogil=True, fastmath=_FAST,
)  # fmt: skip
def sums_of_one(begin, stops, pixel, size, values, low, high):
    """Sum and number of the values of each pixel that are not NaN, and how many are beyond the limits."""
    total, number, beyond = np.zeros((size, 1)), np.zeros((size, 1), np.int32), 0
    for r in range(len(stops)):
        p = pixel[r]
        if p < size:
            run, known = 0.0, 0
            for i in range(begin, stops[r]):
                value = values[i]
                known += value == value
                run += value if value == value else 0.0
                beyond += (value < low) | (value > high)
            total[p, 0] += run
            number[p, 0] += known
        begin = stops[r]
    return total, number, np.full(1, beyond)


@njit(
    [
        f"Tuple((f8[:,::1],i4[:,::1],i8[::1]))(i8,i4[::1],i4[::1],i8,UniTuple(f4[::1],{many}),f8[::1],f8[::1])"
        for many in range(2, MOST + 1)
    ],
    cache=True, nogil=True, fastmath=_FAST,
)  # fmt: skip
def sums(begin, stops, pixel, size, columns, lows, highs):
    """The same of several columns, a tuple of (M,) float32, in one pass."""
    many = len(columns)
    total, number, beyond = np.zeros((size, many)), np.zeros((size, many), np.int32), np.zeros(many, np.int64)
    for r in range(len(stops)):
        p = pixel[r]
        if p < size:
            for i in range(begin, stops[r]):
                for j in range(many):
                    value = columns[j][i]
                    total[p, j] += value if value == value else 0.0
                    number[p, j] += value == value
                    beyond[j] += (value < lows[j]) | (value > highs[j])
        begin = stops[r]
    return total, number, beyond


@njit("Tuple((f4[:,::1],i8[::1]))(f8[:,::1],i4[:,::1])", cache=True, nogil=True)
def averages(total, number):
    """Mean (P, size), NaN of nothing, and how many values there are (P,)."""
    size, many = total.shape
    mean, known = np.empty((many, size), np.float32), np.zeros(many, np.int64)
    for j in range(many):
        for p in range(size):
            known[j] += number[p, j]
            mean[j, p] = total[p, j] / number[p, j] if number[p, j] else np.nan
    return mean, known


@njit("Tuple((i2[::1],i8))(i8,i4[::1],i4[::1],i8,i2[::1],i8)", cache=True, nogil=True)
def commonest(begin, stops, pixel, size, codes, classes):
    """The first of the commonest codes of each pixel, −1 for none; how many points have a code."""
    votes = np.zeros((size, classes), np.int32)
    for r in range(len(stops)):
        if pixel[r] < size:
            for i in range(begin, stops[r]):
                if codes[i] >= 0:
                    votes[pixel[r], codes[i]] += 1
        begin = stops[r]
    out, known = np.full(size, -1, np.int16), 0
    for p in range(size):
        most = 0
        for code in range(classes):
            known += votes[p, code]
            if votes[p, code] > most:
                most, out[p] = votes[p, code], code
    return out, known


@njit("i4[::1](i8,i4[::1],i4[::1],i8,i4[::1])", cache=True, nogil=True)
def lowest(begin, stops, pixel, size, rank):
    """Place of the point of lowest rank of each pixel, −1 where there is none."""
    out, least = np.full(size, -1, np.int32), np.full(size, 2**31 - 1, np.int32)
    for r in range(len(stops)):
        p = pixel[r]
        if p < size:
            for i in range(begin, stops[r]):
                if rank[i] < least[p]:
                    least[p], out[p] = rank[i], i
        begin = stops[r]
    return out


@njit("i4[::1](b1[::1],b1[::1],i8,i8,i8[:,::1])", cache=True, nogil=True)
def grow(front, back, height, width, offsets):
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


@njit("u1[::1](u1[::1],i4[::1],i4[::1],u1,u1)", cache=True, nogil=True)
def place(codes, front, source, empty, behind):
    """The code (size,) of the pixel that each pixel shows: `empty` of none, `behind` of one with no point in front."""
    out = np.empty(len(codes), np.uint8)
    for p in range(len(codes)):
        s = source[p]
        out[p] = empty if s < 0 else behind if front[s] == 0 else codes[s]
    return out
