"""The Sky page: linked with the session both ways, in fields and over the sky, and with nothing to show."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_homes import add_run, made_home
from made_reviews import ADA

from dashboard.review_acts import score
from dashboard.review_columns import SCORE
from dashboard.sky_choices import ALL, has_positions
from dashboard.state import State
from dashboard.views._sky_map import label_spot
from dashboard.views.sky import View
from photoz_core.sky import Line

LIGHT = """
import sys
from dashboard.views.sky import View
heavy = {"torch", "umap", "sklearn", "astropy", "ipyaladin"} & set(sys.modules)
assert not heavy, heavy
"""


def sky_home(path, ra, dec):
    """A home of as many galaxies as there are positions."""
    home = made_home(path, count=len(ra))
    catalog = home.dataset("made") / "catalog.parquet"
    pd.read_parquet(catalog).assign(ra=ra, dec=dec).to_parquet(catalog)
    add_run(home)
    return home


@pytest.fixture
def home(tmp_path):
    rng = np.random.default_rng(0)
    ra, dec = 150 + rng.uniform(-0.3, 0.3, 60), 2 + rng.uniform(-0.3, 0.3, 60)
    ra[:3] = np.nan, -99, 10
    dec[2] = 99
    return sky_home(tmp_path, ra, dec)


def shown(home, **choices) -> View:
    view = View(State(home, page="Explore", **choices))
    view.__panel__().get_root()
    return view


def box(canvas, x0, x1, y0, y1) -> None:
    geometry = {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1}
    canvas._select(SimpleNamespace(geometry=geometry, final=True))


def test_nothing_heavy_is_imported_with_the_page():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)


def test_a_box_on_the_sky_is_the_sessions_selection_and_the_other_way_round(home):
    view = shown(home)
    box(view.map.canvas, 0, 10, -10, 10)  # east is left: right of the centre is a smaller right ascension
    ra = view.state.data.catalog["ra"].to_numpy()
    chosen = view.state.selected
    center = np.nanmean(ra[3:])
    assert 20 < chosen.sum() < 40 and (ra[chosen] < center + 0.05).all() and not chosen[:3].any()
    view.state.select_rows(np.array([5, 7]))
    assert np.flatnonzero(view.sky.side.selected).tolist() == [5, 7]
    view.sky.side.focus = "m0009"
    assert view.state.focus == "m0009"
    view.state.focus = "m0011"
    assert view.sky.side.focus_row == 11 and view.map.canvas.rings.data["x"] == view.sky.side.positions[[11], 0]


def test_objects_without_a_position_are_counted_and_never_drawn(home):
    view = shown(home)
    assert view.sky.unknown == 3 and "3 without a position" in view.note.object
    assert "n 57" in view.map.maps.cells[0].scale.object.replace("<b>", "")


def test_both_maps_have_one_color(home):
    view = shown(home)
    view.latent.cells[0].column = "size_made"
    assert view.sky.columns == ["size_made"] and view.map.maps.cells[0].column == "size_made"


def test_a_review_colors_both_maps(home, reviews):
    view = View(State(home, None, ADA, reviews, page="Explore"))
    cells = [maps.cells[0] for maps in (view.map.maps, view.latent)]
    assert all(SCORE not in cell.param.column.objects for cell in cells)
    score(view.state.desk, "m0005", 4)
    assert all(SCORE in cell.param.column.objects for cell in cells)
    cells[0].column = SCORE
    assert "56 NaN" in cells[0].scale.object and "59 NaN" in cells[1].scale.object
    score(view.state.desk, "m0007", 2)
    assert "55 NaN" in cells[0].scale.object and "58 NaN" in cells[1].scale.object


def test_zoom_rules_finer_lines_and_double_click_returns(home):
    view = shown(home)
    whole = view.map.labels[True].data["text"]
    view.sky.side.view = (-0.01, 0.01, -0.01, 0.01)
    assert len(view.map.labels[True].data["text"][0]) > len(whole[0])
    view.sky.side.view = None
    assert view.map.labels[True].data["text"] == whole
    assert view.map.canvas.x_range.start < -0.2


def test_fields_are_offered_and_shown_one_by_one(tmp_path):
    ra = np.r_[np.full(20, 53.1), np.full(40, 215.0)] + np.tile(np.linspace(-0.1, 0.1, 20), 3)
    view = shown(sky_home(tmp_path, ra, np.r_[np.full(20, -27.8), np.full(40, 52.9)]))
    names = view.sky.param.field.names
    assert list(names) == ["all the sky", "215.0° +52.9° · 40", "53.1° −27.8° · 20"] and view.field.visible
    view.sky.field = names["53.1° −27.8° · 20"]
    assert np.isfinite(view.sky.side.positions[:, 0]).sum() == 20 and view.sky.plane.is_field
    view.state.select_rows(np.array([3]))  # looks again, and stays with the field
    assert np.isfinite(view.sky.side.positions[:, 0]).sum() == 20
    view.sky.field = ALL
    assert np.isfinite(view.sky.side.positions[:, 0]).all() and not view.sky.plane.is_field


def test_it_says_what_there_is_not(tmp_path):
    nowhere = shown(sky_home(tmp_path / "a", np.full(30, np.nan), np.full(30, 0.0)))
    assert "no object has a position" in nowhere.text.object and nowhere.body.objects == [nowhere.text]
    empty = shown(made_home(tmp_path / "b"))
    assert "No finished run" in empty.text.object
    one = shown(sky_home(tmp_path / "c", np.array([12.0]), np.array([-90.0])))
    assert one.body.objects != [one.text] and one.sky.plane.is_field
    assert not has_positions(None) and not has_positions(empty.state.data) and has_positions(one.state.data)


def test_a_dataset_without_positions_comes_and_goes(home):
    add_run(made_home(home.path, name="nowhere"), name="nowhere")
    view = shown(home)
    view.state.dataset = "nowhere"
    view.state.dataset = "made"
    assert view.sky.side.dataset == "made" and np.isfinite(view.sky.side.positions).any()


def test_a_line_is_named_where_it_leaves_the_view():
    x = np.linspace(-1, 1, 41)
    assert label_spot(Line(x, np.zeros(41), "+2°", False), (-0.5, 0.5, -0.5, 0.5))[0] == pytest.approx(-0.45)
    assert label_spot(Line(np.zeros(41), x, "10°", True), (-0.5, 0.5, -0.5, 0.5))[1] == pytest.approx(-0.45)
    assert label_spot(Line(x, np.full(41, 3.0), "+5°", False), (-0.5, 0.5, -0.5, 0.5)) is None
