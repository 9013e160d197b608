"""The label-efficiency curve: a metric against the number of labels, over the finished runs of a dataset."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.recipe import Recipe, changed_options, load_recipe
from photoz_core.run import Run

METRICS = {  # name on the axis → where a run's metrics have it; the first that a dataset's runs have is shown first
    "σ_NMAD": ("point", "scatter"),
    "outliers": ("point", "outliers"),
    "bias": ("point", "bias"),
    "CRPS": ("pdf", "crps"),
    "CDE loss": ("pdf", "cde_loss"),
    "accuracy": ("classification", "test", "accuracy"),
    "macro-F1": ("classification", "test", "macro_f1"),
    "mean R² of the labels": ("regression",),
    "kNN R² of z_spec": ("knn_r2", "z_spec"),
}
Metric = str | tuple[str, ...]
Reader = Callable[[dict, Metric], tuple[float | None, float | None]]


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
    seed : int
        Of one run; None of several, or where it is not known.
    """

    method: str
    labels: int
    value: float
    error: float
    runs: tuple[str, ...]
    seed: int | None = None


def metric_at(metrics: dict, path: Metric) -> tuple[float | None, float | None]:
    """What a run's metrics have at `path`, and its error; None where there is none.

    Of ``("regression",)`` it is the mean R² of the labels that the run estimates.
    """
    if path == ("regression",):
        known = [judged["r2"] for judged in metrics.get("regression", {}).values() if judged.get("r2") is not None]
        return (fmean(known) if known else None), None
    *folders, name = path
    for folder in folders:
        metrics = metrics.get(folder) or {}
    return metrics.get(name), metrics.get(f"{name}_error")


def metrics_of(runs: Iterable[Run]) -> dict[str, tuple[str, ...]]:
    """The metrics that a curve can be drawn of: name → path; those of `METRICS`, then R² of each label.

    Only what some run has that saw a label.
    """
    found = [run.metrics for run in runs if _is_point(run)]
    labels = dict.fromkeys(name for metrics in found for name in metrics.get("regression", {}))
    offered = METRICS | {f"R² of {name}": ("regression", name, "r2") for name in labels}
    return {label: path for label, path in offered.items() if any(metric_at(m, path)[0] is not None for m in found)}


def method_name(run: Run) -> str:
    """Title of a run's recipe, with the preset where it is not ``demo``."""
    recipe = run.recipe
    return (recipe.title or recipe.name) + ("" if recipe.preset == "demo" else f" ({recipe.preset})")


def line_names(home: Home) -> Callable[[Run], str]:
    """What names the line of a run: `method_name`, and the options that its recipe has otherwise, as ``fit.epochs=2``.

    Who tries a recipe with other options has another method: its runs neither replace nor shift those of the recipe.
    """
    own = cache(lambda name, preset, dataset: _recipe(home, name, preset, dataset))

    def name(run: Run) -> str:
        recipe = run.recipe
        changes = changed_options(recipe, own(recipe.name, recipe.preset, recipe.dataset))
        return ", ".join([method_name(run), *(f"{path}={value}" for path, value in changes.items())])

    return name


def _recipe(home: Home, name: str, preset: str, dataset: str) -> Recipe | None:
    try:
        return load_recipe(name, home, preset, dataset=dataset)
    except PhotozError:  # its file is gone
        return None


def points(
    runs: Iterable[Run], metric: Metric, read: Reader = metric_at, name: Callable[[Run], str] = method_name
) -> list[Point]:
    """One point a done run that has the metric and saw a label, in the order of the runs.

    Parameters
    ----------
    metric : str or tuple of str
        What `read` finds in a run's metrics, e.g. a value of `METRICS`.
    name : callable
        Which line a run's point belongs to.
    """
    return [point for run in runs if (point := _point(run, metric, read, name)) is not None]


def means(singles: Iterable[Point]) -> list[Point]:
    """Points of the same method and number of labels joined, sorted by method and labels.

    Of several runs of one seed the last counts: a band is over seeds.
    """
    groups: dict[tuple[str, int], dict] = defaultdict(dict)
    for point in singles:
        groups[point.method, point.labels][point.runs if point.seed is None else point.seed] = point
    return [_mean(*key, list(groups[key].values())) for key in sorted(groups)]


def _mean(method: str, labels: int, group: list[Point]) -> Point:
    values = [point.value for point in group]
    error = stdev(values) if len(values) > 1 else group[0].error
    return Point(method, labels, fmean(values), error, tuple(run for point in group for run in point.runs))


def _is_point(run: Run) -> bool:
    """Whether a run saw a label, and can be read."""
    try:
        return (run.metrics.get("counts") or {}).get("labels", 0) >= 1
    except PhotozError:  # a run of an older version, or one that is being deleted
        return False


def _point(run: Run, metric: Metric, read: Reader, name: Callable[[Run], str]) -> Point | None:
    value, error = read(run.metrics, metric) if _is_point(run) else (None, None)
    if value is None:
        return None
    labels, seed = run.metrics["counts"]["labels"], run.recipe.seed
    return Point(name(run), labels, value, math.nan if error is None else error, (run.id,), seed)
