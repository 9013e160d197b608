"""The image options of an import: which kind of images they name, and the source of stamps that makes."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.datasets._bands import in_order
from photoz_core.datasets._cutouts import MosaicStamps
from photoz_core.datasets._fits_image import Place, parse_place
from photoz_core.datasets._images import Images, Source
from photoz_core.datasets._mosaic import Mosaic, open_mosaics
from photoz_core.datasets._object_files import PICTURES, ObjectFiles
from photoz_core.datasets._photometry import MICROJANSKY, by_band
from photoz_core.datasets._stack import Stack, open_array
from photoz_core.errors import PhotozError

STAMP = 64  # pixels on a side of stamps cut from mosaics
STACKS = (".npy", ".h5", ".hdf5", ".hdf")


def add_image_arguments(parser: argparse.ArgumentParser) -> None:
    """Options about images, shared by the surveys that take the user's own."""
    add = parser.add_argument_group("images").add_argument
    add(
        "--images",
        nargs="+",
        metavar="[BAND=]FILE[[PART]]",
        help="a stack (npy or HDF5, rows as in the catalog); a file per object, columns in braces: "
        "'cutouts/{id}_{band}.fits'; or a mosaic per band: F606W=v.fits F814W=i.fits[SCI]",
    )
    add("--image-bands", nargs="+", metavar="BAND", help="bands of the images' channels, in their order")
    add("--image-zero-point", nargs="+", metavar="[BAND=]MAG", help="AB magnitude of one pixel unit, over the header's")
    add("--uncalibrated", action="store_true", help="keep the pixels as they are: no zero point is known")
    add("--noise", nargs="+", metavar="BAND=FILE[[PART]]", help="noise maps of the mosaics")
    add("--stamp", type=int, default=0, metavar="PIXELS", help="side of a stamp (mosaics: 64; others: as they are)")
    add("--pixel-scale", type=float, metavar="ARCSEC", help="of a stack; mosaics are resampled to it")
    add(
        "--drop-bad-images",
        action="store_true",
        help="leave out objects whose images are missing, broken or off the field",
    )
    add(
        "--max-missing",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="leave out stamps with more missing pixels (0 to 1)",
    )


def kind_of(places: list[Place]) -> str:
    """``stack``, ``files`` (per object) or ``mosaics``."""
    if any("{" in place.path for place in places):
        return "files"
    return "stack" if Path(places[0].path).suffix.lower() in STACKS else "mosaics"


def image_places(arguments: argparse.Namespace) -> list[Place]:
    """The places that `--images` names; a folder means one file per object, ``FOLDER/{object_id}.fits``."""
    places = [parse_place(text) for text in arguments.images or []]
    return [p._replace(path=f"{p.path}/{{object_id}}.fits") if Path(p.path).is_dir() else p for p in places]


@contextmanager
def mosaics_of(arguments: argparse.Namespace, places: list[Place]) -> Iterator[list[Mosaic]]:
    """The open mosaics that `--images` names, in the order of `--image-bands` or blue to red."""
    bands = arguments.image_bands or [place.band for place in places if place.band]
    points = by_band(arguments.image_zero_point, bands, "--image-zero-point") if bands else {}
    noise = [parse_place(text) for text in arguments.noise or []]
    calibrated, channels = not arguments.uncalibrated, arguments.image_bands or ()
    with open_mosaics(places, noise, points, calibrated, channels=channels) as mosaics:
        yield mosaics


@dataclass(frozen=True)
class Named:
    """What the images of a catalog are matched by.

    Parameters
    ----------
    frame : DataFrame
        The dataset's catalog (N rows): `object_id`, `ra`, `dec`.
    table : DataFrame
        The file's columns (N rows), for names in braces.
    rows : (N,) int
        Row of each object in the file, and the number of rows there, for a stack.
    bands : list of str
        The catalog's.
    """

    frame: pd.DataFrame
    table: pd.DataFrame
    rows: np.ndarray
    total: int
    bands: list[str]


@contextmanager
def images_of(arguments: argparse.Namespace, named: Named) -> Iterator[tuple[Images, list[str], float]]:
    """Images of the objects of a catalog, the bands of their channels, and the pixel scale [arcsec].

    Raises
    ------
    PhotozError
        Naming the file and what is wrong with it.
    """
    places = image_places(arguments)
    open_them = {"stack": _stack, "files": _files, "mosaics": _mosaics}[kind_of(places)]
    with open_them(arguments, places, named) as (source, rows, bands, scale):
        yield pack(arguments, [(source, rows)]), bands, scale


def pack(arguments: argparse.Namespace, parts: list[tuple[Source, np.ndarray]]) -> Images:
    """`Images` with the options that hold for every kind."""
    unit = "" if arguments.uncalibrated else "uJy"
    return Images(parts, unit, drop_bad=arguments.drop_bad_images, max_missing=arguments.max_missing)


@contextmanager
def _mosaics(arguments: argparse.Namespace, places: list[Place], named: Named):
    if not {"ra", "dec"} <= set(named.frame):
        raise PhotozError("mosaics need positions: say which columns they are with --map ra=COLUMN dec=COLUMN")
    with mosaics_of(arguments, places) as mosaics:
        sky = named.frame["ra"].to_numpy(), named.frame["dec"].to_numpy()
        source = MosaicStamps(mosaics, arguments.stamp or STAMP, sky, scale=arguments.pixel_scale)
        yield source, np.arange(len(named.frame)), [mosaic.band for mosaic in mosaics], source.pixel_scale


@contextmanager
def _files(arguments: argparse.Namespace, places: list[Place], named: Named):
    bands = _channel_bands(arguments, places, named)
    points = by_band(arguments.image_zero_point, bands, "--image-zero-point")
    table = named.table.assign(object_id=named.frame["object_id"].to_numpy())
    folder = arguments.catalog.parent
    source = ObjectFiles(places, table, bands, points, not arguments.uncalibrated, arguments.stamp, folder)
    yield source, np.arange(len(table)), bands, arguments.pixel_scale or source.pixel_scale


@contextmanager
def _stack(arguments: argparse.Namespace, places: list[Place], named: Named):
    bands = _channel_bands(arguments, places, named)
    order = [band for band in named.bands if band in bands] if set(bands) <= set(named.bands) else in_order(bands)
    points = dict.fromkeys(order, MICROJANSKY) | by_band(arguments.image_zero_point, bands, "--image-zero-point")
    with open_array(places[0]) as array:
        factor = np.array([10 ** (0.4 * (MICROJANSKY - points[band])) for band in order])
        source = Stack(array, places[0].where, bands, order, factor, arguments.stamp)
        if len(source) != named.total:
            where = f"{places[0].where}: {len(source)} stamps, the catalog {arguments.catalog} has {named.total} rows"
            raise PhotozError(f"{where}; they must be row-aligned")
        yield source, named.rows, order, arguments.pixel_scale or float("nan")


def _channel_bands(arguments: argparse.Namespace, places: list[Place], named: Named) -> list[str]:
    if arguments.image_bands:
        return arguments.image_bands
    if given := [place.band for place in places if place.band]:
        return given
    return ["B", "G", "R"] if Path(places[0].path).suffix.lower() in PICTURES else named.bands
