"""The Compare page while runs come, go, lack something or cannot be read."""

import shutil

import numpy as np
import pytest
from made_compare import box, scales, shown
from made_homes import add_run, made_home

from dashboard.compare_choices import MOST
from dashboard.compare_sides import OVERLAP
from photoz_core.errors import PhotozError
from photoz_core.home import Home


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    for seed in range(2):
        add_run(home, seed)
    return home


def test_runs_come_and_go(home):
    for seed in range(2, 8):
        add_run(home, seed)
    view = shown(home)
    names = lambda: [side.run for side in view.comparison.shown]  # noqa: E731
    while not view.add.disabled:
        view.add.clicks += 1
    assert len(set(names())) == MOST == len(view.grid.objects)
    assert len(view.pairs.found) == 15 and view.pairs.table.object.count("<tr>") == 7
    before = names()
    view.panels[0].close.clicks += 1
    assert names() == before[1:] and len(view.grid.objects) == 5
    view.comparison.shown[0].run = before[0]
    assert names() == [before[0], *before[2:]]
    assert set(view.pairs.found) == {(i, j) for i in range(5) for j in range(i + 1, 5)}
    while len(view.comparison.shown) > 2:
        view.panels[2].close.clicks += 1
    assert not view.panels[0].close.visible


def test_a_run_that_is_deleted_while_shown_makes_room_for_another(home):
    add_run(home, 2)
    view = shown(home)
    gone = view.comparison.shown[0].current
    shutil.rmtree(gone.folder)
    view.state.refresh()
    assert len(view.comparison.shown) == 2 and gone.id not in [side.run for side in view.comparison.shown]
    for side in view.comparison.shown:
        shutil.rmtree(side.current.folder)
    view.state.refresh()
    assert view.comparison.shown == [] and "No finished run" in view.text.object
    add_run(home, 9)
    view.state.refresh()
    assert view.body.objects == [view._page] and len(view.panels[0].maps.cells[0].source.data["image"]) == 1


def test_one_run_says_what_to_do_and_a_second_one_joins_it(tmp_path):
    home = made_home(tmp_path)
    add_run(home)
    view = shown(home)
    assert view.grid.objects == [view.panels[0].__panel__(), view.hint] and not view.pairs._layout.visible
    assert OVERLAP not in view.comparison.param.coloring.objects and view.add.disabled
    add_run(home, 1)
    view.state.refresh()
    assert (
        view.hint not in view.grid.objects
        and len(view.panels) == len(view.grid.objects) == 2
        and view.pairs._layout.visible
    )


def test_no_run_and_no_dataset_say_what_to_do(tmp_path):
    assert "No dataset yet" in shown(Home(tmp_path / "empty")).text.object
    assert "No finished run" in shown(made_home(tmp_path / "made")).text.object


def test_runs_without_a_map_or_that_cannot_be_read_leave_the_others(home):
    bare = add_run(home, 3, maps=())
    broken = add_run(home, 4)
    (broken.folder / "projections" / "pca.npy").write_bytes(b"cut")
    good, better = (run for run in home.run_ids() if run not in (bare.id, broken.id))
    view = shown(home, run=good)
    view.comparison.choose([good, bare.id, broken.id])
    texts = [panel.text.object for panel in view.panels]
    assert "no map yet" in texts[1] and "cannot be shown" in texts[2] and view.panels[0].maps.visible
    assert not view.pairs._layout.visible
    view.comparison.choose([bare.id, good, better])
    assert set(view.pairs.found) == {(1, 2)} and view.pairs.start == 1 and view.pairs.end == 2


def test_a_pair_that_cannot_be_compared_is_said_to_be_so(home, monkeypatch):
    def fail(*args):
        raise PhotozError("run 'x' has no latents")

    monkeypatch.setattr("dashboard.views._compare_pairs.agreement", fail)
    view = shown(home)
    assert "no latents" in view.pairs.note.object and "<td>–</td>" in view.pairs.table.object
    assert "…" not in view.pairs.table.object  # which says that it is on its way
    view.comparison.coloring = OVERLAP
    assert all("60 NaN" in scale for scale in scales(view))


def test_a_map_that_a_run_lacks_is_replaced_by_one_that_it_has(home):
    other = add_run(home, 3, maps=("pca", "umap"))
    view = shown(home)
    lacking = view.comparison.shown[1].run
    view.comparison.choose([lacking, other.id])
    view.comparison.projection = "umap"
    assert [side.projection for side in view.comparison.shown] == ["pca", "umap"]
    view.comparison.projection = "pca"
    assert [side.projection for side in view.comparison.shown] == ["pca", "pca"]


def test_another_dataset_brings_its_own_runs(home):
    made_home(home.path, count=30, name="other")
    for seed in range(2):
        add_run(home, seed, name="other")
    view = shown(home, dataset="made")
    view.state.select_rows(np.arange(5))
    view.state.dataset = "other"
    assert {side.dataset for side in view.comparison.shown} == {"other"}
    assert all("n 5<" in scale or "n 5 " in scale for scale in scales(view))  # the same ids are there, too
    view.state.select([])
    assert all("n 30" in scale for scale in scales(view))
    box(view, 0, -99, 99, -99, 99)
    assert view.state.selected.sum() == 30
