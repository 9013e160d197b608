"""Images in FITS files: which extension, its zero point, pixel scale and WCS."""

import re
import warnings
from collections import ChainMap
from pathlib import Path
from typing import NamedTuple

import numpy as np

from photoz_core.datasets._photometry import MICROJANSKY, zero_point_of
from photoz_core.errors import PhotozError, unknown

ZERO_KEYS = (
    "MAGZERO", "MAGZEROP", "MAGZPT", "MAGZP", "ZEROPOINT", "ZEROPNT", "ZEROPT", "ABMAGZP", "ABZP", "ZPAB", "PHOTZP",
    "SEXMGZPT", "MAG0", "ZP",
)  # fmt: skip
SCALE_KEYS = ("PIXSCALE", "PIXSCAL1", "PIXSCL", "PSCALE", "SCALE", "PIXSIZE", "SECPIX")
OTHER = re.compile(  # extensions that are no images of the sky
    r"(.*?)[_\s]?(RMS|ERR|ERROR|SIGMA|NOISE|NOISE_MAP|WHT|WEIGHT|VAR|VARIANCE|IVAR|PSF|MASK|FLAGS?|DQ|SEG|BKG|CTX|EXP)",
    re.IGNORECASE,
)
NOISE = {"RMS", "ERR", "ERROR", "SIGMA", "NOISE", "NOISE_MAP"}
SCIENCE = re.compile(r"(.*?)[_\s]?(SCI|FLUX|BGSUB|IMAGE|DATA|DRZ|COADD|PRIMARY|COMPRESSED_IMAGE)?", re.IGNORECASE)


class Place(NamedTuple):
    """What ``[BAND=]FILE[PART]`` says; `plane` is one of an image of three dimensions."""

    band: str
    path: str
    part: str
    plane: int | None = None

    @property
    def where(self) -> str:
        return f"{self.path}[{self.part}]" if self.part else self.path


def parse_place(text: str) -> Place:
    """Read ``[BAND=]FILE[PART]``, where PART is a FITS extension or an HDF5 dataset.

    >>> parse_place("F606W=mosaics/v.fits[SCI]")
    Place(band='F606W', path='mosaics/v.fits', part='SCI', plane=None)
    """
    match = re.fullmatch(r"(?:([^=/\\{}]+)=)?(.+?)(?:\[([^\[\]]+)\])?", text)
    if match is None:
        raise PhotozError(f"--images {text!r}: write FILE, FILE[EXTENSION] or BAND=FILE[EXTENSION]")
    return Place(match[1] or "", match[2], match[3] or "")


def image_hdus(hdus, squeeze: bool = False) -> dict[int, str]:
    """Numbers and names of the extensions that hold images of two or three dimensions.

    With `squeeze` also those of more, where only the last three are longer than 1.
    """
    found = {}
    for number, hdu in enumerate(hdus):
        size = hdu.header.get("NAXIS", 0) if getattr(hdu, "is_image", False) else 0
        if size in (2, 3) or (squeeze and size > 3 and set(hdu.shape[:-3]) == {1}):
            found[number] = hdu.name or str(number)
    return found


def choose_hdu(hdus, path: Path | str, part: str = "") -> int:
    """Number of the image extension `part` (a name or number), by default the first that is a picture of the sky.

    Raises
    ------
    PhotozError
        If there is none; the message lists those there are.
    """
    names = image_hdus(hdus)
    if part:
        for number, name in names.items():
            if part.lower() in (str(number), name.lower()):
                return number
        raise PhotozError(f"{path}: {unknown('image extension', part, (f'{n} {name}' for n, name in names.items()))}")
    sky = [number for number, name in names.items() if not OTHER.fullmatch(name)]
    if not sky:
        raise PhotozError(f"{path}: no image in this FITS file")
    return sky[0]


def band_extensions(hdus, path: Path | str, squeeze: bool = False) -> dict[str, tuple[int, int | None]]:
    """Bands of a multi-extension file: name → (number of the image, number of its noise map or None).

    The name is that of the extension without ``_FLUX``, ``_SCI``, …, or else the filter in its header. `squeeze` is
    that of `image_hdus`.

    Raises
    ------
    PhotozError
        If an image has no band by that, or two have the same.
    """
    names = image_hdus(hdus, squeeze)
    noise = {m[1].upper(): n for n, name in names.items() if (m := OTHER.fullmatch(name)) and m[2].upper() in NOISE}
    bands: dict[str, tuple[int, int | None]] = {}
    for number, name in names.items():
        if OTHER.fullmatch(name):
            continue
        stem = SCIENCE.fullmatch(name)[1]
        band = stem if stem and not stem.isdigit() else filter_of(full_header(hdus, number))
        if not band or band in bands:
            why = f"also says band {band}" if band else "names no band, nor does its header"
            raise PhotozError(f"{path}: extension {number} {name} {why}; give BAND={path}[EXTENSION] for each image")
        bands[band] = (number, noise.get(stem.upper()))
    return bands


def full_header(hdus, number: int) -> ChainMap:
    """Keywords of an extension, and those of the primary header it lacks."""
    return ChainMap(hdus[number].header, hdus[0].header)


def filter_of(header) -> str:
    """Filter named in a header, "" if there is none."""
    for key in ("FILTER", "FILTER1", "FILTER2", "BAND", "FILTNAM"):
        value = str(header.get(key, "")).strip()
        if value and not value.upper().startswith("CLEAR"):
            return value
    return ""


def zero_point(header, pixel_area: float | None = None) -> float | None:
    """AB magnitude of one pixel unit, from BUNIT, a zero point keyword, PHOTFNU or PHOTFLAM; None without.

    Parameters
    ----------
    pixel_area : float, optional
        [arcsec²], for surface brightness units such as MJy/sr.
    """
    unit = str(header.get("BUNIT", "")).strip()
    if unit and (point := zero_point_of(unit)) is not None:
        return point
    if unit and pixel_area and (point := _surface_zero_point(unit, pixel_area)) is not None:
        return point
    for key in ZERO_KEYS:
        if isinstance(header.get(key), int | float):
            return float(header[key])
    if header.get("PHOTFNU", 0) > 0:  # [Jy s / electron]
        return MICROJANSKY - 2.5 * float(np.log10(header["PHOTFNU"] * 1e6))
    if header.get("PHOTFLAM", 0) > 0 and header.get("PHOTPLAM", 0) > 0:  # ACS and WFC3 data handbooks
        return float(-2.5 * np.log10(header["PHOTFLAM"]) - 21.10 - 5 * np.log10(header["PHOTPLAM"]) + 18.6921)
    return None


def _surface_zero_point(unit: str, pixel_area: float) -> float | None:
    from astropy import units

    try:
        per_pixel = (units.Unit(unit) * units.Quantity(pixel_area, "arcsec2")).to(units.uJy)
    except (ValueError, TypeError, units.UnitConversionError):
        return None
    return MICROJANSKY - 2.5 * float(np.log10(per_pixel.value))


def celestial(header):
    """The celestial WCS of an image, None if its header has none."""
    from astropy.wcs import WCS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(header, naxis=2)
    return wcs if wcs.has_celestial else None


def pixel_scale(header) -> float | None:
    """Pixel scale [arcsec] from the WCS or a keyword; None without."""
    wcs = celestial(header)
    if wcs is not None:
        return float(np.mean([scale.to_value("arcsec") for scale in wcs.proj_plane_pixel_scales()]))
    return next((float(header[key]) for key in SCALE_KEYS if isinstance(header.get(key), int | float)), None)
