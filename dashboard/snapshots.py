"""Latents as they form: a run's snapshots as maps that follow on from one another, and what they know of a column."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from dashboard import cache
from dashboard.defaults import first_of, suggest_columns, titled
from dashboard.state import State
from photoz_core.alignment import align
from photoz_core.columns import Column
from photoz_core.errors import PhotozError
from photoz_core.metrics.classification import knn_accuracy
from photoz_core.metrics.latent import knn_r2
from photoz_core.projections.pca import Map
from photoz_core.run import Run, check_matches
from photoz_core.snapshots import snapshot, snapshot_epochs, snapshot_sample

FAVOURITE = "z_spec"  # colors them where the dataset has it


@dataclass(frozen=True, eq=False)
class Film:
    """The snapshots of a run as maps.

    Parameters
    ----------
    rows : (n,) int
        Of the sample, in the dataset.
    epochs : tuple of int
        After how many each of K snapshots was taken; 0 is the untrained method.
    maps : (K, n, 2) float32
        Of rms radius 1 about their centre.
    """

    rows: np.ndarray
    epochs: tuple[int, ...]
    maps: np.ndarray


class Catalog:
    """What the sample of a run can be colored by: the catalog of its dataset, with the session's colormap and limits.

    Raises
    ------
    PhotozError
        If the dataset is gone, or is not the one that the run learns from.
    """

    def __init__(self, state: State, run: Run):
        self.home, self.name = state.home, run.recipe.dataset
        self.colormap, self.clip = state.colormap, state.clip
        self.data = cache.dataset(self.home, self.name)
        check_matches(run, self.data)

    def has(self, name: str) -> bool:
        return name in self.data.catalog

    def column(self, name: str) -> Column:
        return self.data.meta.columns.get(name) or Column()

    def values(self, name: str) -> cache.Values:
        return cache.values(self.home, self.name, "", name)

    def limits(self, name: str) -> tuple[float, float]:
        """Color limits of the whole column, not of the sample: those of the maps of the Explore page."""
        return cache.limits(self.home, self.name, "", name, self.clip)

    def colorable(self) -> dict[str, str]:
        """Columns by the name that a person reads."""
        names = [name for name in self.data.catalog if name != "object_id" and self.column(name).kind != "id"]
        return titled(names, self.column)

    def first(self, wanted: str) -> str:
        """`wanted` where there is such a column, else z_spec, else what a map starts with."""
        known = list(self.colorable().values())
        suggested = suggest_columns(self.data, self.data.catalog)[0]
        return next((name for name in (wanted, FAVOURITE, suggested) if name in known), first_of("", known))


def stamps(run: Run) -> tuple[tuple[int, int], ...]:
    """Epoch and time of each snapshot of a run: what changes when one comes or is taken anew."""
    return tuple((epoch, _stamp(run, epoch)) for epoch in snapshot_epochs(run))


def film(run: Run) -> Film:
    """All snapshots there are, at least one.

    Each frame is the plane of its own two largest principal components: the last one is the run's PCA map of these
    objects, and the first shows an untrained network at its best. That plane is then turned, mirrored and scaled onto
    the frame before it (Procrustes on the same objects), so nothing moves but what the training moved. Forward from
    the first frame: one that has been drawn stays as it is when the next arrives, where a common basis, or one carried
    back from the newest frame, would turn all of them again and again while a person looks.

    Raises
    ------
    PhotozError
        If a snapshot cannot be read.
    """
    epochs = tuple(snapshot_epochs(run))
    maps = chained([_plane(run.folder, epoch, _stamp(run, epoch)) for epoch in epochs])
    return Film(snapshot_sample(run), epochs, np.stack(maps).astype(np.float32))


def chained(maps: list[np.ndarray]) -> list[np.ndarray]:
    """Maps (n, 2) of rms radius 1, each laid over the one before."""
    placed: list[np.ndarray] = []
    for positions in maps:
        centred = positions - positions.mean(0, dtype=float)
        centred /= np.sqrt((centred**2).sum(1).mean()) or 1.0
        placed.append(align(centred, placed[-1])(centred) if placed else centred)
    return placed


def scores(run: Run, shown: Film, values: cache.Values) -> list[float]:
    """What the latents of each snapshot know of a column: R² of its kNN regression, of a class the kNN accuracy.

    All latent dimensions count, not the map. Each half of the sample votes once while the other is judged, and the two
    scores are averaged; NaN where too few values are known.
    """
    array = values.array[shown.rows]
    column = ("category" if values.is_category else "number", array.dtype.str, array.tobytes())
    return [_score(run.folder, epoch, _stamp(run, epoch), *column) for epoch in shown.epochs]


def _stamp(run: Run, epoch: int) -> int:
    path = run.folder / "snapshots" / f"{epoch}.npy"
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=256)
def _plane(folder: Path, epoch: int, stamp: int) -> np.ndarray:
    run = Run(folder)
    latents = snapshot(run, epoch)
    if not np.isfinite(latents).all():
        raise PhotozError(f"run {run.name!r}: latents after epoch {epoch} are not all finite; lower fit.lr")
    if len(latents) < 2 or not latents.shape[1]:
        return np.zeros((len(latents), 2), np.float32)
    return Map(0).fit(latents)


@lru_cache(maxsize=1024)
def _score(folder: Path, epoch: int, stamp: int, kind: str, dtype: str, values: bytes) -> float:
    latents, array = snapshot(Run(folder), epoch), np.frombuffer(values, dtype)
    half = np.arange(len(array)) % 2 == 0
    parts = ((half, ~half), (~half, half))
    if kind == "number":
        return float(np.mean([knn_r2(latents, array, *part) for part in parts]))
    names = pd.Series(array).astype(str).where(array >= 0, "").to_numpy(str)
    judged = [knn_accuracy(latents, names, *part) for part in parts]
    return float(np.mean([found["accuracy"] for found in judged])) if all(judged) else float("nan")
