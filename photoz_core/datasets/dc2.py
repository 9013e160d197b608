"""LSST DESC's simulated DC2 survey in RAIL's HDF5 tables: ugrizy with errors and the true redshift."""

import argparse
from pathlib import Path

from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._catalog import read_catalog
from photoz_core.datasets._mapping import describe, resolve
from photoz_core.datasets._objects import objects
from photoz_core.datasets._photometry import note_large_errors
from photoz_core.datasets._report import Report
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "LSST DC2 (simulated): ugrizy with errors, redshift (RAIL's tables)"
BANDS = ["u", "g", "r", "i", "z", "y"]
CREDIT = "LSST DESC DC2, LSST Dark Energy Science Collaboration 2021, ApJS 253, 31; table of RAIL (rail_base, MIT)"
MAPPING = [
    "object_id=id",
    "z_spec=redshift",
    *(f"mag_{band}=mag_{band}_lsst" for band in BANDS),
    *(f"mag_err_{band}=mag_err_{band}_lsst" for band in BANDS),
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey dc2``."""
    parser.add_argument("--catalog", required=True, type=Path, help="RAIL table: id, mag_u_lsst, …, redshift")
    parser.add_argument("--table", default="", metavar="GROUP", help="HDF5 group (default: the one with most columns)")
    parser.add_argument("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: magnitudes with errors, colors and z_spec; a non-detection (99 or NaN) is NaN.

    Raises
    ------
    PhotozError
        Naming the file and column that is missing or unusable.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    catalog = read_catalog(arguments.catalog, arguments.table)
    mapping = resolve(catalog, MAPPING, BANDS)
    progress.say(describe(mapping, catalog))
    frame, columns = objects(catalog, mapping, {}, {}, report)
    note_large_errors(frame, BANDS, report)
    meta = Meta(
        name=name,
        title="LSST DC2 (simulated)",
        description="Simulated galaxies in the bands of LSST with a simulated spectroscopic redshift.",
        survey="DC2",
        simulated=True,
        bands=BANDS,
        provenance={"source": arguments.catalog.name, "credit": CREDIT, "options": options_of(arguments)},
    )
    return write_dataset(home, meta, frame, columns, report, progress, seed=arguments.seed)
