"""Aggregates of a frame as datashader has them, and shaded by it: one byte a pixel.

datashader is imported when the first picture is drawn, which takes half a second. Its `shade` takes 0.9 ms of CPU for
210 × 210 pixels with a colormap that hands out codes, 6 ms with a list of colors.
"""

from typing import TYPE_CHECKING

import numpy as np

from dashboard import raster
from dashboard.palettes import FIRST, LEVELS, UNKNOWN
from dashboard.raster import Frame

if TYPE_CHECKING:
    from xarray import DataArray


def aggregate(frame: Frame, column: np.ndarray | None = None, name: str = "") -> "DataArray":
    """What ``datashader.Canvas.points`` gives of the points in a frame: the mean of a column, or the count of points.

    Parameters
    ----------
    frame : Frame
    column : (N,) float32, optional
        Which must never change, see `dashboard.raster.means`.
    name : str
        Of the column.

    Returns
    -------
    DataArray
        (y, x), coordinates at the centres of the pixels: float32, NaN where there is no value, or uint32.
    """
    from xarray import DataArray

    values = raster.count(frame).astype(np.uint32) if column is None else raster.mean(frame, column)[0]
    (height, width), (x0, x1, y0, y1) = frame.shape, frame.view
    axes = {"y": _centres(y0, y1, height), "x": _centres(x0, x1, width)}
    attributes = {"x_range": (x0, x1), "y_range": (y0, y1)}
    return DataArray(values.reshape(frame.shape), axes, ("y", "x"), name or None, attributes)


def shaded(aggregate: "DataArray | np.ndarray", low: float, high: float, how: str = "linear") -> np.ndarray:
    """Codes (height, width) uint8 of `dashboard.palettes`, by ``datashader.transfer_functions.shade``.

    Parameters
    ----------
    aggregate : DataArray or array
        (y, x); what is NaN, or an unsigned count of 0, is `UNKNOWN`. Without coordinates this takes half as long.
    low, high : float
        Values of the first and the last color; where they are equal or unknown all have the middle one.
    how : str
        As `shade` has it: linear, log, cbrt.
    """
    from datashader.transfer_functions import shade
    from xarray import DataArray

    if not high > low:
        aggregate, low, high = aggregate * np.float32(0), -1.0, 1.0
    with np.errstate(invalid="ignore"):  # of NaN; shade makes it transparent
        image = shade(DataArray(aggregate), cmap=_codes, how=how, span=(low, high))
    channels = np.ascontiguousarray(image.values).view(np.uint8).reshape(*image.shape, 4)
    return np.where(channels[..., 3] > 0, channels[..., 0], np.uint8(UNKNOWN))


def _codes(share: np.ndarray, bytes: bool = True) -> np.ndarray:
    """A colormap as matplotlib's are (*share.shape, 4) uint8: red is the code of the color."""
    colors = np.zeros((*share.shape, 4), np.uint8)
    colors[..., 0] = FIRST + np.minimum(share * LEVELS, LEVELS - 1)
    return colors


def _centres(low: float, high: float, count: int) -> np.ndarray:
    """As datashader works them out, so that its aggregates and these align."""
    scale = count / (high - low)
    return (np.arange(count) + 0.5 + low * scale) / scale
