"""Which objects of one dataset are in another: by id, and by position in the sky."""

import numpy as np

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError

RADIUS = 1.0  # arcsec


def shared(
    ids, ra, dec, other_ids, other_ra, other_dec, radius_arcsec: float = RADIUS
) -> tuple[np.ndarray, np.ndarray]:
    """Which of N objects are among M others.

    Parameters
    ----------
    ids, other_ids : (N,), (M,) of str
    ra, dec, other_ra, other_dec : (N,), (N,), (M,), (M,) [deg]
        NaN, or a declination beyond ±90°, is an unknown position and matches nothing.
    radius_arcsec : float
        Objects that are not farther apart are the same.

    Returns
    -------
    by_id, by_position : (N,) bool

    Raises
    ------
    PhotozError
        If lengths differ, or the radius is no number from 0 on.
    """
    if not 0 <= radius_arcsec < np.inf:
        raise PhotozError(f"--radius {radius_arcsec}: give arcsec, from 0 on")
    ids, other_ids = np.asarray(ids, str), np.asarray(other_ids, str)
    sky, other = _sky(ra, dec, len(ids)), _sky(other_ra, other_dec, len(other_ids))
    by_position = np.zeros(len(ids), bool)
    here, there = np.isfinite(sky).all(axis=0), np.isfinite(other).all(axis=0)
    if here.any() and there.any():
        from astropy.coordinates import SkyCoord

        known = SkyCoord(*other[:, there], unit="deg")
        distance = SkyCoord(*sky[:, here], unit="deg").match_to_catalog_sky(known)[1]
        by_position[here] = distance.arcsec <= radius_arcsec
    return np.isin(ids, other_ids), by_position


def leaked(
    child: Dataset, parent: Dataset, rows: np.ndarray | None = None, radius_arcsec: float = RADIUS
) -> np.ndarray:
    """Row numbers (M,) of `child` whose objects `parent` contains, by id or by position.

    Parameters
    ----------
    rows : (K,) int or (len(parent),) bool, optional
        The parent's rows that count, all by default.
    radius_arcsec : float
        As in `shared`. A dataset without the columns `ra` and `dec` is compared by id alone.
    """
    others = [values if rows is None else values[rows] for values in named_positions(parent)]
    by_id, by_position = shared(*named_positions(child), *others, radius_arcsec)
    return np.flatnonzero(by_id | by_position)


def named_positions(dataset: Dataset) -> list[np.ndarray]:
    """Ids, right ascensions and declinations (N,) of a dataset, NaN where it has none."""
    has = {"ra", "dec"} <= set(dataset.catalog)
    unknown = np.full(len(dataset), np.nan)
    return [dataset.object_id, *(dataset.column(name) if has else unknown for name in ("ra", "dec"))]


def _sky(ra, dec, count: int) -> np.ndarray:
    """Positions (2, N) [deg], NaN where one is unknown."""
    sky = np.array([np.asarray(ra, float), np.asarray(dec, float)])
    if sky.shape != (2, count):
        raise PhotozError(f"{count} ids, but positions of shape {sky.shape[1:]}; give one for each")
    return np.where(np.isfinite(sky).all(axis=0) & (np.abs(sky[1]) <= 90), sky, np.nan)
