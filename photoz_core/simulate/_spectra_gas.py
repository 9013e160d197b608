"""Emission lines of H II regions and active nuclei, with ratios where observed galaxies have them."""

import numpy as np

from photoz_core.simulate._spectra_stars import INSTRUMENT, LIGHT
from photoz_core.spectra import Grid

REACH = 12  # pixels on each side of a line; beyond 11 σ of the widest
# Line: vacuum wavelength [Å] and its share of the group below
GROUPS = {
    "Halpha": ((6564.61, 1.0),),
    "Hbeta": ((4862.68, 1.0),),
    "Hgamma": ((4341.68, 1.0),),
    "Hdelta": ((4102.89, 1.0),),
    "OII": ((3727.09, 0.42), (3729.88, 0.58)),
    "NeIII": ((3869.86, 0.77), (3968.59, 0.23)),
    "OIII": ((5008.24, 0.749), (4960.30, 0.251)),
    "HeI": ((5877.25, 1.0),),
    "OI": ((6302.05, 0.76), (6365.54, 0.24)),
    "NII": ((6585.27, 0.75), (6549.85, 0.25)),
    "SII": ((6718.29, 0.57), (6732.67, 0.43)),
}
CASE_B = {"Hbeta": 1 / 2.86, "Hgamma": 0.468 / 2.86, "Hdelta": 0.259 / 2.86}  # Osterbrock & Ferland 2006, 10⁴ K


def line_ratios(oxygen: np.ndarray, agn: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Flux (N,) of each of `GROUPS` over Hα, before dust.

    H II regions: [N II] by 12 + log O/H (Pettini & Pagel 2004, N2), [O III]/Hβ on the star-forming sequence of Kewley
    et al. (2013, z = 0), [O II] by O/H (Kewley, Geller & Jansen 2004). Nuclei: uniform above the maximum starburst of
    Kewley et al. (2001). [S II], [O I], [Ne III] and He I are typical values.

    Parameters
    ----------
    oxygen : (N,)
        12 + log O/H, 8.0 to 8.7.
    agn : (N,) bool
    """
    count = len(oxygen)
    n2 = (oxygen - 8.90) / 0.57 + rng.normal(0, 0.06, count)
    o3 = 0.61 / (np.minimum(n2, -0.3) + 0.08) + 1.1 + rng.normal(0, 0.06, count)
    n2 = np.where(agn, rng.uniform(-0.15, 0.3, count), n2)
    o3 = np.where(agn, rng.uniform(0.3, 1.0, count) + 0.25 * np.maximum(n2, 0), o3)
    o2 = np.where(agn, 10 ** rng.normal(0.1, 0.15, count), (16.73 - 1.75 * oxygen) * 10 ** rng.normal(0, 0.1, count))
    s2 = np.where(agn, -0.15, -0.5 + 0.3 * (n2 + 0.5)) + rng.normal(0, 0.07, count)
    oxygen3 = 10**o3 * CASE_B["Hbeta"]
    return {
        "Halpha": np.ones(count),
        **{name: np.full(count, value) for name, value in CASE_B.items()},
        "OII": o2,
        "NeIII": oxygen3 * np.where(agn, 0.12, 0.09),
        "OIII": oxygen3,
        "HeI": np.full(count, 0.04),
        "OI": 10 ** (np.where(agn, -0.75, -1.5) + rng.normal(0, 0.1, count)),
        "NII": 10**n2,
        "SII": 10**s2,
    }


def add_lines(
    flux: np.ndarray, grid: Grid, halpha: np.ndarray, ratios: dict[str, np.ndarray], dust, sigma: np.ndarray
) -> None:
    """Add Gaussian emission lines to `flux` (N, L) in place, as means over each pixel.

    Parameters
    ----------
    halpha : (N,)
        Flux of Hα before dust [unit of `flux` × Å].
    dust : callable
        Wavelength [Å] → transmission (N,).
    sigma : (N,) [km/s]
        Of the gas; the instrument's is added.
    """
    from scipy.special import ndtr

    edges, width = grid.edges, np.hypot(sigma, INSTRUMENT)[:, None] / LIGHT
    for name, lines in GROUPS.items():
        for center, share in lines:
            pixel = round((np.log10(center) - grid.start) / grid.step)
            low, high = max(pixel - REACH, 0), min(pixel + REACH + 1, grid.count)
            if low >= high:
                continue
            around = edges[low : high + 1]
            part = np.diff(ndtr((around - center) / (width * center)), axis=1) / np.diff(around)
            flux[:, low:high] += (halpha * ratios[name] * share * dust(center))[:, None] * part
