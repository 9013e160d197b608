"""Agreement of latent spaces against sets in a loop, sorted distances and closed forms."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoz_core.metrics.agreement import MOST, nearest_rows, neighbour_overlap, sample


def latents(seed: int, count: int = 80, width: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, width)).astype("f4")


def test_neighbours_are_those_of_sorted_distances():
    found, points = nearest_rows(latents(0), 5), latents(0)
    for row in range(len(points)):
        distance = {other: float(((points[row] - points[other]) ** 2).sum()) for other in range(80) if other != row}
        assert set(found[row].tolist()) == set(sorted(distance, key=distance.get)[:5])


@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(10, 40))
@settings(max_examples=40, deadline=None)
def test_the_overlap_is_that_of_sets(seed, k, count):
    rng = np.random.default_rng(seed)
    a, b = (np.array([rng.permutation(count)[:k] for _ in range(7)], np.int32) for _ in range(2))
    looped = [len(set(x) & set(y)) / len(set(x) | set(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    np.testing.assert_allclose(neighbour_overlap(a, b), looped)


def test_a_turned_space_has_the_same_neighbours_and_an_unrelated_one_few():
    space = latents(1, 500)
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))[0]
    first = nearest_rows(space)
    assert neighbour_overlap(first, nearest_rows((3 * space @ turn).astype("f4"))).mean() > 0.99
    by_chance = neighbour_overlap(first, nearest_rows(latents(3, 500))).mean()
    assert by_chance == pytest.approx(15 / (2 * 499), rel=0.3)  # k²/(N − 1) in common, of nearly 2k


def test_equal_objects_are_each_others_neighbours_but_not_their_own():
    found = nearest_rows(np.zeros((4, 3), "f4"), 3)
    assert all(row not in others for row, others in enumerate(found.tolist()))


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_few_objects_have_few_neighbours(count):
    found = nearest_rows(latents(0, max(count, 1))[:count])
    assert found.shape == (count, max(count - 1, 0))
    overlap = neighbour_overlap(found, found)
    assert np.isnan(overlap).all() if count < 2 else (overlap == 1).all()


def test_a_sample_is_all_or_as_many_as_allowed():
    assert np.array_equal(sample(7, 10), np.arange(7))
    rows = sample(10 * MOST)
    assert len(np.unique(rows)) == MOST and (np.diff(rows) > 0).all() and rows[-1] < 10 * MOST
    assert np.array_equal(rows, sample(10 * MOST)) and not np.array_equal(rows, sample(10 * MOST, seed=1))


def test_the_overlap_of_many_takes_no_loop_over_objects():
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 10**6, (100_000, 1)) + np.arange(15) for _ in range(2))
    began = time.process_time()
    neighbour_overlap(a.astype(np.int32), b.astype(np.int32))
    assert time.process_time() - began < 2
