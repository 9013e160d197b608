"""Observe galaxy spectra as SDSS does: a window of observed wavelengths, noise that follows the sky, a few failures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from photoz_core.simulate._spectra_population import KINDS, draw_galaxies, rest_spectra
from photoz_core.spectra import Grid

OUTLIERS = ("none", "sky residual", "wrong redshift", "arm mismatch")
PAD = 64  # pixels beyond the grid, so that a wrong redshift shows what lies there
SLIPS = (8, PAD)  # pixels by which a wrong redshift shifts a spectrum
SKY_LINES = np.array([5578.9, 5891.6, 6302.0, 6365.5, 7278.0, 7342.0, 7753.0, 7824.0, 7996.0, 8346.0, 8401.0, 8432.0,
                      8830.0, 8888.0, 8922.0, 8961.0])  # fmt: skip
SKY_WIDTH = 3.5  # Å, about a pixel of the grid
DICHROIC = 6000.0  # Å, where SDSS's blue and red arms meet
REDSHIFT_ERROR = 5e-5
BAD_PIXELS = 0.002  # share lost to cosmic rays and detectors
SNR_TYPICAL, SNR_SPREAD = 18.0, 0.22  # median a pixel, and scatter [dex]


@dataclass(frozen=True)
class Observed:
    """Spectra of one chunk on the dataset's grid, in units of FLUX_UNIT.

    Parameters
    ----------
    catalog : DataFrame
        N rows.
    flux, error, true : (N, L)
        With noise; 1σ of it; without noise and without gaps.
    mask : (N, L) bool
        True where not measured.
    """

    catalog: pd.DataFrame
    flux: np.ndarray
    error: np.ndarray
    true: np.ndarray
    mask: np.ndarray


def observe(rows: range, config, grid: Grid) -> Observed:
    """The spectra of these row numbers; they depend on the options and the first number alone."""
    rng, count = np.random.default_rng([config.seed, rows.start]), len(rows)
    wide = Grid(grid.start - PAD * grid.step, grid.step, grid.count + 2 * PAD)
    galaxies = draw_galaxies(count, config, rng)
    outlier = np.where(rng.random(count) < config.outlier_share, rng.integers(1, len(OUTLIERS), count), 0)
    sign = np.where(galaxies.z < PAD * grid.step * np.log(10) * 1.1, -1, rng.choice([-1, 1], count))  # never below 0
    slip = sign * rng.integers(*SLIPS, count) * (outlier == OUTLIERS.index("wrong redshift"))
    z_spec = (1 + galaxies.z) * 10 ** (-grid.step * slip) * (1 + rng.normal(0, REDSHIFT_ERROR, count)) - 1
    pixels = PAD + np.arange(grid.count) - slip[:, None]
    true = np.take_along_axis(rest_spectra(galaxies, wide, rng), pixels, axis=1)
    seen_at = grid.wavelength * (1 + z_spec[:, None])
    mask = (seen_at < config.window[0]) | (seen_at > config.window[1]) | (rng.random(true.shape) < BAD_PIXELS)
    snr = np.clip(SNR_TYPICAL * 10 ** rng.normal(0, SNR_SPREAD, count), *config.snr_range)
    true *= (0.5 * snr * 10 ** rng.normal(0, 0.1, count) / np.median(true, axis=1))[:, None]
    error = _errors(true, seen_at, mask, snr)
    flux = true + error * rng.normal(size=true.shape)
    _spoil(flux, error, seen_at, outlier, rng)
    catalog = pd.DataFrame(
        {
            "object_id": [f"s{row:06d}" for row in rows],
            "z_spec": z_spec,
            "kind": np.array(KINDS)[galaxies.kind],
            **galaxies.truth(),
            "true_outlier": np.array(OUTLIERS)[outlier],
        }
    )
    return Observed(catalog, np.where(mask, 0, flux), np.where(mask, 0, error), true, mask)


def _errors(true: np.ndarray, seen_at: np.ndarray, mask: np.ndarray, snr: np.ndarray) -> np.ndarray:
    """1σ (N, L) of sky and object for a median `snr` (N,) of the measured pixels."""
    variance = _sky_variance(seen_at) + 0.5 * np.maximum(true, 0) / np.median(true, axis=1)[:, None]
    error = np.sqrt(variance)
    measured = np.nanmedian(np.where(mask, np.nan, true / error), axis=1)
    return error * (measured / snr)[:, None]


def _sky_variance(seen_at: np.ndarray) -> np.ndarray:
    """Variance a pixel relative to that at 6000 Å: lower throughput at both ends, lines of the night sky."""
    ends = 2.5 * np.exp((3800 - seen_at) / 250) + np.exp((seen_at - 9000) / 400)
    return 0.5 + ends + 2.0 * _sky_lines(seen_at)


def _sky_lines(seen_at: np.ndarray) -> np.ndarray:
    """Light (N, L) of the night sky's lines, 1 at the peak of each."""
    nearest = np.abs(np.searchsorted((SKY_LINES[1:] + SKY_LINES[:-1]) / 2, seen_at))
    return np.exp(-0.5 * ((seen_at - SKY_LINES[nearest]) / SKY_WIDTH) ** 2)


def _spoil(flux: np.ndarray, error: np.ndarray, seen_at: np.ndarray, outlier: np.ndarray, rng) -> None:
    """Add in place what the errors do not know of: badly subtracted sky lines, a step between the arms."""
    rows = np.flatnonzero(outlier == OUTLIERS.index("sky residual"))
    strength = rng.uniform(8, 30, (len(rows), 1)) * rng.choice([-1, 1], (len(rows), 1))
    flux[rows] += strength * error[rows] * _sky_lines(seen_at[rows])
    rows = np.flatnonzero(outlier == OUTLIERS.index("arm mismatch"))
    step = 1 + rng.uniform(0.08, 0.25, (len(rows), 1)) * rng.choice([-1, 1], (len(rows), 1))
    flux[rows] *= np.where(seen_at[rows] > DICHROIC, step, 1)
