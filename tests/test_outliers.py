"""Scores of oddness against loops, scikit-learn and closed forms; an injected outlier is found."""

import numpy as np
import pytest
from made_runs import gaussian_pdfs
from scipy.stats import norm
from sklearn.ensemble import IsolationForest

from photoz_core import outliers
from photoz_core.metrics.pdf import DENSITY_FLOOR
from photoz_core.metrics.point import point_metrics
from photoz_core.outliers import catastrophic, isolation_forest, knn_distance, pdf_doubt, pdf_surprise, pit_tail
from photoz_core.pdfs import Pdfs


@pytest.fixture
def latents():
    return np.random.default_rng(0).normal(size=(160, 5)).astype("f4") + 30  # far from zero: rounding shows


def by_loop(latents, among, k):
    """Distance of each row to the k-th nearest other one among some rows."""
    found = []
    for i, own in enumerate(latents.astype(float)):
        lengths = [np.sqrt(np.sum((own - latents[j]) ** 2)) for j in among if j != i]
        found.append(sorted(lengths)[min(k, len(lengths)) - 1])
    return np.array(found)


def test_knn_distance_is_that_of_a_loop(latents):
    np.testing.assert_allclose(knn_distance(latents), by_loop(latents, range(160), 10), rtol=1e-5)
    np.testing.assert_allclose(knn_distance(latents, 3), by_loop(latents, range(160), 3), rtol=1e-5)


def test_of_many_objects_a_sample_stands_for_all(latents, monkeypatch):
    monkeypatch.setattr(outliers, "REFERENCE", 40)
    sample = np.random.default_rng(2).permutation(160)[:40]
    np.testing.assert_allclose(knn_distance(latents, 4, seed=2), by_loop(latents, sample, 4), rtol=1e-5)


def test_twins_are_at_no_distance_from_each_other():
    assert knn_distance(np.repeat(np.eye(3, dtype="f4"), 4, axis=0), 3).tolist() == [0] * 12


def test_isolation_forest_is_scikit_learns(latents):
    expected = -IsolationForest(random_state=5).fit(latents).score_samples(latents)
    np.testing.assert_array_equal(isolation_forest(latents, seed=5), expected)
    assert not np.array_equal(isolation_forest(latents, seed=6), expected)


@pytest.mark.parametrize("score", [knn_distance, isolation_forest])
def test_an_injected_outlier_ranks_first(latents, score):
    random = np.random.default_rng(3).random(160)
    assert 77 not in (score(latents).argmax(), random.argmax())  # the controls: not odd yet, and a score of no sense
    latents[77] += 9
    assert score(latents).argmax() == 77


@pytest.mark.parametrize("score", [knn_distance, isolation_forest])
def test_what_cannot_be_scored_is_nan_and_disturbs_nobody(latents, score):
    broken = latents.copy()
    broken[3, 2] = np.nan
    found = score(broken)
    assert np.flatnonzero(np.isnan(found)).tolist() == [3]
    np.testing.assert_array_equal(np.delete(found, 3), score(np.delete(latents, 3, axis=0)))
    assert np.isnan(score(latents[:1])).tolist() == [True] and score(latents[:0]).shape == (0,)
    assert np.isfinite(score(latents[:2])).all()


def test_surprise_and_tails_are_those_of_gaussians():
    mean, z_spec = np.array([1.0, 1.0, 2.0, 1.5, 1.5]), np.array([1.0, 1.2, 1.6, 9.0, np.nan])
    pdfs = gaussian_pdfs(mean, np.full(5, 0.2), bins=4000)
    np.testing.assert_allclose(pdf_surprise(pdfs, z_spec)[:3], -norm.logpdf(z_spec[:3], mean[:3], 0.2), atol=5e-3)
    np.testing.assert_allclose(pit_tail(pdfs, z_spec)[:3], np.abs(norm.cdf(z_spec - mean, 0, 0.2)[:3] - 0.5), atol=1e-3)
    assert pdf_surprise(pdfs, z_spec)[3] == pytest.approx(-np.log(DENSITY_FLOOR)) and pit_tail(pdfs, z_spec)[3] == 0.5
    assert np.isnan(pdf_surprise(pdfs, z_spec)[4]) and np.isnan(pit_tail(pdfs, z_spec)[4])


def test_without_a_pdf_there_is_no_surprise():
    pdfs = Pdfs(np.array([0.0, 1.0, 2.0]), np.array([[0.5, 0.5], [np.nan, np.nan]], "f4"))
    assert np.isnan(pdf_surprise(pdfs, np.ones(2))).tolist() == [False, True]
    assert np.isnan(pit_tail(pdfs, np.ones(2))).tolist() == [False, True]


def test_catastrophic_are_the_outliers_of_the_metrics():
    rng = np.random.default_rng(4)
    z_spec, z_phot = rng.uniform(0, 3, 400), rng.uniform(0, 3, 400)
    z_spec[::5], z_phot[::7] = np.nan, np.nan
    found = catastrophic(z_spec, z_phot)
    for known, said, is_one in zip(z_spec, z_phot, found, strict=True):
        assert is_one == (known == known and not abs(known - said) <= 0.15 * (1 + known))
    share = point_metrics(z_spec, z_phot, resamples=0)["outliers"]
    assert found.sum() / np.isfinite(z_spec).sum() == pytest.approx(share) and 0.1 < share < 0.99
    assert not catastrophic(np.full(3, np.nan), np.ones(3)).any()


def test_doubt_is_the_probability_that_draws_from_the_pdf_are_far_from_z_phot():
    mean, sigma = np.array([0.5, 1.0, 2.0, 1.5]), np.array([0.02, 0.15, 0.4, 0.3])
    doubt = pdf_doubt(gaussian_pdfs(mean, sigma, top=8.0, bins=4000))
    draws = mean + sigma * np.random.default_rng(0).normal(size=(200_000, 4))
    np.testing.assert_allclose(doubt, (np.abs(draws - mean) / (1 + draws) > 0.15).mean(0), atol=4e-3)
    edges, two = np.linspace(0, 4, 41), np.zeros((2, 40))
    two[0, [5, 30]], two[1] = (6.0, 4.0), np.nan  # two peaks, the lower one holds the median; no PDF at all
    found = pdf_doubt(Pdfs(edges, two.astype("f4")))
    assert found[0] == pytest.approx(0.4, abs=1e-6) and np.isnan(found[1])
