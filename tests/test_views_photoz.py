"""The Photo-z page with every choice, and with nothing, NaN and one object to show."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import panel as pn
import pytest
from made_runs import made_run

from dashboard.state import State
from dashboard.views.photoz import SPLITS, View
from photoz_core.dataset import Dataset
from photoz_core.metrics.point import CONVENTIONS


def near_truth(home) -> np.ndarray:
    """Predictions (120,) a little off, with every third object far off and every twelfth missing."""
    z = Dataset(home.dataset("tiny")).column("z_spec")
    z_phot = np.nan_to_num(z, nan=1.0) + np.random.default_rng(2).normal(0, 0.02, z.size)
    z_phot[::3] += 1.5
    z_phot[::12] = np.nan
    return z_phot


@pytest.fixture(scope="module")
def judged_home(tiny_home, tmp_path_factory):
    home = type(tiny_home)(shutil.copytree(tiny_home.path, tmp_path_factory.mktemp("judged") / "home"))
    made_run(home, "tiny_mlp", near_truth(home))
    made_run(home, "tiny_moco", None)
    return home


@pytest.fixture
def state(judged_home) -> State:
    state = State(judged_home)
    state.run = next(run for run in state.param.run.objects if "tiny_mlp" in run)
    return state


def rendered(view: View) -> str:
    """Render, and give the table's HTML."""
    pn.panel(view).get_root()
    return view.points.table.object


def test_every_choice_renders(state):
    view = View(state)
    state.select_rows(np.arange(60))
    for shown in view.param.shown.objects:
        for split in SPLITS.values():
            for convention in CONVENTIONS:
                view.param.update(shown=shown, split=split, convention=convention)
                table = rendered(view).partition("<table class=required>")[0]
                assert (">σ_IQR<" in table) == (convention in ("rail", "graham"))


def test_the_table_is_that_of_the_test_split(state):
    html = rendered(View(state))
    data, z_phot = state.data, state.table["z_phot"]
    rows = [i for i in range(120) if data.split[i] == "test" and np.isfinite(data.column("z_spec")[i])]
    missing = sum(not np.isfinite(z_phot[i]) for i in rows)
    outliers = sum(not abs(data.column("z_spec")[i] - z_phot[i]) <= 0.15 * (1 + data.column("z_spec")[i]) for i in rows)
    whole = html.partition("whole split</td>")[2].partition("</tr>")[0]
    assert whole.startswith(f"<td>{len(rows)}</td><td>{missing or '–'}</td>")
    assert f"{100 * outliers / len(rows):.1f} <small>" in whole


def test_the_selection_is_counted_and_judged(state):
    view = View(state)
    state.select_rows(np.arange(50))
    data = state.data
    inside = [i for i in range(50) if data.split[i] == "test" and np.isfinite(data.column("z_spec")[i])]
    assert f"selection: 50 objects, {len(inside)} of the test split with z_spec" in view._counts.object
    assert f"selection</td><td>{len(inside)}</td>" in rendered(view)
    view.shown = "selection"
    assert len(view.points.redshifts.sources["points"].data["x"]) == sum(
        np.isfinite(state.table["z_phot"][i]) for i in inside
    )
    state.select_rows(np.zeros(0, int))
    assert "selection:" not in view._counts.object
    assert "selection</td><td>0</td>" in rendered(view)


def test_one_selected_object(state):
    data = state.data
    row = next(i for i in range(120) if data.split[i] == "test" and np.isfinite(data.column("z_spec")[i]))
    view = View(state, shown="selection")
    state.select([data.object_id[row]])
    assert "selection</td><td>1</td>" in rendered(view)


def test_outliers_become_the_selection(state):
    view = View(state)
    z, z_phot, data = state.data.column("z_spec"), state.table["z_phot"].to_numpy(), state.data
    far = [i for i in range(120) if data.split[i] == "test" and abs(z[i] - z_phot[i]) > 0.15 * (1 + z[i])]
    assert far and view._outliers.label == f"Select {len(far)} outliers"
    view._outliers.clicks += 1
    assert sorted(state.selection) == sorted(data.object_id[far])
    assert len(view.points.redshifts.sources["selected"].data["x"]) == len(far)


def test_a_box_on_the_diagram_selects_what_is_inside(state):
    view = View(state)
    box = {"type": "rect", "x0": 0.5, "x1": 2.0, "y0": 0.4, "y1": 1.5}
    view.points.on_box(SimpleNamespace(geometry=box, final=True))
    z, z_phot, data = state.data.column("z_spec"), state.table["z_phot"].to_numpy(), state.data
    inside = [i for i in range(120) if data.split[i] == "test" and 0.5 <= z[i] <= 2 and 0.4 <= z_phot[i] <= 1.5]
    assert inside and list(np.flatnonzero(state.selected)) == inside


@pytest.mark.parametrize("split", ["valid", "train"])
def test_other_splits_are_marked_as_no_fair_test(state, split):
    view = View(state, split=split)
    assert "not a fair test" in view._counts.object
    view.split = "test"
    assert "fair" not in view._counts.object


def test_the_bright_cut_moves_the_bright_line(state):
    view = View(state)
    mag = state.data.column("mag_F160W")
    for cut in (23.0, 0.0):
        view.bright = cut
        known = np.isfinite(state.data.column("z_spec")) & (state.data.split == "test")
        count = sum(bool(known[i]) and mag[i] < cut for i in range(120))
        assert f"m_F160W &lt; {cut:g}</td><td>{count}</td>" in rendered(view)


def test_a_run_without_z_phot_says_what_to_do(state):
    view = View(state)
    state.run = next(run for run in state.param.run.objects if "tiny_moco" in run)
    pn.panel(view).get_root()
    assert view._empty.visible and not view._charts.visible
    assert "predicts no redshift" in view._notice.object and "starts from it" in view._notice.object
    state.run = next(run for run in state.param.run.objects if "tiny_mlp" in run)
    assert view._charts.visible and not view._empty.visible


def test_no_run_and_no_dataset_say_what_to_do(tiny_home, tmp_path):
    view = View(State(tiny_home))
    pn.panel(view).get_root()
    assert "No finished run of tiny" in view._notice.object
    empty = View(State(type(tiny_home)(tmp_path)))
    pn.panel(empty).get_root()
    assert "photoz data import" in empty._notice.object


def test_no_z_spec_and_no_magnitudes(home):
    """A dataset whose z_spec are all unknown, then one that is left with a single label and no magnitude."""
    made_run(home, "tiny_mlp", near_truth(home))
    path = home.dataset("tiny") / "catalog.parquet"
    catalog = pd.read_parquet(path)
    label = np.flatnonzero(Dataset(home.dataset("tiny")).split == "test")[0]
    catalog.assign(z_spec=np.nan).to_parquet(path)
    view = View(State(home))
    pn.panel(view).get_root()
    assert "has no z_spec" in view._notice.object
    one = catalog.drop(columns="mag_F160W").assign(z_spec=np.where(catalog.index == label, 1.0, np.nan))
    one.to_parquet(path)
    (home.dataset("tiny") / "dataset.toml").touch()
    view = View(State(home))
    html = rendered(view)
    assert "whole split</td><td>1</td>" in html and "by m_F160W" not in html
    view.shown = "bright"
    pn.panel(view).get_root()


def test_a_hidden_page_waits_until_it_is_in_front(state):
    state.param.page.objects = ["Explore", "Photo-z"]
    view = View(state)
    before = view.points.table.object
    state.select_rows(np.arange(50))
    assert view.points.table.object == before
    state.page = "Photo-z"
    assert view.points.table.object != before
