"""The Bologna lens-finding challenges: simulated images as Euclid sees them, a file for each band and object."""

import argparse
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets import _fits_image as fits_image
from photoz_core.datasets._assemble import options_of
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._lens_catalog import match_challenge
from photoz_core.datasets._lens_files import fits_files
from photoz_core.datasets._lens_images import Lenses, write_lenses
from photoz_core.datasets._mapping import near
from photoz_core.datasets._object_files import read_planes
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "Bologna strong-lens challenge: Euclid VIS (and NISP) images, simulated"
CREDIT = "Strong Gravitational Lens Finding Challenge (Metcalf et al. 2019, A&A 625, A119), Bologna Lens Factory"
NAME = re.compile(r"image(?:[A-Za-z0-9]+_)?([A-Za-z0-9]+)-(\d+)\.fits(?:\.gz|\.bz2)?", re.IGNORECASE)
KINDS = {"lens": "lens", "lenses": "lens", "nolens": "no lens", "no_lens": "no lens", "nolenses": "no lens"}
MASKED = 100.0  # what the challenge writes into masked pixels; the others are of the order of 1e-11
COLUMNS = {
    "object_id": Column("object", "", "ID of the challenge", "id"),
    "theta_E": Column("θ_E", "arcsec", "Einstein radius, √(area within the critical curve / π); unknown without area"),
    "peak": Column("peak", "", "largest pixel of the image before it was scaled, in the unit of the file"),
}
KIND = Column("kind", "", "lens or no lens: by the folder, else by the catalog", "category")


@dataclass
class Found:
    """Files of one object.

    Parameters
    ----------
    files : dict
        Band → file.
    kind : str
        "lens" or "no lens" by the folder, "" where it does not say.
    """

    files: dict[str, Path] = field(default_factory=dict)
    kind: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey lens_challenge``."""
    add = parser.add_argument
    add(
        "--folder", required=True, nargs="+", type=Path, help="with imageEUC_VIS-ID.fits, …, also in folders of its own"
    )
    add("--bands", nargs="+", default=["VIS"], metavar="BAND", help="blue to red, of one pixel scale (default VIS)")
    add("--catalog", type=Path, help="CSV with ID and an area, such as image_catalog2.0train.csv")
    add("--area-column", default="ein_area", help="area within the critical curve [rad²] (default %(default)s)")
    add("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: `image` (N, bands, H, W) float16 with a maximum of 1, and Einstein radii [arcsec].

    Without a catalog all radii are NaN.

    Raises
    ------
    PhotozError
        Naming two files of one object and band, files with another pixel scale, or what is wrong with the catalog.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    objects = find(arguments.folder)
    ids = np.array([number for number, found in objects.items() if set(arguments.bands) <= found.files.keys()])
    _note_incomplete(objects, len(ids), arguments, report)
    chosen, columns = [objects[number] for number in ids.tolist()], dict(COLUMNS)
    known, truths = pd.DataFrame({"theta_E": np.full(len(ids), np.nan), "kind": ""}), {}
    if arguments.catalog:
        known, truths = match_challenge(arguments.catalog, ids, arguments.area_column, report)
    else:
        report.notes.append("no --catalog: no Einstein radius is known (theta_E is NaN)")
    kind = np.array([found.kind for found in chosen])
    if differ := int(((kind != "") & (known["kind"] != "") & (kind != known["kind"])).sum()):
        report.notes.append(f"{differ} objects are of another kind by the catalog than by their folder, which is taken")
    known["kind"] = np.where(kind == "", known["kind"], kind)
    columns |= truths | ({"kind": KIND} if (known["kind"] != "").any() else {})
    files = [[found.files[band] for band in arguments.bands] for found in chosen]
    lenses = Lenses(
        known.assign(object_id=ids.astype(str)),
        [str(paths[0]) for paths in files],
        {"image": "simulated image of each band; maximum 1"},
        lambda row: read_bands(files[row]),
    )
    return write_lenses(home, _meta(name, arguments), lenses, columns, report, progress, arguments.seed)


def find(folders: list[Path]) -> dict[int, Found]:
    """Objects by ID, in its order, whose files lie in these folders or below.

    The nearest folder named ``lens`` or ``nolens`` above a file, up to the one given, tells its kind.

    Raises
    ------
    PhotozError
        If there is none, or two files are of the same object and band.
    """
    objects: dict[int, Found] = {}
    files = {path: folder for folder in folders for path in fits_files(folder)}
    for path, folder in files.items():
        if not (match := NAME.fullmatch(path.name)):
            continue
        found = objects.setdefault(int(match[2]), Found())
        band = match[1].upper()
        if band in found.files:
            raise PhotozError(f"two files of object {int(match[2])} in band {band}: {found.files[band]} and {path}")
        found.files[band] = path
        above = (folder.absolute().name, *path.relative_to(folder).parts[:-1])
        found.kind = found.kind or next((KINDS[name.lower()] for name in reversed(above) if name.lower() in KINDS), "")
    if not objects:
        raise PhotozError(f"{folders[0]}: no file is named like imageEUC_VIS-100000.fits")
    return dict(sorted(objects.items()))


def read_bands(paths: list[Path]) -> tuple[np.ndarray, dict[str, float]]:
    """Images of one object as (1, bands, H, W), and the `pixel_scale` [arcsec] of their headers, NaN without.

    Raises
    ------
    PhotozError
        If a file cannot be read or has masked pixels, or the bands differ in size.
    """
    images, scales = [], []
    for path in paths:
        with reading(path):
            planes = read_planes(path, "", all_of_them=False)
        if len(planes) != 1:
            raise PhotozError(f"{path}: {len(planes)} images, expected one")
        image, header = planes[0]
        if (image >= MASKED).any():
            raise PhotozError(f"{path}: {int((image >= MASKED).sum())} masked pixels (of value {MASKED:g})")
        images.append(image)
        scales.append(fits_image.pixel_scale(header) or np.nan)
    if len({image.shape for image in images}) > 1 or np.ptp(scales) > 1e-3 * scales[0]:
        listed = ", ".join(
            f"{path.name} {image.shape[1]} × {image.shape[0]} of {scale:.3g}″"
            for path, image, scale in zip(paths, images, scales, strict=True)
        )
        raise PhotozError(f"{paths[0].parent}: {listed}; choose --bands of one pixel scale")
    return np.stack(images)[None], {"pixel_scale": scales[0]}


def _note_incomplete(objects: dict[int, Found], complete: int, arguments: argparse.Namespace, report: Report) -> None:
    bands = sorted({band for found in objects.values() for band in found.files})
    for band in arguments.bands:
        if band not in bands:
            raise PhotozError(f"{arguments.folder[0]}: no file of band {band!r} (--bands); {near(band, bands)}")
    if not complete:
        raise PhotozError(f"{arguments.folder[0]}: no object has files of all bands {' '.join(arguments.bands)}")
    if complete < len(objects):
        number = next(n for n, found in objects.items() if not set(arguments.bands) <= found.files.keys())
        text = f"{len(objects) - complete} of {len(objects)} objects lack a file of some band, e.g. {number}; left out"
        report.notes.append(text)


def _meta(name: str, arguments: argparse.Namespace) -> Meta:
    return Meta(
        name=name,
        title="Bologna lens challenge",
        description="Simulated images with and without strong lenses, each scaled to a maximum of 1.",
        survey="Euclid-like (simulated)",
        simulated=True,
        bands=list(arguments.bands),
        label="theta_E",
        provenance={"source": "Bologna lens challenge", "credit": CREDIT, "options": options_of(arguments)},
    )
