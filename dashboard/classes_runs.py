"""Classifications among the runs of a dataset: which there are, by which scheme, and how well they do."""

import math
from collections.abc import Iterable

from dashboard import cache
from dashboard.classes_columns import label_class
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.run import Run
from photoz_core.schemes import SCHEMES, scheme_of

SPLITS = {"test split": "test", "validation split": "valid"}
METRICS = {
    "test accuracy": "test.accuracy",
    "validation accuracy": "valid.accuracy",
    "test macro-F1": "test.macro_f1",
    "validation macro-F1": "valid.macro_f1",
}
OF = " of "  # between a scheme and the dataset of its pretext
WEIGHTS = "ImageNet"  # what an error names that says why a scheme was not run


def has_classes(dataset: Dataset | None) -> bool:
    """Whether the dataset has a label of classes, or a run that was judged by some."""
    if dataset is None:
        return False
    return bool(label_class(dataset)) or bool(classifications(Home(dataset.folder.parent.parent), dataset.name))


def classifications(home: Home, dataset: str) -> list[Run]:
    """Done runs of a dataset that were judged by classes, oldest first."""
    done = [run for run, state in cache.runs(home) if state == "done" and run.recipe.dataset == dataset]
    return [run for run in done if judged(run)]


def judged(run: Run | None) -> dict:
    """What a run's metrics say of classes: ``classes``, ``valid``, ``test``; empty where nothing."""
    try:
        return (run.metrics.get("classification") if run else None) or {}
    except PhotozError:  # a run that is being deleted
        return {}


def class_metric(metrics: dict, metric: str) -> tuple[float | None, None]:
    """A value of `METRICS`, e.g. ``test.accuracy``, in a run's metrics; for `dashboard.efficiency.points`."""
    split, _, name = metric.partition(".")
    value = metrics.get("classification", {}).get(split, {}).get(name)
    return (value if value is not None and math.isfinite(value) else None), None


def scheme_names(runs: Iterable[Run]) -> dict[str, str]:
    """The scheme of each run by id.

    With the preset where the runs are of several, and with the dataset that a scheme's parents learned from where these
    are of several: such runs are not averaged.
    """
    runs = list(runs)
    one = len({run.recipe.preset for run in runs}) < 2
    sources: dict[str, set[str]] = {}
    for run in runs:
        sources.setdefault(_scheme(run), set()).add(_source(run))

    def name(run: Run) -> str:
        scheme = _scheme(run)
        of = f"{OF}{_source(run)}" if len(sources[scheme]) > 1 else ""
        return scheme + of + ("" if one or run.recipe.preset == "demo" else f" ({run.recipe.preset})")

    return {run.id: name(run) for run in runs}


def in_order(schemes: Iterable[str]) -> list[str]:
    """The paper's five schemes, each as whatever it was divided into, then the others by name."""
    schemes = sorted(set(schemes) - set(SCHEMES))
    parts = {name: [other for other in schemes if other.startswith(name + OF)] or [name] for name in SCHEMES}
    divided = [name for names in parts.values() for name in names]
    return [*divided, *(name for name in schemes if name not in divided)]


def why_not_run(home: Home, dataset: str) -> dict[str, str]:
    """What is known of schemes of a dataset that have no finished run: on its way, or why the newest one failed."""
    reasons = {}
    for run, state in cache.runs(home):
        recipe = run.recipe
        if recipe.dataset != dataset or state == "done":
            continue
        if recipe.options.get("task") == "classification":
            reasons[_scheme(run)] = _reason(run, state)
    return {scheme: reason for scheme, reason in reasons.items() if reason}


def _reason(run: Run, state: str) -> str:
    if state in ("queued", "running"):
        return state
    lines = str(run.status.get("error") or "").strip().splitlines()
    return next((line for line in lines if WEIGHTS in line), "failed") if state == "failed" else ""


def _source(run: Run) -> str:
    """The dataset that a run's parent learned from; its own without a parent."""
    return run.recipe.parent_dataset or run.recipe.dataset


def _scheme(run: Run) -> str:
    return scheme_of(run.recipe) or run.recipe.title or run.recipe.name
