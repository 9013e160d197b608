"""What is chosen on the Classes page, and what follows from it and from the session. Knows nothing of Panel."""

import numpy as np
import param

from dashboard.classes_columns import PREDICTED, VERDICT, class_column
from dashboard.classes_matrix import NO_CELL
from dashboard.classes_runs import METRICS, SPLITS, classifications, has_classes
from dashboard.classes_sample import ANY, Sample
from dashboard.classes_table import label_counts
from dashboard.defaults import offering
from dashboard.state import NO_ROWS, State
from photoz_core.run import Run

TRUE = "true class"
COLORINGS = (TRUE, "predicted", "right or wrong")
ANYTHING = {"any": ANY}


class Choices(param.Parameterized):
    """Choices of one Classes page.

    Parameters
    ----------
    state : State
        The session's. Its run is the one in front, and its selection is what `true` and `predicted` say of it.
    """

    split = param.Selector(default="test", objects=SPLITS, doc="Objects of the matrix and of the gallery.")
    metric = param.Selector(default="test.accuracy", objects=METRICS, doc="What the curves show.")
    labels = param.Selector(default=0, objects={"": 0}, doc="Training labels of the runs in the table.")
    coloring = param.Selector(default=TRUE, objects=list(COLORINGS), doc="What colors the map.")
    true = param.Selector(default=ANY, objects=ANYTHING, doc="True class of the selected objects.")
    predicted = param.Selector(default=ANY, objects=ANYTHING, doc="Predicted class of the selected objects.")
    # --- derived ----------------------------------------------------------------------------------------------------
    runs = param.List(default=[], item_type=Run, constant=True, doc="Classifications of the dataset, oldest first.")
    sample = param.ClassSelector(class_=Sample, default=None, constant=True, doc="None of a run without classes.")
    pressed = param.Tuple(default=NO_CELL, constant=True, doc="Cell of the matrix that is what is selected.")
    columns = param.List(default=[], item_type=str, constant=True, doc="What colors the map: one column.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._following = False
        self._table = None  # that the sample was taken from
        self.follow()

    def follow(self) -> None:
        """Take data, run and selection from the session."""
        state = self.state
        if not has_classes(state.data):
            return
        runs = classifications(state.home, state.dataset)
        counts = label_counts(runs) or [0]
        most = max(self.param.labels.objects)
        labels = self.labels if self.labels in counts and self.labels != most else counts[0]
        with offering(self, labels={f"{count:,} labels": count for count in counts}), param.edit_constant(self):
            self.param.update(labels=labels, runs=runs)
        self._sample()
        self._color()

    @property
    def is_behind(self) -> bool:
        """Whether the session has moved on to another run or dataset, so that the sample is not of its rows."""
        return self._table is not self.state.table

    def press(self, cell: tuple[int, int], mode: str = "replace") -> None:
        """Select the objects of a cell of the matrix; once more, and nothing is selected."""
        if mode == "replace" and cell == self.pressed:
            self.state.select([])
        else:
            self.state.select_rows(self.sample.cell(*cell), mode)

    def follow_selection(self) -> None:
        """Name the cell that is selected, if it is one."""
        if self.is_behind:
            return
        cell = self._selected_cell()
        self._following = True
        try:
            with param.edit_constant(self):
                self.param.update(true=cell[0], predicted=cell[1], pressed=cell)
        finally:
            self._following = False

    @param.depends("split", watch=True)
    def _sample(self) -> None:
        """Take the objects of the split, and offer their classes."""
        state = self.state
        known = state.data is not None and state.table is not None
        sample = Sample.of(state.data, state.table, state.current, self.split) if known else None
        self._table = state.table
        classes = ANYTHING | ({name: i for i, name in enumerate(sample.classes)} if sample else {})
        self._following = True
        try:
            with offering(self, true=classes, predicted=classes), param.edit_constant(self):
                self.param.update(true=ANY, predicted=ANY, sample=sample)
        finally:
            self._following = False
        self.follow_selection()

    @param.depends("coloring", watch=True)
    def _color(self) -> None:
        true = class_column(self.state.current, self.state.data) if self.state.data else ""
        with param.edit_constant(self):
            self.columns = [dict(zip(COLORINGS, (true, PREDICTED, VERDICT), strict=True))[self.coloring]]

    @param.depends("true", "predicted", watch=True)
    def _choose(self) -> None:
        """Select what a person chose by name."""
        if self._following or self.sample is None:
            return
        cell = (self.true, self.predicted)
        self.state.select_rows(NO_ROWS if cell == NO_CELL else self.sample.cell(*cell))

    def _selected_cell(self) -> tuple[int, int]:
        """The cell, row or column of the matrix whose objects are selected, all of them and no others."""
        if self.sample is None:
            return NO_CELL
        rows, chosen = np.flatnonzero(self.state.selected), (self.true, self.predicted)
        if chosen != NO_CELL and np.array_equal(rows, self.sample.cell(*chosen)):
            return chosen
        inside = np.isin(self.sample.rows, rows)
        cells = {*zip(self.sample.true[inside].tolist(), self.sample.predicted[inside].tolist(), strict=True)}
        if len(cells) == 1 and np.array_equal(rows, self.sample.cell(*(cell := cells.pop()))):
            return cell
        return NO_CELL
