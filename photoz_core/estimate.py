"""How long a training will take, judged by the latest one like it."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from photoz_core import methods, registry
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.files import read_json
from photoz_core.home import Home
from photoz_core.pipeline import visible_to
from photoz_core.recipe import Recipe
from photoz_core.run import Run

Pace = tuple[float, bool]  # objects per second, and whether a training on another dataset says so


def training_seconds(recipe: Recipe, rows: int, runs: Iterable[Run]) -> float | None:
    """Seconds of training, at the speed of the latest run of the same recipe, preset and dataset.

    Where there is none, at that of the latest on another dataset: a rough guide, as its images may be larger.

    Parameters
    ----------
    recipe : Recipe
        Resolved.
    rows : int
        Training rows it will see.
    runs : iterable of Run
        Done runs, oldest first.

    Returns
    -------
    float or None
        None where no such run has a history, or, of a method that is trained whole, says how long it took.
    """
    return _seconds(recipe, rows, _pace(_kind(recipe), runs))


def training_rows(recipe: Recipe, data: Dataset) -> int:
    """Rows of the training split that a training of `recipe` on `data` sees: all, or those with a visible label."""
    train = data.split == "train"
    if registry.load(methods, recipe.method).Model.uses_unlabelled:
        return int(train.sum())
    return int((train & visible_to(data, recipe)).sum())


def timer(home: Home, runs: Iterable[Run]) -> Callable[[Recipe], tuple[float | None, bool]]:
    """What tells `training_seconds` of many recipes, and whether they are rough; each history and dataset is read once.

    Rows are those of seed 0: how many labels a share leaves does not depend on the seed.
    """
    done = list(runs)
    pace = cache(lambda kind: _pace(kind, done))
    opened = cache(lambda name: Dataset(home.dataset(name)))
    counted: dict[tuple, int] = {}

    def seconds(recipe: Recipe) -> tuple[float | None, bool]:
        key = (recipe.name, recipe.dataset, recipe.label_fraction, recipe.label_count)
        if key not in counted:
            counted[key] = max(training_rows(recipe, opened(recipe.dataset)), 1)
        found = pace(_kind(recipe))
        return _seconds(recipe, counted[key], found), found is not None and found[1]

    return seconds


def _seconds(recipe: Recipe, rows: int, pace: Pace | None) -> float | None:
    if pace is None:
        return None
    if _trained_whole(recipe):
        return rows / pace[0]
    fit = recipe.fit_config()
    return rows * fit.passes(rows) * fit.epochs / pace[0]


def _kind(recipe: Recipe) -> tuple[str, str, str]:
    """What trainings of about the same speed have in common."""
    return recipe.name, recipe.preset, recipe.dataset


def _pace(kind: tuple[str, str, str], runs: Iterable[Run]) -> Pace | None:
    """The speed of the latest run of a kind that tells it, of another dataset if need be."""
    alike = [run for run in runs if _kind(run.recipe)[:2] == kind[:2]]
    own = [run for run in alike if run.recipe.dataset == kind[2]]
    return next(((speed, False) for speed in _speeds(own)), None) or next(((s, True) for s in _speeds(alike)), None)


def _speeds(runs: list[Run]) -> Iterator[float]:
    """Objects per second of those of the runs that tell, the latest first."""
    for run in reversed(runs):
        try:
            speed = _whole_speed(run) if _trained_whole(run.recipe) else _median_speed(run)
        except PhotozError:  # deleted while we look
            continue
        if speed > 0:
            yield speed


def _whole_speed(run: Run) -> float:
    done = read_json(run.folder / "done.json")
    return done["rows"] / max(done["seconds"], 1e-3) if "seconds" in done else 0.0


def _median_speed(run: Run) -> float:
    history = run.history()
    return float(history["objects_per_s"].median()) if "objects_per_s" in history else 0.0


def _trained_whole(recipe: Recipe) -> bool:
    return registry.load(methods, recipe.method).Model.trained_whole
