"""The label-efficiency curve of the dataset, from all its finished runs."""

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import cache, efficiency
from dashboard import train_figures as figures
from dashboard.defaults import offering
from dashboard.markdown import Markdown
from dashboard.state import State
from dashboard.theme import FIELD_SX
from dashboard.views._chart_keys import MarkKeys, run_marks
from photoz_core.errors import PhotozError
from photoz_core.run import Run

TITLE = "<b>Label efficiency</b> · test split"
EMPTY = (
    "What labels buy appears here once a training that saw some is done. Choose **sweep** on the left: methods × "
    "numbers of labels × seeds give a curve each, with a band."
)


class Efficiency(pn.viewable.Viewer):
    """A metric against the number of training labels, a line a method; a click on a point opens that run."""

    metric = param.Selector(default="", objects={"metric": ""}, doc="Path in a run's metrics, of the test split.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._drawn: tuple = ()
        self._chart = figures.efficiency_chart()
        full = {"sizing_mode": "stretch_both", "margin": 2}
        self._diagram = pn.Column(pn.pane.Bokeh(self._chart.figure, **full), **full)
        self._note = Markdown(EMPTY, margin=(0, 8), sizing_mode="stretch_width")
        self._control = pmui.Select.from_param(
            self.param.metric, size="small", label="Metric", description="", width=170, margin=(0, 4), sx=FIELD_SX
        )
        style = {"styles": {"font-size": "12.5px"}, "margin": (4, 8), "sizing_mode": "stretch_width"}
        self._words = pn.pane.HTML(TITLE, **style)
        self._layout = pn.Column(
            pn.Row(self._words, self._control, sizing_mode="stretch_width", styles={"align-items": "center"}),
            self._note,
            self._diagram,
            sizing_mode="stretch_both",
        )
        self._chart.sources["runs"].selected.on_change("indices", self._open)
        self.keyed = MarkKeys(self._chart, lambda: run_marks(self._chart, self._take))
        self.show()

    def __panel__(self):
        return self._layout

    @param.depends("metric", watch=True)
    def show(self) -> None:
        """Draw the runs there are; cheap when none is new."""
        done = [run for run, found in cache.runs(self.state.home) if found == "done"]
        done = [run for run in done if run.recipe.dataset == self.state.dataset]
        key = (self.metric, self.state.dataset, tuple(run.id for run in done))
        if key == self._drawn:
            return
        offered = efficiency.metrics_of(done) or {"metric": ""}
        metric = self.metric if self.metric in offered.values() else next(iter(offered.values()))
        self._drawn = (metric, *key[1:])
        with offering(self, metric=offered):
            self.metric = metric
        self._draw(done, next(label for label, path in offered.items() if path == metric))

    def _draw(self, done: list[Run], label: str) -> None:
        singles = self._singles(done)
        joined, names = efficiency.means(singles), {run.id: run.name for run in done}
        if singles:
            figures.show_efficiency(self._chart, singles, joined, names, label)
        self.keyed.clear()
        self._words.object = f"{TITLE} {figures.legend(figures.method_colors(singles))}"
        self._note.visible, self._diagram.visible, self._control.visible = not singles, bool(singles), bool(singles)

    def _singles(self, done: list[Run]) -> list[efficiency.Point]:
        name = efficiency.line_names(self.state.home)
        return efficiency.points(done, self.metric, name=name) if self.metric else []

    def _open(self, attribute, old, indices: list[int]) -> None:
        """Open the run of the point that was clicked."""
        if indices:
            run = self._chart.sources["runs"].data["run"][indices[0]]
            self._chart.sources["runs"].selected.indices = []
            self._take(run)

    def _take(self, run: str) -> None:
        try:
            self.state.open_run(run)
        except PhotozError as error:  # deleted since it was drawn
            self.state.desk.notice = str(error)
