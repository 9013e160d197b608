"""The raster kernels against datashader and against loops."""

import datashader as ds
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import raster

SHAPE = (13, 17)  # height, width


def cloud(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Positions (N, 2) float32, some on a coarse lattice so that edges are hit, and values with NaN."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 2))
    points[::3] = np.round(points[::3] * 2) / 2
    values = rng.normal(size=count)
    values[rng.random(count) < 0.2] = np.nan
    return points.astype("f4"), values.astype("f4")


def peer(points: np.ndarray, values: np.ndarray, view: tuple, shape: tuple, reduction) -> np.ndarray:
    """What datashader makes of it, flat, row 0 at the bottom."""
    table = pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "v": values})
    canvas = ds.Canvas(shape[1], shape[0], x_range=view[:2], y_range=view[2:])
    return canvas.points(table, "x", "y", reduction).values.ravel()


@pytest.mark.parametrize("count", [1, 500, 3 * raster.PIECE])
@pytest.mark.parametrize("view", [(-1.5, 1.5, -1.0, 2.0), (-9.0, 9.0, -9.0, 9.0), (0.5, 0.75, -0.5, 0.0)])
def test_count_and_mean_are_datashaders(count, view):
    points, values = cloud(count)
    frame = raster.frame(points, view, SHAPE)
    average, known, beyond = raster.mean(frame, values, (-0.5, 0.5))
    np.testing.assert_array_equal(raster.count(frame), peer(points, values, view, SHAPE, ds.count()))
    np.testing.assert_allclose(average, peer(points, values, view, SHAPE, ds.mean("v")), rtol=1e-5, atol=1e-6)
    x0, x1, y0, y1 = view
    inside = (points[:, 0] >= x0) & (points[:, 0] <= x1) & (points[:, 1] >= y0) & (points[:, 1] <= y1)
    assert known == np.isfinite(values[inside]).sum()
    assert beyond == (np.abs(values[inside]) > 0.5).sum()
    np.testing.assert_array_equal(frame.rows, np.flatnonzero(inside))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 40), st.integers(1, 40))
def test_any_frame_counts_as_datashader(seed, count, height, width):
    points, values = cloud(count, seed)
    view = (-1.0, 1.0, -1.0, 1.0)
    frame = raster.frame(points, view, (height, width))
    np.testing.assert_array_equal(raster.count(frame), peer(points, values, view, (height, width), ds.count()))


def test_selected_points_alone():
    points, values = cloud(400)
    selected = np.random.default_rng(1).random(400) < 0.3
    view = raster.whole(points)
    frame = raster.frame(points, view, SHAPE)
    mean, known, _ = raster.mean(frame, values, selected=selected)
    np.testing.assert_array_equal(
        raster.count(frame, selected), peer(points[selected], values[selected], view, SHAPE, ds.count())
    )
    np.testing.assert_allclose(
        mean, peer(points[selected], values[selected], view, SHAPE, ds.mean("v")), rtol=1e-5, atol=1e-6
    )
    assert known == np.isfinite(values[selected]).sum()


def test_commonest_class_by_loops():
    points, _ = cloud(300)
    codes = np.random.default_rng(2).integers(-1, 4, 300).astype("i2")
    frame = raster.frame(points, raster.whole(points), SHAPE)
    expected = []
    for pixel in range(frame.size):
        votes = [codes[row] for row, place in zip(frame.rows, frame.pixel, strict=True) if place == pixel]
        votes = [code for code in votes if code >= 0]
        expected.append(min(set(votes), key=lambda code: (-votes.count(code), code)) if votes else -1)
    np.testing.assert_array_equal(raster.commonest(frame, codes, 4), expected)


def test_lowest_rank_by_loops_selected_first():
    points, _ = cloud(300)
    rng = np.random.default_rng(3)
    rank, selected = rng.permutation(300).astype("i4"), rng.random(300) < 0.2
    frame = raster.frame(points, raster.whole(points), SHAPE)
    for mask in (None, selected):
        expected = []
        for pixel in range(frame.size):
            here = frame.rows[frame.pixel == pixel]
            front = here if mask is None or not mask[here].any() else here[mask[here]]
            expected.append(front[rank[front].argmin()] if len(here) else -1)
        np.testing.assert_array_equal(raster.lowest(frame, rank, mask), expected)


@pytest.mark.parametrize("radius", [0.0, 1.0, 2.3, 4.0])
def test_growing_takes_the_nearest_pixel_and_adds_nothing(radius):
    rng = np.random.default_rng(4)
    back = rng.random(SHAPE) < 0.08
    front = back & (rng.random(SHAPE) < 0.4)
    source = raster.grow(front.ravel(), back.ravel(), SHAPE, radius)
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
    radii = [raster.disc_radius(occupied, 200 * 200) for occupied in (1, 1000, 4000, 20_000)]
    assert radii[0] == raster.LARGEST and radii[-1] == 0 and radii == sorted(radii, reverse=True)


def test_whole_view_is_square_and_holds_all():
    points = np.array([[0, 0], [4, 1]], "f4")
    x0, x1, y0, y1 = raster.whole(points)
    assert x1 - x0 == pytest.approx(y1 - y0) and x0 < 0 and x1 > 4 and y0 < 0 < 1 < y1
    assert raster.whole(points[:1]) == (-0.5, 0.5, -0.5, 0.5)
