"""Stamps of real bands in one array, and a class for each: stars and galaxies of SDSS."""

import argparse
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import random_split
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._catalog import read_catalog, reading
from photoz_core.datasets._classes import CLASS, add_class_arguments, classes_of, note_classes, parse_class_names
from photoz_core.datasets._fits_image import Place
from photoz_core.datasets._images import Images, Stamps
from photoz_core.datasets._lens_files import ENDINGS
from photoz_core.datasets._lupton import border
from photoz_core.datasets._photometry import MICROJANSKY
from photoz_core.datasets._report import Report
from photoz_core.datasets._stack import Stack, open_array
from photoz_core.datasets._stamp_measure import first_reading, measured_columns
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "Stamps in one array of real bands, with a class for each"
SOFTENING = dict(zip("ugriz", (1.4e-10, 0.9e-10, 1.2e-10, 1.8e-10, 7.4e-10), strict=True))
"""b of SDSS's asinh magnitudes (Stoughton et al. 2002, AJ 123, 485, table 21)."""
LABEL = "label"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey stamp_stack``."""
    add = parser.add_argument_group("stack").add_argument
    add("--images", required=True, type=Path, metavar="FILE", help="npy, HDF5 or FITS cube (N, C, H, W)")
    add("--labels", required=True, type=Path, metavar="FILE", help="npy (N,), or a table with the column --class")
    add("--bands", required=True, nargs="+", metavar="BAND", help="of the channels, in their order")
    add(
        "--magnitudes",
        nargs="?",
        const="pogson",
        choices=("pogson", "asinh"),
        help="pixels are magnitudes, made linear; asinh: SDSS's, in u g r i z",
    )
    add("--stamp", type=int, default=0, metavar="PIXELS", help="keep the middle of each (default: all)")
    add("--pixel-scale", type=float, metavar="ARCSEC", help="of the stamps (default: unknown)")
    add("--credit", default="", help="of the images")
    add("--seed", type=int, default=0, help="of the random split (default 0)")
    add_class_arguments(parser)


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: `image` (N, C, H, W), [µJy] from magnitudes, magnitudes measured on it, and `class`.

    Raises
    ------
    PhotozError
        If the files cannot be read without pickle or do not fit each other, or values of labels have no name.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    if arguments.pixel_scale is not None and not arguments.pixel_scale > 0:
        raise PhotozError(f"--pixel-scale {arguments.pixel_scale}: give arcsec per pixel, above 0")
    scale, bands = arguments.pixel_scale or float("nan"), arguments.bands
    classes = read_classes(arguments, report)
    with open_stack(arguments.images) as array:
        stack = Stack(array, str(arguments.images), bands, bands, np.ones(len(bands)), arguments.stamp)
        if len(stack) != len(classes):
            raise PhotozError(f"{arguments.images}: {len(stack)} stamps, {arguments.labels} has {len(classes)} labels")
        source = FluxStamps(stack, arguments.magnitudes, bands) if arguments.magnitudes else stack
        first = first_reading(source, len(stack), bands, 1e-30, progress)
        point = MICROJANSKY if arguments.magnitudes else None
        measured, columns = measured_columns(first, len(stack), bands, scale, point, report)
        ids = [f"{arguments.images.stem}-{row}" for row in range(len(stack))]
        frame = pd.DataFrame({"object_id": ids, "class": classes}).join(measured)
        columns |= {"object_id": Column("object", "", "file and row of the stamp", "id"), "class": CLASS}
        note_classes(classes, report)
        meta = _meta(name, arguments)
        images = Images([(source, np.arange(len(stack)))], unit="uJy" if arguments.magnitudes else "")
        split = random_split(classes != "", arguments.seed)
        return write_dataset(home, meta, frame, columns, report, progress, images=images, split=split)


def _meta(name: str, arguments: argparse.Namespace) -> Meta:
    published = {"published": arguments.published} if arguments.published else {}
    made = {"source": arguments.images.name, "credit": arguments.credit, "options": options_of(arguments)}
    return Meta(
        name=name,
        title=arguments.images.stem,
        description="Stamps with classes; magnitudes are measured on them in one Kron ellipse per object.",
        survey="stamps",
        bands=list(arguments.bands),
        label="class",
        pixel_scale=arguments.pixel_scale or float("nan"),
        provenance=made | published,
    )


def read_classes(arguments: argparse.Namespace, report: Report) -> np.ndarray:
    """Class (N,) of each stamp.

    Raises
    ------
    PhotozError
        If the file holds no list of labels, or a value that ``--class-names`` does not name.
    """
    path = arguments.labels
    if path.suffix.lower() == ".npy":
        with reading(path):
            labels = np.load(path, allow_pickle=False)
        labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
        if labels.ndim != 1 or not len(labels):
            raise PhotozError(f"{path}: {labels.dtype} of shape {labels.shape}, expected labels (N,)")
        frame, arguments.classes = pd.DataFrame({LABEL: labels}), [LABEL]
    else:
        frame = read_catalog(path).frame
        if not arguments.classes:
            raise PhotozError(f"{path}: which column is the class? --class; there are {', '.join(frame)}")
    column = arguments.classes[0]
    if len(arguments.classes) == 1 and column in frame and frame[column].dtype.kind in "iufb":
        values = [f"{value:g}" for value in sorted(frame[column].dropna().unique())]
        if unnamed := sorted(set(values) - parse_class_names(arguments.class_names).keys()):
            shown = ",".join(f"{value}=NAME" for value in unnamed[:5])
            raise PhotozError(f"{path}: labels are numbers; say what they mean with --class-names={shown}")
    return classes_of(frame, arguments, path, report)


@contextmanager
def open_stack(path: Path):
    """The array (N, C, H, W) in an npy, HDF5 or FITS file, left on disk."""
    if not path.name.lower().endswith(ENDINGS):
        with open_array(Place("", str(path), "")) as array:
            yield array
        return
    from astropy.io import fits

    with reading(path), fits.open(path) as hdus:
        cubes = [hdu for hdu in hdus if getattr(hdu, "is_image", False) and hdu.header.get("NAXIS") == 4]
        if len(cubes) != 1:
            raise PhotozError(f"{path}: {len(cubes)} images of four dimensions (N, C, H, W), expected one")
        array = cubes[0].data
    yield array


@dataclass
class FluxStamps:
    """A `Source` of fluxes [µJy] above the sky, from a stack whose pixels are magnitudes.

    Parameters
    ----------
    stack : Stack
    kind : {"pogson", "asinh"}
        f = 10^(−0.4 (m − 23.9)) µJy, or SDSS's asinh magnitudes: f / f₀ = 2 b sinh(−0.4 ln(10) m − ln b) with f₀ the
        flux of magnitude 0 (Lupton, Gunn & Szalay 1999, AJ 118, 1406), which are right in the sky, too.
    bands : list of str
    """

    stack: Stack
    kind: str
    bands: list[str]

    def __post_init__(self):
        self.shape, self.where = self.stack.shape, self.stack.where
        if self.kind == "asinh" and (other := [band for band in self.bands if band not in SOFTENING]):
            raise PhotozError(f"--magnitudes asinh: SDSS's bands are u g r i z, not {' '.join(other)}")

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps of these rows, each band without the median of its border."""
        stamps = self.stack.read(rows)
        magnitude = stamps.pixels.astype(np.float64)
        if self.kind == "pogson":
            flux = 10 ** (-0.4 * (magnitude - MICROJANSKY))
        else:
            b = np.array([SOFTENING[band] for band in self.bands])[:, None, None]
            flux = 2 * b * np.sinh(-0.4 * np.log(10) * magnitude - np.log(b)) * 10 ** (0.4 * MICROJANSKY)
        sky = np.nanmedian(border(flux), axis=2)
        return Stamps((flux - sky[:, :, None, None]).astype(np.float32), stamps.edge)
