"""Leave out what other datasets hold already, so that a training on one of them is judged on objects never seen."""

import argparse

import numpy as np
import pandas as pd

from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.overlap import RADIUS, named_positions, shared


def add_exclude_arguments(parser: argparse.ArgumentParser) -> None:
    """Options ``--exclude`` and ``--radius``."""
    add = parser.add_argument_group("objects to leave out").add_argument
    add("--exclude", nargs="+", default=[], metavar="DATASET", help="leave out its objects, by id and by position")
    add("--radius", type=float, default=RADIUS, metavar="ARCSEC", help="same position within (default %(default)s)")


def not_excluded(frame: pd.DataFrame, home: Home, arguments: argparse.Namespace, report: Report) -> np.ndarray:
    """Which rows (N,) of bool of `frame` no dataset of ``--exclude`` holds; the report counts the others.

    Parameters
    ----------
    frame : DataFrame
        (N rows) with `object_id`, and `ra`, `dec` [deg] where known.

    Raises
    ------
    PhotozError
        For an unknown dataset, or if nothing is left.
    """
    from photoz_core.dataset import Dataset

    keep = np.ones(len(frame), bool)
    unknown = np.full(len(frame), np.nan)
    sky = [frame[name].to_numpy(float) if name in frame else unknown for name in ("ra", "dec")]
    for name in arguments.exclude:
        others = named_positions(Dataset(home.dataset(name)))
        by_id, by_position = shared(frame["object_id"].to_numpy(str), *sky, *others, arguments.radius)
        text = f"{int((by_id | by_position).sum())} objects of dataset {name!r} left out: {int(by_id.sum())} by id, "
        report.notes.append(f"{text}{int(by_position.sum())} within {arguments.radius:g}″")
        if not (np.isfinite(sky).any() and np.isfinite(others[1:]).any()):
            report.notes.append(f"no positions to compare with dataset {name!r}: objects of other ids may be in both")
        keep &= ~(by_id | by_position)
    if not keep.any():
        raise PhotozError(f"--exclude {' '.join(arguments.exclude)}: all {len(frame)} objects are in there")
    return keep
