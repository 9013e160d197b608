"""Pictures of a map: one byte a pixel, which a palette of `dashboard.palettes` turns into a color."""

from dataclasses import dataclass

import numpy as np

from dashboard import raster
from dashboard.palettes import BEHIND, EMPTY, FIRST, LEVELS, UNKNOWN
from dashboard.raster import Frame


@dataclass(frozen=True, eq=False)
class Layers:
    """What all pictures of one view and selection share.

    Parameters
    ----------
    frame : Frame
    selected : (N,) bool or None
        None when nothing is selected: then everything is in front.
    source : (height × width,) int32
        The pixel whose value each pixel shows, −1 for none.
    front : (height × width,) int32
        Points of the front per pixel.
    """

    frame: Frame
    selected: np.ndarray | None
    source: np.ndarray
    front: np.ndarray


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
    total = raster.count(frame)
    mask = selected if selected.any() else None
    front = total if mask is None else raster.count(frame, mask)
    radius = raster.disc_radius(int((total > 0).sum()), frame.size)
    return Layers(frame, mask, raster.grow(front > 0, total > 0, frame.shape, radius), front)


def number_picture(layers: Layers, values: np.ndarray, limits: tuple[float, float]) -> Picture:
    """Mean of `values` (N,) float32 per pixel, from `limits[0]` (first color) to `limits[1]` (last)."""
    average, known, beyond = raster.mean(layers.frame, values, limits, layers.selected)
    return Picture(_image(layers, _levels(average, *limits)), int(layers.front.sum()), known, beyond, limits)


def density_picture(layers: Layers) -> Picture:
    """Points per pixel, on a logarithmic scale from 1."""
    top = max(int(layers.front.max(initial=1)), 2)
    with np.errstate(divide="ignore"):
        level = _levels(np.log(layers.front), 0.0, np.log(top))
    shown = int(layers.front.sum())
    return Picture(_image(layers, level), shown, shown, 0, (1, top))


def class_picture(layers: Layers, codes: np.ndarray, classes: int) -> Picture:
    """The commonest class per pixel; `codes` (N,) int16 with −1 for unknown."""
    code = raster.commonest(layers.frame, codes, classes, layers.selected)
    level = np.where(code < 0, UNKNOWN, code % LEVELS + FIRST)  # more classes than colors share them
    in_view = codes[layers.frame.rows]
    known = in_view >= 0 if layers.selected is None else (in_view >= 0) & layers.selected[layers.frame.rows]
    return Picture(_image(layers, level), int(layers.front.sum()), int(known.sum()))


def centred(limits: tuple[float, float]) -> tuple[float, float]:
    """Limits as wide as the wider side, centred on zero."""
    reach = max(abs(limits[0]), abs(limits[1]))
    return -reach, reach


def _levels(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Color codes of `values`; UNKNOWN where NaN; equal limits give the middle color."""
    width = high - low
    with np.errstate(invalid="ignore"):
        share = (values - low) / width if width > 0 else np.where(np.isnan(values), np.nan, 0.5)
        level = FIRST + np.clip(share * LEVELS, 0, LEVELS - 1)
    return np.where(np.isnan(values), UNKNOWN, np.nan_to_num(level)).astype(np.uint8)


def _image(layers: Layers, level: np.ndarray) -> np.ndarray:
    """Every pixel takes the code of its source pixel, BEHIND where only unselected points are."""
    code = np.where(layers.front > 0, level, BEHIND)
    image = np.where(layers.source >= 0, code[layers.source], EMPTY)
    return image.astype(np.uint8).reshape(layers.frame.shape)
