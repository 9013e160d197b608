"""The Compare page with every choice and event, and with nothing, little and broken things to show."""

import gc
import subprocess
import sys
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.events import Tap
from made_compare import box, scales, shown
from made_homes import add_run, made_home

from dashboard.compare_choices import ALIGNED, TRAINED
from dashboard.compare_sides import DISPLACEMENT, OVERLAP
from dashboard.palettes import BEHIND
from dashboard.state import State
from dashboard.views import compare
from dashboard.views.compare import View
from photoz_core.files import write_json

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


@pytest.fixture
def view(home):
    return shown(home)


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
        first, second = (scale.partition("<p")[0] for scale in scales(view))
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
    others = {"size_made": 0.12, "nothing": None, "mag_err_F160W": 0.34}
    judged = {"kind": {"accuracy": 0.6, "majority": 0.4}}
    about = {"counts": {"labels": 12}, "point": point, "knn_r2": r2 | others, "knn_accuracy": judged}
    write_json(run.folder / "metrics.json", about)
    write_json(run.folder / "projections" / "pca.json", {"trustworthiness": 0.987})
    view = shown(home)
    view.comparison.choose([run.id, view.comparison.shown[1].run])
    view.comparison.coloring = "color_F814W_F160W"
    text = view.panels[0].numbers.object
    for part in ("<b>0.91</b>", "width: 91.0%", "−0.50", "−0.0123", "0.0456", "7.8 %", "0.987", "</em> 12"):
        assert part in text, part
    shown_at_once, _, folded = text.partition("<details>")
    named = [name for name in others if name in view.state.columns]
    assert all(f"{others[name]:.2f}" in shown_at_once for name in named if others[name])
    rest = sorted((name for name in others if name not in named), key=lambda name: -(others[name] or -9))
    assert f"R² of {len(rest)} more" in folded
    places = [folded.index(f"<em>{view.comparison.shown[0].column(name).label or name}</em>") for name in rest]
    assert places == sorted(places)
    view.comparison.coloring = "kind"
    assert "kNN accuracy" in view.panels[0].numbers.object and "<b>0.60</b>" in view.panels[0].numbers.object
    view.comparison.coloring = "nothing"
    assert "<b>–</b>" in view.panels[0].numbers.object
    assert "σ_NMAD" not in view.panels[1].numbers.object


def test_sizes_fit_the_window_and_stack_on_a_phone():
    assert "/ 2)" in compare._sizes(2) and "/ 4)" in compare._sizes(4) and "/ 3)" in compare._sizes(5)
    assert "max-width: 800px" in compare._sizes(1)


def test_a_page_nobody_holds_is_collected(home):
    view = View(State(home))
    seen = [weakref.ref(view), weakref.ref(view.state), weakref.ref(view.comparison.shown[0])]
    del view
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3
