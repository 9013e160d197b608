"""The diagrams of redshift PDFs: figures built once, and pure functions that turn arrays into what they draw."""

import numpy as np
from bokeh.models import BoxSelectTool

from dashboard.chart import HIGHLIGHT, INK, Chart, blank, sources
from dashboard.metrics_table import number
from dashboard.photoz_figures import span
from photoz_core.metrics.pdf import pit_histogram, qq
from photoz_core.pdfs import Pdfs

FEWEST = 20  # objects a PIT bar should hold, if PDFs are honest
PIT_BARS = (50, 25, 20, 10)
STACK_BARS = 40
BAND = 1.96  # standard errors: 95 %
LIGHT = {"fill_color": INK, "fill_alpha": 0.22}


def pit_chart() -> Chart:
    """Histogram of PIT with what honest PDFs give; dragging takes a range, a click a bar."""
    parts = sources(bars="left right top", marked="left right top", band="x low high", flat="x y")
    plot = blank("PIT", "objects", tools="reset,save")
    box = BoxSelectTool(dimensions="width", renderers=[])
    plot.add_tools(box)
    plot.toolbar.active_drag = box
    plot.varea("x", "low", "high", source=parts["band"], fill_color=HIGHLIGHT, fill_alpha=0.16)
    for name, color, alpha in (("bars", INK, 0.6), ("marked", HIGHLIGHT, 0.8)):
        edges = {"left": "left", "right": "right", "top": "top", "bottom": 0, "source": parts[name]}
        plot.quad(**edges, fill_color=color, fill_alpha=alpha, line_color=None)
    for name in ("low", "high"):
        plot.line("x", name, source=parts["band"], color=HIGHLIGHT, line_dash="dotted")
    plot.line("x", "y", source=parts["flat"], color=HIGHLIGHT, width=1.4)
    plot.xgrid.grid_line_color = None
    return Chart(plot, parts)


def qq_chart() -> Chart:
    """Quantiles of PIT against those of a uniform distribution."""
    parts = sources(band="x low high", line="x y")
    plot = blank("uniform quantile", "PIT quantile")
    plot.varea("x", "low", "high", source=parts["band"], **LIGHT)
    plot.line([0, 1], [0, 1], color=INK, width=1.2)
    plot.line("x", "y", source=parts["line"], color=HIGHLIGHT, width=2)
    return Chart(plot, parts)


def difference_chart() -> Chart:
    """What the QQ plot's line lies above its diagonal."""
    parts = sources(band="x low high", line="x y")
    plot = blank("uniform quantile", "PIT − uniform", sizing_mode="stretch_width", height=230)
    plot.varea("x", "low", "high", source=parts["band"], **LIGHT)
    plot.hspan(0, line_color=INK, line_width=1.2)
    plot.line("x", "y", source=parts["line"], color=HIGHLIGHT, width=2)
    return Chart(plot, parts)


def stack_chart() -> Chart:
    """The mean of the PDFs over the distribution of z_spec."""
    parts = sources(bars="left right top", line="x y")
    plot = blank("redshift", "density", sizing_mode="stretch_width", height=230)
    edges = {"left": "left", "right": "right", "top": "top", "bottom": 0, "source": parts["bars"]}
    plot.quad(**edges, fill_color=INK, fill_alpha=0.6, line_color=None)
    plot.line("x", "y", source=parts["line"], color=HIGHLIGHT, width=2)
    plot.xgrid.grid_line_color = None
    return Chart(plot, parts)


def show_pit(chart: Chart, pit: np.ndarray, marked: np.ndarray) -> None:
    """Draw the PIT (M,) of objects, those `marked` (M,) bool highlighted; the band holds 95 % of honest bars."""
    count = int(np.isfinite(pit).sum())
    bars = next((bars for bars in PIT_BARS if count >= FEWEST * bars), PIT_BARS[-1])
    found, chosen = pit_histogram(pit, bars), pit_histogram(pit[marked], bars)
    top, even, half = found["counts"], found["expected"], BAND * found["band"]
    beyond = int((np.abs(top - even) > half).sum())
    ends = {"left": found["edges"][:-1], "right": found["edges"][1:]}
    chart.set_limits((0, 1), (0, 1.08 * max(top.max(), even + half, 1)))
    chart.show(
        f"{count:,} objects · {beyond} of {bars} bars outside the 95 % band" if count else "no object has a PIT",
        bars=ends | {"top": top},
        marked=ends | {"top": chosen["counts"]},
        band={"x": [0, 1], "low": [max(even - half, 0)] * 2, "high": [even + half] * 2},
        flat={"x": [0, 1], "y": [even] * 2},
    )


def show_qq(chart: Chart, difference: Chart, pit: np.ndarray) -> None:
    """Draw the quantiles of PIT (M,), and what they lie above uniform; 95 % of honest samples are within the band."""
    found = qq(pit)
    level, quantile, low, high = (found[name] for name in ("levels", "quantiles", "low", "high"))
    known = np.isfinite(found["rmse"])
    above = quantile - level
    edge = 1.1 * max(np.abs(above).max(), (high - level).max(), (level - low).max()) if known else 1.0
    chart.set_limits((0, 1), (0, 1))
    difference.set_limits((0, 1), (-edge, edge))
    chart.show(
        f"RMSE {number(found['rmse'], 4)} · band: 95 % of honest PDFs" if known else "no object has a PIT",
        band={"x": level, "low": low, "high": high},
        line={"x": level, "y": quantile},
    )
    difference.show(band={"x": level, "low": low - level, "high": high - level}, line={"x": level, "y": above})


def show_stack(chart: Chart, pdfs: Pdfs, z_spec: np.ndarray) -> None:
    """Draw the mean of the PDFs of M objects over the distribution of their z_spec (M,)."""
    known = np.isfinite(z_spec) & np.isfinite(pdfs.density[:, 0])
    z, empty = z_spec[known], {"x": [], "y": []}
    if not z.size:
        chart.show("no object has z_spec and a PDF", bars={"left": [], "right": [], "top": []}, line=empty)
        return
    low, high = span(z)
    low = max(low, float(pdfs.edges[0]))
    counts, edges = np.histogram(z, STACK_BARS, (low, high))
    top = counts / z.size / np.diff(edges)
    mean = pdfs.density[known].mean(0, dtype=float)
    chart.set_limits((low, high), (0, 1.1 * max(top.max(), mean.max())))
    chart.show(
        "mean of the PDFs (line), distribution of z_spec (bars)",
        bars={"left": edges[:-1], "right": edges[1:], "top": top},
        line={"x": pdfs.centers, "y": mean},
    )
