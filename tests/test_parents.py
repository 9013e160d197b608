"""Trainings that start from a run on another dataset: which run, what must fit, what is said."""

import numpy as np
import pytest

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.errors import PhotozError
from photoz_core.files import read_json
from photoz_core.jobs import JobQueue
from photoz_core.pipeline import create_run, load_method, train
from photoz_core.recipe import load_recipe
from photoz_core.run import Run
from train.cli import main

SHORT = {"epochs": 1, "min_steps": 0}


def add_dataset(home, name, bands, pixel_scale=0.06):
    """A copy of `tiny` under another name, with its first `bands` bands."""
    tiny = Dataset(home.dataset("tiny"))
    meta = Meta(name, bands=tiny.bands[:bands], pixel_scale=pixel_scale, columns=tiny.meta.columns)
    with new_dataset(home.new_dataset(name), meta) as writer:
        writer.add_array("image", np.array(tiny.array("image")[:, :bands]), "uJy")
        writer.finish(tiny.catalog)


@pytest.fixture
def elsewhere(home):
    """A home with the dataset `other`, and a recipe that trains on it from a run on `tiny`."""
    add_dataset(home, "other", 4)
    text = (home.recipes / "tiny_finetune.toml").read_text().replace('dataset = "tiny"', 'dataset = "other"')
    (home.recipes / "tiny_moved.toml").write_text('parent_dataset = "tiny"\n' + text)
    return home


def trained(home, name, **changes):
    run = create_run(home, load_recipe(name, home, fit=SHORT, **changes))
    told = []
    train(home, run, told.append)
    return run, told


def test_the_encoder_comes_from_the_run_on_the_dataset_that_the_recipe_names(elsewhere, monkeypatch):
    with pytest.raises(PhotozError, match="starts from 'tiny_moco': train that first, on tiny with seed 0"):
        create_run(elsewhere, load_recipe("tiny_moved", elsewhere))
    wrong, _ = trained(elsewhere, "tiny_moco", dataset="other")
    parent, _ = trained(elsewhere, "tiny_moco")
    seen = {}
    monkeypatch.setattr("photoz_core.training.fit", lambda method, *rest: seen.update(method.encoder.state_dict()))
    child, told = trained(elsewhere, "tiny_moved")
    assert child.info["parent"] == parent.id != wrong.id
    for name, value in load_method(parent).encoder.state_dict().items():
        assert np.array_equal(value, seen[name])
    assert any(f"comes from {parent.name}: other images" in line for line in told)
    assert not any("wide" in line for line in told)


def test_a_field_of_another_width_is_said(home):
    add_dataset(home, "wide", 4, pixel_scale=0.12)
    parent, _ = trained(home, "tiny_moco")
    _, told = trained(home, "tiny_finetune", dataset="wide", parent=parent.id)
    assert any('images of wide are 3.84" wide, those of tiny 1.92"' in line for line in told)


def test_a_parent_of_other_bands_is_refused_by_their_names(home):
    add_dataset(home, "red", 1)
    parent, _ = trained(home, "tiny_moco")
    run = create_run(home, load_recipe("tiny_finetune", home, dataset="red", parent=parent.id, fit=SHORT))
    with pytest.raises(PhotozError, match=r"saw 4 band\(s\), F606W, .* 'red' has 1, F606W: choose a parent"):
        train(home, run)
    assert run.state == "failed"


def test_the_queue_asks_for_a_missing_parent_on_its_own_dataset(elsewhere):
    queue, asked = JobQueue(elsewhere), []
    queue.submit = lambda recipe, projections=(): asked.append(recipe)  # which trains nothing: the child is refused
    with pytest.raises(PhotozError, match="train that first"):
        JobQueue.submit(queue, load_recipe("tiny_moved", elsewhere, seed=2))
    assert [(recipe.name, recipe.dataset, recipe.seed) for recipe in asked] == [("tiny_moco", "tiny", 2)]


def test_a_run_to_start_from_can_be_given_on_the_command_line(home, capsys):
    parent, _ = trained(home, "tiny_moco")
    words = ["tiny_cnn", "--parent", parent.id, "--fit.epochs=1", "--fit.min_steps=0", "--projections", "--json"]
    assert main(["--home", str(home.path), "train", *words]) == 0
    capsys.readouterr()
    child = next(Run(home.run(run_id)) for run_id in home.run_ids() if run_id != parent.id)
    assert (child.info["parent"], child.recipe.options["start"]) == (parent.id, "parent")
    assert read_json(child.folder / "spec.json")["bands"] == read_json(parent.folder / "spec.json")["bands"]


@pytest.fixture
def pretext(home):
    """A home with a pretext on the colors of `tiny`, and a recipe that starts from it on `apart`."""
    encoder = (home.recipes / "tiny_moco.toml").read_text().partition("[demo.options.contrast]")[0]
    encoder = encoder.replace('method = "moco"', 'method = "magnitude_pretext"')
    settings = '[demo.options]\ntargets = ["mag_F125W", "fwhm"]\nscaling = "range"\n[demo.options.top]\nhidden = 8\n'
    head, _, rest = encoder.partition("[demo.options.encoder]")
    (home.recipes / "tiny_pretext.toml").write_text(head + settings + "[demo.options.encoder]" + rest)
    text = (home.recipes / "tiny_finetune.toml").read_text().replace('"tiny_moco"', '"tiny_pretext"')
    (home.recipes / "tiny_apart.toml").write_text(
        'parent_dataset = "tiny"\n' + text.replace('dataset = "tiny"', 'dataset = "apart"', 1)
    )
    return home


def copy_of_tiny(home, name, rows, **columns):
    tiny = Dataset(home.dataset("tiny"))
    catalog = tiny.catalog.iloc[rows].reset_index(drop=True).assign(**columns)
    with new_dataset(home.new_dataset(name), Meta(name, bands=tiny.bands, columns=tiny.meta.columns)) as writer:
        writer.add_array("image", np.array(tiny.array("image")[rows]), "uJy")
        writer.finish(catalog)


def test_what_a_pretext_has_seen_is_not_learned_from_or_judged_on_again(pretext):
    tiny = Dataset(pretext.dataset("tiny"))
    seen, rows = tiny.rows("train")[:1], np.flatnonzero(tiny.split != "train")
    parent, _ = trained(pretext, "tiny_pretext")
    assert parent.info["parent"] in ("", None)
    copy_of_tiny(pretext, "apart", np.concatenate([rows, seen]))
    with pytest.raises(PhotozError, match=rf"1 objects of 'apart' .*: {tiny.object_id[seen[0]]}; import 'tiny' anew"):
        trained(pretext, "tiny_apart")


def test_a_pretext_without_the_childs_objects_hands_on_its_encoder_at_any_label_fraction(pretext):
    rows = np.arange(60)
    trained(pretext, "tiny_pretext")
    copy_of_tiny(pretext, "apart", rows, object_id=[f"other{row}" for row in rows])
    child, told = trained(pretext, "tiny_apart", label_fraction=0.5)
    assert child.state == "done" and any("other images" in line for line in told)


def test_no_label_of_a_pretext_is_hidden(pretext):
    _, told = trained(pretext, "tiny_pretext", label_fraction=0.1)
    count = len(Dataset(pretext.dataset("tiny")).rows("train"))
    assert f"{count} training rows, {count} labels" in told[0]


def test_a_parent_with_more_labels_hands_none_on(home):
    text = (home.recipes / "tiny_finetune.toml").read_text().replace('parent = "tiny_moco"', 'parent = "tiny_cnn"')
    (home.recipes / "tiny_again.toml").write_text(text)
    many, _ = trained(home, "tiny_cnn")
    with pytest.raises(PhotozError, match="starts from 'tiny_cnn': train that first"):
        create_run(home, load_recipe("tiny_again", home, label_count=5))
    few, _ = trained(home, "tiny_cnn", label_count=5)
    child = create_run(home, load_recipe("tiny_again", home, label_count=5))
    assert child.info["parent"] == few.id != many.id
