"""Lens images scaled to a maximum of 1, as the simulator's are; those that cannot be used are named and left out."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import DatasetWriter, new_dataset
from photoz_core.datasets._assemble import summary, with_report
from photoz_core.datasets._images import CHUNK
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.files import require_space
from photoz_core.home import Home
from photoz_core.progress import Progress

DTYPE = "<f2"  # rounds a pixel by 0.05 % of its value at most
SHOWN = 20  # files a note names
SAME_SCALE = 1e-3  # pixel scales agree to this fraction


@dataclass
class Lenses:
    """N lenses to be read one by one.

    Parameters
    ----------
    frame : DataFrame
        (N rows) what is known of them beforehand, with `object_id`.
    places : list of str
        File or name of each, for messages.
    arrays : dict
        Name → description of the K arrays that each fills a row of.
    read : callable
        Row → images (K, C, H, W) float32 and a dict of more columns; a `PhotozError` says why a row cannot be used.
    """

    frame: pd.DataFrame
    places: list[str]
    arrays: dict[str, str]
    read: Callable[[int], tuple[np.ndarray, dict]]


def unit_maximum(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, C, H, W) each divided by its largest value in any band, and these maxima (N,)."""
    peak = images.max(axis=(1, 2, 3))
    return images / peak[:, None, None, None], peak


def write_lenses(
    home: Home, meta: Meta, lenses: Lenses, columns: dict[str, Column], report: Report, progress: Progress, seed: int
) -> Dataset:
    """Write a dataset of float16 images with a maximum of 1 and no unit.

    Parameters
    ----------
    meta : Meta
        Lacks only columns and report; a `pixel_scale` that `lenses.read` gives is put into it.
    columns : dict
        Columns to keep: of `lenses.frame`, what `lenses.read` gives, and `peak`, the first image's maximum.
    seed : int
        Of the random split.

    Raises
    ------
    PhotozError
        If no image can be used, pixel scales differ, or the disk has no room.
    """
    with new_dataset(home.new_dataset(meta.name), meta) as writer:
        kept, found = _write_arrays(writer, lenses, report, progress)
        frame = lenses.frame.iloc[kept].reset_index(drop=True)
        frame = frame.assign(**{name: found[name].to_numpy() for name in found})
        if "pixel_scale" in found:
            scale = common_scale(found["pixel_scale"].to_numpy(float), [lenses.places[row] for row in kept])
            writer.meta = replace(writer.meta, pixel_scale=scale)
        writer.meta = with_report(writer.meta, columns, report)
        writer.finish(frame[list(columns)], seed=seed)
    dataset = Dataset(home.dataset(meta.name))
    progress.say(f"{report.text()}\n{summary(dataset)}".strip())
    return dataset


def common_scale(scales: np.ndarray, places: list[str]) -> float:
    """The pixel scale [arcsec] that files (N,) agree on; those that do not say it (NaN) have no vote.

    Raises
    ------
    PhotozError
        Naming files with another one than most.
    """
    known = scales[np.isfinite(scales)]
    if not len(known):
        return float("nan")
    common = float(np.median(known))
    if (other := np.flatnonzero(np.abs(scales / common - 1) > SAME_SCALE)).size:
        shown = ", ".join(f"{places[i]} ({scales[i]:.4g}″)" for i in other[:SHOWN])
        raise PhotozError(f"{other.size} of {len(scales)} files have another pixel scale than {common:.4g}″: {shown}")
    return common


def _write_arrays(writer: DatasetWriter, lenses: Lenses, report: Report, progress: Progress):
    """Write the arrays; rows that were kept (M,) and what was found out about them (M rows)."""
    kept, found, skipped, appends = [], [], [], []
    with ExitStack() as stack:
        for rows, images, values in _blocks(lenses, skipped):
            if not appends:
                require_space(writer.folder, len(lenses.places) * images[0].size * np.dtype(DTYPE).itemsize)
                shape = (None, *images.shape[2:])
                for name, description in reversed(lenses.arrays.items()):  # the last to open is described first
                    appends.insert(0, stack.enter_context(writer.array(name, shape, DTYPE, "", description)))
            for append, one in zip(appends, np.moveaxis(images, 1, 0), strict=True):
                scaled, peak = unit_maximum(one)
                append(scaled)
                if append is appends[0]:
                    found.append(pd.DataFrame(values, index=range(len(rows))).assign(peak=peak.astype(float)))
            kept += rows
            progress(rows[-1] + 1, len(lenses.places))
    if skipped:
        more = "; …" if len(skipped) > SHOWN else ""
        text = f"{len(skipped)} of {len(lenses.places)} cannot be used: {'; '.join(skipped[:SHOWN])}{more}"
        if not kept:
            raise PhotozError(f"no usable image is left; {text}")
        report.notes.append(f"{text}; left out")
    return np.array(kept), pd.concat(found, ignore_index=True)


def _blocks(lenses: Lenses, skipped: list[str]) -> Iterator[tuple[list[int], np.ndarray, list[dict]]]:
    """Rows, their images (n, K, C, H, W) and values, a few at a time; what is wrong with others goes to `skipped`."""
    rows, images, values, shape = [], [], [], None
    for row, place in enumerate(lenses.places):
        try:
            image, known = lenses.read(row)
            _check(image, place, shape)
        except PhotozError as error:
            skipped.append(str(error))
        else:
            shape = image.shape
            rows.append(row)
            images.append(image)
            values.append(known)
        if rows and (len(rows) * images[0].nbytes >= CHUNK or row + 1 == len(lenses.places)):
            yield rows, np.stack(images), values
            rows, images, values = [], [], []


def _check(images: np.ndarray, place: str, shape: tuple[int, ...] | None) -> None:
    """Raise a `PhotozError` if `images` (K, C, H, W) are not finite, not positive anywhere, or not of this shape."""
    if shape and images.shape != shape:
        raise PhotozError(f"{place}: images of shape {images.shape[1:]}, the first has {shape[1:]}")
    if bad := int((~np.isfinite(images)).sum()):
        raise PhotozError(f"{place}: {bad} pixels are NaN or infinite")
    if (images.max(axis=(1, 2, 3)) <= 0).any():
        raise PhotozError(f"{place}: no pixel is above 0")
