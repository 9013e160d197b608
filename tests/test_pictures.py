"""Pictures of numbers, densities and classes: every pixel has the code it should."""

import numpy as np
import pytest
from bokeh.models import LinearColorMapper

from dashboard import discs, palettes, pictures, raster
from dashboard.palettes import BEHIND, EMPTY, FIRST, LEVELS, UNKNOWN

VIEW = (0.0, 4.0, 0.0, 4.0)


def grid_layers(pixels: list[tuple[int, int]], selected=None, shape=(4, 4)) -> pictures.Layers:
    """Layers of points in the middle of these (column, line) pixels, not grown."""
    points = np.array(pixels, "f4") + 0.5
    frame = raster.frame(points, VIEW, shape)
    mask = np.zeros(len(points), bool) if selected is None else np.array(selected)
    found = pictures.layers(frame, mask)
    front = found.front > 0
    total = raster.count(frame) > 0
    return pictures.Layers(found.frame, discs.grow(front, total, shape, 0), found.front)


def test_numbers_run_from_the_first_to_the_last_color():
    layers = grid_layers([(0, 0), (1, 0), (2, 0), (3, 3), (0, 3)])
    values = np.array([1.0, 2.0, 1.5, 9.0, np.nan], "f4")
    picture = pictures.number_picture(layers, values, (1.0, 2.0))
    last = FIRST + LEVELS - 1
    assert picture.image[0].tolist() == [FIRST, last, FIRST + LEVELS // 2, EMPTY]
    assert picture.image[3].tolist() == [UNKNOWN, EMPTY, EMPTY, last]
    assert (picture.shown, picture.known, picture.beyond, picture.limits) == (5, 4, 1, (1.0, 2.0))


def test_a_pixel_shows_the_mean_of_its_points():
    layers = grid_layers([(1, 1), (1, 1), (1, 1)])
    picture = pictures.number_picture(layers, np.array([0.0, 1.0, np.nan], "f4"), (0.0, 1.0))
    assert picture.image[1, 1] == FIRST + LEVELS // 2


def test_selected_points_are_in_front():
    layers = grid_layers([(0, 0), (0, 0), (1, 1)], selected=[False, True, False])
    picture = pictures.number_picture(layers, np.array([0.0, 1.0, 1.0], "f4"), (0.0, 1.0))
    assert picture.image[0, 0] == FIRST + LEVELS - 1 and picture.image[1, 1] == BEHIND
    assert (picture.shown, picture.known) == (1, 1)


def test_equal_and_unknown_limits():
    layers = grid_layers([(0, 0)])
    assert pictures.number_picture(layers, np.array([3.0], "f4"), (3.0, 3.0)).image[0, 0] == FIRST + LEVELS // 2
    unknown = pictures.number_picture(layers, np.array([np.nan], "f4"), (np.nan, np.nan))
    assert unknown.image[0, 0] == UNKNOWN and unknown.known == 0


def test_density_is_logarithmic_from_one():
    layers = grid_layers([(0, 0)] + [(1, 0)] * 10 + [(2, 0)] * 100)
    picture = pictures.density_picture(layers)
    assert picture.image[0, :3].tolist() == [FIRST, FIRST + LEVELS // 2, FIRST + LEVELS - 1]
    assert picture.limits == (1, 100)


def test_commonest_class_and_unknown():
    layers = grid_layers([(0, 0), (0, 0), (0, 0), (1, 0)], selected=None)
    picture = pictures.class_picture(layers, np.array([2, 2, 0, -1], "i2"), 3)
    assert picture.image[0, :3].tolist() == [FIRST + 2, UNKNOWN, EMPTY] and picture.known == 3


def test_single_point_is_grown_to_be_seen():
    frame = raster.frame(np.array([[2.0, 2.0]], "f4"), VIEW, (64, 64))
    picture = pictures.number_picture(pictures.layers(frame, np.zeros(1, bool)), np.array([1.0], "f4"), (0.0, 1.0))
    assert (picture.image != EMPTY).sum() > 20


def test_nothing_in_view():
    frame = raster.frame(np.array([[9.0, 9.0]], "f4"), VIEW, (8, 8))
    layers = pictures.layers(frame, np.zeros(1, bool))
    for picture in (pictures.density_picture(layers), pictures.number_picture(layers, np.ones(1, "f4"), (0.0, 1.0))):
        assert (picture.image == EMPTY).all() and picture.shown == 0


@pytest.mark.parametrize("colors", [palettes.numbers("viridis"), palettes.numbers("no such map"), palettes.classes(30)])
def test_every_code_has_a_color(colors):
    assert len(colors) == 256
    LinearColorMapper(palette=list(colors))  # bokeh checks each


def test_thirty_classes_have_thirty_colors():
    for count in (1, 7, 8, 30):
        assert len(set(palettes.classes(count)[FIRST : FIRST + count])) == count


def test_more_classes_than_colors_share_them():
    layers = grid_layers([(0, 0), (1, 1)])
    picture = pictures.class_picture(layers, np.array([LEVELS + 1, 1], "i2"), LEVELS + 2)
    assert picture.image[0, 0] == picture.image[1, 1] == FIRST + 1
    assert palettes.classes(LEVELS + 2)[FIRST] == palettes.OKABE_ITO[0] and len(palettes.classes(LEVELS + 2)) == 256


def test_residuals_are_centred():
    assert pictures.centred((-0.1, 0.3)) == (-0.3, 0.3)
