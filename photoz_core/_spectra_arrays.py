"""The arrays of a dataset of spectra: fill the gaps, divide by the norm, write."""

from dataclasses import dataclass

import numpy as np

from photoz_core.columns import Column
from photoz_core.dataset_writer import DatasetWriter
from photoz_core.errors import unknown
from photoz_core.gaps import fill_gaps, interpolate_gaps
from photoz_core.spectra import FLUX_UNIT, Grid, norms

FILLS = ("auto", "pca", "lines")
COMPONENTS = 10  # as many as astroML's spec4000 took
ENOUGH = 100  # spectra: fewer do not tell what galaxies have in common
NORM = Column("norm", FLUX_UNIT, "root mean square of the flux over the grid, gaps filled: spectrum × norm is the flux")
TEXTS = {
    "spectrum": "rest-frame f_λ, divided by the column norm; a fill, no measurement, where spectrum_mask is True",
    "spectrum_error": "1σ of spectrum; 0 where not measured",
    "spectrum_mask": "True where not measured",
}


@dataclass(frozen=True)
class Scaled:
    """Spectra as a dataset keeps them.

    Parameters
    ----------
    spectrum, error : (N, L) float32
        Divided by `norm`; `error` is 0 in the gaps.
    mask : (N, L) bool
    norm : (N,) float64
    note : str
        How the gaps were filled.
    """

    spectrum: np.ndarray
    error: np.ndarray
    mask: np.ndarray
    norm: np.ndarray
    note: str


def fill_and_scale(flux: np.ndarray, error: np.ndarray, mask: np.ndarray, fill: str = "auto") -> Scaled:
    """Fill the gaps of spectra (N, L) and divide each by its root mean square.

    Parameters
    ----------
    fill : str
        "pca", "lines" (straight ones across), or "auto": PCA of `ENOUGH` spectra or more.

    Raises
    ------
    PhotozError
        For an unknown fill, a spectrum without a measured pixel or without flux.
    """
    if fill not in FILLS:
        raise unknown("fill", fill, FILLS)
    if fill == "auto":
        fill = "pca" if len(flux) >= ENOUGH else "lines"
    scale = np.sqrt((np.where(mask, 0, flux) ** 2).sum(axis=1) / np.maximum((~mask).sum(axis=1), 1))
    scale = np.where(scale > 0, scale, 1.0)[:, None]
    if fill == "pca":
        components = min(COMPONENTS, *flux.shape)
        filled, pca = fill_gaps(flux / scale, mask, components, normalise=True)
        note = f"gaps filled by iterative PCA: {components} components, {len(pca.residuals)} rounds"
    else:
        filled = interpolate_gaps(flux / scale, mask)
        note = "the mask only: gaps filled by straight lines, level at the ends"
        note += f" (PCA needs {ENOUGH} spectra)" if len(flux) < ENOUGH else ""
    norm = norms(filled)[:, None]
    error = np.where(mask, 0, error / (norm * scale))
    return Scaled(np.float32(filled / norm), np.float32(error), mask, (norm * scale)[:, 0], note)


def write_spectra(writer: DatasetWriter, scaled: Scaled, grid: Grid) -> None:
    """Add the three arrays, with the grid as plain numbers beside each."""
    for name, values in (
        ("spectrum", scaled.spectrum),
        ("spectrum_error", scaled.error),
        ("spectrum_mask", scaled.mask),
    ):
        add_on_grid(writer, name, values, TEXTS[name], grid)


def add_on_grid(writer: DatasetWriter, name: str, values: np.ndarray, description: str, grid: Grid) -> None:
    """Add one array (N, L) that lies on `grid`."""
    writer.add_array(name, values, "", description)
    writer.meta.arrays[name]["grid"] = grid.to_dict()


def flux_noise(flux: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """1σ noise (N,) of spectra (N, L) without errors: DER_SNR (Stoehr et al. 2008, ASP Conf. 394, 505).

    1.482602 / √6 × median |2 f_i − f_(i−2) − f_(i+2)| over measured pixels: what a parabola over five pixels leaves, so
    too small where neighbours repeat one value. A spectrum without five measured pixels in a row has NaN.
    """
    bad = mask[:, 2:-2] | mask[:, :-4] | mask[:, 4:]
    second = np.abs(2 * flux[:, 2:-2] - flux[:, :-4] - flux[:, 4:])
    known = ~bad.all(axis=1)
    second = np.where(bad & known[:, None], np.nan, second)
    return np.where(known, 1.482602 / np.sqrt(6) * np.nanmedian(second, axis=1), np.nan)
