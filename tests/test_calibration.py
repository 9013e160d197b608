"""Temperature scaling: it finds how much too narrow PDFs are, and leaves right ones alone."""

import numpy as np
import pytest
from scipy.stats import norm

from photoz_core.calibration import temperature, tempered
from photoz_core.metrics.pdf import coverage
from photoz_core.pdfs import Pdfs

EDGES = np.linspace(0, 2, 401)


def gaussians(count, claimed, true=0.05, seed=0):
    """PDFs of width `claimed`, and redshifts that scatter by `true` about their means."""
    rng = np.random.default_rng(seed)
    mean = rng.uniform(0.5, 1.5, count)
    return Pdfs.from_cdf(EDGES, norm.cdf(EDGES, mean[:, None], claimed)), rng.normal(mean, true)


def test_a_gaussian_to_the_power_one_over_t_is_wider_by_the_root_of_t():
    pdfs, _ = gaussians(20, 0.05)
    wide, _ = gaussians(20, 0.05 * np.sqrt(3))
    np.testing.assert_allclose(tempered(pdfs, 3.0).density, wide.density, atol=0.02)
    assert tempered(pdfs, 1.0) is pdfs
    np.testing.assert_allclose((tempered(pdfs, 0.3).density * np.diff(EDGES)).sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize(("claimed", "expected"), [(0.025, 4.0), (0.05, 1.0), (0.08, 0.39)])
def test_the_temperature_undoes_a_wrong_width(claimed, expected):
    pdfs, z = gaussians(4000, claimed)
    value = temperature(pdfs, z)
    assert value == pytest.approx(expected, rel=0.12)
    fresh, z = gaussians(4000, claimed, seed=1)
    assert coverage(tempered(fresh, value).cdf(z), 0.68) == pytest.approx(0.68, abs=0.03)


def test_few_labels_teach_nothing():
    pdfs, z = gaussians(40, 0.01)
    z[9:] = np.nan
    assert temperature(pdfs, z) == 1.0


def test_objects_without_a_pdf_stay_without_one():
    pdfs, z = gaussians(50, 0.02)
    pdfs.density[3] = np.nan
    result = tempered(pdfs, temperature(pdfs, z))
    assert np.isnan(result.density[3]).all()
    assert np.isfinite(np.delete(result.density, 3, 0)).all()
