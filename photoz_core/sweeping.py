"""A sweep on its way: its runs are queued one after the other, followed together, and cancelled in one go."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

from photoz_core.errors import PhotozError
from photoz_core.recipe import Recipe
from photoz_core.run import Run, list_runs
from photoz_core.sweeps import OPEN, SweepPlan, not_to_run

SETTLED = 0.02  # share of the work after which its own pace tells more than the estimate


@dataclass(eq=False)
class Sweep:
    """Trainings that were started together; the queue that takes them in writes to it.

    Parameters
    ----------
    plan : SweepPlan
    runs : list of str
        Ids of the recipes' runs so far, those that were there already among them.
    started : list of str
        Ids of the runs that it queued, in order; parents among them.
    left_out : dict
        Name of a run that is not made → why.
    queueing, cancelled : bool
    moving_since : float
        When the first of its trainings was seen to run [seconds since 1970].
    """

    plan: SweepPlan
    runs: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    queueing: bool = True
    cancelled: bool = False
    moving_since: float | None = None


@dataclass(frozen=True)
class Standing:
    """How far a sweep is.

    Parameters
    ----------
    states : dict
        Number of its trainings, parents among them, by state; those not queued yet are ``waiting``.
    share : float
        Of all its work, 0 to 1.
    eta : float or None
        Seconds left; None where nothing tells.
    goes_on : bool
        Whether something of it is still to come.
    """

    states: dict[str, int]
    share: float
    eta: float | None
    goes_on: bool


def take_in(queue, sweep: Sweep) -> None:
    """Queue the runs of a sweep that are missing, until it is cancelled; in a thread of the queue's."""
    try:
        recipes = _trainable(queue.home, sweep)
        for recipe in recipes:
            with queue.lock:  # whoever cancels finds each run either not made or among the sweep's
                if sweep.cancelled:
                    return
                _take(queue, sweep, recipe)
    finally:
        sweep.queueing = False


def end(queue, sweep: Sweep) -> None:
    """Cancel all queued and running runs that a sweep queued; a parent that another's run waits for is left."""
    with queue.lock:
        sweep.cancelled = True
        mine = set(sweep.started)
        listed = [run for run in list_runs(queue.home) if run.state in OPEN]
        wanted = {run.info["parent"] for run in listed if run.id not in mine}
        own = [run for run in listed if run.id in mine and run.id not in wanted]
        for run in sorted(own, key=lambda run: run.state == "running"):  # the queued first, lest one of them starts
            run.cancel()


def standing(sweep: Sweep, known: Mapping[str, tuple[Run, str]], now: float | None = None) -> Standing:
    """How far a sweep is.

    Parameters
    ----------
    known : mapping
        Run id → run and state.
    now : float, optional
        Seconds since 1970; the present if not given.
    """
    now = time.time() if now is None else now
    present = [known[run_id] for run_id in sweep.started if run_id in known]
    states, weights = Counter(state for _, state in present), _weights(sweep)
    waiting = len(weights.keys() - {run.name for run, _ in present}) if sweep.queueing and not sweep.cancelled else 0
    if states["running"] and sweep.moving_since is None:
        sweep.moving_since = now
    share = _work_done(present, weights, bool(waiting))
    goes_on = bool(waiting or states["queued"] or states["running"])
    left = _left(sweep, share, now) if goes_on else None
    return Standing(dict(states | Counter(waiting=waiting)), share, left, goes_on)


def share_of(status: dict) -> float:
    """How much of a training is done, 0 to 1; of one that does not go on, all."""
    if status["state"] not in OPEN:
        return 1.0
    return status["done"] / status["total"] if "total" in status else 0.0


def _weights(sweep: Sweep) -> dict[str, float]:
    """Expected seconds of each training by its run's name; of an unknown one, as many as of the others."""
    times = {name: time for name, time in sweep.plan.times.items() if name not in sweep.left_out}
    told = [time for time in times.values() if time]
    return {name: time or (fmean(told) if told else 1.0) for name, time in times.items()}


def _work_done(present: list[tuple[Run, str]], weights: dict[str, float], waits: bool) -> float:
    """The share of a sweep's work that is done, its trainings weighted by their expected time."""
    shares = {run.name: share_of(run.status) if state in OPEN else 1.0 for run, state in present}
    wanted = weights if waits else {name: weights.get(name, 1.0) for name in shares}
    total = sum(wanted.values())
    return sum(wanted[name] * shares.get(name, 0.0) for name in wanted) / total if total else 1.0


def _left(sweep: Sweep, share: float, now: float) -> float | None:
    """Seconds left: by the pace so far, at first by the estimate."""
    if sweep.moving_since is not None and share > SETTLED:
        return (now - sweep.moving_since) * (1 - share) / share
    return sweep.plan.seconds if sweep.plan.unknown == 0 else None


def _trainable(home, sweep: Sweep) -> list[Recipe]:
    """The recipes of a sweep without those that cannot be trained here."""
    absent = not_to_run(home, sweep.plan.recipes)
    sweep.left_out |= {recipe.run_name: why for recipe, why in absent}
    return [recipe for recipe in sweep.plan.recipes if recipe.run_name not in sweep.left_out]


def _take(queue, sweep: Sweep, recipe: Recipe) -> None:
    try:
        run, started = queue.ensure(recipe)
    except (PhotozError, OSError) as error:
        sweep.left_out[recipe.run_name] = str(error)
        return
    sweep.runs.append(run.id)
    sweep.started += [other.id for other in started]
