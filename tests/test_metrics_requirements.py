"""LSST's limits against loops and NumPy's percentiles."""

import numpy as np
import pytest

from photoz_core.metrics.requirements import requirements


def test_requirements_are_met_by_good_redshifts_and_not_by_bad_ones():
    rng = np.random.default_rng(5)
    z = rng.uniform(0, 3, 20_001)
    e = rng.normal(0, 0.03, z.size)
    lines = {line["name"]: line for line in requirements(z, z + e * (1 + z))}
    assert lines["scatter"]["value"] == pytest.approx((np.percentile(e, 75) - np.percentile(e, 25)) / 1.349)
    assert lines["bias"]["value"] == pytest.approx(abs(sorted(e)[10_000]))
    assert lines["outliers"]["value"] == pytest.approx(np.mean(np.abs(e) > 3 * lines["scatter"]["value"]))
    assert all(line["met"] for line in lines.values()) and lines["scatter"]["value"] > lines["scatter"]["goal"]
    e = np.where(rng.random(z.size) < 0.15, 0.9, 3 * e + 0.02)
    assert not any(line["met"] for line in requirements(z, z + e * (1 + z)))
    for shift in (-0.02, 0.02):
        assert [line["met"] for line in requirements(z, z + shift * (1 + z)) if line["name"] == "bias"] == [False]


def test_requirements_count_a_missing_redshift_as_an_outlier():
    z = np.linspace(0.1, 3, 1000)
    phot = z + 0.01 * np.sin(np.arange(1000)) * (1 + z)
    phot[:200] = np.nan
    found = {line["name"]: line for line in requirements(np.append(z, np.nan), np.append(phot, 1))}
    assert found["outliers"]["value"] == pytest.approx(0.2) and not found["outliers"]["met"] and found["bias"]["met"]
    for nothing in (np.empty(0), np.full(3, np.nan)):
        assert not any(line["met"] for line in requirements(nothing, nothing))
