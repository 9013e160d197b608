"""The published CANDELS catalogs of five fields as one table."""

from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.datasets._catalog import Catalog, read_catalog
from photoz_core.datasets._mapping import near
from photoz_core.datasets._photometry import clean
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError, unknown

BANDS = ["F606W", "F814W", "F125W", "F160W"]
INSTRUMENT = {"F606W": "acs", "F814W": "acs", "F125W": "wfc3", "F160W": "wfc3"}
FIELDS = {  # field: its name in the photometry files, redshift files and cutout folders; in PITA's order
    "cosmos": ("cos", "cosmos", "cos"),
    "uds": ("uds", "uds", "uds"),
    "egs": ("egs", "egs", "egs"),
    "goodsn": ("goodsn", "goodsn", "gn"),
    "goodss": ("goodss", "goodss", "gs"),
}
PHOTO_Z = {"mFDa4_z_peak": "z_phot_mFDa4", "HB4_z_peak": "z_phot_HB4"}  # Kodra et al. 2023


def read_fields(folder: Path, fields: list[str], report: Report) -> pd.DataFrame:
    """Objects with a positive flux in all four bands.

    Parameters
    ----------
    folder : Path
        Holds ``hlsp_candels_hst_wfc3_FIELD…cat.fits`` and ``…_redshift-cat.txt`` of each field, as MAST has them.
    fields : list of str
        Of `FIELDS`.

    Returns
    -------
    objects : DataFrame
        `object_id`, `field`, `ID`, `ra`, `dec` [deg], `flux_B` and `flux_err_B` [µJy], `spec`, `grism` (redshifts, NaN
        without), and the template-fitting `z_phot_mFDa4`, `z_phot_HB4`.

    Raises
    ------
    PhotozError
        For an unknown field, or a file or column that is missing.
    """
    if wrong := [field for field in fields if field not in FIELDS]:
        raise unknown("field", wrong[0], FIELDS)
    ordered = [field for field in FIELDS if field in fields]
    return pd.concat([_read_field(folder, field, report) for field in ordered], ignore_index=True)


def find(folder: Path, patterns: list[str], what: str) -> Path:
    """The one file in `folder` that fits any of the patterns.

    Raises
    ------
    PhotozError
        If there is none, naming the pattern, or several.
    """
    found = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    if len(found) != 1:
        listed = ", ".join(path.name for path in found) or "there is none"
        raise PhotozError(f"{folder}: expected one {what} named {' or '.join(patterns)}; {listed}")
    return found[0]


def _read_field(folder: Path, field: str, report: Report) -> pd.DataFrame:
    short, long, _ = FIELDS[field]
    prefix = "hlsp_candels_hst_wfc3_"
    photometry = read_catalog(
        find(folder, [f"{prefix}{short}-*_cat.fits*", f"{prefix}{short}-*-cat.fits*"], "photometry")
    )
    redshifts = read_catalog(find(folder, [f"{prefix}{long}_*redshift-cat.txt*"], "redshift table"))
    table = _photometry(photometry)
    known = _redshifts(redshifts)
    if absent := len(table) - int(table["ID"].isin(known.index).sum()):
        report.notes.append(f"{field}: {absent} objects are not in the redshift table; they stay unlabelled")
    table = table.join(known, on="ID")
    positive = (table[[f"flux_{band}" for band in BANDS]] > 0).all(axis=1)
    report.notes.append(
        f"{field}: {int((~positive).sum())} of {len(table)} objects lack a positive flux in some band; left out"
    )
    table = table[positive]
    return table.assign(field=field, object_id=[f"{field}-{number}" for number in table["ID"]])


def _photometry(catalog: Catalog) -> pd.DataFrame:
    columns = {name.lower(): name for name in catalog.frame}

    def column(*names: str) -> np.ndarray:
        found = next((columns[name.lower()] for name in names if name.lower() in columns), None)
        if found is None:
            raise PhotozError(f"{catalog.path}: no column {' or '.join(names)}; {near(names[0], catalog.frame)}")
        return catalog.frame[found].to_numpy()

    data = {"ID": column("ID").astype("int64"), "ra": column("RA").astype(float), "dec": column("DEC").astype(float)}
    if (again := pd.Series(data["ID"]).duplicated()).any():
        row = int(np.flatnonzero(again)[0])
        raise PhotozError(
            f"{catalog.path}: ID {data['ID'][row]} occurs twice, again in row {row}; is the file changed?"
        )
    for band in BANDS:
        name = f"{INSTRUMENT[band].upper()}_{band}"
        flux = column(f"{name}_FLUX", f"Flux_{band}_hst")
        error = column(f"{name}_FLUXERR", f"Fluxerr_{band}_hst", f"Flux_{band}_hst_err")
        data[f"flux_{band}"], data[f"flux_err_{band}"] = clean(flux, "flux")[0], clean(error, "flux_err")[0]
    return pd.DataFrame(data)


def _redshifts(catalog: Catalog) -> pd.DataFrame:
    if missing := {"ID", "z_spec", "z_grism"} - set(catalog.frame):
        raise PhotozError(f"{catalog.path}: no column {sorted(missing)[0]}; {near(sorted(missing)[0], catalog.frame)}")
    frame = catalog.frame.drop_duplicates("ID").set_index("ID")
    wanted = {"z_spec": "spec", "z_grism": "grism"} | {k: v for k, v in PHOTO_Z.items() if k in frame}
    cleaned = {ours: clean(frame[theirs], "redshift", {0.0})[0] for theirs, ours in wanted.items()}
    return pd.DataFrame(cleaned, index=frame.index)
