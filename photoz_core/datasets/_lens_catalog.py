"""The catalog of a lens-finding challenge: Einstein radii from areas, what is a lens, and rows matched with images."""

from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.datasets._catalog import open_maybe_compressed, reading
from photoz_core.datasets._mapping import near
from photoz_core.datasets._photometry import clean
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

ARCSEC = 180 / np.pi * 3600  # in a radian
LARGEST = 3600.0  # arcsec: no galaxy or cluster has a larger Einstein radius
SHOWN = 5  # ids a note names
TRUTHS = {
    "z_lens": Column("z lens", "", "redshift of the lens, simulated", "redshift", truth=True),
    "z_source": Column("z source", "", "redshift of the source, simulated", "redshift", truth=True),
    "mag_eff": Column("magnification", "", "effective magnification of the source, simulated", truth=True),
    "n_source_im": Column("images", "", "number of images of the source, simulated", truth=True),
    "n_pix_source": Column("source pixels", "", "pixels in which the source shows, simulated", truth=True),
}


def einstein_radius(area: np.ndarray) -> np.ndarray:
    """Radius √(area / π) [arcsec] of the circle with the area within the critical curve (N,) [rad²].

    Notebooks of the challenge's users leave π out and so have radii 1.77 times too large.

    >>> float(einstein_radius(np.pi * (1.5 / ARCSEC) ** 2).round(12))
    1.5
    """
    return ARCSEC * np.sqrt(area / np.pi)


def read_challenge(path: Path) -> pd.DataFrame:
    """Rows of a challenge's catalog under their integer `ID`.

    The file is a CSV with comment lines before the header; its rows may begin with a number that has no name there.

    Raises
    ------
    PhotozError
        If it cannot be read, has no column ID, or an ID that is no whole number or occurs twice.
    """
    with reading(path), open_maybe_compressed(path) as file:
        frame = pd.read_csv(file, comment="#", skipinitialspace=True, encoding="utf-8-sig")
    frame.columns = [str(name).strip() for name in frame.columns]
    if "ID" not in frame:
        raise PhotozError(f"{path}: no column 'ID'; {near('ID', frame)}")
    ids = pd.to_numeric(frame["ID"], errors="coerce").to_numpy(float)
    if (bad := np.flatnonzero(~(np.isfinite(ids) & (ids == np.floor(ids))))).size:
        raise PhotozError(f"{path}: ID {frame['ID'].iloc[bad[0]]!r} in row {bad[0]} is no whole number")
    ids = ids.astype(np.int64)
    if repeated := sorted(set(ids[pd.Series(ids).duplicated()].tolist())):
        rows = np.flatnonzero(ids == repeated[0]).tolist()
        raise PhotozError(f"{path}: {len(repeated)} IDs occur twice, e.g. {repeated[0]} in rows {rows}; keep one each")
    return frame.set_index(ids)


def match_challenge(path: Path, ids: np.ndarray, area_column: str, report: Report) -> tuple[pd.DataFrame, dict]:
    """What the catalog `path` knows about images with these `ids` (N,) int.

    Returns
    -------
    known : DataFrame
        (N rows) `theta_E` [arcsec], NaN where there is no area; of `TRUTHS` those there are; `kind`, "" if unknown.
    columns : dict
        Of the truths among them.

    Raises
    ------
    PhotozError
        Without the column of areas, without a single match, or if radii are too large for areas in rad².
    """
    table = read_challenge(path)
    if area_column not in table:
        raise PhotozError(f"{path}: no column {area_column!r} (--area-column); {near(area_column, table)}")
    unmatched = _note_unmatched(path, table.index.to_numpy(), ids, report)
    table = table.reindex(ids)
    area, counts = clean(pd.to_numeric(table[area_column], errors="coerce"), "flux")  # as a flux, it must be positive
    for reason, number in counts.items():
        report.count(area_column, reason, number - (unmatched if reason == "missing" else 0))
    theta = einstein_radius(area)
    if np.nanmax(theta, initial=0) > LARGEST:
        largest = f"{np.nanmax(theta):.3g}″"
        raise PhotozError(f"{path}: an Einstein radius of {largest} from {area_column!r}; is that an area in rad²?")
    truths = {name: column for name, column in TRUTHS.items() if name in table}
    known = {"theta_E": theta}
    for name, column in truths.items():
        values = pd.to_numeric(table[name], errors="coerce")
        known[name] = clean(values, "redshift" if column.kind == "redshift" else "extra")[0]
    return pd.DataFrame(known | {"kind": kinds(table)}), truths


def kinds(table: pd.DataFrame) -> np.ndarray:
    """ "lens", "no lens" or "" (N,): by `is_lens`, or by the definition of challenge 2.0, where the columns are there.

    That is an image of the source at all, magnified more than 1.6 times, in more than 20 pixels.
    """
    if "is_lens" in table:
        values = pd.to_numeric(table["is_lens"].replace({True: 1, False: 0}), errors="coerce")
        lens, known = values > 0, values.notna()
    elif {"n_source_im", "mag_eff", "n_pix_source"} <= set(table):
        parts = table[["n_source_im", "mag_eff", "n_pix_source"]].apply(pd.to_numeric, errors="coerce")
        lens = (parts["n_source_im"] > 0) & (parts["mag_eff"] > 1.6) & (parts["n_pix_source"] > 20)
        known = parts.notna().all(axis=1)
    else:
        return np.full(len(table), "")
    return np.where(known, np.where(lens, "lens", "no lens"), "")


def _note_unmatched(path: Path, rows: np.ndarray, ids: np.ndarray, report: Report) -> int:
    """Note which rows and which images have no partner; the number of those images."""
    if not np.isin(ids, rows).any():
        raise PhotozError(
            f"{path}: no row for any image; its IDs are like {rows[0]}, those of the images like {ids[0]}"
        )
    for text, left in (
        ("rows of the catalog have no image; left out", np.setdiff1d(rows, ids)),
        ("images have no row in the catalog; kept without θ_E", np.setdiff1d(ids, rows)),
    ):
        if len(left):
            shown = ", ".join(map(str, left[:SHOWN])) + (", …" if len(left) > SHOWN else "")
            report.notes.append(f"{len(left)} {text}: ID {shown}")
    return int((~np.isin(ids, rows)).sum())
