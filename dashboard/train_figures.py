"""The diagrams of the Train page: figures built once, and functions that turn numbers into what they draw."""

import itertools
from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, TapTool

from dashboard.chart import Chart, blank, sources
from dashboard.efficiency import Point

SLOTS = 6  # loss terms that can be drawn at once
COLORS = ("#1f94cf", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#8a7fd6", "#56b4e9", "#b0a030")  # after Okabe & Ito
MARKS = 3  # glyphs a term: training line, validation line and dots
LOG_WORTH = 20.0  # a loss that falls by this factor is better seen on a log axis


def loss_charts() -> dict[str, Chart]:
    """Loss of each term against the epoch, on a linear and on a log axis; both draw the same source."""
    columns = [f"{part}{slot}" for slot in range(SLOTS) for part in ("train", "valid")]
    parts = sources(curves=" ".join(["epoch", *columns]))
    return {scale: Chart(_loss_figure(parts["curves"], scale), parts) for scale in ("linear", "log")}


def loss_terms(history: pd.DataFrame) -> list[str]:
    """Names of the loss terms in a history, in its order."""
    names = [name.partition("_") for name in history]
    return list(dict.fromkeys(term for part, _, term in names if part in ("train", "valid")))[:SLOTS]


def show_losses(charts: dict[str, Chart], history: pd.DataFrame, epochs: int, fresh: bool) -> None:
    """Draw a history of a training of so many `epochs`; unless `fresh`, only the rows that are new are sent."""
    terms = loss_terms(history)
    source = charts["linear"].sources["curves"]
    columns = loss_columns(history, terms)
    drawn = len(source.data["epoch"])
    if not fresh and 0 < drawn <= len(history) and columns["epoch"][drawn - 1] == source.data["epoch"][-1]:
        if drawn < len(history):
            source.stream({name: values[drawn:] for name, values in columns.items()})
    else:
        source.data = columns
    values = history[[name for name in history if name.startswith(("train_", "valid_"))]].to_numpy(float)
    for scale, chart in charts.items():
        chart.set_limits((0, max(epochs, len(history), 1) + 0.5), padded(values, log=scale == "log"))
        for i, renderer in enumerate(chart.figure.renderers):
            renderer.visible = i // MARKS < len(terms)


def padded(values: np.ndarray, log: bool = False) -> tuple[float, float]:
    """The finite (for a log axis: positive) extent of values with a margin; never empty."""
    good = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not good.size:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(good.min()), float(good.max())
    if log:
        margin = max((high / low) ** 0.05, 1.1)
        return low / margin, high * margin
    margin = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def loss_columns(history: pd.DataFrame, terms: Sequence[str]) -> dict[str, list[float]]:
    """Columns of the losses' source: ``epoch`` from 1, ``train0``, ``valid0``, …; NaN where a term is missing."""
    columns = {"epoch": [int(epoch) + 1 for epoch in history["epoch"]]}
    for slot, part in itertools.product(range(SLOTS), ("train", "valid")):
        name = f"{part}_{terms[slot]}" if slot < len(terms) else ""
        columns[f"{part}{slot}"] = history[name].tolist() if name in history else [float("nan")] * len(history)
    return columns


def log_is_useful(history: pd.DataFrame) -> bool:
    """Whether all losses are positive and the validation loss of some term falls far."""
    values = history[[name for name in history if name.startswith("valid_")]]
    positive = (history[[name for name in history if name.startswith("train_")]] > 0).all().all()
    lows, highs = values.min(), values.max()
    return bool(len(values) and positive and (lows > 0).all() and (highs / lows > LOG_WORTH).any())


def efficiency_chart() -> Chart:
    """A metric against the number of labels: a line a method, error bars, every run a point to click."""
    parts = sources(lines="xs ys color", means="x y low high color method", runs="x y color method name run value")
    plot = blank("training labels", "", x_axis_type="log", tools="reset,save")
    plot.xaxis.formatter = NumeralTickFormatter(format="0,0")
    plot.multi_line("xs", "ys", source=parts["lines"], line_color="color", line_width=1.8)
    plot.segment("x", "low", "x", "high", source=parts["means"], line_color="color", line_width=1.4)
    plot.scatter("x", "y", source=parts["means"], color="color", size=6)
    clicked = plot.scatter("x", "y", source=parts["runs"], color="color", size=9, fill_alpha=0.25, line_alpha=0.6)
    clicked.nonselection_glyph = clicked.selection_glyph = None
    hover = HoverTool(renderers=[clicked], tooltips="@name<br>@x{0,0} labels: @value")
    plot.add_tools(hover, TapTool(renderers=[clicked]))
    return Chart(plot, parts)


def method_colors(joined: list[Point]) -> dict[str, str]:
    """A color for each method, in order of their names."""
    return dict(zip(dict.fromkeys(point.method for point in joined), itertools.cycle(COLORS), strict=False))


def show_efficiency(
    chart: Chart, singles: list[Point], joined: list[Point], names: dict[str, str], metric: str
) -> None:
    """Draw points of runs and their means; `names` are those of the runs by id."""
    color = method_colors(joined)
    of = {method: [point for point in joined if point.method == method] for method in color}
    chart.figure.yaxis.axis_label = metric
    ends = [point.value + sign * point.error for point in joined for sign in (-1, 1)]
    values = np.array([*ends, *(point.value for point in singles)])
    labels = padded(np.array([point.labels for point in joined], float), log=True)
    chart.set_limits((labels[0] / 1.4, labels[1] * 1.4), padded(values))
    chart.show(
        lines={
            "xs": [[point.labels for point in of[method]] for method in color],
            "ys": [[point.value for point in of[method]] for method in color],
            "color": list(color.values()),
        },
        means={
            "x": [point.labels for point in joined],
            "y": [point.value for point in joined],
            "low": [point.value - point.error for point in joined],
            "high": [point.value + point.error for point in joined],
            "color": [color[point.method] for point in joined],
            "method": [point.method for point in joined],
        },
        runs={
            "x": [point.labels for point in singles],
            "y": [point.value for point in singles],
            "color": [color[point.method] for point in singles],
            "method": [point.method for point in singles],
            "name": [names[point.runs[0]] for point in singles],
            "run": [point.runs[0] for point in singles],
            "value": [f"{metric} {point.value:.4g}" for point in singles],
        },
    )


def legend(colors: dict[str, str]) -> str:
    """Names in a line of HTML, a dot of its color before each."""
    return " ".join(
        f'<span style="white-space: nowrap"><span style="color: {color}">●</span> {escape(name)}</span>'
        for name, color in colors.items()
    )


def _loss_figure(source: ColumnDataSource, scale: str):
    plot = blank("epoch", "loss", y_axis_type=scale)
    for slot in range(SLOTS):
        style = {"source": source, "color": COLORS[slot], "visible": False}
        plot.line("epoch", f"train{slot}", line_width=1.2, line_alpha=0.55, **style)
        plot.line("epoch", f"valid{slot}", line_width=1.8, **style)
        plot.scatter("epoch", f"valid{slot}", size=3, **style)
    return plot
