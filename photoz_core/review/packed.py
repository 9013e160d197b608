"""Long lists kept small: JSON under zlib, unpacked when somebody looks."""

import functools
import json
import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from photoz_core.errors import PhotozError

LARGEST = 2**29  # bytes of JSON; what claims more is no list of ids but an attempt to fill the memory
FAST = 1  # zlib's level: a million ids in a quarter of a second, a fifth larger than its best


def pack(value: object) -> bytes:
    """`value` as JSON under zlib.

    Raises
    ------
    ValueError, TypeError
        If it holds NaN or what JSON has no word for.
    """
    return zlib.compress(json.dumps(value, allow_nan=False, separators=(",", ":")).encode(), FAST)


def unpack(data: bytes) -> object:
    """What `pack` packed.

    Raises
    ------
    PhotozError
        If it is damaged, or larger than `LARGEST`.
    """
    opened = zlib.decompressobj()
    try:
        text = opened.decompress(data, LARGEST)
        if not opened.eof:
            raise ValueError("it is cut off or too large")
        return json.loads(text)
    except (zlib.error, ValueError) as error:
        raise PhotozError(f"a packed list of the review database cannot be read: {error}; restore a backup") from error


class Ids(Sequence):
    """Object ids as they are stored; a review may hold many versions of a large selection, and few are looked at.

    Parameters
    ----------
    packed : bytes
        By `pack`.
    """

    __slots__ = ("packed",)

    def __init__(self, packed: bytes):
        self.packed = packed

    def __len__(self) -> int:
        return len(_ids(self.packed))

    def __iter__(self) -> Iterator[str]:
        return iter(_ids(self.packed))

    def __getitem__(self, index):
        return _ids(self.packed)[index]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(_ids(self.packed), dtype or str)

    def __eq__(self, other) -> bool:
        if isinstance(other, Ids) and other.packed == self.packed:
            return True
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None

    def __repr__(self) -> str:
        return f"Ids({len(self):,})"


@functools.lru_cache(maxsize=4)
def _ids(packed: bytes) -> tuple[str, ...]:
    return tuple(unpack(packed))
