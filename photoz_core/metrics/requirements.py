"""What LSST asks of photometric redshifts, and whether a catalog meets it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photoz_core.metrics.point import delta_z, outlier_fraction, point_metrics


@dataclass(frozen=True)
class Requirement:
    """An upper limit (and perhaps a stricter goal) on a figure of e_z = (z_phot − z_spec) / (1 + z_spec)."""

    name: str
    limit: float
    goal: float | None
    text: str
    measure: Callable[[np.ndarray, np.ndarray], float]
    sample: str = "LSST gold sample: i < 25.3, 0 < z < 3"
    source: str = "LSST Science Book, section 3.8"


def _scatter(z_spec: np.ndarray, z_phot: np.ndarray) -> float:
    return point_metrics(z_spec, z_phot, "rail", resamples=0)["scatter"]


def _outliers(z_spec: np.ndarray, z_phot: np.ndarray) -> float:
    return outlier_fraction(delta_z(z_spec, z_phot, "rail"), 3 * _scatter(z_spec, z_phot))


def _bias(z_spec: np.ndarray, z_phot: np.ndarray) -> float:
    return abs(point_metrics(z_spec, z_phot, "rail", resamples=0)["bias"])


LSST = (
    Requirement("scatter", 0.05, 0.02, "σ_IQR of e_z", _scatter),
    Requirement("outliers", 0.10, None, "share of |e_z| > 3 σ_IQR; an object with no z_phot is one", _outliers),
    Requirement("bias", 0.003, None, "|median e_z|; 0.01 for weak lensing and BAO combined", _bias),
)


def requirements(z_spec: np.ndarray, z_phot: np.ndarray) -> list[dict]:
    """Each line of `LSST` measured.

    Parameters
    ----------
    z_spec, z_phot : (N,)
        Rows with no finite `z_spec` are left out. That the limits hold for another sample than these objects is for
        the reader to weigh: ``sample`` goes with every line.

    Returns
    -------
    list of dict
        ``name``, ``text``, ``value``, ``limit``, ``goal`` (or None), ``met`` (False where the value is NaN),
        ``sample``, ``source``.
    """
    z_spec, z_phot = np.asarray(z_spec, float), np.asarray(z_phot, float)
    known = np.isfinite(z_spec)
    lines = []
    for line in LSST:
        value = line.measure(z_spec[known], z_phot[known]) if known.any() else float("nan")
        shown = {name: getattr(line, name) for name in ("name", "text", "limit", "goal", "sample", "source")}
        lines.append({**shown, "value": value, "met": value < line.limit})
    return lines
