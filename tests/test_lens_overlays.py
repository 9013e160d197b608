"""Objects of another dataset on the maps of the Lenses page: drawn, named, clicked and never counted."""

from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.events import Tap
from made_homes import add_lens_run, made_home, made_lenses

from dashboard import lens_overlays
from dashboard.access import LOCAL, User
from dashboard.state import State
from dashboard.views.lenses import View
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError

VIEWER = User("Eve", "viewer")


@pytest.fixture
def home(tmp_path):
    home = made_lenses(tmp_path)
    add_lens_run(home, "simsiam")
    add_lens_run(home, "lensiam")
    return home


@pytest.fixture
def placed(home, monkeypatch):
    """A home with twelve real lenses, and an `overlay` that puts them on a line beside the map; counts its calls."""
    made_lenses(home.path, count=12, name="real", ours=False)
    calls = []

    def place(run, own, other, projection, user):
        calls.append((run.recipe.method, own.name, other.name, projection))
        positions = np.column_stack([np.linspace(3, 4, 12), np.full(12, 5.0)]).astype("f4")
        return SimpleNamespace(object_id=other.object_id, positions=positions, notes=("F814W <taken> as F814W",))

    monkeypatch.setattr("dashboard.views._lens_overlay.place", place)
    return SimpleNamespace(home=home, calls=calls)


def tap(view: View, row: int, x: float, y: float) -> None:
    plot = view.rows[row].maps.cells[1].plot
    plot._trigger_event(Tap(plot, x=float(x), y=float(y)))


def test_real_lenses_are_diamonds_that_nothing_counts(placed):
    view = View(State(placed.home))
    view.overlay.other = "real"
    assert placed.calls == [(method, "lenses", "real", "pca") for method in ("lensiam", "simsiam")]
    assert "real lenses: real (12), not simulated" in view.overlay.text.object
    assert "F814W &lt;taken&gt; as F814W" in view.overlay.text.object
    assert [len(layer.source.data["x"]) for layer in view.overlay.layers] == [12, 12]
    focus = view.state.focus
    tap(view, 0, 4.0, 5.0)
    assert "r0011" in view.overlay.text.object and "<img" in view.overlay.text.object
    assert view.state.focus == focus and not view.state.selected.any()
    tap(view, 0, *view.sides.upper.positions[3])
    assert view.state.focus == "l0003"
    view._look()
    assert len(placed.calls) == 2  # nothing is placed twice
    view.overlay.other = ""
    assert not view.overlay.text.visible and view.overlay.layers[0].source.data["x"] == []


def test_a_placing_that_fails_is_said(placed, monkeypatch):
    def fail(*args):
        raise PhotozError("run 'x' reads photometry and no <images>")

    monkeypatch.setattr("dashboard.views._lens_overlay.place", fail)
    view = View(State(placed.home))
    view.overlay.other = "real"
    assert "no &lt;images&gt;" in view.overlay.text.object and "◇" not in view.overlay.text.object


def test_datasets_with_images_are_offered_and_simulated_ones_are_not_called_real(home):
    made_lenses(home.path, name="more")
    made_home(home.path, name="bare", images=False)
    made_home(home.path, name="galaxies")
    assert list(lens_overlays.others_with_images(home, "lenses")) == ["galaxies", "more"]
    of = lambda name: lens_overlays.legend(Dataset(home.dataset(name)), 60)  # noqa: E731
    assert of("more") == "more (60), simulated" and of("galaxies") == "real objects: galaxies (60), not simulated"


def test_what_a_run_keeps_is_not_placed_again(home, monkeypatch):
    """`place` asks the run first; the names are those of `photoz_core.overlay`."""
    from photoz_core import overlay as core

    made_lenses(home.path, name="more")
    asked = []
    monkeypatch.setattr(core, "overlay_names", lambda run, projection: ["more"])
    monkeypatch.setattr(core, "load_overlay", lambda run, name, projection: asked.append((name, projection)) or "kept")
    monkeypatch.setattr(core, "overlay", lambda *args: asked.append("made") or "made")
    run, own, other = State(home).current, *(Dataset(home.dataset(name)) for name in ("lenses", "more"))
    assert lens_overlays.place(run, own, other, "pca", VIEWER) == "kept" and asked == [("more", "pca")]
    monkeypatch.setattr(core, "overlay_names", lambda run, projection: [])
    with pytest.raises(PhotozError, match="nobody placed more on this map yet, and doing so is for owners"):
        lens_overlays.place(run, own, other, "pca", VIEWER)
    assert "made" not in asked
    assert lens_overlays.place(run, own, other, "pca", LOCAL) == "made"
