"""Compare: two to six runs side by side, one coloring for all, their maps laid over each other."""

from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.compare_choices import FOLLOWED, MOST, Comparison
from dashboard.compare_hover import Hover
from dashboard.compare_shared import Seen
from dashboard.keys import Keys
from dashboard.markdown import Alert, Markdown
from dashboard.parts import join
from dashboard.state import State
from dashboard.views._compare_out import CompareOut
from dashboard.views._compare_pairs import Pairs
from dashboard.views._compare_panel import RunPanel
from dashboard.views.explore import whats_next

TITLE, ORDER = "Compare", 20
DRAG_KEYS = {"b": "box", "l": "lasso", "p": "pan"}
PAIR = "clamp(220px, 23vw, 380px)"
NUMBERS = 132  # px above and below a map with its numbers under it
AROUND, BESIDE = 70, 126  # px above and below, and beside a map with its numbers there
GAP = 12  # px between maps
STACKED = "@media (max-width: 800px) { :host { display: block; } }"  # where both do not fit
TABS_SX = theme.SMALL_TABS_SX | {"whiteSpace": "nowrap"}


class View(pn.viewable.Viewer):
    """The Compare page.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.comparison, self.hover = state, Comparison(state), Hover(MOST)
        self.panels: list[RunPanel] = []
        self.pairs, self.out = Pairs(self.comparison), CompareOut(self.comparison)
        self.keys = Keys(self._key, lambda: [panel.maps.canvas for panel in self.panels], width=0, height=0, margin=0)
        self.text = Markdown(margin=(30, 60, 0, 60), max_width=760, stylesheets=[theme.TEXT_CSS])
        self.lacking = Alert(visible=False, alert_type="info", margin=0, styles={"flex": "none"})
        self.hint = Markdown(margin=(20, 30), max_width=340, stylesheets=[theme.TEXT_CSS])
        self.body = pn.Column(sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
        self.add = pmui.Button(label="Add a run", icon="add", size="small", variant="text", margin=0)
        self.add.on_click(lambda event: self.comparison.add())
        self._page = self._lay_out()
        followed = ["data", "revision", "selected", "focus_row", "page", "problem", *FOLLOWED]
        state.param.watch(self._look, followed)
        self.comparison.param.watch(self._draw, ["laid", "columns", "lacking"])
        self._look()
        seen = Seen(self.comparison)
        join(state, "Compare: runs", seen, "runs")
        join(state, "Compare", self.comparison, "projection", "layout", "coloring")
        join(state, "Compare: zoom", seen, "zoom")

    def __panel__(self):
        return self.body

    def _lay_out(self) -> pn.Column:
        self.grid = pn.Row(
            margin=0,
            styles={"flex": "1 1 0", "min-width": "0", "max-height": "none", "flex-wrap": "wrap", "gap": f"{GAP}px"},
        )
        below = pn.Row(
            self.grid, self.pairs, margin=0, stylesheets=[STACKED],
            styles={"gap": "16px", "width": "100%", "max-height": "none", "flex": "none"},
        )  # fmt: skip
        return pn.Column(
            self._controls(), self.lacking, below, self.keys, margin=0,
            styles={
                "height": "100%", "width": "100%", "overflow": "hidden auto",
                "padding": "4px 12px 8px 12px", "gap": "6px",
            },
        )  # fmt: skip

    def _controls(self) -> pn.Row:
        field = {"size": "small", "margin": 0, "description": "", "sx": theme.FIELD_SX}
        tabs = {"description": "", "size": "small", "variant": "outlined", "margin": 0, "sx": TABS_SX}
        chosen, state = self.comparison.param, self.state.param
        return pn.Row(
            pmui.Select.from_param(chosen.coloring, label="Color by", width=200, **field),
            pmui.Select.from_param(state.colormap, label="Colormap", width=96, **field),
            pmui.RangeSlider.from_param(state.clip, label="Limits [percentile]", step=0.5, width=150, **field),
            pmui.Select.from_param(chosen.projection, label="Map", width=96, **field),
            pmui.RadioButtonGroup.from_param(chosen.layout, label="Layout of the maps", **tabs),
            pmui.RadioButtonGroup.from_param(state.drag, label="Dragging", **tabs),
            self.add,
            self.out,
            margin=(4, 0, 0, 0),
            styles={"gap": "8px 14px", "width": "100%", "align-items": "center", "flex-wrap": "wrap", "flex": "none"},
        )

    def _look(self, *events) -> None:
        """Bring the page up to date, if it is in front."""
        if TITLE in self.state.param.page.objects and self.state.page != TITLE:
            return
        self.comparison.follow()
        self._draw()

    def _draw(self, *events) -> None:
        text = self._problem()
        if text:
            self.text.object = text
        else:
            self._show()
        wanted = self.text if text else self._page
        if self.body.objects != [wanted]:
            self.body.objects = [wanted]

    def _problem(self) -> str:
        """Why there is nothing to show, as Markdown; empty where there is something."""
        return "" if self.comparison.shown else whats_next(self.state)

    def _show(self) -> None:
        comparison = self.comparison
        for number in range(len(self.panels), len(comparison.shown)):
            self.panels.append(RunPanel(comparison, self.hover, comparison.shown[number], number))
        panels = self.panels[: len(comparison.shown)]
        for panel in panels:
            panel.show()
        self.lacking.param.update(object=escape(comparison.lacking), visible=bool(comparison.lacking))
        self.pairs.show()
        self.add.disabled = not comparison.left or len(panels) == MOST
        single = len(panels) < 2
        if single:
            self.hint.object = (
                "#### One run so far\nTrain another, on the **Train** page or with `photoz train RECIPE`; "
                "it appears beside this one by itself."
            )
        wanted = [*(panel.__panel__() for panel in panels), *[self.hint] * single]  # which a row keeps of a Viewer
        if self.grid.objects != wanted:
            self._page.stylesheets = [_sizes(len(wanted))]
            self.grid.objects = wanted

    def _key(self, key: str) -> None:
        if key in DRAG_KEYS:
            self.state.drag = DRAG_KEYS[key]
        elif key == "Escape":
            self.state.select([])


def _sizes(count: int) -> str:
    """CSS of the sizes of so many maps: up to four in a row, more in two rows and with their numbers beside them."""
    across = count if count <= 4 else 3
    cell = f"max(150px, (100vw - {PAIR} - 48px - {GAP * (across - 1)}px) / {across})"
    if across == count:
        cell = side = f"max(150px, min({cell}, 100vh - 118px - {NUMBERS}px))"
    else:
        side = f"max(110px, min({cell} - {BESIDE}px, (100vh - 118px) / 2 - {AROUND}px))"
    sizes = {"pair": PAIR, "cell": cell, "map": side}
    phone = dict.fromkeys(sizes, "calc(100vw - 32px)")
    wide, narrow = (" ".join(f"--pz-compare-{k}: {v};" for k, v in of.items()) for of in (sizes, phone))
    return f":host {{ {wide} }}\n@media (max-width: 800px) {{ :host {{ {narrow} }} }}"
