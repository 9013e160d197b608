"""A sweep as a person wishes it, and what it comes to: runs, problems field by field, time. Knows nothing of Panel."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import param

from dashboard import cache
from dashboard.job_list import duration
from dashboard.plan import NO_QUEUE
from dashboard.planning import Wish, read_seeds, resolve, share, titles
from dashboard.state import State
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.recipe import PRESETS, Recipe, load_recipe
from photoz_core.run import Run
from photoz_core.sweeping import Sweep, timed_plan
from photoz_core.sweeps import SweepPlan, product

Runs = Iterable[tuple[Run, str]]
MOST_RUNS = 300  # of one sweep
PERCENT, COUNT = "% of labels", "labels"


@dataclass(frozen=True)
class SweepWish:
    """Choices of the sweep's form.

    Parameters
    ----------
    recipes : tuple of str
    preset : str
    amounts : str
        How many labels, e.g. ``1, 10, 100``; in `unit`.
    unit : str
        `PERCENT` or `COUNT`.
    seeds : str
        As `dashboard.planning.Wish` has them.
    """

    recipes: tuple[str, ...] = ()
    preset: str = "demo"
    amounts: str = "1, 3, 10, 30, 100"
    unit: str = PERCENT
    seeds: str = "0"


@dataclass(frozen=True)
class SweepOutcome:
    """What follows from a wish.

    Parameters
    ----------
    plan : SweepPlan
        None while there are problems.
    problems : dict
        Field (``recipes``, ``amounts``, ``seeds``, or ``size`` of the whole) → sentence.
    labels : tuple
        (amount as it is said, number of training labels) of each amount.
    """

    plan: SweepPlan | None = None
    problems: dict[str, str] = field(default_factory=dict)
    labels: tuple[tuple[str, int], ...] = ()


def resolve_sweep(wish: SweepWish, home: Home, data: Dataset | None, runs: Runs, devices: int = 1) -> SweepOutcome:
    """Work out a wish for `data`; `runs` are those of all datasets with their states, oldest first.

    So many `devices` train at once.
    """
    if data is None:
        return SweepOutcome(problems=resolve(Wish(""), home, data, []).problems)
    seeds, problems = _read(read_seeds, wish.seeds, "seeds")
    amounts, wrong = _read(lambda text: read_amounts(text, wish.unit, data), wish.amounts, "amounts")
    problems |= wrong
    bases, wrong = _bases(wish, home, data)
    problems |= wrong
    labels = tuple((_said(amount), _label_count(data, amount)) for amount in amounts)
    wanted = len(seeds) * sum(len(amounts) if base.learns_from_labels else 1 for base in bases)
    if wanted > MOST_RUNS:
        problems["size"] = f"{wanted} runs; at most {MOST_RUNS} at once: take fewer seeds, labels or methods"
    if problems:
        return SweepOutcome(None, problems, labels)
    recipes = product(bases, seeds, lambda base: amounts)
    return SweepOutcome(timed_plan(home, recipes, runs, devices), {}, labels)


def read_amounts(text: str, unit: str, data: Dataset) -> list[dict]:
    """Numbers of labels in ``1, 3, 10``, as changes of a recipe, in ascending order.

    Raises
    ------
    PhotozError
        If they are no percentages from above 0 to 100, or no whole numbers up to what the training split has.
    """
    parts = [part for part in re.split(r"[,;\s%]+", text.strip()) if part]
    number = r"\d{1,9}" if unit == COUNT else r"\d{1,3}(\.\d{1,6})?|\.\d{1,6}"
    if not parts or not all(re.fullmatch(number, part) and float(part) > 0 for part in parts):
        what = "whole numbers, e.g. 100, 1000" if unit == COUNT else "percentages, e.g. 1, 10, 100"
        raise PhotozError(f"labels {text!r}: give {what}")
    found = sorted({float(part) for part in parts})
    if unit == COUNT:
        data.visible_labels(1.0, 0, int(found[-1]))  # too many stop here
        return [{"label_count": int(count)} for count in found]
    if found[-1] > 100:
        raise PhotozError(f"labels {text!r}: there are no more than 100 %")
    return [{"label_fraction": share(percent)} for percent in found]


def told(plan: SweepPlan) -> str:
    """A plan in words: ``24 runs: 9 are there, 15 to train, 1 parent first; about 12 min``."""
    start = len(plan.to_train) - plan.stopped
    parts = [
        (plan.done, "is there" if plan.done == 1 else "are there"),
        (plan.going, "on the way"),
        (plan.stopped, "stopped, to go on"),
        (start, "to train"),
        (len(plan.parents), "parent first" if len(plan.parents) == 1 else "parents first"),
    ]
    words = ", ".join(f"{count} {word}" for count, word in parts if count)
    total = len(plan.recipes)
    return f"{total} run{'s' if total != 1 else ''}: {words or 'none'}" + _time(plan)


class SweepChoices(param.Parameterized):
    """Choices of the sweep's form (see `SweepWish`), and the outcome derived from them by one watcher.

    Parameters
    ----------
    state : State
        Gives the dataset, the runs and the queue.
    """

    active = param.Boolean(default=False, doc="Whether the form is on show; nothing is worked out otherwise.")
    recipes = param.ListSelector(default=[], objects=[], doc="Methods that fit the dataset.")
    preset = param.Selector(default="demo", objects=list(PRESETS), doc="demo: minutes; paper: as published.")
    amounts = param.String(default=SweepWish.amounts, doc="Numbers of labels, e.g. 1, 10, 100.")
    unit = param.Selector(default=PERCENT, objects=[PERCENT, COUNT], doc="What the amounts are.")
    seeds = param.String(default="0", doc="0, or 0, 1, 2, or 0-4; the band of the curve is over them.")
    outcome = param.ClassSelector(class_=SweepOutcome, default=SweepOutcome(), constant=True)

    def __init__(self, state: State):
        super().__init__()
        self.state = state
        self._offered: tuple = ()
        self._worked_out: tuple = ()
        state.param.watch(self._derive, ["data", "revision"])

    def start(self) -> Sweep:
        """Hand the sweep to the queue, which takes it in in the background.

        Raises
        ------
        PhotozError
            If there is no queue, who asks may not train, something is wrong with the wish, or nothing is to train.
        """
        if self.state.queue is None:
            raise PhotozError(NO_QUEUE)
        self.state.user.require("train")
        self._derive()
        plan, problems = self.outcome.plan, self.outcome.problems
        if plan is None:
            raise PhotozError("; ".join(problems.values()) or "choose what to train")
        if not plan.to_train:
            raise PhotozError(f"nothing to train: {told(plan)}")
        return self.state.queue.start_sweep(plan)

    @param.depends("active", "recipes", "preset", "amounts", "unit", "seeds", watch=True)
    def _derive(self, *events) -> None:
        """Offer the methods that fit, and work out the wish, where something is new."""
        if not self.active:
            return
        home, data = self.state.home, self.state.data
        self._offer(home, data)
        known = cache.runs(home)
        wish = SweepWish(tuple(self.recipes), self.preset, self.amounts, self.unit, self.seeds)
        devices = getattr(self.state.queue, "devices", 1)  # none is told to those who may not train
        key = (wish, data, devices, tuple((run.id, state) for run, state in known))
        if key != self._worked_out:
            self._worked_out = key
            with param.edit_constant(self):
                self.outcome = resolve_sweep(wish, home, data, known, devices)

    def _offer(self, home: Home, data: Dataset | None) -> None:
        """The methods that the dataset fits, by title; those chosen that do not are let go."""
        if self._offered == (data, self.preset):
            return
        self._offered = (data, self.preset)
        fitting = {
            title: name
            for title, name in titles(home).items()
            if not resolve(Wish(name, self.preset, 1.0), home, data, []).problems
        }
        with param.parameterized.discard_events(self):
            self.recipes = [name for name in self.recipes if name in fitting.values()]
        self.param.recipes.objects = fitting
        self.param.trigger("recipes")


def _read(read: Callable[[str], list], text: str, name: str) -> tuple[list, dict[str, str]]:
    try:
        return read(text), {}
    except PhotozError as error:
        return [], {name: str(error)}


def _bases(wish: SweepWish, home: Home, data: Dataset) -> tuple[list[Recipe], dict[str, str]]:
    """The recipes for this dataset, those that others start from before these."""
    if not wish.recipes:
        return [], {"recipes": "choose one method or more"}
    for name in wish.recipes:
        if problems := resolve(Wish(name, wish.preset, 1.0), home, data, []).problems:
            return [], {"recipes": f"{name}: {'; '.join(problems.values())}"}
    bases = [load_recipe(name, home, wish.preset, dataset=data.name) for name in wish.recipes]
    return sorted(bases, key=lambda base: bool(base.parent)), {}


def _time(plan: SweepPlan) -> str:
    if not plan.to_train:
        return ""
    known = f"{'very roughly' if plan.rough else 'about'} {duration(plan.elapsed)}" if plan.seconds else ""
    notes = (
        f"{duration(plan.ahead)} of it for what is queued already" if plan.ahead >= 1 else "",
        f"{plan.rough} judged by other datasets" if plan.rough else "",
    )
    known += f" ({'; '.join(filter(None, notes))})" if known and any(notes) else ""
    rest = f"{plan.unknown} of unknown time" if plan.unknown else ""
    return "; " + " and ".join(filter(None, (known, rest)))


def _said(amount: dict) -> str:
    return f"{amount['label_count']:,}" if "label_count" in amount else f"{100 * amount['label_fraction']:.6g} %"


def _label_count(data: Dataset, amount: dict) -> int:
    """How many training labels a run of this amount sees, of seed 0."""
    visible = data.visible_labels(amount.get("label_fraction", 1.0), 0, amount.get("label_count", 0))
    return int((visible & (data.split == "train")).sum())
