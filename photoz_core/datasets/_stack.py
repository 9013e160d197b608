"""Stamps that already lie in one array: an npy file or an HDF5 dataset, row-aligned with the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from photoz_core.datasets._catalog import reading
from photoz_core.datasets._fits_image import Place
from photoz_core.datasets._images import Stamps
from photoz_core.errors import PhotozError, unknown


class Stack:
    """A `Source` on an array (N, C, H, W), (N, H, W, C) or (N, H, W).

    Parameters
    ----------
    array : array-like
        Read from disk as it is indexed.
    where : str
        For messages.
    bands : list of str
        Of its channels, in its own order.
    order : list of str
        The same bands in the order of the dataset.
    factor : (C,) array
        µJy per pixel unit, in the order of the dataset; 1 for uncalibrated pixels.
    size : int, optional
        Central pixels to keep.

    Raises
    ------
    PhotozError
        If the shape does not fit the bands, or the stamps are smaller than `size`.
    """

    def __init__(self, array, where: str, bands: list[str], order: list[str], factor: np.ndarray, size: int = 0):
        self.where, self._array = where, array
        shape = tuple(array.shape)
        self._last = len(shape) == 4 and shape[1] != len(bands) and shape[3] == len(bands)
        if len(shape) not in (3, 4) or (len(shape) == 4 and len(bands) not in (shape[1], shape[3])):
            raise PhotozError(
                f"{where}: shape {shape} is not (N, {len(bands)}, H, W) for the bands {' '.join(bands)}; "
                "name its channels with --image-bands"
            )
        if len(shape) == 3 and len(bands) != 1:
            raise PhotozError(f"{where}: shape {shape} holds one band, not {' '.join(bands)}; see --image-bands")
        height, width = shape[1:3] if self._last else shape[-2:]
        if size and size > min(height, width):
            raise PhotozError(f"{where}: stamps of {height} × {width} pixels, smaller than --stamp {size}")
        side = (size or height, size or width)
        self._crop = tuple(slice((n - s) // 2, (n - s) // 2 + s) for n, s in zip((height, width), side, strict=True))
        self._order = [bands.index(band) for band in order]
        self._factor = np.asarray(factor, np.float32)[:, None, None]
        self.shape = (len(bands), *side)

    def __len__(self) -> int:
        return len(self._array)

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps of these rows, which must increase."""
        pixels = np.asarray(self._array[rows], dtype=np.float32)
        if pixels.ndim == 3:
            pixels = pixels[:, None]
        pixels = np.moveaxis(pixels, 3, 1) if self._last else pixels
        pixels = pixels[:, self._order, self._crop[0], self._crop[1]]
        return Stamps(pixels * self._factor, np.zeros(len(rows)))


@contextmanager
def open_array(place: Place) -> Iterator[Any]:
    """The array of stamps in an npy or HDF5 file, left on disk.

    Raises
    ------
    PhotozError
        If the file cannot be read, or holds none or several such arrays and `place.part` does not choose.
    """
    path = Path(place.path)
    with reading(path), path.open("rb") as file:
        hdf5 = file.read(8) == b"\x89HDF\r\n\x1a\n"
    if not hdf5:
        with reading(path):
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        yield array
        return
    import h5py

    with reading(path):
        file = h5py.File(path)
    with file:
        arrays: dict[str, Any] = {}
        file.visititems(lambda name, node: arrays.update({name: node}) if getattr(node, "ndim", 0) in (3, 4) else None)
        if place.part and place.part.strip("/") not in arrays:
            raise PhotozError(f"{path}: {unknown('dataset', place.part, arrays)}")
        if not place.part and len(arrays) != 1:
            listed = ", ".join(arrays) or "none of three or four dimensions"
            raise PhotozError(f"{path}: several arrays ({listed}); choose one with --images {path}[NAME]")
        yield arrays[place.part.strip("/") or next(iter(arrays))]
