"""Pictures of a map: one byte a pixel, which a palette of `dashboard.palettes` turns into a color.

Numbers and densities are shaded by datashader (`dashboard.aggregates`), with a colormap of codes instead of colors: of
its four bytes a pixel one is sent, where HoloViews sends eight, and a palette changes by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dashboard import discs, raster
from dashboard.aggregates import shaded
from dashboard.palettes import BEHIND, EMPTY, FIRST, LEVELS, UNKNOWN
from dashboard.raster import Frame
from dashboard.raster_kernels import place


@dataclass(frozen=True, eq=False)
class Layers:
    """What all pictures of one view and selection share.

    Parameters
    ----------
    frame : Frame
        Of the points in front: the selected ones, or all where nothing is selected.
    source : (height × width,) int32
        The pixel whose value each pixel shows, −1 for none.
    front : (height × width,) int32
        Points of the front per pixel.
    """

    frame: Frame
    source: np.ndarray
    front: np.ndarray
    averages: dict = field(default_factory=dict, repr=False)  # what `average` has found so far


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture and the numbers that belong under it.

    Parameters
    ----------
    image : (height, width) uint8
        Codes of `dashboard.palettes`; row 0 is at the bottom.
    shown, known, beyond : int
        Points in view (and selected); those of them with a value; those of these beyond the limits.
    limits : tuple
        Values of the first and the last color.
    """

    image: np.ndarray
    shown: int
    known: int
    beyond: int = 0
    limits: tuple[float, float] = (0.0, 1.0)


def layers(frame: Frame, selected: np.ndarray) -> Layers:
    """Find front and back of a view: with a selection the selected points are in front of the others.

    Parameters
    ----------
    frame : Frame
    selected : (N,) bool
    """
    total = front = raster.count(frame)
    if selected.any():
        frame = raster.chosen(frame, selected)
        front = raster.count(frame)
    radius = discs.radius(int((total > 0).sum()), frame.size)
    return Layers(frame, discs.grow(front > 0, total > 0, frame.shape, radius), front)


def average(layers: Layers, columns: Sequence[np.ndarray], limits: Sequence[tuple[float, float]]) -> list[tuple]:
    """`raster.means` of the front; of several columns at once this is faster than one by one, and each is kept."""
    keys = [(id(column), *pair) for column, pair in zip(columns, limits, strict=True)]
    new = {key: (column, pair) for key, column, pair in zip(keys, columns, limits, strict=True)}
    new = {key: value for key, value in new.items() if key not in layers.averages}
    if new:
        found = raster.means(layers.frame, *zip(*new.values(), strict=True))
        # with the column, so that its id stays its own
        layers.averages.update({key: (mean, new[key][0]) for key, mean in zip(new, found, strict=True)})
    return [layers.averages[key][0] for key in keys]


def number_picture(layers: Layers, values: np.ndarray, limits: tuple[float, float]) -> Picture:
    """Mean of `values` (N,) float32 per pixel, from `limits[0]` (first color) to `limits[1]` (last)."""
    [(mean, known, beyond)] = average(layers, [values], [limits])
    codes = shaded(mean.reshape(layers.frame.shape), *limits)
    return Picture(_image(layers, codes), int(layers.front.sum()), known, beyond, limits)


def density_picture(layers: Layers) -> Picture:
    """Points per pixel, on a logarithmic scale from 1."""
    top = max(int(layers.front.max(initial=1)), 2)
    counts = layers.front.astype(np.uint32).reshape(layers.frame.shape)
    codes = shaded(counts, 1, top, how="log")
    shown = int(layers.front.sum())
    return Picture(_image(layers, codes), shown, shown, 0, (1, top))


def class_picture(layers: Layers, codes: np.ndarray, classes: int) -> Picture:
    """The commonest class per pixel; `codes` (N,) int16 with −1 for unknown."""
    code, known = raster.commonest(layers.frame, codes, classes)
    codes = np.where(code >= 0, FIRST + code % LEVELS, UNKNOWN)  # more classes than colors share them
    return Picture(_image(layers, codes.astype(np.uint8)), int(layers.front.sum()), known)


def centred(limits: tuple[float, float]) -> tuple[float, float]:
    """Limits as wide as the wider side, centred on zero."""
    reach = max(abs(limits[0]), abs(limits[1]))
    return -reach, reach


def _image(layers: Layers, codes: np.ndarray) -> np.ndarray:
    """Every pixel takes the code of its source pixel; `codes` are (height, width) or (height × width,) uint8."""
    return place(codes.ravel(), layers.front, layers.source, EMPTY, BEHIND).reshape(layers.frame.shape)
