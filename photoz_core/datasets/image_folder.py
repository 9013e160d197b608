"""A folder of pictures and a table that says what they show."""

import argparse
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of
from photoz_core.datasets._catalog import Catalog, read_catalog
from photoz_core.datasets._classes import add_class_arguments, classes_of
from photoz_core.datasets._exclude import add_exclude_arguments
from photoz_core.datasets._guess import guess_plain
from photoz_core.datasets._labelled_pictures import (
    Labelled,
    add_picture_arguments,
    check_picture_options,
    write_labelled,
)
from photoz_core.datasets._lupton import open_three
from photoz_core.datasets._mapping import Mapping
from photoz_core.datasets._objects import POSITION, objects
from photoz_core.datasets._picture_files import find_pictures, match_pictures, split_name
from photoz_core.datasets._report import Report
from photoz_core.datasets._sky_names import positions_in_names
from photoz_core.errors import PhotozError, unknown
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "A folder of pictures and a table of their classes"
FILES = ("fileloc", "file", "filename", "filepath", "path", "image", "imagepath", "imagename", "img", "picture", "png")
REMEDY = "choose another column with --id-column, or keep one row of each"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey image_folder``."""
    add = parser.add_argument_group("table").add_argument
    add("--table", "--catalog", dest="table", required=True, type=Path, help="CSV, FITS, Parquet, … a row an object")
    add("--file-column", metavar="COLUMN", help="with names or paths of the pictures (default: guessed, or the ids)")
    add("--id-column", metavar="COLUMN", help="with unique ids (default: guessed, or the names of the pictures)")
    add("--title", default="", help="what people read")
    add_class_arguments(parser)
    add_picture_arguments(parser)
    add_exclude_arguments(parser)
    parser.add_argument(
        "--measure",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure instrumental magnitudes, colors and sizes on the stamps",
    )


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: `image` (N, 3, H, W) float16 from 0 to 1, bands B, G, R, and a column `class`.

    Raises
    ------
    PhotozError
        Naming the folder, table, column or rows that are wrong and the remedy.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    check_picture_options(arguments)
    pictures = find_pictures(arguments.images)
    catalog = read_catalog(arguments.table)
    classes = classes_of(catalog.frame, arguments, arguments.table, report)
    catalog, id_column, names = named_rows(catalog, arguments)
    report.notes += catalog.notes
    mapping = Mapping(_plain(catalog) | {"object_id": id_column}, ())
    frame, columns = objects(catalog, mapping, {}, {}, report, remedy=REMEDY)
    frame["class"] = classes  # in place of a column of this name
    files = match_pictures(names, {path: split_name(path.name)[0] for path in pictures}, arguments.table, report)
    rows = np.flatnonzero([path is not None for path in files])
    frame, columns = with_positions(frame.iloc[rows].reset_index(drop=True), columns, report)
    paths = [files[row] for row in rows]
    meta = Meta(
        name=name,
        title=arguments.title or name,
        description="Pictures with classes; gray levels, not fluxes.",
        survey="pictures",
        provenance={"source": arguments.table.name, "credit": arguments.credit, "options": options_of(arguments)},
    )
    labelled = Labelled(frame, columns, [str(path) for path in paths], lambda row: open_three(paths[row]))
    return write_labelled(home, meta, labelled, arguments, report, progress, arguments.measure)


def named_rows(catalog: Catalog, arguments: argparse.Namespace) -> tuple[Catalog, str, list[str]]:
    """The catalog, its column of ids, and the names (N,) that its pictures are found by.

    Without a column of ids, it gets one of the names of the files without folders and endings.

    Raises
    ------
    PhotozError
        If a column does not exist, or none looks like ids or names of files.
    """
    frame = catalog.frame
    for option in ("file_column", "id_column"):
        column = getattr(arguments, option)
        if column is not None and column not in frame:
            text = unknown("column", column, frame.columns)
            raise PhotozError(f"{catalog.path}: {text} (--{option.replace('_', '-')})")
    plain = {re.sub(r"[^a-z0-9]", "", str(column).lower()): column for column in reversed(list(frame))}
    file_column = arguments.file_column or next((plain[name] for name in FILES if name in plain), None)
    id_column = arguments.id_column or guess_plain(list(frame)).get("object_id")
    if file_column is None and id_column is None:
        listed = ", ".join(map(str, frame.columns))
        raise PhotozError(f"{catalog.path}: which column names the pictures? --file-column or --id-column; {listed}")
    names = frame[file_column if file_column is not None else id_column].astype("string").fillna("").tolist()
    if id_column is not None:
        return catalog, id_column, names
    stems = [split_name(name)[0] for name in names]
    return replace(catalog, frame=frame.assign(picture_name=stems)), "picture_name", names


def with_positions(frame: pd.DataFrame, columns: dict[str, Column], report: Report):
    """`frame` and `columns` with `ra`, `dec` [deg] from the ids, where there are none and the ids hold positions."""
    if {"ra", "dec"} <= set(frame):
        return frame, columns
    ra, dec = positions_in_names(frame["object_id"])
    if not np.isfinite(ra).any():
        return frame, columns
    report.notes.append(f"positions of {int(np.isfinite(ra).sum())} of {len(frame)} objects are read from their names")
    described = {
        name: Column(label, "deg", f"{text}, from the object's name", "position")
        for name, (label, text) in POSITION.items()
    }
    return frame.assign(ra=ra, dec=dec), columns | described


def _plain(catalog: Catalog) -> dict[str, str]:
    """Columns of the table that hold positions and redshifts as numbers."""
    found = guess_plain(list(catalog.frame))
    numbers = set(catalog.frame.select_dtypes("number"))
    return {target: column for target, column in found.items() if target != "object_id" and column in numbers}
