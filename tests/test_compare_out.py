"""What leaves the Compare page, without a browser."""

import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from made_compare import shown
from made_homes import add_run, made_home
from PIL import Image

from dashboard import journal, report
from dashboard.compare_choices import TRAINED
from dashboard.defaults import DENSITY
from dashboard.views._compare_out import LAID
from photoz_core.home import Home

Z = "z_spec"


@pytest.fixture
def view(tmp_path, monkeypatch):
    """A comparison of two runs, and what it has handed to the browser in ``view.sent``."""
    monkeypatch.setattr(journal, "PIXELS", 120)
    home = made_home(tmp_path)
    for seed in range(2):
        add_run(home, seed)
    view = shown(home)
    view.sent = []
    monkeypatch.setattr(view.out.download, "send", lambda name, data: view.sent.append((name, data)))
    view.out.show()
    return view


def figure(view, form: str) -> tuple[str, bytes]:
    """Name and bytes of the figure as it is saved."""
    view.out.picture = form
    view.out.save_maps()
    return view.sent.pop()


def words(data: bytes) -> list[str]:
    """The words of an SVG, which stand beside their outlines."""
    return re.findall("<!-- (.*?) -->", data.decode(), re.DOTALL)


def images(data: bytes) -> int:
    return sum(node.tag.endswith("}image") for node in ET.fromstring(data.decode()).iter())


def test_maps_of_one_scale_have_one_bar_letters_and_captions(view):
    view.comparison.coloring = Z
    name, data = figure(view, "svg")
    first, second = view.comparison.shown
    assert name == f"{first.run_id}--and-1--pca--z_spec.svg" and images(data) == 2 + 1
    said = words(data)
    assert said.count("A") == said.count("B") == 1
    low, high = first.limits(Z)
    settings = f"PCA · {LAID} · viridis · limits {low:.6g} to {high:.6g} (percentiles 1 to 99)"
    assert " ".join(said).count(settings) == 2 and {first.current.name, second.current.name} < set(said)


def test_every_map_has_its_own_bar_where_scales_differ(view):
    view.comparison.shown[0].view = (0.0, 0.5, 0.0, 0.5)
    view.comparison.choose([side.run_id for side in view.comparison.shown])
    plates = journal.plates(view.comparison.shown, Z, 60)
    assert journal.draw(plates, "svg").count(b"<image") == 3
    other = journal.plates(view.comparison.shown[1:], "z_phot", 60)
    assert journal.draw([*plates[:1], *other], "svg").count(b"<image") == 4


def test_the_figure_shows_maps_as_they_lie(view):
    drawn = journal.plates(view.comparison.shown, DENSITY, 120, LAID)
    for plate, side in zip(drawn, view.comparison.shown, strict=True):
        (x0, x1, y0, y1), image = plate.view, plate.shade.picture.image
        cells = ((side.positions - [x0, y0]) / [x1 - x0, y1 - y0] * image.shape[0]).astype(int)
        assert image[cells[:, 1], cells[:, 0]].all()
    view.comparison.layout = TRAINED
    assert LAID not in " ".join(words(figure(view, "svg")[1]))


def test_a_run_that_lacks_the_column_is_left_out_and_the_others_keep_their_letters(view):
    first, second = view.comparison.shown
    first.has = lambda name: name != Z
    [drawn] = journal.plates([first, second], Z, 60)
    assert drawn.letter == "B" and drawn.about["run"] == second.run_id
    second.has = first.has
    view.comparison.coloring = Z
    view.out.save_maps()
    assert view.sent == [] and "none of the runs has a map of z_spec" in view.out.notice.object


@pytest.mark.parametrize("form", ["pdf", "png"])
def test_the_other_formats_name_both_runs(view, form):
    name, data = figure(view, form)
    assert name.endswith(f".{form}")
    if form == "png":
        picture = Image.open(io.BytesIO(data))
        ids = [side.run_id for side in view.comparison.shown]
        assert all(run in picture.text["Description"] for run in ids) and picture.width > 1.8 * picture.height
        assert len(np.unique(np.asarray(picture).reshape(-1, (picture.mode == "RGBA" and 4) or 3), axis=0)) > 30


def test_six_maps_lie_in_two_rows(view):
    for seed in range(2, 6):
        add_run(view.state.home, seed)
    view.state.refresh()
    view.comparison.choose(view.comparison.finished[:6])
    picture = Image.open(io.BytesIO(figure(view, "png")[1]))
    assert 1.1 < picture.width / picture.height < 1.5


def test_the_report_is_of_the_runs_in_view(view, monkeypatch):
    monkeypatch.setattr(report, "PIXELS", 40)
    monkeypatch.setattr(report, "DPI", 30)
    view.out.save_report()
    ((name, data),) = view.sent
    first, second = view.comparison.shown
    assert name == f"{first.run_id}--and-1--report.html"
    assert f"A: {first.current.name}" in data.decode() and f"B: {second.current.name}" in data.decode()


def test_nothing_to_compare_leaves_nothing_to_save(tmp_path):
    view = shown(Home(tmp_path / "none"))
    view.out.show()
    view.out.save_maps()
    assert "none of the runs has a map" in view.out.notice.object
    view.out.save_report()
    assert "there is no finished run to report on" in view.out.notice.object
