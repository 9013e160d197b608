"""A run's latents as they form: a map of a fixed sample, scrubbed over the epochs of its training."""

from html import escape

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param

from dashboard import figures, snapshots, theme
from dashboard.compare_numbers import most
from dashboard.compare_transition import color_points
from dashboard.defaults import offering
from dashboard.markdown import Markdown
from dashboard.pictures import Picture
from dashboard.snapshots import Catalog, Film
from dashboard.snapshots_figure import Player
from dashboard.state import State
from photoz_core.errors import PhotozError
from photoz_core.run import Run

SIDE = "clamp(170px, min(calc(100vh - 520px), 26vw), 460px)"
NOTHING = "Start a training, or choose one above, to see its latents form."
NOT_YET = "No snapshot yet: the first comes before the first step of the training."
NEVER = (
    "This run left no snapshots. Its method has no encoder that learns step by step, `fit.snapshots` was 0, or it was "
    "trained before there were any."
)
LOSSES, FORMING = "losses", "latents forming"
SAMPLE = "a fixed sample, the same for every run: validation objects, and training objects where these are few"
ABOUT = "kNN, each half of the sample judged by the other; dashed: untrained"


class Forming(pn.viewable.Viewer):
    """Snapshots of one run, live.

    Parameters
    ----------
    state : State
        Its colormap and limits hold here too.
    """

    column = param.Selector(default="", objects=[""], doc="Column that colors the map.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self.awake = False  # in front
        self.run: Run | None = None
        self.film: Film | None = None
        self.player = Player(SIDE)
        self._drawn: tuple = ()
        self._build()
        self.player.slider.on_change("value", lambda attr, old, new: self._scrubbed())
        state.param.watch(lambda *events: self.show(self.run), ["colormap", "clip"])

    def __panel__(self):
        return self._layout

    def _build(self) -> None:
        player, full = self.player, {"sizing_mode": "stretch_both", "margin": 0}
        words = {"margin": 0, "sizing_mode": "stretch_width", "styles": {"font-size": "12.5px"}}
        self.title, self.said = pn.pane.HTML(**words), pn.pane.HTML(**words)
        self.scale = pn.pane.HTML(
            margin=0, css_classes=["pz-scale"], stylesheets=[theme.SCALE_CSS], styles={"width": SIDE}
        )
        select = pmui.Select.from_param(
            self.param.column, label="Color of the forming latents", description="", size="small", variant="standard",
            margin=0, sx=theme.MAP_SELECT_SX, width=150,
        )  # fmt: skip
        centred = {"styles": {"align-items": "center", "gap": "8px"}, "sizing_mode": "stretch_width", "margin": 0}
        numbers = pn.Column(self.said, pn.pane.Bokeh(player.chart.figure, **full), **full)
        moved = pn.Row(
            pn.pane.Bokeh(player.button, margin=0),
            pn.pane.Bokeh(player.slider, margin=0, sizing_mode="stretch_width"),
            **centred,
        )
        picture = pn.Column(pn.pane.Bokeh(player.plot, margin=0), self.scale, margin=0, styles={"flex": "none"})
        self.shown = pn.Column(
            pn.Row(self.title, select, **centred),
            pn.Row(picture, numbers, **full | {"styles": {"gap": "10px"}}),
            moved,
            **full | {"margin": (4, 8), "visible": False, "styles": {"gap": "6px"}},
        )
        self.empty = Markdown(NOTHING, margin=(4, 8), sizing_mode="stretch_width")
        self._layout = pn.Column(self.shown, self.empty, **full)

    def wake(self, awake: bool) -> None:
        """Be in front, or not: then nothing is read or drawn."""
        self.awake = awake
        self.show(self.run)

    def show(self, run: Run | None) -> None:
        """Draw the snapshots of `run` there are; cheap when they are drawn already."""
        self.run = run
        if not self.awake:
            return
        try:
            problem = self._show(run) if run else NOTHING
        except PhotozError as error:
            problem = str(error).replace("<", "&lt;")
        self.empty.object, self.empty.visible, self.shown.visible = problem, bool(problem), not problem
        if problem:
            self._drawn = ()

    def _show(self, run: Run) -> str:
        """Draw; or why there is nothing to draw."""
        wanted = (run.id, *snapshots.stamps(run))
        if len(wanted) == 1:
            return NOT_YET if run.state in ("queued", "running") else NEVER
        catalog = Catalog(self.state, run)
        looks = (self.column, catalog.colormap, catalog.clip)
        if self._drawn == (wanted, looks):
            return ""
        fresh = not self._drawn or self._drawn[0][0] != run.id
        if fresh:
            self._drawn = ()  # a column that is chosen for the new run draws nothing by itself
        if not self._drawn or self._drawn[0] != wanted:
            self._roll(run, fresh)
        self._color(run, catalog, fresh)
        self._drawn = (wanted, (self.column, *looks[1:]))
        return ""

    def _roll(self, run: Run, fresh: bool) -> None:
        """Take the snapshots there are into the figure."""
        self.film = shown = snapshots.film(run)
        x0, x1, y0, y1 = most(list(shown.maps))
        for limits, (start, end) in ((self.player.plot.x_range, (x0, x1)), (self.player.plot.y_range, (y0, y1))):
            if fresh or start < limits.start or end > limits.end:
                limits.update(start=start, end=end)
        self.player.show(shown.epochs, shown.maps, fresh)
        name = run.name.replace(f" · {run.recipe.dataset}", "")
        self.title.object = f"<b>{escape(name)}</b> · <span title='{SAMPLE}'>{len(shown.rows):,} objects</span>"

    def _color(self, run: Run, catalog: Catalog, fresh: bool) -> None:
        """Color the points, and judge each snapshot by that column."""
        if fresh:
            offered, wanted = catalog.colorable(), catalog.first(self.column)
            with offering(self, column=offered):
                self.column = wanted
        values, rows = catalog.values(self.column), self.film.rows
        self.player.color(color_points(self.player.mapper, catalog, self.column)[rows])
        self.scale.object = _scale(catalog, self.column, rows)
        name = "kNN accuracy" if values.is_category else "kNN R²"
        self.player.score(self.film.epochs, snapshots.scores(run, self.film, values), name)
        self._scrubbed()

    @param.depends("column", watch=True)
    def _choose(self) -> None:
        if self._drawn and self.column:
            self.show(self.run)

    def _scrubbed(self) -> None:
        """Say what is known of the snapshot in view."""
        self.player.mark()
        scores = self.player.chart.sources["scores"].data["score"]
        if not scores:
            return
        at = min(self.player.slider.value, len(scores) - 1)
        score = f"{scores[at]:.2f}".replace("-", "−") if np.isfinite(scores[at]) else "–"
        when = f"epoch {self.film.epochs[at]}" if self.film.epochs[at] else "untrained"
        of = escape(next(name for name, column in self.param.column.names.items() if column == self.column))
        name = self.player.chart.figure.yaxis[0].axis_label
        self.said.object = f"<span title='{ABOUT}'>{when}: <b>{name} {score}</b> of {of}</span>"


def _scale(catalog: Catalog, name: str, rows: np.ndarray) -> str:
    """Colors and counts under the map, as HTML."""
    values, column = catalog.values(name), catalog.column(name)
    array = values.array[rows]
    if values.is_category:
        picture = Picture(np.zeros((0, 0), np.uint8), len(rows), int((array >= 0).sum()))
        return f"<div class=legend>{figures.legend(values.classes)}</div><p>{figures.note(picture, column)}</p>"
    low, high = catalog.limits(name)
    known, beyond = int(np.isfinite(array).sum()), int(((array < low) | (array > high)).sum())
    picture = Picture(np.zeros((0, 0), np.uint8), len(rows), known, beyond, (low, high))
    colormap = column.cmap if catalog.colormap == "auto" else catalog.colormap
    return f"<div class=bar>{figures.color_bar(picture, colormap)}</div><p>{figures.note(picture, column)}</p>"


class BesideLosses(pn.viewable.Viewer):
    """Losses and forming latents in one place; only the one in front is worked for.

    Parameters
    ----------
    losses : Viewer
    forming : Forming
    """

    front = param.Selector(default=LOSSES, objects=[LOSSES, FORMING], doc="Which is in front.")

    def __init__(self, losses: pn.viewable.Viewer, forming: Forming, **params):
        super().__init__(**params)
        self.forming = forming
        full = {"sizing_mode": "stretch_both", "margin": 0}
        switch = pmui.RadioButtonGroup.from_param(
            self.param.front,
            label="Diagram",
            size="small",
            margin=(2, 8),
            sx=theme.SMALL_TABS_SX | {"whiteSpace": "nowrap"},
        )
        self._parts = {LOSSES: pn.Column(losses, **full), FORMING: pn.Column(forming, visible=False, **full)}
        self._layout = pn.Column(switch, *self._parts.values(), **full)

    def __panel__(self):
        return self._layout

    @param.depends("front", watch=True)
    def _turn(self) -> None:
        for name, part in self._parts.items():
            part.visible = name == self.front
        self.forming.wake(self.front == FORMING)
