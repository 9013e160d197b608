"""Your own data: a catalog in any common format, with images in a stack, in a file per object, or in mosaics."""

import argparse
from pathlib import Path

import numpy as np

from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import add_bands, options_of, write_dataset
from photoz_core.datasets._catalog import read_catalog
from photoz_core.datasets._cutouts import MosaicStamps
from photoz_core.datasets._detect import add_detection_arguments, detect, detected_catalog, detection_of
from photoz_core.datasets._image_options import (
    STAMP,
    Named,
    add_image_arguments,
    image_places,
    images_of,
    kind_of,
    mosaics_of,
    pack,
)
from photoz_core.datasets._mapping import describe, near, resolve
from photoz_core.datasets._objects import objects, select
from photoz_core.datasets._photometry import flux_zero_points, parse_sentinels
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "Your own catalog, with or without images"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey table``, the default survey."""
    add = parser.add_argument_group("catalog").add_argument
    add("--catalog", type=Path, help="FITS, VOTable, ECSV, CSV or other text, Parquet, HDF5 or npy table")
    add("--table", default="", metavar="PART", help="FITS extension or HDF5 group, where the file holds several tables")
    add(
        "--names",
        type=lambda text: text.split(","),
        metavar="A,B,…",
        help="column names of a file without a good header",
    )
    add(
        "--map",
        nargs="+",
        metavar="TARGET=COLUMN",
        help="object_id, ra, dec, z_spec, mag_BAND, mag_err_BAND, flux_BAND, …",
    )
    add("--bands", nargs="+", metavar="BAND", help="bands to keep, blue to red (default: all that are found)")
    add(
        "--zero-point", nargs="+", metavar="[BAND=]MAG", help="AB magnitude of one unit of the flux columns (µJy: 23.9)"
    )
    add("--flux-unit", default="", metavar="UNIT", help="unit of the flux columns, e.g. uJy, nJy, nanomaggy")
    add("--sentinels", nargs="+", metavar="[COLUMN=]VALUE", help="more values that mean 'not measured', e.g. z_spec=0")
    add("--where", nargs="+", metavar="COLUMN=VALUE", help="keep rows with these values, e.g. use=1 class=GALAXY")
    add("--label", default="z_spec", metavar="COLUMN", help="what the methods learn to predict (default z_spec)")
    add("--title", default="", help="what people read")
    add("--seed", type=int, default=0, help="of the random split (default 0)")
    add_image_arguments(parser)
    add_detection_arguments(parser)


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name` from the user's files.

    The mapping of columns is shown (`Progress.say`) and agreed to (`Progress.ask`) before anything is written. Mosaics
    without a catalog are searched for objects, which are then measured.

    Raises
    ------
    PhotozError
        Naming the file, row or column that is wrong and the remedy.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    if arguments.catalog is not None:
        return _from_catalog(home, name, arguments, progress, report)
    places = image_places(arguments)
    if not places or kind_of(places) != "mosaics":
        raise PhotozError(
            "nothing to import: give a --catalog, or mosaics to detect objects in with --images BAND=FILE"
        )
    with mosaics_of(arguments, places) as mosaics:
        objects_ = detect(mosaics, detection_of(arguments))
        frame, columns = detected_catalog(objects_, mosaics, "", report)
        xy = objects_["x"].to_numpy(), objects_["y"].to_numpy()
        source = MosaicStamps(mosaics, arguments.stamp or STAMP, pixels=xy)
        meta = _meta(name, arguments, [m.band for m in mosaics], {}, source.pixel_scale)
        images = pack(arguments, [(source, np.arange(len(frame)))])
        return write_dataset(home, meta, frame, columns, report, progress, images=images, seed=arguments.seed)


def _from_catalog(home: Home, name: str, arguments: argparse.Namespace, progress: Progress, report: Report) -> Dataset:
    catalog = select(read_catalog(arguments.catalog, arguments.table, arguments.names), arguments.where)
    mapping = resolve(catalog, arguments.map, arguments.bands)
    zero_points = flux_zero_points(catalog, mapping, arguments.zero_point, arguments.flux_unit)
    progress.say(describe(mapping, catalog, _zero_point_notes(zero_points)))
    frame, columns = objects(catalog, mapping, zero_points, parse_sentinels(arguments.sentinels), report)
    if arguments.label not in frame and arguments.label != "z_spec":
        raise PhotozError(f"{catalog.path}: no column {arguments.label!r} (--label); {near(arguments.label, frame)}")
    if not mapping.bands and not arguments.images:
        raise PhotozError(f"{catalog.path}: no magnitudes or fluxes were found; say which with --map mag_BAND=COLUMN")
    if not progress.ask("Import with these columns?"):
        raise PhotozError("nothing imported; say what the columns are with --map TARGET=COLUMN")
    if not arguments.images:
        meta = _meta(name, arguments, list(mapping.bands), mapping.columns)
        return write_dataset(home, meta, frame, columns, report, progress, seed=arguments.seed)
    named = Named(frame, catalog.frame, catalog.rows, catalog.total, list(mapping.bands))
    with images_of(arguments, named) as (images, bands, scale):
        frame = add_bands(frame, columns, bands)
        meta = _meta(name, arguments, bands, mapping.columns, scale)
        return write_dataset(home, meta, frame, columns, report, progress, images=images, seed=arguments.seed)


def _meta(
    name: str, arguments: argparse.Namespace, bands: list[str], columns: dict[str, str], scale=float("nan")
) -> Meta:
    files = [str(item) for item in (arguments.catalog, *(arguments.images or [])) if item]
    return Meta(
        name=name,
        title=arguments.title or name,
        bands=bands,
        label=arguments.label,
        pixel_scale=scale,
        provenance={"source": ", ".join(files), "columns": columns, "options": options_of(arguments)},
    )


def _zero_point_notes(zero_points: dict[str, float]) -> list[str]:
    values = {point: [band for band in zero_points if zero_points[band] == point] for point in zero_points.values()}
    return [f"AB zero point {point} for the fluxes in {' '.join(bands)}" for point, bands in values.items()]
