"""Sparse points are grown to discs; nothing is added up."""

import numpy as np
import pytest

from dashboard import discs

SHAPE = (13, 17)  # height, width


@pytest.mark.parametrize("radius", [0.0, 1.0, 2.3, 4.0])
def test_growing_takes_the_nearest_pixel_and_adds_nothing(radius):
    rng = np.random.default_rng(4)
    back = rng.random(SHAPE) < 0.08
    front = back & (rng.random(SHAPE) < 0.4)
    source = discs.grow(front.ravel(), back.ravel(), SHAPE, radius)
    for pixel in range(source.size):
        line, column = divmod(pixel, SHAPE[1])
        best = None
        for layer in (front, back):
            found = [
                (line - i) ** 2 + (column - j) ** 2
                for i, j in zip(*np.nonzero(layer), strict=True)
                if (line - i) ** 2 + (column - j) ** 2 <= radius**2
            ]
            if found:
                best = (layer, min(found))
                break
        if best is None:
            assert source[pixel] == -1
        else:
            i, j = divmod(int(source[pixel]), SHAPE[1])
            assert best[0][i, j] and (line - i) ** 2 + (column - j) ** 2 == best[1]


def test_discs_are_small_where_points_are_many():
    radii = [discs.radius(occupied, 200 * 200) for occupied in (1, 1000, 4000, 20_000)]
    assert radii[0] == discs.LARGEST and radii[-1] == 0 and radii == sorted(radii, reverse=True)
