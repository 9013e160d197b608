"""The Explore page with every choice and every event, without a browser."""

import gc
import weakref

import numpy as np
import pytest
from bokeh.events import DoubleTap, PanStart, RangesUpdate, SelectionGeometry, Tap
from made_homes import add_run, made_home

from dashboard.defaults import COLORMAPS, DENSITY, DRAGS, GRIDS, PICKS
from dashboard.palettes import BEHIND, EMPTY, UNKNOWN
from dashboard.state import State
from dashboard.views.explore import View, whats_next
from photoz_core.home import Home
from photoz_core.recipe import Recipe
from photoz_core.run import Run


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    add_run(home)
    return home


@pytest.fixture
def view(home):
    """The Explore page, rendered."""
    page = View(State(home))
    page.__panel__().get_root()
    return page


def image(page: View, number: int = 0) -> np.ndarray:
    return page.maps.cells[number].source.data["image"][0]


def scale(page: View, number: int = 0) -> str:
    return page.maps.cells[number].scale.object


def test_every_column_and_colormap_is_drawn(view):
    state = view.state
    for colormap in COLORMAPS:
        state.colormap = colormap
    state.colormap = "auto"
    for name in [*state.colorable(), DENSITY, "gone"]:
        state.columns = [name, *state.columns[1:]]
        assert (image(view) != EMPTY).any()
        assert view.maps.cells[0].column == name
    assert "has no gone" in scale(view)


def test_every_choice_of_the_mosaic_is_drawn(view):
    state = view.state
    for band in (*state.param.band.objects,):
        for pick in PICKS:
            for grid in GRIDS.values():
                state.param.update(band=band, pick=pick, grid=grid)
                assert view.mosaic.sheet.data["url"][0].startswith("data:image/webp")
    assert state.param.band.objects == ["RGB", "F814W", "F160W"]


def test_all_nan_column_is_gray_and_counted(view):
    view.state.columns = ["nothing"] * 6
    assert set(np.unique(image(view))) == {EMPTY, UNKNOWN}
    assert "60 NaN" in scale(view)


@pytest.mark.parametrize("classes", [1, 8, 30])
def test_classes_have_a_legend(tmp_path, classes):
    home = made_home(tmp_path, classes=classes)
    add_run(home)
    state = State(home)
    state.columns = ["kind"] * 6
    page = View(state)
    assert scale(page).count("<span") == classes


def test_choosing_in_a_map_changes_that_map_only(view):
    before = list(view.state.columns)
    view.maps.cells[2].column = "kind"
    assert view.state.columns == [*before[:2], "kind", *before[3:]]


def test_recoloring_keeps_the_pixels(view):
    layers = view.maps._layers
    view.state.columns = ["z_spec"] * 6
    view.state.clip = (5, 95)
    assert view.maps._layers is layers
    view.state.select(["m0001"])
    assert view.maps._layers is not layers


def test_box_lasso_and_keys_select(view):
    state, plot = view.state, view.maps.cells[3].plot
    box = {"type": "rect", "x0": -9, "x1": 0, "y0": -9, "y1": 9}
    plot._trigger_event(SelectionGeometry(plot, geometry=box))
    left = state.positions[:, 0] <= 0
    np.testing.assert_array_equal(state.selected, left)
    lasso = {"type": "poly", "x": [0, 9, 9, 0], "y": [0, 0, 9, 9]}
    plot._trigger_event(PanStart(plot, modifiers={"shift": True, "ctrl": False, "alt": False}))
    plot._trigger_event(SelectionGeometry(plot, geometry=lasso))
    corner = (state.positions > 0).all(axis=1)
    np.testing.assert_array_equal(state.selected, left | corner)
    plot._trigger_event(PanStart(plot, modifiers={"shift": False, "ctrl": True, "alt": False}))
    plot._trigger_event(SelectionGeometry(plot, geometry=box))
    np.testing.assert_array_equal(state.selected, corner & ~left)
    assert BEHIND in image(view)
    assert f"<b>{state.selected.sum()}</b> of 60" in view.gallery.title.object
    assert view.gallery.tiles.names == state.selection.tolist()[: view.gallery.capacity]
    view._key("Escape")
    assert not state.selected.any() and BEHIND not in image(view)


def test_zoom_and_back(view):
    state, plot = view.state, view.canvas.plots[0]
    plot._trigger_event(RangesUpdate(plot, x0=0.0, x1=1.0, y0=0.0, y1=1.0))
    inside = ((state.positions >= 0) & (state.positions <= 1)).all(axis=1).sum()
    assert state.view == (0.0, 1.0, 0.0, 1.0) and f"n {inside}" in scale(view)
    assert view.maps.cells[5].source.data["dw"] == [1.0]
    before = [scale(view, number).split("<p")[0] for number in range(6)]
    plot._trigger_event(DoubleTap(plot))
    assert state.view is None and "n 60" in scale(view)
    assert [scale(view, number).split("<p")[0] for number in range(6)] == before  # limits do not jump
    assert view.canvas.x_range.start < state.positions[:, 0].min()


def test_click_finds_the_nearest_galaxy(view):
    state, plot = view.state, view.maps.cells[0].plot
    x, y = state.positions[17].tolist()
    plot._trigger_event(Tap(plot, x=x + 1e-4, y=y))
    assert state.focus == "m0017" and view.gallery.tiles.current == "m0017"
    plot._trigger_event(Tap(plot, x=99.0, y=99.0))
    assert state.focus == "m0017"


def test_click_in_the_mosaic_finds_what_it_shows(view):
    rows, cells, grid = view.mosaic._shown
    x0, x1, y0, y1 = view.canvas.x_range.start, view.canvas.x_range.end, view.canvas.y_range.start, 0
    y1 = view.canvas.y_range.end
    line, column = divmod(int(cells[3]), grid)
    x, y = x0 + (column + 0.5) * (x1 - x0) / grid, y0 + (line + 0.5) * (y1 - y0) / grid
    view.mosaic.plot._trigger_event(Tap(view.mosaic.plot, x=x, y=y))
    assert view.state.focus_row == rows[3]


def test_gallery_walks_and_turns(view):
    state, gallery = view.state, view.gallery
    state.select([f"m{i:04d}" for i in range(20)])
    state.focus = "m0006"
    view._key("ArrowRight")
    view._key("ArrowRight")
    assert state.focus == "m0008" and gallery.page == 1 and gallery.tiles.names[0] == "m0008"
    view._key("ArrowLeft")
    assert state.focus == "m0007" and gallery.page == 0
    gallery._turn(-1)
    assert gallery.tiles.names == ["m0016", "m0017", "m0018", "m0019"]


def test_card_shows_units_and_neighbours(view):
    view.state.focus = "m0005"
    row = view.state.table.iloc[5]
    assert f"{row['mag_F160W']:.4g} ± 0.05" in view.card.row.object and "<small> mag</small>" in view.card.row.object
    assert view.card.neighbours.names == view.state.data.object_id[view.state.neighbours].tolist()
    assert view.card.bands.object.count("<span>") == 3


def test_drag_tool_reaches_every_map(view):
    for drag in DRAGS[::-1]:
        view.state.drag = drag
        assert {plot.toolbar.name for plot in view.canvas.plots} == {drag} and len(view.canvas.plots) == 7


def test_first_run_replaces_the_empty_state(tmp_path):
    home = made_home(tmp_path)
    page = View(State(home))
    assert "No finished run" in page.body[0].object
    add_run(home)
    page.state.refresh()
    assert page.keys in page.body.objects and image(page).any()


def test_progress_is_shown_while_there_is_no_map(tmp_path):
    home = made_home(tmp_path)
    run = Run.create(home, Recipe("photometry_mlp", "photometry_mlp", "made"))
    page = View(State(home))
    run.progress(epoch=3, epochs=12, done=3, total=12)
    page.state.refresh()
    assert "on its way" in page.body[0].object
    assert [row["text"] for row in page.jobs.rows] == ["epoch 3/12"] and page.jobs.rows[0]["actions"] == []


def test_empty_states_say_what_to_do(tmp_path):
    assert "photoz data" in whats_next(State(Home(tmp_path)))
    assert "Train" in whats_next(State(made_home(tmp_path)))


def test_a_page_nobody_holds_is_collected(home):
    page = View(State(home))
    seen = [weakref.ref(page), weakref.ref(page.state), weakref.ref(page.mosaic.plot)]
    del page
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3


def test_another_dataset_without_a_run_and_back(view):
    made_home(view.state.home.path, count=5, name="bare")
    view.state.select_rows(np.arange(20, 40))
    view.state.focus = "m0030"
    view.state.refresh()
    view.state.dataset = "bare"
    assert "No finished run on bare" in view.text.object and view.gallery.tiles.names == []
    view.state.dataset = "made"
    assert view.keys in view.body.objects and f"<b>{60}</b>" in view.gallery.title.object


def test_zoom_keeps_the_page_of_a_selection(view):
    view.state.select_rows(np.arange(40))
    view.gallery._turn(1)
    view.state.view = (0.0, 1.0, 0.0, 1.0)
    assert view.gallery.page == 1 and view.gallery.tiles.names[0] == "m0008"
