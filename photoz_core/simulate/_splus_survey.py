"""The S-PLUS mock as an observer sees it: fields with their seeing, who is in them, photometry and stamps."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from photoz_core.errors import PhotozError
from photoz_core.simulate._sed import ZERO_POINT
from photoz_core.simulate._splus_bands import BANDS, FLOOR, REFERENCE, STAMP, flux_error, magnitudes
from photoz_core.simulate._splus_galaxies import NearbyGalaxies, nearby_galaxies
from photoz_core.simulate._splus_quasars import draw_quasars
from photoz_core.simulate._splus_roles import CLASSES, LIMIT, ROLES, SHARES
from photoz_core.simulate._splus_stamps import DETECTION, SHOWN, color, draw, observe, shapes
from photoz_core.simulate._splus_stars import draw_stars

BRIGHT = 14.0  # brightest r of a point source: S-PLUS saturates near
# Growth of the counts with magnitude, dex/mag: stars far from the plane, quasars brighter than their break; assumed.
SLOPES = {"star": 0.2, "quasar": 0.7}
Z_ERROR = 0.0005  # of z_spec, per 1 + z
GOLDEN = (np.sqrt(5) - 1) / 2
FIELDS, ROWS, SIDE = 168, 2, 1.4  # tiles of the celestial equator, in two rows, and their side [deg]: Stripe 82
CELL, JITTER = 8.0, 2.9  # arcsec: one object a cell, at most so far from its center, so that 2.2″ are between any two
ALONG = int(SIDE * 3600 / CELL)  # cells along a side of a tile
PER_FIELD = ALONG * ALONG // len(ROLES)  # cells of a role in a tile
AT_LEAST, AT_ONCE = 8, 1000  # objects tried at once: for a row, and for all that wait
MOST_TRIED = 5000  # objects tried for one with errors small enough
PER_OBJECT = 0.03  # scatter of the seeing within a field

SHAPE = ["r_bulge", "r_disk", "q_bulge", "q_disk", "pa"]
TRUTH = ["true_class", "true_kind", "true_z", "true_teff", "true_metals", "true_re", "true_bulge_fraction"]
OBJECT = TRUTH + SHAPE


@dataclass(frozen=True)
class Survey:
    """All that a process needs to observe a chunk of objects.

    Parameters
    ----------
    config : Config
        Of `photoz_core.simulate.splus`.
    galaxies : NearbyGalaxies
    seeing : (FIELDS,) [arcsec]
        Median FWHM of the PSF in each field.
    """

    config: object
    galaxies: NearbyGalaxies
    seeing: np.ndarray

    def observe(self, task: tuple[range, np.ndarray]) -> tuple[pd.DataFrame, np.ndarray, int]:
        """Catalog of the objects `task[0]` in the sky's cells `task[1]`, their images (n, 3, 32, 32), objects tried.

        The random numbers depend on seed, role and first row alone.
        """
        with threadpool_limits(1):
            return self._observe(*task)

    def _observe(self, rows: range, cells: np.ndarray) -> tuple[pd.DataFrame, np.ndarray, int]:
        role = ROLES.index(self.config.role)
        rng = np.random.default_rng([self.config.seed, 1, role, rows.start])
        where = positions(cells, role, rng)
        seeing = self.seeing[cells // PER_FIELD] * rng.normal(1, PER_OBJECT, len(rows))
        objects, parts, measured, tried = self._select(rows, seeing, rng)
        image = observe(self._image(objects, parts, seeing, rng), self.config.depth, rng)
        fwhm, ellipticity = shapes(image[:, DETECTION])
        labelled = self.config.role != "pretext"
        z = objects["true_z"] + Z_ERROR * (1 + objects["true_z"]) * rng.normal(size=len(rows))
        catalog = pd.DataFrame({"object_id": [f"{self.config.role}-{row:07d}" for row in rows]}).join(where)
        catalog["class"] = objects["true_class"] if labelled else ""
        catalog["z_spec"] = z if labelled else np.nan
        catalog = catalog.join(measured).assign(fwhm=fwhm, ellipticity=ellipticity)
        kept = [name for name in objects if name.startswith("true_")]
        return catalog.join(objects[kept].assign(true_seeing=seeing)), color(image), tried

    def _select(self, rows: range, seeing: np.ndarray, rng: np.random.Generator) -> tuple:
        """Objects, their parts' fluxes, their photometry, and how many objects were tried to find them."""
        if self.config.role == "pretext":
            return self._search(seeing, rng)
        level = (np.array(rows) + 0.5) * GOLDEN % 1  # even in any stretch of rows, so that the shares are met
        objects, parts = self._propose(classes(level, SHARES[self.config.role]), rng)
        return objects, parts, self._measure(objects, parts, seeing, rng)[0], len(rows)

    def _search(self, seeing: np.ndarray, rng: np.random.Generator) -> tuple:
        """As `_select`, for each row the first object that has all errors small enough."""
        waiting, found, tried = np.arange(len(seeing)), [], 0
        while len(waiting):
            count = max(AT_LEAST, AT_ONCE // len(waiting))
            rows = np.repeat(waiting, count)
            objects, parts = self._propose(classes(rng.uniform(size=len(rows)), self.config.shares), rng)
            measured, worst = self._measure(objects, parts, seeing[rows], rng)
            good = (worst <= self.config.max_error).reshape(-1, count)
            first, done = good.argmax(axis=1), good.any(axis=1)
            tried += np.where(done, first + 1, count).sum()
            chosen = (np.arange(len(waiting)) * count + first)[done]
            found.append((waiting[done], objects.iloc[chosen], measured.iloc[chosen], parts[chosen]))
            waiting = waiting[~done]
            if tried > MOST_TRIED * len(seeing):
                raise PhotozError(
                    f"simulation of S-PLUS: only {len(seeing) - len(waiting)} of {tried} objects have every magnitude "
                    "error within option 'max_error'; raise it or 'depth', or ask for more stars in 'shares'"
                )
        order = np.argsort(np.concatenate([item[0] for item in found]))
        objects, measured = (pd.concat([item[i] for item in found]).iloc[order].reset_index(drop=True) for i in (1, 2))
        return objects, np.concatenate([item[3] for item in found])[order], measured, int(tried)

    def _propose(self, kinds: np.ndarray, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
        """Objects of `kinds` (n,), numbers in `CLASSES`, and their parts' fluxes (n, 2, 12) [µJy]."""
        parts, frames = np.zeros((len(kinds), 2, len(BANDS))), []
        for number, name in enumerate(CLASSES):
            rows = np.flatnonzero(kinds == number)
            if not len(rows):
                continue
            if name == "galaxy":
                frame, parts[rows] = self.galaxies.draw(len(rows), rng)
                named = {"z": "true_z", "r_half": "true_re", "bulge_fraction": "true_bulge_fraction"}
                frame = frame.rename(columns=named).assign(
                    true_kind=np.where(frame.kind < 0.8, "early type", "late type")
                )
            else:
                frame, flux = (draw_stars if name == "star" else draw_quasars)(len(rows), rng)
                magnitude = counts(SLOPES[name], LIMIT[self.config.role], len(rows), rng)
                parts[rows, 0] = flux * (10 ** (0.4 * (ZERO_POINT - magnitude)) / flux[:, REFERENCE])[:, None]
            frames.append(frame.set_index(rows).assign(true_class=name))
        objects = pd.concat(frames).sort_index().reindex(columns=OBJECT)
        return objects.assign(true_mag_r=ZERO_POINT - 2.5 * np.log10(parts[:, :, REFERENCE].sum(axis=1))), parts

    def _measure(self, objects, parts, seeing, rng) -> tuple[pd.DataFrame, np.ndarray]:
        """Magnitudes, errors and colors of objects, and the largest error (n,), infinite where a band is not seen."""
        size = np.hypot(seeing, 2 * objects["true_re"].fillna(0).to_numpy())
        flux, error = parts.sum(axis=1), flux_error(self.config.depth, size)
        flux += np.hypot(error, FLOOR * np.log(10) / 2.5 * flux) * rng.normal(size=flux.shape)
        magnitude, sigma = magnitudes(flux, error)
        columns = {f"mag_{band}": magnitude[:, b] for b, band in enumerate(BANDS)}
        columns |= {f"mag_err_{band}": sigma[:, b] for b, band in enumerate(BANDS)}
        columns |= {f"color_{a}_{b}": columns[f"mag_{a}"] - columns[f"mag_{b}"] for a, b in pairwise(BANDS)}
        return pd.DataFrame(columns), np.nan_to_num(sigma, nan=np.inf).max(axis=1)

    def _image(self, objects, parts, seeing, rng) -> np.ndarray:
        extended = (objects["true_class"] == "galaxy").to_numpy()
        image = np.empty((len(objects), len(SHOWN), STAMP, STAMP), np.float32)
        for rows, kinds in ((extended, objects[extended]), (~extended, None)):
            if rows.any():
                flux = parts[rows][:, :, SHOWN] if kinds is not None else parts[rows][:, :1, SHOWN]
                image[rows] = draw(kinds, flux, seeing[rows], rng)
        return image


def survey(config) -> Survey:
    """Compute once what all chunks of a simulation with these options share."""
    low, high = config.seeing_range
    rng = np.random.default_rng([config.seed, 0])  # not of the role: a field has its seeing whatever is looked at
    seeing = low + (high - low) * rng.beta(2, 2, FIELDS)
    return Survey(config, nearby_galaxies(LIMIT[config.role]), seeing)


def cells(config) -> np.ndarray:
    """Cells (n,) of the sky, no two alike, among those of the role."""
    role = ROLES.index(config.role)
    rng = np.random.default_rng([config.seed, 2, role])
    return rng.choice(FIELDS * PER_FIELD, config.n, replace=False)


def positions(cells: np.ndarray, role: int, rng: np.random.Generator) -> pd.DataFrame:
    """field, ra, dec [deg] within `cells` (n,) of a role: every third column of a field's cells is that role's."""
    field, cell = np.divmod(cells, PER_FIELD)
    column, row = np.divmod(cell, ALONG)
    index = np.stack([column * len(ROLES) + role, row], axis=1) + 0.5
    offset = (index * CELL + rng.uniform(-JITTER, JITTER, index.shape)) / 3600
    corner = np.stack(np.divmod(field, ROWS), axis=1) * SIDE - np.array([FIELDS / ROWS / 2, ROWS / 2]) * SIDE
    ra, dec = (corner + offset).T
    return pd.DataFrame({"field": [f"STRIPE82-{number + 1:04d}" for number in field], "ra": ra % 360, "dec": dec})


def classes(level: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Number of the class (n,) in which `level` (n,) of [0, 1) falls, by the classes' `shares`."""
    return np.searchsorted(np.cumsum(shares)[:-1], level, side="right")


def counts(slope: float, limit: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Magnitudes (n,) from `BRIGHT` to `limit` whose counts grow by `slope` [dex/mag]."""
    low, high = 10 ** (slope * BRIGHT), 10 ** (slope * limit)
    return np.log10(low + (high - low) * rng.uniform(size=n)) / slope
