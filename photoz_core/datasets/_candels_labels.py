"""Reference redshifts of CANDELS objects in PITA's order of precedence, and what COSMOS2020 adds in COSMOS."""

from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.datasets._catalog import Catalog, read_catalog
from photoz_core.datasets._mapping import near
from photoz_core.datasets._photometry import clean
from photoz_core.errors import PhotozError

MATCH = 0.4  # [arcsec]; PITA's script takes the nearest neighbour for spectra without a limit, here it has the same one
FAINTEST = 25.0  # F160W [AB mag] of objects that may take a many-band photometric redshift for a label
SPEC_FLAG = 3  # least quality of a spectrum in the compilation matched to COSMOS2020
SPEC_ERROR, GRISM_ERROR = 0.01, 0.05  # nominal errors of z
DEGREE = 3600.0  # [arcsec]
NEEDED = ("ALPHA_J2000", "DELTA_J2000", "lp_zBEST", "lp_zPDF_l68", "lp_zPDF_u68")


def match_cosmos2020(objects: pd.DataFrame, path: Path) -> pd.DataFrame:
    """What COSMOS2020 (CLASSIC) knows of each object, NaN without a match.

    An entry belongs to the nearest object alone, within 0.4″: no two objects share one label.

    Parameters
    ----------
    objects : DataFrame
        `field`, `ra`, `dec` [deg].
    path : Path
        Table with ALPHA_J2000, DELTA_J2000, lp_zBEST, lp_zPDF_l68, lp_zPDF_u68; with spec_zs and spec_zs_flags where
        spectra were matched to it; with ACS_FWHM_WORLD [deg], lp_sSFR_med, lp_mass_med for the maps.

    Returns
    -------
    matched : DataFrame
        `lp`, `lp_err`, `spec2020` (z), `fwhm` [arcsec], `log_ssfr` [1/yr], `log_mass` [solMass], row-aligned.

    Raises
    ------
    PhotozError
        Naming a column that is missing.
    """
    catalog = read_catalog(path)
    if missing := [name for name in NEEDED if name not in catalog.frame]:
        raise PhotozError(f"{path}: no column {missing[0]!r}; {near(missing[0], catalog.frame)}")
    entry = _nearest(objects, catalog.frame["ALPHA_J2000"], catalog.frame["DELTA_J2000"])
    return _entries(catalog).reindex(entry).set_axis(objects.index)


def _entries(catalog: Catalog) -> pd.DataFrame:
    def column(name: str, kind: str = "extra") -> np.ndarray:
        values = catalog.frame[name] if name in catalog.frame else np.full(len(catalog), np.nan)
        return clean(values, kind)[0]

    spec = column("spec_zs", "redshift")
    good = (column("spec_zs_flags") >= SPEC_FLAG) & (spec > 0)
    return pd.DataFrame(
        {
            "lp": column("lp_zBEST", "redshift"),
            "lp_err": column("lp_zPDF_u68") - column("lp_zPDF_l68"),
            "spec2020": np.where(good, spec, np.nan),
            "fwhm": column("ACS_FWHM_WORLD") * DEGREE,
            "log_ssfr": column("lp_sSFR_med"),
            "log_mass": column("lp_mass_med"),
        }
    )


def _nearest(objects: pd.DataFrame, ra, dec) -> np.ndarray:
    """Entry (N,) of each COSMOS object, −1 without one or where another object is nearer to that entry."""
    from astropy.coordinates import SkyCoord

    entry = np.full(len(objects), -1)
    rows = np.flatnonzero((objects["field"] == "cosmos").to_numpy())
    if not rows.size:
        return entry
    here = SkyCoord(objects["ra"].to_numpy()[rows], objects["dec"].to_numpy()[rows], unit="deg")
    index, separation, _ = here.match_to_catalog_sky(SkyCoord(np.asarray(ra), np.asarray(dec), unit="deg"))
    near_ones = pd.DataFrame({"row": rows, "entry": index, "separation": separation.arcsec})
    best = near_ones[near_ones["separation"] < MATCH].sort_values("separation").drop_duplicates("entry")
    entry[best["row"]] = best["entry"]
    return entry


def reference_redshifts(objects: pd.DataFrame, f160w: np.ndarray) -> pd.DataFrame:
    """The label of each object: a spectrum, else one matched to COSMOS2020, else a grism redshift, else LePhare's.

    Parameters
    ----------
    objects : DataFrame
        `spec`, `grism`, and where COSMOS2020 is given `spec2020`, `lp`, `lp_err`.
    f160w : (N,) array
        [AB mag].

    Returns
    -------
    labels : DataFrame
        `z_spec`, `z_err`, NaN without a label, and `z_type`: spec, grism, photo or "".
    """
    nothing = np.full(len(objects), np.nan)
    spec, spec2020, grism, lp, lp_err = (
        objects[name].to_numpy(float) if name in objects else nothing
        for name in ("spec", "spec2020", "grism", "lp", "lp_err")
    )
    lp = np.where((f160w < FAINTEST) & (lp_err > 0), lp, np.nan)
    choices = [
        (spec, SPEC_ERROR, "spec"),
        (spec2020, SPEC_ERROR, "spec"),
        (grism, GRISM_ERROR, "grism"),
        (lp, lp_err, "photo"),
    ]
    conditions = [z > 0 for z, _, _ in choices]
    z = np.select(conditions, [z for z, _, _ in choices], np.nan)
    error = np.select(conditions, [np.broadcast_to(error, z.shape) for _, error, _ in choices], np.nan)
    kind = np.select(conditions, [kind for _, _, kind in choices], "")
    return pd.DataFrame({"z_spec": z, "z_err": error, "z_type": kind}, index=objects.index)


def pita_split(labelled: np.ndarray, seed: int = 42) -> np.ndarray:
    """Split (N,): labelled objects 70/15/15 as PITA's script draws them, all others to train.

    >>> [int((pita_split(np.arange(300) < 100) == name).sum()) for name in ("train", "valid", "test")]
    [270, 15, 15]
    """
    from sklearn.model_selection import train_test_split

    split = np.full(len(labelled), "train", dtype="U5")
    rows = np.flatnonzero(labelled)
    if len(rows) < 4:
        raise PhotozError(f"{len(rows)} labelled objects are too few to split 70/15/15")
    _, held = train_test_split(rows, train_size=0.7, random_state=seed)
    valid, test = train_test_split(held, train_size=0.5, random_state=seed)
    split[valid], split[test] = "valid", "test"
    return split
