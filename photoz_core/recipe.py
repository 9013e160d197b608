"""Recipe: a small TOML that says how to train one method; resolved and checked before any folder is made."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

from photoz_core import methods, registry
from photoz_core.errors import PhotozError, unknown
from photoz_core.files import read_toml
from photoz_core.home import Home
from photoz_core.options import build, to_dict

PRESETS = ("demo", "paper")
WITHOUT_EFFECT = ("fit.device", "fit.compile", "fit.checkpoint_seconds", "fit.snapshots")  # on what is learned
SECTIONS = {"base", "method", "dataset", "title", "parent", "parent_dataset", *PRESETS}


@dataclass(frozen=True)
class Recipe:
    """A resolved recipe: everything a training depends on but the code.

    Parameters
    ----------
    name, preset, method, dataset : str
    options, fit : dict
        Plain values of the method's `Config` and of `FitConfig`, defaults filled in.
    label_fraction : float
        Share of the dataset's labels that the run may see.
    label_count : int
        That many training labels in place of a share, and all validation labels; 0 goes by `label_fraction`.
    seed : int
        Of the label subset, the initial weights, the batches and the views.
    parent : str
        Recipe whose run gives the encoder (``options.start = "parent"``), or a run id; empty for none.
    parent_dataset : str
        Dataset on which that recipe was trained; empty for the same.
    """

    name: str
    method: str
    dataset: str
    preset: str = "demo"
    title: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    fit: dict[str, Any] = field(default_factory=dict)
    label_fraction: float = 1.0
    seed: int = 0
    parent: str = ""
    parent_dataset: str = ""
    label_count: int = 0

    def config(self):
        """The method's frozen `Config`."""
        return build(registry.load(methods, self.method).Config, self.options, f"recipe {self.name!r}, [options]")

    def fit_config(self):
        """The frozen `FitConfig`."""
        from photoz_core.optimisation import FitConfig

        return build(FitConfig, self.fit, f"recipe {self.name!r}, [fit]")

    def resolved(self) -> "Recipe":
        """The same with every default written out.

        Raises
        ------
        PhotozError
            Naming each unknown or wrong option, an impossible label fraction or count, a negative seed.
        """
        if not 0 <= self.label_fraction <= 1:
            raise PhotozError(f"label fraction {self.label_fraction}: give a number from 0 to 1 (0.05 is 5 %)")
        if self.label_count < 0:
            raise PhotozError(f"{self.label_count} labels: give 1 or more, or 0 to go by the label fraction")
        if self.label_count and self.label_fraction < 1:
            raise PhotozError(
                f"{self.label_count} labels and label fraction {self.label_fraction}: give one of the two"
            )
        model = registry.load(methods, self.method).Model
        config = self.config()
        if self.label_fraction == 0 and (not model.uses_unlabelled or model.gives_pdf):
            what = (
                "gives redshift PDFs, which no unlabelled object teaches"
                if model.uses_unlabelled
                else "learns from labels only"
            )
            raise PhotozError(f"label fraction 0: method {self.method!r} {what}; give more than 0")
        if self.seed < 0:
            raise PhotozError(f"seed {self.seed}: give 0 or a positive number")
        return replace(self, options=to_dict(config), fit=to_dict(self.fit_config()))

    @property
    def learns_from_labels(self) -> bool:
        """Whether hiding labels changes what it learns: its method has some, and not measured for every object."""
        model = registry.load(methods, self.method).Model
        return bool(model.labels(self.config())) and not model.cheap_labels

    @property
    def label_share(self) -> str:
        """How many labels it sees, in words: ``10 %``, or ``100 labels``."""
        if self.label_count:
            return f"{self.label_count} label{'s' if self.label_count > 1 else ''}"
        return f"{100 * self.label_fraction:.3g} %"

    @property
    def run_name(self) -> str:
        """What people call the run, e.g. ``pita · candels-mock · 10 % · seed 0``."""
        return f"{self.title or self.name} · {self.dataset} · {self.label_share} · seed {self.seed}"


def changed_options(recipe: Recipe, own: Recipe | None) -> dict[str, Any]:
    """Options of a training that `own`, the recipe of its name as its file has it, has otherwise: dotted name → value.

    Without those that change no result (`WITHOUT_EFFECT`), and without the encoder that comes from a parent. None where
    there is no such recipe, or the training has options that are no more.
    """
    try:
        filled = recipe.resolved()
    except PhotozError:
        return {}
    if own is None:
        return {}
    before, after = ({f"{part}.{k}": v for part in ("options", "fit") for k, v in _flat(getattr(r, part))}
                     for r in (own, filled))  # fmt: skip
    left_out = WITHOUT_EFFECT + (("options.start", "options.encoder.") if recipe.parent or own.parent else ())
    return {path: value for path, value in after.items() if before.get(path) != value and not path.startswith(left_out)}


def _flat(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Nested values by dotted name."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", item) for name, item in _flat(value))
        else:
            yield key, value


def recipe_folders(home: Home | None = None) -> list[Path]:
    """Folders with recipes: the home's own, then those announced under the entry point `photoz.recipes`."""
    return ([home.recipes] if home else []) + _announced()


@cache
def _announced() -> list[Path]:
    """Those of installed packages: a scan of all of them takes 10 ms, and a form asks for recipes by the dozen."""
    return [Path(str(files(entry.value))) for entry in entry_points(group="photoz.recipes")]


def recipe_paths(home: Home | None = None) -> dict[str, Path]:
    """Recipe name → file; a recipe in the home hides one of the same name elsewhere."""
    found: dict[str, Path] = {}
    for folder in reversed(recipe_folders(home)):
        found |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return dict(sorted(found.items()))


def load_recipe(name: str, home: Home | None = None, preset: str = "demo", **changes: Any) -> Recipe:
    """Read, override, check and resolve recipe `name`.

    Parameters
    ----------
    name : str
        A known recipe, or the path of a TOML file.
    preset : {"demo", "paper"}
    changes
        `dataset`, `label_fraction`, `label_count`, `seed`, `parent`, `parent_dataset`, and `options`, `fit` as
        (nested) dicts laid over the preset.

    Raises
    ------
    PhotozError
        For an unknown recipe, preset, section or option, each listing the known ones.
    """
    paths = recipe_paths(home)
    if name not in paths and not name.endswith(".toml"):
        raise unknown("recipe", name, paths)
    path = paths.get(name, Path(name))
    raw = _read(path, paths)
    if preset not in PRESETS or preset not in raw:
        raise PhotozError(f"{path}: {unknown('preset', preset, raw.keys() & set(PRESETS))}")
    if "method" not in raw:
        raise PhotozError(f"{path}: add a line method = '…'; known: {', '.join(registry.names(methods))}")
    laid_over = {key: overlay(raw[preset].get(key, {}), changes.pop(key, {})) for key in ("options", "fit")}
    given = {key: value for key, value in changes.items() if value is not None}
    head = {"method": raw["method"]} | {key: raw.get(key, "") for key in ("dataset", "parent", "parent_dataset")}
    return Recipe(
        **{"name": path.stem, "preset": preset, "title": raw.get("title", ""), **head, **laid_over, **given}
    ).resolved()


def _read(path: Path, paths: dict[str, Path]) -> dict:
    """What a recipe says, laid over what the recipe says that it names as its `base`."""
    raw = read_toml(path)
    if wrong := raw.keys() - SECTIONS:
        raise PhotozError(f"{path}: {unknown('section', sorted(wrong)[0], SECTIONS)}")
    base = raw.pop("base", None)
    if base is None:
        return raw
    if base not in paths or paths[base] == path:
        raise PhotozError(f"{path}: base: {unknown('recipe', base, paths)}")
    if "base" in (below := read_toml(paths[base])):
        raise PhotozError(f"{path}: base {base!r} has a base itself; name {below['base']!r} or write it out")
    return overlay(_read(paths[base], paths), raw)


def overlay(base: dict, changes: dict) -> dict:
    """`base` with `changes` laid over it, nested dicts merged; an empty dict takes the place of what is there."""
    merged = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and value and isinstance(base.get(key), dict)
        merged[key] = overlay(base[key], value) if both else value
    return merged
