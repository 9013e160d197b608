"""Metrics of redshift PDFs: calibration (PIT) and sharpness with calibration (CDE loss, CRPS, log score, Brier).

Everywhere, objects with no finite z_spec or with no PDF (NaN) are left out; with none left a figure is NaN.
"""

import math
import warnings
from collections.abc import Callable

import numpy as np

from photoz_core.errors import PhotozError
from photoz_core.pdfs import Pdfs

PIT_OUTLIER = 1e-4  # qp's: PIT < 1e-4 or > 0.9999, so 2e-4 of calibrated PDFs
AD_CLIP = 1e-12  # PITs of exactly 0 and 1 would make A² infinite
CVM_CERTAIN = 10  # above it p < 1e-20, and SciPy's series gives its rounding error or NaN
DENSITY_FLOOR = 1e-6  # per unit redshift: no object costs a log score more than 13.8
THREE_SIGMA = math.erf(3 / math.sqrt(2))  # 0.9973 of a Gaussian
LEVELS = np.linspace(0.01, 0.99, 999)  # of a QQ plot


def goodness(pit: np.ndarray) -> dict[str, float]:
    """How far PITs are from uniform; calibrated PDFs have uniform PITs, which does not make them sharp.

    Parameters
    ----------
    pit : (N,)
        `Pdfs.cdf` at z_spec; NaN where unknown.

    Returns
    -------
    dict
        ``n`` and ``missing`` PITs; ``ks``, ``ks_p`` (Kolmogorov-Smirnov D and p-value), ``cvm``, ``cvm_p``
        (Cramér-von Mises), ``ad`` (Anderson & Darling 1954, one sample, PITs clipped by `AD_CLIP`), ``ad_qp`` (the
        two-sample statistic against an even grid that qp and RAIL call AD) and ``pit_outliers``. NaN for n < 2.
    """
    from scipy import stats

    pit = np.asarray(pit, float)
    good = pit[np.isfinite(pit)]
    result: dict[str, float] = {"n": good.size, "missing": pit.size - good.size}
    if good.size < 2:
        return result | dict.fromkeys(("ks", "ks_p", "cvm", "cvm_p", "ad", "ad_qp", "pit_outliers"), math.nan)
    ks = stats.kstest(good, "uniform")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on p-values that are not used
        cvm = stats.cramervonmises(good, "uniform")
        ad_qp = stats.anderson_ksamp([good, np.linspace(0, 1, good.size)]).statistic
    return result | {
        "ks": float(ks.statistic),
        "ks_p": float(ks.pvalue),
        "cvm": float(cvm.statistic),
        "cvm_p": float(cvm.pvalue) if cvm.statistic < CVM_CERTAIN else 0.0,
        "ad": _anderson_darling(good),
        "ad_qp": float(ad_qp),
        "pit_outliers": _mean(_is_pit_outlier(good)),
    }


def pit_histogram(pit: np.ndarray, bins: int = 20) -> dict[str, np.ndarray | float]:
    """PITs in `bins` equal bins.

    Returns
    -------
    dict
        ``counts`` (bins,), ``edges`` (bins + 1,), ``expected`` of uniform PITs, and ``band``, the binomial standard
        deviation sqrt(N p (1 − p)) about it with p = 1 / bins.
    """
    pit = np.asarray(pit, float)
    counts, edges = np.histogram(pit[np.isfinite(pit)], bins, (0, 1))
    expected = counts.sum() / bins
    return {"counts": counts, "edges": edges, "expected": expected, "band": math.sqrt(expected * (1 - 1 / bins))}


def qq(pit: np.ndarray, levels: np.ndarray = LEVELS) -> dict[str, np.ndarray | float]:
    """Quantiles of the PITs against those of a uniform distribution.

    Parameters
    ----------
    pit : (N,)
    levels : (L,)
        Within (0, 1).

    Returns
    -------
    dict
        ``levels``, ``quantiles``, ``low`` and ``high`` (L,): 95 % of uniform samples lie within, level by level (the
        k-th of N order statistics follows Beta(k, N + 1 − k), k = level × (N + 1)); ``rmse`` of quantiles − levels.
    """
    from scipy.stats import beta

    pit, levels = np.asarray(pit, float), np.asarray(levels, float)
    good = pit[np.isfinite(pit)]
    if not good.size:
        nothing = np.full(levels.shape, np.nan)
        return {"levels": levels, "quantiles": nothing, "low": nothing, "high": nothing, "rmse": math.nan}
    quantiles = np.quantile(good, levels, method="weibull")  # the order statistic at k / (N + 1)
    order = np.clip(levels * (good.size + 1), 1, good.size)
    low, high = beta.ppf(np.array([[0.025], [0.975]]), order, good.size + 1 - order)
    rmse = math.sqrt(np.mean((quantiles - levels) ** 2))
    return {"levels": levels, "quantiles": quantiles, "low": low, "high": high, "rmse": rmse}


def coverage(pit: np.ndarray, level: float) -> float:
    """Share of objects whose z_spec lies in the central interval that holds `level` of the probability."""
    return _mean(_is_covered(np.asarray(pit, float), level))


def pdf_outliers(pit: np.ndarray) -> float:
    """Share of objects whose z_spec lies outside the central 3σ (99.73 %) interval of their PDF."""
    return 1 - coverage(pit, THREE_SIGMA)


def cde_loss(pdfs: Pdfs, z_spec: np.ndarray) -> float:
    """Mean ∫ p(z)² dz − 2 p(z_spec), Izbicki & Lee 2017, exact for the densities as they are.

    Lower is better; it may be negative and compares PDFs of the same objects only.
    """
    return _mean(_each(pdfs, z_spec, _cde)[0])


def crps(pdfs: Pdfs, z_spec: np.ndarray) -> float:
    """Mean ∫ (F(z) − 1[z ≥ z_spec])² dz in redshift units (Matheson & Winkler 1976), exact for the densities."""
    return _mean(_each(pdfs, z_spec, _crps)[0])


def log_score(pdfs: Pdfs, z_spec: np.ndarray) -> tuple[float, int]:
    """Mean −ln max(p(z_spec), `DENSITY_FLOOR`), and how many objects lie at the floor."""
    scores = _each(pdfs, z_spec, _log)[0]
    return _mean(scores), int((scores >= -math.log(DENSITY_FLOOR)).sum())


def brier(pdfs: Pdfs, z_spec: np.ndarray) -> float:
    """Brier's (1950) score over the bins, from 0 to 2: mean Σ (probability of a bin − [z_spec is in it])²."""
    return _mean(_each(pdfs, z_spec, _brier)[0])


def pdf_metrics(pdfs: Pdfs, z_spec: np.ndarray) -> dict[str, float]:
    """Every figure of PDFs in one pass.

    Parameters
    ----------
    pdfs : Pdfs
        Of N objects.
    z_spec : (N,)
        Rows with no finite `z_spec` are left out. NaN PDFs are counted in ``missing`` and enter no other figure.

    Returns
    -------
    dict
        ``n``, ``missing``, ``log_score_floored`` (objects at the floor), those of `goodness`, ``qq_rmse``, and
        ``cde_loss``, ``crps``, ``log_score``, ``brier``, ``coverage_68``, ``coverage_95``, ``pdf_outliers``,
        ``pit_outliers``, each with ``…_error``. These are means, whose bootstrap error in the limit of many resamples
        is sqrt(mean squared deviation / n) (Efron & Tibshirani 1993): nothing is resampled.

    Raises
    ------
    PhotozError
        If `z_spec` is not row-aligned.
    """
    pit, cde, crps_, log, brier_ = _each(pdfs, z_spec, Pdfs.cdf, _cde, _crps, _log, _brier)
    known = np.isfinite(pit)
    result: dict[str, float] = {"n": int(np.isfinite(z_spec).sum()), "qq_rmse": qq(pit)["rmse"]}
    result |= {name: value for name, value in goodness(pit).items() if name != "n"}
    result["missing"] = result["n"] - int(known.sum())
    result["log_score_floored"] = int((log >= -math.log(DENSITY_FLOOR)).sum())
    means = {"cde_loss": cde, "crps": crps_, "log_score": log, "brier": brier_}
    means |= {"coverage_68": _is_covered(pit, 0.68), "coverage_95": _is_covered(pit, 0.95)}
    means |= {"pdf_outliers": 1 - _is_covered(pit, THREE_SIGMA), "pit_outliers": _is_pit_outlier(pit)}
    for name, values in means.items():
        result[name], result[f"{name}_error"] = _mean(values), _error_of_mean(values[known])
    return result


def _each(pdfs: Pdfs, z_spec: np.ndarray, *scores: Callable[[Pdfs, np.ndarray], np.ndarray]) -> np.ndarray:
    """Scores (S, N) of each object, block by block; NaN where it has no PDF or no z_spec."""
    z_spec = np.asarray(z_spec, float)
    if z_spec.shape != (len(pdfs),):
        raise PhotozError(f"z_spec has shape {z_spec.shape}, but there are {len(pdfs)} PDFs; they must be row-aligned")
    result = np.empty((len(scores), len(pdfs)))
    for rows in pdfs.blocks():
        block = pdfs.take(rows)
        for score, values in zip(scores, result, strict=True):
            values[rows] = score(block, z_spec[rows])
    return result


def _cde(pdfs: Pdfs, z: np.ndarray) -> np.ndarray:
    return np.square(pdfs.density, dtype=float) @ np.diff(pdfs.edges) - 2 * pdfs.at(z)


def _brier(pdfs: Pdfs, z: np.ndarray) -> np.ndarray:
    width = np.diff(pdfs.edges)
    return np.square(pdfs.density, dtype=float) @ width**2 - 2 * pdfs.at(z) * width[pdfs.bin_of(z)] + 1


def _log(pdfs: Pdfs, z: np.ndarray) -> np.ndarray:
    return -np.log(np.maximum(pdfs.at(z), DENSITY_FLOOR))


def _crps(pdfs: Pdfs, z: np.ndarray) -> np.ndarray:
    """F − 1[t ≥ z] is linear between edges but for the bin that holds z, where it falls by 1: that bin is split."""
    width = np.diff(pdfs.edges)
    inside = np.clip(z, pdfs.edges[0], pdfs.edges[-1])
    distance = np.abs(pdfs.cumulative - (pdfs.edges > inside[:, None]))
    total = _integrals(distance[:, :-1], distance[:, 1:]) @ width
    bin_, rows = pdfs.bin_of(inside), np.arange(len(pdfs))
    low, high = pdfs.edges[bin_], pdfs.edges[bin_ + 1]
    before, after = pdfs.cumulative[rows, bin_], 1 - pdfs.cumulative[rows, bin_ + 1]
    at_z = pdfs.cdf(inside)
    split = _integrals(before, at_z) * (inside - low) + _integrals(1 - at_z, after) * (high - inside)
    whole = _integrals(distance[rows, bin_], distance[rows, bin_ + 1]) * width[bin_]
    return total - whole + split + np.abs(z - inside)  # beyond the edges F is 0 or 1 and the difference 1


def _integrals(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """∫ over a unit interval of the square of what goes linearly from `start` to `end`."""
    return (start * start + start * end + end * end) / 3


def _anderson_darling(pit: np.ndarray) -> float:
    """A² = −N − Σ (2i − 1) [ln u_i + ln(1 − u_{N+1−i})] / N of ascending u."""
    u = np.sort(np.clip(pit, AD_CLIP, 1 - AD_CLIP))
    weight = 2 * np.arange(1, u.size + 1) - 1
    return float(-u.size - np.mean(weight * (np.log(u) + np.log1p(-u[::-1]))))


# 1, 0 or NaN of each object.
def _is_covered(pit: np.ndarray, level: float) -> np.ndarray:
    return np.where(np.isfinite(pit), np.abs(pit - 0.5) <= level / 2, np.nan)


def _is_pit_outlier(pit: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(pit), (pit < PIT_OUTLIER) | (pit > 1 - PIT_OUTLIER), np.nan)


def _mean(values: np.ndarray) -> float:
    good = values[np.isfinite(values)]
    return float(good.mean()) if good.size else math.nan


def _error_of_mean(values: np.ndarray) -> float:
    return float(values.std() / math.sqrt(values.size)) if values.size > 1 else math.nan
