"""Find the objects of a field and measure them, as SExtractor does, with `sep` (Barbary 2016)."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from photoz_core.columns import Column, photometry_columns
from photoz_core.datasets._cutouts import grid_offsets
from photoz_core.datasets._mosaic import Mosaic
from photoz_core.datasets._photometry import MICROJANSKY, clean, colors
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

BLOCK = 9  # pixels on a side; an aperture of a faint object is about as large
MARGIN = 128  # pixels that neighbouring tiles share, so that an object on the border is seen whole by one of them
KRON = 2.5  # Kron radii of the aperture, and
MIN_RADIUS = 1.75  # its smallest radius [pixel]: those of MAG_AUTO in the documentation of sep


@dataclass(frozen=True)
class Detection:
    """How to detect.

    Parameters
    ----------
    threshold : float
        In units of the noise of the combined image.
    min_area : int
        Pixels above the threshold.
    min_snr : float
        Signal to noise within the Kron aperture of the combined image.
    background : int
        Mesh size [pixel] of the background; 0 if it is subtracted already and the noise is known.
    bands : tuple of str
        Bands of the combined image; empty for all.
    tile : int
        Pixels on a side that are in memory at a time.
    """

    threshold: float = 1.5
    min_area: int = 5
    min_snr: float = 5.0
    background: int = 64
    bands: tuple[str, ...] = ()
    tile: int = 4096


def add_detection_arguments(parser: argparse.ArgumentParser, min_snr: float = Detection.min_snr) -> None:
    """Options of a search for objects."""
    add = parser.add_argument_group("detection, where there is no catalog").add_argument
    add("--threshold", type=float, default=Detection.threshold, help="in units of the noise (default %(default)s)")
    add("--min-area", type=int, default=Detection.min_area, help="pixels above it (default %(default)s)")
    add("--min-snr", type=float, default=min_snr, help="of an object in its Kron aperture (default %(default)s)")
    add(
        "--background", type=int, default=Detection.background, metavar="PIXELS", help="mesh size (default %(default)s)"
    )
    add("--detect-bands", nargs="+", default=[], metavar="BAND", help="bands to search in (default: all together)")


def detection_of(arguments: argparse.Namespace) -> Detection:
    """The options of `add_detection_arguments`."""
    bands = tuple(arguments.detect_bands)
    return Detection(arguments.threshold, arguments.min_area, arguments.min_snr, arguments.background, bands)


def detect(mosaics: list[Mosaic], how: Detection) -> pd.DataFrame:
    """Objects of a field.

    Parameters
    ----------
    mosaics : list of Mosaic
        On one pixel grid.

    Returns
    -------
    objects : DataFrame
        `x`, `y` [pixel, from 0], `flux_B`, `flux_err_B` [µJy, or the mosaics' own unit] in the same Kron ellipse for
        each band B, `snr`, `r50`, `fwhm`, `a`, `b` [pixel], `flags`.

    Raises
    ------
    PhotozError
        If the mosaics' grids differ, a band does not exist, or nothing is found.
    """
    if grid_offsets(mosaics) != [(0, 0)] * len(mosaics) or len({mosaic.shape for mosaic in mosaics}) > 1:
        listed = ", ".join(f"{mosaic.where} {mosaic.shape}" for mosaic in mosaics)
        raise PhotozError(f"detection needs mosaics on one pixel grid: {listed}; resample them, or give a --catalog")
    if missing := set(how.bands) - {mosaic.band for mosaic in mosaics}:
        known = ", ".join(mosaic.band for mosaic in mosaics)
        raise PhotozError(f"--detect-bands {' '.join(missing)}: no such mosaic; there are {known}")
    found = pd.concat([_tile(mosaics, how, *tile) for tile in _tiles(mosaics[0].shape, how.tile)], ignore_index=True)
    if not len(found):
        raise PhotozError(f"{mosaics[0].where}: no object above {how.threshold} σ; lower --threshold or --min-snr")
    return found


def _tiles(shape: tuple[int, int], size: int) -> Iterator[tuple[slice, slice, tuple[float, ...]]]:
    """Rows, columns and core (y0, y1, x0, x1) of overlapping tiles; the cores cover the image once."""
    for y in range(0, shape[0], size):
        for x in range(0, shape[1], size):
            rows = slice(max(y - MARGIN, 0), min(y + size + MARGIN, shape[0]))
            columns = slice(max(x - MARGIN, 0), min(x + size + MARGIN, shape[1]))
            yield rows, columns, (y - 0.5, y + size - 0.5, x - 0.5, x + size - 0.5)


def _tile(mosaics: list[Mosaic], how: Detection, rows: slice, columns: slice, core) -> pd.DataFrame:
    import sep

    bands = {mosaic.band: _flat(*mosaic.region(rows, columns), how.background) for mosaic in mosaics}
    chosen = [bands[band] for band in how.bands or bands]
    combined, mask = _combine(chosen)
    rms = 1.0 if mask.all() else sep.Background(combined, mask=mask).globalrms  # under 1 for correlated pixels
    sep.set_extract_pixstack(min(2_000_000, combined.size + 1))  # sep fills it anew each time: slow for stamps
    try:
        found = sep.extract(combined, how.threshold * rms, mask=mask, minarea=how.min_area)
    except Exception as error:  # sep raises plain Exception when its buffers are full
        raise PhotozError(f"{mosaics[0].where}: detection failed: {error}; raise --threshold") from error
    found = found[np.isfinite(found["a"]) & np.isfinite(found["b"]) & (found["b"] > 0)]
    table = _measure(found, combined, mask, bands)
    table["x"], table["y"] = table["x"] + columns.start, table["y"] + rows.start
    y0, y1, x0, x1 = core
    own = table["y"].between(y0, y1, "left") & table["x"].between(x0, x1, "left")
    return table[own & (table["snr"] >= how.min_snr)]


def _flat(values: np.ndarray, noise: np.ndarray | None, mesh: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image without background, noise and mask of missing pixels (h, w); missing pixels are 0."""
    import sep

    missing = ~np.isfinite(values)
    values = np.where(missing, 0, values).astype(np.float32)
    if missing.all():
        return values, np.ones_like(values), missing
    if not mesh and noise is not None:
        return values, np.where(missing, 1, noise).astype(np.float32), missing
    background = sep.Background(values, mask=missing, bw=mesh, bh=mesh)
    flat = np.where(missing, 0, values - background.back()).astype(np.float32)
    noise = background.rms() if noise is None else noise
    noise = np.where(missing, 1, np.maximum(noise, 1e-30)).astype(np.float32)
    return flat, noise * _correlation(flat / noise, missing), missing


def _correlation(snr: np.ndarray, missing: np.ndarray) -> np.float32:
    """Factor on the noise per pixel that makes it right for sums of 9 × 9 pixels, at least 1.

    Resampled pixels are correlated, so sums scatter more than white noise of the same map would.
    """
    height, width = (n // BLOCK * BLOCK for n in snr.shape)
    blocks = np.where(missing, np.nan, snr)[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    sums = blocks.sum(axis=(1, 3)) / BLOCK
    sums = sums[np.isfinite(sums)]
    if len(sums) < 50:
        return np.float32(1)
    return np.float32(max(1.0, 1.4826 * np.median(np.abs(sums - np.median(sums)))))


def _combine(bands) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sum of the bands in units of its noise, and the mask of pixels missing in all."""
    weight = [np.where(missing, 0, 1 / noise.astype(float) ** 2) for _, noise, missing in bands]
    total = np.sum(weight, axis=0)
    signal = np.sum([w * values for w, (values, _, _) in zip(weight, bands, strict=True)], axis=0)
    mask = total == 0
    combined = np.where(mask, 0, signal / np.sqrt(np.where(mask, 1, total))).astype(np.float32)
    return combined, mask


def _measure(found, combined: np.ndarray, mask: np.ndarray, bands) -> pd.DataFrame:
    """Photometry in one Kron ellipse per object, taken from the combined image."""
    import sep

    x, y, a, b = (found[name] for name in ("x", "y", "a", "b"))
    theta = np.clip(found["theta"], -np.pi / 2, np.pi / 2)  # extract's float32 π/2 is too large for sum_ellipse
    kron, kron_flags = sep.kron_radius(combined, x, y, a, b, theta, 6.0, mask=mask)
    kron = np.where(np.isfinite(kron) & (kron > 0), kron, 0)
    small = KRON * kron * np.sqrt(a * b) < MIN_RADIUS
    a_kron, b_kron = np.where(small, MIN_RADIUS, KRON * kron * a), np.where(small, MIN_RADIUS, KRON * kron * b)

    def flux(values: np.ndarray, noise, missing: np.ndarray):
        return sep.sum_ellipse(values, x, y, a_kron, b_kron, theta, 1.0, err=noise, mask=missing, subpix=5)

    total, error, flags = flux(combined, np.ones_like(combined), mask)
    r50, _ = sep.flux_radius(combined, x, y, 6 * a, 0.5, normflux=np.maximum(total, 1e-9), mask=mask, subpix=5)
    table = {
        "x": x, "y": y, "a": a, "b": b, "snr": total / error, "r50": r50,
        "fwhm": 2 * np.sqrt(np.log(2) * (a**2 + b**2)),  # of a Gaussian with these second moments
        "flags": (found["flag"] | kron_flags | flags).astype("int64"),
    }  # fmt: skip
    for band, (values, noise, missing) in bands.items():
        table[f"flux_{band}"], table[f"flux_err_{band}"], _ = flux(values, noise, missing)
    return pd.DataFrame(table)


def detected_catalog(
    objects: pd.DataFrame, mosaics: list[Mosaic], prefix: str, report: Report
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Catalog and column metadata of detected objects.

    Parameters
    ----------
    prefix : str
        Of the object ids, which count from 1.

    Returns
    -------
    catalog : DataFrame
        `object_id`, `ra`, `dec` [deg], `mag_B`, `mag_err_B`, colors, `fwhm`, `r50` [arcsec, pixel without a scale],
        `snr`, `flags`; magnitudes are AB, or instrumental for uncalibrated mosaics.
    """
    names, calibrated = [mosaic.band for mosaic in mosaics], all(mosaic.zero_point is not None for mosaic in mosaics)
    data = {"object_id": [f"{prefix}{i + 1}" for i in range(len(objects))]}
    columns = {"object_id": Column("object", kind="id")}
    if mosaics[0].wcs is not None:
        data["ra"], data["dec"] = mosaics[0].wcs.pixel_to_world_values(objects["x"], objects["y"])
        columns |= {"ra": Column("RA", "deg", "", "position"), "dec": Column("Dec", "deg", "", "position")}
    for band in names:
        flux, counts = clean(objects[f"flux_{band}"], "flux")
        report.count(f"flux_{band}", "non-positive", sum(counts.values()))
        data[f"mag_{band}"] = (MICROJANSKY if calibrated else 0) - 2.5 * np.log10(flux)
        data[f"mag_err_{band}"] = 2.5 / np.log(10) * objects[f"flux_err_{band}"].to_numpy() / flux
    data |= colors(data, names)
    columns |= photometry_columns(names)
    sizes, described = _sizes(objects, mosaics[0].pixel_scale)
    return pd.DataFrame(data | sizes).reset_index(drop=True), columns | described


def _sizes(objects: pd.DataFrame, scale: float) -> tuple[dict, dict[str, Column]]:
    scale, unit = (scale, "arcsec") if np.isfinite(scale) else (1.0, "pix")
    data = {"fwhm": objects["fwhm"] * scale, "r50": objects["r50"] * scale}
    return data | {"snr": objects["snr"], "flags": objects["flags"]}, {
        "fwhm": Column("FWHM", unit, "of a Gaussian with the second moments above the detection threshold", "size"),
        "r50": Column("r50", unit, "radius of half the Kron flux in the detection image", "size"),
        "snr": Column("S/N", "", "signal to noise in the Kron aperture of the detection image"),
        "flags": Column("flags", "", "SExtractor's bits: 1 neighbours, 2 blended, 8 at the edge, …", "flag"),
    }
