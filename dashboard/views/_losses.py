"""Loss curves of one run, live."""

from html import escape

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import train_figures as figures
from dashboard.theme import HIDDEN_TITLE_SX
from photoz_core.run import Run

EMPTY = "Start a training, or choose one above, to see its losses."


class Losses(pn.viewable.Viewer):
    """Training and validation loss of each term against the epoch; new epochs are streamed."""

    scale = param.Selector(default="auto", objects=["auto", "linear", "log"], doc="Of the loss axis.")

    def __init__(self, **params):
        super().__init__(**params)
        self._shown = ""  # id of the run that is drawn
        self._worth_log = False
        self._charts = figures.loss_charts()
        full = {"sizing_mode": "stretch_both", "margin": 2}
        self._panes = {
            scale: pn.Column(pn.pane.Bokeh(chart.figure, **full), visible=scale == "linear", **full)
            for scale, chart in self._charts.items()
        }
        self._title = pn.pane.HTML(EMPTY, styles={"font-size": "12.5px"}, sizing_mode="stretch_width", margin=(4, 8))
        control = pmui.RadioButtonGroup.from_param(
            self.param.scale,
            size="small",
            label="Scale of the losses",
            description="",
            margin=(0, 4),
            sx=HIDDEN_TITLE_SX,
        )
        self._layout = pn.Column(
            pn.Row(self._title, control, sizing_mode="stretch_width", styles={"align-items": "center"}),
            *self._panes.values(),
            sizing_mode="stretch_both",
        )

    def __panel__(self):
        return self._layout

    def show(self, run: Run | None) -> None:
        """Draw the history of `run` as far as it goes; cheap when it is drawn already."""
        if run is None:
            return
        history, fresh = run.history(), run.id != self._shown
        self._shown = run.id
        epochs = run.recipe.fit.get("epochs", 0)
        figures.show_losses(self._charts, history, epochs, fresh)
        self._worth_log = figures.log_is_useful(history)
        colors = dict(zip(figures.loss_terms(history), figures.COLORS, strict=False))
        said = f"{figures.legend(colors)} · thin: training" if colors else "no epoch yet"
        name = run.name.replace(f" · {run.recipe.dataset}", "")
        self._title.object = f"<b>{escape(name)}</b> · {said}"
        self._choose_scale()

    @param.depends("scale", watch=True)
    def _choose_scale(self) -> None:
        wanted = ("log" if self._worth_log else "linear") if self.scale == "auto" else self.scale
        for scale, pane in self._panes.items():
            pane.visible = scale == wanted
