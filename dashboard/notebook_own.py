"""A catalog and latents that a kernel holds, as a dataset and runs in a temporary home."""

import glob
import os
import re
import shutil
import socket
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from dashboard.notebook_arrays import checked_images, checked_latents, checked_projection
from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import DatasetWriter, new_dataset
from photoz_core.errors import PhotozError
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.judging import judge
from photoz_core.processes import process_alive
from photoz_core.recipe import Recipe
from photoz_core.run import Run

METHOD = "own latents"
JUDGED = 20_000  # rows up to which neighbours are asked about every property: seconds
BLOCK = 1024  # images written at once
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean")  # as pandas infers them of objects
GIVEN = "map"  # the projection that came with the latents
REMEDY = "make the ids unique, or drop the column object_id: rows are numbered then"
UNKNOWN = Column("z_spec", "", "spectroscopic redshift: not known for any object", "redshift")
T = TypeVar("T")


@dataclass(frozen=True)
class Temporary:
    """A home that goes away, and the processes that make its maps."""

    home: Home
    makers: list = field(default_factory=list)

    def shown_by(self, make: Callable[[Home], T]) -> T:
        """What `make` makes of the home, which is removed with it, or with the kernel, or at once if that fails."""
        try:
            owner = make(self.home)
        except BaseException:
            _remove(self.home.path, self.makers)
            raise
        weakref.finalize(owner, _remove, self.home.path, self.makers)
        return owner


def temporary_home(
    catalog: pd.DataFrame, latents: np.ndarray | Mapping[str, np.ndarray] | None, images: np.ndarray | None = None,
    bands: Sequence[str] | None = None, projection: np.ndarray | None = None,
    columns: Mapping[str, str] | None = None, name: str = "own",
) -> Temporary:  # fmt: skip
    """A home that holds these: a dataset, and a run for each set of latents, with its PCA map.

    Arrays are written once; a UMAP comes from a process beside the kernel. Ids: column or index `object_id`, or rows.

    Parameters
    ----------
    catalog : DataFrame
        N rows; its columns are read as ``photoz data import`` does: µJy to AB magnitudes, −99 to NaN, colors added.
    latents : (N, D) array or tensor, or dict of these by name
    images, bands : (N, bands, H, W) array or tensor, and its bands' names, optional
        By default the bands of the magnitudes, where there are as many.
    projection : (N, 2) array, optional
        A map to show in place of PCA and UMAP.
    columns : dict, optional
        Our name → its column where the guess is wrong, e.g. ``{"z_spec": "zbest"}``; an empty one says there is none.

    Raises
    ------
    PhotozError
        If lengths or shapes do not match, a value of the latents is not finite, or ids are not unique.
    """
    _check(catalog, latents)
    spaces = latents if isinstance(latents, Mapping) else {METHOD: latents}
    spaces = {str(title): checked_latents(values, len(catalog), str(title)) for title, values in spaces.items()}
    placed = None if projection is None else checked_projection(projection, len(catalog))
    pixels = None if images is None else checked_images(images, len(catalog))
    home = Home(_new_folder())
    try:
        _write_dataset(home, name, catalog, columns, pixels, bands)
        runs = [_write_run(home, name, title, spaces[title], placed) for title in spaces]
    except BaseException:
        shutil.rmtree(home.path, ignore_errors=True)
        raise
    return Temporary(home, [] if placed is not None else _make_umaps(home, runs, len(catalog)))


def _check(catalog, latents) -> None:
    """Raise a `PhotozError` unless there is a table with rows, and something beside it."""
    if not isinstance(catalog, pd.DataFrame):
        raise PhotozError(
            f"a catalog is a pandas DataFrame, not {type(catalog).__name__}; a table of astropy has to_pandas()"
        )
    if not len(catalog):
        raise PhotozError("the catalog has no rows")
    if latents is None or (isinstance(latents, Mapping) and not latents):
        raise PhotozError("a catalog needs latents beside it: explore(catalog, latents) with an (N, D) array")


def _new_folder() -> Path:
    """A folder whose name says whose it is; those of kernels of this machine that were killed are removed."""
    mine = f"photoz-{socket.gethostname()}-"
    for left in Path(tempfile.gettempdir()).glob(f"{glob.escape(mine)}*"):
        found = re.match(r"(\d+)-", left.name.removeprefix(mine))
        if found and not process_alive(int(found[1])):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{mine}{os.getpid()}-"))


def _write_dataset(home: Home, name: str, catalog: pd.DataFrame, given, images, bands) -> None:
    from photoz_core.datasets._assemble import add_bands

    frame, columns, found = _read(catalog, given)
    bands = _bands(images, bands, found)
    frame = add_bands(frame, columns, bands)
    if "z_spec" not in frame:
        frame, columns["z_spec"] = frame.assign(z_spec=np.nan), UNKNOWN
    meta = Meta(name, title=name, bands=bands, columns=columns, provenance={"source": "a notebook"})
    with new_dataset(home.new_dataset(name), meta) as writer:
        if images is not None:
            _write_images(writer, images)
        try:
            writer.finish(frame)
        except (ValueError, TypeError) as error:  # what pyarrow raises
            raise PhotozError(f"the catalog cannot be kept: {error}; leave that column out") from error


def _read(catalog: pd.DataFrame, given: Mapping[str, str] | None) -> tuple[pd.DataFrame, dict[str, Column], list[str]]:
    """Our catalog, what its columns are, and its bands."""
    from photoz_core.datasets._catalog import Catalog
    from photoz_core.datasets._mapping import resolve
    from photoz_core.datasets._objects import objects
    from photoz_core.datasets._photometry import flux_zero_points
    from photoz_core.datasets._report import Report

    if catalog.index.name == "object_id" and "object_id" not in catalog:
        catalog = catalog.reset_index()
    catalog = catalog.rename(columns=str).reset_index(drop=True)
    if again := catalog.columns[catalog.columns.duplicated()].tolist():
        raise PhotozError(f"the catalog has the column {again[0]!r} twice; rename one")
    catalog = catalog.assign(**{column: _plain(catalog[column]) for column in catalog})
    pairs = {"object_id": "object_id" if "object_id" in catalog else "", **(given or {})}
    table = Catalog(Path("catalog"), catalog)
    mapping = resolve(table, [f"{ours}={theirs}" for ours, theirs in pairs.items()])
    points = flux_zero_points(table, mapping, None)
    frame, columns = objects(table, mapping, points, {}, Report(), remedy=REMEDY)
    return frame, columns, list(mapping.bands)


def _plain(values: pd.Series) -> pd.Series:
    """Numbers as numpy has them, NaN where unknown, or words as str, None where unknown: never a NA."""
    kind = pd.api.types.infer_dtype(values, skipna=True) if values.dtype == object else ""
    if kind in NUMBERS:
        is_whole = kind in ("integer", "boolean") and values.notna().all()
        values = values.infer_objects() if is_whole else values.where(values.notna(), np.nan).astype(float)
    if not pd.api.types.is_numeric_dtype(values):
        words = values.astype("string").astype(object)
        return words.where(words.notna(), None)
    if isinstance(values.dtype, np.dtype):
        return values
    return pd.Series(values.to_numpy(float, na_value=np.nan) if values.isna().any() else values.to_numpy())


def _bands(images: np.ndarray | None, bands: Sequence[str] | None, found: list[str]) -> list[str]:
    """Names of the planes of the images; without images the catalog's bands."""
    if images is None:
        return list(bands or found)
    count = images.shape[1]
    if bands is not None and len(bands) != count:
        raise PhotozError(f"{len(bands)} bands are named, the images have {count}: shape {images.shape}")
    return list(bands or (found if len(found) == count else [f"band{i + 1}" for i in range(count)]))


def _write_images(writer: DatasetWriter, images: np.ndarray) -> None:
    kind = "<f2" if images.dtype == np.float16 else "<f4"
    with writer.array("image", images.shape, kind) as append:
        for first in range(0, len(images), BLOCK):
            append(images[first : first + BLOCK])


def _write_run(home: Home, name: str, title: str, latents: np.ndarray, placed: np.ndarray | None) -> Run:
    from photoz_core.pipeline import project

    run = Run.create(home, Recipe(title, METHOD, name, preset="given", title=title))
    data = Dataset(home.dataset(name))
    np.save(run.folder / "latents.npy", latents, allow_pickle=False)
    table = pd.DataFrame({"object_id": data.object_id})
    table.to_parquet(run.folder / "predictions.parquet")
    visible = data.visible_labels(1.0)
    count = {"test": int((data.split == "test").sum()), "train": int((data.split == "train").sum())}
    metrics = {"counts": count | {"labels": int((visible & (data.split == "train")).sum())}}
    if len(data) <= JUDGED:
        metrics = judge(data, latents, table, visible)
    write_json(run.folder / "metrics.json", metrics)
    if placed is None:
        project(run, "pca")
    else:
        run.save_array(f"projections/{GIVEN}", placed)
    run.finish({"objects": len(data)})
    return run


def _make_umaps(home: Home, runs: list[Run], count: int) -> list:
    """Processes that each make the UMAP of a run; none where there are too few rows for one."""
    from photoz_core.projections.umap import FEWEST

    if count < FEWEST:
        return []
    # spawned, daemonic: neither a copy of the kernel nor longer alive than it
    makers = [get_context("spawn").Process(target=_make_umap, args=(home.path, [run.id for run in runs]), daemon=True)]
    for maker in makers:
        maker.start()
    return makers


def _make_umap(home: Path, runs: list[str]) -> None:
    from photoz_core._tasks import MAP_NICENESS, run_projection

    os.nice(MAP_NICENESS)
    for run in runs:
        run_projection(str(home), run, "umap")


def _remove(home: Path, makers: list) -> None:
    for maker in makers:
        maker.kill()
    shutil.rmtree(home, ignore_errors=True)
