"""Trainings whose images are drawn anew in every batch."""

import shutil

import pytest

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.options import build
from photoz_core.pipeline import create_run, train
from photoz_core.recipe import load_recipe
from photoz_core.simulate import lenses

ENCODER = {
    "name": "convnext_atto",
    "arguments": {"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16]},
    "features": 0,
    "hidden": 16,
    "latent": 8,
    "resize": 0,
}
SHORT = {"epochs": 2, "min_steps": 0, "batch_size": 8, "fresh": True, "device": "cpu"}


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    config = build(lenses.Config, {"n": 40, "side": 32, "supersampling": 1, "image_share": 0.0}, "test")
    lenses.simulate(home.new_dataset("small"), config, workers=1)
    return home


@pytest.fixture
def other_home(tiny_home, tmp_path):
    """A copy of `tiny_home` that a test may write to."""
    return Home(shutil.copytree(tiny_home.path, tmp_path / "other"))


def run_of(home, name, **options):
    recipe = load_recipe(name, home, dataset="small", options={"encoder": ENCODER} | options, fit=SHORT)
    return create_run(home, recipe)


@pytest.mark.parametrize("name", ["lensiam_lenses", "simsiam_lenses"])
def test_every_batch_is_of_lenses_never_seen_before(home, name, monkeypatch):
    seen = []
    drawn = lenses.draw_parameters
    monkeypatch.setattr(
        "photoz_core.simulate._lens_fresh.draw_parameters", lambda *given: seen.append(drawn(*given)) or seen[-1]
    )
    run = run_of(home, name, siamese={"projector": 16, "predictor": 4})
    train(home, run)
    rows = len(Dataset(home.dataset("small")).rows("train"))
    masses = {tuple(lens.tolist()) for batch in seen for lens in batch}
    assert len(masses) == sum(map(len, seen)) == 2 * rows
    assert run.latents.shape == (40, 16)


def test_labels_and_other_datasets_have_no_fresh_images(home, other_home):
    with pytest.raises(PhotozError, match="lenses drawn on the fly have no label, only image and pair"):
        train(home, run_of(home, "supervised_lenses"))
    recipe = load_recipe("tiny_moco", other_home, fit={"fresh": True})
    with pytest.raises(PhotozError, match=r"no simulator can draw images of 'tiny'"):
        train(other_home, create_run(other_home, recipe))
