"""The last step of every import: one report, one provenance, one atomic folder."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core import __version__
from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.datasets._images import COLUMNS, Images, write_images
from photoz_core.datasets._photometry import MICROJANSKY
from photoz_core.datasets._report import Report
from photoz_core.home import Home
from photoz_core.progress import Progress

NO_REDSHIFT = Column("z_spec", "", "spectroscopic redshift: not known for any object", "redshift")


def write_dataset(
    home: Home,
    meta: Meta,
    frame: pd.DataFrame,
    columns: dict[str, Column],
    report: Report,
    progress: Progress,
    *,
    images: Images | None = None,
    split: np.ndarray | None = None,
    seed: int = 0,
) -> Dataset:
    """Write a dataset whose `meta` lacks only columns and report.

    Parameters
    ----------
    frame : DataFrame
        One row per object, with `object_id`.
    report : Report
        Shown, and kept in the provenance.
    images : Images, optional
        Of the objects, in their order.
    split : (N,) of str, optional
        Own split; by default 70/15/15 at random with this `seed`.
    """
    if meta.label == "z_spec" and "z_spec" not in frame:  # methods with a redshift term look for it
        frame, columns = frame.assign(z_spec=np.nan), columns | {"z_spec": NO_REDSHIFT}
    with new_dataset(home.new_dataset(meta.name), meta) as writer:
        if images is not None:
            kept, missing = write_images(writer, images, frame["object_id"].to_numpy(str), report, progress)
            frame, columns = frame.iloc[kept].assign(**missing), columns | COLUMNS
            split = None if split is None else split[kept]
            if images.unit == "uJy":
                writer.meta = replace(writer.meta, zero_points=dict.fromkeys(meta.bands, MICROJANSKY))
        writer.meta = with_report(writer.meta, columns, report)
        writer.finish(frame, split=split, seed=seed)
    dataset = Dataset(home.dataset(meta.name))
    progress.say(f"{report.text()}\n{summary(dataset)}".strip())
    return dataset


def summary(dataset: Dataset) -> str:
    """One line: objects, labels, bands, images."""
    labelled = int(dataset.is_labelled().sum())
    images = f", images {dataset.array('image').shape[1:]}" if "image" in dataset.meta.arrays else ""
    return f"{dataset.name}: {len(dataset)} objects, {labelled} labelled, bands {' '.join(dataset.bands)}{images}"


def with_report(meta: Meta, columns: dict[str, Column], report: Report) -> Meta:
    """`meta` with its columns and the report in the provenance."""
    made = {"imported": datetime.now(UTC).strftime("%Y-%m-%d"), "photoz": __version__}
    return replace(meta, columns=columns, provenance=meta.provenance | made | report.provenance())


def options_of(arguments: argparse.Namespace) -> dict:
    """Options of an import as plain values for the provenance; those left out or False do not appear."""
    return {
        name: plain for name, value in vars(arguments).items() if (plain := _plain(value)) not in (None, False, "", [])
    }


def _plain(value):
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value if isinstance(value, str | int | float) else None


def add_bands(frame: pd.DataFrame, columns: dict[str, Column], bands: list[str]) -> pd.DataFrame:
    """`frame` with a `mag_B` for every band, all NaN where the catalog has none; `columns` gets their metadata."""
    for name, column in photometry_columns(bands).items():
        if name == f"mag_{column.band}" and name not in frame:
            frame = frame.assign(**{name: np.nan})
            columns[name] = replace(column, description=f"{column.description}: not measured")
    return frame
