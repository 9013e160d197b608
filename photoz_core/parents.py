"""Runs whose encoder another training starts from."""

from collections.abc import Sequence
from dataclasses import replace

from photoz_core import methods, registry
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.files import read_json
from photoz_core.home import Home
from photoz_core.overlap import leaked
from photoz_core.recipe import Recipe, load_recipe
from photoz_core.run import Run, list_runs

SAME_FIELD = 0.02  # fields of view that differ by less show lenses and galaxies at the same size


def parent_recipe(home: Home, recipe: Recipe) -> Recipe:
    """What must be trained for `recipe` to start from: its parent, of its preset and seed, on the parent's dataset.

    A parent that learns from labels sees as many as the child, any other is the same whatever the child sees.
    """
    dataset = recipe.parent_dataset or recipe.dataset
    parent = load_recipe(recipe.parent, home, recipe.preset, seed=recipe.seed, dataset=dataset)
    if not parent.learns_from_labels:
        return parent
    return replace(parent, label_fraction=recipe.label_fraction, label_count=recipe.label_count).resolved()


def find_parent(home: Home, recipe: Recipe, runs: Sequence[Run] | None = None) -> Run | None:
    """The run that `recipe.parent` means: of that id, or the newest of that recipe, preset, seed and dataset.

    The dataset is `recipe.parent_dataset` where given, else the recipe's own. A parent that learns from labels must
    have the child's label fraction, lest it hand on labels hidden from the child. `runs`, oldest first, are those of
    the home where they are known already.
    """
    if recipe.parent in (home.run_ids() if runs is None else [run.id for run in runs]):
        return Run(home.run(recipe.parent))

    wanted = (recipe.parent, recipe.preset, recipe.seed, recipe.parent_dataset or recipe.dataset)

    def fits(run: Run) -> bool:
        own = run.recipe
        same = (own.name, own.preset, own.seed, own.dataset) == wanted
        return same and (not own.learns_from_labels or _labels(own) == _labels(recipe))

    fitting = [run for run in (list_runs(home) if runs is None else runs) if fits(run)]
    usable = [run for state in ("done", "running", "queued") for run in reversed(fitting) if run.state == state]
    return usable[0] if usable else None


def with_parents_encoder(recipe: Recipe, parent: Run) -> Recipe:
    """The recipe with the encoder options of the run it starts from."""
    if "encoder" not in parent.recipe.options:
        raise PhotozError(f"run {parent.name!r} has no image encoder to start from; choose a run of an image method")
    options = recipe.options | {"encoder": parent.recipe.options["encoder"] | {"weights": "none"}}
    return replace(recipe, options=options).resolved()


def start_from(method, parent: Run, child: Dataset, load) -> list[str]:
    """Give `method` the encoder of a parent run.

    Parameters
    ----------
    method : Method
        Built for `child`.
    load : callable
        ``load(run)`` gives a run's trained method.

    Returns
    -------
    list of str
        What whoever trains it should know of the two datasets, one sentence each.

    Raises
    ------
    PhotozError
        If the parent is not done, saw another number of bands, or, as a pretext, objects of this dataset.
    """
    if parent.state != "done":
        raise PhotozError(f"parent run {parent.name!r} is {parent.state}; it must be done first")
    spec = read_json(parent.folder / "spec.json")
    theirs, own = spec["bands"], method.spec.bands
    if len(theirs) != len(own):
        raise PhotozError(
            f"parent run {parent.name!r} saw {len(theirs)} band(s), {', '.join(theirs)}; dataset {child.name!r} has "
            f"{len(own)}, {', '.join(own)}: choose a parent with as many"
        )
    method.encoder.load_state_dict(load(parent).encoder.state_dict())
    return [] if parent.recipe.dataset == child.name else _strange(spec, parent, child)


def _strange(spec: dict, parent: Run, child: Dataset) -> list[str]:
    """How the images of another dataset differ from those that the parent saw; what it saw may not come again."""
    home = Home(child.folder.parent.parent)
    notes = [f"the encoder comes from {parent.name}: other images than these"]
    if parent.recipe.dataset not in home.dataset_names():
        return notes
    other = Dataset(home.dataset(parent.recipe.dataset))
    _check_leak(parent, child, other)
    fields = [
        data.meta.pixel_scale * side
        for data, side in ((other, spec["image_shape"][-1]), (child, child.array("image").shape[-1]))
    ]
    if abs(fields[1] / fields[0] - 1) > SAME_FIELD:
        notes.append(
            f'images of {child.name} are {fields[1]:.3g}" wide, those of {other.name} {fields[0]:.3g}": brought to the '
            "same number of pixels, the same angle has another size"
        )
    return notes


def _labels(recipe: Recipe) -> tuple[float, int]:
    return recipe.label_fraction, recipe.label_count


def _check_leak(parent: Run, child: Dataset, other: Dataset) -> None:
    """A pretext's training objects must not be among those that its child is trained or judged on.

    Raises
    ------
    PhotozError
        Naming objects that are, by their id or their position.
    """
    if not registry.load(methods, parent.recipe.method).Model.cheap_labels:
        return
    if len(rows := leaked(child, other, other.rows("train"))):
        names = ", ".join(child.object_id[rows[:5]])
        raise PhotozError(
            f"{len(rows)} objects of {child.name!r} are among those that {parent.name!r} learned from: {names}; import "
            f"{other.name!r} anew with --exclude {child.name}"
        )
