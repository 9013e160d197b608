"""Color stamps of the S-PLUS mock: objects through the seeing, noise, one stretch for all, sizes and shapes."""

import numpy as np
import pandas as pd

from photoz_core.simulate._measure import SIGMA_TO_FWHM, adaptive_moments
from photoz_core.simulate._sed import ZERO_POINT
from photoz_core.simulate._splus_bands import BANDS, PIXEL_SCALE, SEEING, STAMP

BETA = 3.0  # of the Moffat profile; assumed
WINGS = 1.13  # FWHM of such a star by moments over its own
COLORS = ("g", "r", "i")  # blue, green and red of a stamp
SHOWN = [BANDS.index(band) for band in COLORS]
DETECTION = COLORS.index("r")
APERTURE = 1.5  # arcsec, radius in which the sky's noise is that of the depth
SKY = np.array([21.8, 20.9, 19.9])  # AB mag/arcsec² in g, r, i: a dark site with some moon; assumed
STRETCH, SOFTENING = 8.0, 12.0  # µJy/pixel and Q of Lupton et al. (2004), one for all: a gray star is white at r = 11.8
BLACK = -0.5  # µJy/pixel, shown as black: about −1.5σ of the sky


def draw(galaxies: pd.DataFrame | None, flux: np.ndarray, seeing: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw noiseless objects of one class, each within half a pixel of its stamp's center.

    Parameters
    ----------
    galaxies : DataFrame (n rows) or None
        Shapes as of `NearbyGalaxies.draw`; None for point sources.
    flux : (n, parts, 3) [µJy]
        Flux of bulge and disk, or of the one point, in `COLORS`.
    seeing : (n,) [arcsec]
        FWHM of the PSF, the pixel's response included.

    Returns
    -------
    image : (n, 3, STAMP, STAMP) float32 [µJy/pixel]
    """
    place = rng.uniform(-0.5, 0.5, (len(seeing), 2))
    shapes = galaxies.itertuples(index=False) if galaxies is not None else [None] * len(seeing)
    parts = np.stack([_parts(*item) for item in zip(shapes, seeing, place, strict=True)])
    return np.einsum("npc,npyx->ncyx", flux.astype(np.float32), parts)


def _parts(galaxy, seeing: float, place: np.ndarray) -> np.ndarray:
    """Unit images (parts, STAMP, STAMP) of an object's components."""
    import galsim

    psf = galsim.Moffat(beta=BETA, fwhm=seeing)
    profiles = [psf]
    if galaxy is not None:
        disk = galsim.Exponential(half_light_radius=galaxy.r_disk * np.sqrt(galaxy.q_disk))
        bulge = galsim.DeVaucouleurs(half_light_radius=galaxy.r_bulge * np.sqrt(galaxy.q_bulge))
        turned = galaxy.pa * galsim.radians
        pair = (bulge.shear(q=galaxy.q_bulge, beta=turned), disk.shear(q=galaxy.q_disk, beta=turned))
        profiles = [galsim.Convolve(profile, psf, gsparams=_rough()) for profile in pair]
    return np.stack(
        [
            profile.drawImage(nx=STAMP, ny=STAMP, scale=PIXEL_SCALE, method="no_pixel", offset=place).array
            for profile in profiles
        ]
    )


def _rough():
    """Accuracy of a drawn galaxy: well below the noise, at a third of GalSim's own time."""
    import galsim

    return galsim.GSParams(folding_threshold=0.02, maxk_threshold=0.01, maximum_fft_size=16384)


def pixel_noise(depth: np.ndarray) -> np.ndarray:
    """1σ of a sky pixel (3,) [µJy] in `COLORS`, for 5σ at `depth` (12,) [mag] in an aperture of `APERTURE`."""
    pixels = np.pi * (APERTURE / PIXEL_SCALE) ** 2
    return 10 ** (0.4 * (ZERO_POINT - np.asarray(depth)[SHOWN])) / 5 / np.sqrt(pixels)


def observe(image: np.ndarray, depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add noise to `image` (n, 3, H, W) [µJy/pixel], sky subtracted: photons of sky and object.

    The sky's noise in a pixel follows from the depth; with the sky's brightness it says how many photons 1 µJy is.
    """
    sky = 10 ** (0.4 * (ZERO_POINT - SKY)) * PIXEL_SCALE**2
    photons, sky = (value[:, None, None] for value in (sky / pixel_noise(depth) ** 2, sky))
    return (rng.poisson((np.maximum(image, 0) + sky) * photons) / photons - sky).astype(np.float32)


def color(image: np.ndarray) -> np.ndarray:
    """Blue, green, red of [0, 1] (n, 3, H, W) float16, 256 levels each, of g, r, i [µJy/pixel] (Lupton et al. 2004)."""
    from astropy.visualization import make_lupton_rgb

    tall = [band.reshape(-1, image.shape[-1]) for band in np.moveaxis(image, 1, 0)]
    shown = make_lupton_rgb(*tall[::-1], minimum=BLACK, stretch=STRETCH, Q=SOFTENING)
    rows = shown[..., ::-1].reshape(len(image), *image.shape[2:], 3)
    return (np.moveaxis(rows, 3, 1) / 255).astype(np.float16)


def shapes(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """FWHM [arcsec] and ellipticity 1 − b/a, each (n,), of images (n, H, W) by moments in a matched Gaussian window.

    The window halves a Gaussian object's variance; along each axis 1/V = 1/moment − 1/σ² undoes that. The FWHM is
    scaled so that a star has its PSF's.
    """
    image, pixel = finer(image), PIXEL_SCALE / 2
    sigma, center = adaptive_moments(image, SEEING / SIGMA_TO_FWHM / pixel)
    offset = np.arange(image.shape[-1]) - center[:, :, None]
    window = np.exp(-0.5 * (offset / sigma[:, None, None]) ** 2)
    powers = np.stack([window * offset**k for k in range(3)], axis=1).astype(np.float32)  # (n, power, x or y, pixel)
    moment = np.einsum("npy,nyx,nqx->npq", powers[:, :, 1], image, powers[:, :, 0], optimize=True)
    total = np.maximum(moment[:, 0, 0], 1e-12)
    xx, yy, xy = moment[:, 0, 2] / total, moment[:, 2, 0] / total, moment[:, 1, 1] / total
    half, spread, limit = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy), sigma**2
    major, minor = (np.clip(half + sign * spread, 0.05 * limit, 0.95 * limit) for sign in (1, -1))
    variance = [1 / (1 / value - 1 / limit) for value in (major, minor)]
    return SIGMA_TO_FWHM * sigma * pixel / WINGS, 1 - np.sqrt(variance[1] / variance[0])


def finer(image: np.ndarray) -> np.ndarray:
    """Images (n, 2H, 2W) float32 through the pixels of `image` (n, H, W), no frequency added.

    In the best seeing a window as narrow as a star is too coarsely sampled for moments.
    """
    from scipy.fft import irfft2, rfft2

    n, height, width = image.shape
    spectrum, half = rfft2(image), height // 2
    padded = np.zeros((n, 2 * height, width + 1), spectrum.dtype)
    padded[:, :half, : width // 2 + 1] = spectrum[:, :half]
    padded[:, -half:, : width // 2 + 1] = spectrum[:, half:]
    return 4 * irfft2(padded, s=(2 * height, 2 * width))
