"""Many trainings at once: queue those that are missing, and follow them to the end."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.imagenet import why_absent
from photoz_core.jobs import JobQueue, parent_recipe
from photoz_core.parents import find_parent
from photoz_core.recipe import Recipe
from photoz_core.run import Run, list_runs
from train.results import MAP
from train.terminal import Bar

LOOK = 0.5  # seconds between two looks at the runs
OPEN = ("queued", "running")


def submit_missing(queue: JobQueue, recipes: Iterable[Recipe]) -> list[Run]:
    """A run of each recipe: the newest there is, resumed if it was stopped, or else a new one."""
    return [_run_of(queue, recipe) for recipe in recipes]


def not_to_run(home: Home, recipes: Iterable[Recipe]) -> list[tuple[Recipe, str]]:
    """Recipes that cannot be trained here, and why: ImageNet weights are absent, their own or those of a parent to be
    trained first. Runs that are done need no weights."""
    ask = cache(lambda encoder: why_absent(json.loads(encoder)))  # nobody waits twice for the same silent network
    told = [(recipe, _lacks(home, recipe, ask)) for recipe in recipes]
    return [(recipe, why) for recipe, why in told if why and not _is_done(find_run(home, recipe))]


def find_run(home: Home, recipe: Recipe) -> Run | None:
    """The newest run of exactly this recipe, whatever its state."""
    same = [run for run in list_runs(home, recipe.dataset) if _own(run.recipe) == _own(recipe)]
    return same[-1] if same else None


def follow(runs: list[Run], label: str) -> None:
    """Show one bar for all `runs` until each is done and has its map, or has stopped.

    Raises
    ------
    PhotozError
        Naming the runs that did not get done, and why.
    """
    with Bar(label, "runs") as bar:
        while True:
            states = [(run, run.status) for run in runs]
            current = [run.name for run, status in states if status["state"] == "running"]
            bar.note(sum(_share(status) for _, status in states), len(runs), ", ".join(current))
            if not any(_goes_on(run, status["state"]) for run, status in states):
                break
            time.sleep(LOOK)
    if stopped := [(run, status) for run, status in states if status["state"] != "done"]:
        words = [f"- {run.id} {status['state']}: {status.get('error', '')}" for run, status in stopped]
        raise PhotozError("\n".join([f"{len(stopped)} of {len(runs)} runs did not get done:", *words]))


def _run_of(queue: JobQueue, recipe: Recipe) -> Run:
    run = find_run(queue.home, recipe)
    if run is None:
        return queue.submit(recipe)
    if run.state in ("cancelled", "failed"):
        queue.resume(run.id)
    elif run.state == "done" and not run.has_tried(MAP):
        queue.project(run.id, MAP)
    return run


def _lacks(home: Home, recipe: Recipe, ask: Callable[[str], str]) -> str:
    if not recipe.parent:
        return ask(json.dumps(recipe.options.get("encoder", {})))
    return "" if find_parent(home, recipe) else _lacks(home, parent_recipe(home, recipe), ask)


def _is_done(run: Run | None) -> bool:
    return run is not None and run.state == "done"


def _own(recipe: Recipe) -> Recipe:
    """The recipe without the encoder that it takes over from its parent."""
    if not recipe.parent:
        return recipe
    return replace(recipe, options={key: value for key, value in recipe.options.items() if key != "encoder"})


def _share(status: dict) -> float:
    """How much of a training is done, 0 to 1."""
    if status["state"] not in OPEN:
        return 1.0
    return status["done"] / status["total"] if "total" in status else 0.0


def _goes_on(run: Run, state: str) -> bool:
    """Whether a run still trains, or still waits for its map."""
    return state in OPEN or (state == "done" and not run.has_tried(MAP))
