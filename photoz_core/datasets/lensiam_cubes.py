"""Simulated lenses as LenSiam's code writes them: FITS cubes of two images of a mass, its parameters in the header."""

import argparse
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._fits_image import choose_hdu, full_header
from photoz_core.datasets._lens_files import fits_files, relative_name
from photoz_core.datasets._lens_images import Lenses, write_lenses
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress
from photoz_core.simulate._lens_columns import lens_columns

TITLE = "LenSiam's simulated lenses: FITS cubes of two images, parameters in the header"
PARAMETERS = ("theta_E", "e1", "e2", "center_x", "center_y", "gamma", "gamma1", "gamma2")  # keys of the header
PIXEL_SCALE = 0.05  # arcsec, of the paper
CREDIT = "LenSiam (Chang et al. 2023, arXiv 2311.10100); lenstronomy (Birrer & Amara 2018)"
ARRAYS = {
    "image": "first plane of the cube; maximum 1",
    "pair": "second plane: the same mass with another source, lens light, PSF and noise; maximum 1",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey lensiam_cubes``."""
    add = parser.add_argument
    add("--folder", required=True, type=Path, help="with the FITS cubes, also in folders of its own")
    add("--pixel-scale", type=float, default=PIXEL_SCALE, metavar="ARCSEC", help="(default %(default)s)")
    add("--band", default="F814W", help="what to call the one band (default %(default)s)")
    add("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: arrays `image` and `pair` (N, 1, H, W) float16 with a maximum of 1, and eight parameters.

    Raises
    ------
    PhotozError
        If the folder has no usable cube; it names the files and why. A few that cannot be used are left out.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    files = fits_files(arguments.folder)
    if not arguments.pixel_scale > 0:
        raise PhotozError(f"--pixel-scale {arguments.pixel_scale}: give arcsec per pixel, above 0")
    ids = [relative_name(path, arguments.folder) for path in files]
    lenses = Lenses(
        pd.DataFrame({"object_id": ids}), [str(path) for path in files], ARRAYS, lambda row: read_cube(files[row])
    )
    described = lens_columns()
    columns = {key: described[key] for key in ("object_id", *PARAMETERS)}
    meta = Meta(
        name=name,
        title="LenSiam lenses",
        description="Simulated strong lenses, two images of each mass with known parameters.",
        survey="LenSiam (simulated)",
        simulated=True,
        bands=[arguments.band],
        label="theta_E",
        pixel_scale=arguments.pixel_scale,
        provenance={"source": "LenSiam FITS cubes", "credit": CREDIT, "options": options_of(arguments)},
    )
    return write_lenses(home, meta, lenses, columns, report, progress, arguments.seed)


def read_cube(path: Path) -> tuple[np.ndarray, dict[str, float]]:
    """Both images (2, 1, H, W) of a cube (H, W, 2) or (2, H, W), and its parameters.

    Raises
    ------
    PhotozError
        If the file cannot be read or is no such cube, or a parameter is missing or out of its range.
    """
    from astropy.io import fits

    with reading(path), fits.open(path, memmap=False) as hdus:
        number = choose_hdu(hdus, path)
        pixels, header = np.asarray(hdus[number].data, dtype=np.float32), full_header(hdus, number)
        parameters = {key: header.get(key) for key in PARAMETERS}
    return planes(pixels, path)[:, None], checked(parameters, path)


def planes(cube: np.ndarray, path: Path) -> np.ndarray:
    """The two planes of a cube as (2, H, W), told by where its axis of length 2 is.

    Raises
    ------
    PhotozError
        If that is neither the first axis nor the last, or several have this length.
    """
    axes = [axis for axis, length in enumerate(cube.shape) if length == 2]
    if cube.ndim != 3 or axes not in ([0], [2]):
        raise PhotozError(f"{path}: a cube of shape {cube.shape} is neither (H, W, 2) nor (2, H, W)")
    return np.moveaxis(cube, axes[0], 0)


def checked(parameters: Mapping[str, object], path: Path) -> dict[str, float]:
    """Parameters as numbers.

    Raises
    ------
    PhotozError
        Naming one that is missing or no finite number, θ_E ≤ 0, |e| ≥ 1, or γ outside (1, 3), where no power law
        has a finite mass and deflection.
    """
    numbers = {}
    for key, value in parameters.items():
        if value is None:
            raise PhotozError(f"{path}: no {key} in its header")
        try:
            numbers[key] = float("nan") if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            numbers[key] = float("nan")
        if not math.isfinite(numbers[key]):
            raise PhotozError(f"{path}: {key} = {value} is no number")
    if numbers["theta_E"] <= 0:
        raise PhotozError(f"{path}: theta_E = {numbers['theta_E']:g} is not above 0")
    if (flat := math.hypot(numbers["e1"], numbers["e2"])) >= 1:
        raise PhotozError(f"{path}: |e| = {flat:.3g} of e1 and e2 is not below 1")
    if not 1 < numbers["gamma"] < 3:
        raise PhotozError(f"{path}: gamma = {numbers['gamma']:g} is not between 1 and 3")
    return numbers
