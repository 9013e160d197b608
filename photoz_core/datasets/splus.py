"""S-PLUS: color stamps with 12 magnitudes, for the magnitude pretext or with classes."""

import argparse
from pathlib import Path

import numpy as np

from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of
from photoz_core.datasets._catalog import Catalog, read_catalog
from photoz_core.datasets._classes import add_class_arguments, classes_of
from photoz_core.datasets._exclude import add_exclude_arguments
from photoz_core.datasets._labelled_pictures import (
    Labelled,
    add_picture_arguments,
    check_picture_options,
    write_labelled,
)
from photoz_core.datasets._mapping import Mapping, describe
from photoz_core.datasets._objects import objects
from photoz_core.datasets._picture_files import match_pictures
from photoz_core.datasets._report import Report
from photoz_core.datasets._splus_catalog import SIZES, good_photometry, plain_classes, sizes, splus_mapping
from photoz_core.datasets._splus_stamps import find_stamps, opener
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "S-PLUS: color stamps with 12 magnitudes, for the magnitude pretext or with classes"
CREDIT = "S-PLUS (Mendes de Oliveira et al. 2019, MNRAS 489, 241)"
PIXEL_SCALE = 0.55  # arcsec
MAX_ERROR = 0.1  # mag, of the paper's pretext set


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey splus``."""
    add = parser.add_argument_group("catalog").add_argument
    add("--catalog", required=True, type=Path, help="FITS, CSV, … with ID, RA, Dec, uJAVA_auto, euJAVA_auto, …")
    add("--kind", default="auto", help="of the magnitudes: auto, petro, aper, PStotal, … (default %(default)s)")
    add("--map", nargs="+", metavar="TARGET=COLUMN", help="object_id, ra, dec, mag_BAND, mag_err_BAND, …")
    add("--role", choices=("pretext", "labelled"), help="(default: labelled with --class, else pretext)")
    add(
        "--max-error",
        type=float,
        metavar="MAG",
        help=f"leave out objects with a larger error in any band (pretext: {MAX_ERROR}; labelled: any)",
    )
    add_class_arguments(parser)
    add_picture_arguments(parser, PIXEL_SCALE)
    add_exclude_arguments(parser)


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: `image` (N, 3, H, W) float16, bands B, G, R, 12 AB magnitudes with errors, and `class`.

    In a pretext set every object has all 12 magnitudes; in a labelled one those not measured are NaN.

    Raises
    ------
    PhotozError
        Naming the folder, catalog, column or rows that are wrong and the remedy.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    check_picture_options(arguments)
    role = arguments.role or ("labelled" if arguments.classes else "pretext")
    max_error = MAX_ERROR if arguments.max_error is None and role == "pretext" else arguments.max_error
    if max_error is not None and not max_error > 0:
        raise PhotozError(f"--max-error {max_error}: give a number of magnitudes above 0")
    stamps, bands = find_stamps(arguments.images, report)
    catalog = read_catalog(arguments.catalog)
    mapping = splus_mapping(catalog, arguments.kind, arguments.map, max_error is not None)
    if "object_id" not in mapping.columns:
        raise PhotozError(f"{catalog.path}: no column of ids, which name the stamps; --map object_id=COLUMN")
    progress.say(describe(mapping, catalog))
    frame, columns = _objects(catalog, mapping, arguments, report)
    files = match_pictures(frame["object_id"].tolist(), stamps, arguments.catalog, report)
    rows = np.flatnonzero([path is not None for path in files])
    rows = rows[good_photometry(frame.iloc[rows], role == "pretext", max_error, report)]
    paths, frame = [files[row] for row in rows], frame.iloc[rows].reset_index(drop=True)
    labelled = Labelled(frame, columns, [str(path) for path in paths], opener(paths, bands))
    meta = _meta(name, role, mapping, arguments)
    return write_labelled(home, meta, labelled, arguments, report, progress, measure=False)


def _objects(catalog: Catalog, mapping: Mapping, arguments: argparse.Namespace, report: Report):
    """Catalog (N rows) and columns of all objects, with `class`, `fwhm` and `ellipticity`."""
    frame, columns = objects(catalog, mapping, {}, {}, report, remedy="map another column with --map object_id=COLUMN")
    frame["class"] = plain_classes(classes_of(catalog.frame, arguments, arguments.catalog, report))
    shapes = sizes(catalog, arguments.pixel_scale, report)
    return frame.assign(**shapes), columns | {name: SIZES[name] for name in shapes}


def _meta(name: str, role: str, mapping: Mapping, arguments: argparse.Namespace) -> Meta:
    return Meta(
        name=name,
        title=f"S-PLUS, {role}",
        description="Color stamps with 12 AB magnitudes of objects of the Southern Photometric Local Universe Survey.",
        survey="S-PLUS",
        provenance={
            "source": arguments.catalog.name,
            "credit": arguments.credit or CREDIT,
            "role": role,
            "columns": mapping.columns,
            "options": options_of(arguments),
        },
    )
