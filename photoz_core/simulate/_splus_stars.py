"""Stars of the S-PLUS mock: black bodies with the Balmer jump, lines and molecular bands of their temperature.

No fit to a library of spectra: strengths are chosen by hand so that colors run along the stellar locus of SDSS (Covey
et al. 2007), with features where and at the temperatures that Gray & Corbally (2009) and Kirkpatrick et al. (1991) say.
"""

import numpy as np
import pandas as pd
from scipy.special import expit

from photoz_core.simulate._splus_bands import WAVE, band_flux

# kind: share of the stars, lowest and highest temperature [K]; about what a survey to r = 20 sees far from the Galactic
# plane. Shares are assumed.
KINDS = {
    "M dwarf": (0.30, 2700.0, 3900.0),
    "K dwarf": (0.26, 3900.0, 5300.0),
    "FG dwarf": (0.38, 5300.0, 7000.0),
    "horizontal branch": (0.03, 7200.0, 11500.0),
    "white dwarf": (0.03, 7000.0, 28000.0),
}
HALO_SHARE = 0.3  # of stars poor in metals
VARIETY = 0.02  # mag a band: gravity, abundances, dust
PLANCK = 1.438777e8  # Å K
TEMPERATURES = (2600, 3000, 3500, 4000, 4500, 5000, 5800, 6500, 7500, 8500, 10000, 13000, 20000, 30000)  # K
# By temperature: drop of f below 3700 Å, metals' optical depth below 4000 Å, equivalent width of Hβ [Å], TiO's depth.
JUMP = (0, 0, 0, 0, 0, 0.02, 0.10, 0.32, 0.55, 0.70, 0.70, 0.55, 0.30, 0.10)
# The black body's temperature over the star's: lines leave no continuum in cool stars, and the Paschen continuum of A
# stars is steeper than their effective temperature's.
HOTTER = (1.03, 1.01, 0.97, 0.94, 0.97, 1.01, 1.06, 1.10, 1.20, 1.35, 1.40, 1.30, 1.15, 1.05)
BLANKETING = (0.6, 0.7, 0.8, 0.9, 0.85, 0.72, 0.46, 0.18, 0.06, 0.03, 0.02, 0, 0, 0)
BALMER = (0, 0, 0, 0, 0.3, 1.0, 3.0, 5.0, 10.0, 14.0, 15.0, 9.0, 5.0, 3.0)
TITANIUM = (2.6, 2.1, 1.1, 0.3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
SERIES = ((6564.6, 0.7), (4862.7, 1.0), (4341.7, 1.0), (4102.9, 1.0), (3971.2, 0.9), (3890.2, 0.8), (3836.5, 0.7))
# vacuum wavelength, 1σ width [Å], equivalent width [Å] by temperature; optical depths follow the metals
METAL = (
    (3934.8, 7.0, (8, 9, 10, 11, 11, 10, 7, 4.5, 2, 1, 0.5, 0.2, 0, 0)),  # Ca K
    (3969.6, 7.0, (6, 7, 8, 9, 9, 8, 6, 3.5, 1.5, 0.7, 0.3, 0.1, 0, 0)),  # Ca H
    (4228.0, 5.0, (14, 12, 8, 5, 3, 1.5, 0.8, 0.4, 0.1, 0, 0, 0, 0, 0)),  # Ca
    (4305.0, 12.0, (2, 3, 4, 5.5, 7, 7.5, 6, 3, 0.6, 0, 0, 0, 0, 0)),  # G band
    (5140.0, 45.0, (12, 16, 20, 18, 12, 6, 2, 0.5, 0, 0, 0, 0, 0, 0)),  # MgH
    (5176.0, 12.0, (8, 10, 11, 11, 9, 6, 3.2, 1.8, 0.8, 0.3, 0.1, 0, 0, 0)),  # Mg b
    (5894.6, 8.0, (14, 12, 9, 6, 4, 2.2, 1.0, 0.6, 0.3, 0.1, 0, 0, 0, 0)),  # Na D
    (8544.0, 6.0, (2, 2.5, 3, 3.4, 3.6, 3.6, 3.2, 2.8, 2.2, 1.5, 0.8, 0.2, 0, 0)),  # Ca triplet, as the next
    (8664.0, 6.0, (1.6, 2, 2.4, 2.8, 3, 3, 2.6, 2.3, 1.8, 1.2, 0.6, 0.2, 0, 0)),
)
BANDHEADS = ((4761, 0.3), (4954, 0.4), (5167, 0.5), (5448, 0.7), (5847, 1.1), (6158, 1.5), (6651, 1.3))
BANDHEADS += ((7053, 0.9), (7589, 0.4), (8432, 0.2), (8860, 0.1))  # TiO and VO [Å], relative depth
BAND_LENGTH = 180.0  # Å, how far a band fades to the red of its head


def draw_stars(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw `n` stars.

    Returns
    -------
    truth : DataFrame (n rows)
        true_kind, true_teff [K], true_metals (log₁₀ over the sun's).
    flux : (n, 12)
        Mean f_ν in the bands, in units of their own.
    """
    shares, low, high = np.array(list(KINDS.values())).T
    row = rng.choice(len(KINDS), n, p=shares)
    kind = np.array(list(KINDS))[row]
    temperature = low[row] * (high[row] / low[row]) ** rng.uniform(size=n)
    halo = (rng.uniform(size=n) < HALO_SHARE) | (kind == "horizontal branch")
    metals = np.where(halo, rng.normal(-1.5, 0.4, n), rng.normal(-0.3, 0.25, n))
    metals[kind == "white dwarf"] = np.nan
    flux = band_flux(stellar_spectra(temperature, 10 ** np.nan_to_num(metals, nan=-9), kind == "white dwarf"))
    flux *= 10 ** (-0.4 * VARIETY * rng.normal(size=flux.shape))
    return pd.DataFrame({"true_kind": kind, "true_teff": temperature, "true_metals": metals}), flux


def planck(wave: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Planck's f_ν at `wave` [Å], `temperature` [K], up to a factor of the temperature's: x³ / (exp(x) − 1)."""
    x = PLANCK / (wave * temperature)
    return x**3 / np.expm1(x)


def stellar_spectra(temperature: np.ndarray, metals: np.ndarray, white_dwarf: np.ndarray) -> np.ndarray:
    """f_ν (n, L) at `WAVE` of stars of `temperature` [K], `metals` over the sun's and broad lines of a white dwarf.

    Optical depths of metals grow as the square root of their abundance, as saturated lines do. White dwarfs have
    hydrogen lines three times as strong and wide (pressure; Tremblay & Bergeron 2009), and no jump to speak of.
    """

    def at(strength):
        return np.interp(temperature, TEMPERATURES, strength)[:, None]

    dwarf = white_dwarf[:, None]
    jump = at(JUMP) * np.where(dwarf, 0.5, 1.0) * expit((3710 - WAVE) / 25)
    hydrogen = at(BALMER) * np.where(dwarf, _series(24.0) * 3, _series(9.0))
    amount = np.sqrt(np.minimum(metals, 3.0))[:, None]
    depth = hydrogen + amount * _metals(temperature, at)
    return planck(WAVE, temperature[:, None] * at(HOTTER)) * (1 - jump) * np.exp(-depth)


def _metals(temperature: np.ndarray, at) -> np.ndarray:
    """Optical depth (n, L) of metals and molecules at solar abundance."""
    blue = expit((3990 - WAVE) / 20) + 0.25 * np.exp(-np.abs(WAVE - 3990) / 600) * (WAVE > 3990)
    lines = np.stack([_line(center, width) for center, width, _ in METAL])
    strength = np.stack([np.interp(temperature, TEMPERATURES, by) for _, _, by in METAL], axis=1)
    past = WAVE - np.array([head for head, _ in BANDHEADS])[:, None]
    teeth = np.exp(-np.maximum(past, 0) / BAND_LENGTH) * expit(past / 5)
    return at(BLANKETING) * blue + strength @ lines + at(TITANIUM) * ([depth for _, depth in BANDHEADS] @ teeth)


def _series(width: float) -> np.ndarray:
    """The Balmer lines (L,) for an equivalent width of 1 Å in Hβ."""
    return sum(relative * _line(center, width) for center, relative in SERIES)


def _line(center: float, width: float) -> np.ndarray:
    """A Gaussian (L,) of integral 1 Å."""
    return np.exp(-0.5 * ((WAVE - center) / width) ** 2) / (width * np.sqrt(2 * np.pi))
