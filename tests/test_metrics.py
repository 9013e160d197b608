"""Metrics against loops, scikit-learn and closed forms, in every convention."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from photoz_core.errors import PhotozError
from photoz_core.metrics.latent import knn_r2, map_trustworthiness
from photoz_core.metrics.point import CONVENTIONS, binned_metrics, delta_z, outlier_fraction, point_metrics, sigma_nmad

RNG = np.random.default_rng(0)
Z_SPEC = RNG.uniform(0.1, 3, 501)
Z_PHOT = Z_SPEC + 0.05 * (1 + Z_SPEC) * RNG.standard_t(2, 501) + 0.01


def by_loop(convention):
    """The definitions of each convention, an object at a time."""
    sign = -1 if convention == "rail" else 1
    dz = []
    for spec, phot in zip(Z_SPEC, Z_PHOT, strict=True):
        dz.append(sign * (spec - phot) / (1 + (phot if convention == "graham" else spec)))
    ordered = sorted(dz)
    median = ordered[len(dz) // 2]
    quartiles = np.percentile(dz, [25, 75])
    iqr = (quartiles[1] - quartiles[0]) / 1.349
    inside = [d for d in dz if quartiles[0] <= d <= quartiles[1]]
    bias = {"rail": median, "graham": sum(inside) / len(inside)}.get(convention, sum(dz) / len(dz))
    nmad = 1.4826 * sorted(abs(d - median) for d in dz)[len(dz) // 2]
    threshold = {"rail": max(0.06, 3 * iqr), "graham": min(0.06, 3 * iqr), "sdss": 0.05}.get(convention, 0.15)
    scatter = iqr if convention in ("rail", "graham") else nmad
    return bias, scatter, sum(abs(d) > threshold for d in dz) / len(dz)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_conventions_equal_loops(convention):
    found = point_metrics(Z_SPEC, Z_PHOT, convention, resamples=0)
    assert (found["bias"], found["scatter"], found["outliers"]) == pytest.approx(by_loop(convention), rel=1e-9)


def test_bias_changes_sign_between_conventions_and_nothing_else():
    pita, rail = delta_z(Z_SPEC, Z_PHOT, "pita"), delta_z(Z_SPEC, Z_PHOT, "rail")
    assert np.allclose(pita, -rail)
    assert sigma_nmad(pita) == pytest.approx(sigma_nmad(rail))
    assert outlier_fraction(pita) == outlier_fraction(rail)


def test_sigma_nmad_of_a_gaussian_is_its_sigma():
    assert sigma_nmad(np.random.default_rng(1).normal(0.3, 0.02, 200_000)) == pytest.approx(0.02, rel=0.02)


def test_bootstrap_errors_equal_the_closed_forms():
    """Standard error of a mean, binomial error of a fraction."""
    dz = np.random.default_rng(2).normal(0, 0.1, 2000)
    found = point_metrics(np.zeros(2000), -dz, "pita", resamples=2000)
    assert found["bias_error"] == pytest.approx(0.1 / np.sqrt(2000), rel=0.1)
    share = found["outliers"]
    assert found["outliers_error"] == pytest.approx(np.sqrt(share * (1 - share) / 2000), rel=0.1)


def test_missing_predictions_are_outliers_and_counted_apart():
    z_spec, z_phot = np.array([1.0, 1.0, 1.0, np.nan]), np.array([1.0, np.nan, 1.0, 1.0])
    found = point_metrics(z_spec, z_phot, resamples=0)
    assert (found["n"], found["missing"]) == (3, 1)
    assert found["outliers"] == pytest.approx(1 / 3)
    assert (found["bias"], found["scatter"]) == (0, 0)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("count", [0, 1])
def test_too_few_objects_give_nan_not_an_error(convention, count):
    found = point_metrics(Z_SPEC[:count], Z_PHOT[:count], convention)
    assert found["n"] == count
    assert np.isnan(found["bias_error"])
    assert np.isnan(found["bias"]) == (count == 0)


def test_wrong_shapes_and_conventions_are_named():
    with pytest.raises(PhotozError, match=r"shape \(3,\), z_phot \(2,\)"):
        point_metrics(np.zeros(3), np.zeros(2))
    with pytest.raises(PhotozError, match="unknown convention 'desc'; known: graham, pita, rail, sdss"):
        point_metrics(Z_SPEC, Z_PHOT, "desc")


def test_bins_cover_every_object_once():
    magnitude = RNG.uniform(20, 26, Z_SPEC.size)
    magnitude[:2] = 20, 26
    rows = binned_metrics(Z_SPEC, Z_PHOT, magnitude, np.arange(20, 27.0))
    assert sum(row["n"] for row in rows) == Z_SPEC.size
    first = magnitude < 21
    assert rows[0]["bias"] == pytest.approx(np.mean((Z_SPEC - Z_PHOT)[first] / (1 + Z_SPEC[first])))
    assert (rows[0]["low"], rows[-1]["high"]) == (20, 26)


@given(st.lists(st.floats(0.01, 5), min_size=3, max_size=40), st.floats(-0.4, 0.4))
def test_a_constant_shift_is_all_bias(z_spec, shift):
    z_spec = np.array(z_spec)
    found = point_metrics(z_spec, z_spec - shift * (1 + z_spec), resamples=0)
    assert found["bias"] == pytest.approx(shift, abs=1e-9)
    assert found["scatter"] == pytest.approx(0, abs=1e-9)
    if abs(abs(shift) - 0.15) > 1e-6:  # on the threshold itself, rounding decides
        assert found["outliers"] == float(abs(shift) > 0.15)


def test_knn_r2_equals_a_loop():
    latents = RNG.normal(size=(300, 5))
    values = latents[:, 0] + 0.1 * RNG.normal(size=300)
    values[::17] = np.nan
    train, test = np.arange(300) < 200, np.arange(300) >= 200
    known = np.isfinite(values)
    votes, judged = np.flatnonzero(train & known), np.flatnonzero(test & known)
    predicted = []
    for row in judged:
        distance = ((latents[votes] - latents[row]) ** 2).sum(1)
        predicted.append(values[votes[np.argsort(distance)[:10]]].mean())
    truth = values[judged]
    expected = 1 - ((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    assert knn_r2(latents, values, train, test) == pytest.approx(expected)


def test_knn_r2_of_unrelated_latents_is_not_positive():
    """The control: latents that know nothing must not seem to."""
    latents, values = RNG.normal(size=(600, 8)), RNG.normal(size=600)
    assert knn_r2(latents, values, np.arange(600) < 400, np.arange(600) >= 400) < 0.05


@pytest.mark.parametrize("values", [np.full(50, np.nan), np.ones(50), np.r_[np.ones(48), np.nan, 2.0]])
def test_knn_r2_is_nan_where_nothing_can_be_said(values):
    latents = RNG.normal(size=(50, 3))
    assert np.isnan(knn_r2(latents, values, np.arange(50) < 40, np.arange(50) >= 48))


def test_trustworthiness_knows_a_good_map_from_a_random_one():
    plane = RNG.uniform(size=(500, 2))
    latents = np.c_[plane, np.zeros((500, 3))]
    assert map_trustworthiness(latents, plane) == pytest.approx(1)
    assert map_trustworthiness(latents, RNG.uniform(size=(500, 2))) < 0.6
    assert np.isnan(map_trustworthiness(latents[:20], plane[:20]))


def test_trustworthiness_equals_its_formula():
    k, n = 5, 60
    latents, plane = RNG.normal(size=(n, 4)), RNG.normal(size=(n, 2))
    rank = NearestNeighbors(n_neighbors=n).fit(latents).kneighbors(latents, return_distance=False)
    near = NearestNeighbors(n_neighbors=k + 1).fit(plane).kneighbors(plane, return_distance=False)[:, 1:]
    penalty = sum(max(0, list(rank[i]).index(j) - k) for i in range(n) for j in near[i])
    assert map_trustworthiness(latents, plane, k) == pytest.approx(1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty)
