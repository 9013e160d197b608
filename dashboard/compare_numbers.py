"""What is said of runs that are compared: of each what its folder says, of a pair how far it agrees."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from dashboard import raster
from photoz_core.alignment import align, displacement
from photoz_core.errors import PhotozError
from photoz_core.files import read_json
from photoz_core.metrics.agreement import nearest_rows, neighbour_overlap, sample
from photoz_core.run import Run

CORE = (1, 99)  # percentiles of a map that are in view, and half as much again


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far two runs of N objects agree.

    Parameters
    ----------
    overlap : (N,) float32
        Jaccard index of the neighbours in latent space, NaN for objects that were not asked.
    displacement : (N,) float32
        Distance of the aligned maps, in rms radii of the first.
    asked : int
        Objects among which neighbours were looked for.
    """

    overlap: np.ndarray
    displacement: np.ndarray
    asked: int


def agreement(first: Run, second: Run, maps: tuple[np.ndarray, np.ndarray]) -> Agreement:
    """Compare two runs and their maps (N, 2); the neighbours of a run are found once. It takes seconds the first time.

    Objects whose latents are not finite in both are left out.

    Raises
    ------
    PhotozError
        If a run has no latents, or hardly any that are finite.
    """
    count = len(maps[0])
    runs = [(run.folder, _stamp(run)) for run in (first, second)]
    rows = np.intersect1d(*(_finite(*run, count) for run in runs), assume_unique=True)
    if len(rows) < 2:
        few = min((first, second), key=lambda run: len(_finite(run.folder, _stamp(run), count)))
        raise PhotozError(f"run {few.name!r} has hardly any finite latents; train it again")
    overlap = np.full(count, np.nan, np.float32)
    overlap[rows] = neighbour_overlap(*(_neighbours(*run, rows.tobytes()) for run in runs))
    return Agreement(overlap, apart(*maps), len(rows))


def apart(reference: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Displacement (N,) float32 of a map from a reference that it is aligned to."""
    return displacement(align(positions, reference)(positions), reference).astype(np.float32)


def aligned(maps: list[np.ndarray]) -> list[np.ndarray]:
    """Maps (N, 2) laid over the first of them."""
    return [*maps[:1], *(align(positions, maps[0])(positions) for positions in maps[1:])]


def most(maps: list[np.ndarray]) -> tuple[float, float, float, float]:
    """The square (x0, x1, y0, y1) in which maps (N, 2) are seen together.

    Of each, `CORE` percentiles and half as much again: all of a compact map, but of one with a few objects far
    out not those, or the others would be dots.
    """
    corners = []
    for positions in maps:
        low, high = np.percentile(positions, CORE, axis=0)
        more = (high - low) / 4
        corners += [np.maximum(low - more, positions.min(0)), np.minimum(high + more, positions.max(0))]
    return raster.whole(np.array(corners))


def with_mean(others: list[np.ndarray]) -> list[np.ndarray]:
    """What is known (N,) of each other run and the reference, behind the mean of it, which stands for the reference."""
    if not others:
        return []
    known = np.isfinite(others).sum(0)
    mean = np.divide(np.nansum(others, 0), known, out=np.full(known.shape, np.nan, np.float32), where=known > 0)
    return [mean, *others]


def trustworthiness(run: Run, projection: str, company: str = "") -> float:
    """That of a projection, or of the map in a company, as measured when it was made; NaN where that is not known."""
    place = f"aligned/{company}.json" if company else f"projections/{projection}.json"
    try:
        found = read_json(run.folder / place).get("trustworthiness")
    except PhotozError:
        found = None
    return float("nan") if found is None else float(found)


def metrics_of(run: Run) -> dict:
    """What `metrics.json` says; nothing where it cannot be read."""
    try:
        return run.metrics
    except PhotozError:
        return {}


def _stamp(run: Run) -> int:
    path = run.folder / "latents.npy"
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=12)
def _finite(folder: Path, stamp: int, count: int) -> np.ndarray:
    rows = sample(count)
    return rows[np.isfinite(Run(folder).latents[rows]).all(1)]


@lru_cache(maxsize=12)
def _neighbours(folder: Path, stamp: int, rows: bytes) -> np.ndarray:
    return nearest_rows(Run(folder).latents[np.frombuffer(rows, int)])
