"""Classes: five ways to a classifier compared, and one of them looked into: what it takes for what."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.classes_choices import Choices
from dashboard.classes_runs import has_classes
from dashboard.keys import Keys
from dashboard.markdown import Markdown
from dashboard.parts import join
from dashboard.state import State
from dashboard.views._canvas import Canvas
from dashboard.views._classes_curves import Curves
from dashboard.views._classes_gallery import ClassGallery
from dashboard.views._classes_matrix import Matrix
from dashboard.views._classes_schemes import Schemes
from dashboard.views._in_view import in_view_button
from dashboard.views._maps import Maps

TITLE, ORDER = "Classes", 55
SIDE = "var(--pz-class-map)"
STACKED = "@media (max-width: 1060px) { :host { height: auto !important; } }"  # where both columns do not fit
DRAG_KEYS = {"b": "box", "l": "lasso", "p": "pan"}
STEP_KEYS = {"ArrowLeft": -1, "ArrowRight": 1}
TABS_SX = theme.SMALL_TABS_SX | {"whiteSpace": "nowrap"}
NAMED = 40  # classes whose names the legend has room for


def applies(dataset) -> bool:
    """Whether the dataset has classes."""
    return has_classes(dataset)


class View(pn.viewable.Viewer):
    """The Classes page.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.choices = state, Choices(state)
        self.canvas = Canvas(state)
        self.schemes, self.curves, self.matrix = (part(self.choices) for part in (Schemes, Curves, Matrix))
        self.maps = Maps(state, self.canvas, 1, 1, SIDE, titled=False, choices=self.choices, named=NAMED)
        self.gallery = ClassGallery(self.choices, self.canvas)
        self.keys = Keys(self._key, lambda: [self.canvas, self.curves.keyed], width=0, height=0, margin=0)
        self.text = Markdown(margin=(30, 60, 0, 60), max_width=760, stylesheets=[theme.TEXT_CSS])
        self.hint = Markdown(margin=0, sizing_mode="stretch_width", stylesheets=[theme.TEXT_CSS])
        self.body = pn.Column(sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
        self._page = self._lay_out()
        state.param.watch(self._look, ["data", "current", "table", "revision", "page", "problem", "positions"])
        state.param.watch(self._on_selected, "selected")
        self._look()
        join(state, TITLE, self.choices, "split", "metric", "labels", "coloring")

    def __panel__(self):
        return self.body

    def _lay_out(self) -> pn.Row:
        left = pn.Column(
            self.schemes, self.curves,
            margin=0, stylesheets=[STACKED],
            styles={"flex": "1 1 460px", "min-width": "0", "height": "100%", "gap": "8px"},
        )  # fmt: skip
        small = {"description": "", "size": "small", "variant": "outlined", "margin": 0, "sx": TABS_SX}
        tabs = (
            pmui.RadioButtonGroup.from_param(p, label=label, **small)
            for p, label in ((self.choices.param.coloring, "Color by"), (self.state.param.drag, "Dragging"))
        )
        head = pn.Row(
            *tabs, in_view_button(self.canvas), margin=(4, 0, 0, 0), styles={"gap": "4px 8px", "flex-wrap": "wrap"}
        )
        map_ = pn.Column(head, self.maps, self.hint, margin=0, styles={"flex": "none", "width": SIDE, "gap": "4px"})
        upper = pn.Row(self.matrix, map_, margin=0, styles={"gap": "14px", "width": "100%", "flex-wrap": "wrap"})
        gallery = pn.Column(
            self.gallery, margin=0,
            styles={"width": "100%", "flex": "1 1 0", "min-height": "210px", "overflow": "hidden"},
        )  # fmt: skip
        right = pn.Column(
            upper,
            gallery,
            margin=0,
            stylesheets=[STACKED],
            styles={"flex": "1 1 560px", "min-width": "0", "height": "100%", "gap": "8px"},
        )
        return pn.Row(
            left, right, self.keys, margin=0, sizing_mode="stretch_both",
            styles={
                "gap": "14px", "height": "100%", "padding": "4px 12px 8px 12px", "flex-wrap": "wrap",
                "overflow": "hidden auto",
            },
        )  # fmt: skip

    def _look(self, *events) -> None:
        """Bring the page up to date, if it is in front."""
        if TITLE in self.state.param.page.objects and self.state.page != TITLE:
            return
        text = self._problem()
        self.text.object = text
        if not text:
            self._show()
        wanted = self.text if text else self._page
        if self.body.objects != [wanted]:
            self.body.objects = [wanted]

    def _show(self) -> None:
        self.choices.follow()
        for part in (self.schemes, self.curves, self.matrix):
            part.show()
        self.maps.visible = self.state.positions is not None
        self.hint.object = _hint(self.state, self.choices)
        self.hint.visible = bool(self.hint.object)

    def _on_selected(self, event) -> None:
        if TITLE not in self.state.param.page.objects or self.state.page == TITLE:
            self.choices.follow_selection()

    def _problem(self) -> str:
        """Why there is nothing to show, as Markdown; empty where there is something."""
        state = self.state
        if state.data is None:
            text = "Make some: `photoz data simulate splus-sgq --survey splus --options.role=sgq`."
            return f"### No classes\n{state.problem or text}"
        if not has_classes(state.data):
            return f"### {state.dataset} has no classes\nChoose a dataset with a label of classes above."
        return ""

    def _key(self, key: str) -> None:
        if key in DRAG_KEYS:
            self.state.drag = DRAG_KEYS[key]
        elif key in STEP_KEYS:
            self.gallery.walk(STEP_KEYS[key])
        elif key == "Escape":
            self.state.select([])


def _hint(state: State, choices: Choices) -> str:
    """What to do where a part of the page has nothing to show, as Markdown."""
    if state.problem:
        return f"#### This run cannot be shown\n{state.problem}"
    if not choices.runs:
        return (
            f"#### No classifier of {state.dataset} yet\n`photoz train scratch_classes --dataset {state.dataset}`, "
            "or start one on the **Train** page; it appears here by itself."
        )
    if state.current is not None and choices.sample is None:
        return f"**{state.current.name}** predicts no classes: choose a scheme in the table, or another run above."
    if state.current is not None and state.positions is None:
        return "This run has no map yet: `photoz project RUN` makes one; it appears here by itself."
    return ""
