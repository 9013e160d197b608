"""Spectra: what a generator makes of a spectrum of which something is missing, and what it has to beat."""

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param

from dashboard import theme
from dashboard.defaults import offering
from dashboard.keys import Keys
from dashboard.markdown import Markdown
from dashboard.parts import join
from dashboard.spectra_choices import MEASURED, TRUTH, Choices
from dashboard.spectra_objects import has_spectra, whats_next
from dashboard.state import State
from dashboard.views._canvas import Canvas
from dashboard.views._maps import Maps
from dashboard.views._spectra_boxes import BoxesPane
from dashboard.views._spectra_controls import controls
from dashboard.views._spectra_plot import SpectrumPane

TITLE, ORDER = "Spectra", 45
SIDE = 244  # px of the map and of what is below it
REST = f"calc(100vw - {SIDE + 14 + 24}px)"
CHOICES = ("kind", "low", "high", "share", "factor", "noise", "seed", "how", "lam", "band", "against", "shown")
STEP_KEYS = {"ArrowLeft": -1, "ArrowRight": 1}
DRAG_KEYS = {"b": "box", "l": "lasso", "p": "pan"}
OFFERED = 5000  # objects, at most, whose names the select offers; others are typed


def applies(dataset) -> bool:
    """Whether the dataset has spectra."""
    return has_spectra(dataset)


class View(pn.viewable.Viewer):
    """The Spectra page.

    Parameters
    ----------
    state : State
    """

    name_typed = param.String(default="", doc="Object id in the select.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.choices = state, Choices()
        self.canvas = Canvas(state)
        self.maps = Maps(state, self.canvas, 1, 1, f"{SIDE}px")
        self.plot = SpectrumPane(state, self.choices)
        self.boxes = BoxesPane(state)
        self.keys = Keys(self._key, lambda: [self.canvas], width=0, height=0, margin=0)
        self.text = Markdown(margin=(30, 60, 0, 60), max_width=760, stylesheets=[theme.TEXT_CSS])
        self.hint = Markdown(margin=0, sizing_mode="stretch_width", stylesheets=[theme.TEXT_CSS])
        self.pick = pmui.AutocompleteInput.from_param(
            self.param.name_typed, label="Object", size="small", margin=0, width=150, options=[], restrict=False,
            min_characters=1, case_sensitive=False, description="", sx=theme.FIELD_SX,
        )  # fmt: skip
        self.body = pn.Column(sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
        self._page = self._lay_out()
        state.param.watch(self._look, ["data", "current", "revision", "focus_row", "page", "problem", "positions"])
        self._look()
        join(state, TITLE, self.choices, *CHOICES)

    def __panel__(self):
        return self.body

    def _lay_out(self) -> pn.Row:
        small = {"size": "small", "margin": 0, "icon_size": "18px", "align": "center"}
        steps = [
            pmui.IconButton(icon=icon, description=text, on_click=lambda event, by=by: self.walk(by), **small)
            for icon, text, by in (("chevron_left", "Previous (←)", -1), ("chevron_right", "Next (→)", 1))
        ]
        left = pn.Column(
            self.maps, pn.Row(self.pick, *steps, margin=(6, 0, 0, 0)), self.plot.scores, self.plot.note, self.hint,
            margin=0, styles={"flex": "none", "width": f"{SIDE}px", "gap": "6px"}, stylesheets=[theme.PILE],
        )  # fmt: skip
        right = pn.Column(
            controls(self.choices), self.plot, self.boxes,
            margin=0, styles={"flex": "none", "width": REST, "min-width": "0", "height": "100%", "gap": "4px"},
            stylesheets=[theme.PILE],
        )  # fmt: skip
        return pn.Row(
            left, right, self.keys, margin=0, sizing_mode="stretch_both", stylesheets=[theme.PILED],
            styles={"gap": "14px", "height": "100%", "padding": "4px 12px 8px 12px"},
        )  # fmt: skip

    def walk(self, step: int) -> None:
        """Focus the next (1) or previous (−1) spectrum: of the selection, or of all."""
        rows = np.flatnonzero(self.state.selected)
        rows = rows if len(rows) else np.arange(len(self.state.selected))
        if not len(rows):
            return
        here = np.searchsorted(rows, self.state.focus_row)
        there = here + step if here < len(rows) and rows[here] == self.state.focus_row else here - (step < 0)
        self.state.focus = str(self.state.data.object_id[rows[there % len(rows)]])

    def _look(self, *events) -> None:
        """Bring the page up to date, if it is in front."""
        if TITLE in self.state.param.page.objects and self.state.page != TITLE:
            return
        text = self._problem()
        self.text.object = text
        wanted = self.text if text else self._page
        if not text:
            self._show()
        if self.body.objects != [wanted]:
            self.body.objects = [wanted]

    def _show(self) -> None:
        state = self.state
        self.maps.visible = state.positions is not None
        self.hint.object = whats_next(state.home, state.dataset, state.current)
        self.hint.visible = bool(self.hint.object)
        self.pick.options = state.data.object_id[:OFFERED].tolist()
        self.name_typed = state.focus
        against = [MEASURED, TRUTH] if "spectrum_true" in state.data.meta.arrays else [MEASURED]
        with offering(self.choices, against={name: name for name in against}):
            self.choices.against = self.choices.against if self.choices.against in against else MEASURED
        self.plot.ask()
        self.boxes.show()

    def _problem(self) -> str:
        """Why there is nothing to show, as Markdown; empty where there is something."""
        state = self.state
        if state.data is None:
            text = "Make some: `photoz data simulate spectra-mock --survey spectra`."
            return f"### No spectra\n{state.problem or text}"
        if not has_spectra(state.data):
            return f"### {state.dataset} has no spectra\nChoose a dataset of spectra above."
        return ""

    @param.depends("name_typed", watch=True)
    def _pick(self) -> None:
        if len(self.state.rows([self.name_typed])):
            self.state.focus = self.name_typed

    def _key(self, key: str) -> None:
        if key in DRAG_KEYS:
            self.state.drag = DRAG_KEYS[key]
        elif key in STEP_KEYS:
            self.walk(STEP_KEYS[key])
        elif key == "Escape":
            self.state.select([])
