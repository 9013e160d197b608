"""Sky: the objects where they are on the sky, beside where the latents put them."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.keys import Keys
from dashboard.markdown import Markdown
from dashboard.parts import join
from dashboard.sky_choices import Sky, has_positions
from dashboard.state import State
from dashboard.views._canvas import Canvas
from dashboard.views._maps import Maps
from dashboard.views._sky_aladin import AladinPane
from dashboard.views._sky_map import SkyMap
from dashboard.views.explore import DRAG_KEYS, whats_next
from photoz_core.dataset import Dataset

TITLE, ORDER = "Sky", 27
FOLLOWED = (
    "data", "current", "positions", "table", "selected", "focus_row", "clip", "colormap", "drag", "page", "problem",
    "revision", "reviewed",
)  # fmt: skip
SIDE = "var(--pz-sky-map)"
FIELD = "on its tangent plane"
ALL = "in Mollweide's projection"


class View(pn.viewable.Viewer):
    """The Sky page.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.sky = state, Sky(state)
        self.map = SkyMap(self.sky, SIDE)
        self.latent = Maps(state, Canvas(state), 1, 1, SIDE, choices=self.sky)
        self.aladin = AladinPane(self.sky, SIDE)
        self.keys = Keys(self._key, lambda: [self.map.canvas, self.latent.canvas], width=0, height=0, margin=0)
        self.note = pn.pane.HTML(margin=0, stylesheets=[theme.NOTE_CSS])
        self.text = Markdown(margin=(30, 60, 0, 60), max_width=760, stylesheets=[theme.TEXT_CSS])
        self.body = pn.Column(sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
        self._page = self._lay_out()
        state.param.watch(self._look, list(FOLLOWED))
        self._look()
        join(state, TITLE, self.sky, "field", "columns")

    def __panel__(self):
        return self.body

    def _lay_out(self) -> pn.Column:
        field = {"size": "small", "margin": 0, "description": "", "sx": theme.FIELD_SX}
        tabs = {"label": "Dragging", "description": "", "size": "small", "variant": "outlined", "margin": 0}
        state = self.state.param
        self.field = pmui.Select.from_param(self.sky.param.field, label="Field", width=170, **field)
        head = pn.Row(
            self.field,
            pmui.Select.from_param(state.projection, label="Map", width=96, **field),
            pmui.Select.from_param(state.colormap, label="Colormap", width=96, **field),
            pmui.RangeSlider.from_param(state.clip, label="Limits [percentile]", step=0.5, width=150, **field),
            pmui.RadioButtonGroup.from_param(state.drag, sx=theme.SMALL_TABS_SX, **tabs),
            self.aladin,
            margin=(4, 0, 0, 0),
            styles={"gap": "8px 14px", "width": "100%", "align-items": "center", "flex-wrap": "wrap", "flex": "none"},
        )
        maps = pn.Row(
            self.map, self.latent, self.aladin.frame, margin=0, stylesheets=[theme.PILE],
            styles={"gap": "12px", "flex-wrap": "wrap", "width": "100%", "flex": "none"},
        )  # fmt: skip
        return pn.Column(
            head, maps, self.note, self.keys, margin=0, stylesheets=[theme.FIT],
            styles={
                "height": "100%", "width": "100%", "overflow": "hidden auto", "gap": "6px",
                "padding": "4px 12px 8px 12px",
            },
        )  # fmt: skip

    def _look(self, *events) -> None:
        """Bring the page up to date, if it is in front."""
        if TITLE in self.state.param.page.objects and self.state.page != TITLE:
            return
        if self.state.positions is not None and not has_positions(self.state.data):
            return  # another dataset: the page is about to go
        self.sky.follow()
        text = self._problem()
        self.text.object = text
        if not text:
            self.note.object = self._words()
            self.field.visible = len(self.sky.param.field.objects) > 1
            self.map.draw()
            self.latent.update()
        wanted = self.text if text else self._page
        if self.body.objects != [wanted]:
            self.body.objects = [wanted]

    def _problem(self) -> str:
        if self.state.positions is None:
            return whats_next(self.state)
        return f"### No sky to show\n{self.sky.problem}" if self.sky.problem else ""

    def _words(self) -> str:
        """What the left map is, as HTML."""
        sky = self.sky
        if sky.plane is None:
            return ""
        lost = f"; {sky.unknown:,} without a position" if sky.unknown else ""
        return f"<p>Left: the sky {FIELD if sky.plane.is_field else ALL}, east to the left [deg]{lost}.</p>"

    def _key(self, key: str) -> None:
        if key in DRAG_KEYS:
            self.state.drag = DRAG_KEYS[key]
        elif key == "Escape":
            self.state.select([])


def applies(dataset: Dataset | None) -> bool:
    """Only what has right ascension and declination."""
    return has_positions(dataset)
