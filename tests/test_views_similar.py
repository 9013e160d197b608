"""The Similar page with every choice and event, and with nothing, little and broken things to show."""

import gc
import shutil
import subprocess
import sys
import weakref

import numpy as np
import pandas as pd
import pytest
from bokeh.events import Tap
from made_homes import add_run, made_home
from made_runs import gaussian_pdfs, made_run

from dashboard.palettes import BEHIND
from dashboard.similar_scores import DOUBT, FOREST, KNN, RESIDUAL, SURPRISE, TAIL
from dashboard.similar_search import COUNT, MEAN
from dashboard.state import State
from dashboard.views.similar import View
from photoz_core.home import Home
from photoz_core.metrics.point import point_metrics
from photoz_core.neighbours import nearest
from photoz_core.outliers import catastrophic, knn_distance

LIGHT = """
import sys
from dashboard.views.similar import View
heavy = {"torch", "umap", "galsim", "sklearn", "astropy"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    add_run(home)
    return home


def shown(home, **choices) -> View:
    view = View(State(home, **choices))
    view.__panel__().get_root()
    return view


@pytest.fixture
def view(home):
    return shown(home)


def near_points(view: View) -> np.ndarray:
    return np.column_stack([view.map.near.data["x"], view.map.near.data["y"]])


# --- neighbours ---------------------------------------------------------------------------------------------------


def test_nothing_heavy_is_imported_with_the_page():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)


def test_the_focus_is_listed_with_its_neighbours_and_their_distances(view):
    state = view.state
    state.focus = "m0010"
    rows, distances = nearest(state.current.latents, 10, COUNT)
    assert view.search.tiles.names == state.data.object_id[rows].tolist()
    assert view.search.tiles.captions == [f"{value:.3g}" for value in distances]
    assert "m0010" in view.search.about.object and f"{COUNT} nearest" in view.search.about.object
    np.testing.assert_array_equal(near_points(view), state.positions[rows])
    view.search.select.param.trigger("clicks")
    assert sorted(state.selection) == sorted(state.data.object_id[rows])


def test_the_mean_of_a_selection_is_asked_without_its_objects(view):
    view.choices.query = MEAN
    assert "Select objects" in view.search.about.object and view.search.tiles.names == []
    chosen = np.array([3, 8, 21])
    view.state.select_rows(chosen)
    latents = view.state.current.latents.astype(float)
    distance = np.linalg.norm(latents - latents[chosen].mean(axis=0), axis=1)
    expected = [row for row in np.argsort(distance) if row not in chosen][:COUNT]
    assert view.choices.found.rows.tolist() == expected
    assert "mean of 3 selected" in view.search.about.object
    view.state.select([])
    assert len(view.map.near.data["x"]) == 0


def test_a_click_on_the_map_or_in_the_table_focuses(view):
    x, y = view.state.positions[17].tolist()
    view.map.plot._trigger_event(Tap(view.map.plot, x=x, y=y))
    assert view.state.focus == "m0017"
    view.ranking.table._handle_msg({"press": "5", "mode": "replace"})
    assert view.state.focus == "m0005" and "<b>m0005</b>" in view.search.about.object


# --- ranking ------------------------------------------------------------------------------------------------------


def test_the_ranking_is_by_the_score_chosen(view):
    expected = np.argsort(-knn_distance(view.state.current.latents))
    assert list(view.choices.scores) == [KNN, FOREST, RESIDUAL] and view.choices.score == KNN
    view.choices.share = 10.0
    ids = view.state.data.object_id
    assert view.ranking.gallery.tiles.names == ids[expected[:6]].tolist()
    assert "Oddest <b>6</b> of 60 by kNN distance" in view.ranking.gallery.title.object
    assert view.ranking.table.object.count("data-press") == 6 and "isolation forest" in view.ranking.table.object
    before = view.map.source.data["image"][0]
    view.choices.score = RESIDUAL
    known = view.state.table["delta_z"].abs().dropna()
    assert view.ranking.gallery.tiles.names[0] == ids[known.idxmax()]
    assert f"of {len(known)} by |Δz|" in view.ranking.gallery.title.object
    assert (view.map.source.data["image"][0] != before).any() and "|Δz|" in view.map.scale.object
    view.ranking.select.param.trigger("clicks")
    assert view.state.selected.sum() == len(view.choices.top) == round(len(known) / 10)


def test_the_ranking_is_walked(view):
    view.choices.share = 10.0
    names = view.ranking.gallery.tiles.names
    for name in names[:2]:
        view.keys._handle_msg({"key": "ArrowRight", "map": ""})
        assert view.state.focus == name
    assert "<tr class=on><td>2</td>" in view.ranking.table.object


def test_scores_are_worked_out_once_for_all_sessions_and_not_by_the_state(home, monkeypatch):
    from photoz_core import outliers

    seen, forest = [], outliers.isolation_forest
    monkeypatch.setattr(outliers, "isolation_forest", lambda latents: seen.append(1) or forest(latents))
    State(home)
    assert seen == []
    one, other = shown(home), shown(home)
    assert len(seen) == 1 and one.choices.scores[KNN] is other.choices.scores[KNN]
    add_run(home, seed=1)
    one.state.refresh()
    one.state.run = next(name for name in home.run_ids() if "seed1" in name)
    assert len(seen) == 2 and one.choices.scores[KNN] is not other.choices.scores[KNN]


def test_pdfs_and_scores_of_the_method_rank_too(home_of_pdfs):
    view = shown(home_of_pdfs)
    assert list(view.choices.scores) == [KNN, FOREST, DOUBT, SURPRISE, TAIL, RESIDUAL, "anomaly"]
    assert len(view.choices.scores[DOUBT].order) == 120 > len(view.choices.scores[SURPRISE].order)  # no z_spec needed
    np.testing.assert_allclose(view.choices.scores[TAIL].values, np.abs(view.state.table["pit"] - 0.5), atol=1e-6)
    view.choices.score = "anomaly"
    assert view.ranking.gallery.tiles.names[0] == view.state.data.object_id[view.state.table["anomaly"].argmax()]


@pytest.fixture
def home_of_pdfs(tmp_path, tiny_home):
    home = Home(tmp_path / "home")
    shutil.copytree(tiny_home.path, home.path)
    z = np.random.default_rng(0).uniform(0.2, 3, 120)
    made_run(home, "tiny_mlp", None, gaussian_pdfs(z, np.full(120, 0.2)))
    return home


# --- redshifts ----------------------------------------------------------------------------------------------------


def test_catastrophic_redshifts_are_counted_selected_and_marked(view):
    state, choices = view.state, view.choices
    choices.split = ""
    z_spec, z_phot = (state.table[name].to_numpy() for name in ("z_spec", "z_phot"))
    expected = np.flatnonzero(catastrophic(z_spec, z_phot))
    share = 100 * point_metrics(z_spec, z_phot, resamples=0)["outliers"]
    assert f"<b>{len(expected)}</b> catastrophic" in view.redshifts.text.object
    assert f"{share:.1f} % of {np.isfinite(z_spec).sum()} with z_spec" in view.redshifts.text.object
    assert len(view.map.crosses.data["x"]) == 0
    view.redshifts.select.param.trigger("clicks")
    assert np.flatnonzero(state.selected).tolist() == expected.tolist() and len(expected) > 3
    np.testing.assert_array_equal(view.map.crosses.data["x"], state.positions[expected, 0])
    assert BEHIND in view.map.source.data["image"][0]
    choices.split = "test"
    assert set(view.map.crosses.data["x"]) < set(state.positions[expected, 0])
    choices.marked = False
    assert len(view.map.crosses.data["x"]) == 0


def test_a_run_without_redshifts_says_so(tmp_path):
    home = made_home(tmp_path)
    add_run(home, z_phot=False)
    view = shown(home)
    assert "predicts none" in view.redshifts.text.object and not view.redshifts._row.visible
    assert list(view.choices.scores) == [KNN, FOREST]


# --- odd homes ----------------------------------------------------------------------------------------------------


def test_no_dataset_and_no_run_say_what_to_do(tmp_path):
    assert "photoz data simulate" in shown(Home(tmp_path / "empty")).text.object
    home = made_home(tmp_path / "made")
    view = shown(home)
    assert "No finished run" in view.text.object and view.body.objects == [view.text]
    add_run(home)
    view.state.refresh()
    assert view.body.objects == [view._page] and view.choices.scores


def test_a_single_object_has_neither_neighbours_nor_scores(tmp_path):
    home = made_home(tmp_path, count=1)
    add_run(home)
    path = home.dataset("made") / "catalog.parquet"
    pd.read_parquet(path).assign(z_spec=np.nan).to_parquet(path)
    view = shown(home)
    assert view.choices.scores == {} and "no score has a value" in view.ranking.said.object
    assert view.search.tiles.names == [] and "density" in view.map.scale.object
    view.state.select_rows([0])
    view.choices.query = MEAN
    assert view.search.tiles.names == []


def test_unknown_z_spec_and_missing_images_are_shown(tmp_path):
    home = made_home(tmp_path, images=False)
    add_run(home)
    path = home.dataset("made") / "catalog.parquet"
    pd.read_parquet(path).assign(z_spec=np.nan).to_parquet(path)
    view = shown(home)
    assert list(view.choices.scores) == [KNN, FOREST]  # |Δz| is all NaN
    assert "<b>0</b> catastrophic" in view.redshifts.text.object and view.redshifts.select.disabled
    assert view.search.tiles.sheet == "" and len(view.search.tiles.names) == COUNT


def test_broken_pdfs_are_said_and_disturb_nothing_else(home_of_pdfs):
    folder = home_of_pdfs.run(home_of_pdfs.run_ids()[0])
    (folder / "pdf.hdf5").write_bytes(b"nonsense")
    view = shown(home_of_pdfs)
    assert "cannot read the PDFs" in view.ranking.said.object
    assert list(view.choices.scores) == [KNN, FOREST, RESIDUAL, "anomaly"]


def test_the_page_rests_while_another_is_in_front(view):
    state = view.state
    state.param.page.objects = ["Explore", "Similar"]
    before = view.map.source.data
    state.select_rows([1])
    assert view.map.source.data is before
    state.page = "Similar"
    assert view.map.source.data is not before


def test_a_page_nobody_holds_is_collected(home):
    view = View(State(home))
    seen = [weakref.ref(view), weakref.ref(view.state)]
    del view
    gc.collect()
    assert [ref() for ref in seen] == [None, None]
