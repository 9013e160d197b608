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
    query = latents[row]
    squared = np.einsum("nd,nd->n", latents, latents) - 2 * (latents @ query)
    squared[row] = np.inf
    k = min(k, len(latents) - 1)
    some = min(k + SPARE, len(latents) - 1)
    rows = np.argpartition(squared, some - 1)[:some] if some > 0 else np.zeros(0, int)
    distances = np.linalg.norm(latents[rows].astype(np.float64) - query, axis=1)
    order = np.argsort(distances, kind="stable")[:k]
    return rows[order], distances[order]
