"""The figure in which latents form: points that the browser moves from snapshot to snapshot, and what moves them."""

import numpy as np
from bokeh.models import (
    Button,
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    LinearColorMapper,
    Range1d,
    Slider,
)

from dashboard import figures, palettes
from dashboard.chart import HIGHLIGHT, INK, Chart, blank, sources
from dashboard.compare_transition import BUTTON_CSS, SLIDER_CSS, UNKNOWN
from dashboard.train_figures import padded

PLAYED = 350  # ms a snapshot is shown when they are played
GLIDE = 110  # ms in which points cover two thirds of their way
NO_FRAMES = {"epoch": [], "x": np.zeros((0, 0), np.float32), "y": np.zeros((0, 0), np.float32)}
NO_POINTS = {name: np.zeros(0, np.float32) for name in ("x", "y", "value")}
SMALL_CSS = ".bk-slider-title, .bk-slider-value { font-size: 12.5px } :host { font-size: 12.5px }"
# `shown` is where the points are, in frames; they follow the slider, in place: nothing of it goes to the server
FOLLOW = """
const draw = () => {
  const {epoch, x, y} = frames.data, to = points.data, n = to.x.length, last = epoch.length - 1
  if (n === 0 || x.length !== n * (last + 1)) return
  const a = Math.min(Math.floor(slider.shown), last), b = Math.min(a + 1, last), t = slider.shown - a
  for (let i = 0; i < n; i++) {
    to.x[i] = x[a * n + i] + t * (x[b * n + i] - x[a * n + i])
    to.y[i] = y[a * n + i] + t * (y[b * n + i] - y[a * n + i])
  }
  points.change.emit()
}
const still = matchMedia("(prefers-reduced-motion: reduce)").matches
if (cb_obj !== slider || slider.shown === undefined || still) { slider.shown = slider.value; draw(); return }
if (slider.gliding) return
slider.gliding = performance.now()
const glide = (now) => {
  const way = slider.value - slider.shown
  const done = Math.abs(way) < 0.02
  slider.shown = done ? slider.value : slider.shown + way * (1 - Math.exp(-Math.max(now - slider.gliding, 0) / %g))
  slider.gliding = done ? 0 : now
  draw()
  if (!done) requestAnimationFrame(glide)
}
requestAnimationFrame(glide)
"""
PLAY = """
const stop = () => { clearInterval(slider.playing); slider.playing = 0; button.label = "▶ Play" }
if (slider.playing) { stop(); return }
const last = () => frames.data.epoch.length - 1
if (slider.value >= last()) { slider.shown = 0; slider.value = 0 }
button.label = "❚❚ Pause"
slider.playing = setInterval(() => {
  if (slider.value < last()) slider.value += 1
  else stop()
}, %g)
"""


class Player:
    """A map of points, a slider over the snapshots, a button that plays them, and a score against the epoch.

    Parameters
    ----------
    side : str
        CSS width of the map.
    """

    def __init__(self, side: str):
        self.frames = ColumnDataSource(dict(NO_FRAMES), name="snapshots")
        self.points = ColumnDataSource(dict(NO_POINTS), name="forming")
        self.mapper = LinearColorMapper(palette=palettes.numbers("viridis")[palettes.FIRST :], nan_color=f"{UNKNOWN}50")
        self.plot = figures.frame_figure(Range1d(-2, 2), Range1d(-2, 2), side)
        figures.set_drag(self.plot, "pan")
        self.plot.scatter(
            "x", "y", size=4.5, line_color=None, fill_alpha=0.9, source=self.points,
            fill_color={"field": "value", "transform": self.mapper},
        )  # fmt: skip
        named = CustomJSTickFormatter(args={"frames": self.frames}, code="return `${frames.data.epoch[tick] ?? 0}`")
        self.slider = Slider(
            start=0, end=1, step=1, value=0, title="epoch", format=named, disabled=True,
            sizing_mode="stretch_width", margin=(0, 12, 0, 12), name="epoch-slider",
            stylesheets=[SLIDER_CSS, SMALL_CSS],
        )  # fmt: skip
        self.button = Button(label="▶ Play", width=72, height=22, margin=0, stylesheets=[BUTTON_CSS], name="play")
        self.chart = _score_chart()
        models = {"frames": self.frames, "points": self.points, "slider": self.slider, "button": self.button}
        follow = CustomJS(args=models, code=FOLLOW % GLIDE)
        self.slider.js_on_change("value", follow)
        for source in (self.frames, self.points):
            source.js_on_change("data", follow)
        self.button.js_on_click(CustomJS(args=models, code=PLAY % PLAYED))

    def show(self, epochs: tuple[int, ...], maps: np.ndarray, fresh: bool) -> None:
        """Have these frames.

        Parameters
        ----------
        maps : (K, n, 2) float32
        fresh : bool
            Whether they are of another run. Else whoever looks at the newest goes on to the new newest, and whoever
            has gone back stays where he is.
        """
        last, before = len(epochs) - 1, len(self.frames.data["epoch"]) - 1
        value = last if fresh or self.slider.value >= before else min(self.slider.value, last)
        if fresh or self.points.data["x"].shape != maps[last, :, 0].shape:
            unknown = np.full(maps.shape[1], np.nan, np.float32)
            self.points.data = {"x": maps[value, :, 0].copy(), "y": maps[value, :, 1].copy(), "value": unknown}
        self.frames.data = {"epoch": list(epochs), "x": maps[:, :, 0].copy(), "y": maps[:, :, 1].copy()}
        self.slider.update(end=max(last, 1), disabled=last < 1)
        self.slider.value = value

    def color(self, values: np.ndarray) -> None:
        """Color the points by values (n,) float32, of which `mapper` has the colors."""
        place = self.frames.data["x"][self.slider.value], self.frames.data["y"][self.slider.value]
        self.points.data = {"x": place[0].copy(), "y": place[1].copy(), "value": values}

    def score(self, epochs: tuple[int, ...], values: list[float], name: str) -> None:
        """Draw a score of each snapshot against its epoch."""
        self.chart.figure.yaxis.axis_label = name
        known = np.array(values)
        self.chart.show(scores={"epoch": list(epochs), "score": values}, untrained={"score": values[:1]})
        self.chart.set_limits((-0.02 * max(epochs[-1], 1), 1.02 * max(epochs[-1], 1)), padded(known))
        self.mark()

    def mark(self) -> None:
        """Mark the snapshot that the slider is at."""
        found = self.chart.sources["scores"].data
        at = slice(self.slider.value, self.slider.value + 1)
        self.chart.show(here={name: list(values)[at] for name, values in found.items()})


def _score_chart() -> Chart:
    parts = sources(scores="epoch score", untrained="score", here="epoch score")
    plot = blank("epoch", "", tools="", toolbar_location=None, min_height=80)
    plot.hspan("score", source=parts["untrained"], line_color=INK, line_width=1.2, line_dash="dashed")
    plot.line("epoch", "score", source=parts["scores"], line_color=HIGHLIGHT, line_width=1.8)
    plot.scatter("epoch", "score", source=parts["scores"], color=HIGHLIGHT, size=4)
    plot.scatter("epoch", "score", source=parts["here"], line_color=HIGHLIGHT, line_width=2, fill_color=None, size=12)
    return Chart(plot, parts)
