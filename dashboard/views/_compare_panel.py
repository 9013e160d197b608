"""One run of a comparison: its name, its map, its numbers."""

import panel as pn
import panel_material_ui as pmui

from dashboard import raster, theme
from dashboard.compare_choices import Comparison
from dashboard.compare_hover import Hover
from dashboard.compare_sides import Side
from dashboard.compare_table import LETTERS, STYLE, run_html
from dashboard.markdown import Markdown
from dashboard.raster import Frame
from dashboard.views._canvas import Canvas
from dashboard.views._maps import Maps

CELL, SIDE = "var(--pz-compare-cell)", "var(--pz-compare-map)"
LETTER = "<b style='color: var(--pz-accent)'>{}</b>"
CLOSE_SX = {"padding": "1px", "& .material-icons": {"fontSize": "15px"}}


class LaidCanvas(Canvas):
    """A canvas of the positions that the comparison gave the map, not of those in the run's folder."""

    def frame(self, side: int | None = None) -> Frame:
        side = side or self.side
        return raster.frame(self.state.order, self.view, (side, side))


class RunPanel(pn.viewable.Viewer):
    """The map of one side.

    Parameters
    ----------
    comparison : Comparison
    hover : Hover
    side : Side
    number : int
        Its place, the reference's is 0.
    """

    def __init__(self, comparison: Comparison, hover: Hover, side: Side, number: int, **params):
        super().__init__(**params)
        self.comparison, self.hover, self.side, self.number = comparison, hover, side, number
        self.maps = Maps(side, LaidCanvas(side), 1, 1, SIDE, titled=False, choices=comparison)
        hover.add(self.maps.cells[0].plot, number)
        select = pmui.Select.from_param(
            side.param.run, label=f"Run {LETTERS[number]}", description="", size="small", variant="standard", margin=0,
            sx=theme.MAP_SELECT_SX, min_width=0, sizing_mode="stretch_width",
        )  # fmt: skip
        letter = pn.pane.HTML(LETTER.format(LETTERS[number]), margin=0, width=14)
        self.close = pmui.IconButton(
            icon="close", size="small", margin=0, description="Take this run away", sx=CLOSE_SX
        )
        self.close.on_click(lambda event: comparison.remove(number))
        self.head = pn.Row(letter, select, self.close, margin=0, styles={"width": "100%", "gap": "4px"})
        self.text = Markdown(margin=(20, 10), stylesheets=[theme.TEXT_CSS])
        self.numbers = pn.pane.HTML(margin=0, stylesheets=[STYLE], styles={"flex": "1 1 104px", "min-width": "0"})
        self._told: tuple = ()  # what the numbers are of
        below = pn.Row(  # numbers beside the map where there is room, else under it
            pn.Column(self.maps, self.text, margin=0, styles={"width": SIDE, "flex": "none"}), self.numbers,
            margin=0, styles={"width": "100%", "flex-wrap": "wrap", "gap": "0 8px"},
        )  # fmt: skip
        self._layout = pn.Column(self.head, below, margin=0, styles={"width": CELL, "flex": "none"})

    def __panel__(self):
        return self._layout

    def show(self) -> None:
        """The map and its numbers, or what to do to have them."""
        side = self.side
        text = ""
        if side.problem:
            text = f"#### This run cannot be shown\n{side.problem}"
        elif side.positions is None:
            text = "#### This run has no map yet\n`photoz project RUN` makes one; it appears here by itself."
        self.text.object = text
        self.text.visible, self.maps.visible = bool(text), not text
        self.close.visible = len(self.comparison.shown) > 2
        self.hover.place(self.number, side.positions)
        comparison = self.comparison
        told = (comparison.laid, comparison.coloring, *comparison.state.columns)
        if told != self._told:
            self._told = told
            self.numbers.object = (
                run_html(side, comparison.coloring, comparison.state.columns, comparison.company)
                if side.current
                else ""
            )
        self.maps.update()
