"""SDSS spectroscopic sample: ugriz magnitudes, class and redshift of 50,000 objects in one structured array."""

import argparse
from pathlib import Path

from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._catalog import read_catalog
from photoz_core.datasets._mapping import describe, resolve
from photoz_core.datasets._objects import objects, select
from photoz_core.datasets._report import Report
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "SDSS: ugriz colors, class and redshift"
BANDS = ["u", "g", "r", "i", "z"]
CREDIT = "Sloan Digital Sky Survey (sdss.org)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey sdss_colors``."""
    parser.add_argument("--catalog", required=True, type=Path, help="table with u g r i z, spec_class, redshift")
    parser.add_argument("--classes", nargs="+", metavar="CLASS", help="keep these spec_class values, e.g. GALAXY")
    parser.add_argument("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: magnitudes in `BANDS`, their colors, `z_spec` and `spec_class`; there are no errors.

    Raises
    ------
    PhotozError
        Naming the file and column that is missing or unusable.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    catalog = read_catalog(arguments.catalog)
    if arguments.classes:
        catalog = select(catalog, [f"spec_class={','.join(arguments.classes)}"])
    pairs = ["z_spec=redshift", "object_id=", *(f"mag_{band}={band}" for band in BANDS)]
    mapping = resolve(catalog, pairs, BANDS)
    progress.say(describe(mapping, catalog))
    frame, columns = objects(catalog, mapping, {}, {"z_spec": {0.0}}, report)  # 0 ± 0: the fit failed
    meta = Meta(
        name=name,
        title="SDSS colors" + (f", {' and '.join(arguments.classes)}" if arguments.classes else ""),
        description="Magnitudes of the SDSS spectroscopic sample, as they are in the file, without errors.",
        survey="SDSS",
        bands=BANDS,
        provenance={"source": arguments.catalog.name, "credit": CREDIT, "options": options_of(arguments)},
    )
    return write_dataset(home, meta, frame, columns, report, progress, seed=arguments.seed)
