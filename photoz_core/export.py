"""Out: the catalog, a run's predictions, its map and its latents as one table in the formats astronomers read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

import photoz_core
from photoz_core import _export_formats
from photoz_core.columns import PREDICTED, Column, names_beside, own_column, predicted
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError, unknown
from photoz_core.files import replace, slug
from photoz_core.run import Run, check_matches

FORMATS = {"csv": "csv", "ecsv": "ecsv", "fits": "fits", "votable": "vot", "parquet": "parquet"}  # and their suffixes
NAMED = 5  # of the ids that are not there


@dataclass(frozen=True, eq=False)
class Export:
    """A table on its way out.

    Parameters
    ----------
    frame : DataFrame
        (M, columns); numbers with NaN, words with "" where unknown.
    columns : dict
        `Column` of each column of `frame`, in its order.
    about : dict of str
        Provenance: dataset, fingerprint, run, run_name, projection, date, creator.
    """

    frame: pd.DataFrame
    columns: dict[str, Column]
    about: dict[str, str]


def gather(
    dataset: Dataset,
    run: Run | None = None,
    rows: np.ndarray | None = None,
    projection: str = "",
    latents: bool = False,
) -> Export:
    """Put the table together; a catalog's column whose name something else takes is called ``…_catalog``.

    Parameters
    ----------
    run : Run, optional
        A finished run: its predictions are added.
    rows : (M,) int, optional
        Row numbers; all objects by default.
    projection : str
        Whose positions are added as ``<projection>_x`` and ``<projection>_y``; none by default.
    latents : bool
        Whether to add the run's latents, ``latent_000`` and so on.

    Raises
    ------
    PhotozError
        If no object is left, the run is not done or its dataset has changed, or there is no such projection.
    """
    rows = np.arange(len(dataset)) if rows is None else np.asarray(rows, int)
    if not len(rows):
        raise PhotozError("no object to export: the selection is empty")
    found, described = {"split": dataset.split}, {"split": Column("split", "", "train, valid or test", "category")}
    if run is not None:
        predicted_by, of_them = _of_run(dataset, run, projection, latents)
        found, described = found | predicted_by, described | of_them
    called = names_beside(dataset.catalog, found)
    parts = {called[name]: dataset.catalog[name].iloc[rows] for name in dataset.catalog}
    columns = {name: own_column(name, dataset.meta.columns) or Column() for name in parts}
    parts |= {name: pd.Series(values[rows]) for name, values in found.items()}
    columns |= described
    frame = pd.DataFrame({name: _export_formats.normal(values) for name, values in parts.items()})
    return Export(frame, columns, provenance(dataset, run, projection))


def provenance(dataset: Dataset, run: Run | None = None, projection: str = "") -> dict[str, str]:
    """Where a thing made of these comes from, now: dataset, fingerprint, run, run_name, projection, date, creator."""
    about = {"dataset": dataset.name, "fingerprint": dataset.meta.fingerprint}
    if run is not None:
        about |= {"run": run.id, "run_name": run.name}
        about |= {"projection": projection} if projection else {}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return about | {"date": now, "creator": f"photoz {photoz_core.__version__}"}


def rows_of(dataset: Dataset, ids: Sequence[str]) -> np.ndarray:
    """Row numbers (M,) of object ids, in their order, each once.

    Raises
    ------
    PhotozError
        If the dataset lacks one of them; the message names some.
    """
    ids = pd.unique(np.asarray(ids, object))
    found = pd.Index(dataset.object_id).get_indexer(ids)
    if missing := [str(name) for name in ids[found < 0]]:
        some = ", ".join(missing[:NAMED]) + ("…" if len(missing) > NAMED else "")
        raise PhotozError(f"{len(missing):,} of {len(ids):,} ids are not in dataset {dataset.name!r}: {some}")
    return found


def read_ids(path: Path) -> list[str]:
    """Object ids of a text file, one a line."""
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PhotozError(
            f"cannot read ids from {path}: {error}; give a text file with one object_id a line"
        ) from error
    return [line.strip() for line in lines if line.strip()]


def format_of(path: Path, form: str | None = None) -> str:
    """The format asked for, or the one that a file's suffix says; an unknown one lists those there are."""
    if form is None:
        suffix = path.suffix.removeprefix(".").lower()
        form = next((name for name, ends in FORMATS.items() if suffix in (name, ends)), suffix)
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    return form


def to_bytes(export: Export, form: str) -> bytes:
    """The file in one of `FORMATS`.

    Raises
    ------
    PhotozError
        If the format is unknown, or cannot hold the table.
    """
    writer = _export_formats.WRITERS[format_of(Path(), form)]
    try:
        return writer(_export_formats.in_one_line(export))
    except (ValueError, TypeError, OSError) as error:
        raise PhotozError(f"cannot write this table as {form}: {error}; choose another format") from error


def save(export: Export, form: str, path: Path) -> None:
    """Write the file in one step.

    Raises
    ------
    PhotozError
        As `to_bytes`, or if `path` cannot be written; nothing half-written stays.
    """
    replace(Path(path), to_bytes(export, form))


def file_name(*parts: str, suffix: str) -> str:
    """A safe file name of words such as dataset and run, e.g. ``candels-mock--pita-seed0.fits``."""
    return f"{slug('--'.join(part for part in parts if part))}.{suffix}"


def _of_run(dataset: Dataset, run: Run, projection: str, latents: bool) -> tuple[dict, dict[str, Column]]:
    """What a run adds: values (N,) and metadata by column."""
    if run.state != "done":
        raise PhotozError(f"run {run.name!r} is {run.state}; it can be exported once it is done")
    check_matches(run, dataset)
    found, columns = {}, {}
    for name in run.predictions.columns.drop("object_id"):
        found[name], columns[name] = run.predictions[name].to_numpy(), _predicted(name, dataset)
    if projection:
        if projection not in run.projection_names():
            raise unknown("projection", projection, run.projection_names())
        for axis, values in zip("xy", run.projection(projection).T, strict=True):
            name = f"{projection.replace('-', '_')}_{axis}"
            found[name] = values
            columns[name] = Column(f"{projection} {axis}", description=f"{axis} on the map {projection} of the run")
    if latents:
        width = len(str(run.latents.shape[1] - 1))
        for number, values in enumerate(run.latents.T):
            name = f"latent_{number:0{width}d}"
            found[name], columns[name] = values, Column(description=f"component {number} of the latents")
    return found, columns


def _predicted(name: str, dataset: Dataset) -> Column:
    target = name.removesuffix("_pred")
    if target != name and target in dataset.meta.columns:
        return predicted(target, dataset.meta.columns[target])
    if name.startswith("p_"):
        return PREDICTED.get(name, Column(name, description=f"probability of class {name[2:]}"))
    return PREDICTED.get(name, Column(name, description="score of the run"))
