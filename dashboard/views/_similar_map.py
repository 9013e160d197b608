"""The map of the Similar page: colored by a score; neighbours, an uploaded cutout and redshift outliers marked."""

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from dashboard import cache, figures, palettes, pictures, theme
from dashboard.chart import HIGHLIGHT
from dashboard.lens_overlays import add_markers
from dashboard.pictures import Layers
from dashboard.similar_choices import Choices, same
from dashboard.state import NO_ROWS
from dashboard.views._canvas import Canvas

SIDE = "var(--pz-similar-map)"
RING = 8  # px
CROSS, CROSS_COLOR = 7, "#e5484d"
CROSSES = 2000  # at most, of those in view: more could not be told apart, and all of 10⁶ objects are megabytes
NOWHERE = {"x": [], "y": []}


class ScoreMap(pn.viewable.Viewer):
    """All objects in the colors of the score chosen, the density while there is none."""

    def __init__(self, choices: Choices, **params):
        super().__init__(**params)
        self.choices, self.state = choices, choices.state
        self.canvas = Canvas(self.state)
        self.plot = self.canvas.plot(SIDE, self.resize)
        self.source, self.mapper = figures.add_image(self.plot)
        self.crosses, self.near, self.place = (ColumnDataSource(dict(NOWHERE)) for _ in range(3))
        self.near.data = {**NOWHERE, "size": []}
        add_crosses(self.plot, self.crosses)
        figures.add_rings(self.plot, self.near, width=1.2)
        figures.add_rings(self.plot, self.canvas.rings)
        figures.describe(self.plot, "Map of likeness or oddness")
        add_markers(self.plot, self.place)
        self.scale = pn.pane.HTML(
            margin=0, css_classes=["pz-scale"], stylesheets=[theme.SCALE_CSS], styles={"width": SIDE}
        )
        self._layers: Layers | None = None
        self._placed: tuple = ()
        self._drawn: tuple = ()
        self._ringed: tuple = ()
        self._crossed: tuple = ()
        self._note = self._marks = ""

    def __panel__(self):
        return pn.Column(pn.pane.Bokeh(self.plot, margin=0), self.scale, margin=0, styles={"width": SIDE})

    def resize(self, side: int) -> None:
        """Draw for the size [px] at which the browser shows the map."""
        if side != self.canvas.side:
            self.canvas.side, self._placed = side, ()
            self.show()

    def show(self) -> None:
        """Draw what has changed."""
        state = self.state
        if state.positions is None:
            return
        placed = (state.positions, state.view, state.selected, self.canvas.side)
        if not same(placed, self._placed):
            self._placed, self._layers = placed, pictures.layers(self.canvas.frame(), state.selected)
        with pn.io.hold():
            self._draw()
            self._ring()
            self._cross()
            self.scale.object = f"{self._note}{self._marks}</p>"

    def _ring(self) -> None:
        """Rings around the neighbours."""
        wanted = (self.state.positions, self.choices.found)
        if not same(wanted, self._ringed):
            self._ringed, near = wanted, points(self.state.positions, self.choices.found.rows)
            self.near.data = {**near, "size": [RING] * len(near["x"])}

    def _cross(self) -> None:
        """Crosses on the catastrophic redshift outliers; where they are many, on a sample of those in view."""
        positions, found = self.state.positions, self.choices.catastrophic if self.choices.marked else None
        rows = found.rows if found else NO_ROWS
        many = len(rows) > CROSSES
        wanted = (positions, found, self._layers.frame.view if many else None)
        if same(wanted, self._crossed):
            return
        self._crossed, self._marks = wanted, ""
        if many:
            x0, x1, y0, y1 = self._layers.frame.view
            x, y = positions[rows].T
            rows = rows[(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)]
            if (seen := len(rows)) > CROSSES:
                rows = rows[np.argpartition(cache.order(len(positions))[rows], CROSSES)[:CROSSES]]
                self._marks = f" · × {CROSSES:,} of {seen:,} in view"
        self.crosses.data = points(positions, rows)

    def put(self, position: np.ndarray | None) -> None:
        """Mark where the uploaded cutout lies (2,), or nothing."""
        self.place.data = NOWHERE if position is None else {"x": position[:1], "y": position[1:]}

    def _draw(self) -> None:
        score, layers, state = self.choices.ranked, self._layers, self.state
        wanted = (score, layers, state.clip, state.colormap)
        if same(wanted, self._drawn):
            return
        self._drawn = wanted
        if score is None:
            picture, colormap, note = pictures.density_picture(layers), "viridis", "density of the objects"
        else:
            picture = pictures.number_picture(layers, score.values, score.clipped(tuple(state.clip)))
            colormap = "magma" if state.colormap == "auto" else state.colormap
            note = f"{score.column.title('')} · {figures.note(picture, score.column)}"
        self.source.data = figures.image_data(picture, layers.frame.view)
        self.mapper.palette = list(palettes.numbers(colormap))
        self._note = f"<div class=bar>{figures.color_bar(picture, colormap)}</div><p>{note}"


def points(positions: np.ndarray, rows: np.ndarray) -> dict:
    """Data of a source of points (x, y) at these rows (M,)."""
    return {"x": positions[rows, 0], "y": positions[rows, 1]}


def add_crosses(plot: figure, source: ColumnDataSource) -> None:
    """Crosses at the points (x, y) of `source`: white below, so that they are seen on any color."""
    for color, width in (("#ffffff", 3.5), (CROSS_COLOR, 1.6)):
        plot.scatter("x", "y", marker="x", size=CROSS, line_color=color, line_width=width, source=source)


LEGEND = (
    f"<span style='color: {HIGHLIGHT}'>◇</span> uploaded · ○ neighbours · "
    f"<span style='color: {CROSS_COLOR}'>×</span> catastrophic"
)
