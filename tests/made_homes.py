"""Homes with a finished run that nobody trained, for tests of what is shown: made in milliseconds."""

import numpy as np
import pandas as pd

from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.recipe import Recipe
from photoz_core.run import Run

BANDS = ["F814W", "F160W"]


def made_home(path, count: int = 60, images: bool = True, classes: int = 3, name: str = "made") -> Home:
    """A home with a dataset of `count` galaxies: known and unknown z_spec, an all-NaN column, a column of classes."""
    home, rng = Home(path), np.random.default_rng(count)
    catalog = pd.DataFrame({"object_id": [f"m{i:04d}" for i in range(count)]})
    for band in BANDS:
        catalog[f"mag_{band}"], catalog[f"mag_err_{band}"] = rng.normal(24, 1, count), 0.05
    catalog["color_F814W_F160W"] = catalog["mag_F814W"] - catalog["mag_F160W"]
    catalog[f"size_{name}"] = rng.uniform(0.2, 1, count)
    catalog["nothing"] = np.nan
    catalog["kind"] = [f"kind {i % classes}" for i in range(count)]
    catalog["z_spec"] = np.where(rng.random(count) < 0.5, rng.uniform(0, 3, count), np.nan)
    columns = {f"size_{name}": Column("size", "arcsec", kind="size"), "nothing": Column("nothing")}
    columns |= {"kind": Column("kind", kind="category"), "z_spec": Column(kind="redshift")}
    with new_dataset(home.new_dataset(name), Meta(name, bands=BANDS, columns=photometry_columns(BANDS) | columns)) as w:
        if images:
            w.add_array("image", rng.normal(0, 1, (count, 2, 16, 16)).astype("f2") + 3, "uJy")
        w.finish(catalog)
    return home


def add_run(home: Home, seed: int = 0, name: str = "made", maps=("pca",), z_phot: bool = True) -> Run:
    """A finished run on dataset `name` with random latents, maps and z_phot."""
    recipe = Recipe("photometry_mlp", "photometry_mlp", name, title=f"run {seed}", seed=seed)
    run, rng = Run.create(home, recipe), np.random.default_rng(seed)
    ids = pd.read_parquet(home.dataset(name) / "catalog.parquet")["object_id"]
    run.save_array("latents", rng.normal(size=(len(ids), 5)).astype("f4"))
    for place in maps:
        run.save_array(f"projections/{place}", rng.normal(size=(len(ids), 2)).astype("f4"))
    table = pd.DataFrame({"object_id": ids})
    if z_phot:
        table["z_phot"] = rng.uniform(0, 3, len(ids))
    table.to_parquet(run.folder / "predictions.parquet")
    write_json(run.folder / "metrics.json", {"counts": {"test": 1, "train": 2, "labels": 1}})
    run.finish({"objects": len(ids)})
    return run
