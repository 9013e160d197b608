"""Homes with spectra of a slope, a break and two lines, and a run of GLO that nobody trained: made in milliseconds."""

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.recipe import Recipe
from photoz_core.run import Run
from photoz_core.spectra import SPECTRUM_COLUMNS, Grid

LENGTH, NOISE = 120, 0.02
GRID = Grid(float(np.log10(3500.0)), float(np.log10(2.0) / LENGTH), LENGTH)
OPTIONS = {"dim": 4, "widths": [8, 16]}


def made_spectra(path, count: int = 80, name: str = "spectra-mock", truth: bool = True) -> Home:
    """A home with `count` spectra whose first ten pixels were not measured in every other."""
    home, rng = Home(path), np.random.default_rng(count)
    a, b, c = rng.random((3, count, 1))
    x = np.linspace(-1, 1, LENGTH)
    lines = sum(np.exp(-(((x - at) / 0.02) ** 2)) for at in (-0.3, 0.6))
    true = 1 + 0.4 * a * x + b / (1 + np.exp(-10 * x)) + 2 * c * lines
    mask = np.zeros(true.shape, bool)
    mask[::2, :10] = True
    arrays = {
        "spectrum": np.float32(true + np.where(mask, 0, rng.normal(0, NOISE, true.shape))),
        "spectrum_error": np.float32(np.where(mask, 0, NOISE)),
        "spectrum_mask": mask,
        "spectrum_true": np.float32(true),
    }
    catalog = pd.DataFrame({"object_id": [f"s{i:04d}" for i in range(count)], "z_spec": rng.uniform(0, 0.3, count)})
    columns = ("color_4400_5500", "d4000", "ew_halpha", "ew_oiii", "snr")
    catalog = catalog.assign(**{key: rng.normal(size=count) for key in columns})
    described = {key: SPECTRUM_COLUMNS[key] for key in columns} | {"z_spec": Column("z_spec", kind="redshift")}
    with new_dataset(home.new_dataset(name), Meta(name, simulated=True, columns=described)) as writer:
        for key in arrays if truth else [key for key in arrays if key != "spectrum_true"]:
            writer.add_array(key, arrays[key], "")
            writer.meta.arrays[key]["grid"] = GRID.to_dict()
        writer.finish(catalog)
    return home


def add_glo_run(home: Home, name: str = "spectra-mock", method: str = "glo", seed: int = 0) -> Run:
    """A finished run with a random generator, latents and a map."""
    recipe = Recipe(method, method, name, title=method, options=OPTIONS if method == "glo" else {}, seed=seed)
    run, dataset, rng = Run.create(home, recipe), Dataset(home.dataset(name)), np.random.default_rng(seed)
    if method == "glo":
        _add_generator(run, dataset)
    count = len(dataset)
    run.save_array("latents", rng.normal(size=(count, 4)).astype("f4"))
    run.save_array("projections/pca", rng.normal(size=(count, 2)).astype("f4"))
    pd.DataFrame({"object_id": dataset.object_id}).to_parquet(run.folder / "predictions.parquet")
    write_json(run.folder / "metrics.json", {"counts": {"test": 1, "train": 2, "labels": 2}})
    run.finish({"objects": count})
    return run


def _add_generator(run: Run, dataset: Dataset) -> None:
    import torch
    from safetensors.torch import save_file

    from photoz_core.methods import glo
    from photoz_core.rows import data_spec

    torch.manual_seed(0)
    every = np.ones(len(dataset), bool)
    spec = data_spec(dataset, glo.Model.needs, (), False, (), dataset.rows("train"), every)
    write_json(run.folder / "spec.json", spec.to_dict())
    save_file(glo.Model(run.recipe.config(), spec).state_dict(), run.folder / "weights.safetensors")
