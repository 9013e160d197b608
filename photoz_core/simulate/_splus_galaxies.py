"""Galaxies of the S-PLUS mock: the population of candels-mock nearby, limited in r, through the twelve bands."""

import numpy as np
import pandas as pd

from photoz_core.simulate._population import (
    LOG_MASS,
    SED_SCATTER,
    SUN_V,
    Population,
    log_mass_to_light,
    mass_function,
)
from photoz_core.simulate._sed import A_V_MAX, NORM, TEMPLATES, ZERO_POINT, FluxTable, calzetti
from photoz_core.simulate._splus_bands import REFERENCE, WAVE, band_weights

Z_RANGE = (0.005, 0.5)
Z_STEP = 0.005


class NearbyGalaxies(Population):
    """Galaxies to z = 0.5, drawn by their true total r magnitude; `limit` is the faintest."""

    def draw(self, n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
        """Draw `n` galaxies brighter than the limit.

        Returns
        -------
        galaxies : DataFrame (n rows)
            z, log_mass, kind, a_v, bulge_fraction, r_half, r_bulge, r_disk [arcsec], q_bulge, q_disk, pa [rad] …
        flux : (n, 2, 12) [µJy]
            Total flux of bulge and disk in each band.
        """
        kept, total = [], 0
        while total < n:
            galaxies = self._propose(2 * (n - total) + 100, rng)
            flux = self._flux(galaxies, rng)
            bright = flux[:, :, REFERENCE].sum(axis=1) > 10 ** (0.4 * (ZERO_POINT - self.limit))
            kept.append((galaxies[bright], flux[bright]))
            total += bright.sum()
        galaxies = pd.concat([part for part, _ in kept], ignore_index=True)[:n]
        return galaxies, np.concatenate([part for _, part in kept])[:n]

    def _flux(self, g: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        z, bulge = g.z.to_numpy(), g.bulge_fraction.to_numpy()
        share = np.stack([bulge, 1 - bulge], axis=1)
        kinds = np.stack([0.4 * g.kind, g.kind], axis=1)
        log_luminosity = g.log_mass - np.log10((share * 10 ** log_mass_to_light(kinds, z[:, None])).sum(1))
        modulus = np.interp(z, self.z, self.modulus)
        v = 10 ** (0.4 * (ZERO_POINT - SUN_V - modulus) + log_luminosity.to_numpy()) * (1 + z)
        ratio = np.stack([self.fluxes(z, g.a_v.to_numpy(), kinds[:, c]) for c in range(2)], axis=1)
        variety = 10 ** (-0.4 * SED_SCATTER * rng.normal(size=(len(g), 1, ratio.shape[2])))
        return v[:, None, None] * share[:, :, None] * ratio * variety


def nearby_galaxies(limit: float) -> NearbyGalaxies:
    """Tabulate the galaxies with r brighter than `limit`."""
    from astropy.cosmology import Planck18

    z = np.arange(*Z_RANGE, Z_STEP)
    fluxes = splus_table(Z_RANGE[1])
    modulus = Planck18.distmod(z).value
    density = Planck18.differential_comoving_volume(z).value[:, None] * mass_function(LOG_MASS + 0.025, z[:, None])
    ratio = np.max([fluxes(z, np.zeros_like(z), np.full_like(z, k))[:, REFERENCE] for k in range(5)], axis=0)
    lightest = np.min([log_mass_to_light(np.full_like(z, k), z) for k in range(5)], axis=0)
    floor = 0.4 * (SUN_V + modulus - limit) - np.log10((1 + z) * ratio) + lightest
    density *= floor[:, None] < LOG_MASS + 0.05
    kpc = 1 / Planck18.arcsec_per_kpc_proper(z).value
    return NearbyGalaxies(fluxes, z, modulus, kpc, Planck18.age(z).value, np.cumsum(density), limit)


def splus_table(z_max: float, a_v_step: float = 0.5) -> FluxTable:
    """Tabulate the CWW templates through the twelve bands, relative to the unreddened f_ν at rest 5500 Å."""
    import galsim

    z = np.arange(0, z_max + 2 * Z_STEP, Z_STEP)
    a_v = np.arange(0, A_V_MAX + a_v_step, a_v_step)
    rest = WAVE / 10 / (1 + z[:, None])
    curve = calzetti(rest)
    dust = np.exp(-0.4 * np.log(10) * a_v[:, None, None] * curve)
    ratio = np.empty((len(z), len(a_v), len(TEMPLATES), band_weights().shape[1]))
    for t, (name, cleared) in enumerate(TEMPLATES):
        sed = galsim.SED(f"{name}.sed", wave_type="Ang", flux_type="flambda")
        f_nu = sed(rest) * rest / (sed(NORM) * NORM) * 10 ** (0.4 * cleared * (curve - 1))
        ratio[:, :, t] = np.swapaxes((dust * f_nu) @ band_weights(), 0, 1)
    return FluxTable(z, a_v, np.log(ratio))
