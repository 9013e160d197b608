"""The estimate of a training's time."""

import math
from dataclasses import replace

import pytest

from photoz_core.estimate import training_seconds
from photoz_core.optimisation import FitConfig
from photoz_core.recipe import load_recipe
from photoz_core.run import list_runs


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
