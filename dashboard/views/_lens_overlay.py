"""Objects of another dataset on both rows of maps; never part of a selection."""

from html import escape

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.events import Tap
from bokeh.models import ColumnDataSource

from dashboard import cutouts, picking, theme
from dashboard.chart import HIGHLIGHT
from dashboard.defaults import offering
from dashboard.lens_overlays import NOBODY, legend, markers, others_with_images, place
from dashboard.lens_sides import Side, Sides
from dashboard.state import State
from dashboard.views._canvas import Canvas
from dashboard.views._lens_background import Background

NONE = {"none": ""}
THUMB = 48  # px
STYLE = """
.overlay { display: flex; gap: 8px; align-items: flex-start; }
.overlay img { border-radius: 3px; flex: none; }
"""


class OverlayPane(pn.viewable.Viewer):
    """The select of a dataset, and what its objects are called."""

    other = param.Selector(default="", objects=NONE, doc="Dataset whose objects lie on the maps; empty for none.")

    def __init__(self, sides: Sides, **params):
        super().__init__(**params)
        self.sides = sides
        self.layers = [Layer(side, sides.state, self._describe) for side in sides.both]
        self._datasets: dict = {}
        self._offered: tuple = ()
        self._picked = ""
        self.select = pmui.Select.from_param(
            self.param.other, label="Overlay", size="small", margin=0, width=130, description="", sx=theme.FIELD_SX
        )
        self.text = pn.pane.HTML(
            visible=False, margin=0, sizing_mode="stretch_width", stylesheets=[theme.CARD_CSS, STYLE]
        )

    def __panel__(self):
        return self.text

    def show(self) -> None:
        """Offer the other datasets, and place the objects of the chosen one on the runs in front."""
        state = self.sides.state
        offered = (state.dataset, state.revision)
        if offered != self._offered:
            self._offered = offered
            self._datasets = others_with_images(state.home, state.dataset)
            with offering(self, other=NONE | {name: name for name in self._datasets}):
                self.other = self.other if self.other in self._datasets else ""
        self.place()

    @param.depends("other", watch=True)
    def place(self) -> None:
        """Place the objects, where they are not yet."""
        self._picked = self._picked if self.other else ""
        needed = (True, not self.sides.is_single)
        for layer, wanted in zip(self.layers, needed, strict=True):
            layer.place(self._datasets.get(self.other) if wanted else None)
        self._describe()

    def tap(self, canvas: Canvas, number: int, event: Tap) -> None:
        """Show the object whose diamond was clicked; else the canvas finds the lens."""
        found = self.layers[number].nearest(event, canvas.reach(event))
        if found:
            self._picked = found
            self._describe()
        else:
            canvas.tap(event)

    def _describe(self) -> None:
        dataset = self._datasets.get(self.other)
        if dataset is None:
            self.text.param.update(object="", visible=False)
            return
        lines = list(dict.fromkeys(line for layer in self.layers for line in layer.lines()))
        placed = [layer.overlay for layer in self.layers if layer.overlay is not None]
        if placed:
            name = escape(legend(dataset, len(placed[0].object_id)))
            lines.insert(0, f"<b style='color: {HIGHLIGHT}'>◇</b> {name}")
        image = self._thumbnail(dataset)
        if image:
            lines.append(f"<b>{escape(self._picked)}</b>")
        body = "".join(f"<div>{line}</div>" for line in lines)
        found = f"<div class=overlay>{image}<div>{body}</div></div>"
        self.text.param.update(object=found, visible=True)

    def _thumbnail(self, dataset) -> str:
        row = np.flatnonzero(dataset.object_id == self._picked)
        if not len(row):
            return ""
        url = cutouts.data_url(cutouts.pictures(dataset, row)[0])
        return f"<img src='{url}' width={THUMB} height={THUMB} alt='{escape(self._picked)}'>"


class Layer:
    """The diamonds on one row of maps."""

    def __init__(self, side: Side, state: State, on_change):
        self.side, self.state, self._on_change = side, state, on_change  # a side's own user is nobody
        self.source = ColumnDataSource(NOBODY)
        self.overlay = None
        self._wanted: tuple = ()
        self._said = ""
        self._background = Background("place")

    def place(self, dataset) -> None:
        """Draw the objects of a dataset, or nothing; cheap when they are there."""
        side = self.side
        wanted = (dataset and dataset.meta.fingerprint, side.run, side.projection)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._background.forget()
        self._take(None)
        if dataset is None or side.current is None or not side.projection:
            return
        run, own, projection, user = side.current, side.data, side.projection, self.state.user
        self._said = f"placing {escape(dataset.name)} on the map of {escape(run.name)}…"
        self._background.run(lambda: place(run, own, dataset, projection, user), self._take, self._fail)

    def nearest(self, event: Tap, reach: float) -> str:
        """Name of the object whose diamond was clicked; empty for none."""
        if self.overlay is None or not len(self.overlay.positions):
            return ""
        row = picking.nearest_point(self.overlay.positions, event.x, event.y, reach)
        return "" if row is None else str(self.overlay.object_id[row])

    def lines(self) -> list[str]:
        """What there is to say, as HTML."""
        notes = [escape(note) for note in self.overlay.notes] if self.overlay else []
        return notes + [self._said] * bool(self._said)

    def _take(self, overlay) -> None:
        self.overlay, self._said = overlay, ""
        self.source.data = markers(overlay)
        self._on_change()

    def _fail(self, error: str) -> None:
        self._said = f"{escape(self.side.current.name if self.side.current else '')}: {escape(error)}"
        self._on_change()
