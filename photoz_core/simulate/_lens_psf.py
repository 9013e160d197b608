"""PSFs of the simulated lenses: kernels drawn for an instrument, or those of a file of the user's."""

import re
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from photoz_core.errors import PhotozError
from photoz_core.simulate._lens_instruments import INSTRUMENTS

UNIT = 1e-3  # by which the sum of a kernel may differ from 1
SAME_SCALE = 1e-2  # by which two pixel scales may differ, relative: headers round theirs
SCALE = "give it [arcsec/pixel] as options.psf_pixel_scale"


def psfs(config) -> np.ndarray:
    """Kernels (K, k, k) float32 on the image's pixels, each with a sum of 1 within 0.1 %, k odd.

    The pixel's own response is not in them: the rays of a pixel are averaged before the PSF.

    Parameters
    ----------
    config : lenses.Config
        Resolved (see `Config.resolved`).

    Raises
    ------
    PhotozError
        Naming the file, the number of the kernel and the remedy, if the user's kernels cannot be used.
    """
    if not config.psf:
        return drawn(config.instrument, config.pixel_scale)
    path = Path(_split(config.psf)[0]).expanduser()
    changed = path.stat().st_mtime_ns if path.is_file() else 0  # a file put right is read again
    kernels, scale = _read(config.psf, changed)
    if not (scale := config.psf_pixel_scale or scale):
        raise PhotozError(f"PSF {config.psf}: the file does not say its pixel scale; {SCALE}")
    if abs(scale / config.pixel_scale - 1) > SAME_SCALE:
        raise PhotozError(
            f'PSF {config.psf}: its pixels are {scale:.4g}", those of the images {config.pixel_scale:.4g}"; resample '
            "the kernels or choose options.pixel_scale to match; if that is not the kernels' scale, " + SCALE
        )
    if kernels.shape[1] > config.side:
        size = f"{kernels.shape[1]} × {kernels.shape[2]}"
        raise PhotozError(
            f"PSF {config.psf}: kernels of {size} pixels are larger than the images of {config.side} × {config.side}; "
            "cut their faint edges off and divide each by its sum"
        )
    return kernels


@cache
def drawn(instrument: str, pixel_scale: float) -> np.ndarray:
    """PSFs (K, k, k) float32 of `INSTRUMENTS[instrument]`: its obstructed aperture and a jittered Moffat core."""
    import galsim

    of = INSTRUMENTS[instrument]
    side = 2 * round((of.psf_side * of.pixel_scale / pixel_scale - 1) / 2) + 1
    rng, kernels = np.random.default_rng(of.psf_seed), []
    for _ in range(of.psfs):
        aperture = galsim.Airy(lam=rng.uniform(*of.wavelength), diam=of.diameter, obscuration=of.obscuration)
        jitter = galsim.Moffat(beta=rng.uniform(*of.beta), fwhm=rng.uniform(*of.jitter))
        jitter = jitter.shear(g1=rng.normal(0, of.ellipticity), g2=rng.normal(0, of.ellipticity))
        scene = galsim.Convolve(aperture, jitter)
        image = scene.drawImage(nx=side, ny=side, scale=pixel_scale, method="no_pixel")
        kernels.append(np.maximum(image.array, 0))
    kernels = np.stack(kernels).astype(np.float64)
    return (kernels / kernels.sum(axis=(1, 2), keepdims=True)).astype(np.float32)


@lru_cache(maxsize=8)
def _read(place: str, changed: int) -> tuple[np.ndarray, float]:
    """Kernels (K, k, k) float32 of a file and their pixel scale [arcsec], 0 if the file does not say it."""
    path, part = _split(place)
    path = Path(path).expanduser()
    if not path.is_file():
        raise PhotozError(f"PSF {place}: no such file; give a .npy or FITS file with one kernel or several")
    try:
        kernels, scale = _read_npy(path) if path.suffix == ".npy" else _read_fits(path, part)
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise PhotozError(f"PSF {place}: cannot be read ({error}); save it again as .npy or FITS") from error
    if kernels.dtype.kind not in "fiu":
        raise PhotozError(f"PSF {place}: holds {kernels.dtype}; a kernel is made of real numbers")
    if kernels.ndim == 2:
        kernels = kernels[None]
    if kernels.ndim != 3 or not kernels.size:
        raise PhotozError(f"PSF {place}: shape {kernels.shape}; give one kernel (k, k) or several (K, k, k)")
    kernels = kernels.astype(np.float64)
    _check(kernels, place)
    return kernels.astype(np.float32), scale


def _split(place: str) -> tuple[str, str]:
    """``FILE[PART]`` as file and name of the FITS extension."""
    match = re.fullmatch(r"(.+?)(?:\[([^\[\]]+)\])?", place)
    return match[1], match[2] or ""


def _read_npy(path: Path) -> tuple[np.ndarray, float]:
    with path.open("rb") as file:  # np.load would open a zip file, too
        return np.lib.format.read_array(file, allow_pickle=False), 0.0


def _read_fits(path: Path, part: str) -> tuple[np.ndarray, float]:
    from astropy.io import fits

    from photoz_core.datasets._fits_image import choose_hdu, image_hdus

    with fits.open(path, memmap=False) as hdus:
        names = image_hdus(hdus)
        if not part and len(names) != 1:
            listed = ", ".join(names.values()) or "none"
            raise PhotozError(f"PSF {path}: images in this file: {listed}; name the PSF's, as in '{path}[PSF]'")
        number = choose_hdu(hdus, path, part) if part else next(iter(names))
        return np.asarray(hdus[number].data), _header_scale(hdus[number].header)


def _header_scale(header) -> float:
    """Pixel scale [arcsec] by a keyword, the WCS, or CD and CDELT without one; 0 if the header does not say it."""
    from photoz_core.datasets._fits_image import pixel_scale

    if isinstance(header.get("PIXELSCL"), int | float):  # Tiny Tim's and STPSF's
        return float(header["PIXELSCL"])
    if scale := pixel_scale(header):
        return scale
    if "CD1_1" in header:
        return float(np.hypot(header["CD1_1"], header.get("CD2_1", 0)) * 3600)
    step = abs(header.get("CDELT1", 0))
    return 0.0 if step == 1 else float(step * 3600)  # 1 is FITS's default


def _check(kernels: np.ndarray, place: str) -> None:
    """Raise a PhotozError for the first kernel (K, k, k) that is no PSF."""
    height, width = kernels.shape[1:]
    if height != width:
        raise PhotozError(f"PSF {place}: kernels of {height} × {width} pixels; cut or pad them to a square")
    if height % 2 == 0:
        raise PhotozError(
            f"PSF {place}: kernels of {height} × {width} pixels; an even side has no central pixel: "
            "draw them again with an odd side, the peak in the middle"
        )
    for number, kernel in enumerate(kernels):
        where, total = f"PSF {place}, kernel {number}", kernel.sum()
        if not np.isfinite(kernel).all():
            bad = np.argwhere(~np.isfinite(kernel))
            raise PhotozError(
                f"{where}: {len(bad)} values are NaN or infinite, first at row {bad[0][0]}, column {bad[0][1]}; "
                "mend them or leave the kernel out"
            )
        if total <= 0:
            raise PhotozError(f"{where}: its sum is {total:.4g}; a PSF is positive: subtract no background from it")
        if abs(total - 1) > UNIT:
            raise PhotozError(f"{where}: its sum is {total:.6g}, not 1; divide the kernel by its sum: psf / psf.sum()")
