"""A view goes into a link and comes out again, whatever has become of the link or of what it shows."""

import json
import shutil
import subprocess
import sys

import numpy as np
import param
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_homes import add_run, made_home

from dashboard.compare_choices import Comparison
from dashboard.compare_shared import Seen
from dashboard.defaults import DENSITY
from dashboard.parts import join
from dashboard.shared_view import MOST, capture, restore
from dashboard.state import State
from photoz_core.errors import PhotozError

AREA = (-1.5, 0, -1, 2.25)
PAGES = ["Explore", "Compare", "Review"]
LIGHT = """
import sys
import dashboard.guests, dashboard.parts, dashboard.review_acts, dashboard.review_choices, dashboard.review_desk
import dashboard.review_watch, dashboard.review_words, dashboard.shared_view
assert not {"panel", "bokeh", "sqlalchemy", "torch"} & set(sys.modules), set(sys.modules)
"""


class Choices(param.Parameterized):
    """Choices of a page."""

    split = param.Selector(default="test", objects=["test", "train"])
    share = param.Number(default=5.0, bounds=(0, 20))
    late = param.Selector(default="", objects=[""])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = made_home(tmp_path_factory.mktemp("home"))
    for seed in range(3):
        add_run(home, seed=seed, maps=("pca", "umap"))
    return home


def session(home, **more) -> State:
    state = State(home, **more)
    state.param.page.objects = PAGES
    return state


def chosen(home) -> State:
    """A session in which nothing is as it was at first."""
    state = session(home)
    state.run = list(state.param.run.objects)[-1]
    state.projection = "pca"
    state.param.update(
        columns=["nothing", "z_spec", DENSITY], colormap="magma", clip=(5, 80.5), view=(-1.5, 0, -1, 2.25)
    )
    state.select(["m0003", "m0001"])
    state.param.update(focus="m0007", band="F160W", pick="medoid", grid=20, drag="lasso", page="Compare")
    return state


def as_json(view: dict) -> dict:
    return json.loads(json.dumps(view, allow_nan=False))


def test_a_view_comes_back_as_it_was(home):
    state = chosen(home)
    view, other = as_json(capture(state)), session(home)
    assert as_json(capture(other)) != view
    assert restore(other, view) == []
    assert as_json(capture(other)) == view
    assert (
        other.selection.tolist() == ["m0001", "m0003"] and other.view == (-1.5, 0, -1, 2.25) and other.clip == (5, 80.5)
    )
    assert other.run != session(home).run and other.focus_row == 7 and other.desk.notice == ""


def test_choices_of_a_page_come_back_when_it_is_opened(home):
    state = chosen(home)
    page = Choices(split="train", share=7.5)
    join(state, "Some", page, "split", "share")
    view, other, fresh = as_json(capture(state)), session(home), Choices()
    restore(other, view)
    assert capture(other)["parts"] == view["parts"]  # kept for the next who gets a link
    join(other, "Some", fresh, "split", "share")
    assert (fresh.split, fresh.share) == ("train", 7.5)
    fresh.share = 1.0
    join(other, "Some", fresh, "split", "share")  # what was set once is not set again
    assert fresh.share == 1.0


def test_a_choice_that_is_offered_late_is_made_then(home):
    state, page = session(home), Choices()
    restore(state, {"parts": {"Some": {"late": "b"}}})
    join(state, "Some", page, "late")
    assert page.late == "" and state.desk.notice == ""
    page.param.late.objects = ["a", "b"]
    assert page.late == "b"


def test_choices_that_wait_for_a_page_end_with_their_dataset(home, tmp_path):
    both = shutil.copytree(home.path, tmp_path / "both")
    made_home(both, name="other", images=False)
    state, page = session(type(home)(both)), Choices()
    restore(state, {"dataset": "made", "parts": {"Some": {"share": 9.0}}})
    state.dataset = "other"
    join(state, "Some", page, "share")
    assert page.share == 5.0


def test_runs_and_zoom_of_a_comparison_come_back(home):
    runs = list(session(home).param.run.objects)
    states = [session(home) for _ in range(2)]
    seen = []
    for state in states:
        comparison = Comparison(state)
        comparison.follow()
        seen.append(Seen(comparison))
    seen[0].runs = [runs[2], runs[0], runs[1]]
    seen[0].comparison.param.update(projection="pca", layout="as trained", coloring="z_spec")
    seen[0].zoom = [-1, 1, -0.5, 0.5]
    for state, part in zip(states, seen, strict=True):
        if state is states[1]:
            restore(state, as_json(capture(states[0])))
        join(state, "runs", part, "runs")
        join(state, "choices", part.comparison, "projection", "layout", "coloring")
        join(state, "zoom", part, "zoom")
    assert seen[1].runs == [runs[2], runs[0], runs[1]] and seen[1].zoom == [-1, 1, -0.5, 0.5]
    assert (seen[1].comparison.projection, seen[1].comparison.layout) == ("pca", "as trained")
    assert seen[1].comparison.coloring == "z_spec"
    with pytest.raises(PhotozError, match="gone"):
        seen[1].runs = ["gone", runs[0]]
    assert seen[1].runs == [runs[0]]


GONE = [
    ({"run": "gone"}, "run 'gone'"),
    ({"projection": "tsne"}, "projection 'tsne'"),
    ({"columns": ["z_spec", "no such"]}, "column 'no such'"),
    ({"page": "Lenses"}, "page 'Lenses'"),
    ({"band": "F999W"}, "band 'F999W'"),
    ({"selection": ["m0003", "x1", "x2"]}, "2 of 3 selected objects"),
    ({"focus": "x1"}, "object 'x1'"),
    ({"view": [3, 1, 0, 1]}, "view (unreadable)"),
    ({"clip": [80, 20]}, "clip (unreadable)"),
    ({"grid": 7}, "grid 7"),
]


@pytest.mark.parametrize(("broken", "text"), GONE)
def test_what_is_gone_is_named_and_the_rest_is_shown(home, broken, text):
    view, state = capture(chosen(home)), session(home)
    assert restore(state, as_json(view | broken)) == [text]
    assert text in state.desk.notice
    left = {name: value for name, value in view.items() if name not in broken}
    assert {name: capture(state)[name] for name in left} == left


@pytest.mark.parametrize("dataset", ["../made", "/etc", "made/../made", "gone", "made\x00"])
def test_a_dataset_that_is_not_there_changes_nothing(home, dataset):
    state = session(home)
    before = capture(state)
    assert restore(state, capture(chosen(home)) | {"dataset": dataset})[0].startswith("dataset ")
    assert capture(state) == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
NAMES = [*GONE[0][0], "dataset", "columns", "clip", "view", "selection", "focus", "grid", "page", "parts", "drag", "x"]
VIEWS = st.dictionaries(st.sampled_from(NAMES), JSON | st.lists(st.floats(), min_size=2, max_size=4), max_size=6)
PARTS = st.dictionaries(st.sampled_from(["split", "share", "late", "zoom", "runs"]), JSON, max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(view=VIEWS | JSON, values=PARTS)
def test_no_view_is_so_broken_that_it_breaks_a_session(broken_session, view, values):
    state, page, seen = broken_session
    restore(state, view)
    restore(state, {"parts": {"Some": values, "runs": values}})
    join(state, "Some", page, "split", "share", "late")
    join(state, "runs", seen, "runs", "zoom")
    assert state.dataset == "made" and state.page in PAGES and page.split in ("test", "train") and 0 <= page.share <= 20
    assert set(state.columns) <= {*state.colorable(), DENSITY, "review_score", "review_comments", "review_tag"}
    assert state.view is None or (np.isfinite(state.view).all() and state.view[0] < state.view[1])
    assert 0 <= state.clip[0] <= state.clip[1] <= 100
    json.dumps(capture(state), allow_nan=False)


@pytest.fixture(scope="module")
def broken_session(home):
    state = session(home)
    comparison = Comparison(state)
    comparison.follow()
    return state, Choices(), Seen(comparison)


def test_a_selection_too_large_for_a_link_is_refused(home):
    state = session(home)
    state._selection = np.array(["m0001"] * (MOST + 1))
    state.selection = state._selection
    with pytest.raises(PhotozError, match="Review page"):
        capture(state)


def test_what_knows_no_panel_loads_none():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)
