"""A comparison while a session goes on: trainings, the paper's pair, reviews, zooms."""

import numpy as np
import pytest
from made_compare import scales, shown
from made_homes import add_run, made_home
from made_reviews import ADA

from dashboard import cache
from dashboard.compare_choices import ALIGNED, TRAINED
from dashboard.compare_sides import DISPLACEMENT, OVERLAP
from dashboard.review_acts import score, tag
from dashboard.review_columns import SCORE, TAG
from dashboard.state import State
from dashboard.views.compare import View
from photoz_core.metrics.agreement import NEAREST
from photoz_core.recipe import Recipe
from photoz_core.run import Run

ZOOM = (-0.5, 0.5, -0.5, 0.5)


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    for seed in range(2):
        add_run(home, seed)
    return home


@pytest.fixture
def training(home):
    """``training()``: a run that trains says how far it is."""
    run = Run.create(home, Recipe("photometry_mlp", "photometry_mlp", "made", title="trains", seed=9))
    return lambda: run.progress(epoch=1, epochs=9, done=1, total=9)


def look_again(view) -> None:
    before = view.state.revision
    view.state.refresh()
    assert view.state.revision > before


@pytest.mark.parametrize("layout", [ALIGNED, TRAINED])
def test_a_training_that_goes_on_disturbs_nothing(home, training, layout):
    view = shown(home)
    view.comparison.layout = layout
    first = view.comparison.shown[0]
    first.view = ZOOM
    plot = view.pairs.transition.plot
    plot.x_range.update(start=0, end=1)
    kept = [side.view for side in view.comparison.shown], view.pairs.transition.source.data, view.comparison.laid
    training()
    look_again(view)
    assert [side.view for side in view.comparison.shown] == kept[0] and first.view == ZOOM
    assert view.pairs.transition.source.data is kept[1] and view.comparison.laid == kept[2]
    assert (plot.x_range.start, plot.x_range.end) == (0, 1)


def test_another_run_that_is_done_leaves_the_part_in_view_of_runs_that_were_chosen(home):
    view = shown(home)
    runs = [side.run for side in view.comparison.shown]
    view.comparison.choose(runs)
    view.comparison.shown[1].view = ZOOM
    add_run(home, 3)
    look_again(view)
    assert [side.run for side in view.comparison.shown] == runs and not view.add.disabled
    assert [side.view for side in view.comparison.shown] == [ZOOM, ZOOM]
    view.comparison.layout = TRAINED
    assert [side.view for side in view.comparison.shown] == [None, None]


def test_a_zoom_works_out_no_percentile(home, monkeypatch):
    view = shown(home)
    for coloring in (OVERLAP, DISPLACEMENT, "z_phot"):
        view.comparison.coloring = coloring
        view.comparison.shown[0].view = ZOOM
        asked = []
        for name in ("percentile", "nanpercentile", "quantile"):
            monkeypatch.setattr(np, name, lambda *args, asked=asked, **options: asked.append(args))
        view.comparison.shown[0].view = None
        view.comparison.shown[1].view = (-1.0, 1.0, -1.0, 1.0)
        monkeypatch.undo()
        assert asked == []
    view.comparison.coloring = DISPLACEMENT
    before = view.comparison.shown[0].limits(DISPLACEMENT)
    view.state.clip = (10, 90)
    assert view.comparison.shown[0].limits(DISPLACEMENT) != before


def test_points_lie_in_order_on_maps_wherever_they_are_laid(home):
    view = shown(home)
    first, second = view.comparison.shown
    canvas = view.panels[1].maps.canvas
    frame, positions = canvas.frame(), second.positions
    assert frame.order is second.order is canvas.frame().order
    np.testing.assert_array_equal(second.order.points, positions[second.order.rows])
    view.comparison.coloring = OVERLAP
    assert second.order is frame.order  # laid once for all colorings and zooms
    view.comparison.layout = TRAINED
    assert second.order is not frame.order
    assert first.order is cache.z_order(first.current, first.projection)


def test_one_bad_run_leaves_the_other_pairs(home):
    good = [side.run for side in shown(home).comparison.shown]
    bad, holed = add_run(home, 5), add_run(home, 6)
    bad.save_array("latents", np.full((60, 5), np.nan, np.float32))
    latents = holed.latents.copy()
    latents[:20] = np.nan
    holed.save_array("latents", latents)
    view = shown(home)
    view.comparison.coloring = OVERLAP
    view.comparison.choose([*good, holed.id, bad.id])
    assert set(view.pairs.found) == {(0, 1), (0, 2), (1, 2)}
    assert "hardly any finite latents" in view.pairs.note.object and "nearest neighbours" in view.pairs.note.object
    assert "Input" not in view.pairs.note.object and "…" not in view.pairs.table.object
    overlap = view.pairs.found[0, 2].overlap
    assert np.isnan(overlap[:20]).all() and np.isfinite(overlap[20:]).all() and view.pairs.found[0, 2].asked == 40
    assert ["NaN" in scale for scale in scales(view)] == [False, False, True, True]
    assert NEAREST < 40


def test_the_papers_pair_takes_over_until_somebody_chooses(home):
    view = shown(home)
    shown_now = lambda: [side.run for side in view.comparison.shown]  # noqa: E731
    moco, pita = add_run(home, 3, method="moco"), add_run(home, 4, method="pita")
    look_again(view)
    assert shown_now() == [moco.id, pita.id]
    first = view.comparison.shown[0]
    first.run = view.comparison.left[0]
    chosen = shown_now()
    add_run(home, 5, method="pita")
    look_again(view)
    assert shown_now() == chosen and chosen[0] != moco.id


def test_reviews_color_the_maps(home, reviews):
    view = View(State(home, None, ADA, reviews))
    comparison = view.comparison
    assert SCORE not in comparison.param.coloring.objects
    score(view.state.desk, "m0001", 4)
    assert SCORE in comparison.param.coloring.objects
    comparison.coloring = SCORE
    assert all("59 NaN" in scale for scale in scales(view)) and len(set(scales(view))) == 1
    score(view.state.desk, "m0002", 2)
    assert all("58 NaN" in scale for scale in scales(view))
    tag(view.state.desk, ["m0001"], "odd")
    comparison.coloring = TAG
    assert all("odd" in scale for scale in scales(view))
    first, second = comparison.shown
    assert first.values(SCORE) is second.values(SCORE) and first.desk is second.desk
