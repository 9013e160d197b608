"""One column of a table as a map wants it: numbers, or classes that a legend has room for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from photoz_core.columns import MAX_CLASSES, Column


@dataclass(frozen=True, eq=False)
class Values:
    """One column, ready to be mapped.

    Parameters
    ----------
    array : (N,) float32 or int16
        Numbers, NaN where unknown; of a category the index into `classes`, −1 where unknown.
    classes : tuple of str
        Empty for numbers.
    unknown : int
        How many are NaN or −1.
    """

    array: np.ndarray
    classes: tuple[str, ...] = ()
    unknown: int = 0

    @classmethod
    def of(cls, series: pd.Series, known: Column) -> "Values":
        """Numbers or classes, as the catalog or the values themselves say.

        Numbers of more than `MAX_CLASSES` different values are no classes, whatever the catalog says.
        """
        text = not pd.api.types.is_numeric_dtype(series)
        if text or (known.is_category and series.nunique() <= MAX_CLASSES):
            codes, classes = _fewer(*_coded(series))
            return cls(codes, classes, int((codes < 0).sum()))
        array = series.to_numpy(np.float32, na_value=np.nan)
        array = np.where(np.isfinite(array), array, np.float32(np.nan))
        return cls(array, unknown=int(np.isnan(array).sum()))

    @cached_property
    def highest(self) -> float:
        """The highest number; NaN where none is known."""
        return float(np.fmax.reduce(self.array, initial=np.nan))

    @property
    def is_category(self) -> bool:
        return self.array.dtype.kind == "i"


def _coded(series: pd.Series) -> tuple[np.ndarray, pd.Index]:
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy(), series.cat.categories
    return pd.factorize(series.astype("string").replace("", pd.NA), sort=True)


def _fewer(codes: np.ndarray, classes: pd.Index) -> tuple[np.ndarray, tuple[str, ...]]:
    """Codes (N,) int16 and names of at most `MAX_CLASSES` classes: of more, the commonest, and one for the rest."""
    names = list(map(str, classes))
    if len(names) > MAX_CLASSES:
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        kept = np.sort(np.argsort(-counts, kind="stable")[: MAX_CLASSES - 1])
        place = np.full(len(names) + 1, len(kept))
        place[kept], place[-1] = np.arange(len(kept)), -1  # the last is that of code −1
        codes, names = place[codes], [*(names[code] for code in kept), f"{len(names) - len(kept):,} others"]
    return codes.astype(np.int16), tuple(names)
