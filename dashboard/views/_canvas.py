"""What all maps of a page share: ranges, tools, rings, and what drawing, clicking and zooming on them do."""

from collections.abc import Callable

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, PanStart, RangesUpdate, SelectionGeometry, Tap
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from dashboard import cache, figures, map_keys, picking, raster
from dashboard.raster import Frame
from dashboard.state import State

PAUSE = 50  # ms that zooming must have gone on before the maps are drawn again
REACH = 14  # px within which a click finds a galaxy


class Canvas:
    """The shared part of several figures of one map.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State):
        self.state, self._page = state, state.page
        self._whole: tuple = (None, None)  # the positions, and the view of all of them
        self.x_range, self.y_range = Range1d(0, 1), Range1d(0, 1)
        self.rings, self.near = (ColumnDataSource({"x": [], "y": [], "size": []}) for _ in range(2))
        self.plots: list[figure] = []
        self._sides: dict[str, int] = {}
        self._mode = "replace"
        self._pending: tuple | None = None
        self.side = figures.FALLBACK  # px of a map, as soon as the browser has told it
        state.param.watch(self._follow_view, ["view", "positions"])
        state.param.watch(self._draw_rings, ["positions", "focus_row", "neighbours"])
        state.param.watch(self._follow_drag, "drag")
        self._follow_view()
        self._draw_rings()

    def plot(self, side: str, on_resize: Callable[[int], None], on_tap: Callable | None = None) -> figure:
        """A figure of CSS width `side` on this canvas; `on_resize` gets its side [px] once it is laid out."""
        plot = figures.frame_figure(self.x_range, self.y_range, side)
        plot.on_event(PanStart, self._begin)
        plot.on_event(SelectionGeometry, self._select)
        plot.on_event(Tap, on_tap or self.tap)
        plot.on_event(DoubleTap, lambda event: self.state.param.update(view=None))
        plot.on_change("inner_width", lambda attr, old, side: self._resize(plot, side, on_resize))
        if not self.plots:  # the event comes from every figure that shares the ranges
            plot.on_event(RangesUpdate, self._zoom)
        self.plots.append(plot)
        return plot

    @property
    def is_in_front(self) -> bool:
        """Whether the page is seen that was in front when the canvas was made; what is not seen need not be drawn."""
        return self.state.page == self._page

    @property
    def view(self) -> tuple[float, float, float, float]:
        """What the maps show (x0, x1, y0, y1), the whole map where nothing else is chosen; there must be a map.

        Raises
        ------
        PhotozError
            If an edge is no finite number.
        """
        positions = self.state.positions
        if self._whole[0] is not positions:
            self._whole = (positions, raster.whole(positions))
        return raster.wide(self.state.view or self._whole[1])

    def frame(self, side: int | None = None) -> Frame:
        """Points in view on a frame of `side` × `side` pixels, of a map's side if not given."""
        state, side = self.state, side or self.side
        return cache.frame(state.current, state.projection, state.view, (side, side))

    def _resize(self, plot: figure, side: int, on_resize: Callable[[int], None]) -> None:
        if side and side != self._sides.get(plot.id):
            self._sides[plot.id] = side
            on_resize(side)

    # --- from the browser -------------------------------------------------------------------------------------------

    def _begin(self, event: PanStart) -> None:
        keys = event.modifiers or {}
        self._mode = "add" if keys.get("shift") else "subtract" if keys.get("ctrl") or keys.get("alt") else "replace"

    def _select(self, event: SelectionGeometry) -> None:
        positions, shape = self.state.positions, event.geometry
        if positions is None or not event.final:
            return
        if shape["type"] == "rect":
            rows = picking.in_box(positions, shape["x0"], shape["x1"], shape["y0"], shape["y1"])
        else:
            rows = picking.in_polygon(positions, shape["x"], shape["y"])
        self.state.select_rows(rows, self._mode)
        self._mode = "replace"

    def tap(self, event: Tap) -> None:
        """Focus the galaxy nearest to a click, if one is near."""
        if self.state.positions is None:
            return
        row = picking.nearest_point(self.state.positions, event.x, event.y, self.reach(event))
        if row is not None:
            self.state.focus = str(self.state.data.object_id[row])

    def press(self, key: str, mode: str = "replace") -> None:
        """Do what a key asks for on the map that has the keyboard."""
        positions = self.state.positions
        if positions is None:
            return
        view = self.view
        if key == map_keys.WHOLE:
            self.state.view = None
        elif key == map_keys.TAKE:
            row = picking.nearest_point(positions, *map_keys.middle(view), np.inf)
            if row is not None:
                self.state.focus = str(self.state.data.object_id[row])
        elif key == map_keys.SELECT:
            self.select_in_view(mode)
        else:
            self.state.view = raster.wide(map_keys.moved(view, key))

    def select_in_view(self, mode: str = "replace") -> None:
        """Select the objects that the map shows."""
        positions = self.state.positions
        if positions is not None:
            self.state.select_rows(picking.in_box(positions, *self.view), mode)

    def reach(self, event: Tap) -> float:
        """How far from a click a point may be to be meant, in map coordinates."""
        side = self._sides.get(event.model.id, figures.FALLBACK)
        return REACH * (self.x_range.end - self.x_range.start) / side

    def _zoom(self, event: RangesUpdate) -> None:
        """Draw again soon: of the many events of one gesture the last counts."""
        first = self._pending is None
        self._pending = (event.x0, event.x1, event.y0, event.y1)
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            self._apply_zoom()
        elif first:
            document.add_timeout_callback(self._apply_zoom, PAUSE)

    def _apply_zoom(self) -> None:
        view, self._pending = self._pending, None
        if view and (view := raster.wide(view)) != self.state.view:
            self.state.view = view

    # --- to the browser ---------------------------------------------------------------------------------------------

    def _follow_view(self, *events) -> None:
        if self.state.positions is None:
            return
        view = self.view
        for bounds, (start, end) in ((self.x_range, view[:2]), (self.y_range, view[2:])):
            if (bounds.start, bounds.end) != (start, end):
                bounds.update(start=start, end=end)

    def _draw_rings(self, *events) -> None:
        """A ring around the galaxy in focus, small ones around its neighbours in latent space."""
        state = self.state
        focus = [state.focus_row] if state.focus_row >= 0 else []
        for source, rows, size in ((self.rings, focus, 13), (self.near, state.neighbours, 5)):
            points = state.positions[rows] if state.positions is not None and len(rows) else np.zeros((0, 2))
            source.data = {"x": points[:, 0], "y": points[:, 1], "size": [size] * len(points)}

    def _follow_drag(self, event) -> None:
        for plot in self.plots:
            figures.set_drag(plot, self.state.drag)
