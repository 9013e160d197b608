"""The label-efficiency curve: a metric against the number of labels, over the finished runs of a dataset."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean, stdev

from photoz_core.errors import PhotozError
from photoz_core.run import Run

METRICS = {"σ_NMAD": "scatter", "outliers": "outliers", "bias": "bias", "kNN R² of z_spec": "knn_r2"}
Reader = Callable[[dict, str], tuple[float | None, float | None]]


@dataclass(frozen=True)
class Point:
    """A metric of one run, or its mean over the runs of several seeds.

    Parameters
    ----------
    method : str
        The line it belongs to.
    labels : int
        Training labels that were seen.
    value, error : float
        The error is the bootstrap's of one run, the standard deviation over several; NaN where neither is known.
    runs : tuple of str
        Run ids.
    """

    method: str
    labels: int
    value: float
    error: float
    runs: tuple[str, ...]


def redshift_metric(metrics: dict, metric: str) -> tuple[float | None, float | None]:
    """A value of `METRICS` in a run's metrics, and its error; None where there is none."""
    if metric == "knn_r2":
        return metrics.get("knn_r2", {}).get("z_spec"), None
    point = metrics.get("point", {})
    return point.get(metric), point.get(f"{metric}_error")


def method_name(run: Run) -> str:
    """Title of a run's recipe, with the preset where it is not ``demo``."""
    recipe = run.recipe
    return (recipe.title or recipe.name) + ("" if recipe.preset == "demo" else f" ({recipe.preset})")


def points(
    runs: Iterable[Run], metric: str, read: Reader = redshift_metric, name: Callable[[Run], str] = method_name
) -> list[Point]:
    """One point a done run that has the metric and saw a label, in the order of the runs.

    Parameters
    ----------
    metric : str
        What `read` finds in a run's metrics, e.g. a value of `METRICS`.
    name : callable
        Which line a run's point belongs to.
    """
    return [point for run in runs if (point := _point(run, metric, read, name)) is not None]


def means(singles: Iterable[Point]) -> list[Point]:
    """Points of the same method and number of labels joined, sorted by method and labels."""
    groups: dict[tuple[str, int], list[Point]] = defaultdict(list)
    for point in singles:
        groups[point.method, point.labels].append(point)
    return [_mean(*key, groups[key]) for key in sorted(groups)]


def _mean(method: str, labels: int, group: list[Point]) -> Point:
    values = [point.value for point in group]
    error = stdev(values) if len(values) > 1 else group[0].error
    return Point(method, labels, fmean(values), error, tuple(run for point in group for run in point.runs))


def _point(run: Run, metric: str, read: Reader, name: Callable[[Run], str]) -> Point | None:
    try:
        metrics = run.metrics
    except PhotozError:  # a run of an older version, or one that is being deleted
        return None
    value, error = read(metrics, metric)
    labels = metrics["counts"]["labels"]
    if value is None or labels < 1:
        return None
    return Point(name(run), labels, value, math.nan if error is None else error, (run.id,))
