"""The map and the ranking of the Similar page: what a zoom does not work out again, what a change of run keeps."""

import numpy as np
import pytest
from made_homes import add_run, made_home

from dashboard import similar_choices, similar_scores
from dashboard.similar_scores import FOREST, KNN, RESIDUAL
from dashboard.state import State
from dashboard.views import _similar_map
from dashboard.views.similar import View
from photoz_core.outliers import knn_distance


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    add_run(home)
    return home


@pytest.fixture
def view(home):
    view = View(State(home))
    view.__panel__().get_root()
    return view


def half(view) -> tuple[float, float, float, float]:
    """The left half of the map."""
    (x0, y0), (x1, y1) = view.state.positions.min(0).tolist(), view.state.positions.max(0).tolist()
    return x0, (x0 + x1) / 2, y0, y1


def test_a_zoom_works_out_no_outliers_and_no_limits_and_sends_no_mark(view, monkeypatch):
    view.choices.param.update(split="", marked=True)
    view.state.focus = "m0003"
    seen, judge, percentile = [], similar_choices.catastrophic_of, np.nanpercentile
    monkeypatch.setattr(similar_choices, "catastrophic_of", lambda *of: seen.append("outliers") or judge(*of))
    monkeypatch.setattr(similar_scores.np, "nanpercentile", lambda *of: seen.append("limits") or percentile(*of))
    before = view.map.crosses.data, view.map.near.data, view.map.source.data
    view.state.view = half(view)
    view.state.view = None
    assert seen == [] and view.map.source.data is not before[2]
    assert view.map.crosses.data is before[0] and view.map.near.data is before[1]
    view.choices.split = "test"
    view.state.clip = (5, 95)
    assert seen == ["outliers", "limits"]
    low, high = percentile(view.choices.ranked.values, (5, 95))
    assert view.choices.ranked.clipped((5, 95)) == (low, high)


def test_of_many_outliers_a_stated_sample_of_those_in_view_is_marked(view, monkeypatch):
    monkeypatch.setattr(_similar_map, "CROSSES", 5)
    view.choices.param.update(split="", marked=True)
    rows, positions = view.choices.catastrophic.rows, view.state.positions
    assert len(view.map.crosses.data["x"]) == 5 < len(rows)
    assert f"× 5 of {len(rows)} in view" in view.map.scale.object
    view.state.view = x0, x1, *_ = half(view)
    seen = rows[(positions[rows, 0] >= x0) & (positions[rows, 0] <= x1)]
    assert len(view.map.crosses.data["x"]) == 5 and set(view.map.crosses.data["x"]) <= set(positions[seen, 0])
    assert f"× 5 of {len(seen)} in view" in view.map.scale.object
    few = positions[seen[:3]]
    view.state.view = (*few[0, [0, 0]] + np.array([-1e-4, 1e-4]), *few[0, [1, 1]] + np.array([-1e-4, 1e-4]))
    assert view.map.crosses.data["x"].tolist() == [few[0, 0]] and "×" not in view.map.scale.object
    view.choices.marked = False
    assert len(view.map.crosses.data["x"]) == 0


def test_the_score_that_was_chosen_stays_while_another_run_is_looked_at(view, home):
    view.choices.score = FOREST
    add_run(home, seed=1)
    bare = add_run(home, seed=2, z_phot=False)
    view.state.refresh()
    first, other = view.state.run, next(name for name in home.run_ids() if "seed1" in name)
    view.state.run = other
    assert view.choices.score == FOREST and "isolation forest" in view.ranking.gallery.title.object
    view.choices.score = RESIDUAL
    view.state.run = bare.id
    assert view.choices.score == KNN and RESIDUAL not in view.choices.scores
    view.state.run = first
    assert view.choices.score == RESIDUAL


def test_another_dataset_with_fewer_objects_while_the_page_is_behind(home):
    made_home(home.path, count=8, name="few")
    add_run(home, name="few")
    state = State(home, dataset="made")
    state.param.page.objects = ["Explore", "Similar"]
    state.page = "Similar"
    view = View(state)
    view.__panel__().get_root()
    view.choices.share = 20.0
    before = view.ranking.table.object
    state.page = "Explore"
    state.dataset = "few"
    state.focus = "m0003"
    assert before.count("data-press") == 8 and view.ranking.table.object == before
    state.page = "Similar"
    oddest = np.argsort(-knn_distance(state.current.latents))[:2]
    assert view.ranking.gallery.tiles.names == state.data.object_id[oddest].tolist()
    assert view.ranking.table.object.count("data-press") == 2
