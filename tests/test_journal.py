"""Figures for journals: what is in the files, whichever column, format and selection."""

import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from made_homes import add_run, made_home
from PIL import Image

from dashboard import journal, pictures, raster
from dashboard.defaults import DENSITY
from dashboard.shading import look, shade
from dashboard.state import State
from dashboard.views._mosaic import CROP
from dashboard.views.explore import View
from photoz_core.errors import PhotozError
from photoz_core.files import slug
from photoz_core.home import Home

STARTS = {"pdf": b"%PDF", "svg": b"<?xml", "png": b"\x89PNG"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = made_home(tmp_path_factory.mktemp("journal"))
    add_run(home, maps=("pca", "umap"))
    return home


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """A raster that is drawn in no time."""
    monkeypatch.setattr(journal, "PIXELS", 120)


@pytest.fixture
def state(home):
    return State(home)


def map_file(state, name, form):
    """Name and bytes of a map of the state."""
    return journal.map_file([journal.plate(state, name, journal.PIXELS)], form)


@pytest.mark.parametrize(("name", "form"), [("z_spec", "pdf"), ("kind", "pdf"), ("nothing", "svg"), (DENSITY, "png")])
def test_every_kind_of_column_and_format(state, name, form):
    called, data = map_file(state, name, form)
    assert data.startswith(STARTS[form]) and called == f"{state.run_id}--umap--{slug(name)}.{form}"


def test_the_raster_is_the_shaded_aggregate_of_the_view_computed_anew(state):
    x, y = state.positions.mean(0)
    state.view = (x - 1, x + 1, y - 1, y + 1)
    state.select_rows(np.arange(20))
    drawn = journal.plate(state, "z_phot", pixels=90)
    frame = raster.frame(state.positions, state.view, (90, 90))
    wanted = shade(pictures.layers(frame, state.selected), look(state, "z_phot")).picture
    np.testing.assert_array_equal(drawn.shade.picture.image, wanted.image)
    assert drawn.view == tuple(map(float, state.view)) and drawn.about["selected"] == "20 of 60 objects"
    assert "n " in drawn.note


def test_axes_are_vectors_over_one_raster(state):
    text = map_file(state, "z_spec", "svg")[1].decode()
    tags = [node.tag.rpartition("}")[2] for node in ET.fromstring(text).iter()]
    assert tags.count("image") == 2  # the map and the color bar's colors
    assert tags.count("path") > 10 and "UMAP 1" in text and "z_spec" in text  # words are outlines with a comment
    pdf = map_file(state, "z_spec", "pdf")[1]
    assert re.search(rb"/Subtype /Image", pdf) and b"/FontFile2" in pdf


def test_pca_has_numbers_on_its_axes_and_umap_has_none(home):
    ticks = {}
    for name in ("pca", "umap"):
        state = State(home)
        state.projection = name
        text = map_file(state, "kind", "svg")[1].decode()
        ticks[name] = text.count('id="xtick_'), f"{name.upper()} 2" in text
    assert ticks["pca"][0] > 2 and ticks["umap"][0] == 0 and ticks["pca"][1] and ticks["umap"][1]


def test_files_say_what_they_are_of(state):
    data = state.data.meta
    said = Image.open(io.BytesIO(map_file(state, "z_spec", "png")[1])).text["Description"]
    for part in (data.name, data.fingerprint, state.run_id, "colormap: viridis", "percentiles: 1 to 99", "limits: "):
        assert part in said
    svg = map_file(state, "z_spec", "svg")[1].decode()
    assert data.fingerprint in svg and state.run_id in svg
    assert b"/Subject" in map_file(state, "z_spec", "pdf")[1]


def test_the_caption_names_dataset_run_and_settings(state):
    state.param.update(clip=(2, 98), colormap="magma")
    state.select_rows(np.arange(20))
    low, high = state.limits("z_spec")
    text = map_file(state, "z_spec", "svg")[1].decode()
    said = f"UMAP · magma · limits {low:.6g} to {high:.6g} (percentiles 2 to 98) · 20 of 60 objects selected"
    words = " ".join(re.findall("<!-- (.*?) -->", text, re.DOTALL))  # beside the outlines
    for line in (state.current.name, "n 20", said):
        assert f" {line}" in words, words
    assert "made" in state.current.name
    state.select([])
    assert "<!-- UMAP -->" in map_file(state, "kind", "svg")[1].decode()


def test_dollars_and_brackets_in_names_are_only_letters(tmp_path):
    home = made_home(tmp_path)
    path = home.dataset("made") / "dataset.toml"
    path.write_text(path.read_text().replace('label = "size"', 'label = "$\\\\frac{ <size> & $x$"'))
    add_run(home)
    state = State(home)
    assert "\\frac" in state.column("size_made").label
    ET.fromstring(map_file(state, "size_made", "svg")[1])


def test_the_mosaic_is_saved_at_300_dpi_as_it_is_on_screen(state):
    page = View(state)
    page.__panel__().get_root()
    state.select_rows(np.arange(5))
    rows, cells, grid = page.mosaic.shown
    name, data = journal.mosaic_file(journal.sheet(state, rows, cells, grid, CROP))
    picture = Image.open(io.BytesIO(data))
    assert name.endswith("--umap--mosaic.png") and round(picture.info["dpi"][0]) == 300
    assert abs(picture.width - 2100) < grid and picture.text["fingerprint"] == state.data.meta.fingerprint
    cell = picture.width // grid
    opacity = np.asarray(picture)[..., 3].reshape(grid, cell, grid, cell)[:, 0, :, 0][::-1].ravel()
    assert set(np.flatnonzero(opacity)) == set(cells)
    assert (opacity[cells] == 255).tolist() == state.selected[rows].tolist()


def test_what_cannot_be_drawn_says_why(state, tmp_path):
    none = np.zeros(0, int)
    for call, message in [
        (lambda: map_file(State(Home(tmp_path)), "z_spec", "pdf"), "there is no map to draw"),
        (lambda: map_file(state, "gone", "pdf"), "unknown column 'gone'"),
        (lambda: map_file(state, "z_spec", "eps"), "unknown figure format 'eps'; known: pdf, png, svg"),
        (lambda: journal.sheet(state, none, none, 12, CROP), "there is no mosaic to save"),
    ]:
        with pytest.raises(PhotozError, match=message):
            call()


def test_the_menu_saves_map_and_mosaic(state, monkeypatch):
    page, sent = View(state), []
    page.__panel__().get_root()
    monkeypatch.setattr(page.out.download, "send", lambda name, data: sent.append(name))
    page.out.show()
    assert page.out.column == state.columns[0]
    page.out.param.update(column="kind", picture="svg")
    page.out.save_map()
    page.out.save_mosaic()
    assert [name.rpartition("--")[2] for name in sent] == ["kind.svg", "mosaic.png"]
