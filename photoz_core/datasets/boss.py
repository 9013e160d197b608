"""BOSS galaxies (SDSS-III DR10) in the tables of ANNz: ugriz with errors and spectroscopic redshifts."""

import argparse
from pathlib import Path

import pandas as pd

from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._catalog import Catalog, read_catalog
from photoz_core.datasets._mapping import describe, resolve
from photoz_core.datasets._objects import objects, unlabel
from photoz_core.datasets._photometry import note_large_errors
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "BOSS DR10: ugriz with errors, redshift (ANNz's tables)"
BANDS = ["u", "g", "r", "i", "z"]
CREDIT = "SDSS-III BOSS DR10, Ahn et al. 2014, ApJS 211, 17; tables of ANNz, Sadeh et al. 2016, PASP 128, 104502"
MAPPING = [
    *(f"mag_{band}=MAG_{band.upper()}" for band in BANDS),
    *(f"mag_err_{band}=MAGERR_{band.upper()}" for band in BANDS),
    "z_spec=Z",
]
ID = "file_row"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey boss``."""
    text = "ANNz tables (MAG_U, MAGERR_U, …, Z), put together in this order"
    parser.add_argument("--catalog", required=True, type=Path, nargs="+", help=text)
    parser.add_argument("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: magnitudes with errors, colors and z_spec; an `object_id` is FILE:ROW, rows from 0.

    Faint magnitudes have errors of many mag; they are kept, so that a method can weigh by them. Redshifts from 0 down
    belong to stars and are no label.

    Raises
    ------
    PhotozError
        Naming the file and column that is missing or unusable.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    catalog = together(arguments.catalog)
    mapping = resolve(catalog, [f"object_id={ID}", *MAPPING], BANDS)
    progress.say(describe(mapping, catalog))
    # errors here are propagated from fluxes near 0 and have no upper end: 14,750 mag is one, not a sentinel
    frame, columns = objects(catalog, mapping, {}, {}, report, largest_error=float("inf"))
    frame = unlabel(frame, (frame["z_spec"] <= 0).to_numpy(), "z ≤ 0", report)
    note_large_errors(frame, BANDS, report)
    meta = Meta(
        name=name,
        title="BOSS DR10",
        description="Galaxies with a BOSS spectrum; magnitudes and their errors as they are in the files.",
        survey="BOSS",
        bands=BANDS,
        provenance={"source": catalog.path.name, "credit": CREDIT, "options": options_of(arguments)},
    )
    return write_dataset(home, meta, frame, columns, report, progress, seed=arguments.seed)


def together(paths: list[Path]) -> Catalog:
    """One catalog of all files, with the column `file_row` (FILE:ROW).

    Raises
    ------
    PhotozError
        If two files have the same name, or one cannot be read or lacks a column.
    """
    names = [path.stem for path in paths]
    if again := next((name for name in names if names.count(name) > 1), None):
        raise PhotozError(f"--catalog: two files are named {again!r}; ids are FILE:ROW, so give each file once")
    frames = []
    for path in paths:
        catalog = read_catalog(path)
        resolve(catalog, MAPPING, BANDS)  # so that an error names this file, not all of them
        frames.append(catalog.frame.assign(**{ID: [f"{path.stem}:{row}" for row in range(len(catalog))]}))
    return Catalog(Path(", ".join(path.name for path in paths)), pd.concat(frames, ignore_index=True))
