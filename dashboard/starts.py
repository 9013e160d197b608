"""Where the encoder of a training may start."""

from typing import Any

from photoz_core.files import read_json
from photoz_core.home import Home
from photoz_core.recipe import Recipe, load_recipe
from photoz_core.run import Run

OWN, SCRATCH = "", "scratch"  # as the recipe says, or from nothing; else the id of a run


def start_choices(recipe: Recipe, runs: list[Run], bands: int) -> dict[str, str]:
    """Where the encoder of `recipe` may start: label → `OWN`, `SCRATCH` or a run id.

    Runs of other datasets are among them where they saw as many `bands`.
    """
    if "start" not in recipe.options:
        return {"from scratch": OWN}
    parents = {
        run.name.replace(f" · {recipe.dataset}", ""): run.id
        for run in runs
        if "encoder" in run.recipe.options and (run.recipe.dataset == recipe.dataset or _bands_of(run) == bands)
    }
    if not recipe.parent:
        return {"from ImageNet" if recipe.options["start"] == "imagenet" else "from scratch": OWN} | parents
    return {f"{recipe.parent} of this seed, trained first if missing": OWN} | parents | {"from scratch": SCRATCH}


def _bands_of(run: Run) -> int:
    return len(read_json(run.folder / "spec.json")["bands"])


def changes_of(recipe: Recipe, start: str, home: Home, runs: list[Run]) -> dict[str, Any]:
    """What a chosen start changes in a recipe; from scratch it keeps the network that its parent would have given."""
    if start == OWN:
        return {}
    own = recipe.title or recipe.name
    if start == SCRATCH:
        options = {"start": "scratch", "encoder": load_recipe(recipe.parent, home, recipe.preset).options["encoder"]}
        return {"parent": "", "parent_dataset": "", "title": f"{own}, from scratch", "options": options}
    parent = next(run.recipe for run in runs if run.id == start)
    title = own if parent.name == recipe.parent else f"{own} from {parent.title or parent.name}"
    return {"parent": start, "title": title, "options": {"start": "parent"}}
