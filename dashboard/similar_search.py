"""What is like an object, like the mean of a selection, or like an image from elsewhere. Knows nothing of Panel."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dashboard import cache, cutouts
from dashboard.state import State
from photoz_core.dataset import Dataset
from photoz_core.neighbours import nearest, nearest_to
from photoz_core.run import Run

if TYPE_CHECKING:  # torch takes a second to import
    from photoz_core.placing import Placed

FOCUS, MEAN, UPLOAD = "object in focus", "mean of the selection", "uploaded cutout"
QUERIES = (FOCUS, MEAN, UPLOAD)
COUNT = 24  # neighbours listed


@dataclass(frozen=True, eq=False)
class Found:
    """The neighbours of a query.

    Parameters
    ----------
    rows : (K,) int
        Nearest first.
    distances : (K,) float
        Euclidean, in latent space.
    title : str
        What was asked for.
    """

    rows: np.ndarray
    distances: np.ndarray
    title: str = ""


NOTHING = Found(np.zeros(0, int), np.zeros(0))


def near_focus(state: State) -> Found:
    """Neighbours of the object in focus, itself left out."""
    if state.current is None or state.focus_row < 0:
        return NOTHING
    return Found(*nearest(cache.latents(state.current), state.focus_row, COUNT), state.focus)


def near_mean(state: State) -> Found:
    """Neighbours of the mean latents of the selection, which itself is left out: more of its kind."""
    count = int(state.selected.sum())
    if state.current is None or not count:
        return NOTHING
    latents = cache.latents(state.current)
    mean = latents[state.selected].mean(axis=0, dtype=np.float64)
    return Found(*nearest_to(latents, mean, COUNT, state.selected), f"mean of {count:,} selected")


def near_placed(run: Run, placed: "Placed | None") -> Found:
    """Neighbours of a cutout from elsewhere."""
    if placed is None:
        return NOTHING
    return Found(*nearest_to(cache.latents(run), placed.latents, COUNT), placed.name)


class Embedder:
    """Embeds files by a run's own method and lays them on its map; keeps the method and the map it used last."""

    def __init__(self):
        self._method: tuple = (None, None)
        self._map: tuple = (None, None)

    def place(self, run: Run, own: Dataset, name: str, content: bytes) -> "Placed":
        """The cutout in a file in the run's latent space: seconds for the first of a run.

        Raises
        ------
        PhotozError
            If the file is no cutout that the run can read.
        """
        from photoz_core.cutout import read_cutout
        from photoz_core.pipeline import load_method
        from photoz_core.placing import place_cutout

        cutout = read_cutout(name, content)  # a bad file is told before a model is loaded
        key = (run.folder, _stamp(run, "weights.safetensors"))
        if self._method[0] != key:
            self._method = (key, load_method(run))
        return place_cutout(run, own, self._method[1], cutout)

    def position(self, run: Run, own: Dataset, projection: str, placed: "Placed") -> np.ndarray | None:
        """Where a cutout lies on a map (2,); None on a map of other latents than the main ones.

        The projection is made ready again for the first of a map: up to a minute for a UMAP.
        """
        from photoz_core.pipeline import restored

        if "-" in projection:
            return None
        key = (run.folder, projection, _stamp(run, f"projections/{projection}.npy"))
        if self._map[0] != key:
            self._map = (key, restored(run, own, projection))
        return self._map[1].transform(placed.latents[None])[0]


def _stamp(run: Run, name: str) -> int:
    return (run.folder / name).stat().st_mtime_ns


def picture_of(data: Dataset, placed: "Placed", bands: tuple[str, ...], band: str) -> np.ndarray:
    """A cutout as the run sees it, painted (H, W, 3) as the dataset's own; its mean stands for bands not read."""
    image = placed.image
    stamp = np.repeat(image.mean(axis=0, keepdims=True), len(data.bands), axis=0)
    for plane, name in zip(image, bands, strict=False):
        if name in data.bands:
            stamp[data.bands.index(name)] = plane
    return cutouts.paint(data, stamp[None], band)[0]
