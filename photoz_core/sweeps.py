"""Many trainings at once: which are wanted, which are there already, what must be trained first, how long it takes."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.imagenet import why_absent
from photoz_core.parents import find_parent, parent_recipe
from photoz_core.recipe import Recipe
from photoz_core.run import Run, list_runs

OPEN = ("queued", "running")


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep comes to, before it starts.

    Parameters
    ----------
    recipes : tuple of Recipe
        All that is wanted, in the order of training.
    done, going, stopped : int
        How many of them have a run that is done, that is queued or running, that goes on where it was stopped.
    to_train : tuple of Recipe
        Those that start or go on.
    parents : tuple of Recipe
        What must be trained first, and is not among `recipes`; each once, however many start from it.
    times : dict
        Seconds by name of the run, of `parents` and `to_train`; None without a run to judge by.
    rough : int
        How many of these times are judged by trainings on another dataset.
    ahead : float
        Seconds that other trainings of the queue still take.
    devices : int
        Trainings that run at once.
    """

    recipes: tuple[Recipe, ...] = ()
    done: int = 0
    going: int = 0
    stopped: int = 0
    to_train: tuple[Recipe, ...] = ()
    parents: tuple[Recipe, ...] = ()
    times: dict[str, float | None] = field(default_factory=dict)
    rough: int = 0
    ahead: float = 0.0
    devices: int = 1

    @property
    def seconds(self) -> float:
        """Of all trainings whose time is known, one after the other."""
        return sum(time for time in self.times.values() if time is not None)

    @property
    def elapsed(self) -> float:
        """Seconds until the last of these is done, with what the queue has to do before."""
        longest = max((time or 0.0 for time in self.times.values()), default=0.0)
        return max((self.ahead + self.seconds) / self.devices, longest)

    @property
    def unknown(self) -> int:
        """Number of trainings whose time is not known."""
        return list(self.times.values()).count(None)


def product(bases: Iterable[Recipe], seeds: Iterable[int], amounts: Callable[[Recipe], Iterable[dict]]) -> list[Recipe]:
    """Recipes × amounts of labels × seeds, resolved, seed by seed; what no hidden label changes is there once a seed.

    Parameters
    ----------
    bases : iterable of Recipe
    amounts : callable
        Changes of a base, each of ``label_fraction`` or ``label_count``.
    """
    return [
        replace(base, seed=seed, **amount).resolved()
        for seed in seeds
        for base in bases
        for amount in (amounts(base) if base.learns_from_labels else [{}])
    ]


def find_run(home: Home, recipe: Recipe, runs: Iterable[Run] | None = None) -> Run | None:
    """The newest run of exactly this recipe, whatever its state; `runs`, oldest first, where they are known already.

    Of a method that learns from no labels it is the same however many a run might have seen.
    """
    learns = recipe.learns_from_labels
    head, own = _head(recipe, learns), _own(recipe, learns)
    listed = list_runs(home) if runs is None else runs
    same = [run for run in listed if _head(run.recipe, learns) == head and _own(_filled(run.recipe), learns) == own]
    return same[-1] if same else None


def not_to_run(home: Home, recipes: Iterable[Recipe]) -> list[tuple[Recipe, str]]:
    """Recipes that cannot be trained here, and why: ImageNet weights are absent, their own or those of a parent to be
    trained first. Runs that are done need no weights."""
    ask = cache(lambda encoder: why_absent(json.loads(encoder)))  # nobody waits twice for the same silent network
    runs = list_runs(home)
    told = [(recipe, _lacks(home, recipe, runs, ask)) for recipe in recipes]
    return [(recipe, why) for recipe, why in told if why and not _is_done(find_run(home, recipe, runs))]


def plan_sweep(
    home: Home, recipes: Iterable[Recipe], known: Iterable[tuple[Run, str]], seconds: Callable[[Recipe], float | None]
) -> SweepPlan:
    """What training `recipes` comes to, where the runs `known`, oldest first, are in these states.

    Parameters
    ----------
    seconds : callable
        The time that a training of a recipe takes; None where it is not known.
    """
    recipes, state_of = tuple(recipes), {run: state for run, state in known}
    runs = list(state_of)
    states = [state_of.get(find_run(home, recipe, runs), "") for recipe in recipes]
    to_train = [recipe for recipe, state in zip(recipes, states, strict=True) if state not in (*OPEN, "done")]
    parents = _to_train_first(home, to_train, runs)
    return SweepPlan(
        recipes=recipes,
        done=states.count("done"),
        going=sum(state in OPEN for state in states),
        stopped=sum(state in ("cancelled", "failed") for state in states),
        to_train=tuple(to_train),
        parents=tuple(parents),
        times={recipe.run_name: seconds(recipe) for recipe in (*parents, *to_train)},
    )


def _to_train_first(home: Home, recipes: list[Recipe], runs: list[Run]) -> list[Recipe]:
    """Parents without a run, and theirs, that are not among `recipes`; the first to be trained first."""
    found: list[Recipe] = []

    told: dict[tuple, Recipe] = {}

    def parent_of(recipe: Recipe) -> Recipe:
        key = (recipe.parent, recipe.parent_dataset, *_head(recipe, True)[1:])
        if key not in told:
            told[key] = parent_recipe(home, recipe)
        return told[key]

    def add(recipe: Recipe) -> None:
        if not recipe.parent or find_parent(home, recipe, runs) is not None:
            return
        parent = parent_of(recipe)
        if parent not in recipes and parent not in found:
            add(parent)
            found.append(parent)

    for recipe in recipes:
        add(recipe)
    return found


def _lacks(home: Home, recipe: Recipe, runs: list[Run], ask: Callable[[str], str]) -> str:
    if not recipe.parent:
        return ask(json.dumps(recipe.options.get("encoder", {})))
    found = find_parent(home, recipe, runs)
    return "" if found else _lacks(home, parent_recipe(home, recipe), runs, ask)


def _is_done(run: Run | None) -> bool:
    return run is not None and run.state == "done"


def _head(recipe: Recipe, learns: bool) -> tuple:
    """What tells most recipes apart, quickly compared; numbers of labels where the method learns from them."""
    labels = (recipe.label_fraction, recipe.label_count) if learns else ()
    return recipe.name, recipe.preset, recipe.dataset, recipe.seed, *labels


def _filled(recipe: Recipe) -> Recipe:
    """The recipe with the defaults of options that are younger than it."""
    try:
        return recipe.resolved()
    except PhotozError:  # it has options that are no more
        return recipe


def _own(recipe: Recipe, learns: bool) -> Recipe:
    """The recipe without the encoder that it takes over from its parent, and without labels that teach it nothing."""
    if not learns:
        recipe = replace(recipe, label_fraction=1.0, label_count=0)
    if not recipe.parent:
        return recipe
    return replace(recipe, options={key: value for key, value in recipe.options.items() if key != "encoder"})
