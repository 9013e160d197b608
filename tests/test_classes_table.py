"""The table of schemes: means over seeds, the paper's numbers only where they belong, what was not run."""

import math
import statistics

import pytest
from made_classes import add_class_run, class_recipe, made_classes
from made_homes import add_run, made_home

from dashboard import cache, efficiency
from dashboard.classes_looks import looks
from dashboard.classes_runs import class_metric, classifications, has_classes, in_order, scheme_names, why_not_run
from dashboard.classes_table import label_counts, paper_numbers, schemes, table_html
from photoz_core.dataset import Dataset
from photoz_core.run import Run
from photoz_core.schemes import PAPER, PAPER_LOW, SCHEMES

ABSENT = "no ImageNet weights of 'vgg16' here"


@pytest.fixture
def home(tmp_path):
    home = made_classes(tmp_path, published="SGQ")
    for seed in range(3):
        add_class_run(home, "scratch", seed, right=0.5 + 0.1 * seed)
    add_class_run(home, "features, untrained", right=0.4)
    add_class_run(home, "scratch", labels=20, right=0.45)
    return home


@pytest.fixture
def data(home):
    return Dataset(home.dataset("sgq"))


def lines_of(home, data, labels=0):
    runs = classifications(home, "sgq")
    return {line.name: line for line in schemes(runs, data, labels or label_counts(runs)[0])}


def test_a_line_is_the_mean_over_its_seeds(home, data):
    found = lines_of(home, data)
    assert list(found) == [*SCHEMES, "features, untrained"]
    runs = [run for run in classifications(home, "sgq") if run.recipe.title == "scratch"][:3]
    for split, name in (("valid", "accuracy"), ("test", "accuracy"), ("test", "macro_f1"), ("test", "majority")):
        values = [run.metrics["classification"][split][name] for run in runs]
        mean, spread = found["scratch"].metrics[f"{split}.{name}"]
        assert (mean, spread) == (pytest.approx(statistics.mean(values)), pytest.approx(statistics.stdev(values)))
    assert found["scratch"].runs == tuple(run.id for run in runs)
    single = found["features, untrained"].metrics["test.accuracy"]
    assert math.isfinite(single[0]) and math.isnan(single[1])


def test_another_number_of_labels_has_other_runs(home, data):
    counts = label_counts(classifications(home, "sgq"))
    assert counts == [int((data.is_labelled() & (data.split == "train")).sum()), 20]
    found = lines_of(home, data, 20)
    assert len(found["scratch"].runs) == 1 and found["features, untrained"].runs == ()


def test_the_papers_numbers_stand_beside_its_own_sets_only(home, data, tmp_path):
    every = label_counts(classifications(home, "sgq"))[0]
    assert paper_numbers(data, every) == PAPER["SGQ"]
    low = paper_numbers(data, 100)
    assert low["features, magnitudes"][0] == PAPER_LOW["SGQ"]["features, magnitudes"] == 0.6051
    assert "scratch" not in low and paper_numbers(data, 20) == {}
    mock = Dataset(made_classes(tmp_path / "mock").dataset("sgq"))
    assert paper_numbers(mock, every) == paper_numbers(mock, 100) == {}


def test_what_was_not_run_says_why(home, data):
    Run.create(home, class_recipe("fine-tune, ImageNet")).set_state("failed", f"first line\n{ABSENT}\nmore")
    Run.create(home, class_recipe("features, ImageNet")).set_state("failed", "out of memory")
    Run.create(home, class_recipe("features, magnitudes"))
    reasons = why_not_run(home, "sgq")
    assert reasons["fine-tune, ImageNet"] == ABSENT and reasons["features, magnitudes"] == "queued"
    text = table_html(list(lines_of(home, data).values()), reasons, "", looks([]))
    assert f"not run: {ABSENT.replace(chr(39), '&#x27;')}" in text and "paper, valid" in text
    assert "not run: failed" in text and "not run: queued" in text and text.count("not run<") == 1
    assert text.count("<button") == 2 and 'class="on"' not in text
    assert "0.8760 <small>± 0.0011</small>" in text  # the paper's number stands there, run or not


def test_the_run_in_front_is_marked(home, data):
    found = lines_of(home, data)
    text = table_html(list(found.values()), {}, found["scratch"].runs[1], looks([]))
    assert text.count('class="on"') == 1 and f'data-press="{found["scratch"].runs[0]}"' in text


def test_presets_are_not_averaged_together(home):
    add_class_run(home, "scratch", preset="paper")
    runs = classifications(home, "sgq")
    assert set(scheme_names(runs).values()) == {"scratch", "scratch (paper)", "features, untrained"}
    assert set(scheme_names(runs[-1:]).values()) == {"scratch"}


def test_two_pretexts_are_not_averaged_together_and_stand_in_their_schemes_place(home):
    for source in ("xdf", "rings"):
        add_class_run(home, "features, magnitudes", parent_dataset=source)
    names = set(scheme_names(classifications(home, "sgq")).values())
    assert names == {
        "scratch", "features, untrained", "features, magnitudes of xdf", "features, magnitudes of rings",
    }  # fmt: skip
    assert in_order(names) == [
        "scratch", "features, ImageNet", "features, magnitudes of rings", "features, magnitudes of xdf",
        "fine-tune, ImageNet", "fine-tune, magnitudes", "features, untrained",
    ]  # fmt: skip
    colors = {look[0] for name, look in looks(names).items() if "magnitudes of" in name}
    assert len(colors) == 2


def test_points_of_the_curves_are_what_the_runs_were_judged_by(home):
    runs = classifications(home, "sgq")
    names = scheme_names(runs)
    found = efficiency.points(runs, "valid.macro_f1", class_metric, lambda run: names[run.id])
    expected = [(names[run.id], run.metrics["classification"]["valid"]["macro_f1"]) for run in runs]
    assert [(point.method, point.value) for point in found] == expected
    assert class_metric({}, "test.accuracy") == class_metric({"classification": {}}, "test.accuracy") == (None, None)


def test_features_are_dashed_and_have_the_color_of_their_source():
    found = looks(["features, moco", "fine-tune, moco", "features, untrained", "features, byol"])
    assert {name: look[1] for name, look in found.items()} == {
        name: "dashed" if name.startswith("features") else "solid" for name in found
    }
    assert found["features, moco"][0] == found["fine-tune, moco"][0] != found["features, byol"][0]
    assert len({look[0] for look in found.values()}) == 6


def test_which_datasets_have_classes(home, tmp_path):
    other = made_home(tmp_path / "other")
    add_run(other)
    data = Dataset(other.dataset("made"))
    assert has_classes(Dataset(home.dataset("sgq"))) and not has_classes(data) and not has_classes(None)
    (other.runs / cache.runs(other)[0][0].id / "metrics.json").write_text('{"classification": {"classes": ["a"]}}')
    cache._run.cache_clear()
    assert has_classes(data) and classifications(other, "no such set") == []
