"""What is drawn and written of redshift PDFs, against loops and closed forms."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from made_runs import gaussian_pdfs
from scipy.stats import norm

from dashboard import pdf_figures as figures
from dashboard.metrics_table import requirements_html
from dashboard.pdf_picture import HEAD, pdf_svg
from dashboard.pdf_table import GROUPS, pdf_table_html
from photoz_core.metrics.pdf import pdf_metrics
from photoz_core.metrics.requirements import requirements
from photoz_core.pdfs import Pdfs


def uniform_pit(count: int) -> np.ndarray:
    return np.append(np.random.default_rng(4).random(count), [np.nan] * 3)


def test_the_pit_histogram_counts_every_object_and_the_marked():
    pit = np.append(uniform_pit(197), [0.0, 1.0, 0.3])
    marked = np.arange(pit.size) % 3 == 0
    chart = figures.pit_chart()
    figures.show_pit(chart, pit, marked)
    bars, chosen = chart.sources["bars"].data, chart.sources["marked"].data
    assert len(bars["top"]) == 10 and sum(bars["top"]) == 200
    for i, (low, high) in enumerate(zip(bars["left"], bars["right"], strict=True)):
        inside = [low <= value < high or (high == 1 and value == 1) for value in pit]
        assert bars["top"][i] == sum(inside)
        assert chosen["top"][i] == sum(a and b for a, b in zip(inside, marked, strict=True))


def test_the_band_of_the_pit_histogram_is_binomial():
    chart = figures.pit_chart()
    figures.show_pit(chart, uniform_pit(400), np.zeros(403, bool))
    band, flat = chart.sources["band"].data, chart.sources["flat"].data
    assert flat["y"] == [20, 20]
    half = 1.96 * np.sqrt(400 * 0.05 * 0.95)
    assert band["low"] == pytest.approx([20 - half] * 2) and band["high"] == pytest.approx([20 + half] * 2)
    assert chart.figure.y_range.end > 20 + half


@pytest.mark.parametrize("shift, outside", [(0.0, 0.12), (0.15, 1.0)])
def test_qq_keeps_to_its_band_only_where_pdfs_are_honest(shift, outside):
    chart, difference = figures.qq_chart(), figures.difference_chart()
    figures.show_qq(chart, difference, np.clip(uniform_pit(2000) + shift, 0, 1))
    line, band = chart.sources["line"].data, chart.sources["band"].data
    inner = slice(100, -200)
    share = ((line["y"] < band["low"]) | (line["y"] > band["high"]))[inner].mean()
    assert share <= outside and (share == 1) == bool(shift)
    above = difference.sources["line"].data
    assert above["y"] == pytest.approx(line["y"] - line["x"])
    assert difference.figure.y_range.end > np.abs(above["y"]).max()


def test_the_stack_is_the_mean_density_over_the_distribution_of_z_spec():
    rng = np.random.default_rng(1)
    z = rng.uniform(0.5, 2.5, 500)
    pdfs = gaussian_pdfs(z, np.full(500, 0.05))
    pdfs.density[7] = np.nan
    chart = figures.stack_chart()
    figures.show_stack(chart, pdfs, z)
    line, bars = chart.sources["line"].data, chart.sources["bars"].data
    assert np.trapezoid(line["y"], line["x"]) == pytest.approx(1, abs=0.01)
    width = bars["right"] - bars["left"]
    assert (bars["top"] * width).sum() == pytest.approx(1, abs=0.02)
    i = 100
    assert line["y"][i] == pytest.approx(np.mean([pdfs.density[row, i] for row in range(500) if row != 7]), rel=1e-5)


@pytest.mark.parametrize("pit", [[], [np.nan, np.nan], [0.4]])
def test_nothing_nan_and_one_object_can_be_drawn(pit):
    pit = np.array(pit)
    chart, difference, histogram, stack = (
        make() for make in (figures.qq_chart, figures.difference_chart, figures.pit_chart, figures.stack_chart)
    )
    figures.show_pit(histogram, pit, np.zeros(pit.size, bool))
    figures.show_qq(chart, difference, pit)
    figures.show_stack(stack, gaussian_pdfs(pit + 1, pit * 0 + 0.1), pit + 1)
    known = int(np.isfinite(pit).sum())
    assert sum(histogram.sources["bars"].data["top"]) == known
    assert (chart.figure.title.text == "no object has a PIT") == (known == 0)
    assert (stack.figure.title.text == "no object has z_spec and a PDF") == (known == 0)


def test_the_table_writes_every_metric_with_its_error_and_explains_it():
    rng = np.random.default_rng(2)
    z = rng.uniform(0.5, 2, 300)
    metrics = pdf_metrics(gaussian_pdfs(z + rng.normal(0, 0.1, 300), np.full(300, 0.1)), z)
    none = pdf_metrics(gaussian_pdfs(z[:0], z[:0]), z[:0])
    html = pdf_table_html({"whole <split>": metrics, "selection": none})
    shares = [f"{100 * metrics[f'coverage_{level}']:.1f} <small>±" for level in (68, 95)]
    assert all(share in html for share in shares) and "whole &lt;split&gt;" in html
    rows = re.findall(r"<tr title=.*?</tr>", html)
    assert len(rows) == 1 + sum(map(len, GROUPS.values()))
    assert all(row.endswith("<td>–</td></tr>") for row in rows[1:])
    assert "missing" not in html and "missing" in pdf_table_html({"a": metrics | {"missing": 3}})


def test_requirements_say_on_hover_what_they_are_and_whence():
    lines = requirements(np.full(50, 1.0), np.linspace(0.9, 1.4, 50))
    html = requirements_html(lines)
    for line in lines:
        assert f"Source: {line['source']}" in html and f"<td>{line['limit']:g}</td>" in html
    assert html.count("not met") == sum(not line["met"] for line in lines) > 0
    assert requirements_html(requirements(np.zeros(0), np.zeros(0))).count("not met") == len(lines)


def drawn(pdf: Pdfs, *z: float) -> ElementTree.Element:
    return ElementTree.fromstring(pdf_svg(pdf, *z))


def axis(svg: ElementTree.Element) -> tuple[float, float]:
    """Pixel x = a + b z of the axis, read off its numbers."""
    ticks = [(float(text.get("x")), float(text.text)) for text in svg.iter("text") if re.match(r"[\d.]+$", text.text)]
    (x0, z0), (x1, z1) = ticks[0], ticks[-1]
    slope = (x1 - x0) / (z1 - z0)
    return x0 - slope * z0, slope


def test_the_picture_marks_z_spec_and_z_phot_and_shades_68_percent():
    svg = drawn(gaussian_pdfs([1.5], [0.1]), 1.5, 1.7)
    start, slope = axis(svg)
    for name, z in (("z_phot", 1.5), ("z_spec", 1.7)):
        (line,) = [path for path in svg.iter("path") if path.get("class") == name]
        x = float(re.match(r"M([\d.]+)", line.get("d"))[1])
        assert (x - start) / slope == pytest.approx(z, abs=0.01)
        assert name in [text.text for text in svg.iter("text")]
    inner = np.array([pair.split(",") for pair in list(svg.iter("polygon"))[1].get("points").split()], float)
    ends = (inner[[0, -1], 0] - start) / slope
    assert ends == pytest.approx(norm.ppf([0.16, 0.84], 1.5, 0.1), abs=0.012)
    outline = np.array([pair.split(",") for pair in next(svg.iter("polyline")).get("points").split()], float)
    peak = (outline[outline[:, 1].argmin(), 0] - start) / slope
    assert peak == pytest.approx(1.5, abs=0.03) and outline[:, 1].min() == pytest.approx(HEAD, abs=0.1)


@pytest.mark.parametrize("z_phot, z_spec", [(0.01, 0.02), (3.99, 3.98), (1.0, 9.0), (np.nan, 1.0), (np.nan, np.nan)])
@pytest.mark.parametrize("sigma", [1e-4, 0.1, 3.0])
def test_names_and_marks_stay_in_the_picture_and_off_each_other(z_phot, z_spec, sigma):
    middle = 0.02 if z_phot != z_phot else min(z_phot, 3.9)
    svg = drawn(gaussian_pdfs([middle], [sigma]), z_phot, z_spec)
    width = float(svg.get("width"))
    places = []
    for text in svg.iter("text"):
        x, reach = float(text.get("x")), 34 if "z_" in text.text else 0
        left = {"start": x, "middle": x - reach / 2, "end": x - reach}[text.get("text-anchor")]
        assert left >= -0.1 and left + reach <= width + 0.1
        if reach:
            places.append((left, left + reach))
    assert len(places) == np.isfinite([z_phot, z_spec]).sum()
    assert all(before[1] < after[0] for before, after in zip(sorted(places), sorted(places)[1:], strict=False))
    marks = [path.get("d") for path in svg.iter("path") if path.get("class")]
    assert all(0 <= float(re.match(r"M([-\d.]+)", d)[1]) <= width for d in marks)


def test_an_object_without_a_pdf_has_no_picture():
    pdf = Pdfs(np.array([0.0, 1, 2]), np.full((1, 2), np.nan, "f4"))
    assert pdf_svg(pdf, 1.0, 1.0) == "<p>no PDF of this object</p>"
