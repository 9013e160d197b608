"""From a recipe to a finished run, and from a run to a map."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from photoz_core import methods, projections, registry, simulate
from photoz_core.calibration import temperature, tempered
from photoz_core.dataset import Dataset
from photoz_core.errors import Cancelled, PhotozError
from photoz_core.files import locked, read_json, sweep_partials, write_json
from photoz_core.files import replace as replace_file
from photoz_core.home import Home
from photoz_core.imagenet import why_absent
from photoz_core.judging import keep
from photoz_core.metrics.latent import map_trustworthiness
from photoz_core.parents import find_parent, start_from, with_parents_encoder
from photoz_core.recipe import Recipe
from photoz_core.run import Run, check_matches
from photoz_core.snapshots import Snapshots, can_be_watched, sample_rows

FEW = 10  # labels below which a training says so


def create_run(home: Home, recipe: Recipe) -> Run:
    """Make a queued run; a recipe with a parent takes over the parent's encoder options.

    Raises
    ------
    PhotozError
        If the parent is neither a run nor a recipe with a run for its dataset, this preset and seed.
    """
    if not recipe.parent:
        return Run.create(home, recipe)
    parent = find_parent(home, recipe)
    if parent is None:
        where = f"on {recipe.parent_dataset or recipe.dataset} with seed {recipe.seed}"
        raise PhotozError(f"recipe {recipe.name!r} starts from {recipe.parent!r}: train that first, {where}")
    return Run.create(home, with_parents_encoder(recipe, parent), parent.id)


def train(home: Home, run: Run, report: Callable[[str], None] = lambda text: None) -> None:
    """Train, embed and judge `run`, resuming where a checkpoint is; ends with its done.json.

    The run's state becomes *failed*, with the error, when anything goes wrong, *cancelled* when somebody stopped it;
    the error is raised again.

    Raises
    ------
    PhotozError
        If another process is training it, or the training itself raises one.
    Cancelled
    """
    with locked(run.folder / "claim", f"run {run.name!r} is being trained by another process"):
        sweep_partials(run.folder)
        try:
            run.progress(stage="loading")
            _train(home, run, report)
        except (KeyboardInterrupt, Cancelled):
            run.set_state("cancelled")
            raise
        except BaseException as error:
            known = isinstance(error, PhotozError)
            run.set_state("failed", str(error) if known else f"{type(error).__name__}: {error}")
            raise


def _train(home: Home, run: Run, report: Callable[[str], None]) -> None:
    import torch

    from photoz_core.inference import infer
    from photoz_core.optimisation import pick_device
    from photoz_core.rows import Rows

    recipe, dataset = run.recipe, Dataset(home.dataset(run.recipe.dataset))
    check_matches(run, dataset)
    if why := why_absent(recipe.options.get("encoder", {})):  # timm itself would try for a minute
        raise PhotozError(f"not run: {why}")
    model, config = registry.load(methods, recipe.method).Model, recipe.fit_config()
    visible = visible_to(dataset, recipe)
    torch.manual_seed(recipe.seed)
    device = pick_device(config.device)
    nonpositive = getattr(recipe.config(), "nonpositive", "")
    chosen = {split: _rows(dataset, split, model, visible, nonpositive, report) for split in ("train", "valid")}
    method = _build(home, run, dataset, chosen["train"], visible, report)
    _introduce(run, method, chosen["train"], visible, device, report)
    rows = lambda index: Rows(dataset, index, model.needs, method.spec, visible, device)  # noqa: E731
    began = time.monotonic()
    if model.trained_whole:
        method.fit_whole(rows(chosen["train"]).batch(slice(None)))
    else:
        taught = _fresh(dataset, model, len(chosen["train"]), device) if config.fresh else rows(chosen["train"])
        _fit(run, dataset, method, taught, rows, chosen["valid"])
    seconds = time.monotonic() - began
    run.progress(stage="embedding")
    found = infer(method, rows(np.arange(len(dataset))), config)
    for space, latents in found.latents.items():
        run.save_array(f"latents-{space}" if space else "latents", latents)
    _save_weights(run, method)
    if found.pdfs is not None and getattr(recipe.config(), "calibrate", False):
        found = _calibrated(found, dataset, method.spec.labels[0], chosen["valid"][visible[chosen["valid"]]], report)
    keep(run, dataset, method.spec, found, visible)
    project(run, "pca")
    check_matches(run, Dataset(dataset.folder))
    seen = {"labels": int(visible[chosen["train"]].sum()), "rows": len(chosen["train"]), "seconds": seconds}
    run.finish({"objects": len(dataset), **seen})


def _fit(run: Run, dataset: Dataset, method, taught, rows: Callable, valid: np.ndarray) -> None:
    """Take gradient steps over the rows `taught`, snapshots between them where the method can be watched."""
    from photoz_core.training import fit

    config = run.recipe.fit_config()
    watched = (Snapshots(run, rows(sample_rows(dataset)), config, len(taught)),) if can_be_watched(method) else ()
    fit(method, taught, rows(valid), config, run, *watched)


def visible_to(dataset: Dataset, recipe: Recipe) -> np.ndarray:
    """Rows (N,) whose labels a training may see."""
    model = registry.load(methods, recipe.method).Model
    if not model.cheap_labels:
        return dataset.visible_labels(recipe.label_fraction, recipe.seed, recipe.label_count)
    return dataset.measured(model.labels(recipe.config()))


def _fresh(dataset: Dataset, model, count: int, device):
    """`count` training objects that the dataset's own simulator draws anew in every batch."""
    simulator = dataset.meta.provenance.get("simulator", "")
    if simulator not in registry.names(simulate) or not hasattr(registry.load(simulate, simulator), "fresh_pairs"):
        raise PhotozError(
            f"fit.fresh: no simulator can draw images of {dataset.name!r} while training; set it to false"
        )
    return registry.load(simulate, simulator).fresh_pairs(dataset, count, model.needs, device)


def _calibrated(found, dataset: Dataset, label: str, rows: np.ndarray, report: Callable[[str], None]):
    """The inference with its PDFs at the temperature that these rows' labels ask for."""
    value = temperature(found.pdfs.take(rows), dataset.column(label)[rows])
    report(f"PDFs to the power 1/{value:.3g}, by {len(rows)} validation labels")
    return replace(found, pdfs=tempered(found.pdfs, value))


def _introduce(run: Run, method, rows: np.ndarray, visible: np.ndarray, device, report: Callable[[str], None]) -> None:
    """Say what a training learns from."""
    labels = int(visible[rows].sum())
    report(f"{run.name}: {len(rows)} training rows, {labels} labels, {device}")
    if method.spec.labels and 0 < labels < FEW:
        report(f"only few labels ({labels}): what is learned of {method.spec.labels[0]} is hardly more than a mean")
    for remark in method.remarks():
        report(remark)


def project(run: Run, name: str, seed: int = 0) -> np.ndarray:
    """Make and save projection `name` of a run's latents, with its trustworthiness and time beside it.

    A run with further latent spaces gets a map of each, ``<name>-<space>``; the main one's is returned.
    """
    result = np.empty((0, 2))
    for space in (*run.spaces, ""):  # the main map last: where it is, all are
        began = time.monotonic()
        latents = run.latents_of(space)
        result = registry.load(projections, name).Map(seed).fit(latents)
        about = {
            "seed": seed,
            "seconds": time.monotonic() - began,
            "trustworthiness": map_trustworthiness(latents, result),
        }
        (run.folder / "projections").mkdir(exist_ok=True)
        target = f"{name}-{space}" if space else name
        write_json(run.folder / "projections" / f"{target}.json", about)
        run.save_array(f"projections/{target}", result)
    return result


def load_method(run: Run):
    """The trained method of a finished run, on the CPU, in eval mode."""
    from safetensors.torch import load_file

    from photoz_core.methods.base import DataSpec

    spec = DataSpec.from_dict(read_json(run.folder / "spec.json"))
    method = registry.load(methods, run.recipe.method).Model(run.recipe.config(), spec)
    method.load_state_dict(load_file(run.folder / "weights.safetensors"))
    return method.eval()


def transform(run: Run, dataset: Dataset, name: str, latents: np.ndarray) -> np.ndarray:
    """Positions (M, 2) of new latents (M, D) on projection `name` of a finished run."""
    return restored(run, dataset, name).transform(latents)


def restored(run: Run, dataset: Dataset, name: str):
    """Projection `name` of a finished run, ready to take new latents; a UMAP takes seconds to be so again."""
    check_matches(run, dataset)
    projection = registry.load(projections, name).Map(read_json(run.folder / "projections" / f"{name}.json")["seed"])
    projection.restore(run.latents, run.projection(name))
    return projection


def _rows(dataset: Dataset, split: str, model, visible: np.ndarray, nonpositive: str, report) -> np.ndarray:
    """The rows of a split that a method learns from.

    Raises
    ------
    PhotozError
        Naming objects whose label is not positive, where the method needs it so and was not told to drop them.
    """
    rows, label = dataset.rows(split), dataset.meta.label
    if model.positive_labels:
        wrong = visible[rows] & (dataset.column(label)[rows] <= 0)
        what = f"{wrong.sum()} of {len(rows)} {split} objects have {label} ≤ 0, which has no logarithm"
        if wrong.any() and nonpositive == "error":
            names = ", ".join(dataset.object_id[rows[wrong]][:5])
            raise PhotozError(f"{what}: {names}{', …' if wrong.sum() > 5 else ''}; set options.nonpositive = 'drop'")
        if wrong.any():
            report(f"{what}: left out")
        rows = rows[~wrong]
    return rows if model.uses_unlabelled else rows[visible[rows]]


def _build(home: Home, run: Run, dataset: Dataset, train_rows: np.ndarray, visible: np.ndarray, report):
    """The method of a run, its spec saved, its encoder loaded from the parent where there is one."""
    from photoz_core.rows import data_spec

    model, config = registry.load(methods, run.recipe.method).Model, run.recipe.config()
    classification = getattr(config, "task", "") == "classification"
    bands = getattr(config, "bands", ())
    spec = data_spec(dataset, model.needs, model.labels(config), classification, bands, train_rows, visible)
    write_json(run.folder / "spec.json", spec.to_dict())
    method = model(config, spec)
    if run.info["parent"]:
        for note in start_from(method, Run(home.run(run.info["parent"])), dataset, load_method):
            report(note)
    return method


def _save_weights(run: Run, method) -> None:
    from safetensors.torch import save

    state = {name: value.detach().cpu().contiguous() for name, value in method.state_dict().items()}
    replace_file(run.folder / "weights.safetensors", save(state))
