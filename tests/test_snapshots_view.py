"""Latents as they form, on the Train page: frames that follow on from each other, and what each knows of a column."""

import shutil

import numpy as np
import panel as pn
import pytest
from made_homes import add_run, made_home

from dashboard import cache, snapshots
from dashboard.state import State
from dashboard.views._losses import Losses
from dashboard.views._snapshots import FORMING, LOSSES, NEVER, NOT_YET, NOTHING, BesideLosses, Forming
from photoz_core.home import Home
from photoz_core.pipeline import create_run
from photoz_core.recipe import Recipe
from photoz_core.run import Run

COUNT, SAMPLE = 400, 300


@pytest.fixture
def home(tmp_path):
    return made_home(tmp_path / "home", COUNT, images=False)


@pytest.fixture
def run(home) -> Run:
    """A run in training whose latents come to hold the magnitude: three snapshots."""
    run = create_run(home, Recipe("photometry_mlp", "photometry_mlp", "made", fit={"epochs": 8}))
    run.save_array("snapshots/sample", np.arange(0, SAMPLE))
    for epochs, share in ((0, 0.0), (2, 0.5), (4, 1.0)):
        form(run, epochs, share)
    run.progress(epoch=4, epochs=8, done=4, total=8)
    return run


def form(run: Run, epochs: int, share: float) -> None:
    """A snapshot whose latents hold this much of the magnitude, in a plane that is turned from epoch to epoch."""
    noise = np.random.default_rng(7).normal(size=(SAMPLE, 4))
    magnitude = cache.dataset(Home(run.folder.parent.parent), "made").column("mag_F160W")[:SAMPLE]
    noise[:, 0] = (1 - share) * noise[:, 0] + 3 * share * (magnitude - 24)
    angle = epochs / 3
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    run.save_array(f"snapshots/{epochs}", ((noise @ turn) * (1 + epochs)).astype("f2"))


@pytest.fixture
def forming(home, run) -> Forming:
    forming = Forming(State(home))
    pn.panel(forming).get_root()
    forming.wake(True)
    forming.show(run)
    return forming


def sent(forming: Forming, name: str) -> np.ndarray:
    return np.array(forming.player.frames.data[name])


def test_frames_are_laid_over_each_other_and_only_what_changed_moves(run):
    """Turned, mirrored, shifted and grown, a map is the same map; its planes come from sklearn's PCA."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=(50, 2)) @ np.diag([3, 1])
    turn = np.array([[np.cos(2), np.sin(2)], [np.sin(2), -np.cos(2)]])
    moved = first.copy()
    moved[7] += 5
    a, b, c = snapshots.chained([first, 40 * first @ turn + 3, moved])
    np.testing.assert_allclose(b, a, atol=1e-9)
    assert np.sqrt((a**2).sum(1).mean()) == pytest.approx(1)
    far = np.linalg.norm(c - a, axis=1)
    assert far.argmax() == 7 and np.median(far) < 0.2 * far[7]
    point = snapshots.chained([np.zeros((5, 2)), first[:5]])
    assert np.isfinite(point).all() and not point[0].any()


def test_a_new_frame_leaves_those_before_as_they_were(run):
    before = snapshots.film(run)
    form(run, 6, 0.2)
    after = snapshots.film(run)
    assert after.epochs == (0, 2, 4, 6)
    np.testing.assert_array_equal(after.maps[:3], before.maps)
    steps = np.linalg.norm(np.diff(after.maps, axis=0), axis=2)
    assert np.median(steps) < 1  # rms radius 1: they would be about 1.4 apart, were they turned at random


def test_scores_tell_when_the_latents_come_to_hold_a_column(home, run):
    shown = snapshots.film(run)
    magnitude = snapshots.scores(run, shown, cache.values(home, "made", "", "mag_F160W"))
    other = snapshots.scores(run, shown, cache.values(home, "made", "", "size_made"))
    assert magnitude[0] < 0.2 and magnitude[-1] > 0.9
    assert max(other) < 0.2
    kinds = snapshots.scores(run, shown, cache.values(home, "made", "", "kind"))
    assert all(0 <= score < 0.6 for score in kinds)  # three classes that no latent knows
    assert np.isnan(snapshots.scores(run, shown, cache.values(home, "made", "", "nothing"))).all()


def test_scores_are_of_halves_that_judge_each_other(home, run):
    """Re-derived with a loop over the objects."""
    shown, values = snapshots.film(run), cache.values(home, "made", "", "mag_F160W").array[:SAMPLE]
    latents = np.load(run.folder / "snapshots" / "2.npy", allow_pickle=False).astype("f4")
    r2 = []
    for judged in (1, 0):
        rows = np.arange(judged, SAMPLE, 2)
        voters = np.arange(1 - judged, SAMPLE, 2)
        said = []
        for row in rows:
            distance = ((latents[voters] - latents[row]) ** 2).sum(1)
            said.append(values[voters[np.argsort(distance)[:10]]].mean())
        truth = values[rows]
        r2.append(1 - ((truth - said) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())
    found = snapshots.scores(run, shown, cache.values(home, "made", "", "mag_F160W"))
    assert found[1] == pytest.approx(np.mean(r2), abs=1e-3)


def test_the_newest_is_followed_until_somebody_goes_back(forming, run):
    slider = forming.player.slider
    assert (slider.value, slider.end, slider.disabled) == (2, 2, False)
    form(run, 6, 1.0)
    forming.show(run)
    assert (slider.value, slider.end) == (3, 3) and list(sent(forming, "epoch")) == [0, 2, 4, 6]
    slider.value = 0
    assert "untrained" in forming.said.object
    form(run, 8, 1.0)
    forming.show(run)
    assert (slider.value, slider.end) == (0, 4)
    assert sent(forming, "x").shape == sent(forming, "y").shape == (5, SAMPLE)
    slider.value = 4
    assert "epoch 8" in forming.said.object
    assert forming.player.chart.sources["here"].data["epoch"] == [8]


def test_nothing_is_sent_again_while_nothing_is_new(forming, run):
    before = forming.player.frames.data, forming.player.points.data
    forming.show(Run(run.folder))
    assert forming.player.frames.data is before[0] and forming.player.points.data is before[1]
    forming.wake(False)
    form(run, 6, 1.0)
    forming.show(run)
    assert forming.player.frames.data is before[0]
    forming.wake(True)
    assert len(sent(forming, "epoch")) == 4


def test_every_column_colors_the_sample_as_it_colors_a_map(forming, home):
    assert forming.column == "z_spec"
    values = np.array(forming.player.points.data["value"])
    np.testing.assert_array_equal(values, cache.values(home, "made", "", "z_spec").array[:SAMPLE])
    low, high = cache.limits(home, "made", "", "z_spec", forming.state.clip)
    assert (forming.player.mapper.low, forming.player.mapper.high) == (low, high)
    assert "labelled" in forming.scale.object
    for column in forming.param.column.objects:
        forming.column = column
        assert len(forming.player.points.data["value"]) == SAMPLE
        known = cache.values(home, "made", "", column)
        assert ("accuracy" in forming.said.object) == known.is_category
    forming.column = "kind"
    assert "kind 1" in forming.scale.object
    forming.state.clip = (10, 90)
    forming.column = "mag_F160W"
    assert forming.player.mapper.low == cache.limits(home, "made", "", "mag_F160W", (10, 90))[0]


def test_what_cannot_be_shown_is_said(home, run, forming):
    assert forming.shown.visible and not forming.empty.visible
    done = add_run(home)
    waiting = create_run(home, Recipe("photometry_mlp", "photometry_mlp", "made", seed=3))
    for other, words in ((None, NOTHING), (done, NEVER), (waiting, NOT_YET)):
        forming.show(other)
        assert forming.empty.object == words and forming.empty.visible and not forming.shown.visible
    (run.folder / "snapshots" / "2.npy").write_bytes(b"no array")
    forming.show(run)
    assert "has no snapshot 2" in forming.empty.object
    form(run, 2, 0.5)
    forming.show(run)
    assert forming.shown.visible
    shutil.rmtree(run.folder)
    forming.show(run)
    assert forming.empty.visible


@pytest.mark.parametrize("shape", [(1, 4), (3, 0), (3, 1)])
def test_a_sample_too_small_for_a_plane_is_shown(home, forming, shape):
    run = create_run(home, Recipe("photometry_mlp", "photometry_mlp", "made", seed=6))
    run.save_array("snapshots/sample", np.arange(shape[0]))
    for epochs in (0, 1):
        run.save_array(f"snapshots/{epochs}", np.ones(shape, "f2"))
    for column in ("z_spec", "kind"):
        forming.show(run)
        forming.column = column
    assert forming.shown.visible and np.isfinite(sent(forming, "x")).all()
    assert sent(forming, "x").shape == (2, shape[0]) and "–" in forming.said.object


def test_latents_that_are_not_finite_are_said_and_the_page_goes_on(forming, run):
    run.save_array("snapshots/6", np.full((SAMPLE, 4), np.nan, "f2"))
    forming.show(run)
    assert "after epoch 6 are not all finite" in forming.empty.object and not forming.shown.visible


def test_a_single_snapshot_is_a_map_with_nothing_to_scrub(home, run, forming):
    for epochs in (2, 4):
        (run.folder / "snapshots" / f"{epochs}.npy").unlink()
    forming.show(run)
    assert (forming.player.slider.value, forming.player.slider.disabled) == (0, True)
    assert sent(forming, "x").shape == (1, SAMPLE)


def test_another_run_begins_at_its_newest(home, run, forming):
    forming.player.slider.value = 0
    other = create_run(home, Recipe("photometry_mlp", "photometry_mlp", "made", seed=5))
    other.save_array("snapshots/sample", np.arange(100, 350))
    rng = np.random.default_rng(0)
    for epochs in (0, 1):
        other.save_array(f"snapshots/{epochs}", rng.normal(size=(250, 3)).astype("f2"))
    forming.show(other)
    assert forming.player.slider.value == 1
    assert len(forming.player.points.data["value"]) == 250
    assert "seed 5" in forming.title.object


def test_only_the_tab_in_front_works(home, run):
    forming = Forming(State(home))
    both = BesideLosses(Losses(), forming)
    forming.show(run)
    assert len(sent(forming, "epoch")) == 0
    both.front = FORMING
    assert len(sent(forming, "epoch")) == 3
    both.front = LOSSES
    assert not forming.awake
