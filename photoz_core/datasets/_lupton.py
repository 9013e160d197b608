"""FITS stamps as color pictures: Lupton et al. (2004) with one stretch for all."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from photoz_core.datasets._catalog import reading
from photoz_core.datasets._object_files import PICTURES, read_picture, read_planes
from photoz_core.datasets._picture_files import LARGEST
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

SOFTENING = 8.0  # Q
STRETCH = 30.0  # times the noise of a pixel; the sky then scatters by 3 % of white
SAMPLE = 100  # stamps that the stretch is measured on


@dataclass(frozen=True)
class Lupton:
    """One mapping of fluxes to colors (PASP 116, 133), as `astropy.visualization.make_lupton_rgb` does it.

    Parameters
    ----------
    black : tuple of float
        Value of each of the three planes that is black.
    stretch, softening : float
        Where the mapping turns from linear to logarithmic, and how soon.
    """

    black: tuple[float, float, float]
    stretch: float
    softening: float = SOFTENING

    def __call__(self, planes: np.ndarray) -> np.ndarray:
        """Color picture (3, H, W) from 0 to 1 of planes (3, H, W), blue first in both; NaN where a plane has none."""
        from astropy.visualization import make_lupton_rgb

        known = np.isfinite(planes).all(axis=0)
        blue, green, red = np.where(known, planes, 0)
        black = list(self.black[::-1])
        with np.errstate(invalid="ignore"):  # it divides by the intensity where that is 0, too
            rgb = make_lupton_rgb(red, green, blue, minimum=black, stretch=self.stretch, Q=self.softening)
        return np.where(known, np.moveaxis(rgb, 2, 0)[::-1].astype(np.float32) / 255, np.nan)


def border(pixels: np.ndarray) -> np.ndarray:
    """The outermost sixteenth of stamps (…, H, W) on each side as (…, n)."""
    height, width = pixels.shape[-2:]
    inner = np.zeros((height, width), bool)
    inner[max(1, height // 16) : -max(1, height // 16), max(1, width // 16) : -max(1, width // 16)] = True
    return pixels[..., ~inner]


def measured_lupton(open_planes: Callable[[int], np.ndarray], count: int, stretch: float, report: Report) -> Lupton:
    """The mapping for `count` stamps, its black and, unless `stretch` is given, its stretch measured on some of them.

    Parameters
    ----------
    open_planes : callable
        Row → planes (3, H, W), blue first; a `PhotozError` says why a row cannot be used.
    """
    skies, noises, tops = [], [], []
    for row in np.unique(np.linspace(0, count - 1, SAMPLE).astype(int)):
        try:
            planes = open_planes(int(row))
        except PhotozError:
            continue  # named when the stamps are read
        edge = border(planes)
        skies.append(np.nanmedian(edge, axis=1))
        noises.append(1.4826 * np.nanmedian(np.abs(edge.mean(axis=0) - np.nanmedian(edge.mean(axis=0)))))
        tops.append(np.nanmax(planes) - np.nanmin(planes))
    if not skies:
        raise PhotozError("no stamp can be read to measure a stretch on")
    noise = float(np.nanmedian(noises))
    stretch = stretch or (STRETCH * noise if noise > 0 else float(np.nanmedian(tops)) or 1.0)
    black = tuple(np.nanmedian(skies, axis=0).tolist())
    shown = ", ".join(f"{value:.3g}" for value in black)
    report.notes.append(f"FITS stamps as Lupton pictures: black {shown} (B, G, R), stretch {stretch:.4g}, for all")
    return Lupton(black, stretch)


def check_size(path: Path) -> None:
    """Raise a `PhotozError` if the picture is too large for a stamp; its pixels are not read."""
    from PIL import Image

    if path.suffix.lower() in PICTURES:
        with reading(path), Image.open(path) as picture:
            width, height = picture.size
    else:
        from astropy.io import fits

        with reading(path), fits.open(path) as hdus:
            shapes = [hdu.shape for hdu in hdus if getattr(hdu, "is_image", False) and len(hdu.shape) > 1]
            height, width = max((shape[-2:] for shape in shapes), key=max, default=(1, 1))
    if max(width, height) > LARGEST:
        raise PhotozError(f"{path}: {width} × {height} pixels; a stamp has at most {LARGEST} on a side")


def open_three(path: Path) -> tuple[np.ndarray, bool]:
    """Planes (3, H, W) of a picture or FITS file, blue first, and whether they are gray levels from 0 to 1.

    A FITS file has three planes or images, blue to red, or a single one, which then stands for all three.

    Raises
    ------
    PhotozError
        If it cannot be read, is too large, or has another number of planes.
    """
    check_size(path)
    with reading(path):
        if path.suffix.lower() in PICTURES:
            return read_picture(path), True
        planes = read_planes(path, "", all_of_them=True)
    if len(planes) not in (1, 3) or len({plane.shape for plane, _ in planes}) > 1:
        raise PhotozError(f"{path}: {len(planes)} images of {planes[0][0].shape}, expected three alike, blue to red")
    gray_levels = all(header["BITPIX"] == 8 for _, header in planes)
    stacked = np.stack([plane for plane, _ in planes] * (3 // len(planes)))
    return (stacked / 255, True) if gray_levels else (stacked, False)
