"""Runs whose method gives redshift PDFs: what lies in the folder, and which rows they learn from."""

import numpy as np
import pandas as pd
import pytest

from photoz_core.calibration import temperature, tempered
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.pipeline import create_run, load_method, project, train
from photoz_core.recipe import load_recipe
from photoz_core.run import Run

VAE = """
method = "photovaez"
dataset = "tiny"

[demo.options]
hidden = [16]
latent = 3
auxiliary = 2
inference_samples = 20
evidence_samples = 4

[demo.fit]
epochs = 2
batch_size = 32
min_labelled = 4
skip_factor = 5
select = "redshift"
"""


@pytest.fixture
def recipes(home):
    (home.recipes / "tiny_vae.toml").write_text(VAE)
    (home.recipes / "tiny_trainz.toml").write_text('method = "trainz"\ndataset = "tiny"\n[demo.fit]\n')
    return home


def trained(home, name, report=lambda text: None, **changes) -> Run:
    run = create_run(home, load_recipe(name, home, **changes))
    train(home, run, report)
    return Run(run.folder)


def test_a_run_keeps_pdfs_that_agree_with_its_predictions_and_its_labels(recipes):
    run, dataset = trained(recipes, "tiny_vae", label_fraction=0.5), Dataset(recipes.dataset("tiny"))
    assert len(run.pdfs) == len(dataset)
    table, z = run.predictions, dataset.column("z_spec")
    np.testing.assert_allclose(table["z_phot"], run.pdfs.quantile(0.5)[:, 0])
    np.testing.assert_allclose(table["pit"], run.pdfs.cdf(z))
    assert table["pit"].isna().tolist() == np.isnan(z).tolist()
    ordered = table[["z_low_95", "z_low_68", "z_phot", "z_high_68", "z_high_95"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()
    assert np.isfinite(table["anomaly"]).all()
    assert run.metrics["pdf"]["n"] == run.metrics["point"]["n"] > 0
    assert run.history()["skipped"].tolist() == [0, 0]


def test_pdfs_are_calibrated_on_the_visible_validation_labels_unless_told_not_to(recipes, monkeypatch):
    monkeypatch.setattr("photoz_core.calibration.LEAST", 2)
    dataset, said = Dataset(recipes.dataset("tiny")), []
    raw = trained(recipes, "tiny_vae", label_fraction=0.5, options={"calibrate": False})
    run = trained(recipes, "tiny_vae", said.append, label_fraction=0.5)
    rows = dataset.visible_labels(0.5, 0) & (dataset.split == "valid")
    value = temperature(raw.pdfs.take(rows), dataset.column("z_spec")[rows])
    assert value != 1
    assert f"PDFs to the power 1/{value:.3g}, by {rows.sum()} validation labels" in said
    np.testing.assert_allclose(run.pdfs.density, tempered(raw.pdfs, value).density, rtol=1e-4)


def test_qp_reads_the_pdfs_of_a_run_with_their_objects(recipes):
    import qp

    run = trained(recipes, "tiny_trainz")
    ensemble = qp.read(str(run.folder / "pdf.hdf5"))
    assert [str(name) for name in ensemble.ancil["object_id"]] == run.predictions["object_id"].tolist()
    np.testing.assert_allclose(ensemble.ppf(0.5)[:, 0], run.predictions["z_phot"], atol=1e-4)


def test_trainz_gives_everyone_the_distribution_of_the_training_labels(recipes):
    run, dataset = trained(recipes, "tiny_trainz"), Dataset(recipes.dataset("tiny"))
    labels = dataset.column("z_spec")[dataset.visible_labels(1.0) & (dataset.split == "train")]
    assert len(run.pdfs.density) == len(dataset)
    assert (run.pdfs.density == run.pdfs.density[0]).all()
    for level in (0.1, 0.5, 0.9):
        assert run.pdfs.quantile(level)[0, 0] == pytest.approx(np.quantile(labels, level), abs=0.01)


def test_both_latent_spaces_are_kept_and_mapped(recipes):
    run = trained(recipes, "tiny_vae")
    assert run.spaces == ("b",)
    assert run.latents.shape == (120, 3)
    assert run.latents_of("b").shape == (120, 2)
    assert run.projection_names() == ["pca", "pca-b"]
    np.testing.assert_array_equal(project(run, "pca"), run.projection("pca"))


@pytest.fixture
def starred(recipes):
    """The home with five training objects whose redshift is not positive, and their ids."""
    path = recipes.dataset("tiny") / "catalog.parquet"
    catalog, dataset = pd.read_parquet(path), Dataset(recipes.dataset("tiny"))
    stars = np.flatnonzero(dataset.is_labelled() & (dataset.split == "train"))[:5]
    catalog.loc[stars, "z_spec"] = [0.0, -0.001, -1e-5, 0.0, -0.5]
    catalog.to_parquet(path, index=False)
    return recipes, dataset.object_id[stars], int((dataset.split == "train").sum())


def test_labels_that_are_not_positive_stop_a_training_by_name(starred):
    home, names, rows = starred
    with pytest.raises(
        PhotozError, match=rf"5 of {rows} train objects have z_spec ≤ 0.*{', '.join(names)}.*nonpositive"
    ):
        trained(home, "tiny_vae")


def test_or_they_are_left_out_and_counted_never_taken_for_unlabelled(starred):
    home, _, rows = starred
    said = []
    run = trained(home, "tiny_vae", said.append, options={"nonpositive": "drop"})
    assert said[0] == f"5 of {rows} train objects have z_spec ≤ 0, which has no logarithm: left out"
    assert f"{rows - 5} training rows" in said[1]
    assert np.isfinite(run.history()["train_redshift"]).all()


def changed(home, **columns):
    path = home.dataset("tiny") / "catalog.parquet"
    pd.read_parquet(path).assign(**columns).to_parquet(path, index=False)


def test_a_band_that_nobody_has_is_named(recipes):
    changed(recipes, mag_F814W=np.nan)
    with pytest.raises(PhotozError, match=r"no training object has a magnitude in F814W.*options.bands"):
        trained(recipes, "tiny_vae")
    run = trained(recipes, "tiny_vae", options={"bands": ["F606W", "F125W", "F160W"]})
    assert run.metrics["point"]["n"] > 0


def test_an_infinite_error_makes_its_magnitude_unknown(recipes):
    changed(recipes, mag_err_F606W=np.inf)
    run = trained(recipes, "tiny_vae")
    assert np.isfinite(run.latents).all()
    assert load_method(run).spec.statistics["error_share"] == [0, 1, 1, 1]


def test_a_table_without_errors_is_taken_as_exact_and_says_so(recipes):
    path = recipes.dataset("tiny") / "catalog.parquet"
    catalog = pd.read_parquet(path)
    catalog.drop(columns=[name for name in catalog if name.startswith("mag_err")]).to_parquet(path, index=False)
    said = []
    trained(recipes, "tiny_vae", said.append)
    assert "no magnitude errors in F606W, F814W, F125W, F160W: taken as exact, not drawn anew" in said


def test_fewer_than_ten_labels_are_said(recipes):
    said = []
    run = trained(recipes, "tiny_vae", said.append, label_fraction=0.1)
    assert any(text.startswith("only ") and "labels" in text for text in said)
    assert np.isfinite(run.predictions["z_phot"]).all()


def test_a_label_fraction_of_zero_is_refused_by_name(recipes):
    with pytest.raises(PhotozError, match="label fraction 0: method 'photovaez' gives redshift PDFs"):
        trained(recipes, "tiny_vae", label_fraction=0.0)
    assert not recipes.runs.exists() or not any(recipes.runs.iterdir())
