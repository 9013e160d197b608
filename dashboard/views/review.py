"""Review: named selections, tags, scores and comments of several people, as they write them."""

from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.keys import Keys
from dashboard.markdown import Markdown
from dashboard.parts import join
from dashboard.pointer import Pointer
from dashboard.review_acts import DIGITS, score_by_key
from dashboard.review_choices import Choices
from dashboard.state import State
from dashboard.views._canvas import Canvas
from dashboard.views._card import band_pictures
from dashboard.views._gallery import Gallery
from dashboard.views._in_view import in_view_button
from dashboard.views._maps import Maps
from dashboard.views._review_activity import Activity
from dashboard.views._review_object import ObjectReview
from dashboard.views._review_selections import Selections
from dashboard.views.explore import DRAG_KEYS, STEP_KEYS

TITLE, ORDER = "Review", 60
SIDE = "var(--pz-review-map)"
NO_STORE = (
    "### This dashboard keeps no reviews\nStart it with `photoz serve`: named selections, tags, scores and comments "
    "are then kept in the home's own database, or in the PostgreSQL that `--database` names."
)
NO_DATA = "### Nothing to review yet\nThere is no dataset: `photoz data simulate candels-mock` makes a mock survey."
SCROLL = {"overflow": "hidden auto", "height": "100%", "scrollbar-width": "thin", "padding": "0 3px"}  # for focus rings


class View(pn.viewable.Viewer):
    """The Review page.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.choices = state, Choices(state)
        self.canvas = Canvas(state)
        self.maps = Maps(state, self.canvas, 1, 1, SIDE, choices=self.choices)
        self.pointer = Pointer(state, self.canvas.plots)
        self.gallery = Gallery(state, self.canvas)
        self.selections, self.activity = Selections(self.choices), Activity(self.choices)
        self.object = ObjectReview(state)
        self.title = pn.pane.HTML(margin=0, stylesheets=[theme.CARD_CSS], sizing_mode="stretch_width")
        self.keys = Keys(self._key, lambda: [self.canvas], width=0, height=0, margin=0)
        self.text = Markdown(margin=(30, 60, 0, 60), max_width=760, stylesheets=[theme.TEXT_CSS])
        self.body = pn.Column(sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
        self._pictured: tuple = ()
        self._page = self._lay_out()
        state.param.watch(self._look, ["data", "positions", "selected", "focus_row", "band", "page", "problem"])
        state.desk.param.watch(self._look, ["review"])
        self.choices.param.watch(self._look, "opened")
        self._look()
        join(state, TITLE, self.choices, "columns", "opened")

    def __panel__(self):
        return self.body

    def _lay_out(self) -> pn.Row:
        drag = pmui.RadioButtonGroup.from_param(
            self.state.param.drag, label="What dragging on a map does", description="", size="small",
            variant="outlined", margin=0, sx=theme.SMALL_TABS_SX,
        )  # fmt: skip
        tools = pn.Row(drag, in_view_button(self.canvas), margin=0)
        gallery = pn.Column(self.gallery, margin=0, styles={"flex": "1 1 0", "min-height": "100px", "width": "100%"})
        left = pn.Column(
            tools, pn.Row(self.maps, margin=0, styles={"width": SIDE, "flex": "none"}), gallery, margin=0,
            styles={"flex": "none", "width": SIDE, "height": "100%", "gap": "4px"}, stylesheets=[theme.PILE],
        )  # fmt: skip
        middle = pn.Column(
            self.selections, self.activity, margin=0,
            styles={"flex": "1 1 0", "min-width": "260px", "gap": "16px", **SCROLL}, stylesheets=[theme.PILE],
        )  # fmt: skip
        right = pn.Column(
            self.title, self.object, margin=0, stylesheets=[theme.PILE],
            styles={"flex": "1 1 0", "min-width": "260px", "gap": "6px", **SCROLL},
        )  # fmt: skip
        return pn.Row(
            left, right, middle, self.keys, margin=0, sizing_mode="stretch_both", stylesheets=[theme.PILED],
            styles={"gap": "18px", "height": "100%", "padding": "6px 12px 8px 12px"},
        )  # fmt: skip

    def _look(self, *events) -> None:
        """Bring the page up to date, if it is in front."""
        state = self.state
        if TITLE in state.param.page.objects and state.page != TITLE:
            return
        text = NO_STORE if state.reviews is None else state.problem and f"### {state.problem}"
        text = text or NO_DATA * (state.data is None)
        self.text.object = text
        if not text:
            self._show()
        wanted = self.text if text else self._page
        if self.body.objects != [wanted]:
            self.body.objects = [wanted]

    def _show(self) -> None:
        self.choices.color()
        for part in (self.maps, self.gallery):
            part.visible = self.state.positions is not None
        row = self.state.focus_row
        if (self.state.data, row, self.state.focus) != self._pictured:
            self._pictured = (self.state.data, row, self.state.focus)
            pictures = band_pictures(self.state.data, row) if row >= 0 else "<p>Click an object to review it.</p>"
            self.title.object = f"<h5>{escape(self.state.focus)}</h5>{pictures}"
        self.selections.show()
        self.activity.show()

    def _key(self, key: str) -> None:
        if key in DRAG_KEYS:
            self.state.drag = DRAG_KEYS[key]
        elif key in STEP_KEYS:
            self.gallery.walk(STEP_KEYS[key])
        elif key in DIGITS:
            score_by_key(self.state.desk, key)
        elif key == "Escape":
            self.state.select([])
