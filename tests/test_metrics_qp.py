"""PDF metrics against qp, the field's own code, on the file that it reads."""

import math

import numpy as np
import pytest
import qp
from qp.metrics import PIT as QpPIT
from qp.metrics import CDELossMetric
from qp.metrics.brier import Brier
from qp.metrics.goodness_of_fit import goodness_of_fit_metrics
from qp.metrics.metrics import calculate_outlier_rate
from scipy import stats

from photoz_core.metrics import pdf
from photoz_core.pdfs import Pdfs

RNG = np.random.default_rng(0)
EDGES = np.linspace(0, 4, 401)
MU, SIGMA = RNG.uniform(0.8, 3.2, 1500), RNG.uniform(0.03, 0.15, 1500)
Z_SPEC = RNG.normal(MU, SIGMA)
PDFS = Pdfs.from_cdf(EDGES, stats.norm.cdf(EDGES, MU[:, None], SIGMA[:, None]))
PIT = PDFS.cdf(Z_SPEC)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    """`PDFS` as qp reads the file that they save."""
    path = tmp_path_factory.mktemp("pdf") / "pdf.hdf5"
    PDFS.save(path, np.arange(len(PDFS)).astype(str))
    return qp.read(path)


@pytest.mark.filterwarnings("ignore::UserWarning:scipy", "ignore:.*variant.*", "ignore:p-value capped")
def test_goodness_equals_qp(ensemble):
    theirs, ours = QpPIT(ensemble, Z_SPEC), pdf.goodness(PIT)
    assert np.allclose(theirs.pit_samps, PIT, atol=1e-6)
    assert ours["ks"] == pytest.approx(theirs.evaluate_PIT_KS().statistic, abs=1e-6)
    assert ours["ks_p"] == pytest.approx(theirs.evaluate_PIT_KS().pvalue, abs=1e-4)
    assert ours["cvm"] == pytest.approx(theirs.evaluate_PIT_CvM().statistic, abs=1e-5)
    assert ours["cvm_p"] == pytest.approx(theirs.evaluate_PIT_CvM().pvalue, abs=1e-4)
    assert ours["ad_qp"] == pytest.approx(theirs.evaluate_PIT_anderson_ksamp().statistic, abs=1e-3)


def test_anderson_darling_equals_qps_one_sample_statistic_and_a_loop():
    found = pdf.goodness(PIT)["ad"]
    assert found == pytest.approx(goodness_of_fit_metrics["ad"](stats.uniform(), PIT), rel=1e-9)
    u, n = sorted(PIT), len(PIT)
    terms = [(2 * i - 1) * (math.log(u[i - 1]) + math.log(1 - u[n - i])) for i in range(1, n + 1)]
    assert found == pytest.approx(-n - sum(terms) / n, rel=1e-9)
    assert math.isfinite(pdf.goodness(np.array([0.0, 0.3, 1.0]))["ad"])


def test_cde_loss_equals_qp_on_a_grid_within_the_bins(ensemble):
    """Trapezoids between ten midpoints a bin are exact for densities in bins, and the nearest one shares z's bin."""
    grid = (np.arange(4000) + 0.5) / 1000
    assert pdf.cde_loss(PDFS, Z_SPEC) == pytest.approx(CDELossMetric(grid).evaluate(ensemble, Z_SPEC), rel=1e-5)


def test_brier_equals_qp_of_the_probabilities_of_bins():
    mass = PDFS.density * np.diff(EDGES)
    truth = np.stack([np.histogram(z, EDGES)[0] for z in Z_SPEC])
    assert pdf.brier(PDFS, Z_SPEC) == pytest.approx(Brier(mass, truth).evaluate(), rel=1e-6)


def test_pit_outliers_by_count_and_near_qps_interpolated_rate():
    pits = np.array([0, 5e-5, 1e-4, 0.5, 0.9999, 0.99995, 1])
    assert pdf.goodness(pits)["pit_outliers"] == pytest.approx(4 / 7)
    many, levels = np.random.default_rng(1).random(20_000), np.linspace(0, 1, 100)
    many[::10] *= 1e-4
    quantiles = QpPIT._produce_output_ensemble(np.quantile(many, levels), levels)
    assert pdf.goodness(many)["pit_outliers"] == pytest.approx(calculate_outlier_rate(quantiles)[0], abs=0.01)
