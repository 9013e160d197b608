"""What a review says of the objects, as columns that maps can be colored by."""

import numpy as np
import pandas as pd

from photoz_core.columns import Column

SCORE, COMMENTS, TAG = "review_score", "review_comments", "review_tag"
COLUMNS = {
    SCORE: Column("score", "", "mean of the reviewers' scores, 0 to 5"),
    COMMENTS: Column("comments", "", "comments on the object"),
    TAG: Column("tags", "", "tags of the object", kind="category"),
}
SEVERAL = 12  # combinations of tags that have a color; others are *other tags*
OTHERS = "other tags"


def said(review) -> list[str]:
    """Which of `COLUMNS` a review has something for."""
    if review is None:
        return []
    found = {SCORE: review.scores, COMMENTS: object_comments(review), TAG: review.tags}
    return [name for name, values in found.items() if values]


def limits(name: str, values) -> tuple[float, float]:
    """Color limits: a score's own, 0 to 5; the number of comments from 1."""
    return (0.0, 5.0) if name == SCORE else (1.0, max(2.0, values.highest))


def fill(name: str, review, index: pd.Index) -> tuple[np.ndarray, tuple[str, ...]]:
    """A column of `COLUMNS`.

    Parameters
    ----------
    review : Review
    index : (N,) Index
        Object ids.

    Returns
    -------
    array : (N,) float32 or int16
        NaN or −1 where nothing is said.
    classes : tuple of str
        Of `TAG` what the numbers stand for; else empty.
    """
    if name == TAG:
        return _tags(review, index)
    if name == SCORE:
        known = {thing: float(np.mean([*scores.values()])) for thing, scores in review.scores.items() if scores}
    else:
        known = object_comments(review)
    array = np.full(len(index), np.nan, np.float32)
    rows = index.get_indexer(list(known))
    array[rows[rows >= 0]] = np.array(list(known.values()), np.float32)[rows >= 0]
    return array, ()


def object_comments(review) -> dict[str, int]:
    """How many comments there are on each object that has one."""
    found: dict[str, int] = {}
    for comment in review.comments:
        kind, _, name = comment.target.partition(":")
        if kind == "object":
            found[name] = found.get(name, 0) + 1
    return found


def _tags(review, index: pd.Index) -> tuple[np.ndarray, tuple[str, ...]]:
    """The tags of each object as a class: one for each combination that is met, the commonest first."""
    met = {thing: " + ".join(sorted(tags)) for thing, tags in review.tags.items() if tags}
    common = pd.Series(list(met.values()), dtype=str).value_counts().index[:SEVERAL].tolist()
    classes = tuple(common) + ((OTHERS,) if len(set(met.values())) > len(common) else ())
    codes = np.full(len(index), -1, np.int16)
    rows = index.get_indexer(list(met))
    numbers = np.array([classes.index(text if text in common else OTHERS) for text in met.values()], np.int16)
    codes[rows[rows >= 0]] = numbers[rows >= 0]
    return codes, classes
