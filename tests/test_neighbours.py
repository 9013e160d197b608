"""Latent neighbours against scikit-learn."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from photoz_core.neighbours import nearest, nearest_to


def test_nearest_are_scikit_learns():
    latents = np.random.default_rng(0).normal(size=(700, 9)).astype("f4") + 100  # far from zero: rounding shows
    expected = NearestNeighbors(n_neighbors=9, algorithm="brute").fit(latents.astype("f8"))
    distances, rows = expected.kneighbors(latents[[5]].astype("f8"))
    found, length = nearest(latents, 5, 8)
    assert found.tolist() == rows[0, 1:].tolist()
    np.testing.assert_allclose(length, distances[0, 1:], rtol=1e-6)


def test_fewer_than_asked_for():
    latents = np.eye(3, dtype="f4")
    assert sorted(nearest(latents, 1, 8)[0].tolist()) == [0, 2]
    assert nearest(latents[:1], 0, 8)[0].tolist() == []


def test_a_twin_is_a_neighbour_and_not_itself():
    latents = np.array([[0, 0], [1, 1], [0, 0]], "f4")
    rows, distances = nearest(latents, 0, 2)
    assert rows.tolist() == [2, 1] and distances[0] == 0


def test_nearest_to_any_point_leaves_out_what_does_not_count():
    latents = np.random.default_rng(1).normal(size=(300, 4)).astype("f4")
    query, without = latents[:9].mean(axis=0), np.arange(300) < 9
    distance = np.sqrt(((latents.astype(float) - query) ** 2).sum(axis=1))
    expected = [row for row in np.argsort(distance) if row >= 9][:6]
    for left_out in (without, np.flatnonzero(without)):
        rows, found = nearest_to(latents, query, 6, left_out)
        assert rows.tolist() == expected
        np.testing.assert_allclose(found, distance[expected], rtol=1e-6)
    assert nearest_to(latents, latents[5], 1)[0].tolist() == [5]
    assert len(nearest_to(latents, query, 6, np.ones(300, bool))[0]) == 0
