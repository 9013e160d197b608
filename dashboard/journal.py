"""Pictures for a journal: the map on screen with vector axes over a fine raster, the mosaic at 300 dpi.

matplotlib is imported when a figure is asked for; its fonts alone take half a second.
"""

import io
from dataclasses import dataclass
from threading import Lock

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dashboard import cutouts, figures, palettes, pictures, raster
from dashboard.defaults import DENSITY, named_maps
from dashboard.shading import Shade, look, shade
from dashboard.state import State
from photoz_core.errors import PhotozError, unknown
from photoz_core.export import file_name, provenance

FORMS = {"PDF": "pdf", "SVG": "svg", "PNG": "png"}
PIXELS = 1200  # of the raster, a side
DPI = 300
SIDE = 3.1  # in, of the map: with axes and color bar one column of a journal
MOSAIC = 7.0  # in
MEANS = ("pca",)  # maps whose axes have a scale; those of UMAP and t-SNE mean nothing
SMALL, TINY, LINE = 8, 5.5, 0.6  # pt
_one_at_a_time = Lock()  # matplotlib's settings are the process's


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
    """

    name: str
    shade: Shade
    view: tuple[float, float, float, float]
    axes: str
    label: str
    note: str
    about: dict[str, str]

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
        settings = " · ".join(filter(None, (self.axes, about.get("colormap"), limits, chosen)))
        return f"{about['run_name']}\n{self.note}\n{settings}"


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


def map_file(drawn: Plate, form: str) -> tuple[str, bytes]:
    """Name and bytes of a figure; `form` is one of `FORMS`' values."""
    if form not in FORMS.values():
        raise unknown("figure format", form, FORMS.values())
    about = drawn.about
    return file_name(about["run"], about["projection"], drawn.name, suffix=form), draw(drawn, form)


def draw(drawn: Plate, form: str = "pdf", dpi: int = DPI) -> bytes:
    """The figure as a PDF (TrueType fonts), SVG (text as outlines) or PNG, with provenance in its metadata."""
    import matplotlib
    from matplotlib.figure import Figure

    file = io.BytesIO()
    with _one_at_a_time, matplotlib.rc_context({"pdf.fonttype": 42, "svg.fonttype": "path", "font.size": SMALL}):
        figure = Figure(figsize=(SIDE, SIDE))
        axes = figure.add_axes((0, 0, 1, 1))
        colors = matplotlib.colors.to_rgba_array(drawn.shade.palette)
        image = (255 * colors[drawn.shade.picture.image]).round().astype(np.uint8)
        axes.imshow(image, extent=drawn.view, origin="lower", aspect="auto", interpolation="none")
        _name_axes(axes, drawn)
        (_bar if drawn.shade.colormap else _legend)(figure, axes, drawn)
        axes.text(
            0,
            -0.15 if drawn.has_scale else -0.09,
            drawn.caption,
            transform=axes.transAxes,
            fontsize=TINY,
            va="top",
            color="0.35",
            parse_math=False,
        )
        figure.savefig(
            file, format=form, dpi=dpi, bbox_inches="tight", pad_inches=0.03, metadata=_metadata(drawn, form)
        )
    return file.getvalue()


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


def _name_axes(axes, drawn: Plate) -> None:
    for number, axis in enumerate((axes.xaxis, axes.yaxis), 1):
        axis.set_label_text(f"{drawn.axes} {number}", fontsize=SMALL)
    if not drawn.has_scale:
        axes.set(xticks=[], yticks=[])
    axes.tick_params(direction="in", top=True, right=True, width=LINE)
    axes.spines[:].set_linewidth(LINE)


def _bar(figure, axes, drawn: Plate) -> None:
    """A color bar with its label and unit; none where no object has a value."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, LogNorm, Normalize

    low, high = drawn.shade.picture.limits
    if not np.isfinite([low, high]).all():
        return
    if low == high:
        low, high = low - 0.5, high + 0.5
    norm = LogNorm(low, high) if drawn.name == DENSITY else Normalize(low, high)
    colors = ScalarMappable(norm, ListedColormap(drawn.shade.palette[palettes.FIRST :]))
    bar = figure.colorbar(colors, cax=axes.inset_axes((1.03, 0, 0.04, 1)))
    bar.solids.set_rasterized(True)  # or viewers draw hairlines between 253 vector strips
    bar.outline.set_linewidth(LINE)
    bar.ax.tick_params(width=LINE)
    bar.set_label(drawn.label, fontsize=SMALL)
    bar.ax.yaxis.label.set_parse_math(False)


def _legend(figure, axes, drawn: Plate) -> None:
    """The classes with their colors."""
    from matplotlib.patches import Patch

    colors = drawn.shade.palette[palettes.FIRST :]
    classes = drawn.shade.classes
    patches = [Patch(color=color, label=name) for name, color in zip(classes, colors, strict=False)]
    title = {"title": drawn.label, "title_fontsize": SMALL, "fontsize": SMALL, "frameon": False}
    place = {
        "loc": "upper left",
        "bbox_to_anchor": (1.01, 1.01),
        "borderaxespad": 0,
        "handlelength": 1,
        "ncols": 1 + len(classes) // 25,
    }
    legend = axes.legend(handles=patches, **place, **title)
    for text in (*legend.get_texts(), legend.get_title()):
        text.set_parse_math(False)


def _metadata(drawn: Plate, form: str) -> dict[str, str]:
    """Provenance and settings as the format's metadata."""
    title, creator = f"{drawn.axes} of {drawn.about['run_name']}", drawn.about["creator"]
    said = "; ".join(f"{name}: {value}" for name, value in drawn.about.items())
    if form == "pdf":
        return {"Title": title, "Subject": said, "Creator": creator}
    if form == "svg":
        return {"Title": title, "Description": said, "Creator": creator}
    return {"Title": title, "Description": said, "Software": creator}
