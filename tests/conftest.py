"""Fixtures shared by all tests: a tiny dataset, recipes that train on it in a second, and runs made of them."""

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.home import Home

COUNT, SIDE, BANDS = 120, 32, ["F606W", "F814W", "F125W", "F160W"]
ENCODER = """
[demo.options.encoder]
name = "convnext_atto"
arguments = { depths = [1, 1, 1, 1], dims = [8, 8, 16, 16] }
features = 0
hidden = 16
latent = 8
scaling = "asinh"

[demo.options.augment]
crop = 32
jitter = 1
"""
CONTRAST = "\n[demo.options.contrast]\nqueue = 64\nhidden = 8\ndim = 8\n"
FIT = "\n[demo.fit]\nepochs = 2\nbatch_size = 32\n"
RECIPES = {
    "tiny_mlp": 'method = "photometry_mlp"\n[demo.options]\nhidden = [16, 8]\n' + FIT,
    "tiny_cnn": 'method = "supervised"\n' + ENCODER + FIT,
    "tiny_moco": 'method = "moco"\n' + ENCODER + CONTRAST + FIT,
    "tiny_pita": 'method = "pita"\n' + ENCODER + CONTRAST + FIT,
    "tiny_finetune": (
        'method = "supervised"\nparent = "tiny_moco"\n[demo.options]\nstart = "parent"\n'
        "[demo.options.augment]\ncrop = 32\njitter = 1\n" + FIT
    ),
}
DESCRIBED = {
    "object_id": Column("object", kind="id"),
    "fwhm": Column("FWHM", "arcsec", "measured size", "size"),
    "log_ssfr": Column("log sSFR", "1/yr", "specific star-formation rate"),
    "z_spec": Column("z_spec", kind="redshift"),
    "morphology": Column("morphology", kind="category"),
}


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory) -> Home:
    """A home with dataset `tiny` (120 galaxies, 4 bands of 32 × 32 pixels) and the recipes `tiny_*`; do not write."""
    home = Home(tmp_path_factory.mktemp("home"))
    home.recipes.mkdir()
    for name, text in RECIPES.items():
        (home.recipes / f"{name}.toml").write_text('dataset = "tiny"\n' + text)
    catalog, images = tiny_galaxies()
    meta = Meta("tiny", title="Tiny", bands=BANDS, pixel_scale=0.06, columns={**photometry_columns(BANDS), **DESCRIBED})
    with new_dataset(home.new_dataset("tiny"), meta) as writer:
        writer.add_array("image", images, "uJy")
        writer.finish(catalog)
    return home


@pytest.fixture
def home(tiny_home, tmp_path) -> Home:
    """A copy of `tiny_home` that a test may write to."""
    return Home(Path(shutil.copytree(tiny_home.path, tmp_path / "home")))


@pytest.fixture(scope="session")
def trained_home(tiny_home, tmp_path_factory) -> Home:
    """A copy of `tiny_home` with done runs of `tiny_mlp` and `tiny_moco`, each with its PCA map; do not write."""
    from photoz_core.pipeline import create_run, train
    from photoz_core.recipe import load_recipe

    home = Home(Path(shutil.copytree(tiny_home.path, tmp_path_factory.mktemp("trained") / "home")))
    for name in ("tiny_mlp", "tiny_moco"):
        train(home, create_run(home, load_recipe(name, home)))
    return home


@pytest.fixture
def photoz(capsys):
    """``photoz(home, "data", "list")``: exit code, stdout and stderr of the command line."""
    from train.cli import main

    def call(home, *words):
        try:
            code = main([*words, "--home", str(home.path)])
        except SystemExit as end:  # argparse
            code = end.code
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def other(trained_home, tmp_path):
    """A writable copy of `trained_home`."""
    return Home(Path(shutil.copytree(trained_home.path, tmp_path / "trained")))


@pytest.fixture(scope="session")
def wait_until():
    """``wait_until(condition, seconds)``: the first true value of `condition()`; fails the test after `seconds`."""

    def wait(condition, seconds=60.0):
        deadline, tick = time.monotonic() + seconds, threading.Event()
        while not (value := condition()):
            assert time.monotonic() < deadline, f"waited {seconds} s in vain"
            tick.wait(0.02)
        return value

    return wait


def tiny_galaxies() -> tuple[pd.DataFrame, np.ndarray]:
    """Catalog and images (120, 4, 32, 32) [µJy] of round galaxies that redden and shrink with redshift."""
    rng = np.random.default_rng(1)
    z = rng.uniform(0.1, 3, COUNT)
    mag = 24 - 0.3 * z[:, None] * np.arange(4) + rng.normal(0, 0.1, (COUNT, 4))
    catalog = pd.DataFrame({"object_id": [f"g{i:03d}" for i in range(COUNT)]})
    for i, band in enumerate(BANDS):
        catalog[f"mag_{band}"], catalog[f"mag_err_{band}"] = mag[:, i], 0.1
    for i in range(3):
        catalog[f"color_{BANDS[i]}_{BANDS[i + 1]}"] = mag[:, i] - mag[:, i + 1]
    fwhm = 0.6 - 0.1 * z + rng.normal(0, 0.02, COUNT)
    catalog["fwhm"], catalog["log_ssfr"] = fwhm, rng.normal(-9.5, 0.5, COUNT)
    catalog["z_spec"] = np.where(rng.random(COUNT) < 0.5, z, np.nan)
    catalog["morphology"] = rng.choice(["disk", "spheroid", ""], COUNT)
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    sigma = (fwhm / 2.355 / 0.06)[:, None, None]
    shape = np.exp(-(x**2 + y**2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    flux = 10 ** (-0.4 * (mag - 23.9))
    images = flux[:, :, None, None] * shape[:, None] + rng.normal(0, 1e-3, (COUNT, 4, SIDE, SIDE))
    return catalog, images.astype("f2")


@pytest.fixture
def reviews(tmp_path, home):
    """A review store beside the `home` that the test's module makes."""
    from photoz_core.review import ReviewStore

    store = ReviewStore.open(f"sqlite:///{tmp_path}/reviews.sqlite", home)
    yield store
    store.close()
