"""Bars of what the latents of two runs know of each lens parameter."""

import math

import numpy as np
from bokeh.models import FixedTicker, Span

from dashboard.chart import INK, Chart, blank, sources
from dashboard.train_figures import COLORS

RUN_COLORS = COLORS[:2]  # of the upper and of the lower run
FLOOR, CEILING = -0.2, 1.0  # of the axis; a worse R² is drawn at the floor
ROOM = 0.26  # for the number beside a bar that reaches 1
LINE = 27  # px of a parameter
HEADROOM = 44  # px of title and axis
METRICS = {"knn_r2": "kNN R²", "linear_r2": "linear probe R²"}


def bars_chart(metric: str) -> Chart:
    """Horizontal bars, two a parameter, and their numbers."""
    parts = sources(bars="y value color", numbers="x y text")
    plot = blank("", "", tools="", toolbar_location=None, sizing_mode="stretch_width", title=METRICS[metric])
    plot.x_range.update(start=FLOOR, end=CEILING + ROOM)
    plot.xaxis.ticker = FixedTicker(ticks=[0, 0.5, 1])
    plot.ygrid.grid_line_color = None
    plot.yaxis.major_tick_line_color = None
    plot.title.text_font_size = "12px"
    plot.hbar("y", right="value", left=0, height=0.36, color="color", source=parts["bars"])
    plot.text("x", "y", "text", source=parts["numbers"], text_font_size="10px", text_baseline="middle",
              text_color=INK, x_offset=3)  # fmt: skip
    plot.add_layout(Span(location=0, dimension="height", line_color=INK, line_width=1))
    return Chart(plot, parts)


def show_bars(chart: Chart, labels: list[str], values: list[list[float]]) -> None:
    """Draw R² of each run and parameter.

    Parameters
    ----------
    labels : (P,) list of str
        Parameters, from the top.
    values : (R, P)
        Of R ≤ 2 runs; NaN where unknown.
    """
    table = np.array(values, float).reshape(len(values), len(labels))
    bars = {"y": [], "value": [], "color": []}
    numbers = {"x": [], "y": [], "text": []}
    for run, row in enumerate(table):
        for i, value in enumerate(row):
            y = len(labels) - i + (0.2 if run == 0 else -0.2)
            end = min(max(value, FLOOR), CEILING) if math.isfinite(value) else 0.0
            bars["y"].append(y), bars["value"].append(end), bars["color"].append(RUN_COLORS[run])
            numbers["x"].append(max(end, 0.0)), numbers["y"].append(y)
            numbers["text"].append(f"{value:z.2f}".replace("-", "−") if math.isfinite(value) else "–")
    ticks = [len(labels) - i for i in range(len(labels))]
    chart.figure.yaxis.ticker = FixedTicker(ticks=ticks)
    chart.figure.yaxis.major_label_overrides = dict(zip(ticks, labels, strict=True))
    chart.figure.height = HEADROOM + LINE * len(labels)
    chart.set_limits(y=(0.4, len(labels) + 0.6))
    chart.show(bars=bars, numbers=numbers)
