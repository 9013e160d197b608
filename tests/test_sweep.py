"""What a sweep trains: the plan in words and in runs, without training any."""

import argparse
import json

import numpy as np
import pandas as pd
import pytest
from still_queue import StillQueue

from photoz_core.columns import Column
from photoz_core.dataset import Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.parents import parent_recipe
from photoz_core.recipe import load_recipe
from photoz_core.run import list_runs
from photoz_core.sweeps import not_to_run
from tests.conftest import ENCODER, FIT
from train.commands import sweep
from train.queueing import submit_missing

IMAGENET = ENCODER.replace("features = 0", 'features = 0\nweights = "imagenet"')
HEAD = 'method = "supervised"\ndataset = "{}"\n[demo.options]\ntargets = ["kind"]\ntask = "classification"\n'
PARENT = 'parent = "tiny_moco"\nparent_dataset = "tiny"\n[demo.options]\nstart = "parent"\n'
CROP = "[demo.options.augment]\ncrop = 32\njitter = 1\n"


@pytest.fixture
def labelled(home):
    """Two more datasets, `few` of 150 and `many` of 1,500 labelled objects in two classes, and recipes for them."""
    for name, count in (("few", 150), ("many", 1500)):
        catalog = pd.DataFrame({"object_id": [f"{name}{i}" for i in range(count)]})
        catalog["kind"] = np.where(np.arange(count) % 3 == 0, "star", "galaxy")
        meta = Meta(name, bands=["B", "G", "R"], label="kind", columns={"kind": Column("kind", kind="category")})
        with new_dataset(home.new_dataset(name), meta) as writer:
            writer.add_array("image", np.zeros((count, 3, 4, 4), "f2"), "")
            writer.finish(catalog)
    texts = {
        "scratch": HEAD.format("few") + ENCODER,
        "imagenet": HEAD.format("few") + 'start = "imagenet"\n' + IMAGENET,
        "frozen": HEAD.format("few").replace("[demo.options]\n", PARENT) + "frozen = true\n" + CROP,
        "tuned": HEAD.format("few").replace("[demo.options]\n", PARENT) + CROP,
    }
    for name, text in texts.items():
        (home.recipes / f"{name}.toml").write_text(text + FIT)
    return home


def planned(home, *words):
    """The recipes that a sweep with these arguments would train."""
    parser = argparse.ArgumentParser()
    sweep.add_arguments(parser)
    arguments, rest = parser.parse_known_args(words)
    arguments.rest, arguments.parser = rest, parser
    return sweep._recipes(arguments, home)


def test_it_is_the_product_of_recipes_datasets_counts_and_seeds(labelled):
    words = ("--methods", "scratch", "frozen", "--datasets", "few", "many", "--labels", "10", "50", "--seeds", "0", "1")
    found = [(r.name, r.dataset, r.label_count, r.seed) for r in planned(labelled, *words)]
    expected = [(n, d, c, s) for n in ("scratch", "frozen") for d in ("few", "many") for c in (10, 50) for s in (0, 1)]
    assert sorted(found) == sorted(expected)
    assert [seed for *_, seed in found] == [0] * 8 + [1] * 8


def test_each_recipe_keeps_its_own_dataset_by_default(labelled):
    assert [r.dataset for r in planned(labelled, "--methods", "scratch", "tiny_mlp")] == ["few", "tiny"]
    assert [r.dataset for r in planned(labelled, "--methods", "scratch", "--dataset", "many")] == ["many"]


def test_what_learns_from_no_label_is_trained_once_whatever_the_children_see(labelled):
    found = planned(labelled, "--methods", "tiny_moco", "tiny_finetune", "--fractions", "0.1", "0.5")
    assert [(r.name, r.label_fraction) for r in found] == [
        ("tiny_moco", 1.0), ("tiny_finetune", 0.1), ("tiny_finetune", 0.5),
    ]  # fmt: skip


def test_the_low_data_regime_takes_the_papers_sizes_that_there_are_and_says_which_are_not(labelled, capsys):
    found = planned(labelled, "--methods", "scratch", "--datasets", "few", "many", "--low-data")
    assert [r.label_count for r in found if r.dataset == "few"] == [100]
    assert [r.label_count for r in found if r.dataset == "many"] == list(range(100, 1001, 100))
    err = capsys.readouterr().err
    assert "few has 105 training labels; left out: 200, 300, " in err
    assert "many has 1050 training labels; left out: 1500, 2000, 2500, 3000, 10000, 20000, 30000, 40000\n" in err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["scratch", "--labels", "106"], 1, "106 labels wanted, but the training split of 'few' has 105"),
        (["tiny_mlp", "--low-data"], 1, "tiny has 42 training labels; --low-data begins with 100"),
        (["scratch", "--datasets", "few", "lots"], 1, "unknown dataset 'lots'; known: few, many, tiny"),
        (["scratch", "--datasets", "few", "--dataset", "many"], 2, "give either --datasets or --dataset"),
    ],
)
def test_what_cannot_be_is_said_before_any_run_is_made(photoz, labelled, words, code, message):
    found, _, err = photoz(labelled, "sweep", "--methods", *words)
    assert found == code and message in err and labelled.run_ids() == []


def test_one_parent_is_queued_first_and_shared_by_all_schemes_datasets_and_counts(labelled):
    recipes = planned(
        labelled,
        "--methods",
        "frozen",
        "tuned",
        "--datasets",
        "few",
        "many",
        "--labels",
        "10",
        "50",
        "--seeds",
        "0",
        "1",
    )
    queue = StillQueue(labelled)
    children = submit_missing(queue, recipes)
    queue.close()
    runs = list_runs(labelled)
    parents = [run for run in runs if run.recipe.name == "tiny_moco"]
    assert (len(children), len(runs)) == (16, 18)
    assert [(run.recipe.dataset, run.recipe.seed, run.recipe.label_fraction) for run in parents] == [
        ("tiny", 0, 1.0), ("tiny", 1, 1.0),
    ]  # fmt: skip
    for parent in parents:
        own = [run for run in children if run.recipe.seed == parent.recipe.seed]
        assert {run.info["parent"] for run in own} == {parent.id}
        assert parent.info["created"] < min(run.info["created"] for run in own)


def test_a_parent_that_learns_from_labels_sees_no_more_of_them_than_its_child(labelled):
    (labelled.recipes / "again.toml").write_text(
        'method = "supervised"\ndataset = "few"\nparent = "scratch"\n[demo.options]\nstart = "parent"\n'
    )
    child = load_recipe("again", labelled, label_count=20, seed=2)
    parent = parent_recipe(labelled, child)
    assert (parent.name, parent.label_count, parent.seed) == ("scratch", 20, 2)
    parent = parent_recipe(labelled, load_recipe("again", labelled, label_fraction=0.25))
    assert (parent.label_fraction, parent.label_count) == (0.25, 0)


def test_absent_imagenet_weights_are_asked_for_once_and_hold_for_children_too(labelled, monkeypatch):
    asked = []
    monkeypatch.setattr("photoz_core.sweeps.why_absent", lambda encoder: asked.append(encoder) or _why(encoder))
    (labelled.recipes / "tiny_moco.toml").write_text('method = "moco"\ndataset = "tiny"\n' + IMAGENET)
    recipes = planned(labelled, "--methods", "imagenet", "frozen", "scratch", "--labels", "10", "50")
    assert [(recipe.name, why) for recipe, why in not_to_run(labelled, recipes)] == [
        ("imagenet", "no weights"), ("imagenet", "no weights"), ("frozen", "no weights"), ("frozen", "no weights"),
    ]  # fmt: skip
    assert len(asked) == 2  # encoders: with weights, without


def _why(encoder):
    return "no weights" if encoder["weights"] == "imagenet" else ""


def test_a_sweep_of_nothing_but_absent_weights_says_so_and_ends_well(photoz, labelled, monkeypatch):
    monkeypatch.setattr("photoz_core.sweeps.why_absent", _why)
    words = ("sweep", "--methods", "imagenet", "--labels", "10", "50")
    code, out, _ = photoz(labelled, *words)
    assert (code, out) == (0, "not run: imagenet · few (2): no weights\n") and labelled.run_ids() == []
    code, out, _ = photoz(labelled, *words, "--json")
    assert code == 0 and json.loads(out) == [
        {"name": f"imagenet · few · {count} labels · seed 0", "not_run": "no weights"} for count in (10, 50)
    ]
