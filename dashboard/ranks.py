"""Which of the objects in view come first, by the seeded random rank that every object has."""

from functools import lru_cache

import numpy as np
from numba import njit

from dashboard import cache
from dashboard.raster import Frame


def first(frame: Frame, positions: np.ndarray, most: int) -> np.ndarray:
    """Rows (M,) int32 of at most `most` points in view, those of lowest `cache.order`, lowest first.

    Parameters
    ----------
    frame : Frame
    positions : (N, 2) float32
    most : int
    """
    rank = cache.order(len(positions))
    if frame.count > most and frame.count**2 > most * len(positions):  # many: fewer steps than looking at each of them
        return _first(positions, *map(float, frame.view), _ranked(len(positions)), most)
    rows = frame.rows
    if len(rows) > most:
        rows = rows[np.argpartition(rank[rows], most)[:most]]
    return rows[np.argsort(rank[rows])]


@lru_cache(maxsize=4)
def _ranked(size: int) -> np.ndarray:
    """The row (N,) int32 of each rank."""
    rows = np.empty(size, np.int32)
    rows[cache.order(size)] = np.arange(size, dtype=np.int32)
    return rows


@njit("i4[::1](f4[:,::1],f8,f8,f8,f8,i4[::1],i8)", cache=True, nogil=True)
def _first(positions, x0, x1, y0, y1, ranked, most):
    """Down the ranks until enough rows in view are found."""
    rows, k = np.empty(most, np.int32), 0
    for row in ranked:
        if x0 <= positions[row, 0] <= x1 and y0 <= positions[row, 1] <= y1:
            rows[k] = row
            k += 1
            if k == most:
                break
    return rows[:k]
