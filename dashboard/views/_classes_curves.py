"""Low-data curves: how well each scheme does with how many labels (Figure 5 of Martinazzo et al. 2020)."""

import math
from statistics import fmean

import panel as pn
import panel_material_ui as pmui

from dashboard import efficiency, theme
from dashboard import train_figures as figures
from dashboard.classes_choices import Choices
from dashboard.classes_looks import looks
from dashboard.classes_runs import METRICS, class_metric, judged, scheme_names
from dashboard.views._chart_keys import MarkKeys, run_marks

TITLE = "<b>Few labels</b> · dashed: frozen features · gray: majority class"
HEIGHT = 230  # px, at least


class Curves(pn.viewable.Viewer):
    """A metric against the number of training labels; a click on a point brings that run to the front."""

    def __init__(self, choices: Choices, **params):
        super().__init__(**params)
        self.choices = choices
        self.chart = figures.efficiency_chart()
        select = pmui.Select.from_param(
            choices.param.metric, label="Metric", description="", size="small", variant="standard", width=160,
            margin=(0, 0, 0, 8), sx=theme.QUIET_SELECT_SX | theme.FIELD_SX,
        )  # fmt: skip
        title = pn.pane.HTML(TITLE, margin=0, align="center", styles={"font-size": "13px"})
        full = {"sizing_mode": "stretch_both", "min_height": HEIGHT, "margin": 0}
        self._layout = pn.Column(
            pn.Row(title, select, margin=0, sizing_mode="stretch_width", styles={"flex-wrap": "wrap"}),
            pn.pane.Bokeh(self.chart.figure, **full),
            styles={"flex": "1 1 0"},
            **full,
        )
        self.chart.sources["runs"].selected.on_change("indices", self._open)
        bring = lambda run: choices.state.param.update(run=run)  # noqa: E731
        self.keyed = MarkKeys(self.chart, lambda: run_marks(self.chart, bring))
        choices.param.watch(self.show, "metric")

    def __panel__(self):
        return self._layout

    def show(self, *events) -> None:
        """Draw the runs there are."""
        runs, metric = self.choices.runs, self.choices.metric
        names = scheme_names(runs)
        singles = efficiency.points(runs, metric, class_metric, lambda run: names[run.id])
        joined, label = efficiency.means(singles), next(text for text, name in METRICS.items() if name == metric)
        self.keyed.clear()
        titles = {run.id: f"{names[run.id]} · seed {run.recipe.seed}" for run in runs}
        figures.show_efficiency(self.chart, singles, joined, titles, label, looks(names.values()), self._majority())

    def _majority(self) -> float:
        """Accuracy of always saying the commonest class; NaN where the curves show something else."""
        split, _, name = self.choices.metric.partition(".")
        found = [judged(run).get(split, {}).get("majority") for run in self.choices.runs]
        found = [share for share in found if share is not None]
        return fmean(found) if found and name == "accuracy" else math.nan

    def _open(self, attribute, old, indices: list[int]) -> None:
        """Bring the run of the point that was clicked to the front."""
        if indices:
            runs = self.chart.sources["runs"]
            run, runs.selected.indices = runs.data["run"][indices[0]], []
            self.choices.state.run = run
