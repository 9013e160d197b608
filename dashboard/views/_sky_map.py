"""The map of the sky: objects, and the lines of right ascension and declination behind them."""

from typing import TYPE_CHECKING

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from dashboard import raster
from dashboard.chart import INK
from dashboard.sky_choices import Sky
from dashboard.views._compare_panel import LaidCanvas
from dashboard.views._maps import Maps

if TYPE_CHECKING:
    from photoz_core.sky import Line

EDGE = 0.02  # of the view, between a label and the frame


class SkyMap(pn.viewable.Viewer):
    """All objects that have a position.

    Parameters
    ----------
    sky : Sky
    side : str
        CSS width.
    """

    def __init__(self, sky: Sky, side: str, **params):
        super().__init__(**params)
        self.sky = sky
        self.canvas = LaidCanvas(sky.side)
        self.maps = Maps(sky.side, self.canvas, 1, 1, side, choices=sky)
        self.lines = ColumnDataSource({"xs": [], "ys": []})
        self.labels = {is_ra: ColumnDataSource({"x": [], "y": [], "text": []}) for is_ra in (True, False)}
        _draw_lines(self.maps.cells[0].plot, self.lines, self.labels)
        self._drawn: tuple = ()
        sky.side.param.watch(self.draw, ["view", "positions"])
        sky.param.watch(self.draw, "plane")

    def __panel__(self):
        return self.maps

    def draw(self, *events) -> None:
        """Rule the part of the sky in view."""
        from photoz_core.sky import graticule

        plane, side = self.sky.plane, self.sky.side
        if plane is None or side.positions is None:
            return
        view = side.view or raster.whole(side.positions)
        if (plane, view) == self._drawn:
            return
        self._drawn = (plane, view)
        lines = graticule(plane, view)
        self.lines.data = {"xs": [line.x for line in lines], "ys": [line.y for line in lines]}
        for is_ra, source in self.labels.items():
            placed = [(*spot, line.label) for line in lines if line.is_ra is is_ra and (spot := label_spot(line, view))]
            x, y, text = zip(*placed, strict=True) if placed else ((), (), ())
            source.data = {"x": list(x), "y": list(y), "text": list(text)}


def label_spot(line: "Line", view: tuple[float, float, float, float]) -> tuple[float, float] | None:
    """Where a line is named: nearest to the lower (right ascension) or left edge of the view; nowhere outside it."""
    x0, x1, y0, y1 = view
    margin = EDGE * (x1 - x0)
    inside = (line.x > x0 + margin) & (line.x < x1 - margin) & (line.y > y0 + margin) & (line.y < y1 - margin)
    if not inside.any():
        return None
    along = line.y if line.is_ra else line.x
    spot = int(np.where(inside, along, np.inf).argmin())
    return float(line.x[spot]), float(line.y[spot])


def _draw_lines(plot: figure, lines: ColumnDataSource, labels: dict[bool, ColumnDataSource]) -> None:
    plot.multi_line("xs", "ys", source=lines, line_color=INK, line_alpha=0.45, line_width=1, level="underlay")
    text = {"text_color": INK, "text_font_size": "11px"}
    plot.text("x", "y", "text", source=labels[True], text_align="left", text_baseline="bottom", x_offset=3, **text)
    plot.text("x", "y", "text", source=labels[False], text_align="left", text_baseline="bottom", y_offset=-2, **text)
