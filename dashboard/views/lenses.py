"""Lenses: two runs side by side, colored by lens parameters; what their latents know, and one lens at a time."""

from functools import partial

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.keys import Keys
from dashboard.lens_bars import RUN_COLORS
from dashboard.lens_overlays import add_markers
from dashboard.lens_parameters import MAPPED, has_lenses
from dashboard.lens_runs import whats_next
from dashboard.lens_sides import FOLLOWED, Sides
from dashboard.markdown import Markdown
from dashboard.parts import join
from dashboard.state import State
from dashboard.views._canvas import Canvas
from dashboard.views._in_view import in_view_button
from dashboard.views._lens_bars import Bars
from dashboard.views._lens_overlay import OverlayPane
from dashboard.views._lens_strip import Strip
from dashboard.views._lens_truth import Truth
from dashboard.views._maps import Maps

TITLE, ORDER = "Lenses", 50
SIDE, WIDTH = "var(--pz-lens-map)", "var(--pz-lens-maps)"
DRAG_KEYS = {"b": "box", "l": "lasso", "p": "pan"}


def applies(dataset) -> bool:
    """Whether the dataset is one of lenses."""
    return has_lenses(dataset)


class View(pn.viewable.Viewer):
    """The Lenses page.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.sides = state, Sides(state)
        self.overlay = OverlayPane(self.sides)
        self.rows = [Row(self, number) for number in range(2)]
        self.bars, self.truth, self.strip = Bars(self.sides), Truth(self.sides), Strip(state)
        keyed = [*(row.maps.canvas for row in self.rows), *(diagram.keyed for diagram in self.truth.diagrams)]
        self.keys = Keys(self._key, lambda: keyed, width=0, height=0, margin=0)
        self.text = Markdown(margin=(30, 60, 0, 60), max_width=760, stylesheets=[theme.TEXT_CSS])
        self.body = pn.Column(sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
        self._page = self._lay_out()
        followed = ["data", "revision", "selected", "focus_row", "page", "problem", *FOLLOWED]
        state.param.watch(self._look, followed)
        for side in self.sides.both:
            side.param.watch(self._draw, ["current", "positions", "table", "problem"])
        self._look()
        join(state, "Lenses: upper maps", self.sides.upper, "run", "columns")
        join(state, "Lenses: lower maps", self.sides.lower, "run")

    def __panel__(self):
        return self.body

    def _lay_out(self) -> pn.Column:
        left = pn.Column(*self.rows, margin=0, styles={"flex": "none", "width": WIDTH}, stylesheets=[theme.PILE])
        right = pn.Column(
            self._controls(), self.overlay, self.bars, self.strip,
            margin=0, styles={"flex": "1", "min-width": "0", "gap": "6px"}, stylesheets=[theme.PILE],
        )  # fmt: skip
        upper = pn.Row(left, right, margin=0, styles={"gap": "14px", "width": "100%", "flex": "none"},
                       stylesheets=[theme.PILE])  # fmt: skip
        return pn.Column(
            upper, self.truth, self.keys, margin=0, stylesheets=[theme.FIT],
            styles={"height": "100%", "width": "100%", "overflow": "hidden auto", "padding": "4px 12px 8px 12px"},
        )  # fmt: skip

    def _controls(self) -> pn.Row:
        field = {"size": "small", "margin": 0, "description": "", "sx": theme.FIELD_SX}
        param = self.state.param
        return pn.Row(
            pmui.Select.from_param(param.colormap, label="Colormap", width=96, **field),
            pmui.RangeSlider.from_param(
                param.clip, label="Limits [percentile]", step=0.5, sizing_mode="stretch_width", min_width=90, **field
            ),
            self.overlay.select,
            margin=(4, 0, 0, 0),
            styles={"gap": "10px", "width": "100%"},
            stylesheets=[theme.WRAP],
        )

    def _look(self, *events) -> None:
        """Bring the page up to date, if it is in front."""
        if TITLE in self.state.param.page.objects and self.state.page != TITLE:
            return
        self.sides.follow()
        self._draw()

    def _draw(self, *events) -> None:
        text = self._problem()
        if text:
            self.text.object = text
        wanted = self.text if text else self._page
        if not text:
            for part in (*self.rows, self.bars, self.strip, self.truth, self.overlay):
                part.show()
        if self.body.objects != [wanted]:
            self.body.objects = [wanted]

    def _problem(self) -> str:
        """Why there is nothing to show, as Markdown; empty where there is something."""
        state = self.state
        if state.data is None:
            return f"### No lenses\n{state.problem or 'Make some: `photoz data simulate lenses-mock --survey lenses`.'}"
        if not has_lenses(state.data):
            return f"### {state.dataset} has no lens parameters\nChoose a dataset of lenses above."
        if not self.sides.runs and not any(side.problem for side in self.sides.both):
            return f"### No finished run on {state.dataset} yet\n{whats_next(state.home, state.dataset)}"
        return ""

    def _key(self, key: str) -> None:
        if key in DRAG_KEYS:
            self.sides.upper.drag = DRAG_KEYS[key]
        elif key == "Escape":
            self.state.select([])


class Row(pn.viewable.Viewer):
    """The three maps of one run, under its name."""

    def __init__(self, page: View, number: int, **params):
        super().__init__(**params)
        self.page, self.number, self.side = page, number, page.sides.both[number]
        canvas = Canvas(self.side)
        tap = partial(page.overlay.tap, canvas, number)
        self.maps = Maps(self.side, canvas, len(MAPPED), 1, SIDE, titled=number == 0, on_tap=tap)
        for cell in self.maps.cells:
            add_markers(cell.plot, page.overlay.layers[number].source)
        select = pmui.Select.from_param(
            self.side.param.run, label=("Upper run", "Lower run")[number], description="", size="small",
            variant="standard", margin=0, sx=theme.MAP_SELECT_SX, min_width=0, sizing_mode="stretch_width",
        )  # fmt: skip
        dot = pn.pane.HTML(f"<span style='color: {RUN_COLORS[number]}'>●</span>", margin=0, width=14)
        tools = [
            pmui.RadioButtonGroup.from_param(
                self.side.param.drag,
                label="Dragging",
                description="",
                size="small",
                variant="outlined",
                margin=0,
                sx=theme.SMALL_TABS_SX,
            )
        ]
        self.head = pn.Row(
            dot,
            select,
            *tools * (number == 0),
            in_view_button(canvas),
            margin=0,
            styles={"width": "100%", "gap": "4px"},
            stylesheets=[theme.WRAP],
        )
        self.text = Markdown(margin=(20, 40), max_width=560, stylesheets=[theme.TEXT_CSS])
        self._maps = pn.Row(self.maps, margin=0, styles={"width": WIDTH})
        self._layout = pn.Column(
            self.head, self._maps, self.text, margin=0, styles={"width": WIDTH}, stylesheets=[theme.FIT]
        )

    def __panel__(self):
        return self._layout

    def show(self) -> None:
        """The maps, or what to do to have some."""
        missing = self.number == 1 and self.page.sides.is_single
        text = ""
        if missing:
            text = f"#### One run so far\n{whats_next(self.side.home, self.side.dataset)}"
        elif self.side.problem:
            text = f"#### This run cannot be shown\n{self.side.problem}"
        elif self.side.positions is None:
            text = "#### This run has no map yet\n`photoz project RUN` makes one; it appears here by itself."
        self.text.object = text
        self.head.visible = not missing
        self.text.visible, self._maps.visible = bool(text), not text
        self.maps.update()
