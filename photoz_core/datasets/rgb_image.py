"""Any JPEG or PNG picture of the sky: objects found on its luminance, stamps of its three channels, uncalibrated."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._cutouts import MosaicStamps
from photoz_core.datasets._detect import add_detection_arguments, detect, detected_catalog, detection_of
from photoz_core.datasets._images import Images
from photoz_core.datasets._mosaic import Mosaic
from photoz_core.datasets._object_files import read_picture
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "A color picture (JPEG, PNG): stamps of detected objects, uncalibrated"
BANDS = ["B", "G", "R"]
UNCALIBRATED = "instrumental, from the gray levels of a picture: no zero point, and not linear in flux"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey rgb_image``."""
    parser.add_argument("--picture", required=True, type=Path, help="JPEG or PNG file")
    parser.add_argument("--stamp", type=int, default=64, metavar="PIXELS", help="side of a stamp (default 64)")
    parser.add_argument(
        "--max-missing", type=float, default=1.0, metavar="SHARE", help="leave out emptier stamps (0 to 1)"
    )
    parser.add_argument("--credit", default="", help="of the picture")
    parser.add_argument("--seed", type=int, default=0, help="of the random split (default 0)")
    add_detection_arguments(parser, min_snr=10.0)  # fainter ones are a few pixels of a JPEG


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: stamps from 0 to 1, magnitudes −2.5 log₁₀(sum of gray levels), sizes in pixels.

    Raises
    ------
    PhotozError
        If the picture cannot be read, is smaller than a stamp, or shows no object.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    with reading(arguments.picture):
        channels = read_picture(arguments.picture)
    if min(channels.shape[1:]) < arguments.stamp:
        raise PhotozError(
            f"{arguments.picture}: {channels.shape[1:]} pixels, smaller than a stamp of {arguments.stamp}"
        )
    where = str(arguments.picture)
    mosaics = [Mosaic(*item, zero_is_blank=False) for item in zip(BANDS, [where] * 3, channels, strict=True)]
    found = detect(mosaics, detection_of(arguments))
    frame, columns = detected_catalog(found, mosaics, "", report)
    columns = instrumental(columns, report)
    source = MosaicStamps(mosaics, arguments.stamp, pixels=(found["x"].to_numpy(), found["y"].to_numpy()))
    meta = Meta(
        name=name,
        title=arguments.picture.stem,
        description=f"Objects of a color picture; uncalibrated: {UNCALIBRATED}.",
        survey="picture",
        bands=BANDS,
        provenance={"source": arguments.picture.name, "credit": arguments.credit, "options": options_of(arguments)},
    )
    images = Images([(source, np.arange(len(frame)))], unit="", max_missing=arguments.max_missing)
    return write_dataset(home, meta, frame, columns, report, progress, images=images, seed=arguments.seed)


def instrumental(columns: dict[str, Column], report: Report) -> dict[str, Column]:
    """`columns` whose magnitudes, errors and colors say that they come from the gray levels of a picture."""
    report.notes.append(f"magnitudes are {UNCALIBRATED}")
    return {
        name: replace(column, description=f"{column.description}: {UNCALIBRATED}".replace("AB ", ""))
        if column.kind in ("magnitude", "magnitude_error", "color")
        else column
        for name, column in columns.items()
    }
