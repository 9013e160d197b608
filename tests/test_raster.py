"""The raster kernels against datashader and against loops."""

import datashader as ds
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import cache, gathered, morton, ranks, raster, threads
from photoz_core.errors import PhotozError

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


def stored(points: np.ndarray, is_sorted: bool):
    """The points as they come, or in Morton order."""
    return morton.z_order(points) if is_sorted else points


VIEWS = {
    "part": (-1.5, 1.5, -1.0, 2.0),
    "all": (-9.0, 9.0, -9.0, 9.0),
    "edges hit": (0.5, 0.75, -0.5, 0.0),
    "zoomed": (0.4999, 0.5001, -0.5001, -0.4999),
    "nothing": (50.0, 51.0, 50.0, 51.0),
    "one far away": (900.0, 1100.0, -10.0, 10.0),
}


@pytest.mark.parametrize("is_sorted", [False, True])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("count", [1, 500, 3 * threads.PIECE])
def test_count_and_means_are_datashaders(count, view, is_sorted):
    points, values = cloud(count)
    points[-1] = 1000.0, 0.0  # a point far out must not cost the others their tiles, nor be lost
    others = [values, np.roll(values, 1), np.full_like(values, np.nan), np.abs(values)]
    frame = raster.frame(stored(points, is_sorted), view, SHAPE)
    np.testing.assert_array_equal(raster.count(frame), peer(points, values, view, SHAPE, ds.count()))
    x0, x1, y0, y1 = view
    inside = (points[:, 0] >= x0) & (points[:, 0] <= x1) & (points[:, 1] >= y0) & (points[:, 1] <= y1)
    together = raster.means(frame, others, [(-0.5, 0.5)] * len(others))
    for column, (mean, known, beyond) in zip(others, together, strict=True):
        np.testing.assert_allclose(mean, peer(points, column, view, SHAPE, ds.mean("v")), rtol=1e-6, atol=1e-6)
        assert known == np.isfinite(column[inside]).sum()
        assert beyond == (np.abs(column[inside]) > 0.5).sum()
        alone, *numbers = raster.mean(frame, column, (-0.5, 0.5))
        np.testing.assert_allclose(alone, mean, rtol=1e-6, atol=1e-7)
        assert numbers == [known, beyond]
    np.testing.assert_array_equal(np.sort(frame.rows), np.flatnonzero(inside))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3000), st.integers(1, 40), st.integers(1, 40), st.floats(1e-3, 30))
def test_any_frame_counts_as_datashader(seed, count, height, width, reach):
    points, values = cloud(count, seed)
    x, y = points[seed % count].tolist()
    view = (x - reach, x + reach / 2, y - reach / 3, y + reach)
    for is_sorted in (False, True):
        frame = raster.frame(stored(points, is_sorted), view, (height, width))
        np.testing.assert_array_equal(raster.count(frame), peer(points, values, view, (height, width), ds.count()))
        pixels = peer(points[frame.rows], values[frame.rows], view, (height, width), ds.count())
        np.testing.assert_array_equal(np.bincount(frame.pixel, minlength=frame.size), pixels)


@pytest.mark.parametrize("is_sorted", [False, True])
def test_all_points_at_one_place_and_places_unknown(is_sorted):
    points, values = np.full((700, 2), 3.25, "f4"), np.arange(700, dtype="f4")
    frame = raster.frame(stored(points, is_sorted), raster.whole(points), SHAPE)
    mean, known, _ = raster.mean(frame, values)
    assert known == 700 and np.nanmax(mean) == np.nanmin(mean) == pytest.approx(349.5)
    points[::2] = np.nan
    frame = raster.frame(stored(points, is_sorted), raster.whole(points), SHAPE)
    assert raster.count(frame).sum() == 350 and sorted(frame.rows) == list(range(1, 700, 2))


def test_points_are_along_the_curve_and_tiles_hold_their_own():
    points, _ = cloud(5000)
    order = morton.z_order(points)
    np.testing.assert_array_equal(order.points, points[order.rows])
    assert sorted(order.rows) == list(range(5000)) and order.starts[-1] == 5000
    side = 2**order.level
    cells = np.clip(np.floor((order.points - order.corner) * order.scale), 0, 2**morton.BITS - 1).astype(int)
    tiles = cells >> (morton.BITS - order.level)
    for place, (column, line) in enumerate(tiles):
        number = sum(((column >> bit & 1) << 2 * bit) | ((line >> bit & 1) << 2 * bit + 1) for bit in range(12))
        assert order.starts[number] <= place < order.starts[number + 1] and number < side**2


def test_a_zoomed_view_touches_few_points():
    points, _ = cloud(100_000)
    begins, ends, _ = morton.stretches(morton.z_order(points), (0.1, 0.2, 0.1, 0.2), (100, 100))
    inside = ((points > 0.1) & (points < 0.2)).all(axis=1).sum()
    assert inside <= (ends - begins).sum() < 2 * inside + 500


@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "i4"])
def test_a_column_that_nobody_may_write_is_gathered_and_one_too_short_is_refused(kind):
    order = morton.z_order(np.random.default_rng(0).random((50, 2)).astype("f4"))
    column = np.arange(50, dtype=kind)
    column.flags.writeable = False
    np.testing.assert_array_equal(order.gather(column), order.rows)
    with pytest.raises(IndexError, match="10 values are fewer"):
        order.gather(np.arange(10, dtype=kind))


def test_gathered_columns_are_remembered_as_long_as_they_live(monkeypatch):
    points, values = cloud(1000)
    order, kept = morton.z_order(points), gathered.Gathered()
    first = kept.get(order, values)
    np.testing.assert_array_equal(first, values[order.rows])
    assert kept.get(order, values) is first
    assert kept.get(order, values + 1)[0] == first[0] + 1
    kept.get(order, np.zeros(1000, "f4"))
    assert kept.held == 2 * first.nbytes  # the sum is gone, and what was gathered of it
    monkeypatch.setattr(gathered, "KEPT", 2.5 * first.nbytes)
    others = [values + number for number in range(5)]
    for other in others:
        kept.get(order, other)
    assert kept.held == 2 * first.nbytes and kept.get(order, values) is not first


@pytest.mark.parametrize("is_sorted", [False, True])
def test_selected_points_alone(is_sorted):
    points, values = cloud(400)
    selected = np.random.default_rng(1).random(400) < 0.3
    for view in (raster.whole(points), VIEWS["part"]):
        frame = raster.chosen(raster.frame(stored(points, is_sorted), view, SHAPE), selected)
        mean, known, _ = raster.mean(frame, values)
        own = points[selected], values[selected], view, SHAPE
        np.testing.assert_array_equal(raster.count(frame), peer(*own, ds.count()))
        np.testing.assert_allclose(mean, peer(*own, ds.mean("v")), rtol=1e-6, atol=1e-6)
        assert known == np.isfinite(values[frame.rows]).sum() and selected[frame.rows].all()


@pytest.mark.parametrize("is_sorted", [False, True])
def test_commonest_class_by_loops(is_sorted):
    points, _ = cloud(300)
    codes = np.random.default_rng(2).integers(-1, 4, 300).astype("i2")
    frame = raster.frame(stored(points, is_sorted), VIEWS["part"], SHAPE)
    expected = []
    for pixel in range(frame.size):
        votes = [codes[row] for row, place in zip(frame.rows, frame.pixel, strict=True) if place == pixel]
        votes = [code for code in votes if code >= 0]
        expected.append(min(set(votes), key=lambda code: (-votes.count(code), code)) if votes else -1)
    found, known = raster.commonest(frame, codes, 4)
    np.testing.assert_array_equal(found, expected)
    assert known == (codes[frame.rows] >= 0).sum()


@pytest.mark.parametrize("is_sorted", [False, True])
def test_lowest_rank_by_loops_selected_first(is_sorted):
    points, _ = cloud(300)
    rng = np.random.default_rng(3)
    rank, selected = rng.permutation(300).astype("i4"), rng.random(300) < 0.2
    frame = raster.frame(stored(points, is_sorted), VIEWS["part"], SHAPE)
    for mask in (None, selected):
        expected = []
        for pixel in range(frame.size):
            here = frame.rows[frame.pixel == pixel]
            front = here if mask is None or not mask[here].any() else here[mask[here]]
            expected.append(front[rank[front].argmin()] if len(here) else -1)
        np.testing.assert_array_equal(raster.lowest(frame, rank, mask), expected)


@pytest.mark.parametrize("is_sorted", [False, True])
def test_first_of_those_in_view(is_sorted):
    points, _ = cloud(4000)
    for view in VIEWS.values():
        frame = raster.frame(stored(points, is_sorted), view, SHAPE)
        rows = sorted(frame.rows.tolist(), key=lambda row: cache.order(4000)[row])
        for most in (1, 7, 300, 5000):
            np.testing.assert_array_equal(ranks.first(frame, points, most), rows[:most])
        assert frame.count == len(rows)


@pytest.mark.parametrize("values", [np.inf, -np.inf], ids=str)
def test_infinite_values_count_as_datashader_has_them(values):
    points, column = cloud(500)
    column[::7] = values
    mean, known, beyond = raster.mean(raster.frame(points, VIEWS["all"], SHAPE), column, (-9.0, 9.0))
    np.testing.assert_allclose(mean, peer(points, column, VIEWS["all"], SHAPE, ds.mean("v")), rtol=1e-6, atol=1e-6)
    assert known == (~np.isnan(column)).sum() and beyond == np.isinf(column).sum()


def test_whole_view_is_square_and_holds_all():
    points = np.array([[0, 0], [4, 1]], "f4")
    x0, x1, y0, y1 = raster.whole(points)
    assert x1 - x0 == pytest.approx(y1 - y0) and x0 < 0 and x1 > 4 and y0 < 0 < 1 < y1
    assert raster.whole(points[:1]) == (-0.5, 0.5, -0.5, 0.5)
    unknown = np.vstack([points, [[np.nan, 9.0], [np.inf, -9.0]]]).astype("f4")
    assert raster.whole(unknown) == raster.whole(points) == raster.whole(morton.z_order(unknown))
    assert raster.whole(unknown[2:]) == raster.whole(points[:0]) == (-0.5, 0.5, -0.5, 0.5)


@pytest.mark.parametrize("place", [0.0, 3.0, -1e20, 3e38])
@pytest.mark.parametrize("is_sorted", [False, True])
def test_a_view_without_width_is_widened(place, is_sorted):
    points = np.full((9, 2), place, "f4")
    exactly = float(points[0, 0])
    for view in (raster.whole(points), (exactly,) * 4):
        frame = raster.frame(stored(points, is_sorted), view, SHAPE)
        assert frame.count == 9 and frame.view[0] < exactly < frame.view[1]


@pytest.mark.parametrize("edge", [np.inf, -np.inf, np.nan])
def test_a_view_needs_finite_edges(edge):
    with pytest.raises(PhotozError, match="four finite edges"):
        raster.frame(np.zeros((1, 2), "f4"), (0.0, 1.0, 0.0, edge), SHAPE)


def test_more_classes_than_numbers_are_refused():
    frame = raster.frame(np.zeros((1, 2), "f4"), (-1, 1, -1, 1), (800, 800))
    with pytest.raises(PhotozError, match="100,000 classes"):
        raster.commonest(frame, np.zeros(1, "i2"), 100_000)
