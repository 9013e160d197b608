"""Homes with a large dataset and finished runs that nobody trained, written column by column."""

import functools
import itertools
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import tomli_w

from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.recipe import Recipe
from photoz_core.run import Run

BANDS = ["F606W", "F814W", "F160W"]
STAMP, STAMPS = 64, 1000  # pixels a side of a cutout; how many different ones there are


def cloud(count: int, seed: int = 0) -> np.ndarray:
    """Positions (N, 2) float32, clustered like a UMAP."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(0, 5, (40, 2)).astype("f4")
    return centers[rng.integers(0, 40, count)] + rng.normal(0, 0.7, (count, 2)).astype("f4")


class Stamps:
    """An array (N, C, STAMP, STAMP) of few different stamps in memory: 10⁷ of them would take 250 GB of disk."""

    def __init__(self, count: int):
        self.shape = (count, len(BANDS), STAMP, STAMP)
        self._pool = np.random.default_rng(0).random((STAMPS, *self.shape[1:])).astype("f2")

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows) -> np.ndarray:
        return self._pool[np.asarray(rows) % STAMPS]


@contextmanager
def stamps_in_memory() -> Iterator[None]:
    """Images of `large_home` are `Stamps`: what the mosaic costs without the disk."""
    array = Dataset.array
    kept = functools.cache(Stamps)

    def found(self: Dataset, name: str):
        return kept(len(self)) if self.name == "large" and name == "image" else array(self, name)

    Dataset.array = found
    try:
        yield
    finally:
        Dataset.array = array


def large_home(folder: Path, count: int, runs: int = 1) -> Home:
    """A home with a dataset `large` of `count` objects: magnitudes, colors, size, class, z_spec for a fifth of them.

    Of each run the map is another seed's, the latents are its map and two columns of noise. The file of the images is
    as long as it should be, but empty, and takes no disk; see `stamps_in_memory`.
    """
    home, rng = Home(folder), np.random.default_rng(0)
    catalog = pd.DataFrame({"object_id": np.char.add("g", np.arange(count).astype("U8"))})
    z = cloud(count)[:, 0] / 10 + 1.5
    for number, band in enumerate(BANDS):
        catalog[f"mag_{band}"] = (24 - number * z / 2 + rng.normal(0, 0.5, count)).astype("f4")
        catalog[f"mag_err_{band}"] = np.float32(0.05)
    for blue, red in itertools.pairwise(BANDS):
        catalog[f"color_{blue}_{red}"] = catalog[f"mag_{blue}"] - catalog[f"mag_{red}"]
    catalog["fwhm"] = rng.uniform(0.1, 1, count).astype("f4")
    catalog["kind"] = pd.Categorical.from_codes(rng.integers(0, 3, count), ["disk", "spheroid", "irregular"])
    catalog["z_spec"] = np.where(rng.random(count) < 0.2, np.abs(z), np.nan)
    columns = photometry_columns(BANDS) | {"fwhm": Column("FWHM", "arcsec", kind="size")}
    columns |= {"kind": Column("kind", kind="category"), "z_spec": Column("z_spec", kind="redshift")}
    with new_dataset(home.new_dataset("large"), Meta("large", bands=BANDS, columns=columns)) as writer:
        writer.finish(catalog)
    _add_images(home.dataset("large"), count)
    for seed in range(runs):
        add_run(home, catalog["object_id"], z, seed)
    return home


def _add_images(folder: Path, count: int) -> None:
    """Afterwards: what a dataset is given is looked through, pixel by pixel."""
    np.lib.format.open_memmap(folder / "image.npy", "w+", np.float16, (count, len(BANDS), STAMP, STAMP))
    meta = tomllib.loads((folder / "dataset.toml").read_text())
    meta.setdefault("arrays", {})["image"] = {"file": "image.npy", "unit": "uJy", "description": ""}
    (folder / "dataset.toml").write_text(tomli_w.dumps(meta))


def add_run(home: Home, ids: pd.Series, z: np.ndarray, seed: int) -> None:
    """A finished run on `large`."""
    run = Run.create(home, Recipe("photometry_mlp", "photometry_mlp", "large", title=f"run {seed}", seed=seed))
    rng, positions = np.random.default_rng(seed), cloud(len(ids), seed)
    run.save_array("latents", np.hstack([positions, rng.normal(size=(len(ids), 2))]).astype("f4"))
    run.save_array("projections/umap", positions)
    predictions = pd.DataFrame({"object_id": ids, "z_phot": np.abs(z + rng.normal(0, 0.05, len(ids)))})
    predictions.to_parquet(run.folder / "predictions.parquet")
    write_json(run.folder / "metrics.json", {"counts": {"test": 1, "train": 2, "labels": 1}})
    run.finish({"objects": len(ids)})
