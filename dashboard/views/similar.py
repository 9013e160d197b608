"""Similar: what is like an object, a selection or a cutout from elsewhere, and what is like nothing else."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.keys import Keys
from dashboard.markdown import Markdown
from dashboard.parts import join
from dashboard.review_acts import DIGITS, score_by_key
from dashboard.similar_choices import Choices
from dashboard.state import State
from dashboard.views._in_view import in_view_button
from dashboard.views._similar_map import LEGEND, SIDE, ScoreMap
from dashboard.views._similar_ranking import Ranking
from dashboard.views._similar_redshifts import Redshifts
from dashboard.views._similar_search import Search
from dashboard.views.explore import DRAG_KEYS, STEP_KEYS, whats_next

TITLE, ORDER = "Similar", 25
FOLLOWED = (
    "data", "current", "table", "positions", "view", "selected", "focus_row", "band", "clip", "colormap", "page",
    "problem", "revision",
)  # fmt: skip


class View(pn.viewable.Viewer):
    """The Similar page.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.choices = state, Choices(state)
        self.map = ScoreMap(self.choices)
        self.search = Search(self.choices, self.map)
        self.ranking = Ranking(self.choices, self.map.canvas)
        self.redshifts = Redshifts(self.choices)
        self.keys = Keys(self._key, lambda: [self.map.canvas], width=0, height=0, margin=0)
        self.text = Markdown(margin=(30, 60, 0, 60), max_width=760, stylesheets=[theme.TEXT_CSS])
        self.body = pn.Column(sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
        self._page = self._lay_out()
        state.param.watch(self._look, list(FOLLOWED))
        self.choices.param.watch(self._look, ["query", "score", "scores", "share", "split", "marked", "found"])
        self._look()
        join(state, TITLE, self.choices, "query", "score", "share", "split", "marked")

    def __panel__(self):
        return self.body

    def _lay_out(self) -> pn.Row:
        drag = pmui.RadioButtonGroup.from_param(
            self.state.param.drag,
            label="Dragging",
            description="",
            size="small",
            variant="outlined",
            margin=0,
            sx=theme.SMALL_TABS_SX,
        )
        projection = pmui.Select.from_param(
            self.state.param.projection, label="Projection", description="", size="small", variant="standard", width=90,
            margin=0, sx=theme.MAP_SELECT_SX,
        )  # fmt: skip
        legend = pn.pane.HTML(LEGEND, margin=0, stylesheets=[theme.NOTE_CSS], align="center")
        head = pn.Row(
            projection,
            legend,
            pn.Spacer(sizing_mode="stretch_width"),
            drag,
            in_view_button(self.map.canvas),
            margin=0,
            styles={"width": "100%"},
            stylesheets=[theme.WRAP],
        )
        left = pn.Column(head, self.map, self.redshifts, margin=0, styles={"flex": "none", "width": SIDE, "gap": "4px"},
                         stylesheets=[theme.PILE])  # fmt: skip
        right = pn.Column(
            self.search, self.ranking, margin=0,
            styles={"flex": "1", "min-width": "0", "height": "100%", "gap": "10px"}, stylesheets=[theme.PILE],
        )  # fmt: skip
        return pn.Row(
            left, right, self.keys, margin=0, sizing_mode="stretch_both", stylesheets=[theme.PILED],
            styles={"gap": "14px", "height": "100%", "padding": "6px 12px 8px 12px"},
        )  # fmt: skip

    def _look(self, *events) -> None:
        """Bring the page up to date, if it is in front."""
        if TITLE in self.state.param.page.objects and self.state.page != TITLE:
            return
        text = "" if self.state.positions is not None else whats_next(self.state)
        self.text.object = text
        if not text:
            for part in (self.ranking, self.search, self.redshifts, self.map):
                part.show()
        wanted = self.text if text else self._page
        if self.body.objects != [wanted]:
            self.body.objects = [wanted]

    def _key(self, key: str) -> None:
        if key in DRAG_KEYS:
            self.state.drag = DRAG_KEYS[key]
        elif key in STEP_KEYS:
            self.ranking.gallery.walk(STEP_KEYS[key])
        elif key in DIGITS:
            score_by_key(self.state.desk, key)
        elif key == "Escape":
            self.state.select([])
