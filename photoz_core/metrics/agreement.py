"""How far two latent spaces agree on who is near whom."""

import numpy as np

NEAREST = 15  # neighbours whose agreement is asked for: as many as the maps are made from
MOST = 20_000  # objects it is measured on: its cost grows with their square


def sample(count: int, most: int = MOST, seed: int = 0) -> np.ndarray:
    """Rows (M,) that stand for `count` objects, in their order: all of them, or `most` drawn at random."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def nearest_rows(latents: np.ndarray, k: int = NEAREST) -> np.ndarray:
    """The k nearest others of every object, by Euclidean distance, exactly.

    Parameters
    ----------
    latents : (N, D)
    k : int
        N − 1 where there are fewer others.

    Returns
    -------
    (N, k) int32
        An object is never its own neighbour; of others at the same distance any may be named.
    """
    from sklearn.neighbors import NearestNeighbors

    k = min(k, len(latents) - 1)
    if k < 1:
        return np.zeros((len(latents), 0), np.int32)
    return NearestNeighbors(n_neighbors=k).fit(latents).kneighbors(return_distance=False).astype(np.int32)


def neighbour_overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Jaccard index |A ∩ B| / |A ∪ B| of each object's neighbours A and B in two spaces (Jaccard 1912).

    1 is the same neighbours, 0 none in common; of unrelated spaces about k / 2N.

    Parameters
    ----------
    first, second : (N, k) int
        Neighbours as `nearest_rows` gives them; no row names one twice.

    Returns
    -------
    (N,)
        NaN where k is 0.
    """
    both = np.sort(np.hstack([first, second]), axis=1)
    common = (both[:, 1:] == both[:, :-1]).sum(1)
    with np.errstate(invalid="ignore"):
        return common / (both.shape[1] - common)
