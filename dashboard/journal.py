"""Pictures for a journal: the maps on screen, shaded on a fine raster, and the mosaic at 300 dpi."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dashboard import cutouts, figures, pictures, raster
from dashboard.compare_table import LETTERS
from dashboard.defaults import DENSITY, named_maps
from dashboard.journal_figure import DPI, FORMS, draw
from dashboard.shading import Shade, look, shade
from dashboard.state import State
from photoz_core.errors import PhotozError, unknown
from photoz_core.export import file_name, provenance

PIXELS = 1200  # of the raster, a side
MOSAIC = 7.0  # in
MEANS = ("pca",)  # maps whose axes have a scale; those of UMAP and t-SNE mean nothing


@dataclass(frozen=True, eq=False)
class Plate:
    """A shaded map, ready to be drawn.

    Parameters
    ----------
    name : str
        The column.
    shade : Shade
    view : tuple
        (x0, x1, y0, y1) in map coordinates.
    axes : str
        Name of the projection.
    label : str
        What the colors are, with unit.
    note : str
        Counts of what is shown, clipped, unknown.
    about : dict of str
        Provenance and settings.
    letter : str
        Of one among several.
    """

    name: str
    shade: Shade
    view: tuple[float, float, float, float]
    axes: str
    label: str
    note: str
    about: dict[str, str]
    letter: str = ""

    @property
    def has_scale(self) -> bool:
        """Whether the axes mean something."""
        return self.axes.partition(" ")[0].lower() in MEANS

    @property
    def caption(self) -> str:
        """Run with its dataset; counts; map, colors and selection: what a reader needs to make the figure again."""
        about = self.about
        limits = f"limits {about['limits']}" if "limits" in about else ""
        limits += f" (percentiles {about['percentiles']})" if "percentiles" in about else ""
        chosen = f"{about['selected']} selected" if "selected" in about else ""
        settings = (self.axes, about.get("layout"), about.get("colormap"), limits, chosen)
        return f"{about['run_name']}\n{self.note}\n{' · '.join(filter(None, settings))}"


def plate(state: State, name: str, pixels: int) -> Plate:
    """Shade the column `name` in the state's view, computed anew on `pixels` × `pixels`.

    Raises
    ------
    PhotozError
        If there is no map, or no such column.
    """
    if state.positions is None:
        raise PhotozError("there is no map to draw; train a run first")
    frame = raster.frame(state.order, state.view or raster.whole(state.order), (pixels, pixels))
    layers, view = pictures.layers(frame, state.selected), frame.view
    shaded, column = shade(layers, look(state, name)), state.column(name)
    axes = next(iter(named_maps([state.projection])))
    low, high = shaded.picture.limits
    about = provenance(state.data, state.current, state.projection) | {"color": column.title(name)}
    if shaded.colormap:
        about |= {"colormap": shaded.colormap, "limits": f"{low:.6g} to {high:.6g}"}
        about |= {} if name == DENSITY else {"percentiles": f"{state.clip[0]:g} to {state.clip[1]:g}"}
    about |= {"view": " ".join(f"{edge:.6g}" for edge in view), "raster": f"{pixels} x {pixels}"}
    if state.selected.any():
        about["selected"] = f"{int(state.selected.sum())} of {len(state.selected)} objects"
    return Plate(name, shaded, view, axes, column.title(name), figures.note(shaded.picture, column), about)


def plates(sides: Sequence[State], name: str, pixels: int, layout: str = "") -> list[Plate]:
    """A plate of each side of a comparison that has the column, with its letter; `layout` tells how the maps lie.

    Raises
    ------
    PhotozError
        If no side has the column and a map.
    """
    said, found = {"layout": layout} if layout else {}, []
    for letter, side in zip(LETTERS, sides, strict=False):
        if side.positions is not None and (name == DENSITY or side.has(name)):
            drawn = plate(side, name, pixels)
            found.append(replace(drawn, letter=letter, about=drawn.about | said))
    if not found:
        raise PhotozError(f"none of the runs has a map of {name or 'anything'}")
    return found


def map_file(drawn: Sequence[Plate], form: str) -> tuple[str, bytes]:
    """Name and bytes of a figure of one map or of several; `form` is one of `FORMS`' values."""
    if form not in FORMS.values():
        raise unknown("figure format", form, FORMS.values())
    about, others = drawn[0].about, len(drawn) - 1
    words = [about["run"], *[f"and {others}"] * (others > 0), about["projection"], drawn[0].name]
    return file_name(*words, suffix=form), draw(drawn, form)


@dataclass(frozen=True, eq=False)
class Sheet:
    """A mosaic: its picture (H, W, 4) uint8, and provenance and settings."""

    picture: np.ndarray
    about: dict[str, str]


def sheet(state: State, rows: np.ndarray, cells: np.ndarray, grid: int, crop: float) -> Sheet:
    """The mosaic on screen, computed anew at 300 dpi.

    Parameters
    ----------
    rows, cells : (M,) int
        Objects and their cells, see `dashboard.cutouts.mosaic_sheet`.
    grid : int
        Cells per side.
    crop : float
        Central share of a stamp's side that a cell shows.

    Raises
    ------
    PhotozError
        If there is no object in view, or none of them has a picture.
    """
    if not len(rows):
        raise PhotozError("there is no mosaic to save: no object with a picture is in view")
    faint = ~state.selected[rows] if state.selected.any() else np.zeros(len(rows), bool)
    tiles = cutouts.pictures(state.data, rows, state.band, crop)
    about = provenance(state.data, state.current, state.projection) | {"band": state.band, "grid": f"{grid} x {grid}"}
    return Sheet(cutouts.mosaic_sheet(tiles, cells, grid, round(MOSAIC * DPI), faint), about)


def mosaic_file(drawn: Sheet) -> tuple[str, bytes]:
    """Name and bytes of a mosaic as a PNG of 300 dpi."""
    info, file, about = PngInfo(), io.BytesIO(), drawn.about
    for name, value in about.items():
        info.add_text(name, value)
    Image.fromarray(drawn.picture).save(file, "PNG", dpi=(DPI, DPI), pnginfo=info)
    return file_name(about["run"], about["projection"], "mosaic", suffix="png"), file.getvalue()
