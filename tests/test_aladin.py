"""Aladin Lite beside the Sky page: what its frame is told, and what it tells the session."""

from html import unescape
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import panel as pn
import pytest
from made_homes import add_run, made_home
from test_views_sky import home, shown, sky_home

from dashboard import aladin

__all__ = ["home"]  # a fixture


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
