"""The Compare page with every choice and event, and with nothing, little and broken things to show."""

import gc
import shutil
import subprocess
import sys
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.events import Tap
from made_homes import add_run, made_home

from dashboard.compare_choices import ALIGNED, MOST, TRAINED
from dashboard.compare_sides import DISPLACEMENT, OVERLAP
from dashboard.palettes import BEHIND
from dashboard.state import State
from dashboard.views import compare
from dashboard.views.compare import View
from photoz_core.errors import PhotozError
from photoz_core.files import write_json
from photoz_core.home import Home

LIGHT = """
import sys
from dashboard.state import State
from photoz_core.home import Home
from dashboard.views.compare import View
heavy = {"torch", "umap", "galsim", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    for seed in range(2):
        add_run(home, seed)
    return home


def shown(home, **choices) -> View:
    view = View(State(home, **choices))
    view.__panel__().get_root()
    return view


@pytest.fixture
def view(home):
    return shown(home)


def scales(view) -> list[str]:
    return [panel.maps.cells[0].scale.object for panel in view.panels[: len(view.comparison.shown)]]


def box(view, number: int, x0, x1, y0, y1) -> None:
    geometry = {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1}
    view.panels[number].maps.canvas._select(SimpleNamespace(geometry=geometry, final=True))


def lasso(view, number: int, rows) -> None:
    """Draw a lasso close around some objects of one map."""
    positions = view.comparison.shown[number].positions[rows]
    low, high = positions.min(0) - 0.01, positions.max(0) + 0.01
    xs, ys = [low[0], high[0], high[0], low[0]], [low[1], low[1], high[1], high[1]]
    geometry = {"type": "poly", "x": np.array(xs), "y": np.array(ys)}
    view.panels[number].maps.canvas._select(SimpleNamespace(geometry=geometry, final=True))


def test_nothing_heavy_is_imported_with_the_page():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)


def test_nothing_is_computed_before_the_page_is_in_front(home):
    state = State(home)
    state.param.page.objects = ["Explore", "Compare"]
    view = View(state)
    assert view.comparison.shown == [] and view.panels == [] and view.pairs.found == {}
    state.page = "Compare"
    assert len(view.panels) == 2 and set(view.pairs.found) == {(0, 1)}


def test_all_maps_have_one_coloring_and_its_limits(view):
    for coloring in view.comparison.param.coloring.objects:
        view.comparison.coloring = coloring
        first, second = (scale.partition("<p>")[0] for scale in scales(view))
        assert first == second, coloring
    assert (
        view.comparison.shown[0].values("z_phot").array.max() != view.comparison.shown[1].values("z_phot").array.max()
    )


def test_limits_of_a_prediction_are_those_of_all_runs(view):
    view.comparison.coloring = "z_phot"
    found = [side.values("z_phot").array for side in view.comparison.shown]
    low = min(np.percentile(values, 1) for values in found)
    high = max(np.percentile(values, 99) for values in found)
    for side in view.comparison.shown:
        assert side.limits("z_phot") == pytest.approx((low, high))
    view.state.clip = (10, 90)
    assert view.comparison.shown[0].limits("z_phot")[0] > low


def test_maps_are_aligned_or_as_trained(view):
    first, second = view.comparison.shown
    assert np.array_equal(first.positions, first.trained)
    assert not np.allclose(second.positions, second.trained)
    spread = [np.sqrt(((side.positions - side.positions.mean(0)) ** 2).sum(1).mean()) for side in (first, second)]
    assert spread[0] == pytest.approx(spread[1], rel=1e-5) and first.view == second.view is not None
    view.comparison.layout = TRAINED
    assert np.array_equal(second.positions, second.trained) and first.view is None
    view.comparison.layout = ALIGNED
    assert not np.allclose(second.positions, second.trained)


def test_a_map_that_is_another_turned_is_shown_as_that(home):
    first = add_run(home, 7)
    second = add_run(home, 8)
    turned = first.projection("pca") @ np.array([[0, -2.0], [-2.0, 0]]) + 9
    second.save_array("projections/pca", turned.astype("f4"))
    view = shown(home)
    view.comparison.choose([first.id, second.id])
    one, two = view.comparison.shown
    np.testing.assert_allclose(one.positions, two.positions, atol=1e-5)
    assert two.values(DISPLACEMENT).array.max() < 1e-5


def test_zooming_into_one_map_zooms_into_all_of_them_while_they_are_aligned(view):
    first, second = view.comparison.shown
    whole = first.view
    second.view = (0.0, 1.0, 0.0, 1.0)
    assert first.view == (0.0, 1.0, 0.0, 1.0)
    first.view = None
    assert first.view == second.view == whole
    view.comparison.layout = TRAINED
    second.view = (0.0, 1.0, 0.0, 1.0)
    assert first.view is None


def test_a_selection_in_one_map_is_everybodys(view):
    box(view, 1, -99, 99, -99, 0.0)
    below = np.flatnonzero(view.comparison.shown[1].positions[:, 1] <= 0)
    assert 0 < len(below) < 60
    assert np.array_equal(np.flatnonzero(view.state.selected), below)
    for panel in view.panels:
        assert np.array_equal(np.flatnonzero(panel.side.selected), below)
        assert BEHIND in panel.maps.cells[0].source.data["image"][0]
        assert f"n {len(below)}" in panel.maps.cells[0].scale.object
    alpha = view.pairs.transition.source.data["alpha"]
    assert (alpha > 0.5).sum() == len(below)
    lasso(view, 0, view.state.rows(["m0003", "m0004"]))
    assert {"m0003", "m0004"} <= set(view.state.selection) and len(view.state.selection) < 60
    view._key("Escape")
    assert not view.state.selected.any() and not view.comparison.shown[1].selected.any()


def test_a_click_on_a_map_focuses_that_object_everywhere(view):
    plot = view.panels[1].maps.cells[0].plot
    x, y = view.comparison.shown[1].positions[17].tolist()
    plot._trigger_event(Tap(plot, x=x, y=y))
    assert view.state.focus == "m0017" == view.comparison.shown[0].focus
    ring = view.panels[0].maps.canvas.rings.data
    np.testing.assert_allclose([ring["x"][0], ring["y"][0]], view.comparison.shown[0].positions[17], rtol=1e-6)


def test_pointer_and_moving_objects_are_where_the_maps_have_them(view):
    first, second = view.comparison.shown
    for points, side in zip(view.hover.points, (first, second), strict=False):
        np.testing.assert_array_equal(np.column_stack([points.data["x"], points.data["y"]]), side.positions)
    data = view.pairs.transition.source.data
    np.testing.assert_allclose(np.column_stack([data["ax"], data["ay"]]), first.positions, atol=1e-6)
    np.testing.assert_allclose(np.column_stack([data["bx"], data["by"]]), second.positions, atol=1e-5)
    view.pairs.param.update(start=1, end=0)
    np.testing.assert_allclose(view.pairs.transition.source.data["ax"], second.positions[:, 0], atol=1e-6)


def test_many_objects_are_shown_by_a_fixed_sample(tmp_path, monkeypatch):
    home = made_home(tmp_path, count=90, images=False)
    for seed in range(2):
        add_run(home, seed)
    monkeypatch.setattr("dashboard.compare_transition.MOST", 40)
    monkeypatch.setattr("dashboard.compare_hover.MOST", 50)
    view = shown(home)
    assert len(view.pairs.transition.source.data["x"]) == 40 and len(view.hover.points[1].data["x"]) == 50
    assert "40 objects of 90" in view.pairs.moving.object
    kept = view.hover.points[0].data["x"]
    view.comparison.coloring = "kind"
    assert view.hover.points[0].data["x"] is kept


def test_overlap_and_displacement_color_the_maps(view):
    found = view.pairs.found[0, 1]
    for name, values in ((OVERLAP, found.overlap), (DISPLACEMENT, found.displacement)):
        view.comparison.coloring = name
        for side in view.comparison.shown:
            np.testing.assert_allclose(side.values(name).array, values, rtol=1e-5)
        assert all("n 60" in scale and "NaN" not in scale for scale in scales(view))
    assert f"{found.overlap.mean():.3f}" in view.pairs.table.object
    assert f"{found.displacement.mean():.2f}" in view.pairs.table.object


def test_numbers_are_those_of_metrics_json(home):
    run = add_run(home, 5)
    point = {"bias": -0.0123, "scatter": 0.0456, "scatter_error": 0.001, "outliers": 0.078}
    r2 = {"color_F814W_F160W": 0.91, "mag_F160W": -0.5, "z_spec": None}
    judged = {"kind": {"accuracy": 0.6, "majority": 0.4}}
    about = {"counts": {"labels": 12}, "point": point, "knn_r2": r2, "knn_accuracy": judged}
    write_json(run.folder / "metrics.json", about)
    write_json(run.folder / "projections" / "pca.json", {"trustworthiness": 0.987})
    view = shown(home)
    view.comparison.choose([run.id, view.comparison.shown[1].run])
    view.comparison.coloring = "color_F814W_F160W"
    text = view.panels[0].numbers.object
    for part in ("<b>0.91</b>", "width: 91.0%", "−0.50", "−0.0123", "0.0456", "7.8 %", "0.987", "</em> 12"):
        assert part in text, part
    view.comparison.coloring = "kind"
    assert "kNN accuracy" in view.panels[0].numbers.object and "<b>0.60</b>" in view.panels[0].numbers.object
    view.comparison.coloring = "nothing"
    assert "<b>–</b>" in view.panels[0].numbers.object
    assert "σ_NMAD" not in view.panels[1].numbers.object


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
    assert "no latents" in view.pairs.note.object and "…" in view.pairs.table.object
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


def test_sizes_fit_the_window_and_stack_on_a_phone():
    assert "/ 2)" in compare._sizes(2) and "/ 4)" in compare._sizes(4) and "/ 3)" in compare._sizes(5)
    assert "max-width: 800px" in compare._sizes(1)


def test_a_page_nobody_holds_is_collected(home):
    view = View(State(home))
    seen = [weakref.ref(view), weakref.ref(view.state), weakref.ref(view.comparison.shown[0])]
    del view
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3
