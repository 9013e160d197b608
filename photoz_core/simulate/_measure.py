"""Photometry and sizes on noisy stamps, for all objects of a chunk at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.fft import ifftshift, irfft2, rfft2

from photoz_core.simulate._draw import PIXEL_SCALE, PSF_FWHM, Camera, psfs
from photoz_core.simulate._sed import BANDS

DETECTION = BANDS.index("F160W")
SIGMA_TO_FWHM = np.sqrt(8 * np.log(2))
ITERATIONS = 20
WIDE = 2.5


@dataclass(frozen=True)
class Photometer:
    """Photometry in Gaussian windows of each object's own size, set on F160W.

    Colors come from one window seen through one PSF: the window is correlated with the kernel that takes a band's PSF
    to F160W's. That equals smoothing the band's image, at less work and with the noise of white pixels. A window `WIDE`
    times as large in F160W gives the total flux, and one factor takes all bands from the color window to the total.

    Parameters
    ----------
    kernel : (4, stamp, stamp // 2 + 1)
        Fourier transform of each band's kernel.
    sizes : (m,) [pixel]
        Measured σ of exponential disks.
    lost : (m,)
        Their total flux over that in the wide window.
    star : float
        Measured σ of a point source in F160W [pixel].
    """

    kernel: np.ndarray
    sizes: np.ndarray
    lost: np.ndarray
    star: float

    def measure(self, image: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
        """Measure stamps.

        Parameters
        ----------
        image : (n, 4, stamp, stamp) [µJy/pixel]
        noise : (n, 4) [µJy]
            Standard deviation of a pixel.

        Returns
        -------
        dict with flux, error : (n, 4) [µJy] ; fwhm : (n,) [arcsec] ; extended : (n,) bool
            `fwhm` is scaled so that a star has its PSF's; `extended` says that the wide window met its largest size.
        """
        sigma, center = adaptive_moments(image[:, DETECTION], self.star)
        window, wide = windows(sigma, center, image.shape[-1])
        flux, variance = self._through(window, image, noise)
        reference, sky = image[:, DETECTION], noise[:, DETECTION] ** 2
        inner, outer = flux[:, DETECTION], _dot(wide, reference)
        good = (inner > 0) & (outer > 0)
        scale = np.interp(sigma, self.sizes, self.lost) * np.divide(
            outer, inner, where=good, out=np.full(len(good), np.nan)
        )
        # Relative variance of the scale, whose two fluxes share their noise.
        spread = sky * (
            _dot(wide, wide) / outer**2 + _dot(window, window) / inner**2 - 2 * _dot(window, wide) / (inner * outer)
        )
        total, error = flux * scale[:, None], scale[:, None] * np.sqrt(variance + flux**2 * spread[:, None])
        error[:, DETECTION] = total[:, DETECTION] / outer * np.sqrt(sky * _dot(wide, wide))
        fwhm = PSF_FWHM["F160W"] * sigma / self.star
        return {"flux": total, "error": error, "fwhm": fwhm, "extended": WIDE * sigma >= largest(image.shape[-1])}

    def _through(self, window: np.ndarray, image: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Flux and variance (n, 4) of all bands in the color window (n, stamp, stamp)."""
        spectrum = rfft2(window)
        flux, variance = np.empty_like(noise), np.empty_like(noise)
        for b in range(len(BANDS)):
            weight = irfft2(spectrum * self.kernel[b], s=window.shape[1:])
            flux[:, b] = _dot(weight, image[:, b])
            variance[:, b] = noise[:, b] ** 2 * _dot(weight, weight)
        return flux, variance


def photometer(camera: Camera) -> Photometer:
    """Calibrate on noiseless disks and a star drawn by `camera`."""
    psf = ifftshift(psfs(camera.stamp, 2 * np.pi / (camera.stamp * PIXEL_SCALE)), axes=1).real
    radii = np.geomspace(0.005, 1.5, 24)
    disks = pd.DataFrame({"r_bulge": 1.0, "q_bulge": 1.0, "r_disk": radii, "q_disk": 0.6, "pa": 0.0})
    flux = np.zeros((len(radii), 3, len(BANDS)))
    flux[:, 1] = 1.0
    image = camera.draw(disks, flux, np.random.default_rng(0))[:, DETECTION]
    sigma, center = adaptive_moments(image, 1.5)
    _, wide = windows(sigma, center, camera.stamp)
    return Photometer(psf[DETECTION] / psf, sigma, 1 / _dot(wide, image), float(sigma[0]))


def adaptive_moments(image: np.ndarray, start: float) -> tuple[np.ndarray, np.ndarray]:
    """Size and center by a round Gaussian window that matches the object (Bernstein & Jarvis 2002, without shear).

    Iterates σ² = ⟨x² + y²⟩, the mean weighted by image × exp(−r² / 2σ²): the window halves the variance σ² of a
    Gaussian object along each axis, so such an object gets its own σ.

    Parameters
    ----------
    image : (n, stamp, stamp)
    start : float
        First σ [pixel]; also half the smallest allowed, and a center stays within 2 pixels of the stamp's.

    Returns
    -------
    sigma : (n,) [pixel] and center : (n, 2) of x, y [pixel]
    """
    n, stamp, _ = image.shape
    pixel, middle = np.arange(stamp), (stamp - 1) / 2
    sigma, center = np.full(n, start), np.full((n, 2), middle)
    for _ in range(ITERATIONS):
        offset = pixel - center[:, :, None]
        window = np.exp(-0.5 * (offset / sigma[:, None, None]) ** 2)
        powers = np.stack([window, window * offset, window * offset**2], axis=-1).astype(np.float32)
        moment = np.swapaxes(powers[:, 1], 1, 2) @ image @ powers[:, 0]  # [power of y, power of x]
        total = np.maximum(moment[:, 0, 0], 1e-12)
        drift = np.stack([moment[:, 0, 1], moment[:, 1, 0]], axis=1) / total[:, None]
        variance = (moment[:, 0, 2] + moment[:, 2, 0]) / total - (drift**2).sum(1)
        center = np.clip(center + drift, middle - 2, middle + 2)
        sigma = np.sqrt(np.clip(variance, (start / 2) ** 2, largest(stamp) ** 2))
    return sigma, center


def windows(sigma: np.ndarray, center: np.ndarray, stamp: int) -> tuple[np.ndarray, np.ndarray]:
    """The color window and the wide one, each (n, stamp, stamp) float32: Gaussians of peak 1 at `center` (n, 2)."""
    offset = np.arange(stamp) - center[:, :, None]
    result = []
    for width in (sigma, np.minimum(WIDE * sigma, largest(stamp))):
        axis = np.exp(-0.5 * (offset / width[:, None, None]) ** 2).astype(np.float32)
        result.append(axis[:, 1, :, None] * axis[:, 0, None, :])
    return tuple(result)


def largest(stamp: int) -> float:
    """Largest σ of a window [pixel]: the stamp spans 4σ."""
    return stamp / 4


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sum over pixels (n,) of the product of two stacks (n, stamp, stamp)."""
    return np.einsum("nyx,nyx->n", a, b)
