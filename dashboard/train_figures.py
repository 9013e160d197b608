"""The diagrams of the Train page: figures built once, and functions that turn numbers into what they draw."""

import itertools
import math
from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, NumeralTickFormatter, TapTool

from dashboard.chart import INK, Chart, blank, sources
from dashboard.efficiency import Point

SLOTS = 6  # loss terms that can be drawn at once
COLORS = ("#1f94cf", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#8a7fd6", "#56b4e9", "#b0a030")  # after Okabe & Ito
POINT_TIP = """<div style="max-width: 320px"><b>@method</b><br>@x{0,0} labels: @value<br>@joined<br>
<span style="opacity: .7">@name</span></div>"""
NAME = (
    "display: inline-block; max-width: 300px; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; "
    "white-space: nowrap"
)
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
    """A metric against the number of labels: a line a method, a band over seeds, every run a point to click.

    A band is ± the standard deviation, as in Figure 7 of PITA; where there is one seed, a bar is the run's own error.
    """
    parts = sources(
        lines="xs ys color dash",
        bands="xs edges color",
        means="x y low high color method",
        runs="x y color method name run value joined",
        reference="y",
    )
    plot = blank("training labels", "", x_axis_type="log", tools="reset,save")
    plot.xaxis.formatter = NumeralTickFormatter(format="0,0")
    plot.hspan("y", source=parts["reference"], line_color=INK, line_width=1.2)
    plot.patches("xs", "edges", source=parts["bands"], fill_color="color", fill_alpha=0.16, line_color=None)
    plot.segment("x", "low", "x", "high", source=parts["means"], line_color="color", line_width=1, line_alpha=0.6)
    plot.multi_line("xs", "ys", source=parts["lines"], line_color="color", line_dash="dash", line_width=1.8)
    plot.scatter("x", "y", source=parts["means"], color="color", size=6)
    clicked = plot.scatter("x", "y", source=parts["runs"], color="color", size=9, fill_alpha=0.25, line_alpha=0.6)
    clicked.nonselection_glyph = clicked.selection_glyph = None
    hover = HoverTool(renderers=[clicked], tooltips=POINT_TIP)
    plot.add_tools(hover, TapTool(renderers=[clicked]))
    return Chart(plot, parts)


def method_colors(singles: list[Point]) -> dict[str, str]:
    """A color for each method, in the order in which they come: of the oldest run, so that a new one takes no color."""
    return dict(zip(dict.fromkeys(point.method for point in singles), itertools.cycle(COLORS), strict=False))


def show_efficiency(
    chart: Chart,
    singles: list[Point],
    joined: list[Point],
    names: dict[str, str],
    metric: str,
    looks: dict[str, tuple[str, str]] | None = None,
    reference: float = math.nan,
) -> None:
    """Draw points of runs and their means.

    Parameters
    ----------
    names : dict
        Names of the runs by id.
    metric : str
        Label of the axis.
    looks : dict
        Color and dash (``solid``, ``dashed``) by method; `method_colors`, solid, if not given.
    reference : float
        A value to draw a gray line at; NaN for none.
    """
    looks = looks or {method: (color, "solid") for method, color in method_colors(singles).items()}
    chart.figure.yaxis.axis_label = metric
    ends = [point.value + sign * point.error for point in joined for sign in (-1, 1)]
    values = np.array([*ends, *(point.value for point in singles), reference])
    labels = padded(np.array([point.labels for point in joined], float), log=True)
    extent = (labels[0] / 1.4, labels[1] * 1.4)
    chart.set_limits(extent, padded(values))
    ticks = round_numbers(*extent)
    chart.figure.xaxis.ticker = FixedTicker(ticks=ticks if len(ticks) > 1 else sorted({p.labels for p in joined}))
    chart.show(
        **_lines(joined, looks),
        **_dots(singles, joined, names, metric, {method: look[0] for method, look in looks.items()}),
        reference={"y": [reference] if math.isfinite(reference) else []},
    )


def legend(colors: dict[str, str]) -> str:
    """Names in a line of HTML, a dot of its color before each; a long one is cut and read in full when pointed at."""
    return " ".join(
        f'<span style="{NAME}" title="{escape(name)}"><span style="color: {color}">●</span> {escape(name)}</span>'
        for name, color in colors.items()
    )


def round_numbers(low: float, high: float) -> list[int]:
    """Those of 1, 2, 5, 10, 20, … from `low` to `high`."""
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [step * 10**ten for ten in tens if ten >= 0 for step in (1, 2, 5) if low <= step * 10**ten <= high]


def _lines(joined: list[Point], looks: dict[str, tuple[str, str]]) -> dict[str, dict]:
    """Data of the lines, and of the bands of ± the error about them."""
    of = {method: [point for point in joined if point.method == method] for method in looks}
    xs = [[point.labels for point in line] for line in of.values()]
    ys = [[point.value for point in line] for line in of.values()]
    errors = [[point.error if len(point.runs) > 1 else 0.0 for point in line] for line in of.values()]
    low, high = (
        [[y + sign * error for y, error in zip(*line, strict=True)] for line in zip(ys, errors, strict=True)]
        for sign in (-1, 1)
    )
    colors, dashes = zip(*looks.values(), strict=True) if looks else ((), ())
    return {
        "lines": {"xs": xs, "ys": ys, "color": list(colors), "dash": list(dashes)},
        "bands": {
            "xs": [x + x[::-1] for x in xs],
            "edges": [up + down[::-1] for up, down in zip(high, low, strict=True)],
            "color": list(colors),
        },
    }


def _dots(
    singles: list[Point], joined: list[Point], names: dict[str, str], metric: str, color: dict[str, str]
) -> dict[str, dict]:
    """Data of the means with their errors, and of the runs."""
    mean_of = {run: _mean_text(point) for point in joined for run in point.runs}
    return {
        "means": {
            "x": [point.labels for point in joined],
            "y": [point.value for point in joined],
            "low": [point.value - point.error if len(point.runs) == 1 else math.nan for point in joined],
            "high": [point.value + point.error if len(point.runs) == 1 else math.nan for point in joined],
            "color": [color[point.method] for point in joined],
            "method": [point.method for point in joined],
        },
        "runs": {
            "x": [point.labels for point in singles],
            "y": [point.value for point in singles],
            "color": [color[point.method] for point in singles],
            "method": [point.method for point in singles],
            "name": [names[point.runs[0]] for point in singles],
            "run": [point.runs[0] for point in singles],
            "value": [f"{metric} {point.value:.4g}{_error_text(point)}" for point in singles],
            "joined": [mean_of.get(run, "") for point in singles for run in point.runs],
        },
    }


def _error_text(point: Point) -> str:
    return "" if math.isnan(point.error) else f" ± {point.error:.2g}"


def _mean_text(point: Point) -> str:
    """What a point says of the mean over seeds that it is part of; nothing of a single run."""
    if len(point.runs) < 2:
        return ""
    return f"mean {point.value:.4g} ± {point.error:.2g} over {len(point.runs)} seeds"


def _loss_figure(source: ColumnDataSource, scale: str):
    plot = blank("epoch", "loss", y_axis_type=scale)
    for slot in range(SLOTS):
        style = {"source": source, "color": COLORS[slot], "visible": False}
        plot.line("epoch", f"train{slot}", line_width=1.2, line_alpha=0.55, **style)
        plot.line("epoch", f"valid{slot}", line_width=1.8, **style)
        plot.scatter("epoch", f"valid{slot}", size=3, **style)
    return plot
