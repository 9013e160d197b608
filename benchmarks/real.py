"""Real catalogs and real stamps: how good are the photometry methods, what do MoCo and PITA learn without a redshift?

Reads the sample files in --data (see data/*.md for what they are and where they come from), imports them with the
documented commands, and trains: photometry MLP and random forest on SDSS galaxies and on ZFOURGE (four HST bands, all
bands), several seeds; MoCo and PITA on Euclid Q1 stamps and MoCo on the Hubble XDF, no redshift at all, against the
untrained encoder.

    python benchmarks/real.py --home ~/photoz-benchmark --data ../shared/data
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report
from benchmarks.galaxies import run_of, untrained
from photoz_core import datasets, registry
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.recipe import load_recipe

IMPORTS = {
    "sdss-galaxies": ("sdss_colors", "--catalog", "sdss_galaxy_colors/sdss_galaxy_colors.npy", "--classes", "GALAXY"),
    "zfourge-hst": ("zfourge", "--catalog", "zfourge/zfourge_cosmos.parquet", "--bands", "hst"),
    "zfourge-all": ("zfourge", "--catalog", "zfourge/zfourge_cosmos.parquet", "--bands", "all"),
    "euclid-q1": ("euclid_fields", "--fields", "euclid_q1_fields"),
    "boss": ("boss", "--catalog", *(f"annz_boss_dr10/boss_dr10_{i}.csv" for i in range(3))),
    "dc2": ("dc2", "--catalog", "rail_dc2_SIMULATED/test_dc2_training_9816.hdf5"),
    "hubble-xdf": ("rgb_image", "--picture", "hubble_xdf_jpg/hubble_deep_field.jpg"),
}
GOALS = {"sdss-galaxies": 0.018}  # a random forest on magnitudes and colors gives 0.0167


def dataset_of(home: Home, name: str, data: Path) -> Dataset:
    """The imported dataset, imported now where it is not there yet."""
    survey, *words = IMPORTS[name]
    module = registry.load(datasets, survey)
    if name not in home.dataset_names():
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
        given = [str(data / word) if (data / word).exists() else word for word in words]
        module.build(home, name, parser.parse_args(given))
    return Dataset(home.dataset(name))


def photometry(home: Home, name: str, seeds: range, changes: dict) -> Iterator[Figure]:
    """σ_NMAD and outliers of the photometry methods, mean ± std over seeds."""
    for recipe in ("photometry_mlp", "photometry_forest"):
        fit = changes if recipe == "photometry_mlp" else {}
        runs = [run_of(home, load_recipe(recipe, home, dataset=name, seed=seed, fit=fit)) for seed in seeds]
        for label, key in (("σ_NMAD", "scatter"), ("outliers", "outliers")):
            values = np.array([run.metrics["point"][key] for run in runs])
            goal = GOALS.get(name) if key == "scatter" else None
            ok = None if goal is None else bool(values.mean() <= goal)
            spread = float(values.std(ddof=1)) if len(values) > 1 else None
            text = "" if goal is None else f"≤ {goal}"
            yield Figure(f"{name}: {recipe}: {label}", float(values.mean()), "", text, ok, spread)


def stamps(home: Home, dataset: Dataset, recipes: tuple[str, ...], changes: dict) -> Iterator[Figure]:
    """kNN R² of measured magnitude, color and size from latents that never saw a redshift."""
    red, blue = dataset.bands[-1], dataset.bands[-2]
    columns = {"magnitude": f"mag_{red}", "color": f"color_{blue}_{red}", "FWHM": "fwhm"}
    for name in recipes:
        recipe = load_recipe(name, home, dataset=dataset.name, label_fraction=0.0, fit=changes)
        run = run_of(home, recipe)
        control = untrained(dataset, recipe)
        for label, column in columns.items():
            value = run.metrics["knn_r2"][column]
            yield Figure(f"{dataset.name}: {name}: R² {label}", float("nan") if value is None else value)
            yield Figure(f"{dataset.name}: untrained: R² {label}", control["knn_r2"][column])
        if "train_redshift" in run.history():
            worst = float(run.history()["train_redshift"].abs().max())
            yield Figure(f"{dataset.name}: {name}: largest redshift term", worst, goal="= 0", ok=worst == 0)


def measure(arguments) -> Iterator[Figure]:
    data = Path(arguments.data).expanduser()
    if not data.is_dir():
        raise PhotozError(f"{data}: no such folder; give the folder with the sample files as --data")
    seeds = range(1 if arguments.quick else 3)
    changes = {"epochs": 2, "min_steps": 0} if arguments.quick else {}
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(Path(arguments.home or scratch).expanduser())
        for name in ("zfourge-hst",) if arguments.quick else ("sdss-galaxies", "zfourge-hst", "zfourge-all"):
            dataset_of(home, name, data)
            yield from photometry(home, name, seeds, changes)
        for name, recipes in (("euclid-q1", ("moco_candels", "pita_candels")), ("hubble-xdf", ("moco_candels",))):
            yield from stamps(home, dataset_of(home, name, data), recipes, changes)


def add_arguments(parser) -> None:
    parser.add_argument("--home", default="", help="keeps datasets and runs (default: a folder that is deleted)")
    parser.add_argument("--data", default="../shared/data", help="folder with the sample files")


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
