"""Maps made together: an object stays near its place, which it does not where each map is made alone."""

import numpy as np
import pytest

from dashboard.compare_choices import ALIGNED, TOGETHER
from dashboard.compare_together import LOOKS_ONLY, MEANWHILE
from photoz_core.aligned_umap import FOLDER, company, fit_together, make, maps_of
from photoz_core.alignment import align, displacement
from photoz_core.errors import PhotozError
from photoz_core.projections.umap import Map
from photoz_core.run import list_runs

COUNT = 150


def spaces() -> list[np.ndarray]:
    """Five clouds seen twice: as they are, and in other, wider coordinates with some noise."""
    rng = np.random.default_rng(0)
    clouds = 8 * rng.normal(size=(5, 6))[rng.integers(0, 5, COUNT)] + rng.normal(size=(COUNT, 6))
    other = clouds @ rng.normal(size=(6, 9)) + rng.normal(size=(COUNT, 9))
    return [clouds.astype("f4"), other.astype("f4")]


@pytest.fixture(scope="module")
def pair():
    return spaces(), fit_together(spaces())


def test_objects_stay_nearer_to_their_places_than_in_maps_laid_over_each_other(pair):
    latents, (first, second) = pair
    alone = [Map().fit(space) for space in latents]
    laid = displacement(align(alone[1], alone[0])(alone[1]), alone[0]).mean()
    assert displacement(second, first).mean() < 0.5 * laid
    assert first.dtype == np.float32 and first.shape == second.shape == (COUNT, 2)


def test_each_map_still_shows_its_own_neighbours(pair):
    for latents, positions in zip(*pair, strict=True):
        nearest = lambda points: np.argsort(np.linalg.norm(points[:, None] - points, axis=2), axis=1)[:, 1:11]  # noqa: E731
        kept = [len(set(a) & set(b)) for a, b in zip(nearest(latents), nearest(positions), strict=True)]
        shuffled = [len(set(a) & set(b)) for a, b in zip(nearest(latents), nearest(positions[::-1]), strict=True)]
        assert np.mean(kept) > 3 > np.mean(shuffled)


@pytest.mark.parametrize("rows", [(50,), (50, 40), (3, 3)])
def test_what_cannot_be_mapped_together_is_said(rows):
    with pytest.raises(PhotozError, match=r"AlignedUMAP takes two|needs at least 5"):
        fit_together([np.zeros((count, 4), np.float32) for count in rows])


def test_runs_keep_the_maps_of_each_company(other):
    runs = list_runs(other)
    assert maps_of(runs) is None
    make(runs)
    first, second = maps_of(runs)
    assert np.array_equal(maps_of(runs[::-1])[0], second) and first.shape == (120, 2)
    assert maps_of(runs[:1]) is None
    (runs[0].folder / FOLDER / f"{company(runs)}.npy").write_bytes(b"\x93NUMPY cut off")
    with pytest.raises(PhotozError, match="delete the folder 'aligned'"):
        maps_of(runs)


def test_why_it_failed_is_kept(other):
    runs = list_runs(other)
    runs[0].latents = runs[0].latents[:40]
    with pytest.raises(PhotozError, match="same objects"):
        make(runs)
    with pytest.raises(PhotozError, match=r"AlignedUMAP: .*same objects"):
        maps_of(list_runs(other))


class Queue:
    """Takes the wish and makes the maps when it is told to."""

    def __init__(self, home):
        self.home, self.asked = home, []

    def align(self, run_ids):
        self.asked.append(sorted(run_ids))


def test_the_page_asks_for_them_and_shows_them_when_they_are_there(other):
    from made_compare import shown

    queue = Queue(other)
    view = shown(other)
    comparison = view.comparison
    comparison.layout = TOGETHER
    assert comparison.lacking == LOOKS_ONLY and view.lacking.visible
    view.state.queue = queue
    comparison.arrange()
    assert comparison.lacking == MEANWHILE and queue.asked == [sorted(side.run for side in comparison.shown)]
    runs = [side.current for side in comparison.shown]
    make(runs)
    view.state.refresh()
    assert comparison.lacking == "" and not view.lacking.visible
    for side, positions in zip(comparison.shown, maps_of(runs), strict=True):
        assert np.array_equal(side.positions, positions)
    comparison.layout = ALIGNED
    assert not np.array_equal(comparison.shown[1].positions, maps_of(runs)[1])
