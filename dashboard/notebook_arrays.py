"""Arrays from a notebook, checked against the catalog they stand beside."""

import numpy as np

from photoz_core.errors import PhotozError

NAMED = 5  # rows that an error names


def checked_latents(values, count: int, name: str = "latents") -> np.ndarray:
    """Latents (N, D) as float32, of an array or a tensor on any device; not copied where they are that already.

    Raises
    ------
    PhotozError
        If they are no numbers, of another shape or length than the catalog's `count`, or not finite.
    """
    array = _aligned(values, count, name)
    if array.ndim != 2 or not array.shape[1]:
        raise PhotozError(f"{name}: shape {array.shape}, expected (N, D) with one row an object, here N = {count:,}")
    return _finite(array, name)


def checked_projection(values, count: int) -> np.ndarray:
    """A map (N, 2) as float32; errors as of `checked_latents`."""
    array = _aligned(values, count, "projection")
    if array.shape != (count, 2):
        raise PhotozError(f"projection: shape {array.shape}, expected ({count:,}, 2): x and y of every object")
    return _finite(array, "projection")


def checked_images(values, count: int) -> np.ndarray:
    """Images (N, bands, H, W), of whatever number; errors as of `checked_latents`, but pixels are not looked at."""
    array = _aligned(values, count, "images")
    if array.ndim != 4 or not array[:1].size:
        shape = f"shape {array.shape}, expected (N, bands, H, W)"
        remedy = "; images of one band: images[:, None]" if array.ndim == 3 else ""
        raise PhotozError(f"images: {shape}{remedy}")
    return array


def _aligned(values, count: int, name: str) -> np.ndarray:
    """An array of numbers with one row an object."""
    if hasattr(values, "detach"):  # a tensor, perhaps one that numpy has no like of
        values = values.detach().cpu()
        values = values.float() if "bfloat16" in str(values.dtype) else values
    try:
        masked = isinstance(values, np.ma.MaskedArray) and values.mask.any()
        array = values.astype(float).filled(np.nan) if masked else np.asarray(values)
    except ValueError as error:
        raise PhotozError(f"{name}: no array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise PhotozError(f"{name}: values of type {array.dtype}, expected numbers")
    if array.ndim == 0 or len(array) != count:
        length = "a single number" if array.ndim == 0 else f"{len(array):,} rows"
        raise PhotozError(f"{name}: {length}, the catalog has {count:,}; both need one row an object, in one order")
    return array


def _finite(array: np.ndarray, name: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        array = np.asarray(array, np.float32)
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if len(bad):
        rows = ", ".join(map(str, bad[:NAMED])) + ("…" if len(bad) > NAMED else "")
        raise PhotozError(
            f"{name}: {len(bad):,} of {len(array):,} rows hold NaN, infinite or too large values: rows {rows}; "
            "leave them out: keep = np.isfinite(values).all(1), then catalog[keep] and values[keep]"
        )
    return array
