"""Small pictures of spectra: tiles for the mosaic and the gallery, an SVG for the object card."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from dashboard.spectra_objects import Spectrum
from photoz_core.dataset import Dataset

TILE = 48  # px
SAMPLE = 256  # spectra that the limits of all tiles are measured on
PAPER, INK, FILLED = (16, 22, 28), (222, 232, 240), (110, 96, 84)  # RGB; FILLED where most was not measured
WIDTH, HEIGHT, FOOT = 340, 78, 14  # px of the SVG, and of the numbers below it
TICKS = 1000  # Å between two numbers


def tiles(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Spectra as lines on a dark ground, all between the same limits: (M, TILE, TILE, 3) uint8, row 0 on top."""
    rows = np.asarray(rows, int)
    if not len(rows):
        return np.zeros((0, TILE, TILE, 3), np.uint8)
    flux = np.asarray(dataset.array("spectrum")[rows], np.float32)
    mask = np.asarray(dataset.array("spectrum_mask")[rows], np.float32)
    low, high = columns_of(flux)
    bottom, top = _limits(dataset.folder, dataset.meta.fingerprint)
    to_pixel = lambda value: np.clip((value - bottom) / (top - bottom), 0, 1) * (TILE - 1)  # noqa: E731
    first, last = np.floor(to_pixel(low)), np.ceil(to_pixel(high))
    y = np.arange(TILE)[::-1, None]
    inside = (y >= first[:, None]) & (y <= last[:, None])  # (M, TILE, TILE)
    filled = np.add.reduceat(mask, starts(mask.shape[1], TILE), axis=1) > 0.5 * mask.shape[1] / TILE
    ink = np.where(filled[:, None, :, None], np.uint8(FILLED), np.uint8(INK))
    return np.where(inside[..., None], ink, np.uint8(PAPER))


def columns_of(flux: np.ndarray, count: int = TILE) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest flux (M, count) in each of `count` columns of spectra (M, L): no line gets lost."""
    at = starts(flux.shape[1], count)
    return np.minimum.reduceat(flux, at, axis=1), np.maximum.reduceat(flux, at, axis=1)


def starts(length: int, count: int) -> np.ndarray:
    """First pixel of each of `count` columns over `length` pixels; pixels repeat where they are fewer."""
    return np.arange(count) * length // count


def spectrum_svg(spectrum: Spectrum) -> str:
    """One spectrum against rest wavelength, its gaps faint; wavelengths [Å] below."""
    x = spectrum.wavelength
    low, high = spectrum.flux.min(), spectrum.flux.max()
    floor = HEIGHT - FOOT
    across = (x - x[0]) / (x[-1] - x[0]) * WIDTH
    up = floor - 1 - (spectrum.flux - low) / (high - low or 1) * (floor - 2)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, up, strict=True))
    gaps = "".join(
        f'<rect x="{across[i]:.1f}" y="0" width="{across[j] - across[i]:.1f}" height="{floor}" opacity=".15"/>'
        for i, j in _runs(spectrum.mask)
    )
    ticks = np.arange(np.ceil(x[0] / TICKS) * TICKS, x[-1], TICKS)
    places = np.clip((ticks - x[0]) / (x[-1] - x[0]) * WIDTH, 14, WIDTH - 14)
    numbers = "".join(
        f'<text x="{place:.1f}" y="{HEIGHT - 2}" text-anchor="middle" opacity=".8">{tick:.0f}</text>'
        for tick, place in zip(ticks, places, strict=True)
    )
    return (
        f'<svg class="pdf" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="spectrum, {x[0]:.0f} to {x[-1]:.0f} Å at rest">{gaps}'
        f'<polyline points="{points}" fill="none" stroke="var(--pz-accent)" stroke-width="1"/>{numbers}</svg>'
    )


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of each stretch of True in a mask (L,)."""
    change = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    return [(int(first), int(last) - 1) for first, last in change.reshape(-1, 2)]


@lru_cache(maxsize=8)
def _limits(folder: Path, fingerprint: str) -> tuple[float, float]:
    """Fluxes at the bottom and the top of a tile, for all spectra of a dataset."""
    spectra = Dataset(folder).array("spectrum")
    rows = np.sort(np.random.default_rng(0).permutation(len(spectra))[:SAMPLE])
    low, high = np.percentile(np.asarray(spectra[rows], np.float32), (0.5, 99.5))
    return float(low), float(high) if high > low else float(low) + 1
