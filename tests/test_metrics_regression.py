"""Estimates of properties that are no redshift, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error

from photoz_core.metrics.regression import regression_metrics


def test_it_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    true = rng.normal(1.3, 0.3, 200)
    estimate = true + rng.normal(0.05, 0.1, 200)
    found = regression_metrics(true, estimate)
    assert found["r2"] == pytest.approx(r2_score(true, estimate))
    assert found["rms"] == pytest.approx(root_mean_squared_error(true, estimate))
    assert found["bias"] == pytest.approx(sum(estimate - true) / 200)
    assert (found["n"], found["missing"]) == (200, 0)


def test_what_is_unknown_is_left_out_and_counted():
    found = regression_metrics([1.0, 2.0, np.nan, 4.0, 3.0], [1.0, np.nan, 5.0, 4.0, 2.0])
    assert (found["n"], found["missing"]) == (3, 1)
    assert found["r2"] == pytest.approx(r2_score([1, 4, 3], [1, 4, 2]))


@pytest.mark.parametrize("true", [[], [1.0], [np.nan, np.nan]])
def test_too_few_objects_have_no_metrics(true):
    found = regression_metrics(true, true)
    assert all(np.isnan(found[name]) for name in ("r2", "rms", "bias"))


def test_a_constant_property_has_an_error_but_no_r2():
    found = regression_metrics([2.0, 2.0], [2.0, 3.0])
    assert np.isnan(found["r2"]) and found["rms"] == pytest.approx(np.sqrt(0.5))
