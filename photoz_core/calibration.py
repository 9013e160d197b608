"""Calibration of redshift PDFs by one number, learned from validation labels (temperature scaling, Guo et al. 2017)."""

import numpy as np

from photoz_core.pdfs import Pdfs

TEMPERATURES = np.geomspace(0.25, 8, 41)
LEAST = 10  # labels below which nothing is learned: the temperature stays 1
FLOOR = 1e-6  # least density that the score sees, so that one outlier does not decide


def temperature(pdfs: Pdfs, z_spec: np.ndarray) -> float:
    """The T for which p(z)^(1/T) has the best mean log density at the true redshifts.

    Parameters
    ----------
    pdfs : Pdfs
        Of N objects that the training saw no label of, but may learn from: the visible part of the validation split.
    z_spec : (N,)
        NaN where unknown.

    Returns
    -------
    float
        Above 1 for PDFs that are too narrow; 1 where fewer than `LEAST` objects are known.
    """
    known = np.isfinite(z_spec) & np.isfinite(pdfs.density[:, 0])
    if known.sum() < LEAST:
        return 1.0
    pdfs, z_spec = pdfs.take(known), np.asarray(z_spec)[known]
    scores = [np.log(np.maximum(tempered(pdfs, value).at(z_spec), FLOOR)).mean() for value in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmax(scores))])


def tempered(pdfs: Pdfs, value: float) -> Pdfs:
    """p(z)^(1/T), normalised: wider for T > 1, narrower for T < 1, the same for 1."""
    if value == 1:
        return pdfs
    density = np.empty_like(pdfs.density)
    width = np.diff(pdfs.edges)
    for rows in pdfs.blocks():
        peak = pdfs.density[rows].max(1, keepdims=True)
        power = (pdfs.density[rows] / peak).astype(np.float64) ** (1 / value)
        density[rows] = power / (power * width).sum(1, keepdims=True)
    return Pdfs(pdfs.edges, density)
