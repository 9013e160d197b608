"""Columns in the order in which maps keep their points, shared by all sessions."""

from collections import OrderedDict
from threading import Lock
from weakref import ref

import numpy as np
from numba import njit, types

from dashboard.threads import in_pieces, pieces

KEPT = 512 * 2**20  # bytes, of all maps together: twelve columns of 10⁷ objects


_KINDS = (types.float32, types.float64, types.int16, types.int32)
_READ = [types.Array(kind, 1, "C", readonly=True) for kind in _KINDS]  # pandas and memory maps hand out such


@njit([types.void(array, types.int32[::1], array.dtype[::1]) for array in _READ], cache=True, nogil=True)
def _take(array, rows, out):
    for i in range(len(rows)):
        out[i] = array[rows[i]]


class Gathered:
    """Columns in the order of a map, found by the identity of map and column; the least used go when `KEPT` is full."""

    def __init__(self):
        self._lock, self._kept, self.held = Lock(), OrderedDict(), 0  # held [byte]

    def get(self, order, array: np.ndarray) -> np.ndarray:
        """The column `array` (N,) in the order (M,)."""
        key = id(order), id(array)
        with self._lock:
            found = self._kept.get(key)
            if found and found[0]() is order and found[1]() is array:
                self._kept.move_to_end(key)
                return found[2]
        if order.rows.max(initial=-1) >= len(array):  # which the loop would read on behind
            raise IndexError(f"{len(array)} values are fewer than the map has objects")
        column = np.empty(len(order.rows), array.dtype)
        source = np.ascontiguousarray(array)
        in_pieces(lambda i, j: _take(source, order.rows[i:j], column[i:j]), pieces(len(column)))
        with self._lock:
            self._drop(key)
            self._kept[key] = ref(order), ref(array), column
            self.held += column.nbytes
            for old, (owner, known, _) in list(self._kept.items()):
                if self.held <= KEPT and owner() is not None and known() is not None:
                    continue
                if old != key:
                    self._drop(old)
        return column

    def _drop(self, key: tuple) -> None:
        if key in self._kept:
            self.held -= self._kept.pop(key)[2].nbytes


columns = Gathered()
