"""The Sky page: linked with the session both ways, in fields and over the sky, and with nothing to show."""

import subprocess
import sys
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import panel as pn
import pytest
from made_homes import add_run, made_home

from dashboard import aladin
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


# --- Aladin Lite --------------------------------------------------------------------------------------------------


def test_aladin_is_said_to_be_out_of_reach_or_not_installed(home, monkeypatch):
    view = shown(home)
    view.aladin._press(None)
    assert "photoz serve" in view.aladin.note.object and view.aladin.reach.asked == 0  # a notebook's frame has no page
    view.aladin.served = True
    view.aladin._press(None)
    assert view.aladin.reach.urls == aladin.sources() and aladin.CDS in aladin.sources()
    assert any("aladin" in url and "cds.unistra" not in url for url in aladin.sources())  # where the script is from
    assert view.aladin.reach.asked == 1 and not view.aladin.frame.visible
    view.aladin._answered(False)
    assert "cannot reach the CDS" in view.aladin.note.object and not view.aladin.frame.visible
    monkeypatch.setattr(aladin, "is_installed", lambda: False)
    view.aladin._press(None)
    assert "photoz[sky]" in view.aladin.note.object and view.aladin.reach.asked == 1


def test_the_frame_names_the_sky_by_a_key_that_ends_with_it(home):
    view = shown(home)
    view.aladin._answered(True)
    key = view.aladin.frame.object.split("aladin=")[1].split("'")[0]
    assert view.aladin.frame.visible and aladin._open[key] is view.sky and len(key) == 24
    assert "has ended" in aladin.page("x" * 24).object
    view.aladin._press(None)
    assert not view.aladin.frame.visible


def test_the_frame_of_somebody_who_came_by_a_link_names_it(home, monkeypatch):
    monkeypatch.setattr(type(pn.state), "session_args", property(lambda self: {"share": [b"T0-k_n&'<"]}))
    view = shown(home)
    view.aladin._answered(True)
    address = unescape(view.aladin.frame.object.split("src='?")[1].split("'")[0])
    asked = parse_qs(address)
    assert aladin._open[asked["aladin"][0]] is view.sky and asked["share"] == ["T0-k_n&'<"]


def test_the_widget_has_the_objects_and_follows_the_selection(home):
    pytest.importorskip("ipyaladin")
    view = shown(home)
    overlay = aladin.Overlay(view.sky)
    catalog = view.state.data.catalog
    assert overlay.widget._target == f"{view.sky.plane.centre[0]} {view.sky.plane.centre[1]}"
    assert set(overlay.widget._overlay_manager.keys()) == {"objects"}
    view.state.select_rows(np.array([5, 7]))
    table = aladin.positions_table(view.sky, view.sky.side.selected)
    assert table["object_id"].tolist() == ["m0005", "m0007"] and str(table["ra"].unit) == "deg"
    assert table["ra"].tolist() == catalog["ra"][[5, 7]].tolist()
    assert "selection" in overlay.widget._overlay_manager
    view.state.select([])
    assert "selection" not in overlay.widget._overlay_manager
    overlay._take([{"ra": 1, "dec": 2, "data": {"object_id": "m0009"}}, {"data": {"object_id": "nobody"}}, {}])
    assert np.flatnonzero(view.state.selected).tolist() == [9]
    view.state.select([])
    overlay.end()
    view.state.select_rows(np.array([4]))
    assert "selection" not in overlay.widget._overlay_manager


@pytest.fixture
def two_fields(tmp_path):
    ra = np.r_[np.full(20, 53.1), np.full(40, 215.0)] + np.tile(np.linspace(-0.1, 0.1, 20), 3)
    home = sky_home(tmp_path, ra, np.r_[np.full(20, -27.8), np.full(40, 52.9)])
    other = made_home(home.path, count=10, name="other").dataset("other") / "catalog.parquet"
    pd.read_parquet(other).assign(ra=10.0 + np.arange(10) * 0.01, dec=5.0).to_parquet(other)
    for name in ("other", "nowhere"):
        add_run(home if name == "other" else made_home(home.path, count=12, name=name), name=name)
    return home


def test_another_field_or_dataset_is_drawn_and_aimed_at(two_fields):
    pytest.importorskip("ipyaladin")
    view = shown(two_fields, dataset="made")
    overlay, drawn = aladin.Overlay(view.sky), {}
    add = overlay.widget.add_table
    overlay.widget.add_table = lambda table, **options: (drawn.update({options["name"]: table}), add(table, **options))
    view.state.select_rows(np.array([3, 30]))
    view.sky.field = view.sky.param.field.names["53.1° −27.8° · 20"]
    near = [float(number) for number in overlay.widget._target.split()]
    assert near == pytest.approx(view.sky.plane.centre) and near == pytest.approx([53.1, -27.8], abs=0.01)
    assert len(drawn["objects"]) == 20 and drawn["selection"]["object_id"].tolist() == ["m0003"]
    view.state.dataset = "other"
    assert len(drawn["objects"]) == 10 and float(overlay.widget._target.split()[1]) == pytest.approx(5, abs=0.01)
    view.state.dataset = "nowhere"
    view.state.select_rows(np.array([3]))
    overlay._follow()
    overlay._take([{"data": {"object_id": "m0004"}}])  # of a sky that is not in front any more
    assert np.flatnonzero(view.state.selected).tolist() == [3]


def test_selecting_where_not_all_are_drawn_takes_those_between_along(home, monkeypatch):
    pytest.importorskip("ipyaladin")
    monkeypatch.setattr(aladin, "MOST", 20)
    view = shown(home)
    view.aladin._answered(True)
    assert "19 of 57 objects are drawn" in view.aladin.note.object
    overlay = aladin.Overlay(view.sky)
    drawn = overlay._rows["objects"]
    catalog = view.state.data.catalog
    picked = drawn[catalog["ra"].to_numpy()[drawn] < 150]
    overlay._take([{"data": {"object_id": catalog["object_id"][row]}} for row in picked])
    x, y = view.sky.side.positions[:, 0], view.sky.side.positions[:, 1]
    nearest = drawn[np.hypot(x[:, None] - x[drawn], y[:, None] - y[drawn]).argmin(1)]
    wanted = np.isfinite(x) & np.isin(nearest, picked)
    assert np.array_equal(view.state.selected, wanted) and set(picked) < set(np.flatnonzero(wanted))


def test_what_is_selected_in_one_session_is_told_to_no_other(home):
    pytest.importorskip("ipyaladin")
    first, second = shown(home), shown(home)
    one, other = aladin.Overlay(first.sky), aladin.Overlay(second.sky)
    for overlay in (one, other):
        overlay.widget._is_loaded = True
    content = [{"data": {"object_id": "m0009"}}]
    one.widget._handle_custom_message(None, {"event_type": "select", "content": content}, None)
    assert first.state.selected.sum() == 1 and not second.state.selected.any()
    assert set(one.widget.overlays) == {"objects", "selection"} and set(other.widget.overlays) == {"objects"}
