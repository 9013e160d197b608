"""Alignment of maps against scipy's Procrustes, closed forms and maps that were turned by hand."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.spatial import procrustes

from photoz_core.alignment import align, displacement
from photoz_core.errors import PhotozError


def random_map(seed: int, count: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 2)) * (3.0, 1.0) + (5, -2)


def turned(positions: np.ndarray, angle: float, mirror: bool) -> np.ndarray:
    """Each point rotated by hand, one after the other."""
    sign = -1 if mirror else 1
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([(cos * x - sin * sign * y, sin * x + cos * sign * y) for x, y in positions])


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0, np.pi, -1.1])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 40.0])
def test_a_turned_mirrored_and_scaled_map_comes_back(angle, mirror, scale):
    reference = random_map(0)
    moved = scale * turned(reference, angle, mirror) + (100.0, -7.0)
    found = align(moved, reference)
    assert np.abs(found(moved) - reference).max() < 1e-6
    assert found.scale == pytest.approx(1 / scale)
    assert np.linalg.det(found.turn) == pytest.approx(-1 if mirror else 1)
    assert displacement(found(moved), reference).max() < 1e-6


def test_float32_maps_come_back_too():
    reference = random_map(3).astype("f4")
    moved = (2 * turned(reference, 1.0, True)).astype("f4")
    assert np.abs(align(moved, reference)(moved) - reference).max() < 1e-5


def test_the_turn_is_scipys():
    x, y = random_map(1), random_map(2)
    turn, _ = orthogonal_procrustes(x - x.mean(0), y - y.mean(0))
    np.testing.assert_allclose(align(x, y).turn, turn, atol=1e-12)
    _, theirs, _ = procrustes(y, x)
    ours = align(x, y)(x) - y.mean(0)
    np.testing.assert_allclose(ours / np.linalg.norm(ours), theirs / np.linalg.norm(theirs), atol=1e-12)


def test_the_scale_makes_radii_equal_however_unlike_the_maps_are():
    x, y = random_map(4), 7 * random_map(5)
    rms = lambda p: np.sqrt(np.mean([(a - p[:, 0].mean()) ** 2 + (b - p[:, 1].mean()) ** 2 for a, b in p]))  # noqa: E731
    assert rms(align(x, y)(x)) == pytest.approx(rms(y))
    assert rms(procrustes(y, x)[1]) < 0.5 * rms(procrustes(y, x)[0])  # least squares would shrink it


def test_displacement_is_what_a_loop_and_the_disparity_say():
    x, y = random_map(6), random_map(6) + np.random.default_rng(7).normal(0, 0.5, (200, 2))
    placed = align(x, y)(x)
    center = y.mean(0)
    radius = np.sqrt(sum((a - center[0]) ** 2 + (b - center[1]) ** 2 for a, b in y) / len(y))
    looped = [np.hypot(a - c, b - d) / radius for (a, b), (c, d) in zip(placed, y, strict=True)]
    found = displacement(placed, y)
    np.testing.assert_allclose(found, looped)
    assert (found**2).mean() == pytest.approx(2 * (1 - np.sqrt(1 - procrustes(y, x)[2])))


def test_equal_maps_are_not_displaced():
    assert (displacement(random_map(8), random_map(8)) == 0).all()


def test_rows_that_are_not_finite_take_no_part():
    reference = random_map(9)
    moved = turned(reference, 0.4, True)
    moved[3] = np.nan
    broken = reference.copy()
    broken[5, 0] = np.inf
    found = align(moved, broken)
    assert np.abs(found(moved) - reference)[np.arange(200) != 3].max() < 1e-6
    gaps = np.isnan(displacement(found(moved), broken))
    assert np.flatnonzero(gaps).tolist() == [3, 5]


def test_a_map_that_is_one_point_goes_to_the_centre():
    point, reference = np.full((5, 2), 3.0), random_map(10, 5)
    np.testing.assert_allclose(align(point, reference)(point), np.tile(reference.mean(0), (5, 1)))
    assert np.isnan(displacement(reference, point)).all()


def test_maps_of_other_objects_are_refused():
    with pytest.raises(PhotozError, match="maps of 4 and of 5 objects"):
        align(random_map(0, 4), random_map(0, 5))
    with pytest.raises(PhotozError, match="finite"):
        align(np.full((3, 2), np.nan), random_map(0, 3))
