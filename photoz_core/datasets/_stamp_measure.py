"""Magnitudes, colors and sizes of the object in the middle of each stamp."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.datasets._detect import Detection, detect, detected_catalog
from photoz_core.datasets._images import CHUNK, Source
from photoz_core.datasets._lupton import border
from photoz_core.datasets._mosaic import Mosaic
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.progress import Progress

ROUNDED = 1 / 255 / np.sqrt(12)  # noise of gray levels from 0 to 1 in 8 bits: a painted sky has no other
ELLIPTICITY = Column("ellipticity", "", "1 − b/a of the second moments above the detection threshold")


@dataclass
class Measured:
    """What a first reading of N stamps found.

    Parameters
    ----------
    problems : dict
        Row → why its stamp cannot be used.
    objects : DataFrame
        As `_detect.detect` gives them, under the rows of the stamps, where something was found.
    """

    problems: dict[int, str] = field(default_factory=dict)
    objects: pd.DataFrame = field(default_factory=pd.DataFrame)


def first_reading(source: Source, count: int, bands: list[str], least_noise: float, progress: Progress) -> Measured:
    """Read `count` stamps once, to learn which cannot be used and, where `bands` are named, to measure the others.

    Parameters
    ----------
    least_noise : float
        Of a pixel, in the stamps' unit.
    """
    measured, found = Measured(), {}
    most = max(1, CHUNK // (4 * int(np.prod(source.shape))))
    for start in range(0, count, most):
        rows = np.arange(start, min(start + most, count))
        stamps = source.read(rows)
        measured.problems |= {start + i: why for i, why in stamps.problems.items()}
        for i in range(len(rows) if bands else 0):
            if i not in stamps.problems and (one := central_object(stamps.pixels[i], bands, least_noise)) is not None:
                found[start + i] = one
        progress(rows[-1] + 1, count)
    measured.objects = pd.DataFrame.from_dict(found, orient="index")
    return measured


def central_object(pixels: np.ndarray, bands: list[str], least_noise: float) -> pd.Series | None:
    """The object of a stamp (C, H, W) nearest to its center, None if there is none within a quarter of its side.

    Sky and noise are those of the stamp's border: a mesh would take a galaxy that fills the stamp for its sky.
    """
    edge = border(pixels)
    if np.isnan(edge).all(axis=1).any():
        return None
    sky = np.nanmedian(edge, axis=1)
    noise = 1.4826 * np.nanmedian(np.abs(edge - sky[:, None]), axis=1)
    noise = np.where(noise > least_noise, noise, least_noise)
    pixels = pixels - sky[:, None, None]
    mosaics = [
        Mosaic(band, "stamp", plane, rms=np.full(plane.shape, sigma, np.float32), zero_is_blank=False)
        for band, plane, sigma in zip(bands, np.ascontiguousarray(pixels), noise, strict=True)
    ]
    height, width = pixels.shape[1:]
    try:
        objects = detect(mosaics, Detection(background=0, min_snr=0))
    except PhotozError:
        return None
    distance = np.hypot(objects["x"] - (width - 1) / 2, objects["y"] - (height - 1) / 2)
    return objects.loc[distance.idxmin()] if distance.min() <= min(height, width) / 4 else None


def measured_columns(
    measured: Measured, count: int, bands: list[str], scale: float, zero_point: float | None, report: Report
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Columns (N rows) `mag_B`, `mag_err_B`, colors, `fwhm`, `r50`, `snr`, `flags`, `ellipticity`, NaN where not found.

    Parameters
    ----------
    scale : float
        [arcsec/pixel] of the stamps; NaN if unknown, sizes are in pixels then.
    zero_point : float or None
        AB magnitude of one unit; None for instrumental magnitudes.

    Raises
    ------
    PhotozError
        If nothing was found on any stamp.
    """
    objects, missing = measured.objects, count - len(measured.problems) - len(measured.objects)
    if not len(objects):
        raise PhotozError(
            f"no object in the middle of any of {count} stamps; pictures can be imported with --no-measure"
        )
    mosaics = [Mosaic(band, "", np.empty(0), pixel_scale=scale, zero_point=zero_point) for band in bands]
    frame, columns = detected_catalog(objects, mosaics, "", report)
    frame = frame.drop(columns="object_id").assign(ellipticity=1 - (objects["b"] / objects["a"]).to_numpy())
    frame = frame.astype({"flags": "Int64"}).set_index(objects.index).reindex(range(count))
    del columns["object_id"]
    if missing:
        report.notes.append(f"nothing in the middle of {missing} stamps; they have no magnitudes")
    return frame, columns | {"ellipticity": ELLIPTICITY}
