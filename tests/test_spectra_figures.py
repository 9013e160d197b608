"""Problems, errors, boxes and pictures of spectra, written out again with loops."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made_spectra import GRID, LENGTH, NOISE, add_glo_run, made_spectra

from dashboard import cutouts, spectra_boxes, spectra_pictures
from dashboard.defaults import suggest_columns
from dashboard.spectra_answers import NOISE_DRAWS, SEARCH, baselines_of, measure, noise_of, search_for, solve
from dashboard.spectra_choices import BINS, DRAWS, HOW, POINTS, RESTARTS, WINDOW, Choices, Problem, Way
from dashboard.spectra_choices import NOISE as DENOISING
from dashboard.spectra_figures import LINES, flux_limits, show_answers, show_given, show_spectrum, spectrum_chart
from dashboard.spectra_objects import has_spectra, spectrum_of
from dashboard.spectra_scores import GENERATOR, MEAN, ORDER, PCA, TRUTH, Answer, errors, floor, table_html
from dashboard.spectra_sweep import window_of_measured
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError

NEVER = lambda: False  # noqa: E731


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return made_spectra(tmp_path_factory.mktemp("spectra"))


@pytest.fixture(scope="module")
def data(home):
    return Dataset(home.dataset("spectra-mock"))


@pytest.fixture(scope="module")
def run(home):
    return add_glo_run(home)


def last(data, run, problem, way=Way(), row=0):  # noqa: B008
    found = {}
    for answers in solve(data, row, run, problem, way, NEVER):
        found |= answers
    return found


def test_a_window_hides_the_pixels_between_its_ends(data):
    spectrum, found = spectrum_of(data, 0), last(data, None, Problem(WINDOW, (5000.0, 6000.0)))
    expected = [not 5000 <= w <= 6000 and not m for w, m in zip(GRID.wavelength, spectrum.mask, strict=True)]
    assert found[PCA].given.tolist() == expected and 0 < sum(expected) < LENGTH - 10
    np.testing.assert_array_equal(np.isnan(found[PCA].seen), ~np.array(expected))


def test_random_pixels_are_repeatable_and_drawn_again(data):
    given = [last(data, None, Problem(POINTS, share=0.4, seed=seed))[PCA].given for seed in (0, 0, 1)]
    assert np.array_equal(given[0], given[1]) and not np.array_equal(given[0], given[2])
    all_measured = last(data, None, Problem(POINTS, share=0.4), row=1)[PCA].given
    assert (~all_measured).sum() == round(0.4 * LENGTH)


def test_noise_has_the_norm_that_is_asked_for(data):
    added = noise_of(3.0, 2, LENGTH, 5)
    assert added.square().sum(1).sqrt().tolist() == pytest.approx([3, 3], rel=1e-5)
    measurement, x = measure(Problem(DENOISING, noise=3.0), data, np.array([1])), data.array("spectrum")[1]
    assert float((measurement.y[0] - torch.tensor(x)).norm()) == pytest.approx(3, rel=1e-4)
    assert float(measurement.error[0, 50]) == pytest.approx(np.hypot(NOISE, 3 / LENGTH**0.5), rel=1e-4)


def test_bins_are_means_and_those_with_a_gap_are_not_measured(data):
    measurement, flux = measure(Problem(BINS, factor=4), data, np.array([0])), data.array("spectrum")[0]
    width = np.diff(GRID.edges)
    for i in range(LENGTH // 4):
        part = slice(4 * i, 4 * i + 4)
        mean = sum(flux[part] * width[part]) / sum(width[part])
        sigma = np.sqrt(sum((width[part] * data.array("spectrum_error")[0][part]) ** 2)) / sum(width[part])
        assert float(measurement.y[0, i]) == pytest.approx(mean, rel=1e-5)
        assert float(measurement.error[0, i]) == pytest.approx(sigma, rel=1e-4)
        assert bool(measurement.measured[0, i]) == (4 * i >= 10)


def test_coarse_answers_come_first_and_the_last_has_all_steps(data, run):
    found = list(solve(data, 1, run, Problem(), Way(), NEVER))
    steps = [part[GENERATOR].step for part in found if GENERATOR in part]
    assert steps == [8, 40, 120, 300] and GENERATOR in found[0] and set(found[1]) == set(ORDER) - {GENERATOR}
    assert found[-1][GENERATOR].loss <= found[0][GENERATOR].loss
    once, again = (last(data, run, Problem(), row=1)[GENERATOR] for _ in range(2))
    np.testing.assert_array_equal(once.x, again.x)


@pytest.mark.parametrize("kind", [WINDOW, POINTS, BINS, DENOISING])
def test_one_spectrum_goes_the_quick_way_restarts_and_draws_with_it(data, run, kind, monkeypatch):
    """The general gradient draws a spectrum at every step: it is not asked for."""
    monkeypatch.setattr("photoz_core._inverse_search.Problem.gradient", None)
    monkeypatch.setattr("dashboard.spectra_answers.SEARCH", replace(SEARCH, steps=3, guesses=16))
    for band in (RESTARTS, DRAWS):
        assert last(data, run, Problem(kind), Way(band=band))[GENERATOR].step == 3


def test_a_cancelled_question_ends(data, run):
    path = solve(data, 1, run, Problem(), Way(), lambda: True)
    assert len(list(path)) <= 1


def test_ways_of_searching():
    assert search_for(Way(HOW[1], 1e-2, DRAWS)).draws == NOISE_DRAWS and search_for(Way()).draws == 0
    assert search_for(Way(HOW[1], 1e-2)).lam == 1e-2 and search_for(Way(HOW[1])).how == "regularisation"


def test_nothing_left_is_an_error_that_says_so(data):
    with pytest.raises(PhotozError, match="no value was measured"):
        last(data, None, Problem(WINDOW, (1.0, 1e5)))


@pytest.mark.parametrize("against", ["measured", TRUTH])
def test_errors_equal_a_loop_over_pixels(data, against):
    spectrum, answer = spectrum_of(data, 0), last(data, None, Problem(WINDOW, (5000.0, 6000.0)))[MEAN]
    sums = {"hidden": [], "all": []}
    for i in range(LENGTH):
        if against == "measured" and spectrum.mask[i]:
            continue
        reference = spectrum.flux[i] if against == "measured" else spectrum.truth[i]
        sums["all"].append((answer.x[i] - reference) ** 2)
        if not answer.given[i]:
            sums["hidden"].append((answer.x[i] - reference) ** 2)
    found = errors(answer, spectrum, against)
    assert {name: found[name] for name in sums} == pytest.approx({name: np.mean(part) for name, part in sums.items()})
    noise = floor(answer, spectrum, against)["all"]
    assert noise == pytest.approx(NOISE**2 if against == "measured" else 0, rel=1e-4)


def test_the_least_error_is_bold_whoever_has_it(data):
    spectrum = spectrum_of(data, 1)
    given = np.arange(LENGTH) < 60
    flat = lambda value: Answer(spectrum.flux + value, spectrum.error, value**2, given, spectrum.flux)  # noqa: E731
    table = table_html({GENERATOR: flat(0.2), PCA: flat(0.1)}, spectrum, "measured")
    rows = table.split("<tr")
    assert "best" not in rows[2] and "<td class=best>10</td><td>10</td><td class=best>10</td>" in rows[3]
    assert table_html({}, spectrum, "measured") == ""


def test_what_was_given_is_drawn_as_what_it_is(data):
    chart, spectrum = spectrum_chart(), spectrum_of(data, 0)
    show_spectrum(chart, spectrum, "s0000", True)
    assert chart.sources["marks"].data["text"] == list(LINES) and chart.figure.title.text == "s0000"
    low, high = flux_limits(spectrum)
    assert low < spectrum.flux.min() and spectrum.flux.max() < high == chart.sources["marks"].data["y"][0]
    for problem, drawn in (
        (Problem(WINDOW, (5000.0, 6000.0)), {"given", "hidden"}),
        (Problem(POINTS, share=0.5), {"points", "hidden"}),
        (Problem(DENOISING, noise=2.0), {"given", "noisy"}),
        (Problem(BINS, factor=4), {"given", "hidden"}),
    ):
        found = last(data, None, problem)
        show_given(chart, spectrum, found[PCA])
        show_answers(chart, spectrum, found, [PCA])
        sources = {name: len(chart.sources[name].data["x"]) for name in ("given", "hidden", "points", "noisy")}
        assert {name for name, count in sources.items() if count} == drawn
        assert len(chart.sources[PCA].data["x"]) == LENGTH and len(chart.sources[MEAN].data["x"]) == 0


def test_components_get_the_noise_that_was_added(data):
    baselines, row = baselines_of(data), np.array([1])
    assert baselines.noise == pytest.approx(NOISE, rel=1e-4)
    given = measure(Problem(DENOISING, noise=5.0), data, row)
    x = torch.tensor(np.asarray(data.array("spectrum")[row]))
    with_noise = (baselines.solve(given)[PCA].x - x).square().mean()
    without = (baselines.pca(given.y, given.A, given.measured).x - x).square().mean()
    assert with_noise < 0.5 * without


@pytest.mark.parametrize("share", [0.1, 0.4, 0.8])
def test_windows_take_their_share_of_the_measured_pixels_in_one_piece(share):
    known = torch.rand(6, 50, generator=torch.Generator().manual_seed(0)) < 0.7
    hidden = ~window_of_measured(known, share, 3).measured
    for i in range(6):
        taken = [bool(hidden[i, j]) for j in range(50) if known[i, j]]
        assert sum(taken) == round(share * len(taken)) and not (hidden & ~known).any()
        first = taken.index(True)
        assert all(taken[first : first + sum(taken)])


def test_a_box_is_that_of_tukey():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 100, np.nan])
    low, first, middle, third, high = spectra_boxes.box_of(values)
    assert (first, middle, third) == (3, 5, 7) and (low, high) == (1, 8)
    assert all(np.isnan(spectra_boxes.box_of(np.array([np.nan]))))


def test_results_are_kept_by_run_and_forgotten_when_many(home, run, monkeypatch):
    spectra_boxes.kept(run)["noise", 1, "projection"] = "found"
    assert spectra_boxes.kept(run)["noise", 1, "projection"] == "found"
    monkeypatch.setattr(spectra_boxes, "KEPT", 1)
    spectra_boxes.kept(add_glo_run(home, seed=1))
    assert spectra_boxes.kept(run) == {}


def test_pictures_of_spectra_keep_their_lines(data):
    assert has_spectra(data) and cutouts.has_pictures(data) and not cutouts.has_images(data)
    tiles = cutouts.pictures(data, np.array([3, 1]))
    assert tiles.shape == (2, 48, 48, 3) and cutouts.pictures(data, np.array([], int)).shape[0] == 0
    flux = np.zeros((1, 1000))
    flux[0, 501] = 9
    low, high = spectra_pictures.columns_of(flux)
    assert high.max() == 9 and high.argmax() == 501 * 48 // 1000 and not low.any()
    svg = spectra_pictures.spectrum_svg(spectrum_of(data, 0))
    assert (
        svg.count("<rect") == 1
        and ">4000<" in svg
        and "<rect" not in spectra_pictures.spectrum_svg(spectrum_of(data, 1))
    )


def test_spectra_start_with_what_is_measured_on_them(data):
    assert suggest_columns(data, data.catalog)[:4] == ["color_4400_5500", "d4000", "ew_halpha", "z_spec"]


def test_the_ends_of_a_window_may_be_given_in_any_order():
    choices = Choices(low=6000.0, high=5000.0)
    assert choices.problem.window == (5000.0, 6000.0)
    choices.draw_again()
    assert choices.problem.seed == 1
