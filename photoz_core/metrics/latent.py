"""What latents know: kNN R² per property, trustworthiness of a map."""

import numpy as np

SAMPLE = 5000  # rows that trustworthiness is measured on: its cost grows with their square


def knn_r2(latents: np.ndarray, values: np.ndarray, train: np.ndarray, test: np.ndarray, k: int = 10) -> float:
    """R² of a k-nearest-neighbour regression of a property from latents.

    Parameters
    ----------
    latents : (N, D)
    values : (N,)
        The property; rows where it is NaN are left out.
    train, test : (N,) bool
        Rows that vote, rows that are judged.
    k : int
        Neighbours, Euclidean, uniform weights.

    Returns
    -------
    float
        NaN where fewer than k rows can vote, fewer than two are judged, or the property does not vary.
    """
    from sklearn.metrics import r2_score
    from sklearn.neighbors import KNeighborsRegressor

    known = np.isfinite(values)
    train, test = train & known, test & known
    if train.sum() < k or test.sum() < 2 or np.ptp(values[test]) == 0:
        return float("nan")
    model = KNeighborsRegressor(k).fit(latents[train], values[train])
    return float(r2_score(values[test], model.predict(latents[test])))


def map_trustworthiness(latents: np.ndarray, projection: np.ndarray, k: int = 15, seed: int = 0) -> float:
    """How far neighbours on the map are neighbours in latent space: 1 is perfect, about 0.5 random.

    Measured on at most `SAMPLE` rows (scikit-learn's definition, Venna & Kaski 2001); NaN for too few rows.
    """
    from sklearn.manifold import trustworthiness

    rows = np.random.default_rng(seed).permutation(len(latents))[:SAMPLE]
    if len(rows) <= 2 * k:
        return float("nan")
    return float(trustworthiness(latents[rows], projection[rows], n_neighbors=k))
