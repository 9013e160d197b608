"""The gallery of the Classes page: what is selected, else what is misclassified."""

import numpy as np

from dashboard.classes_choices import Choices
from dashboard.classes_columns import PREDICTED, class_column
from dashboard.classes_runs import SPLITS
from dashboard.state import NO_ROWS
from dashboard.views._canvas import Canvas
from dashboard.views._gallery import Gallery

TILE = 74  # px: room for two classes below


class ClassGallery(Gallery):
    """Objects with their true and predicted classes, those first of which the run was the surest."""

    def __init__(self, choices: Choices, canvas: Canvas, **params):
        self.choices = choices
        super().__init__(choices.state, canvas, tile=TILE, **params)
        choices.param.watch(self._list, "sample")

    def captions(self, rows: np.ndarray) -> list[str]:
        """`true → predicted` of each row; `?` where the class is unknown."""
        table, column = self.state.table, class_column(self.state.current, self.state.data)
        parts = [
            table[name].iloc[rows].astype("string").fillna("").replace("", "?") if name in table else ["?"] * len(rows)
            for name in (column, PREDICTED)
        ]
        if PREDICTED not in table:
            return list(parts[0])
        return [true if true == said else f"{true} → {said}" for true, said in zip(*parts, strict=True)]

    def _found(self) -> tuple[np.ndarray, str]:
        sample, chosen = self.choices.sample, np.flatnonzero(self.state.selected)
        if sample is None or self.choices.is_behind:
            return NO_ROWS, ""
        if len(chosen):
            total = f"{len(self.state.selected):,}"
            return sample.sorted_by_confidence(chosen), f"Selection <b>{len(chosen):,}</b> of {total}"
        rows, name = sample.wrong(), next(text for text, split in SPLITS.items() if split == self.choices.split)
        return rows, f"Misclassified <b>{len(rows):,}</b> of {len(sample):,} in the {name} · most confident first"
