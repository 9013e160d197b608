"""What is chosen on the Compare page, and what follows from it and from the session. Knows nothing of Panel."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import param

from dashboard.compare_numbers import aligned, apart, most, with_mean
from dashboard.compare_runs import finished, first_coloring, runs_to_compare
from dashboard.compare_sides import AGREEMENT, DISPLACEMENT, OVERLAP, Shelf, Side
from dashboard.compare_together import company_of, together
from dashboard.defaults import first_map, named_maps, offering, titled
from dashboard.state import State

FOLLOWED = ("clip", "colormap", "drag", "reviewed")  # choices that the sides take from the session
MOST = 6  # runs side by side
ALIGNED, TOGETHER, TRAINED = "aligned", "AlignedUMAP", "as trained"


class Comparison(param.Parameterized):
    """Runs of one dataset side by side, in step with the session.

    Dataset, selection, focus and limits are the session's own. The first run is the reference: the others' maps are
    laid over its map.

    Parameters
    ----------
    state : State
        The session's.
    """

    coloring = param.Selector(default="", objects=[""], doc="The column that colors all maps.")
    layout = param.Selector(
        default=ALIGNED,
        objects=[ALIGNED, TOGETHER, TRAINED],
        doc="Maps laid over the first by Procrustes, made together by AlignedUMAP, or as they were.",
    )
    projection = param.Selector(default="", objects=[""], doc="Which map of every run, where it has that one.")
    # --- derived ----------------------------------------------------------------------------------------------------
    shown = param.List(default=[], item_type=Side, constant=True, doc="Sides in view, the reference first.")
    columns = param.List(default=[], item_type=str, constant=True, doc="The coloring, as maps take it.")
    laid = param.Integer(default=0, constant=True, doc="Grows when a run or a map is another.")
    lacking = param.String(default="", constant=True, doc="Why the layout asked for is not the one shown.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self.placed: list[np.ndarray] = []  # aligned maps of the sides shown that have one
        self.finished: list[str] = []  # ids of the runs there are, newest first
        self._sides: list[Side] = []
        self._shelf = Shelf(state)
        self._following = False
        self._known: tuple = ("", -1)  # dataset and revision that the runs were chosen for
        self._found: tuple = ()  # finished runs of the dataset, and when their maps were made
        self._by_hand = False  # whether somebody chose the runs
        self._most: tuple | None = None  # what of all maps is in view, and of those shown
        self._whole: tuple | None = None
        self._arranged: tuple = ()  # what is compared, and the layout asked for
        self.company = ""  # of the runs, where their maps are those of AlignedUMAP
        self.compared: tuple = ()  # runs, projections and layout that the following are of
        self._apart: list[np.ndarray] = []
        self._overlaps: list[np.ndarray] = []

    # --- from the session -------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Take dataset, runs, selection, focus and limits from the session."""
        if self.state.data is None:
            self._found = ()
            self._set(shown=[])
            return
        if (self.state.dataset, self.state.revision) != self._known:
            self._catch_up()
        with self._leading():
            if any(side.reviewed != self.state.reviewed for side in self.shown):
                self._offer()
                self._set(columns=self._colored())
            for side in self.shown:
                shared = {name: getattr(self.state, name) for name in FOLLOWED}
                with param.edit_constant(side):
                    side.param.update(focus=self.state.focus, **shared)
                if side.data is not None and not np.array_equal(side.selected, self.state.selected):
                    side.select_rows(self.state.selected)

    def _catch_up(self) -> None:
        """Look for runs and maps; keep the runs that somebody chose and that are still there, else take the usual."""
        dataset = self.state.dataset
        is_new, self._known = dataset != self._known[0], (dataset, self.state.revision)
        before, (methods, self._found) = self._found, finished(self.state.home, dataset)
        if self._found == before and not is_new:
            return
        self.finished = list(methods)
        self._by_hand = self._by_hand and not is_new
        kept = [side.run for side in self.shown if side.run in methods] if self._by_hand else []
        first = runs_to_compare(methods, self.state.run)
        more = [run for run in [*first, *methods] if run not in kept]
        self._show(kept + more[: max(0, min(len(methods), 2) - len(kept))])

    # --- runs -------------------------------------------------------------------------------------------------------

    @property
    def left(self) -> list[str]:
        """Ids of finished runs that are not shown, newest first."""
        return [run for run in self.finished if run not in {side.run for side in self.shown}]

    def add(self) -> None:
        """Show one more run, if there is one and room for it."""
        if self.left and len(self.shown) < MOST:
            self.choose([*(side.run for side in self.shown), self.left[0]])

    def remove(self, number: int) -> None:
        """Show the runs but for this one."""
        self.choose([side.run for i, side in enumerate(self.shown) if i != number])

    def choose(self, runs: list[str]) -> None:
        """Show these runs, by id, the reference first, from now on."""
        self._by_hand = True
        self._show(runs)

    def _show(self, runs: list[str]) -> None:
        with self._leading():
            for side in self._sides:
                side.refresh()
            while len(self._sides) < len(runs):
                self._sides.append(self._new_side())
            sides = self._sides[: len(runs)]
            for side, run in zip(sides, runs, strict=True):
                if side.dataset != self.state.dataset:
                    side.dataset = self.state.dataset
                side.run, side.peers = run, tuple(sides)
        self._set(shown=sides)
        self.arrange()

    def _new_side(self) -> Side:
        side = Side(self.state.home, self._shelf, dataset=self.state.dataset)
        side.param.watch(self._changed, ["current", "projection", "problem"])
        side.param.watch(self._lead, ["selected", "focus"])
        side.param.watch(self._zoom, "view")
        return side

    def _changed(self, *events) -> None:
        if not self._following:
            self._by_hand = True
            self.arrange()
            self.follow()

    def _lead(self, *events) -> None:
        """Hand a selection or a focus on a map to the session."""
        side = events[0].obj
        if self._following or side.data is None or side.dataset != self.state.dataset or side not in self.shown:
            return
        self.state.focus = side.focus
        if not np.array_equal(side.selected, self.state.selected):
            self.state.select_rows(side.selected)

    # --- colors -----------------------------------------------------------------------------------------------------

    def _offer(self) -> None:
        """Offer what any of the runs can be colored by, and the maps that any of them has."""
        sides = [side for side in self.shown if side.current is not None]
        names = list(dict.fromkeys(name for side in sides for name in side.colorable() if name not in AGREEMENT))
        names += list(AGREEMENT) if len(sides) > 1 else []
        titles = titled(names, sides[0].column) if names else {"": ""}
        names = list(titles.values())
        maps = sorted({name for side in sides for name in side.current.projection_names()})
        wanted = self.coloring if self.coloring in names else first_coloring(self.state, names)
        projection = first_map(self.projection or self.state.projection, maps)
        with offering(self, coloring=titles, projection=named_maps(maps or [""])):
            self.param.update(coloring=wanted, projection=projection)

    @param.depends("coloring", watch=True)
    def _color(self) -> None:
        if not self._following:
            self._set(columns=self._colored())

    def _colored(self) -> list[str]:
        return [self.coloring] if self.coloring else []

    # --- maps -------------------------------------------------------------------------------------------------------

    @property
    def drawn(self) -> list[tuple[int, Side]]:
        """The sides shown that have a map, with their numbers."""
        return [(number, side) for number, side in enumerate(self.shown) if side.trained is not None]

    @param.depends("layout", "projection", watch=True)
    def arrange(self) -> None:
        """Lay every map where it is to be seen."""
        if self._following:
            return
        with self._leading():
            self._offer()
            for side in self.shown:
                if self.projection in side.param.projection.objects:
                    side.projection = self.projection
            runs = [side.current for _, side in self.drawn]
            found, lacking = together(self.state, runs) if self.layout == TOGETHER else (None, "")
            self.company = company_of(runs) if found else ""
            compared = (tuple((side.run, side.projection) for _, side in self.drawn), found is not None)
            if compared != self.compared:
                self.compared, self._overlaps = compared, []
                placed = found or aligned([side.trained for _, side in self.drawn])
                self.placed = [np.ascontiguousarray(positions, np.float32) for positions in placed]
                self._apart = with_mean([apart(self.placed[0], positions) for positions in self.placed[1:]])
                self._most = most(self.placed) if len(self.placed) > 1 else None
            before, self._arranged = self._arranged, (compared, self.layout)
            self._lay(keep=before == self._arranged)
        self._set(columns=self._colored(), laid=self.laid + 1, lacking=lacking)

    def take(self, overlaps: list[np.ndarray]) -> None:
        """Color by these overlaps (N,) with the reference, of each other map in turn."""
        self._overlaps = with_mean(overlaps)
        with self._leading():
            self._lay(keep=True)

    def _lay(self, keep: bool) -> None:
        """Show the maps and what colors them, as a whole unless what is in view is to be kept."""
        many = len(self.placed) > 1
        is_aligned = many and self.layout != TRAINED
        self._whole = self._most if is_aligned else None
        for place, (_, side) in enumerate(self.drawn):  # all of them first: limits are those of all
            unknown = np.full(len(side.data), np.nan, np.float32)
            overlap = self._overlaps[place] if self._overlaps else unknown
            side.agreement = {OVERLAP: overlap, DISPLACEMENT: self._apart[place]} if many else {}
        for place, (_, side) in enumerate(self.drawn):
            view = (side.view if keep else None) or self._whole
            side.lay(self.placed[place] if is_aligned else side.trained, view)

    def _zoom(self, event) -> None:
        """Aligned maps show the same part, of which none is the whole of all."""
        if self._following or self.layout == TRAINED or event.obj not in self.shown:
            return
        with self._leading():
            for _, side in self.drawn:
                side.view = event.new or self._whole

    @contextmanager
    def _leading(self) -> Iterator[None]:
        """What the sides do in the block was done to them, by nobody's hand."""
        before, self._following = self._following, True
        try:
            yield
        finally:
            self._following = before

    def _set(self, **values) -> None:
        with param.edit_constant(self):
            self.param.update(**values)
