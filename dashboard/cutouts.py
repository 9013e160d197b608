"""Cutouts of galaxies as small color pictures, one sheet at a time; of a dataset without images, their spectra."""

import base64
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from dashboard import spectra_pictures
from dashboard.spectra_objects import has_spectra
from dashboard.state import RGB
from photoz_core.dataset import Dataset

SAMPLE = 256  # stamps that the stretch of a dataset is measured on
SOFTENING = 8.0  # Q of Lupton et al. 2004
NOISE_SHARE = 0.14  # of the stretch that one sigma of sky takes
FAINT = 40  # opacity of 255 of a tile that is not selected
EVENING, LEVELS = 0.55, (0.3, 100.0)  # how much of a difference in brightness is kept, and within which levels


@dataclass(frozen=True)
class Stretch:
    """How the images of a dataset become pictures: the same for all its galaxies, so that they compare.

    Parameters
    ----------
    scale : (C,) float32
        Geometric mean, per band, of a typical galaxy's middle and of the sky noise [image unit]: dividing by it makes
        the typical color near white, and the noise of no band stands out.
    depth : (C + 1,) float32
        Lupton's stretch of each band alone and, last, of the color picture, in units of `scale`.
    """

    scale: np.ndarray
    depth: np.ndarray


def has_images(dataset: Dataset | None) -> bool:
    """Whether there is an image array with at least one band."""
    return dataset is not None and "image" in dataset.meta.arrays and len(dataset.bands) > 0


def has_pictures(dataset: Dataset | None) -> bool:
    """Whether its objects can be seen: by their images, or else by their spectra."""
    return has_images(dataset) or has_spectra(dataset)


def stretch(dataset: Dataset) -> Stretch:
    """The stretch of a dataset, measured once on a seeded sample of its images."""
    return _stretch(dataset.folder, (dataset.folder / "dataset.toml").stat().st_mtime_ns, dataset)


def pictures(dataset: Dataset, rows: np.ndarray, band: str = RGB, crop: float = 1.0) -> np.ndarray:
    """Color pictures of galaxies (Lupton et al. 2004), or gray ones of one band; spectra where there are no images.

    Parameters
    ----------
    rows : (M,) int
    band : str
        `RGB` (reddest, middle and bluest band) or the name of a band.
    crop : float
        Central share of the stamp's side to show.

    Returns
    -------
    pictures : (M, H, W, 3) uint8
        Row 0 on top, as on the sky with north up.
    """
    if not has_images(dataset):
        return spectra_pictures.tiles(dataset, rows)
    images = dataset.array("image")
    edge = round(images.shape[-1] * (1 - crop) / 2)
    inside = slice(edge, images.shape[-1] - edge)
    return paint(dataset, np.asarray(images[np.asarray(rows, int)], np.float32)[:, :, inside, inside], band)


def paint(dataset: Dataset, stamps: np.ndarray, band: str) -> np.ndarray:
    """Stamps (M, C, H, W) float32 in the unit of a dataset's images as `pictures` of it."""
    from astropy.visualization import make_lupton_rgb

    side = stamps.shape[-1]
    if len(stamps) == 0:
        return np.zeros((0, side, side, 3), np.uint8)
    how = stretch(dataset)
    bands = _rgb_bands(len(dataset.bands)) if band == RGB else [dataset.bands.index(band)] * 3
    scaled = stamps / how.scale[:, None, None]
    scaled *= _gain(scaled)[:, None, None, None]
    planes = [scaled[:, b] for b in bands]
    depth = how.depth[-1 if band == RGB else bands[0]]
    with np.errstate(invalid="ignore", divide="ignore"):  # a pixel that is zero in all bands stays black
        color = make_lupton_rgb(*(plane.reshape(-1, side) for plane in planes), minimum=0, stretch=depth, Q=SOFTENING)
    return color.reshape(len(stamps), side, side, 3)[:, ::-1]


def strip(tiles: np.ndarray) -> str:
    """Tiles (M, H, W, 3) uint8 side by side, as a data URL; empty for none."""
    if len(tiles) == 0:
        return ""
    return data_url(np.concatenate(list(tiles), axis=1))


def mosaic(tiles: np.ndarray, cells: np.ndarray, grid: int, side: int, faint: np.ndarray) -> str:
    """The `mosaic_sheet` of these as a data URL."""
    return data_url(mosaic_sheet(tiles, cells, grid, side, faint))


def mosaic_sheet(tiles: np.ndarray, cells: np.ndarray, grid: int, side: int, faint: np.ndarray) -> np.ndarray:
    """Tiles in the cells of a square grid: (H, W, 4) uint8, row 0 on top; empty cells are transparent.

    Parameters
    ----------
    tiles : (M, H, W, 3) uint8
    cells : (M,) int
        Cell of each tile: row × grid + column, row 0 at the bottom.
    grid : int
        Cells per side.
    side : int
        Wanted side of the picture [pixel]; rounded so that all cells are equal.
    faint : (M,) bool
        Tiles to show faintly.
    """
    cell = max(round(side / grid), 4)
    size = tiles.shape[1]  # known of no tile, too
    sheet = np.zeros((grid, grid, size, size, 4), np.uint8)
    opacity = np.where(faint, FAINT, 255).astype(np.uint8)
    sheet[grid - 1 - cells // grid, cells % grid, ..., :3] = tiles
    sheet[grid - 1 - cells // grid, cells % grid, ..., 3] = opacity[:, None, None]
    flat = sheet.transpose(0, 2, 1, 3, 4).reshape(grid * size, grid * size, 4)
    return np.asarray(Image.fromarray(flat).resize((grid * cell, grid * cell), Image.Resampling.BOX))


def data_url(picture: np.ndarray, quality: int = 85) -> str:
    """A picture (H, W, 3 or 4) uint8 as a WebP data URL."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "WEBP", quality=quality, method=1)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def _gain(stamps: np.ndarray) -> np.ndarray:
    """Factor (M,) that lifts faint galaxies and tames bright ones: the middle's level to the power `EVENING` − 1."""
    level = np.median(stamps[:, :, *_middle(stamps.shape[-1])], axis=(1, 2, 3))
    return np.clip(level, *LEVELS) ** (EVENING - 1)


def _middle(side: int) -> tuple[slice, slice]:
    part = slice(side // 2 - side // 16, side // 2 + side // 16 + 1)
    return part, part


def _rgb_bands(count: int) -> list[int]:
    """Positions of the reddest, the middle and the bluest of `count` bands."""
    return [count - 1, (count - 1) // 2 if count > 2 else count - 1, 0] if count > 1 else [0, 0, 0]


@lru_cache(maxsize=8)
def _stretch(folder: Path, stamp: int, dataset: Dataset) -> Stretch:
    images = dataset.array("image")
    rows = np.sort(np.random.default_rng(0).permutation(len(images))[:SAMPLE])
    stamps = np.asarray(images[rows], np.float32)
    level = np.median(stamps[:, :, *_middle(stamps.shape[-1])], axis=(0, 2, 3))
    rim = max(stamps.shape[-1] // 10, 1)
    sky = np.concatenate([stamps[:, :, :rim], stamps[:, :, -rim:]], axis=2)
    noise = 1.4826 * np.median(np.abs(sky), axis=(0, 2, 3))
    noise = np.maximum(noise, np.finfo(np.float32).tiny)
    scale = np.sqrt(np.maximum(level, noise) * noise).astype(np.float32)
    single = noise / scale
    bands = _rgb_bands(len(dataset.bands))
    together = np.sqrt(np.sum(single[bands] ** 2)) / len(bands)
    depth = np.append(single, together) / NOISE_SHARE
    return Stretch(scale, depth.astype(np.float32))
