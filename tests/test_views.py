"""Every page renders, in every odd home, without a browser."""

import subprocess
import sys

import panel as pn
import panel_material_ui as pmui
import pytest
from made_homes import add_run, made_home
from panel.util import edit_readonly

from dashboard.app import _page, create_app
from dashboard.pages import find_pages
from dashboard.state import State
from dashboard.views.explore import View
from photoz_core.home import Home

LIGHT = """
import sys
from pathlib import Path
from dashboard.state import State
from dashboard.views.explore import View
from photoz_core.home import Home
assert "datashader" not in sys.modules  # comes with the first picture, which it shades
View(State(Home(Path(sys.argv[1])))).__panel__().get_root()
heavy = {"torch", "umap", "galsim", "sklearn", "holoviews"} & set(sys.modules)
assert not heavy, heavy
"""


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


def test_the_page_needs_nothing_heavy(home):
    subprocess.run([sys.executable, "-c", LIGHT, str(home.path)], check=True, timeout=120)


def test_widgets_never_choose_by_themselves(home):
    """A select whose value leaves its options falls back on the first: that must not pass for a person's choice."""
    made_home(home.path, name="other", images=False)
    add_run(home, name="other", seed=5, maps=("another", "umap"))
    state = State(home)
    page = View(state)
    page.__panel__().get_root()
    selects = [pmui.Select.from_param(state.param[name]) for name in ("dataset", "run", "projection", "band")]
    state.band = "F814W"
    for dataset, projection in (("other", "umap"), ("made", "pca"), ("other", "umap")):
        state.dataset = dataset
        fresh = State(home, dataset=dataset)
        assert state.columns == [cell.column for cell in page.maps.cells] == fresh.columns
        assert f"size_{dataset}" in state.columns
        chosen = [dataset, fresh.run, projection, "F814W"]
        assert [select.value for select in selects] == chosen
        assert [state.dataset, state.run, state.projection, state.band] == chosen
