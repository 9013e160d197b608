"""The Explore page's menu for what leaves it, without a browser."""

import io
from dataclasses import replace

import numpy as np
import pytest
from astropy.table import Table
from made_homes import add_run, made_home

from dashboard import out_table, report
from dashboard.access import User
from dashboard.out_table import FORMS
from dashboard.state import State
from dashboard.views import _out
from dashboard.views.explore import View
from photoz_core.errors import PhotozError
from photoz_core.home import Home


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The Explore page, its menu open, and what it has handed to the browser in ``page.sent``."""
    home = made_home(tmp_path)
    add_run(home)
    page = View(State(home))
    page.__panel__().get_root()
    page.sent = []
    monkeypatch.setattr(page.out.download, "send", lambda name, data: page.sent.append((name, data)))
    page.out.show()
    return page


def read(data: bytes) -> Table:
    table = Table.read(io.BytesIO(data), format="fits")
    table.convert_bytestring_to_unicode()
    return table


def test_the_selection_is_saved_with_predictions_and_its_place_on_the_map(page):
    page.state.select(["m0004", "m0002"])
    assert page.out.save.label == "Save 2 selected"
    page.out.save_table()
    ((name, data),) = page.sent
    table = read(data)
    assert name == f"{page.state.run_id}--2-objects.fits" and list(table["object_id"]) == ["m0002", "m0004"]
    np.testing.assert_array_equal(table["pca_x"], page.state.positions[[2, 4], 0])
    np.testing.assert_array_equal(table["z_phot"], page.state.table["z_phot"].to_numpy()[[2, 4]])
    assert table.meta["RUN"] == page.state.run_id and name in page.out.notice.object


def test_without_a_selection_what_is_in_view_is_saved(page):
    x, y = page.state.positions[7]
    page.state.view = (x - 1e-3, x + 1e-3, y - 1e-3, y + 1e-3)
    assert page.out.save.label == "Save 1 in view"
    page.out.save_table()
    assert list(read(page.sent[0][1])["object_id"]) == ["m0007"]


@pytest.mark.parametrize("form", FORMS.values())
def test_every_format_with_latents(page, form):
    page.out.param.update(form=form, latents=True)
    page.out.save_table()
    assert len(page.sent) == 1 and "problem" not in page.out.notice.object and page.sent[0][1]


def test_nothing_in_view_leaves_nothing_to_press(page):
    page.state.view = (90.0, 91.0, 90.0, 91.0)
    assert page.out.save.disabled and page.out.send.disabled
    page.out.save_table()
    assert not page.sent and "the selection is empty" in page.out.notice.object


def test_too_large_a_table_says_how_to_get_it(page, monkeypatch):
    monkeypatch.setattr(out_table, "CELLS", 100)
    page.out.save_table()
    assert not page.sent and f"photoz export {page.state.run_id} --out FILE" in page.out.notice.object


def test_names_in_a_notice_are_text(page, monkeypatch):
    def send(table, name):
        raise PhotozError("<b>no hub</b>")

    monkeypatch.setattr(_out, "send_table", send)
    page.out.send_samp()
    assert "&lt;b&gt;no hub" in page.out.notice.object


def test_topcat_gets_the_selection_as_a_votable(page, monkeypatch):
    got = []
    monkeypatch.setattr(_out, "send_table", lambda table, name: got.append((table, name)) or ["topcat"])
    page.state.select(["m0001"])
    page.out.send_samp()
    ((table, name),) = got
    assert list(Table.read(io.BytesIO(table), format="votable")["object_id"]) == ["m0001"]
    assert name == "made · 1 objects" and "topcat loaded made · 1 objects" in page.out.notice.object


def test_a_report_of_the_run_in_front_is_saved(page, monkeypatch):
    monkeypatch.setattr(report, "PIXELS", 40)
    monkeypatch.setattr(report, "DPI", 30)
    page.out.save_report()
    ((name, data),) = page.sent
    assert name == f"{page.state.run_id}--report.html" and page.state.current.name in data.decode()


@pytest.mark.parametrize(
    "user", [User("", "viewer"), User("", "owner"), User("", "reviewer"), User("ada", "owner", signed_in=True)]
)
def test_nobody_elsewhere_pushes_tables_into_the_servers_programs(page, monkeypatch, user):
    got = []
    monkeypatch.setattr(_out, "send_table", lambda table, name: got.append(name) or ["topcat"])
    assert page.out.send.visible and page.out.send.label == "Send 60 to TOPCAT"
    away = View(State(page.state.home, user=user))
    away.__panel__().get_root()
    away.out.show()
    assert not away.out.send.visible
    away.out.send_samp()
    assert got == [] and "only to programs of the machine that serves" in away.out.notice.object
    page.state.user = replace(page.state.user, name="grace")  # who says their name sits where they sat
    page.out.send_samp()
    assert got == ["made · 60 objects"]


def test_a_page_with_nothing_to_show_has_nothing_to_let_go(tmp_path):
    page = View(State(Home(tmp_path)))
    page.out.show()
    assert page.out.save.disabled
    page.out.save_table()
    assert "no dataset to export" in page.out.notice.object
    page.out.save_report()
    assert "no finished run" in page.out.notice.object


def test_what_was_asked_for_leaves_though_the_session_has_gone_on(page, monkeypatch):
    waiting = []
    monkeypatch.setattr(page.out.stream, "run", lambda work, each, failed: waiting.append((work, each)))
    page.state.select(["m0003"])
    page.out.save_table()
    page.state.select(["m0001", "m0002"])
    ((work, each),) = waiting
    each(*work(lambda: False))
    assert list(read(page.sent[0][1])["object_id"]) == ["m0003"]
