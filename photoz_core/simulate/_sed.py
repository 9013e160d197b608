"""Broad-band fluxes of galaxy templates: SED × dust × intergalactic hydrogen × bandpass, tabulated once."""

from dataclasses import dataclass

import numpy as np

BANDPASSES = {
    "F606W": "ACS_wfc_F606W.dat",
    "F814W": "ACS_wfc_F814W.dat",
    "F125W": "WFC3_ir_F125W.dat",
    "F160W": "WFC3_ir_F160W.dat",
}
BANDS = tuple(BANDPASSES)
ZERO_POINT = 23.9  # AB magnitude of 1 µJy
# Spectral type 0…4: a CWW template and the attenuation taken off it. Type 4 stands for the starbursts that Coleman,
# Wu & Weedman (1980) lack: Im without 0.7 mag of its dust has an ultraviolet slope β ≈ −2.2, as are the blue
# galaxies at z > 2.
TEMPLATES = (("CWW_E_ext", 0.0), ("CWW_Sbc_ext", 0.0), ("CWW_Scd_ext", 0.0), ("CWW_Im_ext", 0.0), ("CWW_Im_ext", 0.7))
NORM = 550.0  # rest wavelength [nm] at which every template has unit f_ν: V
A_V_MAX = 4.0
LYMAN = ((121.567, 0.0036), (102.572, 0.0017), (97.254, 0.0012), (94.974, 0.00093))  # Madau 1995: λ [nm], A


@dataclass(frozen=True)
class FluxTable:
    """f_ν of the templates through the bands, relative to the unreddened f_ν at rest 5500 Å.

    Parameters
    ----------
    z : (nz,) and a_v : (na,) [mag]
        The grid, evenly spaced from 0.
    log_ratio : (nz, na, templates, bands)
        Natural logarithm: a reddened flux is nearly exponential in A_V.
    """

    z: np.ndarray
    a_v: np.ndarray
    log_ratio: np.ndarray

    def __call__(self, z: np.ndarray, a_v: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """Ratio (n, 4 bands) at redshift `z`, attenuation `a_v` [mag] and spectral type `kind` in [0, 4], all (n,)."""
        i, u = _cell(z, self.z)
        j, v = _cell(a_v, self.a_v)
        k, w = _cell(kind, np.arange(len(TEMPLATES)))
        u, v, w = u[:, None], v[:, None], w[:, None]

        def template(k):
            low = (1 - v) * self.log_ratio[i, j, k] + v * self.log_ratio[i, j + 1, k]
            high = (1 - v) * self.log_ratio[i + 1, j, k] + v * self.log_ratio[i + 1, j + 1, k]
            return np.exp((1 - u) * low + u * high)

        return (1 - w) * template(k) + w * template(k + 1)


def flux_table(z_max: float, z_step: float = 0.01, a_v_step: float = 0.5) -> FluxTable:
    """Tabulate the CWW templates (extended by Bolzonella et al. 2000, as GalSim ships them) through the four HST bands.

    The mean f_ν is weighted by photons, ∫ f_ν T dλ/λ / ∫ T dλ/λ, so that −2.5 log10 of it is an AB magnitude.
    """
    import galsim

    z = np.arange(0, z_max + 2 * z_step, z_step)
    a_v = np.arange(0, A_V_MAX + a_v_step, a_v_step)
    seds = [galsim.SED(f"{name}.sed", wave_type="Ang", flux_type="flambda") for name, _ in TEMPLATES]
    ratio = np.empty((len(z), len(a_v), len(TEMPLATES), len(BANDS)))
    for b, name in enumerate(BANDPASSES.values()):
        band = galsim.Bandpass(name, wave_type="nm")
        wave = np.union1d(band.wave_list, np.arange(band.blue_limit, band.red_limit, 2.0))
        weight = np.gradient(wave) * band(wave) / wave
        rest = wave / (1 + z[:, None])
        curve = calzetti(rest)
        seen = lyman_transmission(wave, z[:, None]) * weight / weight.sum()
        dust = np.exp(-0.4 * np.log(10) * a_v[:, None, None] * curve) * seen
        for t, (sed, (_, cleared)) in enumerate(zip(seds, TEMPLATES, strict=True)):
            f_nu = sed(rest) * rest / (sed(NORM) * NORM) * 10 ** (0.4 * cleared * (curve - 1))
            ratio[:, :, t, b] = np.einsum("azw,zw->za", dust, f_nu)
    return FluxTable(z, a_v, np.log(ratio))


def calzetti(wave: np.ndarray) -> np.ndarray:
    """A(λ)/A_V of Calzetti et al. (2000), eq. 4, R_V = 4.05, held at its 120 nm value below; `wave` [nm], ≤ 2200."""
    x = 1000 / np.maximum(wave, 120.0)  # 1/µm
    blue = 2.659 * (-2.156 + 1.509 * x - 0.198 * x**2 + 0.011 * x**3) + 4.05
    red = 2.659 * (-1.857 + 1.040 * x) + 4.05
    return np.where(wave < 630, blue, red) / 4.05


def lyman_transmission(wave: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Mean transmission of the Lyman-series forest at observed `wave` [nm] (Madau 1995, eq. 12 and 15).

    The continuum edge is left out: it enters F606W only beyond z = 4.
    """
    depth = sum(a * (wave / line) ** 3.46 * (wave < line * (1 + z)) for line, a in LYMAN)
    return np.exp(-depth)


def _cell(value: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower index and fraction of `value` in the even `grid`, held at its ends."""
    position = np.clip((np.asarray(value) - grid[0]) / (grid[1] - grid[0]), 0, len(grid) - 1)
    index = np.minimum(position.astype(int), len(grid) - 2)
    return index, position - index
