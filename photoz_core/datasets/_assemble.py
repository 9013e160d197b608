"""The last step of every import: one report, one provenance, one atomic folder."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core import __version__
from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.datasets._report import Report
from photoz_core.home import Home
from photoz_core.progress import Progress


def write_dataset(
    home: Home,
    meta: Meta,
    frame: pd.DataFrame,
    columns: dict[str, Column],
    report: Report,
    progress: Progress,
    *,
    seed=0,
) -> Dataset:
    """Write a dataset without images.

    Parameters
    ----------
    meta : Meta
        Without columns, which come from `columns`.
    frame : DataFrame
        One row per object, with `object_id`.
    report : Report
        Shown, and kept in the provenance.
    seed : int
        Of the random split.
    """
    meta = with_report(meta, columns, report)
    with new_dataset(home.new_dataset(meta.name), meta) as writer:
        writer.finish(frame, seed=seed)
    dataset = Dataset(home.dataset(meta.name))
    progress.say(f"{report.text()}\n{summary(dataset)}".strip())
    return dataset


def summary(dataset: Dataset) -> str:
    """One line: objects, labels, bands, images."""
    labelled = int(dataset.is_labelled().sum()) if dataset.meta.label in dataset.catalog else 0
    images = f", images {dataset.array('image').shape[1:]}" if "image" in dataset.meta.arrays else ""
    return f"{dataset.name}: {len(dataset)} objects, {labelled} labelled, bands {' '.join(dataset.bands)}{images}"


def with_report(meta: Meta, columns: dict[str, Column], report: Report) -> Meta:
    """`meta` with its columns and the report in the provenance."""
    made = {"imported": datetime.now(UTC).strftime("%Y-%m-%d"), "photoz": __version__}
    return replace(meta, columns=columns, provenance=meta.provenance | made | report.provenance())


def options_of(arguments: argparse.Namespace, known: argparse.ArgumentParser | None = None) -> dict:
    """Options of an import as plain values for the provenance; those left out or False do not appear."""
    values = {name: value for name, value in vars(arguments).items() if value not in (None, False, "", [])}
    plain = (str, int, float, list, Path)
    return {name: str(v) if isinstance(v, Path) else v for name, v in values.items() if isinstance(v, plain)}


def add_band_columns(frame: pd.DataFrame, bands) -> pd.DataFrame:
    """`frame` with a `mag_B` for every band, all NaN where nothing was measured."""
    missing = [f"mag_{band}" for band in bands if f"mag_{band}" not in frame]
    return frame.assign(**dict.fromkeys(missing, np.nan))
