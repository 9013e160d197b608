"""Bokeh figures of a map, and the small texts and bars that go with them. No state, no widgets.

A figure is all frame: no axes (those of a UMAP mean nothing), no toolbar, no border; so every frame is a square and
sharing the two ranges keeps the aspect. Titles and color bars are HTML beside it.
"""

import html
import itertools

import numpy as np
from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    CustomJS,
    Image,
    ImageURL,
    LassoSelectTool,
    LinearColorMapper,
    PanTool,
    Range1d,
    Scatter,
    WheelZoomTool,
)
from bokeh.plotting import figure

from dashboard import palettes
from dashboard.chart import FOCUS
from dashboard.defaults import DRAGS
from dashboard.pictures import Picture
from photoz_core.columns import Column

FALLBACK = 208  # px of a frame's side before the browser has told it
NAMED = 5  # classes whose names fit beside their swatches
STOPS = 12  # of a color bar's gradient


def frame_figure(x_range: Range1d, y_range: Range1d, side: str) -> figure:
    """An empty square figure of CSS width `side` with the tools every map has; the first drag tool is on."""
    box, lasso, pan, wheel = BoxSelectTool(renderers=[]), LassoSelectTool(renderers=[]), PanTool(), WheelZoomTool()
    for tool in (box, lasso):
        tool.overlay.update(line_color="#8a939c", line_width=1.5, line_dash=[], fill_color="#8a939c", fill_alpha=0.2)
    plot = figure(
        x_range=x_range,
        y_range=y_range,
        x_axis_type=None,
        y_axis_type=None,
        tools=[box, lasso, pan, wheel],
        toolbar_location=None,
        min_border=1,  # Bokeh never clears the outermost half pixel of its canvas
        background_fill_alpha=0,
        border_fill_alpha=0,
        outline_line_color=None,
        sizing_mode="fixed",
        width=FALLBACK,
        height=FALLBACK,
        styles={"width": side, "height": side, "flex": "none", "outline": "1px solid #80808050"},
        stylesheets=[FOCUS],
        active_drag=box,
        active_scroll=wheel,
    )
    # Toolbar.active_drag is for the start only: changed later, Bokeh leaves two tools active
    switch = CustomJS(
        args={"box": box, "lasso": lasso, "pan": pan}, code=f"({{{', '.join(DRAGS)}}})[cb_obj.name].active = true"
    )
    plot.toolbar.js_on_change("name", switch)
    describe(plot, "Map")
    return plot


def describe(plot: figure, text: str) -> None:
    """Say what a map shows to who cannot see it."""
    said = {"role": "figure", "aria-roledescription": "map", "aria-label": text, "data-map": plot.id}
    if plot.html_attributes != said:
        plot.html_attributes = said


def set_drag(plot: figure, name: str) -> None:
    """Make dragging on the figure do one of `DRAGS`."""
    plot.toolbar.name = name


def add_image(plot: figure) -> tuple[ColumnDataSource, LinearColorMapper]:
    """Put a picture glyph on a figure; returns what `show_picture` fills."""
    source = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
    mapper = LinearColorMapper(palette=palettes.numbers("viridis"), low=0, high=255)
    plot.add_glyph(source, Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=mapper))
    return source, mapper


def image_data(picture: Picture | None, view: tuple | None) -> dict:
    """Data of `add_image`'s source: the picture in the view (x0, x1, y0, y1) it was made for."""
    if picture is None:
        return {"image": [], "x": [], "y": [], "dw": [], "dh": []}
    x0, x1, y0, y1 = view
    return {"image": [picture.image], "x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}


def add_sheet(plot: figure) -> ColumnDataSource:
    """Put a compressed picture, given by its URL, on a figure."""
    source = ColumnDataSource({"url": [], "x": [], "y": [], "w": [], "h": []})
    plot.add_glyph(source, ImageURL(url="url", x="x", y="y", w="w", h="h", anchor="bottom_left"))
    return source


def sheet_data(url: str, view: tuple | None) -> dict:
    """Data of `add_sheet`'s source."""
    if not url:
        return {"url": [], "x": [], "y": [], "w": [], "h": []}
    x0, x1, y0, y1 = view
    return {"url": [url], "x": [x0], "y": [y0], "w": [x1 - x0], "h": [y1 - y0]}


def add_rings(plot: figure, source: ColumnDataSource, width: float = 1.5) -> None:
    """Rings around the points (x, y, size) of `source`, seen on any color: white with a dark core."""
    for color, line_width in (("#ffffff", 2 * width + 0.5), ("#101418", width)):
        ring = Scatter(x="x", y="y", size="size", fill_color=None, line_color=color, line_width=line_width)
        plot.add_glyph(source, ring)  # one glyph: `plot.scatter` makes four, a sixth of the time that a page takes


def note(picture: Picture, column: Column) -> str:
    """One line under a map: how many objects, what share is clipped, how many have no value."""
    parts = [f"n {picture.shown:,}"]
    missing = picture.shown - picture.known
    if column.kind == "redshift" and missing and picture.shown:
        parts.append(f"{_percent(picture.known, picture.shown)} labelled")
    elif missing:
        parts.append(f"{missing:,} {'unknown' if column.is_category else 'NaN'}")
    if picture.beyond:
        parts.append(f"{_percent(picture.beyond, picture.known)} clipped")
    return " · ".join(parts)


def color_bar(picture: Picture, colormap: str) -> str:
    """A slim HTML bar with the limits at its ends."""
    colors = palettes.numbers(colormap)[palettes.FIRST :]
    stops = ", ".join(colors[round(i * (len(colors) - 1) / (STOPS - 1))] for i in range(STOPS))
    low, high = (_number(value, picture.limits) for value in picture.limits)
    return f'<b>{low}</b><i style="background: linear-gradient(to right, {stops})"></i><b>{high}</b>'


def legend(classes: tuple[str, ...], alone: int = -1, named: int = NAMED) -> str:
    """Swatches of classes as HTML, each to be pressed by its number, and named in full when pointed at.

    Parameters
    ----------
    alone : int
        The class that is isolated; −1 for none.
    named : int
        Up to so many classes their names stand beside the swatches.
    """
    colors = itertools.cycle(palettes.classes(len(classes))[palettes.FIRST :])
    parts = []
    for code, (name, color) in enumerate(zip(map(html.escape, classes), colors, strict=False)):
        text = name if len(classes) <= named else ""
        pressed = str(code == alone).lower()
        swatch = f'<u style="background: {color}"></u>{text}'
        parts.append(
            f'<span><button title="{name}" data-press="{code}" aria-pressed="{pressed}">{swatch}</button></span>'
        )
    return "".join(parts)


def _percent(part: int, whole: int) -> str:
    share = 100 * part / max(whole, 1)
    return f"{share:.1f} %" if share < 10 else f"{share:.0f} %"


def _number(value: float, limits: tuple[float, float]) -> str:
    """A limit with as many digits as its range needs."""
    if not np.isfinite(value):
        return "–"
    width = abs(limits[1] - limits[0])
    digits = int(np.clip(2 - np.floor(np.log10(width)), 0, 4)) if width > 0 else 2
    text = f"{value:,.{min(digits, 2 if width > 0.1 else 4)}f}"
    return text.replace("-", "−")
