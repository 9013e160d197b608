"""Maps made together: an object stays near its place, which it does not where each map is made alone."""

import numpy as np
import pytest

from dashboard.compare_choices import ALIGNED, TOGETHER
from dashboard.compare_numbers import trustworthiness
from dashboard.compare_together import LOOKS_ONLY, MEANWHILE
from photoz_core._companies import Companies
from photoz_core.aligned_umap import FOLDER, company, fit_together, make, maps_of
from photoz_core.alignment import align, displacement
from photoz_core.errors import PhotozError
from photoz_core.metrics.latent import map_trustworthiness
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


def test_whatever_kind_of_failure_it_was_is_kept(other, monkeypatch):
    runs = list_runs(other)
    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr("photoz_core.aligned_umap.fit_together", lambda latents: fail())
        make(runs)
    with pytest.raises(PhotozError, match=r"AlignedUMAP: MemoryError: too much .*delete the folder 'aligned'"):
        maps_of(runs)
    runs[0].latents = np.full_like(runs[0].latents, np.nan)
    with pytest.raises(PhotozError, match="not finite, of 120 of 120 objects"):
        make(runs)


def fail():
    raise MemoryError("too much")


class Cluster:
    """Futures of tasks that do not run, and end as they are told to."""

    def __init__(self):
        self.ends, self.status = [], "pending"

    def submit(self, task, *arguments):
        if self.status == "gone":
            raise OSError("no scheduler")
        return self

    def add_done_callback(self, end):
        self.ends.append(end)

    def exception(self):
        return "killed"

    def end(self, status):
        self.status = status
        self.ends.pop()(self)


def test_a_task_that_was_lost_is_told_and_may_be_asked_for_again(other):
    runs, cluster = list_runs(other), Cluster()
    company_of = tuple(sorted(run.id for run in runs))
    companies = Companies(other, cluster.submit)
    assert companies.enter(company_of) and not companies.enter(company_of)
    companies.send(company_of)
    cluster.end("cancelled")  # as when the server is stopped: nobody's fault
    assert maps_of(runs) is None and companies.enter(company_of)
    companies.send(company_of)
    cluster.end("error")
    with pytest.raises(PhotozError, match="lost it: killed"):
        maps_of(runs)
    assert companies.enter(company_of)
    cluster.status = "gone"
    companies.send(company_of)
    with pytest.raises(PhotozError, match="did not start: no scheduler"):
        maps_of(runs)
    assert companies.enter(company_of)


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
    for panel, positions in zip(view.panels, maps_of(runs), strict=True):
        assert np.array_equal(panel.side.positions, positions)
        measured = map_trustworthiness(panel.side.current.latents, positions)
        assert f"trustworthiness</em> {measured:.3f}" in panel.numbers.object
    comparison.layout = ALIGNED
    assert f"{trustworthiness(runs[0], 'pca'):.3f}" in view.panels[0].numbers.object
    assert not np.array_equal(comparison.shown[1].positions, maps_of(runs)[1])
