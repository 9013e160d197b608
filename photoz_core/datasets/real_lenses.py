"""Real strong lenses as color pictures in one npy file, and their names in another."""

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._fits_image import Place
from photoz_core.datasets._lens_images import Lenses, write_lenses
from photoz_core.datasets._report import Report
from photoz_core.datasets._stack import Stack, open_array
from photoz_core.datasets.rgb_image import BANDS
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "Real strong lenses: color pictures in one npy file, names in another"
ENDING = re.compile(r"(_image)?\.(jpe?g|png|tiff?|webp|fits?|npy)$|_image$", re.IGNORECASE)
COLUMNS = {
    "object_id": Column("object", "", "name of the lens", "id"),
    "theta_E": Column("θ_E", "arcsec", "Einstein radius: not known for any of these lenses"),
    "kind": Column("kind", "", "what the picture shows", "category"),
    "peak": Column("peak", "", "largest gray level of the picture before it was scaled"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey real_lenses``."""
    add = parser.add_argument
    add("--images", required=True, type=Path, metavar="FILE.npy", help="(N, H, W, 3), channels red, green, blue")
    add("--names", required=True, type=Path, metavar="FILE.npy", help="(N,) names or file names")
    add("--pixel-scale", type=float, metavar="ARCSEC", help="of the pictures (default: unknown)")
    add("--credit", default="", help="of the pictures")
    add("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: `image` (N, 3, H, W) float16, bands B, G, R with a common maximum of 1, no redshift or θ_E.

    Raises
    ------
    PhotozError
        If the files cannot be read without pickle, do not fit each other, or hold no color pictures.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    if arguments.pixel_scale is not None and not arguments.pixel_scale > 0:
        raise PhotozError(f"--pixel-scale {arguments.pixel_scale}: give arcsec per pixel, above 0")
    ids = object_ids(read_names(arguments.names), arguments.names, report)
    report.notes.append("no Einstein radius is known (theta_E is NaN)")
    meta = Meta(
        name=name,
        title="Real strong lenses",
        description="Color pictures of real strong lenses, each scaled to a maximum of 1; gray levels, not fluxes.",
        survey="pictures of lenses",
        bands=BANDS,
        label="theta_E",
        pixel_scale=arguments.pixel_scale or float("nan"),
        provenance={"source": arguments.images.name, "credit": arguments.credit, "options": options_of(arguments)},
    )
    with open_array(Place("", str(arguments.images), "")) as array:
        if array.ndim != 4 or array.shape[3] != 3 or array.dtype.kind not in "uif":
            raise PhotozError(
                f"{arguments.images}: {array.dtype} of shape {array.shape}, expected pictures (N, H, W, 3)"
            )
        if len(array) != len(ids):
            raise PhotozError(f"{arguments.images}: {len(array)} pictures, {arguments.names} has {len(ids)} names")
        pictures = Stack(np.moveaxis(array, 3, 1), str(arguments.images), BANDS[::-1], BANDS, np.ones(3))
        lenses = Lenses(
            pd.DataFrame({"object_id": ids, "theta_E": np.nan, "kind": "real lens"}),
            [f"{arguments.images}, picture {row} ({lens})" for row, lens in enumerate(ids)],
            {"image": "gray levels of each color; maximum 1"},
            lambda row: (pictures.read(np.array([row])).pixels, {}),
        )
        return write_lenses(home, meta, lenses, COLUMNS, report, progress, arguments.seed)


def read_names(path: Path) -> np.ndarray:
    """Names (N,) of str in an npy file.

    Raises
    ------
    PhotozError
        If it cannot be read without pickle, or holds no list of texts.
    """
    with reading(path):
        names = np.load(path, allow_pickle=False)
        if names.dtype.kind == "S":
            names = np.char.decode(names, "utf-8")
    if names.ndim != 1 or names.dtype.kind != "U" or not len(names):
        raise PhotozError(f"{path}: {names.dtype} of shape {names.shape}, expected names (N,)")
    return names


def clean_name(name: str) -> str:
    """The lens in a file name: without folders, ending and ``_image``.

    >>> clean_name("gold/gold-sample/CSWA 15.2_image.jpg")
    'CSWA 15.2'
    """
    return ENDING.sub("", re.split(r"[/\\]", name.strip())[-1]).strip()


def object_ids(names: np.ndarray, path: Path, report: Report) -> list[str]:
    """Names (N,) cleaned; a further picture of the same lens is ``NAME (2)``, ``NAME (3)``, …

    Raises
    ------
    PhotozError
        Naming a row without a name.
    """
    plain = pd.Series([clean_name(name) for name in names.tolist()])
    if (empty := np.flatnonzero(plain == "")).size:
        raise PhotozError(f"{path}: no name in row {empty[0]} ({str(names[empty[0]])!r})")
    number = plain.groupby(plain).cumcount() + 1
    if again := int((number > 1).sum()):
        report.notes.append(f"{again} more pictures of a lens that came before, numbered: NAME (2), …")
    return np.where(number > 1, plain + " (" + number.astype(str) + ")", plain).tolist()
