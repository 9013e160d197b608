"""The Photo-z diagrams and table: what is drawn, against loops, closed forms and datashader."""

import datashader as ds
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import photoz_figures as figures
from dashboard.metrics_table import Line, bin_label, number, table_html
from dashboard.photoz_sample import Sample, resamples, round_edges


def sample(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    z_spec = rng.uniform(0, 3, count)
    return z_spec, z_spec + rng.normal(0, 0.05, count) * (1 + z_spec)


def test_density_counts_as_datashader_does():
    x, y = sample(5000)
    canvas = ds.Canvas(figures.CELLS, figures.CELLS, x_range=(0, 3), y_range=(-0.5, 3.5))
    frame = pd.DataFrame({"x": x.astype("f4"), "y": y.astype("f4")})
    expected = canvas.points(frame, "x", "y", ds.count()).to_numpy()
    found = figures.density(x, y, (0, 3), (-0.5, 3.5))
    assert np.array_equal(np.nan_to_num(found), expected)
    assert np.array_equal(np.isnan(found), expected == 0)


@pytest.mark.parametrize("count", [figures.POINTS, figures.POINTS + 1])
def test_few_objects_are_points_and_many_a_density(count):
    x, y = sample(count)
    chart = figures.redshift_chart()
    figures.show_redshifts(chart, x, y, np.zeros(count, bool), (0, 4), 0.15, "pita")
    dense = count > figures.POINTS
    assert len(chart.sources["points"].data["x"]) == (0 if dense else count)
    assert len(chart.sources["raster"].data["image"]) == dense


def test_redshift_diagram_draws_the_lines_the_selection_and_counts_what_is_outside():
    z_spec = np.array([0.0, 1.0, 2.0, 9.0, np.nan])
    z_phot = np.array([0.1, 1.0, 5.0, 2.0, 1.0])
    chart = figures.redshift_chart()
    marked = np.array([True, False, False, False, True])
    figures.show_redshifts(chart, z_spec, z_phot, marked, (0.0, 3.0), 0.15, "pita")
    lines = chart.sources["lines"].data
    assert list(lines["x"]) == list(lines["one"]) == [0, 3]
    assert lines["low"] == pytest.approx([-0.15, 2.4])
    assert lines["high"] == pytest.approx([0.15, 3.6])
    assert list(chart.sources["selected"].data["x"]) == [0.0]
    assert chart.figure.title.text == "4 objects · 2 outside"
    assert (chart.figure.x_range.start, chart.figure.y_range.end) == (0, 3)


def test_histogram_holds_every_object_within_its_limits():
    residual = np.array([-0.5, -0.1, 0.0, 0.02, 0.1, 0.19, np.nan])
    chart = figures.histogram_chart()
    metrics = {"bias": -0.05, "scatter": 0.1}
    figures.show_histogram(chart, residual, metrics, 0.2, 0.15, "pita")
    bars, marks = chart.sources["bars"].data, chart.sources["marks"].data
    for left, right, top in zip(bars["left"], bars["right"], bars["top"], strict=True):
        assert top == sum(left <= value < right for value in residual)
    assert sum(bars["top"]) == 5
    assert list(marks["x"]) == pytest.approx([-0.05, 0.01 - 0.1, 0.01 + 0.1, -0.15, 0.15])
    assert chart.figure.title.text == "bias −0.0500 · σ_NMAD 0.1000 · 16.7 % beyond ±0.20"


def test_residuals_along_a_property():
    by, residual = np.array([20.0, 21, 22, np.nan]), np.array([0.1, -0.3, 0.0, 0.0])
    chart = figures.residual_chart("mag")
    figures.show_residuals(chart, by, residual, np.zeros(4, bool), 0.2, 0.15)
    band = chart.sources["band"].data
    assert (list(band["center"]), list(band["median"])) == ([21.0], [0.0])
    assert band["high"][0] - band["median"][0] == pytest.approx(1.4826 * 0.1)
    assert chart.figure.title.text == "median ± σ_NMAD · 1 outside"


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [0.7]])
def test_nothing_nan_and_one_object_can_be_drawn(values):
    values = np.array(values)
    marked, residual = np.zeros(values.size, bool), np.zeros(values.size) + values * 0
    limits = figures.redshift_limits(values, values)
    assert limits[0] <= 0 < limits[1]
    assert 0 < figures.residual_limit(residual, 0.15) < 1
    figures.show_redshifts(figures.redshift_chart(), values, values, marked, limits, 0.15, "pita")
    metrics = {"bias": np.nan, "scatter": np.nan}
    chart = figures.histogram_chart()
    figures.show_histogram(chart, residual, metrics, 0.3, np.nan, "rail")
    assert list(chart.sources["marks"].data["x"]) == []
    figures.show_residuals(figures.residual_chart("z"), values, residual, marked, 0.3, np.nan)


def test_residual_limit_shows_the_threshold_and_not_a_lone_wild_value():
    quiet = np.random.default_rng(0).normal(0, 0.01, 1000)
    assert figures.residual_limit(quiet, 0.15) == pytest.approx(0.21)
    assert figures.residual_limit(np.append(quiet, 50.0), 0.15) == pytest.approx(0.21)
    wide = quiet * 20
    assert 0.21 < figures.residual_limit(wide, 0.15) <= 1.05 * np.abs(wide).max()


@given(st.lists(st.floats(-1e3, 1e3), max_size=50))
def test_round_edges_hold_every_value_in_rising_bins(values):
    edges = round_edges(np.array(values, float))
    assert (edges[0], edges[-1]) == (-np.inf, np.inf)
    assert (np.diff(edges) > 0).all()
    assert len(edges) < 20


def test_round_edges_of_magnitudes_are_what_one_would_choose():
    assert list(round_edges(np.linspace(20, 26, 1000))[1:-1]) == [21, 22, 23, 24, 25]
    assert round_edges(np.linspace(0, 0.3, 1000))[1:-1] == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.25])


def test_bootstrap_takes_a_thousand_resamples_while_they_are_cheap():
    assert [resamples(count) for count in (0, 1000, 10_000, 10**7)] == [1000, 1000, 300, 100]


def test_sample_takes_counts_and_finds_outliers():
    z_spec = np.array([1.0, 1.0, np.nan, 0.5])
    z_phot = np.array([1.0, 2.0, 1.0, np.nan])
    whole = Sample(np.array([3, 5, 8, 9]), z_spec, z_phot, np.array([20.0, 23, 24, 25]), "m")
    assert (len(whole), whole.known) == (4, 3)
    assert list(whole.outliers("pita")) == [5]
    assert list(whole.take(z_spec == 1).rows) == [3, 5]
    found = whole.metrics("pita")
    assert (found["n"], found["missing"], found["outliers"]) == (3, 1, pytest.approx(2 / 3))
    assert sum(row["n"] for row in whole.binned(whole.magnitude, "pita")) == 3


def test_table_escapes_names_and_leaves_out_what_is_not_known():
    metrics = {"n": 1234, "missing": 0, "bias": -0.0123, "bias_error": np.nan, "scatter": np.nan}
    metrics |= {"scatter_error": np.nan, "outliers": 0.025, "outliers_error": 0.004}
    html = table_html([Line("<b>", metrics, main=True), Line("by z")], "rail")
    assert "&lt;b&gt;" in html and "<b>" not in html
    assert ">1,234<" in html and ">−0.0123<" in html and "2.5 <small>± 0.4</small>" in html
    assert "σ_IQR" in html and 'colspan="6">by z<' in html
    assert [number(np.nan, 2), number(-1.5, 1)] == ["–", "−1.5"]


def test_open_bins_are_named_by_their_one_edge():
    labels = [bin_label(-np.inf, 21), bin_label(21, 22.5), bin_label(22.5, np.inf), bin_label(-np.inf, np.inf)]
    assert labels == ["< 21", "21 – 22.5", "≥ 22.5", "all"]
