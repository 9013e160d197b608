"""Homes in which every name is an attack: a page that shows one unescaped runs a script."""

import json

import numpy as np
import pandas as pd
from made_classes import add_class_run, made_classes
from made_homes import add_lens_run, made_lenses
from made_spectra import add_glo_run, made_spectra

from photoz_core.files import read_toml, write_toml
from photoz_core.home import Home

EVIL = "'\"><img src=x onerror=window.owned=1>"
NAMES = tuple(f"{letter}{EVIL}" for letter in "abc")


def evil_home(path, kind: str = "galaxies") -> Home:
    """A home of a kind whose dataset, run, preset, map, objects, columns, units, bands and classes are called so."""
    home, run = {"galaxies": _galaxies, "lenses": _lenses, "spectra": _spectra}[kind](path)
    dataset = next(home.datasets.iterdir())
    _spoil_dataset(dataset)
    _spoil_run(run.folder, dataset.name)
    dataset.rename(dataset.with_name(EVIL))
    run.folder.rename(run.folder.with_name(EVIL))
    return home


def _galaxies(path):
    home = made_classes(path, names=NAMES)
    run = add_class_run(home, names=NAMES)
    folder = next(home.datasets.iterdir())
    rng = np.random.default_rng(0)
    catalog = pd.read_parquet(folder / "catalog.parquet")
    count = len(catalog)
    catalog = catalog.assign(ra=rng.uniform(0, 1, count), dec=rng.uniform(0, 1, count), z_spec=rng.uniform(0, 3, count))
    catalog[EVIL] = rng.normal(size=count)
    catalog.to_parquet(folder / "catalog.parquet")
    table = pd.read_parquet(run.folder / "predictions.parquet")
    table.assign(z_phot=rng.uniform(0, 3, count)).to_parquet(run.folder / "predictions.parquet")
    return home, run


def _lenses(path):
    home = made_lenses(path, count=24)
    return home, add_lens_run(home, "lensiam", theta_E_pred=np.ones(24))


def _spectra(path):
    home = made_spectra(path, count=24)
    return home, add_glo_run(home)


def _spoil_dataset(folder) -> None:
    meta = read_toml(folder / "dataset.toml")
    meta |= {"name": EVIL, "title": EVIL, "description": EVIL, "survey": EVIL, "bands": [EVIL for _ in meta["bands"]]}
    meta["columns"] |= {EVIL: {}, "ra": {"kind": "position"}, "dec": {"kind": "position"}}
    meta["columns"] = {
        name: column | {"label": f"{name} {EVIL}", "unit": EVIL, "description": EVIL}
        for name, column in meta["columns"].items()
    }
    write_toml(folder / "dataset.toml", meta)
    for name in ("catalog.parquet", "splits.parquet"):
        _rename_objects(folder / name)


def _spoil_run(folder, dataset: str) -> None:
    recipe = read_toml(folder / "recipe.toml")
    write_toml(folder / "recipe.toml", recipe | {"dataset": EVIL, "preset": EVIL, "name": EVIL, "title": EVIL})
    info = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(info | {"name": EVIL}))
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics |= {"knn_r2": {EVIL: 0.5}, "regression": {EVIL: {"r2": 0.5}}}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    projections = folder / "projections"
    (projections / "pca.npy").rename(projections / f"{EVIL}.npy")
    _rename_objects(folder / "predictions.parquet")


def _rename_objects(path) -> None:
    table = pd.read_parquet(path)
    if "object_id" in table:
        table["object_id"] += EVIL
    table.to_parquet(path)
