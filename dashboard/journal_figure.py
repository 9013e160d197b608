"""The figure of a map or of several: vector axes over the raster, color bar or legend, caption, metadata.

matplotlib is imported when a figure is asked for; its fonts alone take half a second.
"""

import io
from collections.abc import Sequence
from textwrap import fill
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from dashboard import palettes
from dashboard.defaults import DENSITY

if TYPE_CHECKING:
    from dashboard.journal import Plate

FORMS = {"PDF": "pdf", "SVG": "svg", "PNG": "png"}
DPI = 300
SIDE = 3.1  # in, of a map: with axes and color bar one column of a journal
ACROSS = 3  # maps in a row
BESIDE, BELOW = 0.5, 1.0  # in, between maps: the name of an axis; that of the other, and the caption
BAR = 0.6  # in, of a color bar with its label, where each map has its own
SMALL, TINY, LINE = 8, 5.5, 0.6  # pt
LETTERS = 80  # in a line of a caption as wide as its map
_one_at_a_time = Lock()  # matplotlib's settings are the process's


def draw(plates: Sequence["Plate"], form: str = "pdf", dpi: int = DPI) -> bytes:
    """The figure as a PDF (TrueType fonts), SVG (text as outlines) or PNG, with provenance in its metadata.

    Several maps have one color bar if they have one scale.
    """
    import matplotlib
    from matplotlib.figure import Figure

    file, shared = io.BytesIO(), len({_scale(drawn) for drawn in plates}) == 1
    with _one_at_a_time, matplotlib.rc_context({"pdf.fonttype": 42, "svg.fonttype": "path", "font.size": SMALL}):
        figure, boxes = Figure(), _boxes(len(plates), BESIDE if shared else BESIDE + BAR)
        figure.set_size_inches(max(box[0] for box in boxes) + SIDE, max(box[1] for box in boxes) + SIDE)
        whole = figure.get_size_inches()
        for number, (drawn, (x, y)) in enumerate(zip(plates, boxes, strict=True)):
            axes = figure.add_axes((x / whole[0], y / whole[1], SIDE / whole[0], SIDE / whole[1]))
            _map(axes, drawn)
            axes.text(0.02, 0.98, drawn.letter, transform=axes.transAxes, va="top", weight="bold")
            if not shared or number == min(ACROSS, len(plates)) - 1:
                (_bar if drawn.shade.colormap else _legend)(figure, axes, drawn)
        figure.savefig(
            file, format=form, dpi=dpi, bbox_inches="tight", pad_inches=0.03, metadata=_metadata(plates, form)
        )
    return file.getvalue()


def _boxes(count: int, beside: float) -> list[tuple[float, float]]:
    """Where the maps' lower left corners are [in], the first above."""
    rows = -(-count // ACROSS)
    return [(i % ACROSS * (SIDE + beside), (rows - 1 - i // ACROSS) * (SIDE + BELOW)) for i in range(count)]


def _scale(drawn: "Plate") -> tuple:
    """What the colors of a map mean; those of equal scale can have one bar."""
    return (drawn.name, drawn.shade.colormap, drawn.shade.picture.limits, tuple(drawn.shade.classes))


def _map(axes, drawn: "Plate") -> None:
    """The raster, the names of the axes and the caption."""
    colors = _rgba(drawn.shade.palette)
    image = (255 * colors[drawn.shade.picture.image]).round().astype(np.uint8)
    axes.imshow(image, extent=drawn.view, origin="lower", aspect="auto", interpolation="none")
    _name_axes(axes, drawn)
    below = -0.15 if drawn.has_scale else -0.09
    small = {"fontsize": TINY, "va": "top", "color": "0.35", "parse_math": False}
    caption = "\n".join(fill(line, LETTERS) for line in drawn.caption.splitlines())
    axes.text(0, below, caption, transform=axes.transAxes, **small)


def _rgba(palette: Sequence[str]) -> np.ndarray:
    from matplotlib.colors import to_rgba_array

    return to_rgba_array(palette)


def _name_axes(axes, drawn: "Plate") -> None:
    for number, axis in enumerate((axes.xaxis, axes.yaxis), 1):
        axis.set_label_text(f"{drawn.axes} {number}", fontsize=SMALL)
    if not drawn.has_scale:
        axes.set(xticks=[], yticks=[])
    axes.tick_params(direction="in", top=True, right=True, width=LINE)
    axes.spines[:].set_linewidth(LINE)


def _bar(figure, axes, drawn: "Plate") -> None:
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


def _legend(figure, axes, drawn: "Plate") -> None:
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


def _metadata(plates: Sequence["Plate"], form: str) -> dict[str, str]:
    """Provenance and settings as the format's metadata."""
    first = plates[0]
    title, creator = f"{first.axes} of {', '.join(drawn.about['run_name'] for drawn in plates)}", first.about["creator"]
    said = "\n".join(
        drawn.letter + ": " * bool(drawn.letter) + "; ".join(f"{name}: {value}" for name, value in drawn.about.items())
        for drawn in plates
    )
    if form == "pdf":
        return {"Title": title, "Subject": said, "Creator": creator}
    if form == "svg":
        return {"Title": title, "Description": said, "Creator": creator}
    return {"Title": title, "Description": said, "Software": creator}
