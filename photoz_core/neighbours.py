"""Nearest neighbours in latent space, exact."""

import numpy as np

SPARE = 32  # candidates beyond k that are measured again: the fast distance rounds


def nearest(latents: np.ndarray, row: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows nearest to `row`, itself left out, and their Euclidean distances.

    Parameters
    ----------
    latents : (N, D) float32
    row : int
    k : int
        Fewer are returned where there are fewer.

    Returns
    -------
    rows : (k,) int
        Nearest first.
    distances : (k,) float
    """
    return nearest_to(latents, latents[row], k, np.array([row]))


def nearest_to(
    latents: np.ndarray, query: np.ndarray, k: int, without: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k rows nearest to any point of latent space, and their Euclidean distances.

    Parameters
    ----------
    latents : (N, D) float32
    query : (D,)
        An object's latents, a mean, or those of an image from elsewhere.
    k : int
        Fewer are returned where there are fewer.
    without : (M,) int or (N,) bool, optional
        Rows that do not count.

    Returns
    -------
    rows : (k,) int
        Nearest first.
    distances : (k,) float
    """
    query = np.asarray(query, latents.dtype)
    squared = np.einsum("nd,nd->n", latents, latents) - 2 * (latents @ query)
    if without is not None:
        squared[without] = np.inf
    count = int(np.isfinite(squared).sum())
    some = min(k + SPARE, count)
    rows = np.argpartition(squared, some - 1)[:some] if some > 0 else np.zeros(0, int)
    distances = np.linalg.norm(latents[rows].astype(np.float64) - query, axis=1)
    order = np.argsort(distances, kind="stable")[:k]
    return rows[order], distances[order]
