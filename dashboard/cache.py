"""Loaders shared by all sessions: keyed by explicit ids and time stamps, bounded, never copied.

Everything that comes out of here is shared: read it, never write to it.
"""

import contextlib
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd

from dashboard import classes_columns, morton, raster, review_columns
from dashboard.column_values import Values
from dashboard.stamps import stamp
from photoz_core import columns
from photoz_core.columns import Column
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.metrics.point import delta_z
from photoz_core.neighbours import nearest
from photoz_core.pdfs import Pdfs
from photoz_core.run import Run, check_matches

NEIGHBOURS = 7  # of the galaxy in focus
_sorting = Lock()
FINAL = ("done", "failed", "cancelled")
PREDICTED = {
    **columns.PREDICTED,
    "delta_z": Column("Δz", "", "(z_spec − z_phot) / (1 + z_spec)", colormap="residual"),
    **classes_columns.COLUMNS,
    **review_columns.COLUMNS,
}


def dataset(home: Home, name: str) -> Dataset:
    """The dataset `name`, shared until its folder is replaced."""
    return _dataset(*_dataset_key(home, name))


def table(home: Home, name: str, run_id: str = "") -> pd.DataFrame:
    """Catalog (N rows), with a run's predictions; Δz and whether a class is right, where both values are known."""
    return _table(*_table_key(home, name, run_id))


def positions(run: Run, projection: str) -> np.ndarray:
    """Projection (N, 2) float32 of a finished run."""
    path = run.folder / "projections" / f"{projection}.npy"
    return _positions(run.folder, projection, stamp(path))


def latents(run: Run) -> np.ndarray:
    """Latents (N, D) float32 of a finished run."""
    return _latents(run.folder, stamp(run.folder / "latents.npy"))


def neighbours(run: Run | None, row: int) -> np.ndarray:
    """Rows (7,) nearest in latent space to `row`; none without a run or a row."""
    return nearest(latents(run), row, NEIGHBOURS)[0] if run and row >= 0 else np.zeros(0, int)


def pdfs(run: Run | None) -> Pdfs | None:
    """Redshift PDFs (N, G) of a finished run; None for a method that gives none.

    Raises
    ------
    PhotozError
        If the file is broken, or holds PDFs of other objects than the run's.
    """
    return _pdfs(run.folder, stamp(run.folder / "pdf.hdf5")) if has_pdfs(run) else None


def has_pdfs(run: Run | None) -> bool:
    """Whether there is a file of PDFs, readable or not."""
    return bool(run) and (run.folder / "pdf.hdf5").exists()


def values(home: Home, name: str, run_id: str, column: str) -> Values:
    """A column of `table`, as float32 or as class numbers."""
    return _values(*_table_key(home, name, run_id), column)


def limits(home: Home, name: str, run_id: str, column: str, clip: tuple[float, float]) -> tuple[float, float]:
    """Percentiles `clip` of the whole column (not of what is in view, so limits never jump); NaN if all unknown."""
    return _limits(*_table_key(home, name, run_id), column, tuple(clip))


def frame(run: Run, projection: str, view: tuple | None, shape: tuple[int, int]) -> raster.Frame:
    """Pixels of the points in `view` (the whole map if None), shared while several sessions look at the same."""
    return _frame(z_order(run, projection), view, shape)


def z_order(run: Run, projection: str) -> morton.ZOrder:
    """The points of a projection along the Z-curve."""
    path = run.folder / "projections" / f"{projection}.npy"
    with _sorting:  # two sessions that open a map at once sort it once
        return _order(run.folder, projection, stamp(path))


@lru_cache(maxsize=4)
def order(size: int) -> np.ndarray:
    """A seeded random rank (N,) int32 of each row: the galaxy of lowest rank stands for a cell, at every zoom."""
    return np.random.default_rng(0).permutation(size).astype(np.int32)


def runs(home: Home) -> tuple[tuple[Run, str], ...]:
    """All readable runs with their states, oldest first; only folders that changed are read again."""
    found = []
    for run_id in home.run_ids():
        with contextlib.suppress(PhotozError, TypeError, OSError):
            run, state = _run(home.runs / run_id, stamp(home.runs / run_id))
            found.append((run, state if state in FINAL else run.state))
    return tuple(sorted(found, key=lambda item: item[0].info["created"]))


def signature(home: Home) -> tuple:
    """What changes when a dataset, a run's state or a projection appears: folder names and times, no file is read."""
    return tuple(
        (path.name, stamp(path), stamp(path / "projections"), stamp(path / "aligned"))
        for parent in (home.datasets, home.runs)
        if parent.is_dir()
        for path in sorted(parent.iterdir())
        if not path.name.startswith(".")
    )


def _dataset_key(home: Home, name: str) -> tuple[Path, int]:
    folder = _dataset_folder(home, name, stamp(home.datasets))
    return folder, stamp(folder / "dataset.toml")


@lru_cache(maxsize=64)
def _dataset_folder(home: Home, name: str, stamp: int) -> Path:
    """The folder of a dataset; a zoom asks for it dozens of times, and listing all of them is slow."""
    return home.dataset(name)


def _table_key(home: Home, name: str, run_id: str) -> tuple[Path, int, Path | None, int]:
    run = home.runs / run_id if run_id else None
    return *_dataset_key(home, name), run, stamp(run / "done.json") if run else 0


@lru_cache(maxsize=512)
def _run(folder: Path, stamp: int) -> tuple[Run, str]:
    run = Run(folder)
    return run, run.state


@lru_cache(maxsize=4)
def _dataset(folder: Path, stamp: int) -> Dataset:
    return Dataset(folder)


@lru_cache(maxsize=12)
def _positions(folder: Path, projection: str, stamp: int) -> np.ndarray:
    return np.ascontiguousarray(Run(folder).projection(projection), np.float32)


@lru_cache(maxsize=8)
def _frame(order: morton.ZOrder, view: tuple | None, shape: tuple[int, int]) -> raster.Frame:
    return raster.frame(order, view or raster.whole(order), shape)


@lru_cache(maxsize=4)
def _order(folder: Path, projection: str, stamp: int) -> morton.ZOrder:
    return morton.z_order(_positions(folder, projection, stamp))


@lru_cache(maxsize=3)
def _latents(folder: Path, stamp: int) -> np.ndarray:
    return Run(folder).latents


@lru_cache(maxsize=2)
def _pdfs(folder: Path, stamp: int) -> Pdfs:
    run = Run(folder)
    found, count = run.pdfs, len(run.predictions)
    if len(found) != count:
        raise PhotozError(f"run {run.name!r} has {len(found):,} PDFs of {count:,} objects; train it again")
    return found


@lru_cache(maxsize=6)
def _table(folder: Path, stamp: int, run_folder: Path | None, run_stamp: int) -> pd.DataFrame:
    data = _dataset(folder, stamp)
    if run_folder is None:
        return data.catalog
    run = Run(run_folder)
    check_matches(run, data)
    added = {name: run.predictions[name] for name in run.predictions if name != "object_id"}
    both = {**data.catalog, **added}
    if {"z_spec", "z_phot"} <= set(both):
        added["delta_z"] = delta_z(both["z_spec"].to_numpy(float), both["z_phot"].to_numpy(float))
    true, predicted = classes_columns.class_column(run, data), classes_columns.PREDICTED
    if true and predicted in both:
        added |= classes_columns.class_columns(both[true], both[predicted])
    return data.catalog.rename(columns=columns.names_beside(data.catalog, added)).assign(**added)


@lru_cache(maxsize=32)
def _values(folder: Path, stamp: int, run_folder: Path | None, run_stamp: int, column: str) -> Values:
    known = columns.own_column(column, _dataset(folder, stamp).meta.columns) or Column()
    return Values.of(_table(folder, stamp, run_folder, run_stamp)[column], known)


@lru_cache(maxsize=128)
def _limits(
    folder: Path, stamp: int, run_folder: Path | None, run_stamp: int, column: str, clip: tuple
) -> tuple[float, float]:
    array = _values(folder, stamp, run_folder, run_stamp, column).array
    if np.isnan(array).all():
        return float("nan"), float("nan")
    low, high = np.nanpercentile(array, clip)
    return float(low), float(high)
