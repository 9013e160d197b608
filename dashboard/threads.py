"""Work on long arrays cut into one piece per core; for kernels that release the GIL."""

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

PIECE = 250_000  # points below which a second thread does not pay
THREADS = min(os.cpu_count() or 1, 8)
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="raster")


def pieces(size: int, least: int = PIECE) -> list[tuple[int, int]]:
    """Begin and end of equal pieces of `size` points, of `least` points at least or one."""
    number = int(np.clip(size // least, 1, THREADS))
    edges = np.linspace(0, size, number + 1).astype(int).tolist()
    return list(itertools.pairwise(edges))


def in_pieces(work: Callable, cut: list[tuple[int, int]]) -> list:
    """``work(begin, end)`` of every piece, at the same time; the last in this thread."""
    started = [_pool.submit(work, *piece) for piece in cut[:-1]]
    last = work(*cut[-1])
    return [*(job.result() for job in started), last]
