"""How odd each object is to a run: far from others in latent space, or unlikely by its own redshift PDF."""

import numpy as np

from photoz_core.metrics.pdf import DENSITY_FLOOR
from photoz_core.metrics.point import delta_z, outlier_threshold
from photoz_core.pdfs import Pdfs

NEIGHBOURS = 10  # k of the kNN distance
REFERENCE = 20_000  # objects, at most, among which neighbours are looked for: the cost grows with their number


def knn_distance(latents: np.ndarray, k: int = NEIGHBOURS, seed: int = 0) -> np.ndarray:
    """Euclidean distance of each object to its k-th nearest neighbour, itself not counted.

    The score of Ramaswamy, Rastogi & Shim (2000, SIGMOD). Latents are taken as they are: so the distance is the one
    that neighbours are listed with; standardising would give a latent that hardly varies, the noise of a collapsed
    encoder, as much say as any other. Of more than `REFERENCE` objects a seeded sample of so many stands for all
    (Sugiyama & Borgwardt 2013, NeurIPS).

    Parameters
    ----------
    latents : (N, D)
    k : int
        Of fewer than k other objects the farthest counts.
    seed : int
        Of the sample.

    Returns
    -------
    (N,) float64
        NaN where latents are not finite, and of a single object.
    """
    from sklearn.neighbors import NearestNeighbors

    score, rows = _nan(latents), _finite(latents)
    if len(rows) < 2:
        return score
    sample = np.sort(np.random.default_rng(seed).permutation(rows)[:REFERENCE])
    k = min(k, len(sample) - 1)
    found = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(latents[sample])
    distances = found.kneighbors(latents[rows])[0]  # of an object of the sample, itself comes first
    score[rows] = distances[np.arange(len(rows)), np.where(np.isin(rows, sample), k, k - 1)]
    return score


def isolation_forest(latents: np.ndarray, seed: int = 0) -> np.ndarray:
    """Anomaly score of an isolation forest, from 0 to 1: how few random cuts separate an object from the others.

    scikit-learn's with its default 100 trees of 256 objects, the score of eq. 2 of Liu, Ting & Zhou (2008, ICDM). It
    asks each latent by itself, so that their scales do not matter.

    Parameters
    ----------
    latents : (N, D)
    seed : int

    Returns
    -------
    (N,) float64
        NaN where latents are not finite, and of a single object.
    """
    from sklearn.ensemble import IsolationForest

    score, rows = _nan(latents), _finite(latents)
    if len(rows) < 2:
        return score
    score[rows] = -IsolationForest(random_state=seed).fit(latents[rows]).score_samples(latents[rows])
    return score


def pdf_doubt(pdfs: Pdfs) -> np.ndarray:
    """Probability (N,) that z_phot is catastrophically wrong, as the PDF itself has it; NaN without a PDF.

    P(|z − z_phot| / (1 + z) > t) with z_phot the median and t PITA's threshold, 0.15: what `catastrophic` finds where
    z_spec is known. Near 0 for a narrow PDF, large for a wide one or one of several peaks; akin to 1 − odds of Benítez
    (2000, ApJ 536, 571).
    """
    z_phot, limit = pdfs.quantile(0.5)[:, 0], outlier_threshold([0.0])
    low, high = (z_phot - limit) / (1 + limit), (z_phot + limit) / (1 - limit)
    return 1 - (pdfs.cdf(high) - pdfs.cdf(low))


def pdf_surprise(pdfs: Pdfs, z_spec: np.ndarray) -> np.ndarray:
    """−ln p(z_spec) (N,) [nat], p not below `DENSITY_FLOOR`; NaN without a z_spec or a PDF."""
    return -np.log(np.maximum(pdfs.at(z_spec), DENSITY_FLOOR))


def pit_tail(pdfs: Pdfs, z_spec: np.ndarray) -> np.ndarray:
    """|PIT − 0.5| (N,), from 0 (z_spec is the median) to 0.5 (beyond the PDF); NaN without a z_spec or a PDF."""
    return np.abs(pdfs.cdf(z_spec) - 0.5)


def catastrophic(z_spec: np.ndarray, z_phot: np.ndarray, convention: str = "pita") -> np.ndarray:
    """Which objects (N,) bool are catastrophic redshift outliers by a convention of `photoz_core.metrics.point`.

    Those of `point_metrics`: a known z_spec, and |Δz| beyond the threshold or no z_phot at all; PITA's threshold is
    |z_spec − z_phot| / (1 + z_spec) > 0.15.
    """
    residual = delta_z(z_spec, z_phot, convention)
    within = np.abs(residual) <= outlier_threshold(residual, convention)
    return np.isfinite(np.asarray(z_spec, float)) & ~within


def _nan(latents: np.ndarray) -> np.ndarray:
    return np.full(len(latents), np.nan)


def _finite(latents: np.ndarray) -> np.ndarray:
    """Rows whose latents are all finite."""
    return np.flatnonzero(np.isfinite(latents).all(axis=1))
