"""The camera of S-PLUS: twelve bands as soft-edged boxes, AB fluxes through them, depths and errors."""

from functools import cache

import numpy as np

from photoz_core.simulate._sed import ZERO_POINT

# Midpoint at half maximum and full width there [Å]: columns central_wave and delta_wave of central_wavelengths.csv in
# the survey's own repository splus-collab/splus_filters, the system of Mendes de Oliveira et al. (2019), Table 2.
FILTERS = {
    "u": (3563.0, 352.0),
    "F378": (3770.0, 151.0),
    "F395": (3940.0, 103.0),
    "F410": (4094.0, 201.0),
    "F430": (4292.0, 201.0),
    "g": (4751.0, 1545.0),
    "F515": (5133.0, 207.0),
    "r": (6258.0, 1467.0),
    "F660": (6614.0, 147.0),
    "i": (7690.0, 1506.0),
    "F861": (8611.0, 408.0),
    "z": (8831.0, 1182.0),
}
BANDS = tuple(FILTERS)
# 5σ AB magnitude of a point source in 1.25″ seeing: what the errors of the one object that the magnitude pretext's
# paper prints (Table I) come to when the floor is taken off, to 0.1 mag. The survey's own limits in Petrosian
# apertures, 19.1 to 20.5 (Almeida-Fernandes et al. 2022), are those of larger apertures.
DEPTH = (21.7, 21.3, 20.9, 20.8, 20.9, 21.9, 21.0, 21.7, 21.7, 21.6, 21.0, 21.0)
FLOOR = 0.01  # mag, the smallest error, of the calibration
SEEING = 1.25  # arcsec, at which `DEPTH` holds
PIXEL_SCALE = 0.55  # arcsec/pixel (Mendes de Oliveira et al. 2019)
STAMP = 32  # pixels, side of a stamp
SOFTNESS = 0.04  # an edge's 1σ over the band's width; assumed
WAVE = np.arange(3200.0, 10400.0, 5.0)  # Å, observed
REFERENCE = BANDS.index("r")


@cache
def band_weights() -> np.ndarray:
    """Weights (L, 12) of f_ν at `WAVE`, each band's sum 1: photons, T dλ/λ, so that the mean gives an AB magnitude."""
    from scipy.special import erf

    center, width = np.array(list(FILTERS.values())).T
    soft = SOFTNESS * width * np.sqrt(2)
    rise, fall = (WAVE[:, None] - center + side * width / 2 for side in (1, -1))
    weight = (erf(rise / soft) - erf(fall / soft)) / WAVE[:, None]
    return weight / weight.sum(axis=0)


def band_flux(f_nu: np.ndarray) -> np.ndarray:
    """Mean f_ν (n, 12) in the bands of spectra `f_nu` (n, L) at `WAVE`, in their unit."""
    return f_nu @ band_weights()


def flux_error(depth: np.ndarray, size: np.ndarray) -> np.ndarray:
    """1σ error (n, 12) [µJy] of the flux of objects of `size` (n,) [arcsec], their FWHM in the image.

    A fifth of the flux at `depth` (12,) [mag] for a point source in `SEEING`; sky noise grows with the diameter of
    the aperture, which is that of the object.
    """
    return 10 ** (0.4 * (ZERO_POINT - np.asarray(depth))) / 5 * (size / SEEING)[:, None]


def magnitudes(flux: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AB magnitudes and 1σ errors of `flux` ± `error` (n, 12) [µJy], with `FLOOR`; NaN where the flux is below 1σ."""
    seen = flux > error
    magnitude = ZERO_POINT - 2.5 * np.log10(flux, where=seen, out=np.full(flux.shape, np.nan))
    noise = 2.5 / np.log(10) * np.divide(error, flux, where=seen, out=np.full(flux.shape, np.nan))
    return magnitude, np.hypot(noise, FLOOR)
