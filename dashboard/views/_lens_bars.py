"""What the latents of both runs know of the lens parameters."""

import math
from html import escape

import panel as pn

from dashboard import theme
from dashboard.lens_bars import METRICS, RUN_COLORS, bars_chart, show_bars
from dashboard.lens_parameters import known_parameters
from dashboard.lens_sides import Sides
from photoz_core.errors import PhotozError
from photoz_core.run import Run


class Bars(pn.viewable.Viewer):
    """R² of each parameter by nearest neighbours and by a linear probe, a bar a run."""

    def __init__(self, sides: Sides, **params):
        super().__init__(**params)
        self.sides = sides
        self._shown: tuple = ()
        self.charts = {metric: bars_chart(metric) for metric in METRICS}
        panes = [pn.pane.Bokeh(chart.figure, sizing_mode="stretch_width", margin=0) for chart in self.charts.values()]
        self._panes = dict(zip(METRICS, panes, strict=True))
        text = {"margin": 0, "sizing_mode": "stretch_width", "stylesheets": [theme.CARD_CSS]}
        self.note = pn.pane.HTML(**text)
        row = pn.Row(*panes, margin=0, sizing_mode="stretch_width", styles={"gap": "6px"}, stylesheets=[theme.PILE])
        self._layout = pn.Column(row, self.note, margin=0, sizing_mode="stretch_width")

    def __panel__(self):
        return self._layout

    def show(self) -> None:
        """Draw the numbers of the runs in front."""
        runs = self.sides.runs
        names = known_parameters(self.sides.state.data)
        wanted = (tuple(run.id for run in runs), tuple(names))
        if wanted == self._shown:
            return
        self._shown = wanted
        labels = [self.sides.state.column(name).label or name for name in names]
        found = {metric: [_values(run, metric, names) for run in runs] for metric in METRICS}
        for metric, chart in self.charts.items():
            show_bars(chart, labels, found[metric])
            self._panes[metric].visible = any(math.isfinite(value) for row in found[metric] for value in row)
        lacking = [run for run, row in zip(runs, found["linear_r2"], strict=True) if not any(map(math.isfinite, row))]
        self.note.object = _note(runs, lacking)


def _values(run: Run, metric: str, names: list[str]) -> list[float]:
    """A metric of each parameter; NaN where the run has none."""
    try:
        found = run.metrics.get(metric) or {}
    except PhotozError:
        found = {}
    return [float("nan") if found.get(name) is None else float(found[name]) for name in names]


def _note(runs: list[Run], lacking: list[Run]) -> str:
    if not runs:
        return ""
    try:
        counts = runs[0].metrics["counts"]
        where = f"the test split ({counts['test']:,} lenses)"
        all_of = f"all {counts['train']:,} training labels"
    except (PhotozError, KeyError):
        where, all_of = "the test split", "all training labels"
    names = {run.id: _name(run, color) for run, color in zip(runs, RUN_COLORS, strict=False)}
    text = (
        f"{', '.join(names.values())}: R² on {where}; neighbours and probes see {all_of}, whatever the run itself saw."
    )
    if lacking:
        text += f"<br>{', '.join(names[run.id] for run in lacking)}: train again for linear probes."
    return f"<p>{text}</p>"


def _name(run: Run, color: str) -> str:
    return f"<b><i style='color: {color}'>■</i> {escape(run.name.partition(' · ')[0])}</b>"
