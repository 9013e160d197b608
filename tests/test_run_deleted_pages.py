"""A run is deleted while a page of a special dataset shows it, or while it is a point that is clicked."""

from dataclasses import replace

import numpy as np
import pandas as pd
import panel as pn
import pytest
from made_classes import add_class_run, made_classes
from made_homes import add_run, made_home
from made_spectra import add_glo_run, made_spectra

from dashboard import spectra_answers, spectra_sweep
from dashboard.similar_scores import KNN
from dashboard.similar_search import MEAN
from dashboard.state import State
from dashboard.views import classes, similar, sky, spectra
from photoz_core.files import remove_folder


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for module in (spectra_answers, spectra_sweep):
        monkeypatch.setattr(module, "SEARCH", replace(module.SEARCH, steps=12, guesses=16))


def sky_home(path):
    home, rng = made_home(path), np.random.default_rng(0)
    catalog = home.dataset("made") / "catalog.parquet"
    place = {"ra": 150 + rng.uniform(-0.3, 0.3, 60), "dec": 2 + rng.uniform(-0.3, 0.3, 60)}
    pd.read_parquet(catalog).assign(**place).to_parquet(catalog)
    for seed in range(2):
        add_run(home, seed)
    return home


def class_home(path):
    home = made_classes(path)
    add_class_run(home, "features, magnitudes", labels=20, right=0.5)
    add_class_run(home, "scratch")
    return home


def spectra_home(path):
    home = made_spectra(path)
    for seed in range(2):
        add_glo_run(home, seed=seed)
    return home


PAGES = {"Sky": (sky, sky_home), "Classes": (classes, class_home), "Spectra": (spectra, spectra_home)}


@pytest.fixture(params=PAGES)
def view(request, tmp_path):
    module, make = PAGES[request.param]
    view = module.View(State(make(tmp_path / "home")))
    pn.panel(view).get_root()
    return view


def test_a_page_falls_back_on_another_run_and_then_on_none(view):
    state = view.state
    for left in (1, 0):
        gone = state.current
        remove_folder(gone.folder)
        state.select_rows([1, 2, 3])  # before the poll has seen it
        state.focus = str(state.data.object_id[5])
        state.view = (-1.0, 1.0, -1.0, 1.0)
        state.clip = (5 + left, 95)
        state.refresh()
        assert gone.name in state.desk.notice and (state.current is not None) == bool(left)
        assert state.problem == "" and gone.id not in state.param.run.objects
        pn.panel(view).get_root()


def test_a_point_of_the_classes_curves_whose_run_is_gone(tmp_path):
    view = classes.View(State(class_home(tmp_path)))
    pn.panel(view).get_root()
    runs, state = view.curves.chart.sources["runs"], view.state
    at = list(runs.data["x"]).index(20)
    gone = runs.data["run"][at]
    remove_folder(state.home.run(gone))
    runs.selected.indices = [at]
    state.refresh()
    assert state.current is not None and state.run != gone and gone not in view.curves.chart.sources["runs"].data["run"]


def test_the_scores_and_neighbours_are_those_of_the_run_that_is_left(tmp_path):
    home = made_home(tmp_path)
    left, gone = add_run(home, 0), add_run(home, 1)
    state = State(home)
    view = similar.View(state)
    pn.panel(view).get_root()
    view.choices.query = MEAN
    state.select_rows([1, 2, 3])
    before, scores = view.choices.found, view.choices.scores
    remove_folder(gone.folder)
    view.choices.param.update(share=10.0, marked=True)
    state.select_rows([1, 2])
    state.refresh()
    assert state.run == left.id and view.choices.scores[KNN] is not scores[KNN]
    assert view.choices.found.rows.tolist() != before.rows.tolist() and state.problem == ""
