"""Stamps in files of their own: one or several FITS, npy, PNG or JPEG files an object."""

import string
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from photoz_core.datasets import _fits_image as fits_image
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._fits_image import Place
from photoz_core.datasets._images import Stamps
from photoz_core.datasets._mapping import near
from photoz_core.datasets._photometry import MICROJANSKY
from photoz_core.errors import PhotozError

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")


class ObjectFiles:
    """A `Source` whose stamps lie in files named after columns of the catalog.

    Parameters
    ----------
    places : list of Place
        One for each band, or a single one with ``{band}`` in it, or a single one whose files hold all bands (a cube,
        several image extensions, or the channels of a picture). Columns stand in braces: ``cutouts/{id}_{band}.fits``.
    table : DataFrame
        (N rows) with those columns.
    bands : list of str
        In the order of the dataset.
    zero_points : dict
        AB magnitude of one pixel unit by band, in place of the headers'.
    calibrated : bool
        False leaves the pixels as they are.
    size : int, optional
        Central pixels to keep; smaller stamps are surrounded by missing pixels. By default the size of the first stamp.
    folder : Path
        Relative paths that do not exist here are looked up there.

    Raises
    ------
    PhotozError
        For an unknown column in braces, or if the first stamp cannot be read.
    """

    def __init__(
        self, places: list[Place], table: pd.DataFrame, bands: list[str], zero_points: dict[str, float],
        calibrated: bool = True, size: int = 0, folder: Path | None = None,
    ):  # fmt: skip
        self._places, self._table, self._bands = places, table, bands
        self._zero_points, self._calibrated, self._folder = zero_points, calibrated, folder or Path()
        self.where = places[0].path
        for place in places:
            for _, name, _, _ in string.Formatter().parse(place.path):
                if name and name != "band" and name not in table:
                    raise PhotozError(f"--images {place.path}: no column {name!r} in the catalog; {near(name, table)}")
        self.pixel_scale = float("nan")
        first, why = self._first()
        if first is None:
            raise PhotozError(f"{self.where}: none of {len(table)} stamps can be read; the first: {why}")
        self.shape = (len(bands), size or first.shape[1], size or first.shape[2])
        self._fixed = not size

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps of these rows; a file that is missing, broken or of another shape is a problem."""
        stamps = Stamps(np.full((len(rows), *self.shape), np.nan, np.float32), np.zeros(len(rows)))
        for i, row in enumerate(rows):
            try:
                pixels = self._one(int(row))
                if self._fixed and pixels.shape[1:] != self.shape[1:]:
                    raise PhotozError(f"shape {pixels.shape[1:]}, the first has {self.shape[1:]}; --stamp crops to one")
                stamps.pixels[i], stamps.edge[i] = fit(pixels, self.shape)
            except PhotozError as error:
                stamps.problems[i] = str(error)
        return stamps

    def _first(self) -> tuple[np.ndarray | None, str]:
        """The first stamp that can be read among the first hundred, or why the very first cannot."""
        why = ""
        for row in range(min(len(self._table), 100)):
            try:
                return self._one(row), ""
            except PhotozError as error:
                why = why or str(error)
        return None, why

    def _one(self, row: int) -> np.ndarray:
        """Stamp (C, H, W) of one object, in the unit of the dataset."""
        values, places = self._table.iloc[row].to_dict(), self._places
        if len(places) == 1 and "{band}" in places[0].path:
            places = [places[0]] * len(self._bands)
        planes = []
        for place, band in zip(places, self._bands, strict=False):
            path = self._path(place, values | {"band": band})
            with reading(path):
                planes += [(path, *plane) for plane in read_planes(path, place.part, all_of_them=len(places) == 1)]
        if len(planes) != len(self._bands):
            raise PhotozError(f"{planes[0][0]}: {len(planes)} images, expected one each of {' '.join(self._bands)}")
        if len({plane.shape for _, plane, _ in planes}) > 1:
            raise PhotozError(f"{planes[0][0]}: bands of different shape, {[plane.shape for _, plane, _ in planes]}")
        return np.stack(
            [
                plane * self._factor(path, band, header)
                for band, (path, plane, header) in zip(self._bands, planes, strict=True)
            ]
        )

    def _path(self, place: Place, values: dict) -> Path:
        path = Path(place.path.format(**values))
        return path if path.exists() or path.is_absolute() else self._folder / path

    def _factor(self, path: Path, band: str, header) -> np.float32:
        scale = fits_image.pixel_scale(header) if header else None
        if scale and np.isnan(self.pixel_scale):
            self.pixel_scale = scale
        if not self._calibrated:
            return np.float32(1)
        point = self._zero_points.get(band, fits_image.zero_point(header, scale and scale**2) if header else None)
        if point is None:
            raise PhotozError(f"{path}: no zero point or flux unit; give --image-zero-point {band}=… or --uncalibrated")
        return np.float32(10 ** (0.4 * (MICROJANSKY - point)))


def read_planes(path: Path, part: str, all_of_them: bool) -> list[tuple[np.ndarray, Any]]:
    """Images (H, W) float32 in a file, each with its FITS header or None; those of a picture as blue, green, red.

    Parameters
    ----------
    part : str
        FITS extension.
    all_of_them : bool
        Every image extension instead of the first, where no `part` is given.
    """
    if path.suffix.lower() in PICTURES:
        return [(plane, None) for plane in read_picture(path)]
    if path.suffix.lower() == ".npy":
        array = np.load(path, allow_pickle=False).astype(np.float32)
        return [(plane, None) for plane in array.reshape(-1, *array.shape[-2:])]
    from astropy.io import fits

    with fits.open(path, memmap=False) as hdus:
        chosen = [fits_image.choose_hdu(hdus, path, part)]
        if all_of_them and not part:
            chosen = [n for n, name in fits_image.image_hdus(hdus).items() if not fits_image.OTHER.fullmatch(name)]
        planes = [(hdus[n].data.astype(np.float32), hdus[n].header) for n in chosen]
    return [(plane, header) for array, header in planes for plane in array.reshape(-1, *array.shape[-2:])]


def read_picture(path: Path) -> np.ndarray:
    """Channels (3, H, W) of a JPEG, PNG or TIFF picture as blue, green, red from 0 to 1; of a gray one three alike.

    Raises
    ------
    ValueError
        If it is too large to be opened, or its gray levels are numbers without a largest one.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            if picture.mode.startswith("I;16") or (picture.mode, picture.format) == ("I", "PNG"):
                gray = np.asarray(picture, dtype=np.float32) / 65535  # which convert() would cut off at 255
                return np.stack([gray] * 3)
            if picture.mode in ("I", "F"):
                raise ValueError(f"gray levels of mode {picture.mode} have no largest value; save it with 8 or 16 bits")
            rgb = np.asarray(picture.convert("RGB"), dtype=np.float32) / 255
    except Image.DecompressionBombError as error:
        raise ValueError(error) from error
    return np.moveaxis(rgb, 2, 0)[::-1]


def fit(pixels: np.ndarray, shape: tuple[int, int, int]) -> tuple[np.ndarray, float]:
    """Central part of `pixels` (C, h, w) in `shape` (C, H, W), NaN where it is smaller, and the share of that."""
    out = np.full(shape, np.nan, np.float32)
    source, target = [], []
    for have, want in zip(pixels.shape[1:], shape[1:], strict=True):
        side = min(have, want)
        source.append(slice((have - side) // 2, (have - side) // 2 + side))
        target.append(slice((want - side) // 2, (want - side) // 2 + side))
    out[:, *target] = pixels[:, *source]
    return out, 1 - out[:, *target][0].size / out[0].size
