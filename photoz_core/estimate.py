"""How long a training will take, judged by the latest one like it."""

from collections.abc import Callable, Iterable
from functools import cache

from photoz_core import methods, registry
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.pipeline import visible_to
from photoz_core.recipe import Recipe
from photoz_core.run import Run


def training_seconds(recipe: Recipe, rows: int, runs: Iterable[Run]) -> float | None:
    """Seconds of gradient steps, at the speed of the latest run of the same recipe, preset and dataset.

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
        None where no such run has a history.
    """
    return _seconds(recipe, rows, _speed(_kind(recipe), runs))


def training_rows(recipe: Recipe, data: Dataset) -> int:
    """Rows of the training split that a training of `recipe` on `data` sees: all, or those with a visible label."""
    train = data.split == "train"
    if registry.load(methods, recipe.method).Model.uses_unlabelled:
        return int(train.sum())
    return int((train & visible_to(data, recipe)).sum())


def timer(home: Home, runs: Iterable[Run]) -> Callable[[Recipe], float | None]:
    """What tells `training_seconds` of many recipes, each history and each count of rows read once.

    Rows are those of seed 0: how many labels a share leaves does not depend on the seed.
    """
    done = list(runs)
    pace = cache(lambda kind: _speed(kind, done))
    opened = cache(lambda name: Dataset(home.dataset(name)))
    counted: dict[tuple, int] = {}

    def seconds(recipe: Recipe) -> float | None:
        key = (recipe.name, recipe.dataset, recipe.label_fraction, recipe.label_count)
        if key not in counted:
            counted[key] = max(training_rows(recipe, opened(recipe.dataset)), 1)
        return _seconds(recipe, counted[key], pace(_kind(recipe)))

    return seconds


def _seconds(recipe: Recipe, rows: int, speed: float | None) -> float | None:
    if speed is None:
        return None
    fit = recipe.fit_config()
    return rows * fit.passes(rows) * fit.epochs / speed


def _kind(recipe: Recipe) -> tuple[str, str, str]:
    """What trainings of about the same speed have in common."""
    return recipe.name, recipe.preset, recipe.dataset


def _speed(kind: tuple[str, str, str], runs: Iterable[Run]) -> float | None:
    """Objects per second of the latest run of a kind; None without one that has a history."""
    for run in reversed([run for run in runs if _kind(run.recipe) == kind]):
        speed = run.history().get("objects_per_s")
        if speed is not None and speed.median() > 0:
            return float(speed.median())
    return None
