"""Columns of S-PLUS catalogs (DR1, DR2 to DR4, internal releases) by what they mean."""

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.datasets._catalog import Catalog
from photoz_core.datasets._mapping import Mapping, parse, resolve
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

BANDS = ("u", "F378", "F395", "F410", "F430", "g", "F515", "r", "F660", "i", "F861", "z")
"""The Javalambre system, blue to red (Cenarro et al. 2019, A&A 622, A176)."""
CLASS_NAMES = {"qso": "quasar", "gal": "galaxy"}
SIZES = {
    "fwhm": Column("FWHM", "arcsec", "of the object on the detection image, column FWHM", "size"),
    "ellipticity": Column("ellipticity", "", "1 − B/A of the object on the detection image"),
}


def spellings(band: str) -> list[str]:
    """How releases write a band, in lower case: ``uJAVA`` and ``gSDSS`` of DR1, ``J0378`` of DR2 on."""
    if band.startswith("F"):
        return [band.lower(), f"j0{band[1:]}", f"j{band[1:]}", f"f0{band[1:]}"]
    return [band, f"{band}java", f"{band}sdss", f"{band}_sdss"]


def photometry_names(band: str, kind: str) -> tuple[list[str], list[str]]:
    """Names, in lower case, that columns of the magnitude of `kind` (auto, petro, …) and of its error may have."""
    names = [f"{spelling}_{kind.lower()}" for spelling in spellings(band)]
    plain = [f"mag_{spelling}" for spelling in spellings(band)] + spellings(band)
    errors = [f"{start}{name}" for start in ("e", "e_", "err_") for name in names]
    errors += [f"{name}_err" for name in names]
    return names + plain, errors + [f"{start}{s}" for start in ("mag_err_", "e_", "err_", "e") for s in spellings(band)]


def splus_mapping(catalog: Catalog, kind: str, pairs: list[str] | None, errors_needed: bool) -> Mapping:
    """The 12 magnitudes and errors, id and position among the columns; what `pairs` (``TARGET=COLUMN``) say is taken.

    Raises
    ------
    PhotozError
        For a band without a magnitude, or without an error where they are needed, with the names looked for.
    """
    known = {str(name).lower(): str(name) for name in reversed(list(catalog.frame))}
    given, found, lost = parse(pairs), [], []
    for band in BANDS:
        for target, names in zip((f"mag_{band}", f"mag_err_{band}"), photometry_names(band, kind), strict=True):
            column = next((known[name] for name in names if name in known), None)
            if target in given:
                continue
            if column is not None:
                found.append(f"{target}={column}")
            elif target == f"mag_{band}" or errors_needed:
                lost.append(f"{target} ({', '.join(names[:3])}, …)")
    if lost:
        shown = "; ".join(lost[:4]) + ("; …" if len(lost) > 4 else "")
        raise PhotozError(
            f"{catalog.path}: no column for {len(lost)} of the 12 magnitudes and their errors: {shown}; choose another "
            f"--kind than {kind}, or map them with --map TARGET=COLUMN; there are {', '.join(map(str, catalog.frame))}"
        )
    return resolve(catalog, [*(pairs or []), *found], list(BANDS))


def plain_classes(classes: np.ndarray) -> np.ndarray:
    """Classes (N,) in our words: STAR, GALAXY and QSO are star, galaxy, quasar; others in lower case."""
    return pd.Series(classes).str.lower().map(lambda name: CLASS_NAMES.get(name, name)).to_numpy(str)


def sizes(catalog: Catalog, pixel_scale: float, report: Report) -> dict[str, np.ndarray]:
    """`fwhm` (N,) [arcsec] and `ellipticity` (N,) of the objects, NaN where not measured, if the columns are there."""
    known = {str(name).lower(): name for name in catalog.frame.select_dtypes("number")}
    found = {}
    if (column := known.get("fwhm")) is not None:
        unit = catalog.units.get(column, "").lower()
        factor = 1.0 if unit.startswith("arcsec") else 3600.0 if unit.startswith("deg") else pixel_scale
        found["fwhm"] = np.where(catalog.frame[column] > 0, catalog.frame[column] * factor, np.nan)
        if factor == pixel_scale:
            report.notes.append(f"{column} is taken as pixels of {pixel_scale:g}″")
    if "a" in known and "b" in known:
        with np.errstate(divide="ignore", invalid="ignore"):
            shape = 1 - catalog.frame[known["b"]].to_numpy(float) / catalog.frame[known["a"]].to_numpy(float)
        found["ellipticity"] = np.where((shape >= 0) & (shape < 1), shape, np.nan)
    elif (column := known.get("ellipticity")) is not None:
        found["ellipticity"] = catalog.frame[column].to_numpy(float)
    return found


def good_photometry(frame: pd.DataFrame, measured: bool, max_error: float | None, report: Report) -> np.ndarray:
    """Rows (N,) of bool that may stay; the report counts the others.

    Parameters
    ----------
    measured : bool
        Whether all 12 magnitudes must be measured.
    max_error : float or None
        [mag] that no error may exceed; None for any, also an unknown one.

    Raises
    ------
    PhotozError
        If no row is left.
    """
    keep, left_out = np.ones(len(frame), bool), []
    if measured:
        missing = frame[[f"mag_{band}" for band in BANDS]].isna().to_numpy()
        keep &= ~missing.any(axis=1)
        counts = ", ".join(f"{band} {n}" for band, n in zip(BANDS, missing.sum(axis=0), strict=True) if n)
        left_out.append((int((~keep).sum()), f"a magnitude is not measured ({counts})"))
    if max_error is not None:
        precise = (frame[[f"mag_err_{band}" for band in BANDS]].to_numpy(float) <= max_error).all(axis=1)
        left_out.append((int((keep & ~precise).sum()), f"a magnitude error is above {max_error:g} mag or unknown"))
        keep &= precise
    notes = [f"{count} objects left out: {why}" for count, why in left_out if count]
    if not keep.any():
        raise PhotozError(f"none of {len(frame)} objects can stay; {'; '.join(notes)}")
    report.notes += notes
    return keep
