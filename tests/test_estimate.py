"""The estimate of a training's time."""

import math
import shutil
from dataclasses import replace

import pytest
from made_runs import made_run
from still_queue import resolved, states

from dashboard.sweeping import told
from photoz_core.dataset import Dataset
from photoz_core.estimate import timer, training_rows, training_seconds
from photoz_core.files import read_json, write_json
from photoz_core.optimisation import FitConfig
from photoz_core.pipeline import create_run, train
from photoz_core.recipe import load_recipe
from photoz_core.run import Run, list_runs
from photoz_core.sweeping import OVERHEAD, Sweep, seconds_ahead, standing


def test_passes_are_the_fewest_that_make_the_steps():
    config = FitConfig(epochs=3, batch_size=32, min_steps=10)
    for rows in (1, 31, 32, 33, 100, 1000):
        steps = sum(1 for _ in range(0, rows, 32))
        passes = 1
        while 3 * passes * steps < 10:
            passes += 1
        assert config.passes(rows) == passes


def test_the_latest_run_alike_sets_the_speed(trained_home):
    recipe, runs = load_recipe("tiny_mlp", trained_home), list_runs(trained_home, state="done")
    history = next(run for run in runs if run.recipe.name == "tiny_mlp").history()
    speed = sorted(history["objects_per_s"])
    middle = (speed[0] + speed[1]) / 2
    assert len(speed) == 2
    assert training_seconds(recipe, 64, runs) == pytest.approx(64 * recipe.fit["epochs"] / middle)
    long = replace(recipe, fit=recipe.fit | {"epochs": 50})
    assert math.isclose(training_seconds(long, 64, runs), 25 * training_seconds(recipe, 64, runs))


def test_no_run_alike_gives_no_estimate(trained_home):
    runs = list_runs(trained_home, state="done")
    assert training_seconds(load_recipe("tiny_pita", trained_home), 64, runs) is None
    assert training_seconds(load_recipe("tiny_mlp", trained_home), 64, []) is None


def timed(run: Run, rows: int, seconds: float) -> Run:
    """A made run as if it had been trained whole on so many rows, in this time."""
    write_json(run.folder / "done.json", {"objects": 120, "labels": rows, "rows": rows, "seconds": seconds})
    return run


def paced(run: Run, speed: float) -> Run:
    """A made run as if it had been trained in gradient steps at this speed [objects/s]."""
    run.append_history({"epoch": 0, "objects_per_s": speed})
    return run


@pytest.fixture
def forest(home):
    return timed(made_run(home, "photometry_forest", None, dataset="tiny"), 50, 10.0)


@pytest.fixture
def other(home):
    """A copy of the dataset by another name."""
    shutil.copytree(home.dataset("tiny"), home.datasets / "other")
    text = (home.datasets / "other" / "dataset.toml").read_text()
    (home.datasets / "other" / "dataset.toml").write_text(text.replace('name = "tiny"', 'name = "other"'))
    return home


def test_a_training_says_how_long_it_took_on_how_many_rows(home):
    run = create_run(home, load_recipe("trainz", home, dataset="tiny"))
    train(home, run)
    done = read_json(run.folder / "done.json")
    data = Dataset(home.dataset("tiny"))
    assert done["rows"] == training_rows(run.recipe, data) and 0 <= done["seconds"] < 60


def test_what_is_trained_whole_is_judged_by_the_time_it_took(home, forest):
    recipe = load_recipe("photometry_forest", home, dataset="tiny")
    assert training_seconds(recipe, 100, [forest]) == pytest.approx(20.0)
    old = made_run(home, "photometry_forest", None, dataset="tiny", seed=1)  # of a version that did not say
    assert training_seconds(recipe, 100, [forest, old]) == pytest.approx(20.0)
    assert training_seconds(recipe, 100, [old]) is None
    plan = resolved(home, "photometry_forest", amounts="100", seeds="5 6").plan
    rows = training_rows(recipe, Dataset(home.dataset("tiny")))
    assert plan.seconds == pytest.approx(2 * (rows / 5 + OVERHEAD)) and plan.unknown == plan.rough == 0


def test_another_dataset_is_a_rough_guide_and_the_own_one_a_better_one(other):
    runs = [paced(made_run(other, "tiny_mlp", None, dataset="other"), 200.0)]
    recipe = load_recipe("tiny_mlp", other)
    rows = training_rows(recipe, Dataset(other.dataset("tiny")))
    work = rows * recipe.fit_config().passes(rows) * recipe.fit_config().epochs
    assert timer(other, runs)(recipe) == (pytest.approx(work / 200), True)
    plan = resolved(other, "tiny_mlp", amounts="100", seeds="0 1").plan
    assert (plan.rough, plan.unknown) == (2, 0)
    assert told(plan).endswith("2 to train; very roughly 13 s (2 judged by other datasets)")
    runs.insert(0, paced(made_run(other, "tiny_mlp", None, seed=9), 50.0))
    assert timer(other, runs)(recipe) == (pytest.approx(work / 50), False)


def test_what_is_queued_counts_and_devices_share_the_work(home, forest):
    running, queued = (Run.create(home, load_recipe("photometry_forest", home, "demo", dataset="tiny", seed=seed))
                       for seed in (1, 2))  # fmt: skip
    running.progress(done=3, total=4)
    strange = Run.create(home, load_recipe("tiny_moco", home))
    strange.progress(done=1, total=2, eta=7.0)
    known = states(home)
    assert seconds_ahead(known, lambda r: 40.0 if r.method != "moco" else None) == pytest.approx(10 + 40 + 7)
    plan = resolved(home, "photometry_forest", amounts="100", seeds="5 6").plan
    one = plan.seconds / 2
    assert plan.ahead == pytest.approx(one / 4 + one + 7) and plan.elapsed == pytest.approx(plan.ahead + 2 * one)
    assert "of it for what is queued already)" in told(plan)
    assert replace(plan, devices=2).elapsed == pytest.approx((plan.ahead + 2 * one) / 2)
    assert replace(plan, devices=100).elapsed == pytest.approx(one)  # no training is shared
    assert queued.state == "queued"


def test_a_sweep_says_what_is_left_though_the_time_of_one_training_is_not_known(home, forest):
    plan = resolved(home, "photometry_forest", "tiny_mlp", amounts="100", seeds="5").plan
    assert (plan.unknown, len(plan.to_train)) == (1, 2)
    sweep = Sweep(replace(plan, ahead=30.0), since=100.0)
    assert standing(sweep, {}, now=110.0).eta == pytest.approx(20 + 2 * plan.seconds)  # an unknown one takes the mean
    assert standing(sweep, {}, now=500.0).eta == pytest.approx(2 * plan.seconds)
    sweep.plan = replace(sweep.plan, devices=2)
    assert standing(sweep, {}, now=100.0).eta == pytest.approx(15 + plan.seconds)
