"""Many trainings at once: queue those that are missing, and follow them to the end."""

import time
from collections.abc import Iterable

from photoz_core.errors import PhotozError
from photoz_core.jobs import MAP, JobQueue
from photoz_core.recipe import Recipe
from photoz_core.run import Run
from photoz_core.sweeping import share_of
from photoz_core.sweeps import OPEN
from train.terminal import Bar

LOOK = 0.5  # seconds between two looks at the runs


def submit_missing(queue: JobQueue, recipes: Iterable[Recipe]) -> list[Run]:
    """A run of each recipe: the newest there is, resumed if it was stopped, or else a new one."""
    return [queue.ensure(recipe)[0] for recipe in recipes]


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
            bar.note(sum(share_of(status) for _, status in states), len(runs), ", ".join(current))
            if not any(_goes_on(run, status["state"]) for run, status in states):
                break
            time.sleep(LOOK)
    if stopped := [(run, status) for run, status in states if status["state"] != "done"]:
        words = [f"- {run.id} {status['state']}: {status.get('error', '')}" for run, status in stopped]
        raise PhotozError("\n".join([f"{len(stopped)} of {len(runs)} runs did not get done:", *words]))


def _goes_on(run: Run, state: str) -> bool:
    """Whether a run still trains, or still waits for its map."""
    return state in OPEN or (state == "done" and not run.has_tried(MAP))
