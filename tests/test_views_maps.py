"""What a zoom works out and what it does not; what is hidden is not drawn; views that no map can show."""

import math

import numpy as np
import pytest
from bokeh.events import RangesUpdate
from made_homes import add_run, made_home

from dashboard import pictures, raster
from dashboard.state import State
from dashboard.views.explore import View
from photoz_core.errors import PhotozError


@pytest.fixture
def view(tmp_path):
    """The Explore page, rendered."""
    home = made_home(tmp_path)
    add_run(home)
    page = View(State(home))
    page.__panel__().get_root()
    return page


def counted(monkeypatch, owner, name: str) -> list:
    """The calls of a function from now on."""
    calls, function = [], getattr(owner, name)

    def called(*arguments, **named):
        calls.append(arguments)
        return function(*arguments, **named)

    monkeypatch.setattr(owner, name, called)
    return calls


def test_zooms_and_selections_look_for_no_quantile_and_no_range(view, monkeypatch):
    state = view.state
    state.columns = [*state.columns[:4], "kind", "nothing"]
    calls = [counted(monkeypatch, np, name) for name in ("percentile", "nanpercentile", "quantile", "nanmax", "nanmin")]
    calls.append(counted(monkeypatch, raster, "bounds"))
    for area in ((0.0, 1.0, 0.0, 1.0), (-1.0, 1.0, -2.0, 0.0), None):
        state.view = area
        state.select_rows(np.arange(9))
        state.grid = 0 if state.grid else 12
        state.select([])
    assert calls == [[]] * 6
    state.clip = (5, 95)
    assert calls[1]


def test_what_is_behind_another_page_is_drawn_once_it_comes_to_the_front(view, monkeypatch):
    state, cell = view.state, view.maps.cells[0]
    sums, frames = counted(monkeypatch, raster, "means"), counted(monkeypatch, raster, "frame")
    cutouts = counted(monkeypatch, raster, "lowest")
    state.param.page.objects = ["Explore", "Photo-z"]
    state.page, before = "Photo-z", cell.source.data["image"][0]
    state.view = (0.0, 1.0, 0.0, 1.0)
    state.select_rows(np.arange(30))
    state.columns = ["color_F814W_F160W", *state.columns[1:]]
    assert not sums and not frames and not cutouts and cell.source.data["image"][0] is before
    state.page = "Explore"
    assert len(sums) == 1 and len(cutouts) == 1 and cell.source.data["image"][0] is not before
    assert cell.source.data["dw"] == view.mosaic.sheet.data["w"] == [1.0] and cell.column == "color_F814W_F160W"
    shown = cell.source.data["image"][0]
    state.page = "Photo-z"
    state.page = "Explore"
    assert len(sums) == len(cutouts) == 1 and cell.source.data["image"][0] is shown


@pytest.mark.parametrize("area", [(1.0, 1.0, 0.0, 0.0), (0.5, 0.5 + 1e-15, -1.0, 1.0)], ids=str)
def test_a_view_without_width_is_drawn(view, area):
    plot = view.canvas.plots[0]
    plot._trigger_event(RangesUpdate(plot, **dict(zip(("x0", "x1", "y0", "y1"), area, strict=True))))
    assert view.canvas.x_range.start < view.canvas.x_range.end and view.canvas.y_range.start < view.canvas.y_range.end
    view.state.view = area
    assert view.maps.cells[0].source.data["dw"][0] > 0 and view.mosaic.sheet.data["h"][0] > 0


def test_a_view_with_an_infinite_edge_is_refused(view):
    with pytest.raises(PhotozError, match="four finite edges"):
        view.state.view = (0.0, math.inf, 0.0, 1.0)


def test_all_objects_at_one_far_place(tmp_path):
    home = made_home(tmp_path)
    run = add_run(home)
    run.save_array("projections/pca", np.full((60, 2), 1e20, "f4"))
    page = View(State(home))
    assert "n 60" in page.maps.cells[0].scale.object


def test_columns_of_one_view_are_averaged_together_and_once(view, monkeypatch):
    sums = counted(monkeypatch, raster, "means")
    view.state.view = (0.0, 1.0, 0.0, 1.0)
    assert len(sums) == 1 and len(sums[0][1]) == len([n for n in view.state.columns if n != "kind"])
    monkeypatch.setattr(pictures, "number_picture", lambda *arguments: pytest.fail("drawn again"))
    view.maps.update()
