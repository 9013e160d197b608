"""The Classes page with every choice and event, and with nothing, little and odd things to show."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest
from made_classes import NAMES, add_class_run, class_recipe, made_classes
from made_homes import add_run, made_home

from dashboard.app import create_app
from dashboard.classes_choices import COLORINGS
from dashboard.pages import titles_for
from dashboard.palettes import BEHIND
from dashboard.state import State
from dashboard.views.classes import View
from photoz_core.dataset import Dataset
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.run import Run

LIGHT = """
import sys
from dashboard.views.classes import View
heavy = {"torch", "umap", "galsim", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture
def home(tmp_path):
    home = made_classes(tmp_path)
    add_class_run(home, "features, magnitudes", labels=20, right=0.5)
    add_class_run(home, "scratch")
    return home


def shown(home, **choices) -> View:
    view = View(State(home, **choices))
    view.__panel__().get_root()
    return view


@pytest.fixture
def view(home):
    return shown(home)


def test_nothing_heavy_is_imported_with_the_page():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)


def test_a_cell_selects_its_objects_and_once_more_nobody(view):
    sample, state = view.choices.sample, view.state
    cell = next((i, j) for i, j in np.argwhere(sample.confusion) if i != j)
    view.matrix._press(f"{cell[0]},{cell[1]}", "replace")
    assert np.flatnonzero(state.selected).tolist() == sample.cell(*cell).tolist()
    assert (view.choices.true, view.choices.predicted) == view.choices.pressed == tuple(cell)
    assert view.matrix.matrix.object.count('aria-pressed="true"') == 1
    assert BEHIND in view.maps.cells[0].source.data["image"][0]
    assert set(view.gallery.tiles.names) == set(state.data.object_id[sample.cell(*cell)])
    assert set(view.gallery.tiles.captions) == {f"{NAMES[cell[0]]} → {NAMES[cell[1]]}"}
    view.matrix._press("0,0", "add")
    assert state.selected.sum() == sample.confusion[tuple(cell)] + sample.confusion[0, 0]
    assert view.choices.pressed == (-1, -1) == (view.choices.true, view.choices.predicted)
    view.matrix._press("0,0", "subtract")
    assert view.choices.pressed == tuple(cell)
    view.matrix._press(f"{cell[0]},{cell[1]}", "replace")
    assert not state.selected.any() and view.choices.true == -1


def test_two_selects_do_what_a_cell_does(view):
    sample, selected = view.choices.sample, lambda: np.flatnonzero(view.state.selected).tolist()
    view.choices.true = 1
    assert selected() == sample.cell(1).tolist() and view.choices.true == 1
    view.choices.predicted = 1
    assert selected() == sample.cell(1, 1).tolist() and view.choices.pressed == (1, 1)
    view.choices.param.update(true=-1, predicted=-1)
    assert selected() == []


def test_a_selection_elsewhere_is_named_if_it_is_a_cell(view):
    view.state.select_rows(view.choices.sample.cell(2, 2))
    assert (view.choices.true, view.choices.predicted) == (2, 2)
    view.state.select_rows([0, 1, 2])
    assert view.choices.pressed == (-1, -1) and view.state.selected.sum() == 3


def test_without_a_selection_the_gallery_shows_the_misclassified(view):
    sample, state = view.choices.sample, view.state
    names = state.data.object_id[sample.wrong()].tolist()
    assert view.gallery.tiles.names == names[: len(view.gallery.tiles.names)] and names
    assert f"<b>{len(names)}</b> of {len(sample)} in the test split" in view.gallery.title.object
    view.choices.split = "valid"
    assert view.choices.sample is not sample and "validation split" in view.gallery.title.object
    assert f"{len(view.choices.sample):,} objects of known class" in view.matrix.note.object


def test_a_point_of_the_curves_brings_its_run_to_the_front(view):
    state, runs = view.state, view.curves.chart.sources["runs"]
    assert sorted(runs.data["x"]) == [20, view.choices.labels] and state.current.recipe.title == "scratch"
    runs.selected.indices = [list(runs.data["x"]).index(20)]
    assert state.current.recipe.title == "features, magnitudes" and runs.selected.indices == []
    assert view.choices.sample.confusion.tolist() == state.current.metrics["classification"]["test"]["confusion"]


def test_a_scheme_of_the_table_brings_its_run_to_the_front(view):
    view.choices.labels = 20
    run = next(run.id for run in view.choices.runs if run.recipe.title == "features, magnitudes")
    assert f'data-press="{run}"' in view.schemes.table.object and 'class="on"' not in view.schemes.table.object
    view.schemes._open(run, "replace")
    assert view.state.run == run and view.choices.labels == 20 and 'class="on"' in view.schemes.table.object


@pytest.mark.parametrize("metric", ["test.accuracy", "valid.accuracy", "test.macro_f1", "valid.macro_f1"])
def test_every_metric_is_drawn_with_the_majority_where_it_compares(view, metric):
    view.choices.metric = metric
    split, _, name = metric.partition(".")
    judged = [run.metrics["classification"][split] for run in view.choices.runs]
    assert sorted(view.curves.chart.sources["runs"].data["y"]) == sorted(found[name] for found in judged)
    majority = [pytest.approx(judged[0]["majority"])] if name == "accuracy" else []
    assert view.curves.chart.sources["reference"].data["y"] == majority


@pytest.mark.parametrize("coloring", COLORINGS)
def test_every_coloring_has_a_legend_that_isolates(view, coloring):
    view.choices.coloring = coloring
    cell = view.maps.cells[0]
    classes = ("right", "wrong") if coloring == "right or wrong" else NAMES
    assert all(f"</u>{name}</button>" in cell.scale.object for name in classes)
    codes = view.state.values(cell.column).array
    cell.scale._handle_msg({"press": "1", "mode": "replace"})
    assert np.array_equal(view.state.selected, codes == 1) and (codes == 1).any()
    assert 'data-press="1" aria-pressed="true"' in cell.scale.object
    cell.scale._handle_msg({"press": "0", "mode": "add"})
    assert np.array_equal(view.state.selected, np.isin(codes, [0, 1]))
    assert 'aria-pressed="true"' not in cell.scale.object
    cell.scale._handle_msg({"press": "0", "mode": "subtract"})
    cell.scale._handle_msg({"press": "1", "mode": "replace"})
    assert not view.state.selected.any()


def test_explore_isolates_too_and_its_columns_are_the_classes(home):
    from dashboard.views.explore import View as Explore

    state = State(home)
    page = Explore(state)
    page.__panel__().get_root()
    assert state.columns[:2] == ["class", "class_pred"]
    page.maps.cells[1].scale._handle_msg({"press": "2", "mode": "replace"})
    assert np.array_equal(state.selected, state.values("class_pred").array == 2) and state.selected.any()
    assert "objects in view" in page.mosaic.note.object and set(page.gallery.tiles.captions) <= {*NAMES, ""}


def test_a_run_without_classes_says_so(home):
    add_run(home, name="sgq", seed=4)
    view = shown(home)
    assert "predicts no classes" in view.hint.object and view.choices.sample is None
    assert "predicts no classes" in view.matrix.note.object and view.gallery.tiles.names == []
    view.choices.coloring = "predicted"
    assert "this run has no" in view.maps.cells[0].scale.object
    view.state.select_rows([0])
    view.state.run = next(run.id for run in view.choices.runs)
    assert not view.hint.visible and view.choices.sample is not None


def test_no_run_no_classes_and_no_dataset_say_what_to_do(tmp_path):
    assert "photoz data simulate" in shown(Home(tmp_path / "empty")).text.object
    assert "has no classes" in shown(made_home(tmp_path / "galaxies")).text.object
    home = made_classes(tmp_path / "classes")
    Run.create(home, class_recipe("fine-tune, ImageNet")).set_state("failed", "no ImageNet weights")
    view = shown(home)
    assert "photoz train scratch_classes --dataset sgq" in view.hint.object and not view.maps.visible
    assert "not run: no ImageNet weights" in view.schemes.table.object
    add_class_run(home)
    view.state.refresh()
    assert not view.hint.visible and view.maps.visible and view.choices.sample is not None


@pytest.mark.parametrize("odd", [{"names": ("star",)}, {"unknown": 1.0}, {"count": 1}, {"names": NAMES * 5}])
def test_one_class_none_known_a_single_object_and_many_are_drawn(tmp_path, odd):
    names = tuple(f"{name} {i}" for i, name in enumerate(odd.get("names", NAMES)))
    home = made_classes(tmp_path, **{**odd, "names": names})
    add_class_run(home, names=names)
    view = shown(home)
    for view.choices.coloring in COLORINGS:
        for view.choices.split in ("valid", "test"):
            view.state.select_rows([0])
            view.state.select([])
    assert view.matrix.matrix.object.count("<button") == len(names) ** 2


def test_another_dataset_with_fewer_objects_while_the_page_is_behind(home):
    made_classes(home.path, count=12, name="few")
    add_class_run(home, name="few")
    state = State(home, dataset="sgq")
    state.param.page.objects = ["Explore", "Classes"]
    state.page = "Classes"
    view = View(state)
    view.__panel__().get_root()
    before = view.gallery.tiles.names
    state.page = "Explore"
    state.dataset = "few"
    state.select_rows([0])
    assert len(before) > 1 and view.gallery.tiles.names == before
    state.page = "Classes"
    assert view.gallery.tiles.names == state.data.object_id[:1].tolist() and view.choices.labels < 12


def test_the_page_is_there_with_classes_only_and_comes_with_a_run(home, monkeypatch):
    made_home(home.path)
    datasets = [Dataset(home.dataset(name)) for name in ("sgq", "made")]
    assert ["Classes" in titles_for(dataset) for dataset in (*datasets, None)] == [True, False, False]
    states = []
    monkeypatch.setattr("dashboard.app.State", lambda *args: states.append(State(*args)) or states[-1])
    create_app(home)
    state = states[0]
    state.dataset = "made"
    assert "Classes" not in state.param.page.objects
    run = add_run(home)
    counts = {"labels": 1, "train": 1}
    write_json(run.folder / "metrics.json", {"classification": {"classes": ["a"]}, "counts": counts})
    state.refresh()
    assert "Classes" in state.param.page.objects


def test_a_page_nobody_holds_is_collected(home):
    view = View(State(home))
    seen = [weakref.ref(view), weakref.ref(view.state), weakref.ref(view.choices)]
    del view
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3
