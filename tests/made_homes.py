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
from photoz_core.simulate._lens_columns import lens_columns

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


def add_run(
    home: Home, seed: int = 0, name: str = "made", maps=("pca",), z_phot: bool = True, method="photometry_mlp"
) -> Run:
    """A finished run on dataset `name` with random latents, maps and z_phot."""
    recipe = Recipe(method, method, name, title=f"run {seed}", seed=seed)
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


def made_lenses(path, count: int = 60, name: str = "lenses", ours: bool = True, **options) -> Home:
    """A home with a dataset of `count` lenses of 24 × 24 pixels; `ours` says that this program simulated them.

    Images are noise, parameters uniform. Sources are profiles, which are drawn in milliseconds.
    """
    home, rng = Home(path), np.random.default_rng(count)
    columns = lens_columns()
    limits = {"theta_E": (0.8, 1.8), "e1": (-0.5, 0.5), "e2": (-0.5, 0.5), "gamma": (1.5, 2.5)}
    limits |= dict.fromkeys(("center_x", "center_y", "gamma1", "gamma2"), (-0.12, 0.12))
    catalog = pd.DataFrame({"object_id": [f"{name[0]}{i:04d}" for i in range(count)]})
    catalog = catalog.assign(**{key: rng.uniform(*limits[key], count) for key in columns if key in limits})
    made = {"simulator": "lenses", "options": {"n": count, "side": 24, "image_share": 0.0, **options}, "seed": 0}
    meta = Meta(
        name,
        simulated=ours,
        bands=["F814W"],
        label="theta_E",
        pixel_scale=0.05,
        columns={key: columns[key] for key in catalog},
        provenance=made if ours else {},
    )
    with new_dataset(home.new_dataset(name), meta) as writer:
        for array in ("image", "pair")[: 2 if ours else 1]:
            writer.add_array(array, rng.random((count, 1, 24, 24)).astype("f2"), "")
        writer.finish(catalog)
    return home


def add_lens_run(home: Home, method: str, name: str = "lenses", seed: int = 0, linear: bool = True, **columns) -> Run:
    """A finished run of `method` whose latents hold θ_E and e1, and noise; `columns` (N,) are its predictions."""
    run, rng = Run.create(home, Recipe(method, method, name, title=method, seed=seed)), np.random.default_rng(seed)
    catalog = pd.read_parquet(home.dataset(name) / "catalog.parquet")
    count = len(catalog)
    latents = np.column_stack([catalog["theta_E"], catalog["e1"], rng.normal(size=(count, 3))]).astype("f4")
    run.save_array("latents", latents)
    run.save_array(
        "projections/pca", np.ascontiguousarray(latents[:, :2]) + rng.normal(0, 0.01, (count, 2)).astype("f4")
    )
    pd.DataFrame({"object_id": catalog["object_id"], **columns}).to_parquet(run.folder / "predictions.parquet")
    r2 = {"theta_E": 0.9, "e1": 0.8, "gamma": -0.7, "gamma1": None}
    metrics = {"counts": {"test": 9, "train": 42, "labels": 42}, "knn_r2": r2}
    write_json(run.folder / "metrics.json", metrics | ({"linear_r2": r2} if linear else {}))
    run.finish({"objects": count})
    return run
