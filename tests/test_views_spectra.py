"""The Spectra page with every choice, without a run, without a generator, and where there is nothing to show."""

import gc
import subprocess
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest
from bokeh.events import Tap
from made_homes import made_home
from made_spectra import GRID, LENGTH, add_glo_run, made_spectra

from dashboard import spectra_answers, spectra_boxes, spectra_sweep
from dashboard.pages import titles_for
from dashboard.spectra_choices import BINS, DRAWS, INTERPOLATION, LINES, MEAN, NOISE, PCA, POINTS, TRUTH, WINDOW
from dashboard.spectra_scores import GENERATOR, ORDER
from dashboard.state import State
from dashboard.views import explore
from dashboard.views.spectra import View
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.recipe import Recipe
from photoz_core.run import Run

LIGHT = """
import sys
from dashboard.views.spectra import View
heavy = {"torch", "umap", "sklearn", "safetensors"} & set(sys.modules)
assert not heavy, heavy
"""


STEPS = 12  # of a search: what it finds is tested elsewhere


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for module in (spectra_answers, spectra_sweep):
        monkeypatch.setattr(module, "SEARCH", replace(module.SEARCH, steps=STEPS, guesses=16))


@pytest.fixture
def home(tmp_path):
    home = made_spectra(tmp_path)
    add_glo_run(home)
    return home


def shown(home) -> View:
    view = View(State(home))
    view.__panel__().get_root()
    return view


@pytest.fixture
def view(home):
    return shown(home)


def test_nothing_heavy_is_imported_with_the_page():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)


def test_the_page_opens_with_a_spectrum_and_all_answers(view):
    plot = view.plot
    assert set(plot.found) == set(ORDER) and plot.found[GENERATOR].step == STEPS
    assert plot.chart.figure.title.text.startswith(view.state.focus)
    assert len(plot.chart.sources["answer"].data["x"]) == LENGTH and f"{STEPS} of {STEPS}" in plot.note.object
    assert all(name in plot.scores.object for name in (*ORDER, "hidden", "noise σ²"))
    assert "n 80" in view.maps.cells[0].scale.object and not view.hint.visible


@pytest.mark.parametrize(
    "choice, value",
    [("kind", POINTS), ("kind", BINS), ("kind", NOISE), ("how", "regularisation"), ("band", DRAWS), ("low", 4000.0)],
)
def test_each_choice_is_answered_anew(view, choice, value):
    before = view.plot.found[GENERATOR]
    setattr(view.choices, choice, value)
    assert view.plot.found[GENERATOR] is not before and view.plot.found[GENERATOR].step == STEPS
    assert view.plot.window.visible == (view.choices.kind == WINDOW)


def test_errors_against_the_truth_ask_nothing_anew(view):
    before, table = view.plot.found[GENERATOR], view.plot.scores.object
    view.choices.against = TRUTH
    assert view.plot.found[GENERATOR] is before and view.plot.scores.object != table


def test_lines_and_baselines_are_drawn_where_wanted(view):
    sources = view.plot.chart.sources
    assert [len(sources[name].data["x"]) > 0 for name in (PCA, MEAN, "marks")] == [True, False, True]
    view.choices.shown = [MEAN, INTERPOLATION]
    assert [len(sources[name].data["x"]) > 0 for name in (PCA, MEAN, "marks")] == [False, True, False]
    view.choices.shown = [LINES]
    assert [len(sources[name].data["x"]) > 0 for name in (PCA, MEAN, "marks")] == [False, False, True]


def test_a_dragged_window_is_what_is_missing(view):
    view.plot.window.update(left=4000.4, right=4800.0)
    assert view.choices.problem.window == (4000.0, 4800.0)
    inside = (GRID.wavelength >= 4000) & (GRID.wavelength <= 4800)
    assert not view.plot.found[GENERATOR].given[inside].any() and view.plot.found[GENERATOR].given[~inside].any()
    view.choices.high = 5000.0
    assert view.plot.window.right == 5000.0


def test_draw_again_gives_other_pixels(view):
    view.choices.kind = POINTS
    before = view.plot.found[PCA].given
    view.choices.draw_again()
    assert not np.array_equal(before, view.plot.found[PCA].given)


def test_a_question_that_leaves_nothing_is_said(view):
    view.choices.param.update(low=1.0, high=1e5)
    assert "no value was measured" in view.plot.scores.object and view.plot.found == {}
    assert view.plot.chart.sources["answer"].data["x"] == []
    view.choices.low = 6000.0
    assert GENERATOR in view.plot.found


def test_click_keys_and_select_pick_a_spectrum(view):
    x, y = view.state.positions[17].tolist()
    plot = view.maps.cells[0].plot
    plot._trigger_event(Tap(plot, x=x, y=y))
    assert view.state.focus == view.name_typed == "s0017" and "s0017" in view.plot.chart.figure.title.text
    view._key("ArrowRight")
    assert view.state.focus == "s0018"
    view._key("ArrowLeft"), view._key("ArrowLeft")
    assert view.state.focus == "s0016"
    view.name_typed = "s0040"
    assert view.state.focus == "s0040"
    view.name_typed = "no such"
    assert view.state.focus == "s0040"
    view.state.select_rows(np.array([3, 50]))
    for expected in ("s0050", "s0003", "s0050"):
        view.walk(1)
        assert view.state.focus == expected


def test_box_plots_come_when_asked_for_and_stay_with_the_run(home, view, monkeypatch):
    monkeypatch.setattr(spectra_boxes, "UNITS", [("missing", 40), ("noise", 3)])
    monkeypatch.setattr("dashboard.views._spectra_boxes.UNITS", spectra_boxes.UNITS)
    assert not view.boxes._panes.visible and view.boxes.button.label == "Work out"
    view.boxes._press(None)
    charts = view.boxes.charts
    assert [len(chart.sources["boxes"].data["x"]) for chart in charts.values()] == [2, 2]
    assert all(len(chart.sources[PCA].data["x"]) == 1 for chart in charts.values())
    assert not view.boxes.button.visible
    medians = charts["missing"].sources["boxes"].data["middle"]
    view.boxes.of = spectra_boxes.HIDDEN
    assert charts["missing"].sources["boxes"].data["middle"] != medians
    again = shown(home)
    assert len(again.boxes.charts["noise"].sources["boxes"].data["x"]) == 2 and again.boxes._panes.visible


def test_no_run_shows_the_baselines_and_says_what_to_train(tmp_path):
    home = made_spectra(tmp_path)
    view = shown(home)
    assert set(view.plot.found) == set(ORDER) - {GENERATOR}
    assert "photoz train glo_spectra`" in view.hint.object and not view.maps.visible and not view.boxes._layout.visible
    Run.create(home, Recipe("glo", "glo", "spectra-mock")).set_state("running")
    view.state.refresh()
    assert "running" in view.hint.object or "photoz train" in view.hint.object


def test_a_run_without_a_generator_says_which_has_one(home):
    add_glo_run(home, method="photometry_mlp")
    view = shown(home)
    view.state.run = next(run for run in view.state.param.run.objects if "photometry_mlp" in run)
    assert "choose *glo" in view.hint.object and GENERATOR not in view.plot.found
    assert view.plot.chart.sources["answer"].data["x"] == []


def test_a_run_without_a_map_is_answered(home):
    run = home.run(home.run_ids()[0])
    (run / "projections" / "pca.npy").unlink()
    view = shown(home)
    assert not view.maps.visible and GENERATOR in view.plot.found


def test_no_spectra_and_no_dataset_say_what_to_do(tmp_path):
    assert "photoz data simulate spectra-mock" in shown(Home(tmp_path / "empty")).text.object
    assert "no spectra" in shown(made_home(tmp_path / "galaxies")).text.object


def test_a_single_spectrum_and_no_truth_are_shown(tmp_path):
    view = shown(made_spectra(tmp_path, count=1, truth=False))
    assert "<table" in view.plot.scores.object or "<p>" in view.plot.scores.object
    assert view.choices.param.against.objects == ["measured"]


def test_the_page_rests_while_another_is_in_front(view):
    view.state.param.page.objects = ["Explore", "Spectra"]
    before = view.plot.found
    view.state.focus = "s0001"
    assert view.plot.found is before
    view.state.page = "Spectra"
    assert view.plot.found is not before and "s0001" in view.plot.chart.figure.title.text


def test_only_spectra_have_the_page_and_explore_shows_them(home):
    made_home(home.path)
    datasets = [Dataset(home.dataset(name)) for name in ("spectra-mock", "made")]
    assert ["Spectra" in titles_for(dataset) for dataset in (*datasets, None)] == [True, False, False]
    page = explore.View(State(home, dataset="spectra-mock"))
    page.__panel__().get_root()
    assert page.mosaic.sheet.data["url"][0].startswith("data:image/webp") and page.gallery.tiles.sheet
    assert "<svg" in page.card.bands.object and page.card.neighbours.sheet


def test_a_page_nobody_holds_is_collected(home):
    view = View(State(home))
    seen = [weakref.ref(view), weakref.ref(view.state), weakref.ref(view.plot)]
    del view
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3
