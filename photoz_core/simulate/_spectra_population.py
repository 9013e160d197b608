"""Who is in a sample of galaxy spectra: redshifts, histories of star formation, dust, gas."""

from dataclasses import dataclass

import numpy as np

from photoz_core.simulate._sed import calzetti
from photoz_core.simulate._spectra_gas import add_lines, line_ratios
from photoz_core.simulate._spectra_stars import AGE_EDGES, AGES, NORM, stars
from photoz_core.spectra import Grid

KINDS = ("quiescent", "star-forming", "AGN")
GAS_DUST = 0.44  # E(B−V) of stars over that of the gas (Calzetti et al. 2000)
YOUNG_HALPHA = 1000.0  # Å: equivalent width of Hα over the light of the youngest stars alone (as Leitherer et al. 1999)
DEPTH = 0.1  # redshift scale of the sample, about that of the SDSS main galaxies


@dataclass(frozen=True)
class Galaxies:
    """Galaxies before they are observed.

    Parameters
    ----------
    z, a_v, oxygen, metals, sigma : (N,)
        Redshift; attenuation of the stars in V [mag]; 12 + log O/H; log₂ of the stars' metals over the sun's; velocity
        dispersion [km/s].
    kind : (N,) int
        Of `KINDS`.
    light : (N, ages)
        Share of the populations in the light at 5500 Å before dust.
    """

    z: np.ndarray
    kind: np.ndarray
    light: np.ndarray
    a_v: np.ndarray
    oxygen: np.ndarray
    metals: np.ndarray
    sigma: np.ndarray

    def truth(self) -> dict[str, np.ndarray]:
        """Columns that only a simulation knows."""
        return {
            "true_z": self.z,
            "true_log_age": self.light @ np.log10(AGES),
            "true_young": self.light[:, :2].sum(axis=1),
            "true_av": self.a_v,
            "true_oxygen": self.oxygen,
            "true_metals": self.metals,
            "true_sigma": self.sigma,
        }


def draw_galaxies(count: int, config, rng: np.random.Generator) -> Galaxies:
    """Galaxies of a flux-limited sample: p(z) ∝ z² exp(−(z / 0.1)^1.5) in the range asked for."""
    shares = (config.quiescent_share, 1 - config.quiescent_share - config.agn_share, config.agn_share)
    kind = rng.choice(3, count, p=np.array(shares) / sum(shares))
    quiet = kind == KINDS.index("quiescent")
    mass = rng.normal(np.where(quiet, 10.8, 10.3), 0.4)  # log M_sun; sets metals, dust and dispersion
    fading = np.where(quiet, rng.uniform(0.8, 2.0, count), 10 ** rng.uniform(0.35, 1.5, count))  # e-folding time, Gyr
    return Galaxies(
        z=_redshifts(count, config.z_range, rng),
        kind=kind,
        light=_light(fading, rng.normal(0, 0.3, (count, 2))),
        a_v=_dust(quiet, mass, rng),
        oxygen=np.clip(8.5 + 0.25 * (mass - 10.3) + rng.normal(0, 0.1, count), 8.0, 8.66),
        metals=np.clip(0.4 + 0.8 * (mass - 10.8) + rng.normal(0, 0.4, count), -1.5, 1.2),
        sigma=np.clip(10 ** (2.1 + 0.3 * (mass - 10.5) + rng.normal(0, 0.08, count)), 40, 350),
    )


def rest_spectra(galaxies: Galaxies, grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """f_λ (N, L) at rest without noise, 1 at 5500 Å before dust and lines."""
    count = len(galaxies.z)
    flux = stars(grid)(galaxies.light, galaxies.metals, galaxies.sigma)
    flux *= 10 ** (-0.4 * galaxies.a_v[:, None] * calzetti(grid.wavelength / 10))
    agn = galaxies.kind == KINDS.index("AGN")
    halpha = YOUNG_HALPHA * galaxies.light[:, 0] * (NORM / 6564.6) ** 3.6 * 10 ** rng.normal(0, 0.1, count)
    halpha += np.where(agn, 10 ** rng.normal(1.0, 0.35, count), 0)
    halpha += np.where(galaxies.kind == 0, 10 ** rng.normal(-0.3, 0.3, count), 0)  # old stars ionise a little
    ratios = line_ratios(galaxies.oxygen, agn | (galaxies.kind == 0), rng)

    def dust(wavelength: float) -> np.ndarray:
        return 10 ** (-0.4 * galaxies.a_v / GAS_DUST * calzetti(np.array(wavelength / 10)))

    gas = np.where(agn, 1.3, 0.7) * galaxies.sigma
    add_lines(flux, grid, halpha, ratios, dust, gas)
    return flux


def _redshifts(count: int, limits: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    z = np.linspace(*limits, 2001)
    density = z**2 * np.exp(-((z / DEPTH) ** 1.5))
    return np.interp(rng.random(count), np.cumsum(density) / density.sum(), z)


def _light(fading: np.ndarray, burst: np.ndarray) -> np.ndarray:
    """Shares (N, ages) of light of star formation that fades with `fading` (N,) [Gyr] since 13.8 Gyr ago.

    The two youngest ages, within 130 Myr, are brighter or fainter by `burst` (N, 2) [dex]; a year's stars fade as
    age^−0.75 in V.
    """
    edges, tau = AGE_EDGES / 1e9, fading[:, None]
    mass = tau * np.diff(np.exp((edges - edges[-1]) / tau), axis=1)
    light = mass * (AGES / 1e9) ** -0.75
    light[:, :2] *= 10**burst
    return light / light.sum(axis=1, keepdims=True)


def _dust(quiet: np.ndarray, mass: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A_V (N,) [mag] of the stars: grows with the mass of star-forming galaxies (Garn & Best 2010)."""
    typical = np.where(quiet, 0.1, 0.3 + 0.25 * (mass - 10.3))
    return np.clip(np.maximum(typical, 0.05) * 10 ** rng.normal(0, 0.25, len(mass)), 0, 2.5)
