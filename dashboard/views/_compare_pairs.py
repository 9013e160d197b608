"""Two runs of a comparison: objects that move from one map to the other, and how far each pair agrees."""

import itertools
from html import escape

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param

from dashboard import theme
from dashboard.compare_choices import Comparison
from dashboard.compare_numbers import Agreement, agreement
from dashboard.compare_table import LETTERS, STYLE, mean_of, pairs_html
from dashboard.compare_transition import Transition
from dashboard.defaults import offering
from dashboard.similar_choices import same
from dashboard.views._lens_background import Background
from photoz_core.alignment import align
from photoz_core.errors import PhotozError
from photoz_core.metrics.agreement import NEAREST
from photoz_core.run import Run

WIDTH = "var(--pz-compare-pair)"


class Pairs(pn.viewable.Viewer):
    """The column beside the maps.

    Parameters
    ----------
    comparison : Comparison
    """

    start = param.Selector(default=0, objects={"A": 0}, doc="Number of the run whose map the objects come from.")
    end = param.Selector(default=0, objects={"A": 0}, doc="Number of the run whose map they go to.")

    def __init__(self, comparison: Comparison, **params):
        super().__init__(**params)
        self.comparison = comparison
        self.transition = Transition(WIDTH)
        self.found: dict[tuple[int, int], Agreement] = {}
        self._asked: tuple = ()
        self._problems: dict[tuple[int, int], str] = {}  # why a pair has no agreement
        self._path: tuple = (None, None, None)  # the two maps, and the second laid over the first
        self._moved: tuple = ()  # what the transition shows
        self._background = Background("probe")
        text = {"margin": 0, "stylesheets": [STYLE], "styles": {"width": "100%"}}
        self.table, self.note, self.moving = (pn.pane.HTML(**text) for _ in range(3))
        self._layout = self._lay_out()

    def __panel__(self):
        return self._layout

    def _lay_out(self) -> pn.Column:
        field = {
            "description": "", "size": "small", "variant": "standard", "margin": 0, "sx": theme.MAP_SELECT_SX,
            "min_width": 0, "sizing_mode": "stretch_width",
        }  # fmt: skip
        ends = [
            pmui.Select.from_param(parameter, label=label, **field)
            for parameter, label in ((self.param.start, "From the map of"), (self.param.end, "To the map of"))
        ]
        row = {"margin": 0, "styles": {"width": "100%", "gap": "6px", "align-items": "center"}}
        parts = self.transition
        return pn.Column(
            pn.Row(ends[0], pn.pane.HTML("→", margin=0, width=14), ends[1], **row),
            pn.pane.Bokeh(parts.plot, margin=0),
            pn.Row(
                pn.pane.Bokeh(parts.button, margin=0),
                pn.pane.Bokeh(parts.slider, margin=0, sizing_mode="stretch_width"),
                **row,
            ),
            self.moving, self.table, self.note,
            margin=0, styles={"width": WIDTH, "flex": "none", "gap": "4px"},
        )  # fmt: skip

    def show(self) -> None:
        """Bring transition and table up to date; ask for what they lack."""
        drawn = self.comparison.drawn
        self._layout.visible = len(drawn) > 1
        if len(drawn) < 2:
            self._asked = ()
            self._background.forget()
            return
        self._offer()
        self._ask()
        self.move()
        self._say()

    def _offer(self) -> None:
        names = {f"{LETTERS[i]} · {side.current.name.partition(' · ')[0]}": i for i, side in self.comparison.drawn}
        numbers = list(names.values())
        start = self.start if self.start in numbers else numbers[0]
        end = self.end if self.end in numbers and self.end != start else next(i for i in numbers if i != start)
        with offering(self, start=names, end=names):
            self.param.update(start=start, end=end)

    @param.depends("start", "end", watch=True)
    def move(self) -> None:
        """Show where the objects of the two maps chosen begin and end."""
        comparison = self.comparison
        placed = {i: positions for (i, _), positions in zip(comparison.drawn, comparison.placed, strict=True)}
        if self.start not in placed or self.end not in placed:
            return
        start, end = self._way(placed[self.start], placed[self.end])
        sides = [comparison.shown[number] for number in (self.start, self.end)]
        side = next((side for side in sides if side.has(comparison.coloring)), sides[0])
        coloring = comparison.coloring
        values = side.values(coloring) if side.has(coloring) else None
        limits = side.limits(coloring) if values and not values.is_category else ()
        wanted = (start, end, side.selected, coloring, side.colormap, values and values.array, limits)
        if same(wanted, self._moved):
            return
        self._moved = wanted
        count = self.transition.show(start, end, side, coloring)
        sample = "" if count == len(start) else f" of {len(start):,}, a fixed sample"
        self.moving.object = f"<p>{count:,} objects{sample}</p>"

    def _way(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the objects of two maps (N, 2) begin and end; the very same arrays of the same maps."""
        if self._path[0] is not start or self._path[1] is not end:
            self._path = (start, end, align(end, start)(end))
        return start, self._path[2]

    def _ask(self) -> None:
        """Compare the runs in a thread, if they are not those compared last."""
        comparison = self.comparison
        if comparison.compared == self._asked:
            return
        self._asked, self.found, self._problems = comparison.compared, {}, {}
        parts = [(i, side.current, map_) for (i, side), map_ in zip(comparison.drawn, comparison.placed, strict=True)]

        def work() -> dict[tuple[int, int], Agreement | str]:
            pairs = itertools.combinations(parts, 2)
            return {(i, j): _agreement(first, second, (a, b)) for (i, first, a), (j, second, b) in pairs}

        self._background.run(work, self._take, lambda problem: None)

    def _take(self, results: dict[tuple[int, int], Agreement | str]) -> None:
        self.found = {pair: result for pair, result in results.items() if isinstance(result, Agreement)}
        self._problems = {pair: result for pair, result in results.items() if isinstance(result, str)}
        (reference, side), *others = self.comparison.drawn
        unknown = np.full(len(side.data), np.nan, np.float32)
        found = (self.found.get((reference, other)) for other, _ in others)
        self.comparison.take([agreed.overlap if agreed else unknown for agreed in found])
        self.move()  # its colors may be these
        self._say()

    def _say(self) -> None:
        overlaps = {pair: mean_of(agreed.overlap) for pair, agreed in self.found.items()}
        shifts = {pair: mean_of(agreed.displacement) for pair, agreed in self.found.items()}
        nothing = dict.fromkeys(self._problems, float("nan"))
        self.table.object = pairs_html(len(self.comparison.shown), overlaps | nothing, shifts | nothing)
        problems = dict.fromkeys(map(escape, self._problems.values()))
        self.note.object = "".join(f"<p>{text}</p>" for text in [*problems, self._words()] if text)

    def _words(self) -> str:
        if not self.found:
            return "" if self._problems else "Looking for neighbours…"
        first = max(self.found.values(), key=lambda agreed: agreed.asked)
        count = len(first.overlap)
        among = "" if first.asked == count else f", among {first.asked:,} of {count:,} objects"
        chance = NEAREST / (2 * max(first.asked - 1, 1))
        return (
            f"<b>Above</b> the diagonal: Jaccard index of the {NEAREST} nearest neighbours in latent space, mean{among}"
            f" (1 the same, {chance:.1g} by chance). <b>Below</b>: displacement on the aligned maps, mean, in rms radii"
            " of the map. Both can color the maps: each against A, and A with the mean of the others."
        )


def _agreement(first: Run, second: Run, maps: tuple[np.ndarray, np.ndarray]) -> Agreement | str:
    """How far two runs agree, or why that cannot be said."""
    try:
        return agreement(first, second, maps)
    except PhotozError as error:
        return str(error)
    except Exception as error:  # the other pairs are good
        return f"{first.name}, {second.name}: {type(error).__name__}: {error}"
