"""A figure that stays while the data flow through it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

INK = "#7d8894"  # reads on white and on black: reference lines, and objects that are not selected
HIGHLIGHT = "#1f94cf"  # the accent, between its light and its dark shade

FOCUS = """
.bk-Canvas {
  --outline-width: 3px; --outline-style: solid; --highlight-color: var(--mui-palette-primary-main, #0b6fa4);
}
"""  # the ring of a figure that has the keyboard: Bokeh's is one dotted pixel


@dataclass(frozen=True)
class Chart:
    """A Bokeh figure and the named sources that it draws.

    New data go into the sources; the figure is built once, so nothing flickers.
    """

    figure: figure
    sources: dict[str, ColumnDataSource]

    def show(self, title: str | None = None, **data: dict[str, Sequence]) -> None:
        """Replace the data of the sources named, and the title where given."""
        if title is not None:
            self.figure.title.text = title
        for name, columns in data.items():
            self.sources[name].data = columns

    def set_limits(self, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None) -> None:
        """Show this part, and return to it on reset."""
        for limits, extent in ((x, self.figure.x_range), (y, self.figure.y_range)):
            if limits:
                extent.update(start=limits[0], end=limits[1], reset_start=limits[0], reset_end=limits[1])


def blank(x_label: str, y_label: str, **options) -> figure:
    """An empty figure in the dashboard's dress: thin grid, small type, tools out of the way."""
    plot = figure(
        **{
            "sizing_mode": "stretch_both",
            "title": "",
            "x_axis_label": x_label,
            "y_axis_label": y_label,
            "x_range": Range1d(0, 1),
            "y_range": Range1d(0, 1),
            "tools": "pan,wheel_zoom,box_zoom,reset,save",
            "toolbar_location": "right",
            "min_border": 4,
            "stylesheets": [FOCUS],
        }
        | options
    )
    plot.toolbar.logo = None
    plot.toolbar.autohide = True
    plot.outline_line_color = None
    said = " against ".join(label for label in (y_label, x_label) if label) or options.get("title", "")
    plot.html_attributes = {"role": "figure", "aria-label": f"Diagram: {said}" if said else "Diagram"}
    for axis in plot.axis:
        axis.axis_label_text_font_style = "normal"
        axis.ticker.num_minor_ticks = 0
    return plot


def sources(**columns: str) -> dict[str, ColumnDataSource]:
    """Empty sources by name, from their space-separated columns."""
    return {name: ColumnDataSource({column: [] for column in text.split()}) for name, text in columns.items()}
