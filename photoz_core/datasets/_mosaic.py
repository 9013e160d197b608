"""Mosaics: one image of the sky per band, opened without reading it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from photoz_core.datasets import _fits_image as fits_image
from photoz_core.datasets._bands import in_order
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._fits_image import Place
from photoz_core.datasets._photometry import MICROJANSKY
from photoz_core.errors import PhotozError

NO_DATA_RMS = 1e15  # Euclid writes 1e16 where there are no data


@dataclass
class Mosaic:
    """One band of a field.

    Parameters
    ----------
    band, where : str
        Its name, and file[extension] for messages.
    data : array-like (H, W)
        Read from disk as it is sliced.
    wcs : WCS or None
    pixel_scale : float
        [arcsec]; NaN if unknown.
    zero_point : float or None
        AB magnitude of one pixel unit; None for uncalibrated pixels, which stay as they are.
    rms : array-like (H, W) or None
        Noise per pixel.
    zero_is_blank : bool
        Whether a floating-point pixel of exactly 0 means that there are no data, as in drizzled and coadded mosaics.
    """

    band: str
    where: str
    data: Any
    wcs: Any = None
    pixel_scale: float = float("nan")
    zero_point: float | None = None
    rms: Any = None
    zero_is_blank: bool = True

    @property
    def shape(self) -> tuple[int, int]:
        return tuple(self.data.shape)

    @property
    def factor(self) -> float:
        """µJy per pixel unit; 1 for uncalibrated pixels."""
        return 1.0 if self.zero_point is None else 10 ** (0.4 * (MICROJANSKY - self.zero_point))

    def region(self, rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray | None]:
        """Pixels and their noise (h, w) float32 [µJy], NaN where there are no data.

        No data are: not finite, exactly 0 (see `zero_is_blank`), or a noise that is not positive or over 1e15.
        """
        raw = np.asarray(self.data[rows, columns])
        values = raw.astype(np.float32)
        missing = ~np.isfinite(values)
        if raw.dtype.kind == "f" and self.zero_is_blank:
            missing |= raw == 0
        noise = None
        if self.rms is not None:
            noise = np.asarray(self.rms[rows, columns]).astype(np.float32)
            missing |= ~((noise > 0) & (noise < NO_DATA_RMS))
            noise = np.where(missing, np.nan, noise * np.float32(self.factor))
        return np.where(missing, np.nan, values * np.float32(self.factor)), noise


@contextmanager
def open_mosaics(
    places: list[Place],
    noise: list[Place] = (),
    zero_points: dict[str, float] | None = None,
    calibrated: bool = True,
    needs_wcs: bool = True,
    channels: Sequence[str] = (),
) -> Iterator[list[Mosaic]]:
    """Open the mosaics of one field, blue to red or in the order of `channels`.

    Parameters
    ----------
    places : list of Place
        One with a band for each mosaic, or a single one without: then every image extension of the file is a band.
    noise : list of Place
        Noise maps by band.
    zero_points : dict, optional
        AB magnitude of one pixel unit by band, in place of the header's.
    calibrated : bool
        False leaves the pixels as they are.
    channels : sequence of str
        The bands to take, in this order; also names the planes of an image of three dimensions.

    Raises
    ------
    PhotozError
        Naming the file: missing, truncated, no image, no WCS, no zero point, or a noise map of another shape.
    """
    with ExitStack() as stack:
        opened = _opener(stack)
        found = []
        for place, own_noise in _expand(places, opened, channels):
            rms = next((n for n in noise if n.band == place.band), own_noise)
            found.append(_mosaic(place, rms, opened, zero_points or {}, calibrated, needs_wcs))
        yield _ordered(found, channels)


def _opener(stack: ExitStack) -> Callable[[str], Any]:
    """A function that opens a FITS file once, until `stack` closes."""
    files: dict[str, Any] = {}

    def opened(path: str):
        from astropy.io import fits

        if path not in files:
            with reading(Path(path)):
                files[path] = stack.enter_context(fits.open(path, memmap=True))
        return files[path]

    return opened


def _ordered(mosaics: list[Mosaic], channels: Sequence[str]) -> list[Mosaic]:
    by_band = {mosaic.band: mosaic for mosaic in mosaics}
    if len(by_band) < len(mosaics):
        raise PhotozError(f"--images: two mosaics of one band among {', '.join(mosaic.where for mosaic in mosaics)}")
    order = list(channels) or in_order(list(by_band))
    if missing := sorted(set(order) - by_band.keys()):
        raise PhotozError(f"--image-bands {' '.join(missing)}: the mosaics are {', '.join(by_band)}")
    return [by_band[band] for band in order]


def _expand(places: list[Place], opened, channels) -> list[tuple[Place, Place | None]]:
    """Each band's image and, where its file has one, its noise map."""
    if len(places) > 1 or places[0].band:
        if unnamed := [place.where for place in places if not place.band]:
            raise PhotozError(f"--images {unnamed[0]}: say which band it is, BAND={unnamed[0]}")
        return [(place, None) for place in places]
    path, hdus = places[0].path, opened(places[0].path)
    number = fits_image.choose_hdu(hdus, path, places[0].part)
    shape = hdus[number].shape
    if len(shape) == 3:
        if len(channels) != shape[0]:
            raise PhotozError(f"{path}: {shape[0]} planes of {shape[1:]} pixels; name each with --image-bands")
        return [(Place(band, path, str(number), plane), None) for plane, band in enumerate(channels)]
    return [
        (Place(band, path, str(image)), None if rms is None else Place(band, path, str(rms)))
        for band, (image, rms) in fits_image.band_extensions(hdus, path).items()
    ]


def _mosaic(place: Place, rms: Place | None, opened, zero_points, calibrated: bool, needs_wcs: bool) -> Mosaic:
    hdus, number = opened(place.path), fits_image.choose_hdu(opened(place.path), place.path, place.part)
    header = hdus[number].header
    wcs, scale = fits_image.celestial(header), fits_image.pixel_scale(header)
    if wcs is None and needs_wcs:
        raise PhotozError(f"{place.where}: no WCS in its header, so the catalog's positions have no place in it")
    point = None
    if calibrated:
        point = zero_points.get(place.band)
        point = (
            fits_image.zero_point(fits_image.full_header(hdus, number), scale and scale**2) if point is None else point
        )
        if point is None:
            remedy = f"--image-zero-point {place.band}=… or --uncalibrated"
            raise PhotozError(f"{place.where}: no zero point or flux unit in its header; give {remedy}")
    data, noise = _array(place, opened), None if rms is None else _array(rms, opened)
    if noise is not None and tuple(noise.shape) != tuple(data.shape):
        raise PhotozError(f"{rms.where}: noise map of shape {noise.shape}, the image {place.where} has {data.shape}")
    return Mosaic(place.band, place.where, data, wcs, float("nan") if scale is None else scale, point, noise)


def _array(place: Place, opened):
    """The pixels, memory-mapped where the file allows, else read a region at a time."""
    hdus = opened(place.path)
    with reading(Path(place.path)):
        hdu = hdus[fits_image.choose_hdu(hdus, place.path, place.part)]
        if place.plane is not None:
            return hdu.data[place.plane]
        if len(hdu.shape) != 2:
            raise PhotozError(f"{place.where}: shape {hdu.shape}, a mosaic has two dimensions")
        plain = hdu.header["BITPIX"] < 0 and not hasattr(hdu, "compressed_data")
        return hdu.data if plain else hdu.section
