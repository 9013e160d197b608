"""The choices of the Similar page, and what they make of the run in front. Knows nothing of Panel."""

import numpy as np
import param

from dashboard.defaults import first_of, offering
from dashboard.similar_scores import Catastrophic, Score, catastrophic_of
from dashboard.similar_search import FOCUS, NOTHING, QUERIES, Found
from dashboard.state import NO_ROWS, State

SPLITS = {"test split": "test", "all objects": ""}


class Choices(param.Parameterized):
    """What is looked for, and by which score objects are ranked.

    Parameters
    ----------
    state : State
    """

    query = param.Selector(default=FOCUS, objects=list(QUERIES), doc="Whose neighbours are listed.")
    score = param.Selector(default="", objects=[""], doc="Name of the score that ranks and colors.")
    share = param.Number(default=5.0, bounds=(0.1, 20), step=0.1, doc="Share [%] of the objects that is shown.")
    split = param.Selector(default="test", objects=SPLITS, doc="Objects whose redshifts are judged.")
    marked = param.Boolean(default=False, doc="Whether catastrophic redshift outliers are marked on the map.")
    found = param.ClassSelector(class_=Found, default=NOTHING, doc="Neighbours of the query.")
    scores = param.Dict(default={}, doc="`Score` by name, of the run in front; empty while they are worked out.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._wanted = ""  # the score that was chosen last, which not every run has
        self._judged: tuple[tuple, Catastrophic | None] = ((), None)

    @param.depends("score", watch=True)
    def _want(self) -> None:
        self._wanted = self.score

    @property
    def ranked(self) -> Score | None:
        """The score chosen; None while there is none."""
        return self.scores.get(self.score)

    @property
    def top(self) -> np.ndarray:
        """The oddest rows (M,), as many as `share` says."""
        return self.ranked.top(self.share) if self.ranked else NO_ROWS

    @property
    def catastrophic(self) -> Catastrophic | None:
        """Catastrophic redshift outliers of the split; None where the run has no redshifts to judge."""
        state = self.state
        asked = (state.data, state.table, self.split)
        if not same(asked, self._judged[0]):
            found = None if state.data is None else catastrophic_of(state.data, state.table, self.split)
            self._judged = (asked, found)
        return self._judged[1]

    def take(self, scores: dict[str, Score]) -> None:
        """Offer other scores, or none while they are worked out; the one that was chosen last comes back."""
        names = {score.column.title(name): name for name, score in scores.items()} or {"": ""}
        with offering(self, score=names):
            wanted = self._wanted  # a shared view may have set it just now
            self.param.update(scores=scores, score=first_of(wanted, list(scores)))
        self._wanted = wanted


def same(one: tuple, other: tuple) -> bool:
    """Whether two tuples hold the very same things: names and numbers by value, arrays and others by identity."""
    alike = lambda a, b: a is b or (isinstance(a, str | int | float | tuple | None) and a == b)  # noqa: E731
    return len(one) == len(other) and all(map(alike, one, other))
