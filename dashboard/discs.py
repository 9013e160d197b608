"""Sparse points grown to discs, so that they can be seen: which pixel each pixel shows."""

import numpy as np

from dashboard import raster_kernels as kernels

COVER = 0.35  # share of the frame that sparse points may cover
LARGEST = 4.0  # radius of a disc [pixel]


def radius(occupied: int, size: int) -> float:
    """Radius [pixel] to which points are grown so that a sparse map can be seen; 0 where it is dense."""
    reach = np.sqrt(COVER * size / (np.pi * max(occupied, 1)))
    return float(min(reach, LARGEST)) if reach >= 1 else 0.0


def grow(front: np.ndarray, back: np.ndarray, shape: tuple[int, int], reach: float) -> np.ndarray:
    """Which pixel each pixel shows (height × width,) int32: the nearest occupied one within `reach`, or −1.

    Nothing is added up, so a grown map shows the same means. Pixels of `front` (height × width,) bool hide those that
    are only in `back`.
    """
    if reach < 1:
        return np.where(front | back, np.arange(len(front), dtype=np.int32), np.int32(-1))
    r = int(reach)
    offsets = [(i, j) for i in range(-r, r + 1) for j in range(-r, r + 1) if i * i + j * j <= reach * reach]
    return kernels.grow(front, back, *shape, np.array(offsets, np.int64))
