"""The choices of the Review page, and what there is to choose from. Knows nothing of Panel."""

import numpy as np
import param

from dashboard import review_columns
from dashboard.defaults import DENSITY
from dashboard.state import State
from photoz_core.review.entries import Selection


class Choices(param.Parameterized):
    """Choices of one Review page.

    Parameters
    ----------
    state : State
    """

    columns = param.List(default=[DENSITY], item_type=str, doc="What colors the map: one column.")
    opened = param.String(default="", doc="Uid of the selection that was opened last.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._colored = False  # by what is reviewed, once there was something
        self.color()

    def color(self) -> None:
        """Color by the scores, or what else there is, as soon as somebody has reviewed an object."""
        known = self.state.desk.columns
        if known and not self._colored:
            self._colored = True
            self.columns = [review_columns.SCORE if review_columns.SCORE in known else known[0]]

    @property
    def selections(self) -> list[Selection]:
        """Those to show, newest first."""
        review = self.state.desk.review
        return sorted(review.selections.values(), key=lambda one: -one.at) if review else []

    @property
    def selection(self) -> Selection | None:
        """The one that is opened; None if there is none, or it was deleted since."""
        review = self.state.desk.review
        return review.selections.get(self.opened) if review else None

    def open(self, one: Selection, ids=None) -> None:
        """Select the objects of a selection, or those of another version of it, as far as the dataset has them."""
        self.opened = one.uid
        self.state.select(np.asarray(one.ids if ids is None else ids, str))
        missing = len(one.ids if ids is None else ids) - int(self.state.selected.sum())
        if missing:
            self.state.desk.notice = f"{missing:,} objects of {one.name} are not in this dataset any more"
