"""Who lives in the mock universe: redshifts, masses, types, dust, shapes and fluxes of a magnitude-limited sample."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammainc, gammaincinv

from photoz_core.simulate._sed import BANDS, ZERO_POINT, FluxTable, flux_table

Z_MIN = 0.05
SUN_V = 4.81  # AB magnitude of the Sun in V (Willmer 2018)
REFERENCE = BANDS.index("F160W")  # the band of the magnitude limit
# Lines, ages and dust laws that four templates lack, a band [mag]: EAZY's template error (Brammer et al. 2008) is 5 %.
SED_SCATTER = 0.04
LOG_MASS = np.arange(6.0, 12.0, 0.05)  # lower edges of the mass cells [log10 M_sun]
# log10 of M/L_V [solar] at spectral type 0…4, from the templates' B − V by Bell et al. (2003), Chabrier mass function.
LOG_ML = (0.45, 0.05, -0.10, -0.35, -0.55)
# Type of a star-forming galaxy by its log sSFR [1/yr].
SSFR_OF_TYPE = ((-11.3, -10.4, -9.7, -9.0, -8.3), (0.3, 1.0, 2.0, 3.0, 4.0))
# Median half-light radius [kpc] at 5 × 10^10 M_sun, log10: van der Wel et al. (2014), Table 1.
SIZE_Z = (0.25, 0.75, 1.25, 1.75, 2.25, 2.75)
LOG_SIZE_LATE = (0.86, 0.78, 0.70, 0.65, 0.55, 0.51)
LOG_SIZE_EARLY = (0.60, 0.42, 0.22, 0.09, -0.05, -0.06)


@dataclass(frozen=True)
class Population:
    """Everything that is computed once and then drawn from.

    Parameters
    ----------
    fluxes : FluxTable
    z, modulus, kpc, age : (nz,)
        Redshift, distance modulus [mag], proper kpc per arcsec and age [Gyr] of the universe (Planck 2018).
    cumulative : (nz · nm,)
        Cumulative surface density [1/arcmin²] over the cells in redshift and mass that may reach the limit.
    limit : float
        Faintest true total F160W magnitude.
    """

    fluxes: FluxTable
    z: np.ndarray
    modulus: np.ndarray
    kpc: np.ndarray
    age: np.ndarray
    cumulative: np.ndarray
    limit: float

    def draw(self, n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
        """Draw `n` galaxies brighter than the limit.

        Returns
        -------
        galaxies : DataFrame (n rows)
            z, log_mass, log_ssfr, kind, a_v, bulge_fraction, knot_fraction, r_half, r_bulge, r_disk [arcsec],
            q_bulge, q_disk, pa [rad].
        flux : (n, 3, 4) [µJy]
            Total flux of bulge, disk and knots in each band.
        """
        kept, total = [], 0
        while total < n:
            galaxies = self._propose(2 * n + 200, rng)
            flux = self._flux(galaxies, rng)
            bright = flux[:, :, REFERENCE].sum(1) > 10 ** (0.4 * (ZERO_POINT - self.limit))
            kept.append((galaxies[bright], flux[bright]))
            total += bright.sum()
        galaxies = pd.concat([part for part, _ in kept], ignore_index=True)[:n]
        return galaxies, np.concatenate([part for _, part in kept])[:n]

    def density(self, rng: np.random.Generator) -> float:
        """Galaxies per arcmin² brighter than the limit, from a pilot sample."""
        flux = self._flux(self._propose(20000, rng), rng)[:, :, REFERENCE].sum(1)
        return self.cumulative[-1] * (flux > 10 ** (0.4 * (ZERO_POINT - self.limit))).mean()

    def _propose(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        cell = np.searchsorted(self.cumulative, rng.uniform(0, self.cumulative[-1], n), side="right")
        i, j = np.unravel_index(cell, (len(self.z), len(LOG_MASS)))
        z = self.z[i] + (self.z[1] - self.z[0]) * rng.uniform(0, 1, n)
        log_mass = LOG_MASS[j] + 0.05 * rng.uniform(0, 1, n)
        galaxies = pd.DataFrame({"z": z, "log_mass": log_mass})
        quiescent = rng.uniform(size=n) < quiescent_fraction(log_mass, z)
        _add_stars(galaxies, quiescent, np.interp(z, self.z, self.age), rng)
        _add_shape(galaxies, quiescent, np.interp(z, self.z, self.kpc), rng)
        return galaxies

    def _flux(self, g: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        z, bulge = g.z.to_numpy(), g.bulge_fraction.to_numpy()
        share = np.stack([bulge, (1 - bulge) * (1 - g.knot_fraction), (1 - bulge) * g.knot_fraction], axis=1)
        kinds = np.stack([0.4 * g.kind, g.kind, np.minimum(g.kind + 1, 4.0)], axis=1)
        log_luminosity = g.log_mass - np.log10((share * 10 ** log_mass_to_light(kinds, z[:, None])).sum(1))
        modulus = np.interp(z, self.z, self.modulus)
        v = 10 ** (0.4 * (ZERO_POINT - SUN_V - modulus) + log_luminosity.to_numpy()) * (1 + z)
        ratio = np.stack([self.fluxes(z, g.a_v.to_numpy(), kinds[:, c]) for c in range(3)], axis=1)
        variety = 10 ** (-0.4 * SED_SCATTER * rng.normal(size=(len(g), 1, len(BANDS))))
        return v[:, None, None] * share[:, :, None] * ratio * variety


def population(limit: float, z_max: float) -> Population:
    """Tabulate the population down to F160W = `limit` and up to redshift `z_max`."""
    from astropy.cosmology import Planck18

    z = np.arange(Z_MIN, z_max, 0.01)
    fluxes = flux_table(z_max)
    arcmin2 = (np.pi / 180 / 60) ** 2
    volume = Planck18.differential_comoving_volume(z).value * arcmin2 * 0.01
    modulus = Planck18.distmod(z).value
    density = volume[:, None] * mass_function(LOG_MASS + 0.025, z[:, None]) * 0.05
    ratio = np.max([fluxes(z, np.zeros_like(z), np.full_like(z, k))[:, REFERENCE] for k in range(5)], axis=0)
    lightest = np.min([log_mass_to_light(np.full_like(z, k), z) for k in range(5)], axis=0)
    floor = 0.4 * (SUN_V + modulus - limit) - np.log10((1 + z) * ratio) + lightest
    density *= floor[:, None] < LOG_MASS + 0.05
    kpc = 1 / Planck18.arcsec_per_kpc_proper(z).value
    return Population(fluxes, z, modulus, kpc, Planck18.age(z).value, np.cumsum(density), limit)


def mass_function(log_mass: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Galaxies per Mpc³ and dex of stellar mass: the continuity model of Leja et al. (2020), Appendix B.

    A double Schechter function whose parameters are parabolas through their values at z = 0.2, 1.6 and 3;
    extrapolated to z = 3.5 and, with its slope −1.48, to dwarfs.
    """
    log_phi1, log_phi2, log_star = (
        np.polyval(np.polyfit((0.2, 1.6, 3.0), values, 2), z)
        for values in ((-2.44, -3.08, -4.14), (-2.89, -3.29, -3.51), (10.79, 10.88, 10.84))
    )
    x = 10 ** (log_mass - log_star)
    return np.log(10) * np.exp(-x) * (10**log_phi1 * x ** (1 - 0.28) + 10**log_phi2 * x ** (1 - 1.48))


def quiescent_fraction(log_mass: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Share of quiescent galaxies; half at 10^10.5 M_sun today and 10^11.2 at z = 2.5 (after Muzzin et al. 2013)."""
    return 0.95 / (1 + np.exp(-(log_mass - 10.45 - 0.30 * z) / 0.28))


def log_mass_to_light(kind: np.ndarray, z: np.ndarray) -> np.ndarray:
    """log10 M/L_V [solar] of spectral type `kind`: by color, and less at high redshift, where stars are younger.

    The old types dim fastest (van Dokkum & van der Marel 2007: 0.4–0.5 dex per unit redshift in B to z = 1).
    """
    aging = np.interp(kind, (0, 2), (0.30, 0.12))
    return np.interp(kind, range(5), LOG_ML) - aging * np.minimum(z, 2.0)


def half_light_radius(bulge_fraction: np.ndarray, r_bulge: np.ndarray, r_disk: np.ndarray) -> np.ndarray:
    """Radius that holds half the light of a round n = 4 bulge plus n = 1 disk (bisection on their curves of growth)."""
    low, high = np.zeros_like(r_disk), r_bulge + r_disk
    for _ in range(30):
        r = (low + high) / 2
        inside = bulge_fraction * growth(r / r_bulge, 4) + (1 - bulge_fraction) * growth(r / r_disk, 1)
        low, high = np.where(inside < 0.5, r, low), np.where(inside < 0.5, high, r)
    return (low + high) / 2


def growth(x: np.ndarray, n: float) -> np.ndarray:
    """Share of a Sérsic profile's light within `x` half-light radii."""
    return gammainc(2 * n, gammaincinv(2 * n, 0.5) * x ** (1 / n))


def _add_stars(g: pd.DataFrame, quiescent: np.ndarray, age: np.ndarray, rng: np.random.Generator) -> None:
    """Add sSFR on the main sequence (Speagle et al. 2014, eq. 28; 0.3 dex), spectral type by sSFR, dust by mass."""
    n = len(g)
    mass = np.maximum(g.log_mass, 9.5)  # below, one sSFR for all: the slope is near 1 (Whitaker et al. 2014)
    main = (0.84 - 0.026 * age) * mass - (6.51 - 0.11 * age) - mass
    g["log_ssfr"] = np.where(quiescent, main - 1.7 + 0.3 * rng.normal(size=n), main + 0.3 * rng.normal(size=n))
    late = np.interp(g.log_ssfr, *SSFR_OF_TYPE) + 0.3 * rng.normal(size=n)
    early = 0.15 * g.z + 0.3 * np.abs(rng.normal(size=n))  # younger, and so bluer, at high redshift
    g["kind"] = np.clip(np.where(quiescent, early, late), 0, 4)
    # More dust in more massive galaxies (Garn & Best 2010); the types before Im bring some of their own.
    mean = 0.30 + 0.50 * (g.log_mass - 9.5)
    star_forming = np.minimum(g.kind / 3, 1) * np.clip(mean, 0.1, 1.5) * np.exp(0.5 * rng.normal(size=n))
    g["a_v"] = np.clip(np.where(quiescent, 0.1 * np.abs(rng.normal(size=n)), star_forming), 0, 3.5)


def _add_shape(g: pd.DataFrame, quiescent: np.ndarray, kpc: np.ndarray, rng: np.random.Generator) -> None:
    """Bulge fraction, sizes (van der Wel et al. 2014), axis ratios of randomly seen disks, clumps of late types."""
    n = len(g)
    mean = np.where(quiescent, 0.65, np.clip(0.10 + 0.15 * (g.log_mass - 9.5), 0.04, 0.45))
    g["bulge_fraction"] = rng.beta(4 * mean, 4 * (1 - mean))
    late = np.interp(g.z, SIZE_Z, LOG_SIZE_LATE) + 0.22 * (g.log_mass - 10.7) + 0.18 * rng.normal(size=n)
    # The steep relation of early types flattens below 2 × 10^10 M_sun.
    slope = 0.75 * (np.maximum(g.log_mass, 10.3) - 10.7) + 0.15 * (np.minimum(g.log_mass, 10.3) - 10.3)
    early = np.interp(g.z, SIZE_Z, LOG_SIZE_EARLY) + slope + 0.13 * rng.normal(size=n)
    g["r_half"] = 10 ** np.where(quiescent, early, late) / kpc
    compact = 10 ** rng.normal(-0.35, 0.15, n)  # bulge over disk, half-light radii
    unit = half_light_radius(g.bulge_fraction.to_numpy(), compact, np.ones(n))
    g["r_disk"] = g.r_half / unit
    g["r_bulge"] = compact * g.r_disk
    thickness = np.clip(rng.normal(0.25, 0.05, n), 0.1, 0.5)
    cosine = rng.uniform(0, 1, n)
    g["q_disk"] = np.sqrt(cosine**2 * (1 - thickness**2) + thickness**2)
    g["q_bulge"] = 1 - (1 - rng.uniform(0.6, 1, n)) * np.sqrt(1 - cosine**2)
    g["pa"] = rng.uniform(0, np.pi, n)
    # Clumps: star-forming regions with some of the disk's light (Guo et al. 2015).
    g["knot_fraction"] = np.clip((g.kind - 1) / 2, 0, 1) * rng.uniform(0, 0.15, n)
