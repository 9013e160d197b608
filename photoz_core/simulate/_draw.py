"""Draw noiseless galaxies: bands share the Fourier images of the components and differ in their fluxes and PSFs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.fft import ifftshift, irfft2

from photoz_core.simulate._sed import BANDS

PIXEL_SCALE = 0.06  # arcsec/pixel, the CANDELS mosaics'
PSF_FWHM = {"F606W": 0.11, "F814W": 0.11, "F125W": 0.18, "F160W": 0.19}  # arcsec, pixel response included
MOFFAT_BETA = 2.5
OVERSAMPLING = 2  # F606W is undersampled at 0.06": draw on half pixels and keep every second one


@dataclass(frozen=True)
class Camera:
    """The Fourier grid of a stamp and the PSFs on it.

    Parameters
    ----------
    stamp : int
        Side of a stamp [pixel].
    side : int
        Side of the drawn field [pixel / OVERSAMPLING], half a stamp wider than the stamp against wrapping.
    step : float
        Step of the Fourier grid [rad/arcsec].
    psf : (4, side, side // 2 + 1) complex64
        Fourier image of each band's PSF; rows in ascending k_y.
    """

    stamp: int
    side: int
    step: float
    psf: np.ndarray

    def draw(self, galaxies: pd.DataFrame, flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw galaxies, each at a random place within half a pixel of its stamp's center.

        Parameters
        ----------
        galaxies : DataFrame (n rows)
            r_bulge, r_disk [arcsec], q_bulge, q_disk, pa [rad], as of `Population.draw`.
        flux : (n, 3, 4) [µJy]
            Bulge, disk and knots in each band.

        Returns
        -------
        image : (n, 4, stamp, stamp) float32 [µJy/pixel]
        """
        image = np.empty((len(galaxies), len(BANDS), self.stamp, self.stamp), np.float32)
        flux = (flux * OVERSAMPLING**2).astype(np.complex64)
        kept = slice(0, OVERSAMPLING * self.stamp, OVERSAMPLING)
        for i, galaxy in enumerate(galaxies.itertuples(index=False)):
            center = ((self.stamp - 1) / 2 + rng.uniform(-0.5, 0.5, 2)) * PIXEL_SCALE
            parts = np.stack([self._bulge(galaxy), self._disk(galaxy), self._knots(galaxy, rng)])
            parts *= self._phase(center[None])
            spectrum = np.tensordot(flux[i], parts, axes=(0, 0)) * self.psf
            field = irfft2(ifftshift(spectrum, axes=1), s=(self.side, self.side), overwrite_x=True)
            image[i] = field[:, kept, kept]
        return image

    def _bulge(self, galaxy) -> np.ndarray:
        import galsim

        profile = galsim.DeVaucouleurs(half_light_radius=galaxy.r_bulge * np.sqrt(galaxy.q_bulge))
        return fourier(profile.shear(q=galaxy.q_bulge, beta=galaxy.pa * galsim.radians), self.side, self.step)

    def _disk(self, galaxy) -> np.ndarray:
        import galsim

        profile = galsim.Exponential(half_light_radius=galaxy.r_disk * np.sqrt(galaxy.q_disk))
        return fourier(profile.shear(q=galaxy.q_disk, beta=galaxy.pa * galsim.radians), self.side, self.step)

    def _knots(self, galaxy, rng: np.random.Generator, most: int = 12) -> np.ndarray:
        """Point sources of equal flux in the plane of the disk."""
        count = rng.integers(4, most + 1)
        scale = 0.8 * galaxy.r_disk / 1.678  # disk's scale length, a little less: clumps keep to the inner disk
        radius = scale * rng.gamma(2, size=most)  # as r exp(−r / scale)
        angle = rng.uniform(0, 2 * np.pi, most)
        along, across = radius * np.cos(angle), radius * np.sin(angle) * galaxy.q_disk
        cos, sin = np.cos(galaxy.pa), np.sin(galaxy.pa)
        return self._phase(np.stack([along * cos - across * sin, along * sin + across * cos], axis=1)[:count]) / count

    def _phase(self, points: np.ndarray) -> np.ndarray:
        """Fourier image (side, side // 2 + 1) of unit point sources at `points` (m, 2) [arcsec]."""
        half = self.side // 2
        kx, ky = np.arange(half + 1) * self.step, np.arange(-half, half) * self.step
        x, y = points.T[:, :, None]
        return np.exp(-1j * y * ky).astype(np.complex64).T @ np.exp(-1j * x * kx).astype(np.complex64)


def camera(stamp: int) -> Camera:
    """Set up the drawing of stamps of `stamp` pixels a side."""
    side = OVERSAMPLING * (stamp + stamp // 2)
    step = 2 * np.pi * OVERSAMPLING / (side * PIXEL_SCALE)
    return Camera(stamp, side, step, psfs(side, step))


def psfs(side: int, step: float) -> np.ndarray:
    """Fourier images (4, side, side // 2 + 1) of the bands' PSFs on a grid of `step` [rad/arcsec]."""
    import galsim

    return np.stack([fourier(galsim.Moffat(beta=MOFFAT_BETA, fwhm=PSF_FWHM[band]), side, step) for band in BANDS])


def fourier(profile, side: int, step: float) -> np.ndarray:
    """Fourier image (side, side // 2 + 1) complex64 of a GalSim profile for k_x ≥ 0, rows in ascending k_y."""
    import galsim

    half = side // 2
    image = galsim.ImageCF(galsim.BoundsI(0, half, -half, half - 1), scale=step)
    return profile.drawKImage(image=image, recenter=False).array
