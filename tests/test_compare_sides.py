"""Which runs are compared at first, what is said of a pair, and what of a map is in view."""

import numpy as np
import pytest
from made_homes import add_run, made_home

from dashboard import compare_numbers
from dashboard.compare_numbers import aligned, apart, most, trustworthiness, with_mean
from dashboard.compare_runs import runs_to_compare
from dashboard.compare_table import mean_of, pairs_html
from photoz_core.errors import PhotozError
from photoz_core.files import write_json


@pytest.mark.parametrize(
    ("methods", "current", "first"),
    [
        ({"p2": "pita", "s": "supervised", "p1": "pita", "m": "moco"}, "s", ["m", "p2"]),
        ({"l": "lensiam", "s": "simsiam"}, "l", ["s", "l"]),
        ({"a": "mlp", "b": "mlp", "c": "forest"}, "b", ["b", "c"]),
        ({"a": "mlp", "b": "mlp"}, "gone", ["a", "b"]),
        ({"a": "mlp"}, "a", ["a"]),
        ({}, "", []),
    ],
)
def test_the_runs_of_the_paper_come_first(methods, current, first):
    assert runs_to_compare(methods, current) == first


def test_a_pair_agrees_as_sets_in_a_loop_say(tmp_path):
    home = made_home(tmp_path)
    first, second = add_run(home, 0), add_run(home, 1)
    maps = tuple(run.projection("pca") for run in (first, second))
    found = compare_numbers.agreement(first, second, maps)

    def near(run, row):
        order = np.argsort(np.linalg.norm(run.latents - run.latents[row], axis=1), kind="stable")
        return set([other for other in order.tolist() if other != row][:15])

    looped = [len(near(first, i) & near(second, i)) / len(near(first, i) | near(second, i)) for i in range(60)]
    np.testing.assert_allclose(found.overlap, looped, rtol=1e-6)
    assert found.asked == 60 and found.displacement.shape == (60,)
    same = compare_numbers.agreement(first, first, (maps[0], maps[0]))
    assert (same.overlap == 1).all() and same.displacement.max() < 1e-12


def test_of_many_objects_a_sample_is_asked(tmp_path, monkeypatch):
    home = made_home(tmp_path, count=61)
    run = add_run(home)
    monkeypatch.setattr(compare_numbers, "sample", lambda count: np.arange(0, count, 2))
    found = compare_numbers.agreement(run, run, (run.projection("pca"),) * 2)
    assert found.asked == 31 and np.isfinite(found.overlap[::2]).all() and np.isnan(found.overlap[1::2]).all()
    assert mean_of(found.overlap) == 1


def test_a_run_without_latents_is_named(tmp_path):
    home = made_home(tmp_path)
    first, second = add_run(home, 0), add_run(home, 1)
    (second.folder / "latents.npy").unlink()
    with pytest.raises(PhotozError, match="run 1"):
        compare_numbers.agreement(first, second, (first.projection("pca"),) * 2)


def test_maps_are_laid_over_the_first():
    reference = np.random.default_rng(0).normal(size=(50, 2))
    turned = 3 * reference @ np.array([[0.0, 1], [1, 0]]) + 5
    placed = aligned([reference, turned, -reference])
    for positions in placed:
        np.testing.assert_allclose(positions, reference, atol=1e-6)
    assert apart(reference, turned).max() < 1e-6
    assert aligned([]) == [] and len(aligned([reference])) == 1


def test_the_reference_has_the_mean_of_the_others():
    one, two = np.array([0.0, 1.0]), np.array([1.0, 3.0])
    assert [values.tolist() for values in with_mean([one, two])] == [[0.5, 2], [0, 1], [1, 3]]
    assert with_mean([]) == []


def test_all_of_compact_maps_is_in_view_but_not_a_few_far_out():
    rng = np.random.default_rng(1)
    compact, far = rng.uniform(-1, 1, (1000, 2)), rng.uniform(-1, 1, (1000, 2))
    x0, x1, y0, y1 = most([compact, far])
    assert max(x0, y0) < -0.99 and min(x1, y1) > 0.99
    far[0] = (500, 0)
    x0, x1, y0, y1 = most([compact, far])
    assert -2 < x0 < -0.99 and 0.99 < x1 < 2


def test_trustworthiness_is_what_was_measured(tmp_path):
    run = add_run(made_home(tmp_path))
    assert np.isnan(trustworthiness(run, "pca"))
    write_json(run.folder / "projections" / "pca.json", {"trustworthiness": 0.875})
    assert trustworthiness(run, "pca") == 0.875
    write_json(run.folder / "projections" / "pca.json", {"trustworthiness": None})
    assert np.isnan(trustworthiness(run, "pca"))


def test_overlap_is_above_the_diagonal_and_displacement_below():
    rows = pairs_html(3, {(0, 1): 0.25, (1, 2): float("nan")}, {(0, 1): 1.5}).split("<tr>")[2:]
    cells = [[part.split("<")[0].rpartition(">")[2] for part in row.split("<td")[1:]] for row in rows]
    assert cells == [["·", "0.250", "…"], ["1.50", "·", "–"], ["…", "…", "·"]]
