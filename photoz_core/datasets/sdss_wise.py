"""SDSS joined with WISE as CasJobs gives it: PSF and model magnitudes, W1 and W2, extinction, class, redshift."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._catalog import Catalog, read_catalog
from photoz_core.datasets._mapping import Mapping, describe, parse, resolve
from photoz_core.datasets._objects import objects, select, unlabel
from photoz_core.datasets._photometry import colors, note_large_errors
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "SDSS + WISE: PSF and model magnitudes with errors, class and redshift (CasJobs)"
CREDIT = "Sloan Digital Sky Survey (sdss.org); WISE, Wright et al. 2010, AJ 140, 1868"
PSF = {f"psf_{band}": (f"psfmag_{band}", f"psfmagerr_{band}") for band in "ugriz"}
APERTURE = {f"aper_W{n}": (f"w{n}mag", f"w{n}sigmag") for n in (1, 2)}
MODEL = {band: (f"modelmag_{band}", f"modelmagerr_{band}") for band in "ugriz"}
PROFILE = {f"W{n}": (f"w{n}mpro", f"w{n}sigmpro") for n in (1, 2)}
BANDS = PSF | APERTURE | MODEL | PROFILE
"""Band → columns of its magnitude and error, in lower case."""
SETS = ([*PSF, *APERTURE], [*MODEL, *PROFILE])  # a color is of one kind of photometry: there is no aper_W2 − u
OTHERS = {"z_spec": "z", "spec_class": "class", "extinction_i": "extinction_i"}
COLUMNS = {
    "extinction_i": Column("A_i", "mag", "Galactic extinction in i; the magnitudes are not corrected for it"),
    "spec_class": Column("class", "", "GALAXY, QSO or STAR, by the spectrum", "category"),
}
TO_AB = {"W1": 2.699, "W2": 3.339}  # m_AB − m_Vega: WISE Explanatory Supplement IV.4.h.i.3 (Jarrett et al. 2011)
SENTINELS = {"": {-9999.0, 9999.0}, "z_spec": {0.0}}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey sdss_wise``."""
    parser.add_argument("--catalog", required=True, type=Path, help="psfMag_u, psfMagErr_u, modelMag_u, …, w1mpro, z")
    default = [*PSF, *MODEL, *PROFILE]
    text = f"of {' '.join(BANDS)} (default: all but aper_W1 aper_W2)"
    parser.add_argument("--bands", nargs="+", metavar="BAND", choices=list(BANDS), default=default, help=text)
    text = "other names, e.g. object_id=specObjID (default objID), object_id= to number the rows, z_spec= for none"
    parser.add_argument("--map", nargs="+", metavar="TARGET=COLUMN", help=text)
    text = "W1 and W2 as AB magnitudes, by adding 2.699 and 3.339 (default), or as Vega magnitudes, as WISE gives them"
    parser.add_argument("--wise-system", default="ab", choices=("ab", "vega"), help=text)
    parser.add_argument("--classes", nargs="+", metavar="CLASS", help="keep these classes, e.g. GALAXY QSO")
    text = "drop objects without a value and error in every band and an extinction; by default they are kept, with NaN"
    parser.add_argument("--complete", action="store_true", help=text)
    parser.add_argument("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: magnitudes with errors, colors within a kind of photometry, extinction, class and z_spec.

    Stars and redshifts from 0 down stay as objects without a label: log z, which redshift models learn, has no value
    there. WISE magnitudes without an error are upper limits, hence NaN. The report counts all of them.

    Raises
    ------
    PhotozError
        Naming the file and column that is missing or unusable.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    catalog = read_catalog(arguments.catalog)
    bands = [band for band in BANDS if band in arguments.bands]
    pairs = pairs_of(catalog, bands, arguments.map)
    if arguments.classes:
        catalog = select(catalog, [f"{_class_column(catalog, pairs)}={','.join(arguments.classes)}"])
    mapping = in_sets(resolve(catalog, pairs, bands))
    progress.say(describe(mapping, catalog))
    frame, columns = objects(catalog, mapping, {}, SENTINELS, report)
    columns |= {key: column for key, column in COLUMNS.items() if key in columns}
    frame = _wise(frame, columns, mapping, arguments.wise_system, report)
    frame = _labels(frame, catalog, mapping, report)
    note_large_errors(frame, bands, report)
    if arguments.complete:
        frame = _complete(frame, bands, report)
    meta = _meta(name, arguments, bands)
    return write_dataset(home, meta, frame, columns, report, progress, seed=arguments.seed)


def pairs_of(catalog: Catalog, bands: list[str], given: list[str] | None) -> list[str]:
    """``TARGET=COLUMN`` of every column this survey has, in the file's own upper and lower case; `given` goes first.

    Raises
    ------
    PhotozError
        If two columns differ by case alone, or `given` leaves out an error.
    """
    known: dict[str, str] = {}
    for column in catalog.frame:
        if column.lower() in known:
            raise PhotozError(f"{catalog.path}: columns {known[column.lower()]!r} and {column!r} differ by case alone")
        known[column.lower()] = column
    wanted = {"object_id": "objid" if "objid" in known or "specobjid" not in known else "specobjid"} | OTHERS
    for band in bands:
        wanted |= {f"mag_{band}": BANDS[band][0], f"mag_err_{band}": BANDS[band][1]}
    pairs = {target: known.get(column, column) for target, column in wanted.items()} | parse(given)
    if bare := next((band for band in bands if not pairs[f"mag_err_{band}"]), None):
        raise PhotozError(f"--map mag_err_{bare}=: every band has an error here; --survey table reads those without")
    return [f"{target}={column}" for target, column in pairs.items()]


def in_sets(mapping: Mapping) -> Mapping:
    """`mapping` with colors of neighbours within one kind of photometry alone."""
    sets = [tuple(band for band in mapping.bands if band in kind) for kind in SETS]
    return replace(mapping, color_sets=tuple(bands for bands in sets if bands))


def _class_column(catalog: Catalog, pairs: list[str]) -> str:
    column = parse(pairs)["spec_class"]
    if not column:
        raise PhotozError(f"{catalog.path}: --classes needs the class of each object; leave out --map spec_class=")
    return column


def _wise(frame: pd.DataFrame, columns: dict[str, Column], mapping: Mapping, system: str, report: Report):
    """W1 and W2 without upper limits, in `system`; colors again from them."""
    for band in (band for band in mapping.bands if band.endswith(tuple(TO_AB))):
        magnitude, measured = frame[f"mag_{band}"], frame[f"mag_err_{band}"].notna()
        if not measured.any():
            where = f"column {mapping.columns[f'mag_err_{band}']!r} has no error"
            raise PhotozError(f"{where}, which makes every {band} an upper limit; leave that band out with --bands")
        report.count(mapping.columns[f"mag_{band}"], "upper limits (no error)", (magnitude.notna() & ~measured).sum())
        offset = TO_AB[band.removeprefix("aper_")] if system == "ab" else 0.0
        frame = frame.assign(**{f"mag_{band}": magnitude.where(measured) + offset})
        text = f"{'AB' if system == 'ab' else 'Vega'} magnitude in {band}, column {mapping.columns[f'mag_{band}']!r}"
        columns[f"mag_{band}"] = replace(columns[f"mag_{band}"], description=text)
    for bands in mapping.color_sets:
        frame = frame.assign(**colors(frame, bands))
    return frame


def _labels(frame: pd.DataFrame, catalog: Catalog, mapping: Mapping, report: Report) -> pd.DataFrame:
    """z_spec of galaxies and quasars above 0; the rest is NaN, and counted by class."""
    if "z_spec" not in mapping.columns:
        return frame
    redshift = catalog.frame[mapping.columns["z_spec"]].to_numpy(float)
    classes = frame.get("spec_class", pd.Series("", frame.index)).fillna("").replace("", "no class").to_numpy(str)
    below = (redshift <= 0) & (redshift > -90)  # -9999 is no redshift, and counted as a sentinel
    if below.any():
        names, counts = np.unique(classes[below], return_counts=True)
        found = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
        report.notes.append(f"{below.sum()} objects are kept without z_spec: z ≤ 0 ({found})")
    frame = frame.assign(z_spec=frame["z_spec"].mask(below))
    frame = unlabel(frame, classes == "STAR", "a star's z > 0 is a velocity, not a distance", report)
    warned = [frame[name].to_numpy() != 0 for name in frame if name.lower() == "zwarning"]
    if warned and (count := (warned[0] & frame["z_spec"].notna()).sum()):
        report.notes.append(f"{count} redshifts have zWarning ≠ 0 and are kept")
    return frame


def _complete(frame: pd.DataFrame, bands: list[str], report: Report) -> pd.DataFrame:
    needed = [f"{kind}_{band}" for kind in ("mag", "mag_err") for band in bands]
    keep = frame[needed + [name for name in ("extinction_i",) if name in frame]].notna().all(axis=1)
    report.notes.append(f"--complete: {(~keep).sum()} of {len(frame)} objects were dropped")
    if not keep.any():
        raise PhotozError("--complete: no object has a value and error in every band; leave it out, or give --bands")
    return frame[keep]


def _meta(name: str, arguments: argparse.Namespace, bands: list[str]) -> Meta:
    system = "AB" if arguments.wise_system == "ab" else "Vega"
    wise = f" W1 and W2 are {system} magnitudes." if {"W1", "W2", *APERTURE} & set(bands) else ""
    return Meta(
        name=name,
        title="SDSS + WISE" + (f", {' and '.join(arguments.classes)}" if arguments.classes else ""),
        description=f"SDSS magnitudes as in the file, not corrected for extinction.{wise}",
        survey="SDSS",
        bands=bands,
        provenance={"source": arguments.catalog.name, "credit": CREDIT, "options": options_of(arguments)},
    )
