"""The object under the pointer, without a browser."""

import numpy as np
import pytest
from made_homes import add_run, made_home

from dashboard.compare_sides import Side
from dashboard.pointer import BESIDE, NO_PICTURE, NOTHING, REACH, Pointer
from dashboard.state import State
from dashboard.views._canvas import Canvas


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    home = made_home(tmp_path_factory.mktemp("pointer"), count=200)
    add_run(home)
    return State(home)


@pytest.fixture
def pointer(state):
    canvas = Canvas(state)
    canvas.plot("200px", lambda side: None)
    return Pointer(state, canvas.plots)


def test_finds_what_a_loop_finds(state, pointer):
    rng, reach = np.random.default_rng(0), 0.2
    found = []
    for x, y in rng.uniform(state.positions.min(0), state.positions.max(0), (100, 2)):
        distances = [((x - a) ** 2 + (y - b) ** 2) ** 0.5 for a, b in state.positions.astype(float)]
        nearest = int(np.argmin(distances))
        found.append(pointer.nearest(x, y, reach))
        assert found[-1] == (nearest if distances[nearest] <= reach else None)
    assert None in found and any(row is not None for row in found)


def test_finds_objects_where_a_page_has_laid_them(state):
    """As Compare lays maps over each other, and Sky the objects on the sky."""
    side = Side(state.home, dataset=state.dataset)
    side.lay(100 + side.positions[:, ::-1], None)
    pointer = Pointer(side, [])
    for row in (0, 7, 199):
        x, y = map(float, side.positions[row])
        assert pointer.nearest(x, y, 1e-3) == row
        assert pointer.nearest(*map(float, side.trained[row]), 1e-3) is None


@pytest.mark.parametrize("asked", [(np.nan, 0, 1), (0, 0, 0), (0, 0, -1), (np.inf, 0, 1), (0, 0, np.inf)])
def test_a_place_that_is_none_finds_nothing(pointer, asked):
    assert pointer.nearest(*asked) is None


def test_the_picture_lies_on_the_roomier_side(state, pointer):
    [picture] = pointer.pictures
    plot = Canvas(state).plot("200px", lambda side: None)
    middle = (plot.x_range.start + plot.x_range.end) / 2
    for row in (int(state.positions[:, 0].argmin()), int(state.positions[:, 0].argmax())):
        x, y = map(float, state.positions[row])
        pointer._look(plot, picture, {"x": [x], "y": [y], "reach": [REACH * 0.01]})
        assert pointer.ring.data["x"] == [x] and picture.data["url"][0].startswith("data:image/webp")
        assert picture.data["x"][0] - x == pytest.approx(0.01 * (BESIDE if x < middle else -BESIDE))
    pointer._look(plot, picture, {"x": [1e6], "y": [1e6], "reach": [0.1]})
    assert pointer.ring.data == NOTHING and picture.data == NO_PICTURE
