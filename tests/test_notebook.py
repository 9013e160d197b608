"""explore() without a notebook: what it shows of a home, how its sessions are linked, what comes back."""

import subprocess
import sys

import numpy as np
import panel as pn
import pytest
from bokeh.models import Plot
from made_homes import add_run, made_home

from dashboard import explore
from dashboard.notebook_cell import measure_by_cell
from dashboard.pages import titles_for
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.run import Run

LIGHT = """
import sys
import dashboard
assert not {"panel", "bokeh", "numpy", "pandas"} & set(sys.modules)
from dashboard import explore
assert callable(explore) and callable(explore.map)
"""


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path, count=80)
    for seed in range(2):
        add_run(home, seed=seed)
    return home


def test_the_package_loads_nothing_until_it_is_asked():
    subprocess.run([sys.executable, "-c", LIGHT], check=True)


def test_the_package_has_no_other_name():
    import dashboard

    with pytest.raises(AttributeError, match="explorer"):
        _ = dashboard.explorer


def test_every_page_shows_in_a_cell(home):
    app = explore(home=home.path)
    layout = app.__panel__()
    layout.get_root()
    for title in titles_for(app.state.data):
        app.state.page = title
    layout.get_root()
    assert app.state.dataset == "made"


@pytest.mark.parametrize("kind", [str, lambda path: path, Home])
def test_a_home_by_whatever_names_it(home, kind):
    assert explore("made", home=kind(home.path)).state.current is not None


def test_a_home_without_anything_says_what_to_do(tmp_path):
    explore(home=tmp_path).__panel__().get_root()


def test_without_a_dataset_there_is_nothing_selected_and_that_is_said(tmp_path):
    app = explore(home=tmp_path)
    assert app.ids == []
    app.select([])
    for ask in (lambda: app.selection, lambda: app.selection_table, lambda: app.select(["m0001"])):
        with pytest.raises(PhotozError, match="there is no dataset in"):
            ask()


def test_wrong_names_list_the_right_ones(home):
    with pytest.raises(PhotozError, match="unknown dataset 'mad'; known: made"):
        explore("mad", home=home)
    with pytest.raises(PhotozError, match="unknown run 'x'; known: run 0 · made"):
        explore.map("x", home=home)
    with pytest.raises(PhotozError, match=r"unknown column 'mass'; known: .*kind"):
        explore.map(home=home, color="mass")
    with pytest.raises(PhotozError, match="unknown projection 'umap'; known: pca"):
        explore.map(home=home, projection="umap")
    with pytest.raises(PhotozError, match=r"unknown page 'Maps'; known: .*Explore"):
        explore.page("Maps", home=home)


def test_a_home_without_a_run_has_no_map(tmp_path):
    with pytest.raises(PhotozError, match="no finished run"):
        explore.map(home=made_home(tmp_path))


@pytest.mark.parametrize("name", ["id", "name", "run", "title", "recipe", "dataset"])
def test_a_run_by_id_name_itself_or_its_dataset(home, name):
    run = Run(home.run(home.run_ids()[-1]))
    given = {"id": run.id, "name": run.name, "run": run, "dataset": "made"}
    given |= {"title": run.recipe.title, "recipe": run.recipe.name}
    assert explore.map(given[name], home=home).state.run == run.id


def test_the_selection_comes_back_with_positions_and_units(home):
    app = explore("made", home=home)
    app.select(["m0007", "m0003"])
    assert app.ids == ["m0003", "m0007"]
    frame, table = app.selection, app.selection_table
    assert frame["object_id"].tolist() == table["object_id"].tolist() == app.ids
    places = np.load(app.state.current.folder / "projections" / "pca.npy")[[3, 7]]
    assert np.array_equal(frame[["pca_x", "pca_y"]], places) and {"z_phot", "split"} <= set(frame)
    assert str(table["mag_F160W"].unit) == "mag" and str(table["size_made"].unit) == "arcsec"
    assert table["mag_F160W"].info.description == "AB magnitude in F160W"
    assert table.meta["run_name"] == app.state.current.name


def test_no_selection_is_a_table_of_no_rows(home):
    app = explore("made", home=home)
    columns = explore("made", home=home)
    columns.select(["m0000"])
    assert app.ids == [] and len(app.selection) == 0 == len(app.selection_table)
    assert list(app.selection) == list(columns.selection)
    columns.select([])
    assert columns.ids == []


def test_an_id_that_is_not_there_is_an_error(home):
    with pytest.raises(PhotozError, match=r"1 of 2 ids are not in dataset 'made': 12"):
        explore("made", home=home).select(["m0001", 12])


def test_views_of_one_session_are_in_step(home):
    app = explore("made", home=home)
    one, other = (explore.map(run, session=app, color="z_spec") for run in home.run_ids())
    mosaic = explore.mosaic(session=app)
    assert one.state.run != other.state.run and mosaic.state.run == app.state.run
    one.select(["m0002", "m0004"])
    assert app.ids == other.ids == mosaic.ids == ["m0002", "m0004"]
    app.state.param.update(clip=(5, 95), focus="m0009")
    assert all(view.state.clip == (5, 95) and view.state.focus == "m0009" for view in (one, other, mosaic))
    mosaic.state.view = (-1, 1, -1, 1)
    same = [view for view in (one, other) if view.state.run == app.state.run]
    assert app.state.view == same[0].state.view == (-1, 1, -1, 1)
    assert [view.state.view for view in (one, other) if view not in same] == [None]
    late = explore.photoz(session=one)
    assert late.ids == ["m0002", "m0004"]


def test_views_of_other_sessions_are_not(home):
    app, alone = explore("made", home=home), explore.map(home=home)
    app.select(["m0001"])
    assert alone.ids == []


def test_views_compose_in_a_row_and_draw_what_is_chosen(home):
    app = explore("made", home=home)
    seen = explore.map(session=app, color="kind")
    row = pn.Row(seen, explore.mosaic(session=app), explore.photoz(session=app))
    root = row.get_root()
    assert seen.state.columns == ["kind"]
    assert len(list(root.select({"type": Plot}))) > 2


def test_compare_shows_the_runs_that_are_named(home):
    runs = home.run_ids()
    view = explore.compare(*runs, color="z_spec", home=home)
    root = view.__panel__().get_root()
    names = [model for model in root.references() if getattr(model, "css_classes", None) == ["pz-scale"]]
    assert len(names) == 2
    with pytest.raises(PhotozError, match="unknown column 'mass'"):
        explore.compare(*runs, color="mass", home=home).__panel__()
    with pytest.raises(PhotozError, match="compare 6 runs of one dataset at most"):
        explore.compare(*runs * 4, home=home)


def test_the_window_of_a_page_is_the_cell():
    pane = pn.pane.HTML(styles={"width": "calc(100vw - 3px)", "height": "min(9px, 100vh)"}).get_root()
    measure_by_cell(pane)
    measure_by_cell(pane)  # a model is met each time that its root changes
    assert pane.styles == {"width": "calc(var(--pz-vw, 100vw) - 3px)", "height": "min(9px, var(--pz-vh, 100vh))"}
