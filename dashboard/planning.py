"""From what a person wishes to train to resolved recipes, or to what is wrong with the wish, field by field."""

import re
from dataclasses import dataclass, field
from inspect import getdoc
from types import ModuleType
from typing import Any

import numpy as np

from dashboard.option_fields import OptionField, option_fields
from dashboard.starts import OWN, changes_of, start_choices
from photoz_core import methods, registry
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.estimate import training_seconds
from photoz_core.files import read_toml
from photoz_core.home import Home
from photoz_core.options import defects
from photoz_core.recipe import Recipe, load_recipe, overlay, recipe_paths
from photoz_core.rows import ARRAYS
from photoz_core.run import Run

MOST_SEEDS = 20


@dataclass(frozen=True)
class Wish:
    """Choices of the training form.

    Parameters
    ----------
    recipe, preset : str
    fraction : float
        Share of the training labels that may be seen.
    seeds : str
        ``0``, ``0, 1, 2`` or ``0-4``: a run each.
    start : str
        See `dashboard.starts`.
    changes : dict
        Options that differ from the recipe's: dotted name → plain value.
    """

    recipe: str
    preset: str = "demo"
    fraction: float = 0.1
    seeds: str = "0"
    start: str = OWN
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What follows from a wish.

    Parameters
    ----------
    recipes : tuple of Recipe
        Resolved, one a seed; empty while there are problems.
    problems : dict
        Field (``recipe``, ``seeds``, ``start`` or an option's dotted name) → sentence.
    base : Recipe
        The recipe, with the start that was chosen, without changes; None if it cannot be read.
    starts : dict
        Where its encoder may start: label → `OWN`, `SCRATCH` or a run id.
    fields : tuple of OptionField
        Of the options that take effect.
    labels : tuple of int
        Training labels seen, and all there are.
    uses_labels : bool
    about : str
        The method in a line.
    seconds : float
        Of all seeds together; None without a run to judge by.
    """

    recipes: tuple[Recipe, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    base: Recipe | None = None
    starts: dict[str, str] = field(default_factory=lambda: {"from scratch": OWN})
    fields: tuple[OptionField, ...] = ()
    labels: tuple[int, int] = (0, 0)
    uses_labels: bool = True
    about: str = ""
    seconds: float | None = None


def resolve(wish: Wish, home: Home, data: Dataset | None, runs: list[Run]) -> Outcome:
    """Work out a wish for `data`; `runs` are the done runs of all datasets, oldest first."""
    if data is None:
        return Outcome(problems={"recipe": "no dataset yet: photoz data simulate makes one, data import takes yours"})
    try:
        own = load_recipe(wish.recipe, home, wish.preset, dataset=data.name)
        starts = start_choices(own, runs, len(data.bands))
        given = changes_of(own, wish.start if wish.start in starts.values() else OWN, home, runs)
        base = load_recipe(own.name, home, own.preset, dataset=data.name, **given)
    except PhotozError as error:
        return Outcome(problems={"recipe": str(error)})
    module = registry.load(methods, base.method)
    wanted = module.Model.labels(base.config())
    uses_labels = bool(wanted) and not module.Model.cheap_labels
    seeds, problems = _seeds(wish.seeds)
    visible = _visible(data, wish, seeds[0], () if uses_labels else wanted) & (data.split == "train")
    problems |= _misfit(module, data, wanted, int(visible.sum())) | _defects(base, wish.changes)
    recipes: list[Recipe] = []
    if not problems:
        given = overlay(given, nested(wish.changes)) | {"dataset": data.name}
        given["label_fraction"] = wish.fraction if uses_labels else 1.0
        recipes = [load_recipe(base.name, home, base.preset, seed=seed, **given) for seed in seeds]
    rows = (data.split == "train") if module.Model.uses_unlabelled else visible
    times = [training_seconds(recipe, max(int(rows.sum()), 1), runs) for recipe in recipes]
    return Outcome(
        recipes=tuple(recipes),
        problems=problems,
        base=base,
        starts=starts,
        fields=tuple(_fields(base, module.Model.trained_whole)),
        labels=(int(visible.sum()), int((data.is_labelled() & (data.split == "train")).sum())),
        uses_labels=uses_labels,
        about=(getdoc(module) or "").partition("\n")[0],
        seconds=sum(times) if times and None not in times else None,
    )


def _visible(data: Dataset, wish: Wish, seed: int, cheap: tuple[str, ...]) -> np.ndarray:
    """Rows (N,) whose labels are seen: all that are measured, of labels that are measured for every object."""
    if not set(cheap) <= set(data.catalog):
        return np.zeros(len(data), bool)
    return data.measured(cheap) if cheap else data.visible_labels(wish.fraction, seed)


def titles(home: Home) -> dict[str, str]:
    """Recipe names by the title that a person reads; a title given twice carries the name."""
    found: dict[str, str] = {}
    for name, path in recipe_paths(home).items():
        title = read_toml(path).get("title") or name
        found[f"{title} ({name})" if title in found else title] = name
    return dict(sorted(found.items()))


def first_fitting(names: list[str], home: Home, data: Dataset | None) -> str:
    """A recipe that `data` has the inputs for, rather one of labels that starts from nothing; empty without any."""
    found = {name: resolve(Wish(name, fraction=1.0), home, data, []) for name in names}

    def rank(name: str) -> tuple[bool, bool, bool]:
        outcome = found[name]
        base = outcome.base
        started = base and (base.parent or base.options.get("start") == "imagenet")
        return bool(outcome.problems), not outcome.uses_labels, bool(started)

    return min(names, key=rank, default="")


def read_seeds(text: str) -> list[int]:
    """Seeds in ``0``, ``0, 1, 2`` or ``0-4``.

    Raises
    ------
    PhotozError
        If it is none of these, or names more than `MOST_SEEDS`.
    """
    parts = [part for part in re.split(r"[,\s]+", text.strip()) if part]
    if not parts or not all(re.fullmatch(r"\d{1,9}(-\d{1,9})?", part) for part in parts):
        raise PhotozError(f"seeds {text!r}: give whole numbers, e.g. 0 or 0, 1, 2 or 0-4")
    ends = [[int(end) for end in part.split("-")] for part in parts]
    if sum(max(end) - min(end) + 1 for end in ends) > MOST_SEEDS:
        raise PhotozError(f"seeds {text!r}: at most {MOST_SEEDS} at once")
    return list(dict.fromkeys(seed for end in ends for seed in range(min(end), max(end) + 1)))


def share(percent: float) -> float:
    """A percentage as a fraction that is the same however it was written: 0.7 % is 0.007."""
    return round(percent / 100, 12)


def nested(changes: dict[str, Any]) -> dict[str, Any]:
    """``{"fit.lr": 1}`` → ``{"fit": {"lr": 1}}``."""
    result: dict[str, Any] = {}
    for path, value in changes.items():
        for part in reversed(path.split(".")):
            value = {part: value}
        result = overlay(result, value)
    return result


def _seeds(text: str) -> tuple[list[int], dict[str, str]]:
    try:
        return read_seeds(text), {}
    except PhotozError as error:
        return [0], {"seeds": str(error)}


def _misfit(module: ModuleType, data: Dataset, wanted: tuple[str, ...], labels: int) -> dict[str, str]:
    """Why this method, which learns the labels `wanted`, cannot learn from this dataset."""
    model, catalog = module.Model, data.catalog
    if absent := [text for name, text in ARRAYS.items() if name in model.needs and name not in data.meta.arrays]:
        return {"recipe": f"{data.name} {absent[0]}"}
    if "magnitude" in model.needs and not any(f"mag_{band}" in catalog for band in data.bands):
        return {"recipe": f"{data.name} has no magnitudes; choose a recipe that learns from images"}
    if absent := [name for name in wanted if name not in catalog]:
        return {"recipe": f"{data.name} has no column {', '.join(absent)} to learn; choose another recipe"}
    if wanted and not model.uses_unlabelled and not labels:
        return {"recipe": f"{data.name} has no {data.meta.label} in its training split; choose one without labels"}
    return {}


def _sections(recipe: Recipe) -> dict[str, Any]:
    return {"options": recipe.config(), "fit": recipe.fit_config()}


def _defects(base: Recipe, changes: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the changed options, by dotted name."""
    found = {}
    for section, config in _sections(base).items():
        values = overlay(getattr(base, section), nested(changes).get(section, {}))
        found |= {f"{section}.{name}": text for name, text in defects(type(config), values).items()}
    return {_owner(name, changes): text for name, text in found.items()}


def _owner(name: str, paths) -> str:
    """The path that the defect `name` (maybe of an item inside it, as ``options.hidden.0``) belongs to."""
    return next((path for path in paths if name == path or name.startswith(f"{path}.")), name)


def _fields(base: Recipe, trained_whole: bool) -> list[OptionField]:
    """Fields of the options that take effect: no gradient steps for a forest, no encoder where a parent gives it."""
    found = option_fields(base.config(), base.options, "options")
    found += [] if trained_whole else option_fields(base.fit_config(), base.fit, "fit")
    inherited = "options.encoder." if base.parent else "options.start"
    return [item for item in found if item.path != "options.start" and not item.path.startswith(inherited)]
