"""The mosaic: the map divided into cells, each showing one of its galaxies."""

import numpy as np
import panel as pn
import panel_material_ui as pmui

from dashboard import cache, cutouts, figures, palettes, pictures, raster, theme
from dashboard.similar_choices import same
from dashboard.state import NO_ROWS, State
from dashboard.views._canvas import Canvas
from dashboard.views._in_view import in_view_button

SIDE = "var(--pz-mosaic)"
CELL = 24  # px of a cell when the grid is chosen by size
CROP = 0.6  # central share of a stamp's side that a cell shows
CANDIDATES = 24  # galaxies of a cell among which the medoid is looked for
DRAWN = ("data", "positions", "view", "selected", "band", "pick", "grid")


class Mosaic(pn.viewable.Viewer):
    """Cutouts, or spectra, in the place of points; the density of points for a dataset with neither."""

    def __init__(self, state: State, canvas: Canvas, **params):
        super().__init__(**params)
        self.state, self.canvas = state, canvas
        self.plot = canvas.plot(SIDE, self.resize, self._tap)
        self.density, self.mapper = figures.add_image(self.plot)
        self.sheet = figures.add_sheet(self.plot)
        figures.add_rings(self.plot, canvas.rings)
        figures.describe(self.plot, "Mosaic of cutouts on the map")
        self.note = pn.pane.HTML(margin=0, css_classes=["pz-note"], stylesheets=[theme.NOTE_CSS])
        self._side = figures.FALLBACK
        self._drawn: tuple = ()  # what the picture is of
        self._shown: tuple = ()  # rows and cells of the cutouts, and the grid
        state.param.watch(self._draw, [*DRAWN, "page"])
        self._draw()

    def __panel__(self):
        quiet = {"size": "small", "variant": "standard", "description": "", "margin": 0, "sx": theme.MAP_SELECT_SX}
        choices = [
            pmui.Select.from_param(self.state.param[name], label=label, width=width, **quiet)
            for name, label, width in (
                ("band", "Band of the mosaic", 74),
                ("grid", "Cells of the mosaic", 76),
                ("pick", "Galaxy of a cell", 80),
            )
        ]
        for choice, needed in zip(choices, (cutouts.has_images, *[cutouts.has_pictures] * 2), strict=True):
            choice.visible = pn.bind(needed, self.state.param.data)
        drag = pmui.RadioButtonGroup.from_param(
            self.state.param.drag,
            label="Dragging",
            description="",
            size="small",
            variant="outlined",
            margin=0,
            sx=theme.SMALL_TABS_SX,
        )
        select = in_view_button(self.canvas)
        head = pn.Row(*choices, pn.Spacer(sizing_mode="stretch_width"), drag, select, margin=0, styles={"width": SIDE})
        column = [head, pn.pane.Bokeh(self.plot, margin=0), self.note]
        styles = {"width": SIDE, "flex": "none", "min-width": "0"}
        return pn.Column(*column, margin=0, styles=styles, stylesheets=[theme.PHONE_HIDES])

    def resize(self, side: int) -> None:
        """Draw for the size [px] at which the browser shows the mosaic."""
        self._side = side
        self._draw()

    def cells_per_side(self) -> int:
        """The chosen grid, or one of cells about `CELL` pixels wide."""
        return self.state.grid or int(np.clip(self._side // CELL, 12, 30))

    @property
    def shown(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Rows (M,) and cells (M,) of the cutouts, and the grid's cells per side; no rows where there are none."""
        return self._shown or (NO_ROWS, NO_ROWS, 1)

    def _draw(self, *events) -> None:
        if self.state.positions is None or not self.canvas.is_in_front:
            return
        wanted = (self._side, *(getattr(self.state, name) for name in DRAWN))
        if same(wanted, self._drawn):
            return
        self._drawn = wanted
        url = data = None
        if cutouts.has_pictures(self.state.data):
            url = self._sheet()
        else:
            data = self._density()
        with pn.io.hold():
            view = self.canvas.view
            self.sheet.data = figures.sheet_data(url, view)
            self.density.data = figures.image_data(data, view)

    def _sheet(self) -> str:
        state, grid = self.state, self.cells_per_side()
        frame = self.canvas.frame(grid)
        any_selected = state.selected.any()
        best = raster.lowest(frame, cache.order(len(state.data)), state.selected if any_selected else None)
        if state.pick == "medoid":
            best = self._medoids(frame, best)
        cells = np.flatnonzero(best >= 0)
        rows = best[cells]
        self._shown = (rows, cells, grid)
        tiles = cutouts.pictures(state.data, rows, state.band, CROP)
        faint = ~state.selected[rows] if any_selected else np.zeros(len(rows), bool)
        self.note.object = f"{len(rows):,} of {frame.count:,} objects in view"
        return cutouts.mosaic(tiles, cells, grid, self._side, faint)

    def _density(self):
        self._shown = ()
        self.note.object = "this dataset has no images: density of the objects"
        picture = pictures.density_picture(pictures.layers(self.canvas.frame(self._side), self.state.selected))
        self.mapper.palette = list(palettes.numbers("viridis"))
        return picture

    def _medoids(self, frame: raster.Frame, best: np.ndarray) -> np.ndarray:
        """Of each cell the galaxy nearest to the mean latents of (a seeded few of) the cell's galaxies."""
        latents, selected = cache.latents(self.state.current), self.state.selected
        keep = np.flatnonzero(selected[frame.rows] == selected[best[frame.pixel]]) if selected.any() else slice(None)
        rows, cells = frame.rows[keep], frame.pixel[keep]
        by_cell = np.lexsort((cache.order(len(latents))[rows], cells))
        rows, cells = rows[by_cell], cells[by_cell]
        first = np.r_[0, np.flatnonzero(np.diff(cells)) + 1]
        few = np.arange(len(rows)) - np.repeat(first, np.diff(np.r_[first, len(rows)])) < CANDIDATES
        rows, cells = rows[few], cells[few]
        first, number = np.unique(cells, return_index=True, return_inverse=True)[1:]
        mean = np.add.reduceat(latents[rows], first) / np.bincount(number)[:, None]
        distance = np.linalg.norm(latents[rows] - mean[number], axis=1)
        nearest = np.lexsort((distance, cells))[first]
        result = best.copy()
        result[cells[first]] = rows[nearest]
        return result

    def _tap(self, event) -> None:
        """Focus the galaxy whose cutout was clicked."""
        if not self._shown:
            self.canvas.tap(event)
            return
        rows, cells, grid = self._shown
        x0, x1, y0, y1 = self.canvas.view
        column, line = int((event.x - x0) / (x1 - x0) * grid), int((event.y - y0) / (y1 - y0) * grid)
        hit = np.flatnonzero(cells == line * grid + column)
        if len(hit):
            self.state.focus = str(self.state.data.object_id[rows[hit[0]]])
