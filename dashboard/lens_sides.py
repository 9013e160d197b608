"""Two runs of one dataset side by side, in step with the session. Knows nothing of Panel."""

import numpy as np

from dashboard.lens_parameters import MAPPED, has_lenses, known_parameters
from dashboard.lens_runs import runs_of, runs_to_compare
from dashboard.state import State
from photoz_core.run import Run

FOLLOWED = ("clip", "colormap", "band")  # choices that the sides take from the session


class Side(State):
    """The choices of one run; its selects offer the columns of the other's, too.

    Attributes
    ----------
    peers : tuple of Side
        Both sides.
    """

    peers: "tuple[Side, ...]" = ()

    def colorable(self) -> list[str]:
        """Columns that a map of either side can be colored by."""
        sides = [self, *(side for side in self.peers if side is not self)]
        return list(dict.fromkeys(name for side in sides for name in State.colorable(side)))


class Sides:
    """A session's two runs: the upper and the lower row of maps.

    Dataset, selection, focus and colors are the session's own; run, zoom and the columns of the maps are not.

    Parameters
    ----------
    state : State
        The session's; a selection on either side becomes its selection, and the other way round.
    """

    def __init__(self, state: State):
        self.state = state
        self._following = False
        self._chosen: tuple[str, bool] = ("", False)  # for which dataset runs were chosen, and whether there were two
        self.both = self.upper, self.lower = tuple(Side(state.home, dataset=state.dataset) for _ in range(2))
        for side in self.both:
            side.peers = self.both
            side.param.watch(self._lead, ["data", "selected", "focus"])
        for name in ("columns", "drag"):
            self.upper.param.watch(self._share, name)
        self.follow()

    @property
    def is_single(self) -> bool:
        """Whether there is at most one run, so nothing for the lower row."""
        return len(self._finished()) < 2

    @property
    def runs(self) -> list[Run]:
        """The runs shown, upper first."""
        shown = self.both[:1] if self.is_single else self.both
        return [side.current for side in shown if side.current is not None]

    def follow(self) -> None:
        """Take dataset, runs, selection, focus and colors from the session."""
        if not has_lenses(self.state.data):
            return
        self._following = True
        try:
            for side in self.both:
                side.refresh()
                if side.dataset != self.state.dataset:
                    side.dataset = self.state.dataset
            self._choose()
            for side in self.both:  # last: another dataset has its own focus
                self._follow_choices(side)
        finally:
            self._following = False

    def _follow_choices(self, side: Side) -> None:
        shared = {name: getattr(self.state, name) for name in FOLLOWED}
        side.param.update(focus=self.state.focus, columns=list(self.upper.columns), **shared)
        if side.data is not None and not np.array_equal(side.selected, self.state.selected):
            side.select_rows(self.state.selected)

    def _choose(self) -> None:
        """Take the default runs and columns of a new dataset, and a second run as soon as there is one."""
        dataset, had_two = self._chosen
        if dataset != self.state.dataset:
            self.upper.columns = self._first_columns()
        elif had_two:
            return
        first, second = runs_to_compare(self._finished())
        if first:
            self.upper.run, self.lower.run = first, second or first
        self._chosen = (self.state.dataset, bool(second))

    def _finished(self) -> dict[str, str]:
        """Method by id of the finished runs of the dataset, newest first."""
        found = runs_of(self.state.home, self.state.dataset)
        return {run.id: run.recipe.method for run, state in found if state == "done"}

    def _first_columns(self) -> list[str]:
        known = known_parameters(self.state.data)
        return list(dict.fromkeys([*(name for name in MAPPED if name in known), *known, *MAPPED]))[: len(MAPPED)]

    def _lead(self, *events) -> None:
        """Hand a selection or a focus on a map to the session; a side that has just been loaded takes the session's."""
        side = events[0].obj
        if self._following or side.data is None:
            return
        if any(event.name == "data" for event in events):
            self.follow()
            return
        self.state.focus = side.focus
        if not np.array_equal(side.selected, self.state.selected):
            self.state.select_rows(side.selected)

    def _share(self, event) -> None:
        setattr(self.lower, event.name, event.new)
