"""GLO on a dataset: what its batches hold, which rows its statistics see, and a whole run."""

import numpy as np
import pandas as pd
import pytest
import torch

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.methods import glo
from photoz_core.pipeline import create_run, load_method, train
from photoz_core.recipe import load_recipe
from photoz_core.rows import Rows, data_spec

COUNT, LENGTH = 60, 16
CPU = torch.device("cpu")


@pytest.fixture
def dataset(tmp_path):
    rng = np.random.default_rng(0)
    slope, level = rng.uniform(-1, 1, (2, COUNT, 1))
    spectrum = (1 + slope * np.linspace(-1, 1, LENGTH) + level).astype("f4")
    mask = rng.random((COUNT, LENGTH)) < 0.2
    spectrum[mask] = 50.0  # what a filling may say, nobody should believe
    home = Home(tmp_path)
    with new_dataset(home.datasets / "spectra", Meta("spectra", columns={"slope": Column("slope")})) as writer:
        writer.add_array("spectrum", spectrum)
        writer.add_array("spectrum_error", np.full_like(spectrum, 0.1))
        writer.add_array("spectrum_mask", mask)
        ids = [f"s{i}" for i in range(COUNT)]
        writer.finish(pd.DataFrame({"object_id": ids, "z_spec": np.full(COUNT, 0.1), "slope": slope[:, 0]}))
    return home, Dataset(home.dataset("spectra"))


def spec_of(dataset, needs=glo.Model.needs):
    return data_spec(dataset, needs, (), False, (), dataset.rows("train"), np.ones(COUNT, bool))


def test_batches_hold_spectra_masks_and_places_in_the_training_split(dataset):
    _, data = dataset
    needs = (*glo.Model.needs, "spectrum_error")
    every = Rows(data, np.arange(COUNT), needs, spec_of(data), np.ones(COUNT, bool), CPU).batch(slice(None))
    assert every["row"].dtype == torch.int64
    train_rows = data.rows("train")
    assert every["row"][train_rows].tolist() == list(range(len(train_rows)))
    assert (every["row"] == -1).sum() == COUNT - len(train_rows)
    taught = Rows(data, train_rows, needs, spec_of(data), np.ones(COUNT, bool), CPU).batch(torch.tensor([4, 0]))
    assert taught["row"].tolist() == [4, 0]
    np.testing.assert_array_equal(taught["spectrum"], data.array("spectrum")[train_rows[[4, 0]]])
    np.testing.assert_array_equal(taught["spectrum_mask"], data.array("spectrum_mask")[train_rows[[4, 0]]])
    assert (taught["spectrum_error"] == 0.1).all()


def test_statistics_are_of_the_measured_pixels_of_the_training_rows(dataset, monkeypatch):
    _, data = dataset
    x, mask = (data.array(name)[data.rows("train")] for name in ("spectrum", "spectrum_mask"))
    known = np.ma.masked_array(x.astype(float), mask)
    for chunk in (4096, 7):
        monkeypatch.setattr("photoz_core.rows.CHUNK", chunk)
        statistics = spec_of(data).statistics
        np.testing.assert_allclose(statistics["spectrum_mean"], known.mean(0), rtol=1e-9)
        assert statistics["spectrum_scale"][0] == pytest.approx((known - known.mean(0)).std(), rel=1e-9)
        assert statistics["rows"] == [len(x)]


def test_a_dataset_without_spectra_says_so(dataset):
    _, data = dataset
    del data.meta.arrays["spectrum"]
    with pytest.raises(PhotozError, match="'spectra' has no spectra; choose"):
        spec_of(data)


def test_a_run_from_recipe_to_latents_and_back(dataset):
    home, data = dataset
    options = {"dim": 4, "widths": [16, 16], "search": {"steps": 10, "guesses": 16}}
    fit = {"epochs": 2, "min_steps": 100, "batch_size": 20}
    run = create_run(home, load_recipe("glo_spectra", home, dataset="spectra", options=options, fit=fit))
    train(home, run)
    method = load_method(run)
    rows = Rows(data, np.arange(COUNT), method.needs, method.spec, np.ones(COUNT, bool), CPU)
    with torch.no_grad():
        latents = method.encode(rows.batch(slice(None)))
    np.testing.assert_allclose(run.latents, latents, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(run.latents, axis=1), 1, atol=1e-6)
    assert len(method.codes) == len(data.rows("train"))


def test_the_papers_numbers():
    recipe = load_recipe("glo_spectra", preset="paper")
    config, fit = recipe.config(), recipe.fit_config()
    assert (config.dim, len(config.widths), config.project, config.code_lr) == (50, 7, "sphere", 0.01)
    assert (fit.epochs, fit.batch_size, fit.lr) == (10_000, 64, 0.1)
    assert (config.search.steps, config.search.lr) == (1000, 0.01)
