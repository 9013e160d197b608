"""Metrics of point estimates, in every convention of the field."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photoz_core.errors import PhotozError, unknown


def delta_z(z_spec: np.ndarray, z_phot: np.ndarray, convention: str = "pita") -> np.ndarray:
    """Normalised residual (N,).

    ``pita``, ``sdss``: (z_spec − z_phot) / (1 + z_spec); ``rail``: (z_phot − z_spec) / (1 + z_spec), the opposite sign
    of the bias; ``graham``: (z_spec − z_phot) / (1 + z_phot) (Graham et al. 2020).
    """
    z_spec, z_phot = np.asarray(z_spec, float), np.asarray(z_phot, float)
    match convention:
        case "pita" | "sdss":
            return (z_spec - z_phot) / (1 + z_spec)
        case "rail":
            return (z_phot - z_spec) / (1 + z_spec)
        case "graham":
            return (z_spec - z_phot) / (1 + z_phot)
    raise unknown("convention", convention, CONVENTIONS)


def z_phot_at(z_spec: np.ndarray, dz: float, convention: str = "pita") -> np.ndarray:
    """The z_phot (N,) whose `delta_z` is `dz`: with ± an outlier threshold, the two lines beyond which outliers lie."""
    z_spec = np.asarray(z_spec, float)
    match convention:
        case "pita" | "sdss":
            return z_spec - dz * (1 + z_spec)
        case "rail":
            return z_spec + dz * (1 + z_spec)
        case "graham":
            return (z_spec - dz) / (1 + dz)
    raise unknown("convention", convention, CONVENTIONS)


def sigma_nmad(dz: np.ndarray, scale: float = 1.4826) -> float:
    """Normalised median absolute deviation: scale × median |dz − median(dz)|."""
    return float(_nmad(dz[None], scale)[0])


def outlier_fraction(dz: np.ndarray, threshold: float = 0.15) -> float:
    """Share of |dz| above `threshold`; NaN residuals count as outliers."""
    return float(_outliers(dz[None], threshold)[0])


# Statistics over the last axis, so that a bootstrap is one call over (resamples, N).
def _mean(dz: np.ndarray) -> np.ndarray:
    return dz.mean(-1)


def _median(dz: np.ndarray) -> np.ndarray:
    return np.median(dz, -1)


def _mean_in_iqr(dz: np.ndarray) -> np.ndarray:
    low, high = np.percentile(dz, (25, 75), axis=-1, keepdims=True)
    inside = (dz >= low) & (dz <= high)
    with np.errstate(invalid="ignore"):  # of two values none lies inside
        return np.where(inside, dz, 0).sum(-1) / inside.sum(-1)


def _nmad(dz: np.ndarray, scale: float = 1.4826) -> np.ndarray:
    return scale * np.median(np.abs(dz - np.median(dz, -1, keepdims=True)), -1)


def _iqr(dz: np.ndarray) -> np.ndarray:
    low, high = np.percentile(dz, (25, 75), axis=-1)
    return (high - low) / 1.349


def _outliers(dz: np.ndarray, threshold: float | np.ndarray = 0.15) -> np.ndarray:
    return 1 - (np.abs(dz) <= np.asarray(threshold)[..., None]).mean(-1)


@dataclass(frozen=True)
class Convention:
    """Bias, scatter and the |Δz| beyond which a residual is an outlier; `text` says them in words."""

    bias: Callable
    scatter: Callable
    threshold: Callable
    text: str

    def outliers(self, dz: np.ndarray) -> np.ndarray:
        return _outliers(dz, self.threshold(dz))


CONVENTIONS = {
    "pita": Convention(
        _mean, _nmad, lambda dz: 0.15, "mean bias, σ_NMAD, |Δz| > 0.15, Δz = (z_spec − z_phot)/(1 + z_spec)"
    ),
    "rail": Convention(
        _median,
        _iqr,
        lambda dz: np.maximum(0.06, 3 * _iqr(dz)),
        "median bias, σ_IQR, |Δz| > max(0.06, 3σ), sign z_phot − z_spec",
    ),
    "graham": Convention(
        _mean_in_iqr,
        _iqr,
        lambda dz: np.minimum(0.06, 3 * _iqr(dz)),
        "mean bias inside the IQR, σ_IQR, |Δz| > min(0.06, 3σ), over 1 + z_phot",
    ),
    "sdss": Convention(_mean, _nmad, lambda dz: 0.05, "as PITA, outliers |Δz| > 0.05"),
}


def outlier_threshold(dz: np.ndarray, convention: str = "pita") -> float:
    """The |Δz| beyond which an object is an outlier; NaN where it follows from the scatter of no finite residual."""
    if convention not in CONVENTIONS:
        raise unknown("convention", convention, CONVENTIONS)
    good = np.asarray(dz, float)[np.isfinite(dz)]
    return float(CONVENTIONS[convention].threshold(good)) if good.size else float("nan")


def point_metrics(
    z_spec: np.ndarray, z_phot: np.ndarray, convention: str = "pita", resamples: int = 1000, seed: int = 0
) -> dict[str, float]:
    """Bias, scatter and outliers with bootstrap errors.

    Parameters
    ----------
    z_spec, z_phot : (N,)
        Rows with no finite `z_spec` are left out. A NaN `z_phot` counts as an outlier, is counted in ``missing`` and
        enters neither bias nor scatter.
    convention : {"pita", "rail", "graham", "sdss"}
    resamples : int
        Bootstrap resamples; 0 leaves the errors out.

    Returns
    -------
    dict
        ``n``, ``missing``, and ``bias``, ``scatter``, ``outliers`` each with ``…_error`` (NaN for n < 2).
    """
    if convention not in CONVENTIONS:
        raise unknown("convention", convention, CONVENTIONS)
    z_spec, z_phot = np.asarray(z_spec, float), np.asarray(z_phot, float)
    if z_spec.shape != z_phot.shape:
        raise PhotozError(f"z_spec has shape {z_spec.shape}, z_phot {z_phot.shape}; they must be row-aligned")
    known = np.isfinite(z_spec)
    residual = delta_z(z_spec[known], z_phot[known], convention)
    good = residual[np.isfinite(residual)]
    result: dict[str, float] = {"n": int(known.sum()), "missing": int(residual.size - good.size)}
    kinds = CONVENTIONS[convention]
    for name, statistic, values in (
        ("bias", kinds.bias, good),
        ("scatter", kinds.scatter, good),
        ("outliers", kinds.outliers, np.where(np.isfinite(residual), residual, np.inf)),
    ):
        if name == "outliers" and convention in ("rail", "graham"):
            values = good  # their threshold comes from the scatter, which no infinite residual may enter
        result[name] = float(statistic(values[None])[0]) if values.size else float("nan")
        if resamples:
            result[f"{name}_error"] = _bootstrap_error(statistic, values, resamples, seed)
    return result


def binned_metrics(
    z_spec: np.ndarray,
    z_phot: np.ndarray,
    by: np.ndarray,
    edges: np.ndarray,
    convention: str = "pita",
    resamples: int = 200,
) -> list[dict[str, float]]:
    """`point_metrics` in bins ``edges[i] ≤ by < edges[i + 1]`` (last edge included), with ``low`` and ``high``."""
    rows = []
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        inside = (by >= low) & ((by < high) | ((i == len(edges) - 2) & (by == high)))
        row = point_metrics(z_spec[inside], z_phot[inside], convention, resamples)
        rows.append({"low": float(low), "high": float(high), **row})
    return rows


def running_metrics(by: np.ndarray, dz: np.ndarray, bins: int = 12) -> dict[str, np.ndarray]:
    """Median and σ_NMAD of residuals along a property, in bins of equal numbers of objects.

    Parameters
    ----------
    by, dz : (N,)
        The property and `delta_z`; rows where either is not finite are left out.
    bins : int
        At most; fewer where a bin would hold under ten objects.

    Returns
    -------
    dict
        ``center`` (median of the property), ``median``, ``scatter`` and ``n``, each (bins,); empty for no rows.
    """
    known = np.isfinite(by) & np.isfinite(dz)
    order = np.argsort(by[known], kind="stable")
    groups = np.array_split(order, max(1, min(bins, order.size // 10))) if order.size else []
    by, dz = by[known], dz[known]
    return {
        "center": np.array([np.median(by[rows]) for rows in groups]),
        "median": np.array([np.median(dz[rows]) for rows in groups]),
        "scatter": np.array([sigma_nmad(dz[rows]) for rows in groups]),
        "n": np.array([rows.size for rows in groups], int),
    }


def _bootstrap_error(statistic: Callable, values: np.ndarray, resamples: int, seed: int) -> float:
    """Standard deviation of `statistic` over resamples, in blocks that keep memory bounded."""
    if values.size < 2:
        return float("nan")
    rng = np.random.default_rng(seed)
    block = max(1, int(4e6 // values.size))
    draws = [
        statistic(values[rng.integers(0, values.size, (min(block, resamples - start), values.size))])
        for start in range(0, resamples, block)
    ]
    return float(np.std(np.concatenate(draws), ddof=1))
