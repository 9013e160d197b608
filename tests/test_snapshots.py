"""Snapshots of latents as they form: which objects, when, at what cost, and that the training does not feel them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from photoz_core import methods, registry
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.pipeline import create_run, load_method, train
from photoz_core.recipe import load_recipe
from photoz_core.run import Run
from photoz_core.snapshots import (
    FEWEST,
    MOST,
    SHARE,
    Snapshots,
    can_be_watched,
    due_epochs,
    sample_rows,
    snapshot,
    snapshot_epochs,
    snapshot_sample,
)

FIT = {"epochs": 4, "batch_size": 16, "checkpoint_seconds": 0}


def split_of(valid: int, train: int, test: int, labelled: float) -> SimpleNamespace:
    """What `sample_rows` asks of a dataset; its rows are mixed."""
    order = np.random.default_rng(1)
    split = order.permutation(np.repeat(["valid", "train", "test"], [valid, train, test]))
    known = order.random(len(split)) < labelled
    return SimpleNamespace(
        split=split, rows=lambda name: np.flatnonzero(split == name), is_labelled=lambda column=None: known
    )


def test_the_sample_is_of_validation_objects_half_of_them_labelled_where_labels_are_rare():
    data = split_of(4000, 9000, 4000, 0.2)
    rows = sample_rows(data)
    assert len(rows) == len(set(rows)) == MOST and set(data.split[rows]) == {"valid"}
    assert data.is_labelled()[rows].sum() == MOST // 2  # of some 800
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, sample_rows(data))
    rare = split_of(4000, 9000, 4000, 0.02)
    assert rare.is_labelled()[sample_rows(rare)].sum() == (rare.is_labelled() & (rare.split == "valid")).sum()
    assert len(sample_rows(split_of(4000, 0, 0, 1.0))) == MOST
    common = split_of(4000, 0, 0, 0.8)
    assert common.is_labelled()[sample_rows(common)].mean() == pytest.approx(0.8, abs=0.05)  # as in the whole


def test_a_small_validation_split_is_filled_up_with_training_objects_never_with_the_test_split():
    data = split_of(50, 900, 900, 0.5)
    rows = sample_rows(data)
    assert len(rows) == FEWEST and (data.split[rows] == "valid").sum() == 50
    assert "test" not in data.split[rows]
    assert len(sample_rows(split_of(5, 6, 100, 0.5))) == 11
    assert len(sample_rows(split_of(0, 0, 10, 0.5))) == 0


@pytest.mark.parametrize("epochs", [1, 3, 39, 40, 41, 60, 1550])
def test_snapshots_are_spread_over_the_training_from_the_untrained_to_the_last(epochs):
    due = due_epochs(epochs, 40, 1000, 10**6)
    assert (due[0], due[-1]) == (0, epochs)
    assert len(due) == min(epochs, 40) + 1
    assert max(np.diff(due)) - min(np.diff(due)) <= 1
    assert due_epochs(epochs, 0, 1000, 10**6) == ()


@pytest.mark.parametrize(("epochs", "trained"), [(50, 2800), (50, 700), (10, 61), (1000, 100), (5, 400)])
def test_no_more_objects_are_embedded_than_a_share_of_those_trained_on(epochs, trained):
    due = due_epochs(epochs, 40, 600, trained)
    assert len(due) * 600 <= max(SHARE * epochs * trained, 2 * 600)
    more = len(due) + 1 <= 41 and len(due) <= epochs
    assert not more or (len(due) + 1) * 600 > SHARE * epochs * trained  # none is left out that could be paid for


@pytest.fixture
def unbounded(monkeypatch):
    """A snapshot of every epoch, though the trainings are too small to pay for it."""
    monkeypatch.setattr("photoz_core.snapshots.SHARE", 100)


@pytest.mark.parametrize("name", ["tiny_mlp", "tiny_moco", "tiny_pita"])
def test_the_training_does_not_feel_them(home, name, unbounded):
    """Weights to the last bit, and the random numbers that follow."""
    runs, states = [], []
    for snapshots in (40, 0):
        run = create_run(home, load_recipe(name, home, fit={**FIT, "snapshots": snapshots}))
        train(home, run)
        runs.append(run)
        states.append(torch.get_rng_state())
    watched, alone = (load_method(run).state_dict() for run in runs)
    assert all(torch.equal(value, alone[key]) for key, value in watched.items())
    assert torch.equal(*states)
    assert snapshot_epochs(runs[0]) == [0, 1, 2, 3, 4]
    assert not (runs[1].folder / "snapshots").exists()


def test_the_first_is_untrained_and_the_last_what_the_run_ends_with(home, unbounded):
    """With the last epoch's weights kept, the last snapshot is the latents of the run, about their mean."""
    run = create_run(home, load_recipe("tiny_cnn", home, fit={**FIT, "select": "last", "lr": 0.01}))
    train(home, run)
    rows, data = snapshot_sample(run), Dataset(home.dataset("tiny"))
    np.testing.assert_array_equal(rows, sample_rows(data))
    assert snapshot_epochs(run) == [0, 1, 2, 3, 4]
    final = run.latents[rows] - run.latents[rows].mean(0)
    scale = np.abs(final).max()
    np.testing.assert_allclose(snapshot(run, 4), final, atol=2e-3 * scale)
    assert np.abs(snapshot(run, 0) - final).max() > 0.1 * scale
    still = create_run(home, load_recipe("tiny_cnn", home, fit={**FIT, "lr": 1e-12, "weight_decay": 0.0}))
    train(home, still)
    np.testing.assert_array_equal(snapshot(still, 0), snapshot(run, 0))  # the same seed, before its first step
    np.testing.assert_allclose(snapshot(still, 4), snapshot(still, 0), atol=1e-3)


def test_a_resumed_training_goes_on_after_its_checkpoint(home, monkeypatch, unbounded):
    """Broken off behind a checkpoint: what was seen since is taken anew, and ends as in a training in one go."""
    recipe = load_recipe("tiny_cnn", home, fit=FIT)
    whole, broken = create_run(home, recipe), create_run(home, recipe)
    train(home, whole)
    append, save = Run.append_history, Run.save_checkpoint
    monkeypatch.setattr(Run, "save_checkpoint", lambda run, state: save(run, state) if state["epoch"] == 2 else None)

    def stop(run, row):
        append(run, row)
        if row["epoch"] == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "append_history", stop)
    with pytest.raises(KeyboardInterrupt):
        train(home, broken)
    assert snapshot_epochs(broken) == [0, 1, 2, 3]
    seen = []
    monkeypatch.setattr(
        Run, "append_history", lambda run, row: (seen.append(snapshot_epochs(run)), append(run, row))[1]
    )
    train(home, broken)
    assert seen == [[0, 1, 2], [0, 1, 2, 3]]
    for epochs in range(5):
        np.testing.assert_array_equal(snapshot(broken, epochs), snapshot(whole, epochs))


def test_methods_without_an_encoder_leave_none(home):
    watched = {name for name in registry.names(methods) if can_be_watched(registry.load(methods, name).Model)}
    assert set(registry.names(methods)) - watched == {"photometry_forest", "trainz", "glo"}
    (home.recipes / "forest.toml").write_text('dataset = "tiny"\nmethod = "photometry_forest"\n[demo]\n')
    run = create_run(home, load_recipe("forest", home))
    train(home, run)
    assert snapshot_epochs(run) == [] and not (run.folder / "snapshots").exists()


def test_a_snapshot_that_is_absent_or_broken_is_named(home):
    run = create_run(home, load_recipe("tiny_mlp", home))
    with pytest.raises(PhotozError, match="has no snapshot 3"):
        snapshot(run, 3)
    with pytest.raises(PhotozError, match="has no snapshot sample"):
        snapshot_sample(run)
    run.save_array("snapshots/3", np.zeros((2, 2), "f2"))
    path = run.folder / "snapshots" / "3.npy"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(PhotozError, match="has no snapshot 3"):
        snapshot(run, 3)


class Sample:
    """Latents (n, D) with the interface of `photoz_core.rows.Rows`."""

    device = torch.device("cpu")

    def __init__(self, values):
        self.values, self.rows = values, np.arange(len(values))

    def __len__(self):
        return len(self.values)

    def batches(self, size):
        return self.values.split(size)


@pytest.mark.parametrize(("scale", "offset", "kind"), [(1e-3, 50.0, "f2"), (1e6, 0.0, "f4")])
def test_latents_far_from_zero_keep_their_differences(home, scale, offset, kind):
    values = torch.from_numpy(np.random.default_rng(0).normal(offset, scale, (30, 4)).astype("f4"))
    rows = Sample(values)
    run = create_run(home, load_recipe("tiny_mlp", home, fit=FIT))
    method = SimpleNamespace(eval=lambda: None, encode=lambda batch: batch)
    Snapshots(run, rows, run.recipe.fit_config(), 10**6)(0, method)
    assert np.load(run.folder / "snapshots" / "0.npy", allow_pickle=False).dtype == kind
    expected = values.numpy() - values.numpy().mean(0)
    np.testing.assert_allclose(snapshot(run, 0), expected, atol=2e-3 * scale)
