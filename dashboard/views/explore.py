"""Explore: the latent space as a mosaic of cutouts and six maps, with the selection and one object below."""

import panel as pn

from dashboard import cache, theme
from dashboard.job_list import JobList, job_row
from dashboard.keys import Keys
from dashboard.markdown import Markdown
from dashboard.pointer import Pointer
from dashboard.review_acts import DIGITS, score_by_key
from dashboard.state import State
from dashboard.views._canvas import Canvas
from dashboard.views._card import Card
from dashboard.views._controls import controls
from dashboard.views._gallery import Gallery
from dashboard.views._maps import Maps
from dashboard.views._mosaic import Mosaic
from dashboard.views._out import Out

TITLE, ORDER = "Explore", 10
DRAG_KEYS = {"b": "box", "l": "lasso", "p": "pan"}
STACKED = theme.on_phone(
    "flex: none !important; flex-direction: column; width: calc(100vw - 24px) !important; height: auto !important;"
    "min-width: 0 !important"
)
STEP_KEYS = {"ArrowLeft": -1, "ArrowRight": 1}


class View(pn.viewable.Viewer):
    """The Explore page; says what to do next while there is nothing to explore."""

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self.canvas = Canvas(state)
        self.maps, self.mosaic = Maps(state, self.canvas), Mosaic(state, self.canvas)
        self.pointer = Pointer(state, [cell.plot for cell in self.maps.cells], (self.mosaic.plot,))
        self.out = Out(state, self.canvas, self.mosaic)
        self.gallery, self.card = Gallery(state, self.canvas, tools=[self.out]), Card(state)
        self.keys = Keys(self._key, lambda: [self.canvas], width=0, height=0, margin=0)
        self.body = pn.Column(sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
        self.text = Markdown(margin=(30, 60, 0, 60), max_width=760, stylesheets=[theme.TEXT_CSS])
        self.jobs = JobList(lambda action, run: None, sizing_mode="stretch_width", max_width=760, margin=(0, 60))
        state.param.watch(self._choose_body, ["positions", "problem", "revision"])
        self._choose_body()

    def __panel__(self):
        return self.body

    def _choose_body(self, *events) -> None:
        """The maps, or, while there is none, what to do and how far the trainings are."""
        if self.state.positions is None:
            self.text.object = whats_next(self.state)
            active = [run for run, status in cache.runs(self.state.home) if status in ("running", "queued")]
            self.jobs.rows = [job_row(run) | {"actions": []} for run in active]
            if self.text not in self.body.objects:
                self.body.objects = [self.text, self.jobs]
        elif self.keys not in self.body.objects:
            self.body.objects = [self._page(), self.keys]

    def _page(self) -> pn.Row:
        top = pn.Row(self.mosaic, self.maps, margin=0, styles=theme.GAP | {"width": "100%"})
        below = pn.Row(
            pn.Column(
                self.gallery,
                margin=0,
                stylesheets=[theme.on_phone("height: 250px !important; flex: none !important")],
                styles={"flex": "1 1 40%", "min-width": "0", "height": "100%"},
            ),
            pn.Column(
                self.card,
                margin=0,
                stylesheets=[STACKED],
                styles={"flex": "1 1 60%", "min-width": "0", "height": "100%"},
            ),
            margin=0,
            stylesheets=[STACKED],
            styles={**theme.GAP, "width": "100%", "flex": "1 1 0", "min-height": "0"},
        )
        right = pn.Column(
            top,
            below,
            margin=0,
            stylesheets=[STACKED],
            styles={**theme.GAP, "flex": "1", "min-width": "0", "height": "100%", "padding-right": "10px"},
        )
        return pn.Row(
            controls(self.state), right, margin=0, sizing_mode="stretch_both", styles={"height": "100%"},
            stylesheets=[theme.PILED, theme.on_phone("padding: 8px 2px 24px 12px")],
        )  # fmt: skip

    def _key(self, key: str) -> None:
        if key in DRAG_KEYS:
            self.state.drag = DRAG_KEYS[key]
        elif key in STEP_KEYS:
            self.gallery.walk(STEP_KEYS[key])
        elif key in DIGITS:
            score_by_key(self.state.desk, key)
        elif key == "Escape":
            self.state.select([])


def whats_next(state: State) -> str:
    """What a person can do when there is no map to show, as Markdown."""
    if state.problem:
        return f"### This run cannot be shown\n{state.problem}"
    if not state.dataset:
        return (
            f"### No dataset yet\nNothing is in `{state.home.datasets}`. Make a mock survey with "
            "`photoz data simulate candels-mock`, import a catalog with `photoz data import NAME --catalog FILE`, "
            "or run `photoz demo` to see everything at work. It appears here by itself."
        )
    waiting = sum(state.jobs.get(name, 0) for name in ("running", "queued"))
    if waiting:
        return f"### Training on its way\nThe first map of {state.dataset} appears here by itself when its run is done."
    return (
        f"### No finished run on {state.dataset} yet\nStart a training on the **Train** page, or with "
        "`photoz train RECIPE`; its map appears here by itself as soon as it is done."
    )
