"""The diagrams of the Photo-z page: figures built once, and pure functions that turn arrays into what they draw."""

import numpy as np
from bokeh.models import LogColorMapper
from bokeh.palettes import Viridis256
from bokeh.plotting import figure

from dashboard import raster
from dashboard.chart import HIGHLIGHT, INK, Chart, blank, sources
from dashboard.metrics_table import SCATTER, number
from photoz_core.metrics.point import running_metrics, sigma_nmad, z_phot_at

POINTS = 3000  # more objects than this are drawn as a density
CELLS = 160  # of the density, a side
DENSITY = Viridis256[64:]  # without the darkest quarter, which a dark page would swallow
SHADES = [f"{INK}{alpha:02x}" for alpha in range(70, 256)]  # a quiet density, for what lies on top of it
BARS = (15, 80)  # fewest and most
CLOUD = {"raster": "image x y dw dh", "points": "x y", "selected": "x y"}


def redshift_chart() -> Chart:
    """z_phot against z_spec: objects, the 1:1 line and the outlier lines."""
    parts = sources(**CLOUD, lines="x one low high")
    plot = blank("z_spec", "z_phot", tools="pan,wheel_zoom,box_zoom,box_select,reset,save", active_drag="box_select")
    _draw_cloud(plot, parts, DENSITY)
    plot.line("x", "one", source=parts["lines"], color=INK, width=1.2)
    for name in ("low", "high"):
        plot.line("x", name, source=parts["lines"], color=INK, width=1.2, line_dash="dotted")
    return Chart(plot, parts)


def histogram_chart() -> Chart:
    """Histogram of Δz with bias, scatter and outlier threshold marked."""
    parts = sources(bars="left right top", marks="x dash color")
    plot = blank("Δz", "objects", sizing_mode="stretch_width", height=230)
    bars = {"left": "left", "right": "right", "top": "top", "bottom": 0, "source": parts["bars"]}
    plot.quad(**bars, fill_color=INK, fill_alpha=0.6, line_color=None)
    plot.vspan("x", source=parts["marks"], line_dash="dash", line_color="color", line_width=1.4)
    plot.xgrid.grid_line_color = None
    return Chart(plot, parts)


def residual_chart(x_label: str) -> Chart:
    """Δz along a property: objects, running median and σ_NMAD band."""
    parts = sources(**CLOUD, band="center low high median", marks="y dash")
    plot = blank(x_label, "Δz")
    _draw_cloud(plot, parts, SHADES)
    plot.hspan("y", source=parts["marks"], line_dash="dash", line_color=INK, line_width=1.2)
    plot.varea("center", "low", "high", source=parts["band"], fill_color=HIGHLIGHT, fill_alpha=0.22)
    plot.line("center", "median", source=parts["band"], color=HIGHLIGHT, width=2)
    plot.scatter("center", "median", source=parts["band"], color=HIGHLIGHT, size=5)
    return Chart(plot, parts)


def redshift_limits(z_spec: np.ndarray, z_phot: np.ndarray) -> tuple[float, float]:
    """From 0, or below, to a little beyond nearly all z_spec and z_phot; the same on both axes."""
    known = np.isfinite(z_spec)
    low, high = span(np.concatenate([z_spec[known], z_phot[known]]))
    return min(0.0, low), high


def residual_limit(residual: np.ndarray, threshold: float) -> float:
    """How far from zero Δz is drawn: wide enough for the outlier threshold and six σ_NMAD, no wider than the data."""
    good = residual[np.isfinite(residual)]
    edge = 1.4 * threshold if np.isfinite(threshold) else 0.2
    if not good.size:
        return edge
    return float(max(edge, min(6 * sigma_nmad(good), 1.05 * np.abs(good).max())))


def show_redshifts(
    chart: Chart,
    z_spec: np.ndarray,
    z_phot: np.ndarray,
    marked: np.ndarray,
    limits: tuple[float, float],
    threshold: float,
    convention: str,
) -> None:
    """Draw objects (M,), those `marked` (M,) bool highlighted; the title counts what lies outside `limits`."""
    known = np.isfinite(z_spec) & np.isfinite(z_phot)
    x, y, ends = z_spec[known], z_phot[known], np.array(limits)
    outside = int(((np.minimum(x, y) < limits[0]) | (np.maximum(x, y) > limits[1])).sum())
    lines = {"x": ends, "one": ends}
    lines |= {name: z_phot_at(ends, sign * threshold, convention) for name, sign in (("low", 1), ("high", -1))}
    chart.set_limits(limits, limits)
    title = f"{x.size:,} objects" + (f" · {outside:,} outside" if outside else "")
    chart.show(title, lines=lines, **_cloud(x, y, marked[known], limits, limits))


def show_histogram(
    chart: Chart, residual: np.ndarray, metrics: dict[str, float], limit: float, threshold: float, convention: str
) -> None:
    """Draw the distribution of Δz (M,) within ±limit; the title says what the marks are and what share lies beyond."""
    good = residual[np.isfinite(residual)]
    bars = int(np.clip(np.sqrt(good.size) * 2, *BARS))
    counts, edges = np.histogram(good, bars, (-limit, limit))
    middle = np.median(good) if good.size else np.nan
    at = np.array([metrics["bias"], *(middle + sign * metrics["scatter"] for sign in (-1, 1)), -threshold, threshold])
    dash, color = ["solid", *["dashed"] * 2, *["dotted"] * 2], [HIGHLIGHT] * 3 + [INK] * 2
    drawn = np.isfinite(at)
    pick = lambda values: [value for value, keep in zip(values, drawn, strict=True) if keep]  # noqa: E731
    chart.set_limits((-limit, limit), (0, 1.08 * max(counts.max(), 1)))
    beyond = 100 * (np.abs(good) > limit).mean() if good.size else np.nan
    title = f"bias {number(metrics['bias'], 4)} · {SCATTER[convention]} {number(metrics['scatter'], 4)}"
    chart.show(
        f"{title} · {number(beyond, 1)} % beyond ±{limit:.2f}",
        bars={"left": edges[:-1], "right": edges[1:], "top": counts},
        marks={"x": pick(at), "dash": pick(dash), "color": pick(color)},
    )


def show_residuals(
    chart: Chart, by: np.ndarray, residual: np.ndarray, marked: np.ndarray, limit: float, threshold: float
) -> None:
    """Draw Δz (M,) along a property (M,) within ±limit, with running median and scatter."""
    known = np.isfinite(by) & np.isfinite(residual)
    x, y = by[known], residual[known]
    running = running_metrics(x, y)
    middle, half = running["median"], running["scatter"]
    limits = span(x)
    chart.set_limits(limits, (-limit, limit))
    outside = int(((np.abs(y) > limit) | (x < limits[0]) | (x > limits[1])).sum())
    chart.show(
        "median ± σ_NMAD" + (f" · {outside:,} outside" if outside else "") if x.size else "no object with both values",
        band={"center": running["center"], "low": middle - half, "high": middle + half, "median": middle},
        marks={"y": [0, -threshold, threshold], "dash": ["solid", "dotted", "dotted"]},
        **_cloud(x, y, marked[known], limits, (-limit, limit)),
    )


def span(values: np.ndarray) -> tuple[float, float]:
    """Where nearly all finite values lie (percentiles 0.2 to 99.8) and a small margin; never empty."""
    good = values[np.isfinite(values)]
    if not good.size:
        return 0.0, 1.0
    low, high = np.percentile(good, (0.2, 99.8))
    margin = 0.03 * (high - low) or 0.5
    return float(low - margin), float(high + margin)


def density(x: np.ndarray, y: np.ndarray, x_limits: tuple, y_limits: tuple, cells: int = CELLS) -> np.ndarray:
    """Objects per cell : (cells, cells) float32, row 0 at the bottom, NaN where there is none."""
    positions = np.column_stack([x, y]).astype(np.float32)
    counts = raster.count(raster.frame(positions, (*x_limits, *y_limits), (cells, cells)))
    return np.where(counts > 0, counts, np.nan).astype(np.float32).reshape(cells, cells)


def _cloud(x: np.ndarray, y: np.ndarray, marked: np.ndarray, x_limits: tuple, y_limits: tuple) -> dict[str, dict]:
    """What `_draw_cloud` draws: points if they are few, else a density; marked ones as rings on top."""
    dense = x.size > POINTS
    picture = {"image": [], "x": [], "y": [], "dw": [], "dh": []}
    if dense:
        (x0, x1), (y0, y1) = x_limits, y_limits
        image = density(x, y, x_limits, y_limits)
        picture = {"image": [image], "x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
    every = slice(0, 0) if dense else slice(None)
    rings = np.flatnonzero(marked)[:POINTS]
    return {
        "raster": picture,
        "points": {"x": x[every], "y": y[every]},
        "selected": {"x": x[rings], "y": y[rings]},
    }


def _draw_cloud(plot: figure, parts: dict, palette: list[str]) -> None:
    mapper = LogColorMapper(palette, low=1, nan_color="#00000000")
    plot.image("image", "x", "y", "dw", "dh", source=parts["raster"], color_mapper=mapper)
    plot.scatter("x", "y", source=parts["points"], size=4, fill_color=INK, fill_alpha=0.8, line_color=None)
    plot.scatter("x", "y", source=parts["selected"], size=7, fill_color=None, line_color=HIGHLIGHT, line_width=1.5)
