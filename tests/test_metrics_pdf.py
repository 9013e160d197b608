"""PDF metrics against closed forms, quadrature and loops; calibrated PDFs pass and others fail."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from photoz_core.errors import PhotozError
from photoz_core.metrics import pdf
from photoz_core.pdfs import Pdfs

RNG = np.random.default_rng(0)
EDGES = np.linspace(0, 4, 401)
MU, SIGMA = RNG.uniform(0.8, 3.2, 1500), RNG.uniform(0.03, 0.15, 1500)
Z_SPEC = RNG.normal(MU, SIGMA)
UNEVEN = np.array([0.0, 0.1, 0.3, 0.35, 1.0, 2.5])
EMPTY = Pdfs(EDGES, np.empty((0, 400), np.float32))


def gaussians(mu=MU, sigma=SIGMA, edges=EDGES):
    return Pdfs.from_cdf(edges, stats.norm.cdf(edges, np.asarray(mu)[:, None], np.asarray(sigma)[:, None]))


PDFS = gaussians()
PIT = PDFS.cdf(Z_SPEC)


def test_cde_loss_of_gaussians_equals_the_closed_form():
    """∫ N(z; μ, σ)² dz = 1 / (2 σ √π)."""
    expected = np.mean(1 / (2 * SIGMA * np.sqrt(np.pi)) - 2 * stats.norm.pdf(Z_SPEC, MU, SIGMA))
    fine = gaussians(edges=np.linspace(0, 4, 4001))
    assert pdf.cde_loss(fine, Z_SPEC) == pytest.approx(expected, rel=1e-3)


def test_crps_of_gaussians_equals_the_closed_form():
    """σ [w (2Φ(w) − 1) + 2φ(w) − 1/√π], w = (z − μ) / σ (Gneiting & Raftery 2007)."""
    w = (Z_SPEC - MU) / SIGMA
    expected = SIGMA * (w * (2 * stats.norm.cdf(w) - 1) + 2 * stats.norm.pdf(w) - 1 / np.sqrt(np.pi))
    fine = gaussians(edges=np.linspace(0, 4, 4001))
    assert pdf.crps(fine, Z_SPEC) == pytest.approx(expected.mean(), rel=1e-4)
    assert pdf.crps(fine.take([7]), Z_SPEC[[7]]) == pytest.approx(expected[7], rel=1e-3)


def crps_by_quadrature(edges, mass, z):
    """Midpoints of many intervals, from below everything to above everything; the CDF is NumPy's interpolation."""
    ends = np.unique(np.concatenate([edges, [z, edges[0] - 1, edges[-1] + 1]]))
    cumulative, total = np.append(0, np.cumsum(mass)) / np.sum(mass), 0.0
    for low, high in itertools.pairwise(ends):
        t = low + (high - low) * (np.arange(400) + 0.5) / 400
        total += (high - low) * np.mean((np.interp(t, edges, cumulative) - (t >= z)) ** 2)
    return total


@given(
    st.lists(st.sampled_from([0.0, 1e-4, 0.2, 0.5, 1.0]), min_size=5, max_size=5).filter(any),
    st.sampled_from([-3.0, -0.5, 0.0, 0.05, 0.1, 0.32, 0.35, 0.99, 1.0, 2.5, 2.6, 7.0]),
)
@settings(max_examples=150)
def test_crps_is_exact_inside_a_bin_on_an_edge_and_beyond(mass, z):
    pdfs = Pdfs.from_cdf(UNEVEN, np.append(0, np.cumsum(mass))[None])
    assert pdf.crps(pdfs, np.array([z])) == pytest.approx(crps_by_quadrature(UNEVEN, mass, z), abs=2e-5)


def test_crps_of_all_probability_in_a_narrow_bin_is_the_distance():
    edges = np.array([0.0, 1, 1 + 1e-6, 3])
    delta = Pdfs.from_cdf(edges, np.array([[0.0, 0, 1, 1]] * 4))
    z = np.array([-0.5, 0.4, 2.9, 3.5])
    for i in range(4):
        assert pdf.crps(delta.take([i]), z[[i]]) == pytest.approx(abs(z[i] - 1), abs=2e-6)


def test_log_score_by_loop_and_its_floor():
    z = np.array([0.05, 0.2, 0.5, 9.0])
    pdfs = Pdfs.from_cdf(UNEVEN, np.array([[0, 0.2, 0.2, 0.5, 1, 1.0]] * 4))
    densities = [2.0, pdf.DENSITY_FLOOR, 0.5 / 0.65, pdf.DENSITY_FLOOR]
    score, floored = pdf.log_score(pdfs, z)
    assert score == pytest.approx(-sum(math.log(density) for density in densities) / 4) and floored == 2


@pytest.mark.parametrize("level", [0.5, 0.68, 0.95, 0.99])
def test_calibrated_gaussians_are_covered_and_narrow_ones_less(level):
    half = stats.norm.ppf(0.5 + level / 2)
    share = np.mean(np.abs(Z_SPEC - MU) <= half * SIGMA)
    assert pdf.coverage(PIT, level) == pytest.approx(share, abs=2 / 1500)
    assert pdf.coverage(PIT, level) == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / 1500))
    narrow = gaussians(sigma=SIGMA / 2).cdf(Z_SPEC)
    expected = 2 * stats.norm.cdf(half / 2) - 1
    assert pdf.coverage(narrow, level) == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 1500))


def test_pdf_outliers_lie_beyond_three_sigma():
    z = MU + SIGMA * np.resize([0, 2.9, -2.9, 3.1, -3.1, 9], len(MU))
    assert pdf.pdf_outliers(gaussians(edges=np.linspace(0, 4, 2001)).cdf(z)) == pytest.approx(0.5)


def test_exact_pdfs_pass_and_biased_and_narrow_ones_fail():
    assert pdf.goodness(PIT)["ks_p"] > 0.01 and pdf.goodness(PIT)["cvm_p"] > 0.01
    good = pdf.pdf_metrics(PDFS, Z_SPEC)
    for wrong in (gaussians(mu=MU + 0.05), gaussians(sigma=SIGMA / 2), gaussians(sigma=SIGMA * 2)):
        found = pdf.pdf_metrics(wrong, Z_SPEC)
        assert found["ks_p"] < 1e-6 and found["cvm_p"] < 1e-6
        for name in ("ks", "cvm", "ad", "ad_qp", "qq_rmse", "cde_loss", "crps", "log_score"):
            assert found[name] > good[name], name  # proper scores are least for the truth


@pytest.mark.parametrize("scale", [0, 0.1, 0.5, 0.9])
def test_pits_far_from_uniform_have_no_chance(scale):
    """SciPy's Cramér-von Mises p-value drowns in its own rounding there."""
    found = pdf.goodness(np.random.default_rng(6).random(100_000) * scale)
    assert found["ks_p"] < 1e-20 and found["cvm_p"] == 0


def test_a_prior_alone_is_calibrated_but_not_sharp():
    """trainZ: everybody gets the distribution of all."""
    counts = np.histogram(Z_SPEC, EDGES[::10])[0]
    prior = Pdfs.from_cdf(EDGES[::10], np.tile(np.append(0, np.cumsum(counts)), (1500, 1)))
    found, good = pdf.pdf_metrics(prior, Z_SPEC), pdf.pdf_metrics(PDFS, Z_SPEC)
    assert found["ks_p"] > 0.5
    assert found["crps"] > 3 * good["crps"] and found["cde_loss"] > good["cde_loss"] + 1


def test_histogram_and_its_band():
    found = pdf.pit_histogram(np.append(PIT, np.nan), 10)
    by_loop = [sum(i / 10 <= u < (i + 1) / 10 for u in PIT) for i in range(10)]
    assert found["counts"].tolist() == by_loop and found["expected"] == 150
    drawn = np.random.default_rng(2).random((4000, 1500)) < 0.1
    assert found["band"] == pytest.approx(drawn.sum(1).std(), rel=0.05)


def test_qq_band_holds_what_it_says():
    levels, rng = np.array([0.05, 0.5, 0.95]), np.random.default_rng(3)
    inside = []
    for _ in range(1000):
        found = pdf.qq(rng.random(99), levels)
        inside.append((found["low"] <= found["quantiles"]) & (found["quantiles"] <= found["high"]))
    assert np.allclose(np.mean(inside, 0), 0.95, atol=4 * math.sqrt(0.95 * 0.05 / 1000))
    assert found["rmse"] == pytest.approx(math.sqrt(sum((found["quantiles"] - levels) ** 2) / 3))


def test_qq_of_evenly_spaced_pits_is_the_diagonal():
    found = pdf.qq((np.arange(99) + 1) / 100)
    assert found["rmse"] == pytest.approx(0, abs=1e-12)
    assert pdf.qq(np.full(99, 0.5))["rmse"] == pytest.approx(0.49 / math.sqrt(3), rel=0.01)


def test_errors_equal_a_bootstrap():
    found, rng = pdf.pdf_metrics(PDFS, Z_SPEC), np.random.default_rng(4)
    drawn = {name: [] for name in ("cde_loss", "crps", "brier", "coverage_68")}
    for _ in range(100):
        rows = rng.integers(0, 1500, 1500)
        part, z = PDFS.take(rows), Z_SPEC[rows]
        drawn["cde_loss"].append(pdf.cde_loss(part, z))
        drawn["crps"].append(pdf.crps(part, z))
        drawn["brier"].append(pdf.brier(part, z))
        drawn["coverage_68"].append(pdf.coverage(part.cdf(z), 0.68))
    for name, values in drawn.items():
        assert found[f"{name}_error"] == pytest.approx(np.std(values), rel=0.3), name


def test_all_metrics_in_one_pass_equal_the_single_ones(monkeypatch):
    monkeypatch.setattr("photoz_core.pdfs.CHUNK", 7 * len(EDGES))  # 215 blocks
    found = pdf.pdf_metrics(PDFS, Z_SPEC)
    single = {"cde_loss": pdf.cde_loss, "crps": pdf.crps, "brier": pdf.brier}
    for name, metric in single.items():
        assert found[name] == pytest.approx(metric(PDFS, Z_SPEC), rel=1e-12), name
    assert (found["log_score"], found["log_score_floored"]) == pytest.approx(pdf.log_score(PDFS, Z_SPEC))
    assert (found["n"], found["missing"]) == (1500, 0)


def test_missing_pdfs_are_counted_and_enter_nothing():
    holed = Pdfs(EDGES, np.where(np.arange(1500)[:, None] < 100, np.nan, PDFS.density).astype("f4"))
    z = np.where(np.arange(1500) < 60, Z_SPEC, np.nan)  # 60 with z but no PDF, 40 with neither
    z[100:] = Z_SPEC[100:]
    z[0] = 9  # beyond the edges
    z[1400:] = np.inf
    found, expected = pdf.pdf_metrics(holed, z), pdf.pdf_metrics(PDFS.take(slice(100, 1400)), Z_SPEC[100:1400])
    assert (found.pop("n"), found.pop("missing")) == (1360, 60)
    assert (expected.pop("n"), expected.pop("missing")) == (1300, 0)
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("pdfs", [EMPTY, Pdfs(EDGES, np.full((3, 400), np.nan, "f4")), PDFS.take([0, 1])])
def test_nothing_known_gives_nan(pdfs):
    z = np.ones(len(pdfs)) if np.isnan(pdfs.density).all() else np.full(len(pdfs), np.nan)
    found = pdf.pdf_metrics(pdfs, z)
    assert found.pop("n") == found.pop("missing") == np.isfinite(z).sum()
    assert found.pop("log_score_floored") == 0
    assert all(math.isnan(value) for value in found.values())
    assert math.isnan(pdf.pdf_outliers(np.empty(0))) and pdf.pit_histogram(np.full(3, np.nan))["counts"].sum() == 0


def test_one_object_has_scores_but_no_errors_nor_goodness():
    found = pdf.pdf_metrics(PDFS.take([3]), Z_SPEC[[3]])
    assert found["n"] == 1 and found["crps"] > 0 and found["cde_loss"] == pdf.cde_loss(PDFS.take([3]), Z_SPEC[[3]])
    assert math.isnan(found["crps_error"]) and math.isnan(found["ks"]) and found["coverage_95"] in (0, 1)


def test_beyond_the_edges_is_an_outlier_of_finite_scores():
    found = pdf.pdf_metrics(PDFS.take([0, 1, 2]), np.array([-0.1, 4.5, 12]))
    assert found["pdf_outliers"] == found["pit_outliers"] == 1 and found["coverage_95"] == 0
    assert found["log_score_floored"] == 3 and found["log_score"] == pytest.approx(-math.log(pdf.DENSITY_FLOOR))
    assert all(math.isfinite(value) for value in found.values())


def test_rows_must_be_aligned():
    with pytest.raises(PhotozError, match=r"row-aligned"):
        pdf.pdf_metrics(PDFS, Z_SPEC[:-1])
