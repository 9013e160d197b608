"""State: choices, what is derived from them, and that it never loads Panel."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from made_homes import add_run, made_home

from dashboard import cache
from dashboard.defaults import DENSITY, MAPS, suggest_columns
from dashboard.state import State
from photoz_core.errors import PhotozError
from photoz_core.home import Home

ALONE = """
import sys
from pathlib import Path
from dashboard.state import State
from photoz_core.home import Home
state = State(Home(Path(sys.argv[1])))
state.select_rows([1, 2])
state.focus = state.selection[0]
state.run = list(state.param.run.objects)[-1]
assert state.positions.shape == (60, 2) and state.selected.sum() == 2 and len(state.neighbours)
heavy = {"panel", "bokeh", "holoviews", "torch", "umap", "galsim"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture
def made(tmp_path):
    """A home with two finished runs."""
    home = made_home(tmp_path)
    add_run(home, 0)
    add_run(home, 1, z_phot=False)
    return home


def count_changes(state: State, *names: str) -> list:
    """A list that grows by one for each batch of changes of the parameters `names`."""
    seen: list = []
    state.param.watch(lambda *events: seen.append({event.name for event in events}), list(names))
    return seen


def test_state_works_in_a_process_without_panel(made):
    subprocess.run([sys.executable, "-c", ALONE, str(made.path)], check=True, timeout=120)


def test_empty_home(tmp_path):
    state = State(Home(tmp_path))
    assert (state.dataset, state.run, state.projection) == ("", "", "")
    assert state.data is None and state.current is None and state.positions is None and state.table is None
    assert state.colorable() == [] and len(state.rows(["a"])) == 0
    state.select(["a"])
    assert len(state.selection) == 0


def test_dataset_without_a_run_has_a_table_but_no_map(tmp_path):
    state = State(made_home(tmp_path))
    assert state.dataset == "made" and len(state.table) == 60 and state.positions is None
    assert list(state.param.run.names) == ["no finished run yet"]


def test_newest_finished_run_is_shown_at_first(made):
    state = State(made)
    assert state.current.recipe.seed == 1
    assert list(state.param.run.names) == ["run 1 · 100 % · seed 1", "run 0 · 100 % · seed 0"]


def test_each_change_of_run_is_derived_once(made):
    state = State(made)
    seen = count_changes(state, "current", "positions", "table")
    state.run = next(run for run in state.param.run.objects if run != state.run)
    assert seen == [{"current", "positions", "table"}]
    assert state.current.recipe.seed == 0 and "z_phot" in state.table and "delta_z" in state.table
    np.testing.assert_array_equal(state.positions, state.current.projection("pca"))


def test_columns_follow_the_run_until_chosen(made):
    state = State(made)
    assert state.columns[:3] == ["mag_F160W", "color_F814W_F160W", "z_spec"] and len(state.columns) == MAPS
    assert "z_phot" not in state.columns and "nothing" not in state.columns
    with_z = next(run for run in state.param.run.objects if run != state.run)
    state.run = with_z
    assert "z_phot" in state.columns
    state.columns = ["kind"] * MAPS
    state.run = next(run for run in state.param.run.objects if run != with_z)
    assert state.columns == ["kind"] * MAPS


def test_a_poor_table_is_filled_up_with_density(made):
    state = State(made)
    poor = state.table[["object_id", "mag_F160W", "nothing"]]
    assert suggest_columns(state.data, poor) == ["mag_F160W"] + [DENSITY] * (MAPS - 1)


def test_selection_modes_and_order(made):
    state = State(made)
    state.select(["m0007", "m0003", "unknown"])
    assert state.selection.tolist() == ["m0003", "m0007"]
    state.select(["m0001"], "add")
    state.select(["m0003"], "subtract")
    assert state.selection.tolist() == ["m0001", "m0007"]
    assert np.flatnonzero(state.selected).tolist() == [1, 7]
    with pytest.raises(PhotozError, match="replace"):
        state.select([], "toggle")


def test_selection_survives_another_run_and_zoom(made):
    state = State(made)
    state.select(["m0002", "m0005"])
    state.view = (0, 1, 0, 1)
    state.run = next(run for run in state.param.run.objects if run != state.run)
    assert state.selection.tolist() == ["m0002", "m0005"] and state.selected.sum() == 2
    assert state.view is None  # another map: the old window means nothing


def test_selection_set_from_outside_is_derived(made):
    state = State(made)
    state.selection = np.array(["m0010"])
    assert np.flatnonzero(state.selected).tolist() == [10]


def test_selection_is_carried_to_another_dataset_by_id(made):
    made_home(made.path, count=5, name="small")
    add_run(made, name="small")
    state = State(made)
    state.select(["m0003", "m0050"])
    state.dataset = "small"
    assert state.selection.tolist() == ["m0003"] and state.selected.tolist() == [False, False, False, True, False]


def test_nothing_is_done_while_nothing_is_new(made):
    state = State(made)
    before = state.revision
    state.refresh()
    assert state.revision == before


def test_first_finished_run_appears_by_itself(tmp_path):
    home = made_home(tmp_path)
    state = State(home)
    assert state.current is None
    run = add_run(home)
    state.refresh()
    assert state.run == run.id and state.positions.shape == (60, 2)
    later = add_run(home, seed=1)
    state.refresh()
    assert state.run == run.id and later.id in state.param.run.objects and state.jobs == {"done": 2}


def test_umap_is_taken_when_it_arrives_unless_another_was_chosen(made):
    state = State(made)
    assert state.projection == "pca"
    state.current.save_array("projections/umap", np.zeros((60, 2), "f4"))
    state.refresh()
    assert state.projection == "umap"
    state.projection = "pca"
    state.current.save_array("projections/other", np.ones((60, 2), "f4"))
    state.refresh()
    assert state.projection == "pca"


def test_deleted_run_is_replaced(made):
    state = State(made)
    shutil.rmtree(made.run(state.run))
    state.refresh()
    assert state.current.recipe.seed == 0


def test_run_of_a_replaced_dataset_is_a_problem_not_a_crash(made):
    shutil.rmtree(made.dataset("made"))
    made_home(made.path, count=9)
    state = State(made)
    assert "train it again" in state.problem and state.positions is None


def test_truncated_map_is_a_problem(made):
    run = add_run(made, seed=2)
    path = run.folder / "projections" / "pca.npy"
    path.write_bytes(path.read_bytes()[:100])
    state = State(made)
    assert "pca" in state.problem
    state.run = next(name for name in state.param.run.objects if name != run.id)
    assert state.problem == "" and state.positions is not None


def test_unreadable_latents_are_a_problem(made):
    run = add_run(made, seed=2)
    (run.folder / "latents.npy").write_bytes(b"")
    assert "latents" in State(made).problem


def test_focus_has_its_nearest_neighbours(made):
    state = State(made)
    state.focus = "m0011"
    latents = state.current.latents.astype(float)
    distance = np.sqrt(((latents - latents[11]) ** 2).sum(axis=1))
    expected = [row for row in np.argsort(distance) if row != 11][: len(state.neighbours)]
    assert state.focus_row == 11 and state.neighbours.tolist() == expected
    state.focus = "no such galaxy"
    assert state.focus_row == -1 and len(state.neighbours) == 0


def test_limits_are_percentiles_of_the_whole_column(made):
    state = State(made)
    column = state.data.column("z_spec")
    for view, clip in ((None, (1, 99)), ((0, 0.1, 0, 0.1), (1, 99)), (None, (10, 80))):
        state.view, state.clip = view, clip
        np.testing.assert_allclose(state.limits("z_spec"), np.percentile(column[np.isfinite(column)], clip), rtol=1e-6)
    assert np.isnan(state.limits("nothing")).all()


def test_values_of_numbers_and_classes(made):
    state = State(made)
    assert state.values("z_spec").unknown == np.isnan(state.data.column("z_spec")).sum()
    kinds = state.values("kind")
    assert kinds.is_category and kinds.classes == ("kind 0", "kind 1", "kind 2")
    assert kinds.array.tolist() == [i % 3 for i in range(60)]
    with pytest.raises(PhotozError, match="z_spec"):
        state.values("z_spek")


def test_sessions_share_what_is_loaded(made):
    one, two = State(made), State(made)
    one.select(["m0001"])
    assert one.positions is two.positions and one.data is two.data and one.table is two.table
    assert one.values("z_spec") is two.values("z_spec")
    assert two.selected.sum() == 0


def test_reimported_dataset_is_read_again(made):
    assert len(cache.dataset(made, "made")) == 60
    shutil.rmtree(made.dataset("made"))
    made_home(made.path, count=9)
    assert len(cache.dataset(made, "made")) == 9
