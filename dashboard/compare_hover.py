"""The object under the pointer, ringed in every map: found and drawn by the browser alone."""

import numpy as np
from bokeh.events import MouseLeave, MouseMove
from bokeh.models import ColumnDataSource, CustomJS
from bokeh.plotting import figure

from dashboard import cache, figures

MOST = 20_000  # objects whose positions the browser gets
REACH = 14  # px
NOBODY = {"x": np.zeros(0, np.float32), "y": np.zeros(0, np.float32)}
NO_RING = {"x": [], "y": [], "size": []}
# {sync: false}: what the pointer is on is nobody's business but the browser's
FIND = """
const {x, y} = points.data
const reach = %d * (plot.x_range.end - plot.x_range.start) / plot.inner_width
let best = -1, least = reach * reach
for (let i = 0; i < x.length; i++) {
  const dx = x[i] - cb_obj.x, dy = y[i] - cb_obj.y, squared = dx * dx + dy * dy
  if (squared < least) { least = squared; best = i }
}
if (best !== (hub.data.row[0] ?? -1)) hub.setv({data: {row: best < 0 ? [] : [best]}}, {sync: false})
"""
LEAVE = "if (hub.data.row.length) hub.setv({data: {row: []}}, {sync: false})"
FOLLOW = """
const i = hub.data.row[0], {x, y} = points.data
const data = i === undefined || i >= x.length ? {x: [], y: [], size: []} : {x: [x[i]], y: [y[i]], size: [11]}
ring.setv({data}, {sync: false})
"""


class Hover:
    """What the maps of a comparison share of the pointer.

    All of it is made at once: Bokeh does not send what is linked to a model later than the model.

    Parameters
    ----------
    count : int
        Maps, at most.
    """

    def __init__(self, count: int):
        self.hub = ColumnDataSource({"row": []}, name="hover")
        self._placed: list[np.ndarray | None] = [None] * count
        self.points = [ColumnDataSource(NOBODY) for _ in range(count)]
        self.rings = [ColumnDataSource(NO_RING, name=f"hover-{number}") for number in range(count)]
        for points, ring in zip(self.points, self.rings, strict=True):
            self.hub.js_on_change("data", CustomJS(args={"hub": self.hub, "points": points, "ring": ring}, code=FOLLOW))

    def add(self, plot: figure, number: int) -> None:
        """Let map `number` ring the object under the pointer, wherever that is."""
        figures.add_rings(plot, self.rings[number])
        find = {"hub": self.hub, "points": self.points[number], "plot": plot}
        plot.js_on_event(MouseMove, CustomJS(args=find, code=FIND % REACH))
        plot.js_on_event(MouseLeave, CustomJS(args={"hub": self.hub}, code=LEAVE))

    def place(self, number: int, positions: np.ndarray | None) -> None:
        """Tell map `number` where its objects (N, 2) are; beyond `MOST` a fixed sample of them can be found."""
        if positions is self._placed[number]:
            return
        self._placed[number] = positions
        rows = some_rows(len(positions), MOST) if positions is not None else []
        self.points[number].data = {"x": positions[rows, 0], "y": positions[rows, 1]} if len(rows) else NOBODY


def some_rows(count: int, most: int) -> np.ndarray:
    """Rows of at most so many objects: those of lowest rank, the same for every map and run."""
    return np.flatnonzero(cache.order(count) < most)
