"""The gallery: the selected objects, or those in view, a page at a time."""

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param

from dashboard import cutouts, ranks, theme
from dashboard.classes_columns import label_class
from dashboard.state import NO_ROWS, State
from dashboard.thumbnails import Thumbnails
from dashboard.views._canvas import Canvas

TILE = 52  # px
CROP = 0.75
SAMPLE = 2000  # objects in view that can be walked through when nothing is selected


class Gallery(pn.viewable.Viewer):
    """Thumbnails of the selection; without one, of what is in view.

    Parameters
    ----------
    state : State
    canvas : Canvas
    tile : int
        Side of a thumbnail [px].
    tools : sequence
        What stands beside the title.
    """

    page = param.Integer(default=0, bounds=(0, None), doc="Page in front, from 0.")

    def __init__(self, state: State, canvas: Canvas, tile: int = TILE, tools=(), **params):
        super().__init__(**params)
        self.state, self.canvas, self.tools = state, canvas, tools
        self.tiles = Thumbnails(self._focus, tile=tile, sizing_mode="stretch_both", margin=0)
        self.title = pn.pane.HTML(
            margin=0, stylesheets=[theme.NOTE_CSS], css_classes=["pz-title"], align="center",
            styles={"flex": "0 1 auto", "min-width": "0", "overflow": "hidden", "text-overflow": "ellipsis"},
        )  # fmt: skip
        self.place = pn.pane.HTML(margin=(0, 0, 0, 8), stylesheets=[theme.NOTE_CSS], align="center")
        small = {"size": "small", "margin": 0, "icon_size": "16px", "align": "center"}
        self.clear = pmui.Button(
            label="clear", size="small", variant="text", margin=0, align="center", on_click=self._clear
        )
        self.back = pmui.IconButton(
            icon="chevron_left", description="Previous page", on_click=lambda event: self._turn(-1), **small
        )
        self.next = pmui.IconButton(
            icon="chevron_right", description="Next page", on_click=lambda event: self._turn(1), **small
        )
        self._rows, self._stale = NO_ROWS, False  # whether something changed behind another page
        state.param.watch(self._come, "page")
        state.param.watch(self._list, ["selected", "view", "positions"])
        state.param.watch(self._draw, ["band", "table"])
        state.param.watch(self._mark, "focus_row")
        self.tiles.param.watch(self._draw, "capacity")
        self._list()

    def __panel__(self):
        space = pn.Spacer(sizing_mode="stretch_width")
        head = pn.Row(self.title, self.clear, *self.tools, space, self.place, self.back, self.next,
                      margin=0, height=26, sizing_mode="stretch_width")  # fmt: skip
        return pn.Column(head, self.tiles, margin=0, sizing_mode="stretch_both")

    def captions(self, rows: np.ndarray) -> list[str]:
        """What stands below the thumbnails of these rows (M,)."""
        return captions(self.state, rows)

    @property
    def capacity(self) -> int:
        return max(self.tiles.capacity, 8)

    def walk(self, step: int) -> None:
        """Focus the next (1) or previous (−1) object of the gallery."""
        if len(self._rows) == 0:
            return
        here = np.flatnonzero(self._rows == self.state.focus_row)
        place = int(here[0]) + step if len(here) else 0
        self.state.focus = str(self.state.data.object_id[self._rows[place % len(self._rows)]])

    def _list(self, *events) -> None:
        """Find what to show; the page stays where it is when that is what is shown already."""
        if not self.canvas.is_in_front:
            self._stale = True
            return
        rows, text = self._found()
        self.title.object = text
        self.clear.visible = bool(self.state.selected.any())
        if np.array_equal(rows, self._rows):
            return
        self._rows = rows
        if self.page:
            self.page = 0
        else:
            self._draw()

    def _found(self) -> tuple[np.ndarray, str]:
        """Rows (M,) to show, and what they are."""
        if self.state.positions is None:
            return NO_ROWS, ""
        total, chosen = f"{len(self.state.selected):,}", np.flatnonzero(self.state.selected)
        if len(chosen):
            return chosen, f"Selection <b>{len(chosen):,}</b> of {total}"
        frame = self.canvas.frame()
        text = f"In view <b>{frame.count:,}</b> of {total}<span class=drag> · drag on a map to select</span>"
        return ranks.first(frame, self.state.positions, SAMPLE), text

    def _come(self, event) -> None:
        """Show what has changed meanwhile."""
        if self._stale and self.canvas.is_in_front:
            self._stale = False
            self._list()
            self._draw()

    @param.depends("page", watch=True)
    def _draw(self, *events) -> None:
        if not self.canvas.is_in_front:
            self._stale = True
            return
        rows = self._rows[self.page * self.capacity :][: self.capacity]
        pictured = cutouts.has_pictures(self.state.data)
        names = self.state.data.object_id[rows].tolist() if self.state.data else []
        self.tiles.param.update(
            sheet=cutouts.strip(cutouts.pictures(self.state.data, rows, self.state.band, CROP)) if pictured else "",
            names=names,
            captions=self.captions(rows) if pictured else names,
            current=self.state.focus,
        )
        first = self.page * self.capacity + 1
        self.place.object = f"{first:,}–{first + len(rows) - 1:,}" if len(rows) else "nothing here"

    def _mark(self, event) -> None:
        self.tiles.current = self.state.focus
        here = np.flatnonzero(self._rows == self.state.focus_row)
        if len(here):
            self.page = int(here[0]) // self.capacity

    def _turn(self, step: int) -> None:
        pages = -(-len(self._rows) // self.capacity)
        self.page = (self.page + step) % max(pages, 1)

    def _focus(self, name: str) -> None:
        self.state.focus = name

    def _clear(self, event) -> None:
        self.state.select([])


def captions(state: State, rows: np.ndarray) -> list[str]:
    """The redshift of each row: `z 1.23` where it is known, `~1.23` where it is predicted; of classes the class."""
    if label := label_class(state.data):
        return state.data.catalog[label].iloc[rows].fillna("").astype(str).tolist()
    known = [state.values(name).array[rows] if name in state.table else None for name in ("z_spec", "z_phot")]
    return [_caption(*(None if column is None else column[i] for column in known)) for i in range(len(rows))]


def _caption(z_spec: float | None, z_phot: float | None) -> str:
    if z_spec is not None and np.isfinite(z_spec):
        return f"z {z_spec:.2f}"
    return f"~{z_phot:.2f}" if z_phot is not None and np.isfinite(z_phot) else ""
