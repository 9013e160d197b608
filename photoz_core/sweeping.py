"""A sweep on its way: its runs are queued one after the other, followed together, and cancelled in one go."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from statistics import fmean

from photoz_core.errors import PhotozError
from photoz_core.estimate import timer
from photoz_core.home import Home
from photoz_core.recipe import Recipe
from photoz_core.run import Run, list_runs
from photoz_core.sweeps import OPEN, SweepPlan, not_to_run, plan_sweep

OVERHEAD = 6.0  # seconds a training takes beside its gradient steps: a process, imports, latents, metrics
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
    since : float
        When it was started.
    """

    plan: SweepPlan
    runs: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    queueing: bool = True
    cancelled: bool = False
    moving_since: float | None = None
    since: float = field(default_factory=time.time)


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
    left = _left(sweep, sum(weights.values()), share, now) if goes_on else None
    return Standing(dict(states | Counter(waiting=waiting)), share, left, goes_on)


def timed_plan(home: Home, recipes: list[Recipe], known: Iterable[tuple[Run, str]], devices: int = 1) -> SweepPlan:
    """The plan of these recipes with its times, and with what the queue has to do before; see `plan_sweep`.

    Parameters
    ----------
    devices : int
        Trainings that run at once.
    """
    tell = timer(home, [run for run, state in known if state == "done"])

    def seconds(recipe: Recipe) -> float | None:
        found = tell(recipe)[0]
        return None if found is None else found + OVERHEAD

    plan = plan_sweep(home, recipes, known, seconds)
    rough = sum(tell(recipe)[1] for recipe in (*plan.parents, *plan.to_train))
    return replace(plan, rough=rough, ahead=seconds_ahead(known, seconds), devices=devices)


def seconds_ahead(known: Iterable[tuple[Run, str]], seconds: Callable[[Recipe], float | None]) -> float:
    """Seconds of training that the queued and running ones of these runs still take, as far as it can be told."""
    total = 0.0
    for run, state in known:
        if state in OPEN:
            with suppress(PhotozError):  # deleted while we look, or its dataset is gone
                status, whole = run.status, seconds(run.recipe)
                total += status.get("eta", 0.0) if whole is None else whole * (1 - share_of(status))
    return total


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


def _left(sweep: Sweep, work: float, share: float, now: float) -> float | None:
    """Seconds left of a sweep of so many seconds of training: by the pace so far, at first by the estimate."""
    if sweep.moving_since is not None and share > SETTLED:
        return (now - sweep.moving_since) * (1 - share) / share
    plan = sweep.plan
    if not plan.seconds:
        return None
    waits = max(plan.ahead / plan.devices - max(now - sweep.since, 0.0), 0.0) if sweep.moving_since is None else 0.0
    return waits + work * (1 - share) / plan.devices


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
