"""Two runs in step with the session: selection and focus both ways, runs and columns by default."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from made_homes import add_lens_run, made_home, made_lenses

from dashboard.lens_sides import Sides
from dashboard.state import State

ALONE = """
import sys
from pathlib import Path
from dashboard.lens_sides import Sides
from dashboard.state import State
from photoz_core.home import Home
sides = Sides(State(Home(Path(sys.argv[1]))))
sides.lower.select_rows([1, 2])
sides.follow()
assert sides.state.selected.sum() == sides.upper.selected.sum() == 2
heavy = {"panel", "bokeh", "holoviews", "torch", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture
def home(tmp_path):
    home = made_lenses(tmp_path)
    add_lens_run(home, "simsiam")
    add_lens_run(home, "lensiam")
    return home


@pytest.fixture
def sides(home):
    return Sides(State(home))


def methods(sides) -> list[str]:
    return [side.current.recipe.method for side in sides.both]


def test_sides_work_without_panel(home):
    subprocess.run([sys.executable, "-c", ALONE, str(home.path)], check=True, timeout=120)


def test_lensiam_is_above_simsiam_in_the_papers_columns(sides):
    assert methods(sides) == ["lensiam", "simsiam"] and not sides.is_single
    assert [side.columns for side in sides.both] == [["theta_E", "e1", "gamma"]] * 2


def test_a_selection_and_a_focus_reach_everybody_once(sides):
    everybody, seen = (sides.state, *sides.both), []
    for number, who in enumerate(everybody):
        who.param.watch(lambda event, number=number: seen.append(number), "selected")
    for number, who in enumerate(everybody):
        seen.clear()
        who.select([f"l{number:04d}", "l0030"])
        who.focus = f"l{number + 10:04d}"
        sides.follow()
        assert [other.selection.tolist() for other in everybody] == [[f"l{number:04d}", "l0030"]] * 3
        assert {other.focus_row for other in everybody} == {number + 10}
        assert sorted(seen) == [0, 1, 2]


def test_the_session_is_followed_when_asked(sides):
    state = sides.state
    state.param.update(clip=(10, 90), colormap="magma")
    state.select(["l0003"])
    assert not sides.upper.selected.any()
    sides.follow()
    for side in sides.both:
        assert (side.clip, side.colormap, side.selection.tolist()) == ((10, 90), "magma", ["l0003"])
        assert side.limits("theta_E") == state.limits("theta_E")


def test_columns_and_tool_are_shared_but_not_the_zoom(sides):
    sides.upper.columns = ["e2", "gamma1", "gamma2"]
    sides.upper.drag = "lasso"
    sides.upper.view = (0, 1, 0, 1)
    assert sides.lower.columns == ["e2", "gamma1", "gamma2"] and sides.lower.drag == "lasso"
    assert sides.lower.view is None
    sides.follow()
    assert sides.upper.columns == ["e2", "gamma1", "gamma2"]


def test_columns_of_either_run_are_offered(home, sides):
    run = add_lens_run(home, "supervised", theta_E_pred=np.ones(60))
    sides.state.refresh()
    sides.follow()
    assert methods(sides) == ["lensiam", "simsiam"]  # a later run does not push them out
    sides.lower.run = run.id
    assert "theta_E_pred" in sides.upper.colorable() and "theta_E_pred" not in sides.upper.table


def test_the_second_run_comes_by_itself_and_a_choice_stays(tmp_path):
    home = made_lenses(tmp_path)
    state = State(home)
    sides = Sides(state)
    assert sides.runs == [] and sides.is_single
    first = add_lens_run(home, "moco")
    state.refresh()
    sides.follow()
    assert [run.id for run in sides.runs] == [first.id] and sides.is_single
    add_lens_run(home, "lensiam")
    state.refresh()
    sides.follow()
    assert methods(sides) == ["lensiam", "moco"] and len(sides.runs) == 2
    sides.upper.run = first.id
    add_lens_run(home, "simsiam")
    state.refresh()
    sides.follow()
    assert methods(sides) == ["moco", "moco"]


def test_a_broken_run_leaves_session_and_other_side_alone(home, sides):
    broken = add_lens_run(home, "pita")
    (broken.folder / "latents.npy").write_bytes(b"")
    sides.state.select(["l0004"])
    sides.state.refresh()
    sides.follow()
    focus = sides.state.focus
    sides.lower.run = broken.id
    assert "latents" in sides.lower.problem
    assert sides.state.selection.tolist() == ["l0004"] and sides.state.focus == focus
    sides.state.select(["l0005"])
    sides.follow()
    sides.lower.run = sides.upper.run
    assert sides.lower.selection.tolist() == sides.state.selection.tolist() == ["l0005"]
    assert sides.lower.focus == sides.state.focus == focus


def test_another_dataset_brings_its_runs_and_galaxies_leave_all_as_it_is(home, sides):
    made_lenses(home.path, count=20, name="others")
    made_home(home.path)
    add_lens_run(home, "simsiam", name="others")
    state = sides.state
    state.refresh()
    sides.upper.columns = ["e2", "e2", "e2"]
    for dataset, runs in (("others", ["simsiam"]), ("lenses", ["lensiam", "simsiam"])):
        state.dataset = dataset
        sides.follow()
        assert [run.recipe.method for run in sides.runs] == runs
        assert {side.dataset for side in sides.both} == {dataset}
        assert sides.upper.columns == ["theta_E", "e1", "gamma"]
    state.dataset = "made"
    sides.follow()
    assert {side.dataset for side in sides.both} == {"lenses"}


def test_a_deleted_run_is_replaced(home, sides):
    shutil.rmtree(home.run(sides.lower.run))
    sides.state.refresh()
    sides.follow()
    assert sides.is_single and methods(sides) == ["lensiam", "lensiam"]
