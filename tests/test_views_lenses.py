"""The Lenses page with every choice and event, and with nothing, little and broken things to show."""

import gc
import subprocess
import sys
import weakref
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from bokeh.events import Tap
from made_homes import add_lens_run, made_home, made_lenses
from made_reviews import ADA

from dashboard.app import create_app
from dashboard.lens_images import OTHERS
from dashboard.pages import titles_for
from dashboard.palettes import BEHIND
from dashboard.review_acts import score
from dashboard.review_columns import SCORE
from dashboard.state import State
from dashboard.views.lenses import View
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.recipe import Recipe
from photoz_core.run import Run

LIGHT = """
import sys
from pathlib import Path
from dashboard.state import State
from photoz_core.home import Home
from dashboard.views.lenses import View
heavy = {"torch", "umap", "galsim", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture
def home(tmp_path):
    home = made_lenses(tmp_path)
    add_lens_run(home, "simsiam", linear=False)
    add_lens_run(home, "lensiam")
    return home


def shown(home) -> View:
    view = View(State(home))
    view.__panel__().get_root()
    return view


@pytest.fixture
def view(home):
    return shown(home)


def tap(view: View, row: int, x: float, y: float) -> None:
    plot = view.rows[row].maps.cells[1].plot
    plot._trigger_event(Tap(plot, x=float(x), y=float(y)))


def test_nothing_heavy_is_imported_with_the_page():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)


def test_both_rows_show_the_same_columns_with_the_same_limits(view):
    scales = [[cell.scale.object for cell in row.maps.cells] for row in view.rows]
    assert scales[0] == scales[1] and len(scales[0]) == 3 and all("n 60" in scale for scale in scales[0])
    view.rows[0].maps.cells[2].column = "gamma2"
    assert view.sides.lower.columns == ["theta_E", "e1", "gamma2"]
    assert view.rows[1].maps.cells[2].scale.object == view.rows[0].maps.cells[2].scale.object != scales[0][2]


def test_a_review_colors_both_rows(home, reviews):
    view = View(State(home, None, ADA, reviews))
    cells = [row.maps.cells[0] for row in view.rows]
    score(view.state.desk, "l0005", 4)
    cells[0].column = SCORE
    assert [cell.scale.object.count("59 NaN") for cell in cells] == [1, 1]
    score(view.state.desk, "l0007", 2)
    assert [cell.scale.object.count("58 NaN") for cell in cells] == [1, 1]


def test_a_selection_is_drawn_in_both_rows_and_both_diagrams(view):
    view.state.select_rows(np.arange(40))
    for row in view.rows:
        assert BEHIND in row.maps.cells[0].source.data["image"][0] and "n 40" in row.maps.cells[0].scale.object
    test = view.state.data.split == "test"
    for diagram in view.truth.diagrams:
        assert len(diagram.chart.sources["selected"].data["x"]) == test[:40].sum() > 0


def test_a_click_on_a_map_shows_that_lens_in_the_strip(view):
    x, y = view.sides.lower.positions[17].tolist()
    tap(view, 1, x, y)
    assert view.state.focus == view.sides.upper.focus == "l0017"
    assert "<b>l0017</b>" in view.strip.title.object and view.strip.images.object.count("<img") == 2 + OTHERS
    row = view.state.table.iloc[17]
    assert f"{row['theta_E']:.3f} <small>arcsec" in view.strip.row.object
    assert view.strip.row.object.count("<dt>") == 8


def test_lenses_that_are_not_ours_are_not_drawn_anew(tmp_path):
    home = made_lenses(tmp_path, name="real", ours=False)
    add_lens_run(home, "simsiam", name="real")
    view = shown(home)
    assert view.strip.images.object.count("<img") == 1 and "did not simulate" in view.strip.images.object


def test_options_that_cannot_be_read_are_said_below_the_images(tmp_path):
    home = made_lenses(tmp_path, shine=1)
    add_lens_run(home, "simsiam")
    view = shown(home)
    assert view.strip.images.object.count("<img") == 2 and "shine" in view.strip.images.object


def test_bars_are_those_of_metrics_json_and_say_what_is_missing(view):
    bars, numbers = (view.bars.charts["knn_r2"].sources[name].data for name in ("bars", "numbers"))
    assert bars["value"][:2] == [0.9, 0.8] and len(bars["value"]) == 16
    assert numbers["text"].count("−0.70") == 2 and min(bars["value"]) == -0.2
    assert "9 lenses" in view.bars.note.object and "all 42 training labels" in view.bars.note.object
    assert "simsiam</b>: train again for linear probes" in view.bars.note.object
    assert view.bars.note.object.count("lensiam</b>") == 1
    assert view.bars._panes["linear_r2"].visible
    view.sides.upper.run = view.sides.lower.run
    assert not view.bars._panes["linear_r2"].visible


def test_true_and_predicted_are_those_of_the_test_split(home):
    add_lens_run(home, "supervised", theta_E_pred=np.full(60, 1.0))
    view = shown(home)
    view.sides.lower.run = next(run for run in view.sides.lower.param.run.objects if "supervised" in run)
    upper, lower = (diagram.chart for diagram in view.truth.diagrams)
    test = view.state.data.split == "test"
    true = view.state.data.column("theta_E")[test]
    assert sorted(lower.sources["points"].data["x"]) == sorted(true)
    assert set(lower.sources["points"].data["y"]) == {1.0}
    rms = float(np.sqrt(np.mean((true - 1) ** 2)))
    assert lower.figure.title.text.startswith("supervised · the run's own prediction · R² −")
    assert f"rms {rms:.3f} arcsec · {test.sum()} objects" in lower.figure.title.text
    assert "lensiam · linear probe of the latents" in upper.figure.title.text
    assert (upper.figure.x_range.start, upper.figure.y_range.end) == (
        lower.figure.y_range.start,
        lower.figure.x_range.end,
    )
    view.truth.parameter = "e2"
    assert upper.figure.xaxis[0].axis_label == "true e₂" and "arcsec" not in upper.figure.title.text


def test_a_box_on_a_diagram_selects(view):
    box = {"type": "rect", "x0": 1.0, "x1": 1.5, "y0": 0.0, "y1": 9.0}
    view.truth.diagrams[1].on_box(SimpleNamespace(geometry=box, final=True))
    true, test = view.state.data.column("theta_E"), view.state.data.split == "test"
    expected = np.flatnonzero(test & (true >= 1.0) & (true <= 1.5))
    assert len(expected) and np.array_equal(np.flatnonzero(view.state.selected), expected)


@pytest.mark.parametrize("method", ["lensiam", "simsiam"])
def test_one_run_leaves_a_row_that_says_what_to_train(tmp_path, method):
    home = made_lenses(tmp_path)
    add_lens_run(home, method)
    view = shown(home)
    other = {"lensiam": "simsiam", "simsiam": "lensiam"}[method]
    assert f"photoz train {other}_lenses" in view.rows[1].text.object and view.rows[1].text.visible
    assert not view.rows[1].head.visible and not view.rows[1]._maps.visible
    add_lens_run(home, other)
    view.state.refresh()
    assert not view.rows[1].text.visible and view.rows[1]._maps.visible


def test_no_run_no_lenses_and_no_dataset_say_what_to_do(tmp_path):
    assert "photoz data simulate" in shown(Home(tmp_path / "empty")).text.object
    assert "no lens parameters" in shown(made_home(tmp_path / "galaxies")).text.object
    home = made_lenses(tmp_path / "lenses")
    Run.create(home, Recipe("lensiam", "lensiam", "lenses")).set_state("failed", "out of memory")
    view = shown(home)
    assert "failed: out of memory" in view.text.object and "photoz train simsiam_lenses" in view.text.object
    add_lens_run(home, "lensiam")
    view.state.refresh()
    assert view.body.objects == [view._page]


def test_a_run_that_cannot_be_shown_says_so_in_its_row(home):
    (home.run(next(run for run in home.run_ids() if "simsiam" in run)) / "projections" / "pca.npy").unlink()
    view = shown(home)
    assert "no map" in view.rows[1].text.object and not view.rows[0].text.visible


def test_single_lens_and_unknown_parameters_are_drawn(tmp_path):
    home = made_lenses(tmp_path, count=1)
    path = home.dataset("lenses") / "catalog.parquet"
    pd.read_parquet(path).assign(gamma=np.nan).to_parquet(path)
    add_lens_run(home, "lensiam")
    view = shown(home)
    assert "<dt>γ</dt>" not in view.strip.row.object and "gamma" not in view.truth.param.parameter.objects
    view.state.select_rows([0])


def test_the_page_rests_while_another_is_in_front(view):
    state = view.state
    state.param.page.objects = ["Explore", "Lenses"]
    before = view.rows[0].maps.cells[0].source.data
    state.select_rows([1])
    assert view.rows[0].maps.cells[0].source.data is before
    state.page = "Lenses"
    assert view.rows[0].maps.cells[0].source.data is not before and view.sides.upper.selected.sum() == 1


def test_only_lenses_have_the_page(home):
    made_home(home.path)
    datasets = [Dataset(home.dataset(name)) for name in ("lenses", "made")]
    assert ["Lenses" in titles_for(dataset) for dataset in (*datasets, None)] == [True, False, False]


def test_another_dataset_falls_back_to_explore(home, monkeypatch):
    made_home(home.path)
    states = []
    monkeypatch.setattr("dashboard.app.State", lambda *args: states.append(State(*args)) or states[-1])
    create_app(home)
    state = states[0]
    assert state.page == "Explore" and "Lenses" in state.param.page.objects
    state.page = "Lenses"
    state.dataset = "made"
    assert state.page == "Explore" and "Lenses" not in state.param.page.objects
    state.dataset = "lenses"
    assert state.page == "Explore" and "Lenses" in state.param.page.objects


def test_a_page_nobody_holds_is_collected(home):
    view = View(State(home))
    seen = [weakref.ref(view), weakref.ref(view.state), weakref.ref(view.sides.upper)]
    del view
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3
