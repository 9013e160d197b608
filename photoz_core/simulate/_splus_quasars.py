"""Quasars of the S-PLUS mock: a broken power law with broad lines, iron, dust and intergalactic hydrogen."""

import numpy as np
import pandas as pd

from photoz_core.simulate._sed import lyman_transmission
from photoz_core.simulate._splus_bands import WAVE, band_flux

Z_RANGE = (0.1, 3.5)
SLOPE, SLOPE_SCATTER = -0.44, 0.25  # α of f_ν ∝ ν^α blueward of `BREAK` (Vanden Berk et al. 2001); scatter assumed
RED_SLOPE = -2.45  # redward (ibid.): the light of the host's stars is in it
BREAK = 5000.0  # Å at rest
# Rest wavelength, 1σ width and equivalent width [Å], Vanden Berk et al. (2001), Table 2, quoted from memory.
LINES = (
    (1033.0, 7.8, 9.8),  # Lyβ, O VI
    (1216.2, 19.5, 92.9),  # Lyα, with N V
    (1305.4, 5.4, 1.7),  # O I
    (1398.3, 14.3, 8.1),  # Si IV, O IV]
    (1546.2, 14.3, 23.8),  # C IV
    (1905.9, 23.6, 21.2),  # C III]
    (2800.3, 35.0, 32.3),  # Mg II
    (3729.7, 3.3, 1.6),  # [O II]
    (4102.7, 18.6, 5.1),  # Hδ
    (4346.4, 20.3, 12.6),  # Hγ
    (4853.1, 40.4, 46.2),  # Hβ
    (4960.4, 3.9, 3.5),  # [O III]
    (5008.2, 6.0, 13.2),  # [O III]
    (5880.0, 23.4, 4.9),  # He I
    (6565.0, 47.4, 194.5),  # Hα
)
BUMP = (2900.0, 450.0, 0.15)  # small blue bump of iron and Balmer light: center, 1σ [Å], height; height assumed
LINE_SCATTER = 0.15  # dex, of all lines of a quasar together; assumed
REDDENING = 0.02  # mag, mean of an exponential distribution of E(B − V); assumed
VARIETY = 0.03  # mag a band: iron, hosts, variability between exposures
LIMIT = 911.75  # Å, Lyman limit
REST = np.arange(700.0, 9500.0, 2.0)  # Å


def draw_quasars(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw `n` quasars.

    Returns
    -------
    truth : DataFrame (n rows)
        true_kind, true_z.
    flux : (n, 12)
        Mean f_ν in the bands, in units of their own.
    """
    z = _redshifts(n, rng)
    slope = rng.normal(SLOPE, SLOPE_SCATTER, n)
    lines = 10 ** rng.normal(0, LINE_SCATTER, n)
    flux = band_flux(quasar_spectra(z, slope, lines, rng.exponential(REDDENING, n)))
    flux *= 10 ** (-0.4 * VARIETY * rng.normal(size=flux.shape))
    return pd.DataFrame({"true_kind": "quasar", "true_z": z}), flux


def quasar_spectra(z: np.ndarray, slope: np.ndarray, lines: np.ndarray, reddening: np.ndarray) -> np.ndarray:
    """f_ν (n, L) at `WAVE` of quasars of redshift `z`, slope α_ν, lines over the mean's and E(B − V) [mag], each (n,).

    Dust is that of the Small Magellanic Cloud, A(λ) = 1.39 (λ/µm)^−1.2 E(B − V) (Richards et al. 2003).
    """
    rest = WAVE / (1 + z[:, None])
    x = rest / BREAK
    continuum = np.where(x < 1, x ** -slope[:, None], x**-RED_SLOPE)
    center, width, equivalent = (np.array(item)[:, None] for item in zip(*LINES, strict=True))
    profile = np.exp(-0.5 * ((REST - center) / width) ** 2) * equivalent / (width * np.sqrt(2 * np.pi))
    emission = lines[:, None] * np.interp(rest, REST, profile.sum(axis=0))
    bump = BUMP[2] * np.exp(-0.5 * ((rest - BUMP[0]) / BUMP[1]) ** 2)
    dust = 10 ** (-0.4 * 1.39 * reddening[:, None] * (rest / 1e4) ** -1.2)
    return continuum * (1 + emission + bump) * dust * hydrogen(z)


def hydrogen(z: np.ndarray) -> np.ndarray:
    """Mean transmission (n, L) at `WAVE` of the gas before sources at `z` (n,): Madau (1995), lines and continuum.

    The continuum is his approximation for the photoelectric depth, footnote 3, blueward of the Lyman limit.
    """
    emitted = 1 + z[:, None]
    seen = np.minimum(WAVE / LIMIT, emitted)  # 1 + z at which the light meets the limit
    depth = (
        0.25 * seen**3 * (emitted**0.46 - seen**0.46)
        + 9.4 * seen**1.5 * (emitted**0.18 - seen**0.18)
        - 0.7 * seen**3 * (seen**-1.32 - emitted**-1.32)
        - 0.023 * (emitted**1.68 - seen**1.68)
    )
    return lyman_transmission(WAVE / 10, z[:, None]) * np.exp(-np.maximum(depth, 0))


def _redshifts(n: int, rng: np.random.Generator) -> np.ndarray:
    """Redshifts of a flux-limited sample, p(z) ∝ z² exp(−(z / 1.6)²): a broad peak at 1.6, as SDSS's; assumed."""
    z = np.linspace(*Z_RANGE, 2000)
    cumulative = np.cumsum(z**2 * np.exp(-((z / 1.6) ** 2)))
    return np.interp(rng.uniform(size=n), cumulative / cumulative[-1], z)
