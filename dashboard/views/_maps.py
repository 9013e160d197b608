"""Maps of one run, each colored by a column."""

from html import escape

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.plotting import figure

from dashboard import figures, picking, pictures, shading, theme
from dashboard.defaults import DENSITY, MAPS, offering, titled
from dashboard.pictures import Layers
from dashboard.pressable import Pressable
from dashboard.shading import Look, Shade
from dashboard.similar_choices import same
from dashboard.state import State
from dashboard.views._canvas import Canvas
from photoz_core.columns import Column

SIDE, ABSENT = "var(--pz-map)", "gray"  # width; colormap of a column that is not there
DRAWN = ("positions", "table", "view", "selected", "columns", "colormap", "clip", "reviewed", "page")


class Maps(pn.viewable.Viewer):
    """The maps of `state.columns`; the pixels of the points are found once for all of them.

    Parameters
    ----------
    state : State
    canvas : Canvas
    count, rows : int
        Maps, and rows of them.
    side : str
        CSS width of a map.
    titled : bool
        Whether each map has the select of its column above it.
    on_tap : callable, optional
        Called with a click; by default the canvas finds the object.
    choices : Parameterized, optional
        Whose `columns` color the maps; the state, if not given.
    named : int
        Up to so many classes a legend says their names.
    """

    def __init__(
        self, state: State, canvas: Canvas, count=MAPS, rows=2, side=SIDE, titled=True, on_tap=None, choices=None,
        named=figures.NAMED, **params,
    ):  # fmt: skip
        super().__init__(**params)
        self.state, self.canvas, self.rows = state, canvas, rows
        plots = [canvas.plot(side, self.resize, on_tap) for _ in range(count)]
        self.cells = [MapCell(choices or state, canvas, i, plot, titled, named) for i, plot in enumerate(plots)]
        self._layers: Layers | None = None
        self._placed: tuple = ()  # what the layers are of
        state.param.watch(self.update, list(DRAWN))
        if choices is not None:
            choices.param.watch(self.update, "columns")
        self._draw()

    def __panel__(self):
        across, spread = -(-len(self.cells) // self.rows), {"justify-content": "space-between", "width": "100%"}
        parts = (self.cells[i : i + across] for i in range(0, len(self.cells), across))
        rows = [pn.Row(*cells, margin=0, styles=spread) for cells in parts]
        return pn.Column(*rows, margin=0, styles=theme.GAP | {"flex": "1", "min-width": "0"})

    def resize(self, side: int) -> None:
        """Draw for the size [px] at which the browser shows the maps, all of the same."""
        if side != self.canvas.side:
            self.canvas.side = side
            self._draw()

    def update(self, *events) -> None:
        """Draw what has changed."""
        self._draw()

    def _draw(self) -> None:
        state = self.state
        if state.positions is None or not self.canvas.is_in_front:
            return
        placed = (state.positions, state.view, state.selected, self.canvas.side)
        if not same(placed, self._placed):  # not by the events: another watcher may have drawn before they come
            self._layers, self._placed = pictures.layers(self.canvas.frame(), state.selected), placed
        columns, known = self.cells[0].choices.columns, tuple(state.colorable())
        names = [columns[cell.number] if cell.number < len(columns) else DENSITY for cell in self.cells]
        looks = {name: _look(state, name) for name in names}
        shading.prepare(self._layers, looks.values())
        with pn.io.hold():
            for cell, name in zip(self.cells, names, strict=True):
                cell.draw(self._layers, looks[name], known)


class MapCell(pn.viewable.Viewer):
    """One map: the select of its column, the figure, its color bar and its numbers."""

    column = param.Selector(objects=[DENSITY], default=DENSITY)

    def __init__(self, choices, canvas: Canvas, number: int, plot: figure, titled: bool, named: int, **params):
        super().__init__(**params)
        self.choices, self.state = choices, canvas.state
        self.number, self.plot, self.titled, self.named = number, plot, titled, named
        self.source, self.mapper = figures.add_image(self.plot)
        figures.add_rings(self.plot, canvas.near, width=0.9)
        figures.add_rings(self.plot, canvas.rings)
        self.select = pmui.Select.from_param(
            self.param.column, label=f"Column of map {number + 1}", description="", size="small", variant="standard",
            margin=0, sx=theme.MAP_SELECT_SX, min_width=0, sizing_mode="stretch_width",
        )  # fmt: skip
        self.scale = Pressable(
            self.isolate,
            margin=0,
            css_classes=["pz-scale", *["pz-roomy"] * (named > figures.NAMED)],
            stylesheets=[theme.SCALE_CSS],
            styles={"width": plot.styles["width"]},
        )
        self._drawn: tuple = ()
        self._palette: tuple[str, ...] = ()

    def __panel__(self):
        column = [*[self.select] * self.titled, pn.pane.Bokeh(self.plot, margin=0), self.scale]
        side = self.plot.styles["width"]
        hidden = [theme.PHONE_HIDES] * (self.number > 0)  # one map at a time; its select says which
        styles = {"width": side, "flex": "none", "min-width": "0"}
        return pn.Column(*column, margin=0, styles=styles, stylesheets=hidden)

    @param.depends("column", watch=True)
    def _choose(self):
        columns = list(self.choices.columns)
        if self.number < len(columns) and columns[self.number] != self.column:
            columns[self.number] = self.column
            self.choices.columns = columns

    def isolate(self, code: str, mode: str) -> None:
        """Select the objects of a class of the legend; once more, and nothing is selected."""
        codes = self.state.values(self.column).array
        again = mode == "replace" and picking.isolated(codes, self.state.selected) == int(code)
        self.state.select_rows(np.zeros(0, int) if again else np.flatnonzero(codes == int(code)), mode)

    def draw(self, layers: Layers, look: Look, known: tuple[str, ...]) -> None:
        """Show a column on these pixels, unless that is what it shows already; `known` are those that can be chosen."""
        offered = (look.name, *known)
        wanted = (offered, layers, *look.key)
        if same(wanted, self._drawn):
            return
        if not self._drawn or offered != self._drawn[0]:
            self._offer(look.name, known)
        self._drawn = wanted
        shaded = shading.shade(layers, look)
        self.source.data = figures.image_data(shaded.picture, layers.frame.view)
        if shaded.palette is not self._palette:
            self._palette, self.mapper.palette = shaded.palette, list(shaded.palette)
        said = figures.note(shaded.picture, look.column)
        self.scale.object = self._scale(shaded, look, said)
        figures.describe(self.plot, f"Map colored by {look.column.title(look.name)}: {said}")

    def _offer(self, name: str, known: tuple[str, ...]) -> None:
        with offering(self, column=titled([*known, DENSITY, name], self.state.column)):
            self.column = name

    def _scale(self, shaded: Shade, look: Look, said: str) -> str:
        """The HTML under the map: colors and numbers."""
        if look.colormap == ABSENT:
            return f"<p>this run has no {escape(look.column.title(look.name))}</p>"
        hint = _hint(look.column, look.name)
        if shaded.colormap:
            scale = f"<div class=bar title='{hint}'>{figures.color_bar(shaded.picture, shaded.colormap)}</div>"
        else:
            alone = picking.isolated(look.values.array, self.state.selected)
            scale = f"<div class=legend>{figures.legend(shaded.classes, alone, self.named)}</div>"
        return f"{scale}<p title='{hint}'>{said}</p>"


def _look(state: State, name: str) -> Look:
    """How a column is colored; one that the run has not is gray where objects are."""
    if name == DENSITY or state.has(name):
        return shading.look(state, name)
    return Look(name, state.column(name), None, colormap=ABSENT)


def _hint(column: Column, name: str) -> str:
    """What a column is, for who points at its numbers: name, unit, what it says."""
    return escape(" · ".join(filter(None, (column.title(name), column.description))))
