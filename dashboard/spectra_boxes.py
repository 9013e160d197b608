"""Errors over many spectra, as in Rissaki et al. 2020, Figure 2: what is kept of them, and the box plots."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from bokeh.models import FixedTicker, Range1d

from dashboard.chart import HIGHLIGHT, Chart, blank, sources
from dashboard.spectra_choices import HOW
from dashboard.spectra_scores import COLOR, GENERATOR
from dashboard.train_figures import COLORS, padded
from photoz_core.run import Run

MISSING, NOISE = "missing", "noise"
LEVELS = {MISSING: (10, 20, 40, 60, 80), NOISE: (1, 3, 5, 10, 20)}  # % of the measured pixels; L2 norm
GROUPS = {MISSING: ("test", "train"), NOISE: tuple(HOW)}
BASELINES = tuple(name for name in COLOR if name != GENERATOR)
UNITS = [(panel, level) for panel in (MISSING, NOISE) for level in LEVELS[panel]]  # what is worked out at once
ALL, HIDDEN = "all pixels", "hidden pixels"
TITLES = {MISSING: "(a) inpainting, by projection", NOISE: "(b) denoising, test spectra"}
AXES = {MISSING: "missing [% of the measured pixels]", NOISE: "L2 norm of the noise"}
TINT = dict(zip(("test", "train", *HOW), (HIGHLIGHT, COLORS[5], HIGHLIGHT, COLORS[4]), strict=True))
WHISKER = 1.5  # interquartile ranges beyond the box; what lies farther is not drawn
WIDTH = 0.3  # of a box, where levels are 1 apart
KEPT = 16  # runs whose results are remembered

Results = dict[tuple[str, float, str], "Errors"]
_kept: "OrderedDict[tuple, Results]" = OrderedDict()


@dataclass(frozen=True, eq=False)
class Errors:
    """Mean squared errors of B answers against the measured spectra.

    Parameters
    ----------
    all, hidden : (B,)
        Over all measured pixels, and over those that were taken away; NaN where there is none.
    """

    all: np.ndarray
    hidden: np.ndarray


def kept(run: Run) -> Results:
    """What is known of a run, by panel, level and group; to be added to. Forgotten with the process."""
    key = (str(run.folder), run.info["created"])
    _kept.setdefault(key, {})
    _kept.move_to_end(key)
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return _kept[key]


def undone(results: Results) -> list[tuple[str, float]]:
    """What is still to be worked out."""
    return [(panel, level) for panel, level in UNITS if (panel, level, GROUPS[panel][-1]) not in results]


def box_of(values: np.ndarray) -> tuple[float, float, float, float, float]:
    """Lower whisker, quartiles, upper whisker: the outermost values within 1.5 interquartile ranges; NaN if none."""
    good = values[np.isfinite(values)]
    if not good.size:
        return (float("nan"),) * 5
    first, middle, third = np.percentile(good, (25, 50, 75))
    reach = WHISKER * (third - first)
    inside = good[(good >= first - reach) & (good <= third + reach)]
    return float(inside.min()), float(first), float(middle), float(third), float(inside.max())


def boxes_chart(panel: str) -> Chart:
    """MSE on a log axis; a pair of boxes a level, baselines' medians as lines."""
    parts = sources(boxes="x low first middle third high left right color", **{name: "x y" for name in BASELINES})
    plot = blank(AXES[panel], "MSE", y_axis_type="log", title=TITLES[panel], tools="hover,save", toolbar_location=None)
    plot.y_range = Range1d(1e-4, 1)
    plot.title.text_font_size = "12px"
    plot.min_border_right = 8
    plot.xgrid.grid_line_color = None
    count = len(LEVELS[panel])
    plot.x_range.update(start=-0.6, end=count - 0.4)
    plot.xaxis.ticker = FixedTicker(ticks=list(range(count)))
    plot.xaxis.major_label_overrides = {i: f"{level:g}" for i, level in enumerate(LEVELS[panel])}
    for name in BASELINES:
        plot.line("x", "y", source=parts[name], color=COLOR[name], width=1.3)
        plot.scatter("x", "y", source=parts[name], color=COLOR[name], size=4)
    boxes = parts["boxes"]
    plot.segment("x", "low", "x", "high", source=boxes, color="color", line_width=1.2)
    plot.quad("left", "right", "third", "first", source=boxes, color="color", fill_alpha=0.35)
    plot.segment("left", "middle", "right", "middle", source=boxes, color="color", line_width=2.2)
    plot.hover.renderers = [plot.renderers[-2]]
    plot.hover.tooltips = "median @middle{0.0000}<br>quartiles @first{0.0000} – @third{0.0000}"
    return Chart(plot, parts)


def show_boxes(chart: Chart, panel: str, results: Results, of: str) -> None:
    """Draw what is known of a panel; `of` is `ALL` or `HIDDEN`, where there are hidden pixels."""
    name = "hidden" if of == HIDDEN and panel == MISSING else "all"
    data = {key: [] for key in chart.sources["boxes"].data}
    lines = {baseline: {"x": [], "y": []} for baseline in BASELINES}
    for i, level in enumerate(LEVELS[panel]):
        for group, side in zip(GROUPS[panel], (-1, 1), strict=True):
            if (panel, level, group) in results:
                box = box_of(getattr(results[panel, level, group], name))
                x = i + side * (WIDTH / 2 + 0.02)
                row = (x, *box, x - WIDTH / 2, x + WIDTH / 2, TINT[group])
                for key, value in zip(data, row, strict=True):
                    data[key].append(value)
        for baseline, line in lines.items():
            if (panel, level, baseline) in results:
                line["x"].append(i), line["y"].append(box_of(getattr(results[panel, level, baseline], name))[2])
    heights = [*data["low"], *data["high"], *(y for line in lines.values() for y in line["y"])]
    if heights:  # an empty panel keeps the limits it has
        chart.set_limits(y=padded(np.array(heights, float), log=True))
    chart.show(f"{TITLES[panel]} · {HIDDEN if name == 'hidden' else ALL}", boxes=data, **lines)


def legend(panel: str) -> str:
    """The groups of a panel in their colors, as HTML."""
    return " ".join(f"<span><b style='color: {TINT[group]}'>■</b> {group}</span>" for group in GROUPS[panel])
