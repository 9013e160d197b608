"""Every page renders, in every odd home, without a browser."""

import panel as pn
import pytest
from made_homes import add_run, made_home
from panel.util import edit_readonly

from dashboard.app import _page, create_app, find_pages
from dashboard.state import State
from photoz_core.home import Home


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    add_run(home)
    return home


def test_pages_are_found_in_order():
    titles = list(find_pages())
    assert titles[0] == "Explore" and len(titles) == len(set(titles))


@pytest.mark.parametrize("title", list(find_pages()))
def test_every_page_renders(home, title):
    state = State(home)
    state.param.page.objects = list(find_pages())
    state.page = title
    assert find_pages()[title](state).__panel__().get_root() is not None


@pytest.mark.parametrize("title", list(find_pages()))
@pytest.mark.parametrize("case", ["nothing", "no run", "single object", "no images"])
def test_every_page_renders_in_odd_homes(tmp_path, title, case):
    home = Home(tmp_path)
    if case != "nothing":
        home = made_home(tmp_path, count=1 if case == "single object" else 60, images=case != "no images")
    if case in ("single object", "no images"):
        add_run(home)
    state = State(home)
    assert find_pages()[title](state).__panel__().get_root() is not None
    if state.data is not None:
        state.select_rows([0])
        state.focus = "m0000"


def test_app_without_a_server_is_a_plain_layout(home):
    app = create_app(home)
    assert isinstance(app, pn.Column)
    app.get_root()


def test_page_does_not_follow_other_sessions(home):
    page = _page(State(home), pn.Column())
    with edit_readonly(pn.state):
        pn.state.busy = True
        assert page.busy is False
        pn.state.busy = False
