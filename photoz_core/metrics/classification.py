"""Metrics of a classification, and what latents know of classes."""

import math

import numpy as np


def classification_metrics(true: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]) -> dict:
    """How well classes are told apart; objects whose true class is unknown or none of `classes` are left out.

    Parameters
    ----------
    true, predicted : (N,) str
    classes : tuple of str
        Their order is that of the confusion matrix; K of them, `predicted` says no other.

    Returns
    -------
    dict
        ``n`` judged; ``accuracy``; ``majority``, the share of the commonest true class, which is the accuracy of always
        saying it; ``macro_f1``, the mean over the classes that are true or predicted somewhere of
        F1 = 2 TP / (2 TP + FP + FN), as scikit-learn has it; ``confusion`` (K, K) counts, rows true, columns
        predicted. NaN without an object.
    """
    order = np.argsort(classes)
    names = np.asarray(classes, str)[order]
    known = np.isin(true, names)
    row, column = (order[np.searchsorted(names, np.asarray(values)[known])] for values in (true, predicted))
    confusion = np.bincount(row * len(names) + column, minlength=len(names) ** 2).reshape(len(names), -1)
    n, right, is_true, is_said = confusion.sum(), confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    result = {"n": int(n), "accuracy": math.nan, "majority": math.nan, "macro_f1": math.nan}
    if n:
        seen = is_true + is_said > 0
        f1 = 2 * right[seen] / (is_true + is_said)[seen]  # 2 TP + FP + FN = true + said
        shares = {"accuracy": right.sum() / n, "majority": is_true.max() / n, "macro_f1": f1.mean()}
        result |= {name: float(value) for name, value in shares.items()}
    return result | {"confusion": confusion.tolist()}


def knn_accuracy(
    latents: np.ndarray, values: np.ndarray, train: np.ndarray, test: np.ndarray, k: int = 10
) -> dict[str, float] | None:
    """Accuracy of a k-nearest-neighbour classification of a category from latents, as `knn_r2` of a number.

    Parameters
    ----------
    latents : (N, D)
    values : (N,) str
        The category; rows where it is "" are left out.
    train, test : (N,) bool
        Rows that vote, rows that are judged.
    k : int
        Neighbours, Euclidean, uniform weights.

    Returns
    -------
    dict or None
        ``accuracy``, and ``majority``, the share of the commonest category among the judged. None where fewer than k
        rows can vote, fewer than two are judged, or there is one category only.
    """
    from sklearn.neighbors import KNeighborsClassifier

    known = values != ""
    train, test = train & known, test & known
    if train.sum() < k or test.sum() < 2 or len(np.unique(values[train | test])) < 2:
        return None
    said = KNeighborsClassifier(k).fit(latents[train], values[train]).predict(latents[test])
    counts = np.unique(values[test], return_counts=True)[1]
    return {"accuracy": float(np.mean(said == values[test])), "majority": float(counts.max() / counts.sum())}
