"""How long a training will take, judged by the latest one like it."""

from collections.abc import Iterable

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
    wanted = (recipe.name, recipe.preset, recipe.dataset)
    for run in reversed([run for run in runs if (run.recipe.name, run.recipe.preset, run.recipe.dataset) == wanted]):
        speed = run.history().get("objects_per_s")
        if speed is not None and speed.median() > 0:
            fit = recipe.fit_config()
            return rows * fit.passes(rows) * fit.epochs / float(speed.median())
    return None
