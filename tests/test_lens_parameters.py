"""Lens parameters: which datasets have them, and what runs make of them."""

import math

import numpy as np
import pytest
from made_homes import add_lens_run, made_home, made_lenses

from dashboard.lens_parameters import OUTPUT, PARAMETERS, PROBE, has_lenses, known_parameters, predictions, scores
from photoz_core.dataset import Dataset


@pytest.fixture
def home(tmp_path):
    return made_lenses(tmp_path)


def lenses(home) -> Dataset:
    return Dataset(home.dataset("lenses"))


def test_parameters_are_in_the_simulators_order():
    from photoz_core.simulate._lens_mass import PARAMETERS as simulated

    assert simulated == PARAMETERS


def test_a_dataset_of_galaxies_has_no_lenses(home):
    made_home(home.path)
    assert has_lenses(lenses(home)) and not has_lenses(Dataset(home.dataset("made"))) and not has_lenses(None)


@pytest.mark.parametrize("label, known, expected", [("z_spec", 1, True), ("z_spec", 0, False), ("theta_E", 0, True)])
def test_one_einstein_radius_is_enough(home, label, known, expected):
    data = lenses(home)
    data.catalog.loc[known:, "theta_E"] = np.nan
    object.__setattr__(data.meta, "label", label)
    assert has_lenses(data) is expected
    assert ("theta_E" in known_parameters(data)) == bool(known)


def test_the_runs_own_prediction_goes_before_a_probe(home):
    guess = np.linspace(0, 1, 60)
    run = add_lens_run(home, "supervised", theta_E_pred=guess)
    predicted, source = predictions(run, lenses(home), "theta_E")
    assert source == OUTPUT and np.array_equal(predicted, guess)
    assert predictions(run, lenses(home), "e1")[1] == PROBE


def test_a_probe_is_taught_by_the_training_split_alone(home):
    run, data = add_lens_run(home, "lensiam"), lenses(home)
    test = data.split == "test"
    predicted, source = predictions(run, data, "theta_E")
    true = data.column("theta_E")
    assert source == PROBE and np.abs(predicted - true)[test].max() < 0.1 < np.ptp(true[test])
    useless = predictions(run, data, "gamma")[0]  # which no latent holds
    assert np.abs(useless - data.column("gamma"))[test].max() > 0.3


def test_scores_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    true, predicted = rng.normal(size=50), rng.normal(size=50)
    true[3], predicted[7] = np.nan, np.nan
    pairs = [(t, p) for t, p in zip(true.tolist(), predicted.tolist(), strict=True) if t == t and p == p]
    middle = sum(t for t, _ in pairs) / len(pairs)
    wrong = sum((p - t) ** 2 for t, p in pairs)
    count, r2, rms = scores(true, predicted)
    assert count == 48
    assert r2 == pytest.approx(1 - wrong / sum((t - middle) ** 2 for t, _ in pairs))
    assert rms == pytest.approx(math.sqrt(wrong / 48))


def test_scores_of_nothing_and_of_a_constant():
    assert scores(np.array([np.nan]), np.array([1.0]))[0] == 0
    count, r2, rms = scores(np.ones(4), np.full(4, 3.0))
    assert count == 4 and math.isnan(r2) and rms == 2.0
