"""The mock survey: five fields, their depth, who gets a spectrum, and the catalog that an observer would write."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from threadpoolctl import threadpool_limits

from photoz_core.simulate._draw import PIXEL_SCALE, Camera, camera
from photoz_core.simulate._measure import DETECTION, Photometer, photometer
from photoz_core.simulate._population import Population, population
from photoz_core.simulate._sed import BANDS, ZERO_POINT

FIELDS = {  # name: center [deg], those of the CANDELS fields
    "COSMOS": (150.12, 2.30),
    "EGS": (214.83, 52.83),
    "GOODS-N": (189.23, 62.24),
    "GOODS-S": (53.12, -27.81),
    "UDS": (34.41, -5.20),
}
DEPTH_RADIUS = 0.17  # arcsec; CANDELS quotes depths in an aperture of this radius (Guo et al. 2013)
LABEL_WIDTH = 0.8  # mag; how softly spectroscopy fades with magnitude
Z_SPEC_ERROR = 0.0005  # per 1 + z


@dataclass(frozen=True)
class Survey:
    """All that a process needs to observe a chunk of galaxies.

    Parameters
    ----------
    depth : (5 fields, 4 bands)
        5σ limiting AB magnitudes in apertures of `DEPTH_RADIUS`.
    side : float
        Side of each (square) field [deg], so that the surface density is that of the population.
    label_half : float
        F160W magnitude at which half of the galaxies have a spectrum.
    """

    seed: int
    population: Population
    camera: Camera
    photometer: Photometer
    depth: np.ndarray
    side: float
    label_half: float

    def observe(self, rows: range) -> tuple[pd.DataFrame, np.ndarray]:
        """Catalog of the objects `rows` and their images (n, 4, stamp, stamp) float16 [µJy/pixel].

        The random numbers depend on the seed and the first row alone. Matrix products are too small to share out: a
        second thread in each of several processes slows them threefold.
        """
        with threadpool_limits(1):
            return self._observe(rows)

    def _observe(self, rows: range) -> tuple[pd.DataFrame, np.ndarray]:
        rng = np.random.default_rng([self.seed, 1, rows.start])
        galaxies, flux = self.population.draw(len(rows), rng)
        field = rng.integers(0, len(FIELDS), len(rows))
        noise = pixel_noise(self.depth[field])
        image = self.camera.draw(galaxies, flux, rng)
        image += noise[:, :, None, None].astype(np.float32) * rng.standard_normal(image.shape, np.float32)
        measured = self.photometer.measure(image, noise)
        catalog = pd.DataFrame({"object_id": [f"mock-{row:07d}" for row in rows]})
        catalog = catalog.join([self._position(field, rng), self._redshift(galaxies, flux, rng), photometry(measured)])
        return catalog.join(truth(galaxies, flux)), image.astype(np.float16)

    def _position(self, field: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
        center = np.array(list(FIELDS.values()))[field]
        offset = self.side * rng.uniform(-0.5, 0.5, center.shape)
        dec = center[:, 1] + offset[:, 1]
        ra = center[:, 0] + offset[:, 0] / np.cos(np.radians(center[:, 1]))
        return pd.DataFrame({"field": np.array(list(FIELDS))[field], "ra": ra, "dec": dec})

    def _redshift(self, galaxies: pd.DataFrame, flux: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
        z = galaxies.z.to_numpy()
        z_spec = z + Z_SPEC_ERROR * (1 + z) * rng.normal(size=len(z))
        labelled = rng.uniform(size=len(z)) < label_probability(total_magnitude(flux), self.label_half)
        return pd.DataFrame({"z_spec": np.where(labelled, z_spec, np.nan), "log_ssfr": galaxies.log_ssfr})


def survey(config) -> Survey:
    """Compute once what all chunks of a simulation with these options share."""
    rng = np.random.default_rng([config.seed, 0])
    people = population(config.mag_limit, config.z_max)
    view = camera(config.stamp)
    depth = np.array(config.depth) + config.depth_scatter * rng.normal(size=(len(FIELDS), len(BANDS)))
    side = np.sqrt(config.n / people.density(rng) / len(FIELDS)) / 60
    magnitude = total_magnitude(people.draw(20000, rng)[1])
    half = brentq(lambda m: label_probability(magnitude, m).mean() - config.label_share, -50, 100)
    return Survey(config.seed, people, view, photometer(view), depth, side, half)


def pixel_noise(depth: np.ndarray) -> np.ndarray:
    """Standard deviation of a pixel [µJy] where `depth` is the 5σ limit [mag] in an aperture of `DEPTH_RADIUS`."""
    pixels = np.pi * (DEPTH_RADIUS / PIXEL_SCALE) ** 2
    return 10 ** (0.4 * (ZERO_POINT - depth)) / 5 / np.sqrt(pixels)


def label_probability(magnitude: np.ndarray, half: float) -> np.ndarray:
    """Chance that a galaxy of this F160W magnitude has a spectroscopic redshift: it fades around `half`."""
    return 1 / (1 + np.exp((magnitude - half) / LABEL_WIDTH))


def total_magnitude(flux: np.ndarray, band: int = DETECTION) -> np.ndarray:
    """True AB magnitude (n,) of all components of `flux` (n, 3, 4) [µJy] in a band."""
    return ZERO_POINT - 2.5 * np.log10(flux[:, :, band].sum(axis=1))


def photometry(measured: dict[str, np.ndarray]) -> pd.DataFrame:
    """Magnitudes, errors, colors, FWHM and flags; NaN where the flux is below 1σ, and flag bit 1 set."""
    flux, error = measured["flux"], measured["error"]
    seen = flux > np.maximum(error, 0)
    magnitude = ZERO_POINT - 2.5 * np.log10(flux, where=seen, out=np.full(flux.shape, np.nan))
    columns = {}
    for b, band in enumerate(BANDS):
        columns[f"mag_{band}"] = magnitude[:, b]
        columns[f"mag_err_{band}"] = np.where(seen[:, b], 2.5 / np.log(10) * error[:, b] / flux[:, b], np.nan)
    for b, (blue, red) in enumerate(pairwise(BANDS)):
        columns[f"color_{blue}_{red}"] = magnitude[:, b] - magnitude[:, b + 1]
    columns["fwhm"] = measured["fwhm"]
    columns["flags"] = (~seen).any(axis=1) + 2 * measured["extended"]
    return pd.DataFrame(columns)


def truth(galaxies: pd.DataFrame, flux: np.ndarray) -> pd.DataFrame:
    """What only a simulation knows."""
    columns = {"true_z": galaxies.z}
    columns |= {f"true_mag_{band}": total_magnitude(flux, b) for b, band in enumerate(BANDS)}
    names = {"log_mass": "log_mass", "re": "r_half", "bulge_fraction": "bulge_fraction", "type": "kind", "av": "a_v"}
    return pd.DataFrame(columns | {f"true_{name}": galaxies[source] for name, source in names.items()})
