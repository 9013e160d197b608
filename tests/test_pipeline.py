"""From recipe to finished run: what lies in the folder, states, resume, parents, and the untrained control."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.files import write_json
from photoz_core.inference import infer
from photoz_core.metrics.latent import knn_r2
from photoz_core.parents import find_parent
from photoz_core.pipeline import create_run, load_method, project, train, transform
from photoz_core.recipe import load_recipe
from photoz_core.rows import Rows, data_spec, label_values
from photoz_core.run import Run, list_runs


@pytest.mark.parametrize("name", ["tiny_mlp", "tiny_cnn", "tiny_moco", "tiny_pita"])
def test_a_run_holds_latents_predictions_metrics_and_weights_that_agree(home, name):
    run = create_run(home, load_recipe(name, home, label_fraction=0.5))
    assert run.state == "queued"
    train(home, run)
    run, dataset = Run(run.folder), Dataset(home.dataset("tiny"))
    assert run.state == "done"
    assert run.latents.shape[0] == len(run.predictions) == len(dataset)
    assert run.predictions["object_id"].tolist() == dataset.object_id.tolist()
    assert run.projection_names() == ["pca"]
    assert run.history()["epoch"].tolist() == [0, 1]
    assert not (run.folder / "checkpoint.pt").exists()
    method = load_method(run)
    rows = Rows(dataset, np.arange(120), method.needs, method.spec, np.ones(120, bool), torch.device("cpu"))
    found = infer(method, rows)
    latents, predictions = found.latents[""], found.predictions
    np.testing.assert_allclose(latents, run.latents, rtol=1e-4, atol=1e-5)
    if name != "tiny_moco":
        np.testing.assert_allclose(predictions[:, 0], run.predictions["z_phot"], rtol=1e-4, atol=1e-5)
        assert run.metrics["point"]["n"] == (dataset.is_labelled() & (dataset.split == "test")).sum()
    assert set(run.metrics["knn_r2"]) >= {"mag_F160W", "color_F125W_F160W", "fwhm", "z_spec"}


def test_without_any_redshift_pita_trains_and_is_judged_by_its_latents_alone(home):
    path = home.dataset("tiny") / "catalog.parquet"
    pd.read_parquet(path).assign(z_spec=np.nan).to_parquet(path, index=False)
    run = create_run(home, load_recipe("tiny_pita", home, label_fraction=0.0))
    train(home, run)
    assert (run.history()["train_redshift"] == 0).all()
    assert (run.history()["train_color"] > 0).all()
    assert "point" not in run.metrics
    assert run.metrics["knn_r2"]["z_spec"] is None
    assert run.metrics["knn_r2"]["mag_F160W"] is not None


def test_hidden_labels_and_other_splits_never_reach_the_training(home):
    """Changing every hidden label, and every object outside the train and valid splits, changes no weight."""
    dataset = Dataset(home.dataset("tiny"))
    recipe = load_recipe("tiny_pita", home, label_fraction=0.3)
    first = create_run(home, recipe)
    train(home, first)
    catalog = dataset.catalog.copy()
    visible = dataset.visible_labels(0.3)
    hidden = dataset.is_labelled() & (~visible | (dataset.split == "test"))
    catalog.loc[hidden, "z_spec"] += 1.0
    catalog.loc[dataset.split == "test", [c for c in catalog if c.startswith("mag_F")]] += 2.0
    catalog.to_parquet(dataset.folder / "catalog.parquet", index=False)
    second = create_run(home, recipe)
    train(home, second)
    for name, value in load_method(first).state_dict().items():
        assert torch.equal(value, load_method(second).state_dict()[name]), name


def test_statistics_come_from_training_rows_only(tiny_home):
    dataset = Dataset(tiny_home.dataset("tiny"))
    rows, visible = dataset.rows("train"), dataset.visible_labels(0.5)
    spec = data_spec(dataset, ("image", "magnitude", "label"), ("z_spec",), False, (), rows, visible)
    z = [dataset.column("z_spec")[row] for row in rows if visible[row]]
    assert spec.statistics["label_mean"] == pytest.approx([np.mean(z)])
    assert spec.statistics["label_std"] == pytest.approx([np.std(z)])
    mag = np.stack([dataset.column(f"mag_{band}") for band in dataset.bands], 1)[rows]
    assert spec.statistics["color_mean"][:3] == pytest.approx([np.mean(mag[:, i] - mag[:, i + 1]) for i in range(3)])
    assert spec.statistics["color_mean"][3] == pytest.approx(mag[:, 3].mean())
    pixels = dataset.array("image")[np.sort(rows)][:, 2].astype(float).ravel()
    assert spec.statistics["band_mad"][2] == pytest.approx(np.median(np.abs(pixels - np.median(pixels))), rel=1e-3)


def test_classes_become_indices_and_the_unknown_nan(tiny_home):
    dataset = Dataset(tiny_home.dataset("tiny"))
    all_rows = np.ones(120, bool)
    spec = data_spec(dataset, ("label",), ("morphology",), True, (), np.arange(120), all_rows)
    assert spec.classes == ("disk", "spheroid")
    names = dataset.column("morphology")
    for name, value in zip(names, label_values(dataset, spec)[:, 0], strict=True):
        assert np.isnan(value) if name == "" else spec.classes[int(value)] == name


def test_a_classification_predicts_probabilities(home):
    head = '[demo.options]\ntask = "classification"\ntargets = ["morphology"]\n'
    text = (home.recipes / "tiny_cnn.toml").read_text()
    (home.recipes / "classes.toml").write_text(text.replace("[demo.options.encoder]", head + "[demo.options.encoder]"))
    run = create_run(home, load_recipe("classes", home))
    train(home, run)
    table = run.predictions
    assert set(table["class_pred"]) <= {"disk", "spheroid"}
    np.testing.assert_allclose(table["p_disk"] + table["p_spheroid"], 1, rtol=1e-5)


def test_images_that_do_not_fit_are_gathered_from_disk_and_give_the_same_batches(tiny_home, monkeypatch):
    dataset = Dataset(tiny_home.dataset("tiny"))
    spec = data_spec(dataset, ("image",), (), False, (), np.arange(120), np.ones(120, bool))
    index = torch.tensor([5, 99, 0])
    resident = Rows(dataset, np.arange(120), ("image",), spec, np.ones(120, bool), torch.device("cpu"))
    monkeypatch.setattr("photoz_core.rows.free_memory", lambda device: 0)
    gathered = Rows(dataset, np.arange(120), ("image",), spec, np.ones(120, bool), torch.device("cpu"))
    assert gathered._images is not None
    assert resident._images is None
    assert torch.equal(resident.batch(index)["image"], gathered.batch(index)["image"])
    assert torch.equal(resident.batch(slice(3, 9))["image"], gathered.batch(slice(3, 9))["image"])


def test_fine_tuning_starts_from_the_parents_encoder(home, monkeypatch):
    moco = create_run(home, load_recipe("tiny_moco", home, seed=3))
    train(home, moco)
    recipe = load_recipe("tiny_finetune", home, seed=3)
    assert find_parent(home, recipe).id == moco.id
    seen = {}
    monkeypatch.setattr("photoz_core.training.fit", lambda method, *rest: seen.update(method.encoder.state_dict()))
    run = create_run(home, recipe)
    train(home, run)
    assert run.info["parent"] == moco.id
    assert run.recipe.options["encoder"]["arguments"] == moco.recipe.options["encoder"]["arguments"]
    for name, value in load_method(moco).encoder.state_dict().items():
        assert torch.equal(value, seen[name])


def test_a_child_without_a_parent_says_what_to_train_first(home):
    with pytest.raises(PhotozError, match="starts from 'tiny_moco': train that first, on tiny with seed 7"):
        create_run(home, load_recipe("tiny_finetune", home, seed=7))
    mlp = create_run(home, load_recipe("tiny_mlp", home))
    with pytest.raises(PhotozError, match="no image encoder"):
        create_run(home, load_recipe("tiny_finetune", home, parent=mlp.id))


def test_a_failure_is_recorded_and_raised(home):
    run = create_run(home, load_recipe("tiny_mlp", home, fit={"select": "nonsense"}))
    with pytest.raises(PhotozError, match="nonsense"):
        train(home, run)
    assert run.state == "failed"
    assert "nonsense" in run.status["error"]
    assert list_runs(home, state="done") == []


def test_running_without_a_process_is_failed(home):
    run = create_run(home, load_recipe("tiny_mlp", home))
    run.progress(epoch=1)
    assert run.state == "running"
    child = os.spawnvp(os.P_NOWAIT, "true", ["true"])
    os.waitpid(child, 0)
    write_json(run.folder / "progress.json", run.status | {"pid": child})
    (run.folder / "log.txt").write_text("epoch 1\nKilled: out of memory\n")
    assert run.state == "failed"
    assert "out of memory" in run.status["error"]


def test_an_interrupted_run_is_cancelled_and_resumes_from_its_checkpoint(home, monkeypatch):
    run = create_run(home, load_recipe("tiny_cnn", home, fit={"epochs": 4, "checkpoint_seconds": 0}))
    append = Run.append_history

    def stop(self, row):
        append(self, row)
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "append_history", stop)
    with pytest.raises(KeyboardInterrupt):
        train(home, run)
    assert run.state == "cancelled"
    assert (run.folder / "checkpoint.pt").exists()
    monkeypatch.setattr(Run, "append_history", append)
    train(home, run)
    assert run.state == "done"
    assert run.history()["epoch"].tolist() == [0, 1, 2, 3]


def test_runs_never_share_a_folder(home):
    recipe = load_recipe("tiny_mlp", home)
    ids = [create_run(home, recipe).id for _ in range(3)]
    assert len(set(ids)) == 3
    assert ids[0] == "tiny--tiny_mlp-demo--100pct-seed0"


def test_an_unknown_dataset_makes_no_folder(home):
    with pytest.raises(PhotozError, match="unknown dataset 'nope'; known: tiny"):
        create_run(home, load_recipe("tiny_mlp", home, dataset="nope"))
    assert home.run_ids() == []


def test_new_objects_are_placed_on_the_map(home):
    run = create_run(home, load_recipe("tiny_mlp", home))
    train(home, run)
    dataset = Dataset(home.dataset("tiny"))
    placed = transform(run, dataset, "pca", run.latents[:5])
    np.testing.assert_allclose(placed, project(run, "pca")[:5], rtol=1e-3, atol=1e-4)
    run.info["dataset"] = "another"
    with pytest.raises(PhotozError, match=r"dataset 'tiny' has changed since run .* was made"):
        transform(run, dataset, "pca", run.latents[:5])


def test_a_dataset_replaced_under_a_training_fails_it(home, monkeypatch):
    run = create_run(home, load_recipe("tiny_mlp", home))
    path = home.dataset("tiny") / "dataset.toml"
    text = path.read_text()
    swapped = text.replace(Dataset(home.dataset("tiny")).meta.fingerprint, "0" * 16)
    monkeypatch.setattr("photoz_core.training.fit", lambda *given: path.write_text(swapped))
    with pytest.raises(PhotozError, match="has changed since run"):
        train(home, run)
    assert run.state == "failed"


def test_pita_learns_redshift_and_an_untrained_encoder_does_not(home):
    """The control beside it: random weights must fail the same bar."""
    dataset = Dataset(home.dataset("tiny"))
    recipe = load_recipe("tiny_pita", home, fit={"epochs": 40, "batch_size": 16, "lr": 1e-3})
    run = create_run(home, recipe)
    train(home, run)
    untrained = create_run(home, replace(recipe, fit=recipe.fit | {"epochs": 1, "lr": 1e-12, "min_steps": 0}))
    train(home, untrained)
    labelled, test = dataset.is_labelled(), dataset.split != "train"
    scores = [knn_r2(r.latents, dataset.column("z_spec"), labelled & ~test, labelled & test) for r in (run, untrained)]
    assert scores[0] > 0.7
    assert scores[1] < 0.3


def test_absent_imagenet_weights_fail_a_run_before_anything_is_loaded(home, monkeypatch):
    text = (home.recipes / "tiny_cnn.toml").read_text().replace("features = 0", 'features = 0\nweights = "imagenet"')
    (home.recipes / "tiny_imagenet.toml").write_text(
        text.replace("[demo", '[demo.options]\nstart = "imagenet"\n[demo', 1)
    )
    monkeypatch.setattr("photoz_core.pipeline.why_absent", lambda encoder: "no ImageNet weights of 'x'")
    run = create_run(home, load_recipe("tiny_imagenet", home))
    with pytest.raises(PhotozError, match="not run: no ImageNet weights"):
        train(home, run)
    assert run.state == "failed" and not (run.folder / "spec.json").exists()
