"""How odd each object of a run is, by every score the run has: worked out once, shared by all sessions."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from dashboard import cache
from photoz_core import outliers
from photoz_core.columns import Column
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.metrics.point import outlier_threshold
from photoz_core.run import Run

KNN, FOREST, DOUBT, SURPRISE, TAIL, RESIDUAL = "knn", "forest", "doubt", "surprise", "tail", "residual"
COLUMNS = {
    KNN: Column(
        "kNN distance",
        "",
        f"distance to the {outliers.NEIGHBOURS}th nearest neighbour in latent space, latents as they are",
    ),
    FOREST: Column("isolation forest", "", "from 0 to 1: how few random cuts of the latents separate an object"),
    DOUBT: Column(
        "P(catastrophic)",
        "",
        "by the redshift PDF alone, no z_spec: how probable |z − z_phot| / (1 + z) > "
        f"{outlier_threshold([0.0]):g} is, z_phot its median; large for a wide PDF or one of several peaks",
    ),
    SURPRISE: Column("−ln p(z_spec)", "nat", "how little the redshift PDF expects z_spec"),
    TAIL: Column("|PIT − 0.5|", "", "how far z_spec is in the tails of the PDF's CDF: 0.5 is beyond it"),
    RESIDUAL: Column("|Δz|", "", "|z_spec − z_phot| / (1 + z_spec)"),
}


@dataclass(frozen=True, eq=False)
class Score:
    """One score of all objects of a run.

    Parameters
    ----------
    column : Column
        What it is called, and how it is defined.
    values : (N,) float32
        Larger is odder; NaN where unknown.
    order : (M,) int
        Rows that have the score, oddest first.
    limits : dict
        Limits of its colors by the percentiles asked for: a zoom asks again and again.
    """

    column: Column
    values: np.ndarray
    order: np.ndarray
    limits: dict[tuple[float, float], tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, column: Column, values: np.ndarray) -> "Score | None":
        """A score of these values (N,); None where all are unknown."""
        values = np.asarray(values, np.float32)
        known = np.flatnonzero(np.isfinite(values))
        if not len(known):
            return None
        return cls(column, values, known[np.argsort(-values[known], kind="stable")])

    def top(self, percent: float) -> np.ndarray:
        """The oddest rows (M,), this share [%] of those that have the score; at least one."""
        return self.order[: max(1, round(len(self.order) * percent / 100))]

    def clipped(self, clip: tuple[float, float]) -> tuple[float, float]:
        """Percentiles `clip` of all values, of each worked out once."""
        if clip not in self.limits:
            low, high = np.nanpercentile(self.values, clip)
            self.limits[clip] = float(low), float(high)
        return self.limits[clip]


def scores_of(home: Home, dataset: str, run: Run) -> tuple[dict[str, Score], str]:
    """The scores that a finished run has, by name, and why others are missing; seconds for the first who asks.

    Raises
    ------
    PhotozError
        If the run's latents or predictions cannot be read.
    """
    stamps = tuple((run.folder / name).stat().st_mtime_ns for name in ("done.json", "latents.npy"))
    return _scores(home, dataset, run.folder, home.dataset(dataset), stamps)


@lru_cache(maxsize=6)
def _scores(home: Home, name: str, run_folder: Path, data_folder: Path, stamps: tuple) -> tuple[dict[str, Score], str]:
    run, data = Run(run_folder), cache.dataset(home, name)
    table = cache.table(home, name, run.id)
    latents = cache.latents(run)
    found = {KNN: outliers.knn_distance(latents), FOREST: outliers.isolation_forest(latents)}
    try:
        pdfs, problem = cache.pdfs(run), ""
    except PhotozError as error:
        pdfs, problem = None, str(error)
    if pdfs is not None:
        found[DOUBT] = outliers.pdf_doubt(pdfs)
    if pdfs is not None and "z_spec" in data.catalog:
        z_spec = data.column("z_spec")
        found |= {SURPRISE: outliers.pdf_surprise(pdfs, z_spec), TAIL: outliers.pit_tail(pdfs, z_spec)}
    if "delta_z" in table:
        found[RESIDUAL] = np.abs(table["delta_z"].to_numpy(float))
    found |= {key: run.predictions[key].to_numpy(float) for key in own_scores(run.predictions)}
    known = COLUMNS | cache.PREDICTED
    scores = {key: Score.of(known.get(key, Column(key)), values) for key, values in found.items()}
    return {key: score for key, score in scores.items() if score is not None}, problem


def own_scores(predictions: pd.DataFrame) -> list[str]:
    """Columns of a run's predictions that its method calls scores, e.g. ``anomaly``: all that are no estimate."""
    estimates = set(cache.PREDICTED) - {"anomaly"}
    return [
        name
        for name in predictions.select_dtypes("number")
        if name not in estimates and not name.endswith("_pred") and not name.startswith("p_")
    ]


@dataclass(frozen=True, eq=False)
class Catastrophic:
    """Catastrophic redshift outliers among the objects of a split.

    Parameters
    ----------
    rows : (M,) int
        Row numbers in the dataset.
    known, missing : int
        Objects of the split with a z_spec, and those of them without z_phot, which count as outliers.
    """

    rows: np.ndarray
    known: int
    missing: int

    @property
    def share(self) -> float:
        """Of those with a z_spec; NaN for none."""
        return len(self.rows) / self.known if self.known else float("nan")


def catastrophic_of(data: Dataset, table: pd.DataFrame, split: str = "") -> Catastrophic | None:
    """The catastrophic outliers of a split, of all objects if none is given; None without both redshifts."""
    if not {"z_spec", "z_phot"} <= set(table):
        return None
    rows = data.rows(split) if split else np.arange(len(data))
    z_spec, z_phot = (table[name].to_numpy(float, na_value=np.nan)[rows] for name in ("z_spec", "z_phot"))
    known = np.isfinite(z_spec)
    lost = known & ~np.isfinite(z_phot)
    return Catastrophic(rows[outliers.catastrophic(z_spec, z_phot)], int(known.sum()), int(lost.sum()))
