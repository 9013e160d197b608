"""Stamps of objects, from wherever they come, into one array; what is missing in them is filled and counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from photoz_core.columns import Column
from photoz_core.dataset_writer import DatasetWriter
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.progress import Progress

CHUNK = 1 << 25  # bytes of stamps in memory at a time
COLUMNS = {
    "edge_fraction": Column(
        "edge fraction", "", "share of the stamp outside the image, in the band with most; filled with 0"
    ),
    "blank_fraction": Column(
        "blank fraction", "", "share of pixels without data, in the band with most; filled with 0"
    ),
}


@dataclass
class Stamps:
    """A few stamps as a source gives them.

    Parameters
    ----------
    pixels : (n, C, H, W) float32
        In the unit of the dataset; NaN or infinite where there are no data.
    edge : (n,) float
        Share of each stamp that lies outside the image, in the band with most.
    problems : dict
        Position among the n → why this stamp cannot be used.
    """

    pixels: np.ndarray
    edge: np.ndarray
    problems: dict[int, str] = field(default_factory=dict)


class Source(Protocol):
    """Where stamps come from."""

    shape: tuple[int, int, int]  # (C, H, W)
    where: str  # for messages

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps of these row numbers of the source."""


@dataclass
class Images:
    """All stamps of a dataset.

    Parameters
    ----------
    parts : list of (Source, rows)
        In the order of the catalog's rows.
    unit : str
        Of the pixels.
    dtype : str
        Of the array on disk.
    drop_bad : bool
        Leave out objects whose stamp cannot be used, instead of stopping.
    max_missing : float
        Leave out objects with a larger share of missing pixels (edge or blank) in some band.
    """

    parts: list[tuple[Source, np.ndarray]]
    unit: str = "uJy"
    dtype: str = "<f4"
    drop_bad: bool = False
    max_missing: float = 1.0

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.parts[0][0].shape

    def __len__(self) -> int:
        return sum(len(rows) for _, rows in self.parts)


def write_images(writer: DatasetWriter, images: Images, ids: np.ndarray, report: Report, progress: Progress):
    """Write the array `image` (M, C, H, W), missing pixels as 0; `ids` (N,) name objects in messages.

    Returns
    -------
    kept : (M,) int
        Positions among the N objects.
    missing : dict
        Columns `edge_fraction` and `blank_fraction`, (M,) each.

    Raises
    ------
    PhotozError
        Naming and counting the objects whose stamps cannot be used.
    """
    done, problems, too_empty = 0, {}, 0
    kept, edges, blanks = [], [], []
    with writer.array("image", (None, *images.shape), images.dtype, images.unit, "stamp of each band") as append:
        for source, chunk in _chunks(images):
            stamps = source.read(chunk)
            finite = np.isfinite(stamps.pixels)
            blank = np.clip((1 - finite.mean(axis=(2, 3))).max(axis=1) - stamps.edge, 0, 1)
            usable = ~np.isin(np.arange(len(chunk)), list(stamps.problems))
            good = usable & (stamps.edge + blank <= images.max_missing + 1e-6)
            append(np.where(finite, stamps.pixels, 0)[good])
            kept.append(done + np.flatnonzero(good))
            edges.append(stamps.edge[good])
            blanks.append(blank[good])
            problems |= {done + i: why for i, why in stamps.problems.items()}
            too_empty += int((usable & ~good).sum())
            done += len(chunk)
            progress(done, len(images))
    if problems and not images.drop_bad:
        raise PhotozError(_sentence(problems, ids, len(images)) + "; --drop-bad-images leaves them out")
    missing = {"edge_fraction": np.concatenate(edges), "blank_fraction": np.concatenate(blanks)}
    _note(report, problems, ids, too_empty, missing, images)
    return np.concatenate(kept), missing


def _chunks(images: Images) -> Iterator[tuple[Source, np.ndarray]]:
    """Each source with a few of its rows at a time."""
    most = max(1, CHUNK // (4 * int(np.prod(images.shape))))
    for source, rows in images.parts:
        for start in range(0, len(rows), most):
            yield source, rows[start : start + most]


def _sentence(problems: dict[int, str], ids: np.ndarray, total: int) -> str:
    shown = "; ".join(f"object {ids[i]} (row {i}): {why}" for i, why in list(problems.items())[:5])
    more = "; …" if len(problems) > 5 else ""
    return f"{len(problems)} of {total} images cannot be used: {shown}{more}"


def _note(report: Report, problems, ids, too_empty: int, missing: dict[str, np.ndarray], images: Images) -> None:
    if problems:
        report.notes.append(_sentence(problems, ids, len(images)) + "; left out")
    if too_empty:
        report.notes.append(
            f"{too_empty} objects left out: over {images.max_missing:.0%} of their pixels are missing in a band"
        )
    if not len(missing["edge_fraction"]):
        raise PhotozError(f"no usable image is left of {len(images)}; {'; '.join(report.notes[-2:])}")
    for name, values in missing.items():
        if touched := int((values > 0).sum()):
            text = "reach over the edge of the image" if name == "edge_fraction" else "have pixels without data"
            report.notes.append(f"{touched} stamps {text} (column {name}, up to {values.max():.0%}); filled with 0")
