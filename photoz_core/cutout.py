"""A cutout that somebody hands over as a file: checked before it is decoded, then read."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from photoz_core.errors import PhotozError

MAX_BYTES = 20_000_000
LARGEST = 4096  # pixels on a side
PIXELS = 1 << 25  # of all planes together
ENDINGS = {"FITS": (".fits", ".fit", ".fts"), "PNG": (".png",), "JPEG": (".jpg", ".jpeg")}
ACCEPTED = ",".join(ending for endings in ENDINGS.values() for ending in endings)
BEGINNINGS = {"FITS": b"SIMPLE  =", "PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
PACKED = (b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")
MOST_EMPTY = 0.5  # share of a plane's pixels that may have no value
SCALES = (1e-4, 1e3)  # pixel scales [arcsec] that a header can mean


@dataclass(frozen=True, eq=False)
class Cutout:
    """An image of one object from elsewhere.

    Parameters
    ----------
    name : str
        Of the file.
    planes : (C, H, W) float32
        One per band, finite; of a picture blue, green and red from 0 to 1.
    bands : tuple of str
        Names of the planes where the file gives them, else empty.
    zero_points : tuple of float or None
        AB magnitude of one unit of each plane; None where the header does not say.
    pixel_scale : float
        [arcsec]; NaN where the header does not say.
    is_picture : bool
        Whether it came as gray levels.
    notes : tuple of str
    """

    name: str
    planes: np.ndarray
    bands: tuple[str, ...] = ()
    zero_points: tuple[float | None, ...] = ()
    pixel_scale: float = float("nan")
    is_picture: bool = False
    notes: tuple[str, ...] = ()


def read_cutout(name: str, content: bytes) -> Cutout:
    """The cutout in the bytes of a FITS, PNG or JPEG file.

    Parameters
    ----------
    name : str
        What the file is called; its ending must be that of its content.
    content : bytes
        A FITS image of one plane per band (a cube, or an extension each; further axes of length 1 before), or a color
        picture.

    Raises
    ------
    PhotozError
        If it is too large, packed, truncated, of another format than its name says, or without values.
    """
    name = name.replace("\\", "/").rpartition("/")[2][-80:] or "the file"
    if not content:
        raise PhotozError(f"{name}: the file is empty")
    if len(content) > MAX_BYTES:
        raise PhotozError(f"{name}: {len(content) / 1e6:.0f} MB; a cutout may have {MAX_BYTES / 1e6:.0f} MB at most")
    kind = _kind(name, content)
    if not name.lower().endswith(ENDINGS[kind]):
        raise PhotozError(f"{name}: a {kind} file by its content; name it {' or '.join(ENDINGS[kind])}")
    with _reading(name):
        found = _read_fits(name, content) if kind == "FITS" else _read_picture(name, content)
        return _finite(found)


def _kind(name: str, content: bytes) -> str:
    for kind, beginning in BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    if content.startswith(PACKED):
        raise PhotozError(f"{name}: a packed file; unpack it first")
    raise PhotozError(f"{name}: neither FITS nor PNG nor JPEG by its content; save the cutout as one of these")


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn whatever a reader raises about broken bytes, which is no short list, into a `PhotozError`."""
    try:
        yield
    except PhotozError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise PhotozError(f"cannot read {name}: {reason}; is the file complete?") from error


def _read_picture(name: str, content: bytes) -> Cutout:
    from PIL import Image

    from photoz_core.datasets._object_files import read_picture

    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
        _check_size(name, [(picture.height, picture.width)])  # known before a pixel is decoded
    return Cutout(name, read_picture(io.BytesIO(content)), is_picture=True)


def _read_fits(name: str, content: bytes) -> Cutout:
    from astropy.io import fits

    from photoz_core.datasets import _fits_image as fits_image

    with fits.open(io.BytesIO(content), memmap=False) as hdus:
        bands, numbers = _images(hdus, name)
        _check_size(name, [hdus[number].shape for number in numbers])
        for number in numbers:
            if isinstance(hdus[number], fits.CompImageHDU):  # a tile of it may unpack to any size
                raise PhotozError(f"{name}: a tile-compressed image; unpack it first, with funpack")
            place = hdus[number].fileinfo()
            if place["datLoc"] + hdus[number].size > len(content):
                raise PhotozError(f"{name}: the file ends before its image does; upload it again")
        planes, points, scale = [], [], float("nan")
        for number in numbers:
            header, values = fits_image.full_header(hdus, number), np.asarray(hdus[number].data, np.float32)
            scale = _scale(fits_image.pixel_scale(header), scale)
            values = values.reshape(-1, *values.shape[-2:])
            planes.append(values)
            points += [fits_image.zero_point(header, scale**2 if scale == scale else None)] * len(values)
    if len({values.shape[1:] for values in planes}) > 1:
        raise PhotozError(f"{name}: planes of different size, {', '.join(str(values.shape[1:]) for values in planes)}")
    return Cutout(name, np.concatenate(planes), bands, tuple(points), scale)


def _images(hdus, name: str) -> tuple[tuple[str, ...], list[int]]:
    """Names of the bands, where extensions give them, and the numbers of the extensions with the sky."""
    from photoz_core.datasets import _fits_image as fits_image

    images = fits_image.image_hdus(hdus, squeeze=True)
    sky = [number for number, title in images.items() if not fits_image.OTHER.fullmatch(title)]
    if not sky:
        raise PhotozError(f"{name}: no image in this FITS file; one plane per band is needed")
    if len(sky) == 1:
        return (), sky
    try:
        named = fits_image.band_extensions(hdus, name, squeeze=True)
    except PhotozError:  # not all of them say their band: then their order must do
        return (), sky
    return tuple(named), [number for number, _ in named.values()]


def _scale(found: float | None, before: float) -> float:
    return found if found and SCALES[0] < found < SCALES[1] else before


def _check_size(name: str, shapes: list[tuple[int, ...]]) -> None:
    for shape in shapes:
        if max(shape[-2:]) > LARGEST or min(shape) < 1:
            size = " × ".join(map(str, shape))
            raise PhotozError(f"{name}: {size} pixels; a cutout has 1 to {LARGEST} on a side: cut the object out first")
    if (total := sum(int(np.prod(shape, dtype=float)) for shape in shapes)) > PIXELS:
        raise PhotozError(f"{name}: {total / 1e6:.0f} million pixels in all; a cutout may have {PIXELS / 1e6:.0f}")


def _finite(found: Cutout) -> Cutout:
    """Pixels without a value as 0, as an import has them; too many of them, or no light, are an error."""
    known = np.isfinite(found.planes)
    empty = 1 - known.mean(axis=(1, 2))
    if (worst := int(empty.argmax())) >= 0 and empty[worst] > MOST_EMPTY:
        raise PhotozError(f"{found.name}: {empty[worst]:.0%} of the pixels of plane {worst + 1} have no value")
    planes = np.where(known, found.planes, np.float32(0))
    if planes.max() <= 0:
        raise PhotozError(f"{found.name}: no light: no pixel is above 0")
    lost = int((~known).sum())
    notes = (f"{lost} pixels without a value are taken as 0",) * bool(lost)
    return Cutout(found.name, planes, found.bands, found.zero_points, found.pixel_scale, found.is_picture, notes)
