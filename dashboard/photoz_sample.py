"""The objects that the Photo-z page judges, and how well their redshifts come out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset
from photoz_core.metrics.point import binned_metrics, delta_z, outlier_threshold, point_metrics

WHOLE, BRIGHTER, SELECTION = "whole split", "bright", "selection"
DRAWS = 3_000_000  # random numbers a statistic may cost: the bootstrap of a large sample takes fewer resamples


@dataclass(frozen=True)
class Sample:
    """Objects of one split, row-aligned.

    Parameters
    ----------
    rows : (M,) int
        Row numbers in the dataset.
    z_spec, z_phot : (M,)
        NaN where unknown or not predicted.
    magnitude : (M,)
        Of the reddest band [AB mag]; NaN where not measured.
    magnitude_title : str
        Its label and unit; empty for a dataset without magnitudes.
    """

    rows: np.ndarray
    z_spec: np.ndarray
    z_phot: np.ndarray
    magnitude: np.ndarray
    magnitude_title: str = ""

    @classmethod
    def of(cls, data: Dataset, table: pd.DataFrame, split: str) -> "Sample":
        """The objects of a split of `data`, with the predictions in `table`."""
        rows = data.rows(split)
        name = f"mag_{data.bands[-1]}" if data.bands else ""
        known = name in table
        column = lambda key: table[key].to_numpy(float, na_value=np.nan)[rows]  # noqa: E731
        return cls(
            rows,
            column("z_spec"),
            column("z_phot"),
            column(name) if known else np.full(rows.size, np.nan),
            data.meta.columns.get(name, Column()).title(name) if known else "",
        )

    def __len__(self) -> int:
        return self.rows.size

    @property
    def known(self) -> int:
        """How many have a z_spec."""
        return int(np.isfinite(self.z_spec).sum())

    def take(self, mask: np.ndarray) -> "Sample":
        """The objects where `mask` (M,) is true."""
        return Sample(self.rows[mask], self.z_spec[mask], self.z_phot[mask], self.magnitude[mask], self.magnitude_title)

    def residual(self, convention: str) -> np.ndarray:
        """Δz : (M,), NaN where either redshift is unknown."""
        return delta_z(self.z_spec, self.z_phot, convention)

    def outliers(self, convention: str) -> np.ndarray:
        """Row numbers in the dataset of the objects beyond the convention's outlier threshold."""
        residual = self.residual(convention)
        return self.rows[np.abs(residual) > outlier_threshold(residual, convention)]

    def metrics(self, convention: str) -> dict[str, float]:
        """`point_metrics` of these objects."""
        return point_metrics(self.z_spec, self.z_phot, convention, resamples(self.known))

    def binned(self, by: np.ndarray, convention: str) -> list[dict[str, float]]:
        """`binned_metrics` along a property (M,), in round bins; bins without a z_spec are left out."""
        edges = round_edges(by[np.isfinite(self.z_spec)])
        count = min(200, resamples(self.known))
        return [row for row in binned_metrics(self.z_spec, self.z_phot, by, edges, convention, count) if row["n"]]


@dataclass(frozen=True)
class Groups:
    """What the page compares: a split, its objects brighter than `limit` [mag], and those of them that are selected.

    `shown` names the group in the diagrams.
    """

    whole: Sample
    bright: Sample
    selection: Sample
    limit: float
    shown: str = WHOLE

    def __getitem__(self, name: str) -> Sample:
        return {WHOLE: self.whole, BRIGHTER: self.bright, SELECTION: self.selection}[name]

    @property
    def visible(self) -> Sample:
        """The objects in the diagrams."""
        return self[self.shown]

    @property
    def titles(self) -> dict[str, str]:
        """Names of the groups by what a person reads; without magnitudes none is bright."""
        title = self.whole.magnitude_title.split(" [")[0]
        return {WHOLE: WHOLE} | ({f"{title} < {self.limit:g}": BRIGHTER} if title else {}) | {SELECTION: SELECTION}

    def marked(self, selected: np.ndarray) -> np.ndarray:
        """Which of the visible objects to highlight, of `selected` (N,) of the dataset; none where all would be."""
        visible = self.visible
        return np.zeros(len(visible), bool) if self.shown == SELECTION else selected[visible.rows]


def resamples(count: int) -> int:
    """How many bootstrap resamples of `count` objects: 1000 as the field does, fewer where one would have to wait."""
    return int(np.clip(DRAWS // max(count, 1), 100, 1000))


def round_edges(values: np.ndarray, bins: int = 6) -> np.ndarray:
    """Edges of about `bins` bins at round numbers; the first and the last bin are open (−inf, inf)."""
    values = values[np.isfinite(values)]
    if not values.size:
        return np.array([-np.inf, np.inf])
    low, high = np.percentile(values, (2, 98))
    rough = max(high - low, 1e-6) / bins
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * min((1, 2, 2.5, 5, 10), key=lambda factor: abs(factor * power - rough))
    inner = step * np.arange(np.floor(low / step) + 1, np.ceil(high / step))
    return np.concatenate([[-np.inf], inner, [np.inf]])
