"""The object that the pointer rests on: a ring in every map of a canvas, and its picture beside the pointer."""

import numpy as np
from bokeh.events import MouseLeave, MouseMove
from bokeh.models import ColumnDataSource, CustomJS
from bokeh.plotting import figure

from dashboard import cutouts, figures, raster
from dashboard.state import State

REST, REACH = 125, 14  # ms that the pointer must rest, px within which it finds an object
PICTURE, BESIDE = 72, 50  # px: side of the picture, and how far its middle is from the object, across and up
NOTHING = {"x": [], "y": [], "size": []}
NO_PICTURE = {"url": [], "x": [], "y": []}
CLEAR = """
clearTimeout(asked.timer)
const clear = () => {
  if (ring.data.x.length) ring.data = {x: [], y: [], size: []}
  if (picture.data.url.length) picture.data = {url: [], x: [], y: []}
}
"""
REST_ON = (
    CLEAR
    + """
const {x, y} = cb_obj, reach = %d * (plot.x_range.end - plot.x_range.start) / plot.inner_width
if (!(Math.hypot(ring.data.x[0] - x, ring.data.y[0] - y) <= reach)) clear()
asked.timer = setTimeout(() => { asked.data = {x: [x], y: [y], reach: [reach]} }, %d)
"""
)


class Pointer:
    """Follows the pointer over the maps of a canvas.

    Parameters
    ----------
    state : State
    maps : list of figure
        Where the pointer is followed.
    ringed : list of figure
        Others with the same positions, that show the ring too.
    """

    def __init__(self, state: State, maps: list[figure], ringed: tuple[figure, ...] = ()):
        self.state, self.ring = state, ColumnDataSource(NOTHING, name="pointer")
        self.pictures = [self._follow(plot) for plot in maps]
        for plot in (*maps, *ringed):
            figures.add_rings(plot, self.ring)

    def _follow(self, plot: figure) -> ColumnDataSource:
        picture = ColumnDataSource(NO_PICTURE, name="pointer-picture")
        asked = ColumnDataSource({"x": [], "y": [], "reach": []})
        plot.image_url(
            url="url", x="x", y="y", w=PICTURE, h=PICTURE, w_units="screen", h_units="screen", anchor="center",
            source=picture,
        )  # fmt: skip
        known = {"plot": plot, "asked": asked, "ring": self.ring, "picture": picture}
        plot.js_on_event(MouseMove, CustomJS(args=known, code=REST_ON % (REACH, REST)))
        plot.js_on_event(MouseLeave, CustomJS(args=known, code=CLEAR + "clear()"))
        asked.on_change("data", lambda attr, old, new: self._look(plot, picture, new))
        return picture

    def _look(self, plot: figure, picture: ColumnDataSource, asked: dict) -> None:
        """Ring and show the object nearest to where the pointer rests."""
        if self.state.positions is None or not len(asked["x"]):
            return
        x, y, reach = (float(asked[name][0]) for name in ("x", "y", "reach"))
        row = self.nearest(x, y, reach)
        if row is None:
            self.ring.data, picture.data = NOTHING, NO_PICTURE
            return
        x, y = map(float, self.state.positions[row])
        self.ring.data = {"x": [x], "y": [y], "size": [11]}
        picture.data = self._picture(plot, row, x, y, reach / REACH)

    def nearest(self, x: float, y: float, reach: float) -> int | None:
        """Row of the object nearest to a point, or None if none is within `reach` [map coordinates]."""
        if not (np.isfinite([x, y, reach]).all() and reach > 0):
            return None
        near = raster.frame(self.state.order, (x - reach, x + reach, y - reach, y + reach), (1, 1)).rows
        distance = np.hypot(*(self.state.positions[near] - np.array([x, y], np.float32)).T)
        return int(near[distance.argmin()]) if distance.min(initial=np.inf) <= reach else None

    def _picture(self, plot: figure, row: int, x: float, y: float, pixel: float) -> dict:
        """Beside the object, on the side where there is more room."""
        if not cutouts.has_pictures(self.state.data):
            return NO_PICTURE
        url = cutouts.strip(cutouts.pictures(self.state.data, [row], self.state.band))
        middles = ((axis.start + axis.end) / 2 for axis in (plot.x_range, plot.y_range))
        beside = [at + (BESIDE if at < middle else -BESIDE) * pixel for at, middle in zip((x, y), middles, strict=True)]
        return {"url": [url], "x": beside[:1], "y": beside[1:]}
