"""The label-efficiency curve: points of runs, their means over seeds, what is left out."""

import statistics

import numpy as np
import pytest
from made_homes import add_run, made_home
from made_runs import made_run

from dashboard import train_figures as figures
from dashboard.efficiency import METRICS, Point, line_names, means, metrics_of, points
from photoz_core.dataset import Dataset
from photoz_core.files import write_json
from photoz_core.pipeline import create_run
from photoz_core.recipe import load_recipe
from photoz_core.run import Run


@pytest.fixture
def runs(home):
    z = np.nan_to_num(Dataset(home.dataset("tiny")).column("z_spec"), nan=1.0)
    rng = np.random.default_rng(0)
    made = [
        made_run(home, "tiny_mlp", z + rng.normal(0, 0.05, z.size), label_fraction=fraction, seed=seed)
        for fraction, seed in ((0.1, 0), (0.1, 1), (1.0, 0))
    ]
    return [*made, made_run(home, "tiny_moco", None)]


def test_a_point_is_what_the_run_was_judged_by(runs):
    found = points(runs, METRICS["σ_NMAD"])
    assert [point.runs for point in found] == [(run.id,) for run in runs[:3]]
    for run, point in zip(runs[:3], found, strict=True):
        assert (point.value, point.error) == (run.metrics["point"]["scatter"], run.metrics["point"]["scatter_error"])
        assert point.labels == run.metrics["counts"]["labels"]
    assert len(points(runs, METRICS["kNN R² of z_spec"])) == 4


def test_seeds_become_mean_and_standard_deviation():
    single = [Point("a", 10, value, 9.0, (name,)) for value, name in ((1.0, "r"), (2.0, "s"), (4.0, "t"))]
    lone = Point("a", 5, 3.0, 0.5, ("u",))
    other = Point("b", 10, 8.0, float("nan"), ("v",))
    found = means([*single, other, lone])
    assert [(point.method, point.labels) for point in found] == [("a", 5), ("a", 10), ("b", 10)]
    assert (found[0].value, found[0].error) == (3.0, 0.5)
    assert (found[1].value, found[1].error) == (statistics.mean([1, 2, 4]), pytest.approx(statistics.stdev([1, 2, 4])))
    assert found[1].runs == ("r", "s", "t")


def test_of_two_runs_of_a_seed_the_last_counts_and_both_are_drawn():
    single = [
        Point("a", 10, value, float("nan"), (run,), seed)
        for value, run, seed in ((9, "r", 0), (1, "s", 0), (3, "t", 1))
    ]
    (found,) = means(single)
    assert (found.value, found.runs) == (2.0, ("s", "t"))
    chart = figures.efficiency_chart()
    figures.show_efficiency(chart, single, [found], dict.fromkeys("rst", "run"), "σ")
    dots = chart.sources["runs"].data
    assert dots["run"] == ["r", "s", "t"] and dots["joined"][0] == "" != dots["joined"][1] == dots["joined"][2]


def test_the_metrics_offered_are_those_that_runs_have(home, tmp_path):
    z = np.nan_to_num(Dataset(home.dataset("tiny")).column("z_spec"), nan=1.0)
    redshift = made_run(home, "tiny_mlp", z + 0.1)
    assert list(metrics_of([redshift])) == ["σ_NMAD", "outliers", "bias", "kNN R² of z_spec"]
    lens, classes = (add_run(made_home(tmp_path / name)) for name in ("lens", "classes"))
    regression = {"theta_E": {"r2": 0.9, "rms": 0.1}, "e1": {"r2": 0.3}, "gamma1": {"r2": None}}
    for run, judged in (
        (lens, {"regression": regression}),
        (classes, {"classification": {"test": {"accuracy": 0.75, "macro_f1": 0.5}}}),
    ):
        write_json(run.folder / "metrics.json", {"counts": {"labels": 7}, **judged})
    lens, classes = Run(lens.folder), Run(classes.folder)
    offered = metrics_of([lens])
    assert list(offered) == ["mean R² of the labels", "R² of theta_E", "R² of e1"]
    assert [points([lens], path)[0].value for path in offered.values()] == pytest.approx([0.6, 0.9, 0.3])
    assert list(metrics_of([classes])) == ["accuracy", "macro-F1"]
    assert [(p.labels, p.value) for p in points([classes], METRICS["accuracy"])] == [(7, 0.75)]
    write_json(classes.folder / "metrics.json", {"counts": {"labels": 0}, "point": {"scatter": 0.1}})
    assert metrics_of([Run(classes.folder)]) == {}  # no point of a curve without a label


def test_other_presets_are_other_lines(runs, home):
    (home.recipes / "tiny_mlp.toml").write_text((home.recipes / "tiny_mlp.toml").read_text() + "\n[paper.fit]\n")
    z = np.ones(120)
    run = made_run(home, "tiny_mlp", z, preset="paper")
    assert points([run], METRICS["bias"])[0].method == "tiny_mlp (paper)"


def test_a_trial_of_other_options_is_a_line_of_its_own(runs, home):
    """It neither replaces the run of its seed nor shifts the mean, though it came later."""
    z = np.nan_to_num(Dataset(home.dataset("tiny")).column("z_spec"), nan=1.0)
    own = made_run(home, "tiny_mlp", z + 0.1, fit={"snapshots": 0, "device": "cpu"}, label_fraction=0.5)
    trial = made_run(home, "tiny_mlp", z + 1, label_fraction=0.1, fit={"epochs": 3}, options={"hidden": [4]})
    every = [*runs, own, trial]
    name = line_names(home)
    assert [name(run) for run in every[:3]] == ["tiny_mlp"] * 3 and name(own) == "tiny_mlp"
    assert name(trial) == "tiny_mlp, options.hidden=[4], fit.epochs=3"
    lines = means(points(every, METRICS["σ_NMAD"], name=name))
    joined = next(point for point in lines if (point.method, len(point.runs)) == ("tiny_mlp", 2))
    assert joined.runs == (runs[0].id, runs[1].id)
    assert [point.runs for point in lines if point.method == name(trial)] == [(trial.id,)]
    (home.recipes / "tiny_mlp.toml").unlink()
    assert line_names(home)(trial) == "tiny_mlp"  # nothing to compare with


def test_an_encoder_that_comes_from_a_parent_is_no_change(home):
    made_run(home, "tiny_moco", None)
    child = create_run(home, load_recipe("tiny_finetune", home))
    assert line_names(home)(child) == "tiny_finetune"


def test_metrics_without_counts_are_left_out(runs):
    for metrics in ({"point": {"scatter": 0.1}}, {"counts": None}, {"counts": {}}):
        write_json(runs[0].folder / "metrics.json", metrics)
        fresh = [Run(run.folder) for run in runs]
        assert [point.runs for point in points(fresh, METRICS["bias"])] == [(run.id,) for run in runs[1:3]]
        assert "bias" in metrics_of(fresh)


def test_a_broken_run_is_left_out(runs):
    (runs[0].folder / "metrics.json").unlink()
    assert len(points([type(runs[0])(run.folder) for run in runs], METRICS["bias"])) == 2


def test_lines_join_the_means_of_a_method():
    chart = figures.efficiency_chart()
    single = [Point("a", 10, 1.0, 0.1, ("r",)), Point("b", 10, 2.0, 0.2, ("s",)), Point("a", 100, 0.5, 0.3, ("t",))]
    names = {"r": "run r", "s": "run s", "t": "run t"}
    figures.show_efficiency(chart, single, means(single), names, "σ")
    lines, bars, clicked = (chart.sources[name].data for name in ("lines", "means", "runs"))
    assert (lines["xs"], lines["ys"]) == ([[10, 100], [10]], [[1.0, 0.5], [2.0]])
    assert bars["low"] == pytest.approx([0.9, 0.2, 1.8])
    assert bars["high"] == pytest.approx([1.1, 0.8, 2.2])
    assert clicked["run"] == ["r", "s", "t"] and clicked["name"][1] == "run s"
    assert clicked["color"][0] == clicked["color"][2] != clicked["color"][1]
    x, y = chart.figure.x_range, chart.figure.y_range
    assert x.start < 10 and x.end > 100 and y.start < 0.2 and y.end > 2.2


def test_bands_run_up_and_back_and_a_reference_is_drawn_where_known():
    chart = figures.efficiency_chart()
    single = [Point("a", 10, 0.5, float("nan"), ("r",)), Point("a", 10, 0.7, float("nan"), ("s",))]
    single.append(Point("a", 100, 0.9, float("nan"), ("t",)))
    looks = {"a": ("#123456", "dashed"), "not run": ("#654321", "solid")}
    figures.show_efficiency(chart, single, means(single), dict.fromkeys("rst", "run"), "accuracy", looks, 0.4)
    bands, lines, dots = (chart.sources[name].data for name in ("bands", "lines", "runs"))
    spread = statistics.stdev([0.5, 0.7])
    assert bands["xs"] == [[10, 100, 100, 10], []]
    assert bands["edges"][0] == pytest.approx([0.6 + spread, 0.9, 0.9, 0.6 - spread])
    assert (lines["dash"], lines["color"]) == (["dashed", "solid"], ["#123456", "#654321"])
    assert chart.sources["reference"].data["y"] == [0.4] and chart.figure.y_range.start < 0.4
    ends = chart.sources["means"].data["low"], chart.sources["means"].data["high"]
    assert all(end[0] != end[0] for end in ends)  # several seeds: a band, no bar
    assert dots["joined"][0] == dots["joined"][1] != dots["joined"][2] == "" and "over 2 seeds" in dots["joined"][0]
    figures.show_efficiency(chart, single, means(single), dict.fromkeys("rst", "run"), "macro-F1", looks)
    assert chart.sources["reference"].data["y"] == []
    assert chart.figure.xaxis[0].ticker.ticks == [10, 20, 50, 100]
    lone = [Point("a", 959, 0.5, float("nan"), ("r",))]
    figures.show_efficiency(chart, lone, means(lone), {"r": "run"}, "accuracy")
    assert chart.figure.xaxis[0].ticker.ticks == [959]


@pytest.mark.parametrize(
    ("low", "high", "ticks"), [(70, 2600, [100, 200, 500, 1000, 2000]), (0.07, 1.4, [1]), (6, 9, [])]
)
def test_round_numbers_on_a_log_axis(low, high, ticks):
    assert figures.round_numbers(low, high) == ticks


@pytest.mark.parametrize("metric", METRICS.values())
def test_nothing_to_draw(metric):
    chart = figures.efficiency_chart()
    figures.show_efficiency(chart, points([], metric), means([]), {}, "metric")
    assert chart.figure.x_range.start < chart.figure.x_range.end
