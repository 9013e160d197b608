"""A run is deleted while sessions show it: they fall back on another one, say so, and nothing breaks."""

import panel as pn
import pytest
from made_homes import add_lens_run, add_run, made_home, made_lenses

from dashboard.state import State
from dashboard.views import compare, explore, lenses, photoz, review, similar, train
from photoz_core.files import remove_folder
from photoz_core.run import list_runs


@pytest.fixture
def state(tmp_path):
    home = made_home(tmp_path / "home")
    for seed in range(3):
        add_run(home, seed)
    return State(home)


def shown(module, state):
    view = module.View(state)
    pn.panel(view).get_root()
    return view


@pytest.mark.parametrize("module", [explore, photoz, compare, similar, train, review], ids=lambda module: module.TITLE)
def test_a_page_falls_back_on_another_run(state, module):
    view = shown(module, state)
    gone = state.current
    remove_folder(gone.folder)
    state.columns = ["z_spec", "size_made"]  # before the poll has seen it
    state.view = (-1.0, 1.0, -1.0, 1.0)
    state.select_rows([1, 2, 3])
    state.focus = str(state.data.object_id[5])
    state.clip = (5, 95)
    state.refresh()
    assert state.current is not None and state.run != gone.id and state.problem == ""
    state.columns = ["z_phot"]
    assert gone.id not in state.param.run.objects
    assert gone.name in state.desk.notice and state.current.name in state.desk.notice
    pn.panel(view).get_root()


def test_a_run_that_is_compared_goes_and_the_others_stay(state):
    view = shown(compare, state)
    sides = list(view.comparison.shown)
    other = next(side.current for side in sides if side.run != state.run)
    remove_folder(other.folder)
    state.columns = ["z_spec", "size_made"]
    state.select_rows([1, 2])
    state.refresh()
    assert other.id not in {side.run for side in view.comparison.shown} and state.desk.notice == ""
    pn.panel(view).get_root()


def test_a_lens_run_goes_and_the_page_says_what_to_do(tmp_path):
    home = made_lenses(tmp_path / "home")
    kept, gone = (add_lens_run(home, method) for method in ("simsiam", "lensiam"))
    state = State(home)
    view = shown(lenses, state)
    remove_folder(gone.folder)
    state.select_rows([1, 2, 3])
    state.focus = str(state.data.object_id[4])
    state.refresh()
    assert state.run == kept.id and gone.name in state.desk.notice
    pn.panel(view).get_root()
    remove_folder(kept.folder)
    state.refresh()
    assert state.run == "" and "no run" in state.desk.notice
    pn.panel(view).get_root()


def test_the_last_run_goes_and_every_page_says_so(state):
    views = [shown(module, state) for module in (explore, photoz, compare, similar, train, review)]
    for run in list_runs(state.home):
        remove_folder(run.folder)
    state.select_rows([1])
    state.refresh()
    assert state.current is None and state.positions is None and "no run" in state.desk.notice
    for view in views:
        pn.panel(view).get_root()
