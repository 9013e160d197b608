"""Two runs of one dataset side by side, in step with the session. Knows nothing of Panel."""

import numpy as np
import param

from dashboard.compare_sides import Shelf
from dashboard.lens_parameters import MAPPED, has_lenses, known_parameters
from dashboard.lens_runs import runs_of, runs_to_compare
from dashboard.state import State
from photoz_core.run import Run

FOLLOWED = ("clip", "colormap", "band", "reviewed")  # choices that the sides take from the session


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
        self.is_single = True  # at most one run: nothing for the lower row
        self._known: tuple = ("", -1)  # dataset and revision that the runs were chosen for
        self.both = self.upper, self.lower = tuple(Side(state.home, dataset=state.dataset) for _ in range(2))
        for side in self.both:
            side.peers, side.desk = self.both, Shelf(state)
            side.param.watch(self._lead, ["data", "selected", "focus"])
        for name in ("columns", "drag"):
            self.upper.param.watch(self._share, name)
        self.follow()

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
            if (self.state.dataset, self.state.revision) != self._known:
                self._catch_up()
            for side in self.both:  # last: another dataset has its own focus
                self._follow_choices(side)
        finally:
            self._following = False

    def _follow_choices(self, side: Side) -> None:
        shared = {name: getattr(self.state, name) for name in FOLLOWED}
        with param.edit_constant(side):
            side.param.update(focus=self.state.focus, columns=list(self.upper.columns), **shared)
        if side.data is not None and not np.array_equal(side.selected, self.state.selected):
            side.select_rows(self.state.selected)

    def _catch_up(self) -> None:
        """Look for runs; take the default ones of a new dataset, and a second one as soon as there is one."""
        dataset = self.state.dataset
        is_new, self._known = dataset != self._known[0], (dataset, self.state.revision)
        for side in self.both:
            side.refresh()
            if side.dataset != dataset:
                side.dataset = dataset
        if is_new:
            self.upper.columns = self._first_columns()
        offered = self.upper.param.run.objects  # a run that was done since then comes with the next look
        methods = {run.id: run.recipe.method for run, _ in runs_of(self.state.home, dataset) if run.id in offered}
        if methods and (is_new or self.is_single):
            first, second = runs_to_compare(methods)
            self.upper.run, self.lower.run = first, second or first
        self.is_single = len(methods) < 2

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
