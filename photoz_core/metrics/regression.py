"""Metrics of an estimated property that is no redshift, in its own unit."""

import math

import numpy as np


def regression_metrics(true: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """How well a property is estimated; objects where either is NaN are left out and counted.

    Parameters
    ----------
    true, estimate : (N,)

    Returns
    -------
    dict
        ``n`` judged and ``missing`` of those with a true value; ``r2`` = 1 − Σ (true − estimate)² / Σ (true − mean)²,
        ``rms`` and mean (``bias``) of estimate − true. NaN with fewer than two objects, R² where `true` is constant.
    """
    true, estimate = np.asarray(true, float), np.asarray(estimate, float)
    judged = np.isfinite(true) & np.isfinite(estimate)
    result = {"n": int(judged.sum()), "missing": int((np.isfinite(true) & ~judged).sum())}
    if judged.sum() < 2:
        return result | dict.fromkeys(("r2", "rms", "bias"), math.nan)
    true, error = true[judged], (estimate - true)[judged]
    scatter = float(np.sum((true - true.mean()) ** 2))
    r2 = 1 - float(np.sum(error**2)) / scatter if scatter > 0 else math.nan
    return result | {"r2": r2, "rms": float(np.sqrt(np.mean(error**2))), "bias": float(error.mean())}
