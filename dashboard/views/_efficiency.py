"""The label-efficiency curve of the dataset, from all its finished runs."""

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import cache, efficiency
from dashboard import train_figures as figures
from dashboard.state import State

TITLE = "<b>Label efficiency</b> · test split"
EMPTY = "**Label efficiency** appears here: train one method at two or more label fractions."


class Efficiency(pn.viewable.Viewer):
    """A metric against the number of training labels, a line a method; a click on a point opens that run."""

    metric = param.Selector(default="scatter", objects=efficiency.METRICS, doc="On the test split.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._drawn: tuple = ()
        self._chart = figures.efficiency_chart()
        full = {"sizing_mode": "stretch_both", "margin": 2}
        self._diagram = pn.Column(pn.pane.Bokeh(self._chart.figure, **full), **full)
        self._note = pn.pane.Markdown(EMPTY, margin=(0, 8), sizing_mode="stretch_width")
        control = pmui.Select.from_param(self.param.metric, size="small", label="", width=150, margin=(0, 4))
        style = {"styles": {"font-size": "12.5px"}, "margin": (4, 8), "sizing_mode": "stretch_width"}
        self._words = pn.pane.HTML(TITLE, **style)
        self._layout = pn.Column(
            pn.Row(self._words, control, sizing_mode="stretch_width", styles={"align-items": "center"}),
            self._note,
            self._diagram,
            sizing_mode="stretch_both",
        )
        self._chart.sources["runs"].selected.on_change("indices", self._open)
        self.show()

    def __panel__(self):
        return self._layout

    @param.depends("metric", watch=True)
    def show(self) -> None:
        """Draw the runs there are; cheap when none is new."""
        done = [run for run, found in cache.runs(self.state.home) if found == "done"]
        done = [run for run in done if run.recipe.dataset == self.state.dataset]
        key = (self.metric, tuple(run.id for run in done))
        if key == self._drawn:
            return
        self._drawn = key
        singles = efficiency.points(done, self.metric)
        label = next(label for label, metric in efficiency.METRICS.items() if metric == self.metric)
        joined = efficiency.means(singles)
        figures.show_efficiency(self._chart, singles, joined, {run.id: run.name for run in done}, label)
        self._words.object = f"{TITLE} {figures.legend(figures.method_colors(joined))}"
        self._note.visible, self._diagram.visible = not singles, bool(singles)

    def _open(self, attribute, old, indices: list[int]) -> None:
        """Open the run of the point that was clicked."""
        if indices:
            run = self._chart.sources["runs"].data["run"][indices[0]]
            self._chart.sources["runs"].selected.indices = []
            self.state.open_run(run)
