"""The objects of a split whose class is known, and what a run says of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.classes_columns import PREDICTED, class_column
from dashboard.classes_runs import judged
from photoz_core.dataset import Dataset
from photoz_core.run import Run

ANY = -1  # as a class: whichever


@dataclass(frozen=True, eq=False)
class Sample:
    """True and predicted classes of M objects.

    Parameters
    ----------
    classes : (K,) tuple of str
        In the order of the run's own confusion matrix.
    rows : (M,) int
        Row numbers in the dataset.
    true, predicted : (M,) int
        Indices into `classes`.
    confidence : (M,) float
        Probability of the predicted class; NaN where the run keeps none.
    unknown : int
        Objects of the split that are left out, because their class is unknown.
    """

    classes: tuple[str, ...]
    rows: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    unknown: int = 0

    @classmethod
    def of(cls, dataset: Dataset, table: pd.DataFrame, run: Run | None, split: str) -> "Sample | None":
        """The sample of a split, from a table with a run's predictions; None where it has none of classes."""
        column = class_column(run, dataset)
        if not column or PREDICTED not in table:
            return None
        everything = dataset.rows(split)
        true = dataset.column(column)[everything]
        said = table[PREDICTED].astype("string").fillna("").to_numpy(str)[everything]
        known = (true != "") & (said != "")
        rows, true, said = everything[known], true[known], said[known]
        first = tuple(judged(run).get("classes", ()))
        classes = first + tuple(sorted({*true, *said} - {*first}))
        number = pd.Index(classes)
        confidence = np.full(len(rows), np.nan)
        for name in {*said}:
            if f"p_{name}" in table:
                mine = said == name
                confidence[mine] = table[f"p_{name}"].to_numpy(float)[rows[mine]]
        unknown = len(everything) - len(rows)
        return cls(classes, rows, number.get_indexer(true), number.get_indexer(said), confidence, unknown)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def confusion(self) -> np.ndarray:
        """Counts (K, K), rows true, columns predicted."""
        size = len(self.classes)
        return np.bincount(self.true * size + self.predicted, minlength=size**2).reshape(size, size)

    def cell(self, true: int = ANY, predicted: int = ANY) -> np.ndarray:
        """Row numbers (m,) in the dataset, ascending, of a cell of the matrix; with `ANY` of a row or column."""
        inside = (self.true == true) | (true == ANY)
        return np.sort(self.rows[inside & ((self.predicted == predicted) | (predicted == ANY))])

    def wrong(self) -> np.ndarray:
        """Row numbers (m,) in the dataset of the misclassified, the most confident first."""
        return self.sorted_by_confidence(self.rows[self.true != self.predicted])

    def sorted_by_confidence(self, rows: np.ndarray) -> np.ndarray:
        """Row numbers of the dataset, the most confident first; those that are not of the sample last."""
        found = pd.Series(self.confidence, self.rows).reindex(rows).fillna(-1.0).to_numpy()
        return rows[np.argsort(-found, kind="stable")]
