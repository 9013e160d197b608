"""Options and last steps that imports of labelled pictures share."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import random_split
from photoz_core.datasets._assemble import write_dataset
from photoz_core.datasets._classes import CLASS, note_classes
from photoz_core.datasets._exclude import not_excluded
from photoz_core.datasets._images import Images
from photoz_core.datasets._lupton import SOFTENING, measured_lupton
from photoz_core.datasets._picture_files import PictureStamps
from photoz_core.datasets._report import Report
from photoz_core.datasets._stamp_measure import ROUNDED, first_reading, measured_columns
from photoz_core.datasets.rgb_image import BANDS, instrumental
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

SHOWN = 5  # problems a note gives


def add_picture_arguments(parser: argparse.ArgumentParser, pixel_scale: float | None = None) -> None:
    """Options about the pictures."""
    add = parser.add_argument_group("pictures").add_argument
    add("--images", required=True, type=Path, metavar="FOLDER", help="with the pictures, also in folders of its own")
    add("--crop", type=int, default=0, metavar="PIXELS", help="keep this middle part of each picture")
    add("--size", type=int, default=0, metavar="PIXELS", help="side of a stored stamp, averaged (default: as they are)")
    add(
        "--pixel-scale", type=float, default=pixel_scale, metavar="ARCSEC", help="of the pictures (default %(default)s)"
    )
    add("--stretch", type=float, default=0.0, help="of FITS stamps as colors, one for all (default: from their noise)")
    add("--softening", type=float, default=SOFTENING, metavar="Q", help="of FITS stamps (default %(default)s)")
    add("--credit", default="", help="of the pictures")
    add("--seed", type=int, default=0, help="of the random split (default 0)")


def check_picture_options(arguments: argparse.Namespace) -> None:
    """Raise a `PhotozError` for an option of `add_picture_arguments` that is out of its range."""
    for name in ("crop", "size", "stretch"):
        if not 0 <= getattr(arguments, name) < np.inf:
            raise PhotozError(f"--{name} {getattr(arguments, name)}: give a number above 0")
    for name in ("pixel_scale", "softening"):
        if (value := getattr(arguments, name)) is not None and not 0 < value < np.inf:
            raise PhotozError(f"--{name.replace('_', '-')} {value}: give a number above 0")


def as_colors(
    open_one: Callable[[int], tuple[np.ndarray, bool]], count: int, arguments: argparse.Namespace, report: Report
) -> Callable[[int], np.ndarray]:
    """A function of the row that gives its color picture (3, H, W) from 0 to 1.

    Parameters
    ----------
    open_one : callable
        Row → planes (3, H, W), blue first, and whether these are gray levels already. If those of the first row that
        can be read are not, all that are not get one Lupton mapping.
    """

    def fluxes(row: int) -> np.ndarray:
        planes, gray = open_one(row)
        if gray:
            raise PhotozError("gray levels need no stretch")
        return planes

    lupton = None

    def colors(row: int) -> np.ndarray:
        nonlocal lupton
        planes, gray = open_one(row)
        if gray:
            return planes
        if lupton is None:
            lupton = replace(measured_lupton(fluxes, count, arguments.stretch, report), softening=arguments.softening)
        return lupton(planes)

    return colors


@dataclass
class Labelled:
    """N objects with pictures.

    Parameters
    ----------
    frame : DataFrame
        (N rows) with `object_id` and `class`.
    columns : dict
        Of the frame; `class` gets its own.
    places : list of str
        File of each, for messages.
    open_one : callable
        As in `as_colors`.
    """

    frame: pd.DataFrame
    columns: dict[str, Column]
    places: list[str]
    open_one: Callable[[int], tuple[np.ndarray, bool]]


def write_labelled(
    home: Home, meta: Meta, objects: Labelled, arguments: argparse.Namespace, report: Report, progress: Progress,
    measure: bool,
) -> Dataset:  # fmt: skip
    """Write a dataset of color stamps, `image` (M, 3, H, W) float16 from 0 to 1, bands B, G, R, label `class`.

    Objects that ``--exclude`` names and those whose picture cannot be used are left out and counted.

    Parameters
    ----------
    meta : Meta
        Lacks bands, label, pixel scale, columns and report.
    measure : bool
        Whether to measure the object in the middle of each stamp.

    Raises
    ------
    PhotozError
        If no object is left.
    """
    chosen = np.flatnonzero(not_excluded(objects.frame, home, arguments, report))
    colors = as_colors(lambda row: objects.open_one(int(chosen[row])), len(chosen), arguments, report)
    source = PictureStamps([objects.places[row] for row in chosen], colors, arguments.crop, arguments.size)
    first = first_reading(source, len(chosen), BANDS if measure else [], ROUNDED, progress)
    scale = _stored_scale(source, arguments.pixel_scale, report)
    frame, columns = objects.frame.iloc[chosen].reset_index(drop=True), objects.columns | {"class": CLASS}
    if measure:
        measured, described = measured_columns(first, len(chosen), BANDS, scale, None, report)
        frame = frame.rename(columns={name: f"{name}_table" for name in frame if name in measured})
        columns = {f"{name}_table" if name in measured else name: column for name, column in columns.items()}
        frame, columns = frame.join(measured), columns | instrumental(described, report)
    kept = _usable(first.problems, frame, report)
    frame = frame.iloc[kept].reset_index(drop=True)
    note_classes(frame["class"].to_numpy(str), report)
    published = {"published": arguments.published} if arguments.published else {}
    meta = replace(meta, bands=BANDS, label="class", pixel_scale=scale, provenance=meta.provenance | published)
    split = random_split(frame["class"].to_numpy(str) != "", arguments.seed)
    images = Images([(source, kept)], unit="", dtype="<f2")
    return write_dataset(home, meta, frame, columns, report, progress, images=images, split=split)


def _usable(problems: dict[int, str], frame: pd.DataFrame, report: Report) -> np.ndarray:
    """Rows without a problem; the others are named."""
    if problems:
        shown = "; ".join(list(problems.values())[:SHOWN]) + ("; …" if len(problems) > SHOWN else "")
        report.notes.append(f"{len(problems)} of {len(frame)} pictures cannot be used: {shown}; left out")
    return np.flatnonzero(~np.isin(np.arange(len(frame)), list(problems)))


def _stored_scale(source: PictureStamps, scale: float | None, report: Report) -> float:
    """Pixel scale [arcsec] of the stamps, NaN if that of the pictures is unknown or the pictures differ in size."""
    if scale and len(source.zooms) > 1:
        report.notes.append("pictures of several sizes were brought to one: the stamps have no common pixel scale")
        return float("nan")
    return scale * source.zooms.pop() if scale else float("nan")
