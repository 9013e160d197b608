"""What latents know: kNN and linear R² per property, trustworthiness of a map."""

import numpy as np

SAMPLE = 5000  # rows that trustworthiness is measured on: its cost grows with their square
FEWEST = 10  # rows that a linear probe is fitted to, at least
ALPHAS = np.logspace(-3, 7, 21)  # ridge penalties tried, on latents of unit variance: from none to nothing left
BLOCK = 4096  # rows whose leave-one-out errors are held at once


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


def linear_probe(latents: np.ndarray, values: np.ndarray, train: np.ndarray) -> np.ndarray:
    """What a linear probe of the latents says of properties: the property is there to be read off where it is right.

    A ridge regression on standardised latents (Alain & Bengio 2016, arXiv 1610.01644). It is fitted to the training
    rows where the property is known, its penalty the one of `ALPHAS` with the least leave-one-out error. It is a
    diagnosis of the latents, not a photo-z: it may see labels that the training of the latents did not.

    Parameters
    ----------
    latents : (N, D)
        Of whatever scale; a constant one is left out.
    values : (N,) or (N, T)
        One property or several, NaN where unknown. Several are faster together: those known in the same rows share a
        decomposition.
    train : (N,) bool
        Rows that teach.

    Returns
    -------
    (N,) or (N, T)
        Of all rows; NaN for a property that fewer than `FEWEST` rows teach, or that does not vary among them.
    """
    values = np.asarray(values, float)
    table = values.reshape(len(latents), -1)
    predicted = np.full(table.shape, np.nan)
    known = np.isfinite(table) & train[:, None]
    alike: dict[bytes, list[int]] = {}
    for column in range(table.shape[1]):
        rows = known[:, column]
        if rows.sum() >= FEWEST and np.ptp(table[rows, column]) > 0:
            alike.setdefault(rows.tobytes(), []).append(column)
    for columns in alike.values():
        rows = known[:, columns[0]]
        weights, offset = _fitted(latents[rows], table[np.ix_(rows, columns)])
        blocks = (latents[start : start + BLOCK] for start in range(0, len(latents), BLOCK))
        predicted[:, columns] = np.concatenate([block @ weights + offset for block in blocks])
    return predicted.reshape(values.shape)


def linear_r2(latents: np.ndarray, values: np.ndarray, train: np.ndarray, test: np.ndarray) -> float | np.ndarray:
    """R² of `linear_probe` on the rows of `test`.

    Parameters
    ----------
    latents : (N, D)
    values : (N,) or (N, T)
        Rows where a property is NaN are left out.
    train, test : (N,) bool
        Rows that teach, rows that are judged.

    Returns
    -------
    float or (T,)
        NaN where the probe says nothing, fewer than two rows are judged, or the property does not vary among them.
    """
    values = np.asarray(values, float)
    table = values.reshape(len(latents), -1)
    predicted = linear_probe(latents, table, train)
    r2 = np.full(table.shape[1], np.nan)
    for column, (value, guess) in enumerate(zip(table.T, predicted.T, strict=True)):
        judged = test & np.isfinite(value) & np.isfinite(guess)
        if judged.sum() >= 2 and np.ptp(value[judged]) > 0:
            spread = value[judged] - value[judged].mean()
            r2[column] = 1 - ((value - guess)[judged] ** 2).sum() / (spread**2).sum()
    return r2 if values.ndim > 1 else float(r2[0])


def _fitted(latents: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (D, T) and offsets (T,) that give y (n, T) of latents (n, D) as they are."""
    x = latents.astype(float)
    center, scale = x.mean(0), x.std(0)
    varies = scale > 1e-6 * np.abs(center)  # rounding alone can make a constant latent vary
    inverse = varies / np.where(varies, scale, 1)
    x -= center
    x *= inverse
    weights = inverse[:, None] * _ridge(x, y - y.mean(0))
    return weights, y.mean(0) - center @ weights


def _ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ridge weights (D, T) of centred x (n, D) and y (n, T), each column's penalty by leave-one-out errors.

    With XᵀX = V S² Vᵀ the weights are V (S² + α)⁻¹ Vᵀ Xᵀ y, and the error of a row left out is its residual over
    1 − 1/n − Σ (x V)² / (S² + α), the 1/n for the mean (Hastie, Tibshirani & Friedman 2009, eq. 7.64).
    """
    n, width = x.shape
    if n < width:  # the rows span no more than n dimensions: turn into those
        basis = np.linalg.qr(x.T)[0]
        return basis @ _ridge(x @ basis, y)
    squared, axes = np.linalg.eigh(x.T @ x)
    solid = squared > n * np.finfo(float).eps * squared[-1]
    squared, axes = squared[solid], axes[:, solid]
    target = axes.T @ (x.T @ y)
    shrunk = 1 / (squared[:, None] + ALPHAS)
    weights = shrunk[:, :, None] * target[:, None, :]  # of each axis, penalty and property
    error = np.zeros((len(ALPHAS), y.shape[1]))
    for start in range(0, n, BLOCK):
        turned = x[start : start + BLOCK] @ axes
        residual = y[start : start + BLOCK, None] - np.tensordot(turned, weights, 1)
        error += ((residual / (1 - 1 / n - turned**2 @ shrunk)[:, :, None]) ** 2).sum(0)
    return axes @ weights[:, error.argmin(0), np.arange(y.shape[1])]


def map_trustworthiness(latents: np.ndarray, projection: np.ndarray, k: int = 15, seed: int = 0) -> float:
    """How far neighbours on the map are neighbours in latent space: 1 is perfect, about 0.5 random.

    Measured on at most `SAMPLE` rows (scikit-learn's definition, Venna & Kaski 2001); NaN for too few rows.
    """
    from sklearn.manifold import trustworthiness

    rows = np.random.default_rng(seed).permutation(len(latents))[:SAMPLE]
    if len(rows) <= 2 * k:
        return float("nan")
    return float(trustworthiness(latents[rows], projection[rows], n_neighbors=k))
