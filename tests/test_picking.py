"""Boxes, lassos and clicks against shapely and loops."""

import numpy as np
import shapely

from dashboard import picking

POINTS = np.random.default_rng(0).uniform(0, 1, (500, 2)).astype("f4")


def test_box_from_any_corner():
    expected = [i for i, (x, y) in enumerate(POINTS.tolist()) if 0.2 <= x <= 0.6 and 0.1 <= y <= 0.5]
    assert picking.in_box(POINTS, 0.2, 0.6, 0.1, 0.5).tolist() == expected
    assert picking.in_box(POINTS, 0.6, 0.2, 0.5, 0.1).tolist() == expected


def test_lasso_is_shapelys_polygon():
    xs, ys = np.array([0.1, 0.9, 0.8, 0.4, 0.2]), np.array([0.1, 0.2, 0.9, 0.4, 0.8])
    shape = shapely.Polygon(list(zip(xs, ys, strict=True)))
    expected = [i for i, (x, y) in enumerate(POINTS.tolist()) if shape.contains(shapely.Point(x, y))]
    assert picking.in_polygon(POINTS, xs, ys).tolist() == expected and expected


def test_lasso_that_crosses_itself_holds_both_loops():
    bow = (np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0, 1.0]))
    found = set(picking.in_polygon(POINTS, *bow).tolist())
    for i, (x, y) in enumerate(POINTS.tolist()):
        assert (i in found) == (abs(y - 0.5) < abs(x - 0.5))


def test_lasso_of_two_points_holds_nothing():
    assert len(picking.in_polygon(POINTS, np.array([0, 1]), np.array([0, 1]))) == 0


def test_nearest_within_reach():
    distance = np.hypot(POINTS[:, 0] - 0.33, POINTS[:, 1] - 0.66)
    assert picking.nearest_point(POINTS, 0.33, 0.66, 0.2) == distance.argmin()
    assert picking.nearest_point(POINTS, 5.0, 5.0, 0.2) is None


def test_a_class_is_isolated_when_all_of_it_and_nothing_else_is_selected():
    codes = np.array([0, 1, 1, -1, 0], "i2")
    masks = {0: [1, 0, 0, 0, 1], 1: [0, 1, 1, 0, 0]}
    for code, mask in masks.items():
        assert picking.isolated(codes, np.array(mask, bool)) == code
    for mask in ([0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 1, 0, 0, 1], [0, 0, 0, 1, 0], [1, 1, 1, 1, 1]):
        assert picking.isolated(codes, np.array(mask, bool)) == -1
