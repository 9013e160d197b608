"""The figure in which a sample of objects moves from one map to another, drawn by the browser alone."""

import numpy as np
from bokeh.models import Button, ColumnDataSource, CustomJS, LinearColorMapper, Range1d, Slider
from bokeh.plotting import figure

from dashboard import figures, palettes, raster
from dashboard.compare_hover import some_rows
from dashboard.compare_sides import Side
from dashboard.pictures import centred

MOST = 5000  # objects that move
SECONDS = 1.8  # from one map to the other
FADED = 0.07  # opacity of what is not selected
UNKNOWN = "#8c8c8c"
COLUMNS = ("ax", "ay", "bx", "by", "x", "y", "value", "alpha")
# In place, so that nothing of it goes to the server
MOVE = """
const {ax, ay, bx, by, x, y} = source.data, t = slider.value
for (let i = 0; i < x.length; i++) {
  x[i] = ax[i] + t * (bx[i] - ax[i])
  y[i] = ay[i] + t * (by[i] - ay[i])
}
source.change.emit()
"""
PLAY = """
if (slider.playing) { slider.playing = false; return }
const from = slider.value, to = from < 0.5 ? 1 : 0, began = performance.now()
slider.playing = true
const step = (now) => {
  if (!slider.playing) return
  const t = Math.min((now - began) / 1000 / %g, 1)
  const done = t >= 1
  slider.playing = !done
  slider.setv({value: from + (to - from) * t * t * (3 - 2 * t)}, {sync: done})
  if (!done) requestAnimationFrame(step)
}
requestAnimationFrame(step)
"""
BUTTON_CSS = """
button.bk-btn { background: transparent !important; color: inherit !important; border: 1px solid #80808060; padding: 0;
  font-size: 12px; height: 22px; line-height: 20px; }
button.bk-btn:hover, button.bk-btn:focus-visible { border-color: var(--pz-accent); color: var(--pz-accent) !important; }
"""
SLIDER_CSS = """
.noUi-target { background: #80808040; border: none; box-shadow: none; }
.noUi-connect { background: var(--pz-accent) !important; }
.noUi-handle { background: var(--pz-accent); border: none; box-shadow: none; }
"""


class Transition:
    """A figure of moving points, the slider that moves them, and the button that moves the slider.

    Parameters
    ----------
    side : str
        CSS width of the figure.
    """

    def __init__(self, side: str):
        self.source = ColumnDataSource({name: [] for name in COLUMNS}, name="transition")
        self.mapper = LinearColorMapper(palette=palettes.numbers("viridis")[palettes.FIRST :], nan_color=UNKNOWN)
        self.plot = _square(side)
        self._path: tuple = (None, None)  # positions that the ranges are of
        self.plot.scatter(
            "x", "y", size=4, line_color=None, fill_alpha="alpha", source=self.source,
            fill_color={"field": "value", "transform": self.mapper},
        )  # fmt: skip
        self.slider = Slider(
            start=0, end=1, step=0.005, value=0, title="", show_value=False, sizing_mode="stretch_width",
            margin=(4, 12, 0, 12), stylesheets=[SLIDER_CSS], name="transition-slider",
        )  # fmt: skip
        self.button = Button(label="▶ Play", width=64, height=22, margin=0, stylesheets=[BUTTON_CSS], name="play")
        move = CustomJS(args={"source": self.source, "slider": self.slider}, code=MOVE)
        self.slider.js_on_change("value", move)
        self.source.js_on_change("data", move)  # new colors come with the points where they began
        self.button.js_on_click(CustomJS(args={"slider": self.slider}, code=PLAY % SECONDS))

    def show(self, start: np.ndarray, end: np.ndarray, side: Side, coloring: str) -> int:
        """Move objects from positions `start` (N, 2) to `end` (N, 2), colored as on the map of `side`; how many."""
        rows = some_rows(len(start), MOST)
        values = color_points(self.mapper, side, coloring)[rows]
        selected = side.selected[rows] if side.selected.any() else np.ones(len(rows), bool)
        (ax, ay), (bx, by) = start[rows].T.astype(np.float32), end[rows].T.astype(np.float32)
        alpha = np.where(selected, 0.9, FADED).astype(np.float32)
        self.source.data = dict(zip(COLUMNS, (ax, ay, bx, by, ax.copy(), ay.copy(), values, alpha), strict=True))
        if self._path[0] is not start or self._path[1] is not end:
            self._path = (start, end)
            x0, x1, y0, y1 = raster.whole(np.concatenate([start, end]))
            self.plot.x_range.update(start=x0, end=x1)
            self.plot.y_range.update(start=y0, end=y1)
        return len(rows)


def color_points(mapper: LinearColorMapper, side: Side, coloring: str) -> np.ndarray:
    """Values (N,) float32 of the coloring of a side, NaN where unknown; the mapper gets their colors.

    `side` may be anything that has a side's ``data``, ``colormap``, ``has``, ``values``, ``column`` and ``limits``.
    """
    if not side.has(coloring):
        return np.full(len(side.data), np.nan, np.float32)
    values, column = side.values(coloring), side.column(coloring)
    if values.is_category:
        count = len(values.classes)
        colors = palettes.classes(count)[palettes.FIRST :][:count]
        mapper.update(palette=colors or (UNKNOWN,), low=-0.5, high=max(count, 1) - 0.5)
        return np.where(values.array < 0, np.nan, values.array % palettes.LEVELS).astype(np.float32)
    name = column.cmap if side.colormap == "auto" else side.colormap
    low, high = centred(side.limits(coloring)) if column.cmap in palettes.DIVERGING else side.limits(coloring)
    known = np.isfinite([low, high]).all()
    limits = {"low": low, "high": high} if known else {"low": 0.0, "high": 1.0}
    mapper.update(palette=palettes.numbers(name)[palettes.FIRST :], **limits)
    return values.array


def _square(side: str) -> figure:
    plot = figures.frame_figure(Range1d(0, 1), Range1d(0, 1), side)
    figures.set_drag(plot, "pan")
    return plot
