"""Objects of another dataset on the maps of the lenses: which there are, how they are drawn, what they are called."""

from typing import TYPE_CHECKING

from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from dashboard.access import NEEDS, User
from dashboard.chart import HIGHLIGHT
from dashboard.cutouts import has_images
from dashboard.lens_parameters import has_lenses
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.run import Run

if TYPE_CHECKING:  # torch takes a second to import
    from photoz_core.overlay import Overlay

NOBODY = {"x": [], "y": [], "name": []}
SIZE = 10  # px


def others_with_images(home: Home, own: str) -> dict[str, Dataset]:
    """Readable datasets of a home that have images, but for `own`."""
    found = {}
    for name in home.dataset_names():
        try:
            dataset = Dataset(home.dataset(name)) if name != own else None
        except PhotozError:
            continue
        if has_images(dataset):
            found[name] = dataset
    return found


def place(run: Run, own: Dataset, other: Dataset, projection: str, user: User) -> "Overlay":
    """The overlay that the run keeps, or a new one: that takes a while, is kept in the run, and is for who may train.

    Raises
    ------
    PhotozError
        If there is none yet and `user` may not make one, or it cannot be made.
    """
    from photoz_core.overlay import load_overlay, overlay, overlay_names

    if other.name in overlay_names(run, projection):
        return load_overlay(run, other.name, projection)
    if not user.may("train"):
        raise PhotozError(f"nobody placed {other.name} on this map yet, and doing so is for {NEEDS['train']}s")
    return overlay(run, own, other, projection)


def add_markers(plot: figure, source: ColumnDataSource) -> None:
    """Diamonds at the points (x, y) of `source`: white below, so that they are seen on any color."""
    for color, width in (("#ffffff", 4.0), (HIGHLIGHT, 2.0)):
        plot.scatter("x", "y", marker="diamond", size=SIZE, fill_color=None, line_color=color, line_width=width,
                     source=source)  # fmt: skip


def markers(overlay: "Overlay | None") -> dict:
    """Data of the source of `add_markers`."""
    if overlay is None:
        return NOBODY
    x, y = overlay.positions.T
    return {"x": x, "y": y, "name": overlay.object_id.tolist()}


def legend(dataset: Dataset, count: int) -> str:
    """What the diamonds are."""
    if dataset.meta.simulated:
        return f"{dataset.name} ({count:,}), simulated"
    return f"real {'lenses' if has_lenses(dataset) else 'objects'}: {dataset.name} ({count:,}), not simulated"
