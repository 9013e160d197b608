"""Groups of objects by keys alone: what a map shows, a bar of PIT, a part of a diagram; runs of a curve."""

import shutil

import numpy as np
import pytest
from made_homes import add_run, made_home
from made_runs import gaussian_pdfs, made_run

from dashboard import train_figures as figures
from dashboard.efficiency import Point, means
from dashboard.keys import Keys
from dashboard.state import State
from dashboard.views import explore, photoz
from dashboard.views._chart_keys import MarkKeys, run_marks
from photoz_core.dataset import Dataset


def pressed(keys: Keys, plot, key: str, mode: str = "replace") -> None:
    """What the browser says when a key is pressed on a figure."""
    keys._handle_msg({"key": key, "map": plot.id, "mode": mode})


@pytest.fixture
def state(tmp_path):
    home = made_home(tmp_path)
    add_run(home)
    return State(home)


def test_s_on_a_map_selects_what_is_in_view_and_its_modes_add_and_take_away(state):
    view = explore.View(state)
    plot, positions = view.maps.cells[2].plot, state.positions
    right, upper = positions[:, 0] >= 0, positions[:, 1] >= 0
    state.view = (0.0, 9.0, -9.0, 9.0)
    pressed(view.keys, plot, "s")
    np.testing.assert_array_equal(state.selected, right)
    state.view = (-9.0, 9.0, 0.0, 9.0)
    pressed(view.keys, plot, "s", "add")
    np.testing.assert_array_equal(state.selected, right | upper)
    state.view = (0.0, 9.0, -9.0, 9.0)
    pressed(view.keys, plot, "s", "subtract")
    np.testing.assert_array_equal(state.selected, upper & ~right)
    state.view = None
    view.canvas.select_in_view()
    assert state.selected.all()


def test_the_button_beside_the_drags_selects_what_is_in_view_and_names_its_key(state):
    view = explore.View(state)
    (button,) = view.mosaic.__panel__().select(lambda part: getattr(part, "icon", "") == "select_all")
    assert "S;" in button.description and "Shift+S adds" in button.description
    state.view = (0.0, 9.0, -9.0, 9.0)
    button.param.trigger("clicks")
    np.testing.assert_array_equal(state.selected, state.positions[:, 0] >= 0)


@pytest.fixture
def judged(tiny_home, tmp_path):
    """The Photo-z page of a run with PDFs."""
    home = type(tiny_home)(shutil.copytree(tiny_home.path, tmp_path / "home"))
    z = np.nan_to_num(Dataset(home.dataset("tiny")).column("z_spec"), nan=1.5)
    made_run(home, "tiny_mlp", None, gaussian_pdfs(z, np.full(z.size, 0.1)))
    return photoz.View(State(home), split="train")


def test_arrows_walk_along_the_bars_of_pit_and_enter_selects_one(judged):
    judged.judged = photoz.PDFS
    plot, bars = judged.pdfs.pit.figure, judged.pdfs.pit.sources["bars"].data
    pressed(judged.keys, plot, "Enter")
    assert not judged.state.selected.any()  # no bar is chosen yet
    fullest = int(np.argmax(bars["top"]))
    for _ in range(fullest + 1):
        pressed(judged.keys, plot, "ArrowRight")
    said = plot.title.text
    assert said == f"PIT {bars['left'][fullest]:.3g} to {bars['right'][fullest]:.3g}: {bars['top'][fullest]} objects"
    assert said in plot.html_attributes["aria-label"] and "Enter" in plot.html_attributes["aria-label"]
    pressed(judged.keys, plot, "Enter")
    assert judged.state.selected.sum() == bars["top"][fullest] > 0
    pressed(judged.keys, plot, "Enter", "subtract")
    assert not judged.state.selected.any()


def test_the_redshift_diagram_moves_and_selects_as_a_map_does(judged):
    state, plot = judged.state, judged.points.redshifts.figure
    high = plot.x_range.end
    for key in ("+", "ArrowRight", "ArrowUp"):
        pressed(judged.keys, plot, key)
    x0, x1, y0, y1 = plot.x_range.start, plot.x_range.end, plot.y_range.start, plot.y_range.end
    assert x1 - x0 == pytest.approx(high / 1.4) and x0 > 0 and y0 > 0
    pressed(judged.keys, plot, "s")
    sample = judged.points.groups.visible
    inside = (sample.z_spec >= x0) & (sample.z_spec <= x1) & (sample.z_phot >= y0) & (sample.z_phot <= y1)
    assert 0 < inside.sum() < len(sample)
    np.testing.assert_array_equal(np.flatnonzero(state.selected), sample.rows[inside])
    pressed(judged.keys, plot, "Home")
    assert (plot.x_range.start, plot.x_range.end) == (0, high)
    state.select([])
    pressed(judged.keys, plot, "Enter")
    assert state.selected.sum() > inside.sum()


def test_the_points_of_a_curve_are_walked_by_method_and_labels_and_enter_opens_the_run():
    found = [("b", 10, "r"), ("a", 50, "s"), ("a", 5, "t")]
    singles = [Point(method, labels, labels / 9, 0.1, (run,)) for method, labels, run in found]
    chart, opened = figures.efficiency_chart(), []
    figures.show_efficiency(chart, singles, means(singles), {run: f"run {run}" for run in "rst"}, "σ")
    keyed = MarkKeys(chart, lambda: run_marks(chart, opened.append))
    for key in ("ArrowRight", "Enter", "ArrowRight", "Enter", "ArrowLeft", "ArrowLeft", "Enter", "Home", "Enter"):
        keyed.press(key)
    assert opened == ["t", "s", "r", "t"]
    assert chart.figure.title.text == "run t: σ 0.5556 ± 0.1" and keyed.ring.data["x"] == [5]
    keyed.clear()
    keyed.press("Enter")
    assert len(opened) == 4 and keyed.ring.data["x"] == []
