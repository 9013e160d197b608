"""Residuals beside a diagram: outlier lines and thresholds of each convention, running median and scatter."""

import numpy as np
import pytest

from photoz_core.errors import PhotozError
from photoz_core.metrics.point import (
    CONVENTIONS,
    delta_z,
    outlier_threshold,
    point_metrics,
    running_metrics,
    z_phot_at,
)

CONVENTION_NAMES = ["pita", "rail", "graham", "sdss"]


def sample(n=200):
    rng = np.random.default_rng(3)
    z_spec = rng.uniform(0, 3, n)
    return z_spec, z_spec + rng.standard_t(2, n) * 0.05


@pytest.mark.parametrize("convention", CONVENTION_NAMES)
@pytest.mark.parametrize("residual", [-0.15, 0.0, 0.06])
def test_an_object_on_the_outlier_line_has_that_residual(convention, residual):
    z_spec = np.linspace(0, 4, 9)
    line = z_phot_at(z_spec, residual, convention)
    assert delta_z(z_spec, line, convention) == pytest.approx(residual)


@pytest.mark.parametrize("convention", CONVENTION_NAMES)
def test_share_beyond_the_threshold_is_the_outlier_fraction(convention):
    z_spec, z_phot = sample()
    residual = delta_z(z_spec, z_phot, convention)
    beyond = sum(abs(value) > outlier_threshold(residual, convention) for value in residual) / len(residual)
    assert 0 < beyond < 1
    assert point_metrics(z_spec, z_phot, convention, 0)["outliers"] == pytest.approx(beyond)


def test_thresholds_are_those_of_the_papers():
    tight, wide = np.linspace(-0.01, 0.01, 101), np.linspace(-1, 1, 101)
    spread = (np.percentile(wide, 75) - np.percentile(wide, 25)) / 1.349
    assert (outlier_threshold(tight, "pita"), outlier_threshold(wide, "sdss")) == (0.15, 0.05)
    assert outlier_threshold(tight, "rail") == 0.06
    assert outlier_threshold(wide, "rail") == pytest.approx(3 * spread)
    assert outlier_threshold(wide, "graham") == 0.06
    assert outlier_threshold(tight, "graham") == pytest.approx(3 * spread / 100)
    assert np.isnan(outlier_threshold(np.array([np.nan]), "rail"))


@pytest.mark.parametrize(
    "function", [lambda name: z_phot_at([1.0], 0.1, name), lambda name: outlier_threshold([1.0], name)]
)
def test_an_unknown_convention_lists_the_known(function):
    with pytest.raises(PhotozError, match="graham, pita, rail, sdss"):
        function("pitta")
    assert sorted(CONVENTIONS) == sorted(CONVENTION_NAMES)


def test_running_median_and_scatter_against_a_loop():
    rng = np.random.default_rng(0)
    by, dz = rng.uniform(20, 26, 100), rng.normal(0, 0.1, 100)
    by[:3], dz[3:5] = np.nan, np.nan
    result = running_metrics(by, dz, bins=5)
    known = sorted((b, d) for b, d in zip(by, dz, strict=True) if b == b and d == d)
    assert list(result["n"]) == [19] * 5
    for i in range(5):
        b, d = (np.array(values) for values in zip(*known[19 * i : 19 * i + 19], strict=True))
        assert result["center"][i] == sorted(b)[9]
        assert result["median"][i] == sorted(d)[9]
        assert result["scatter"][i] == pytest.approx(1.4826 * sorted(abs(d - sorted(d)[9]))[9])


def test_running_metrics_of_few_and_of_none():
    assert list(running_metrics(np.arange(12.0), np.zeros(12))["n"]) == [12]
    assert list(running_metrics(np.array([21.0]), np.array([0.1]))["median"]) == [0.1]
    assert running_metrics(np.full(3, np.nan), np.zeros(3))["center"].size == 0
