"""Known against predicted classes: the matrix by a loop, the objects behind a cell, columns and colors."""

import numpy as np
import pandas as pd
import pytest
from made_classes import NAMES, add_class_run, class_recipe, made_classes
from made_homes import made_home

from dashboard import cache
from dashboard.classes_columns import class_column, class_columns, label_class
from dashboard.classes_matrix import matrix_html, parse_cell
from dashboard.classes_sample import ANY, Sample
from photoz_core.dataset import Dataset


@pytest.fixture
def home(tmp_path):
    return made_classes(tmp_path)


@pytest.fixture
def run(home):
    return add_class_run(home)


def sample_of(home, run, split="test"):
    return Sample.of(cache.dataset(home, "sgq"), cache.table(home, "sgq", run.id if run else ""), run, split)


@pytest.mark.parametrize("split", ["valid", "test"])
def test_the_matrix_is_that_of_the_metrics(home, run, split):
    found = sample_of(home, run, split)
    assert found.classes == tuple(run.metrics["classification"]["classes"])
    assert found.confusion.tolist() == run.metrics["classification"][split]["confusion"]
    assert len(found) == run.metrics["classification"][split]["n"]
    assert len(found) + found.unknown == len(Dataset(home.dataset("sgq")).rows(split))


def test_a_cell_holds_its_objects_and_no_others(home, run):
    found, data = sample_of(home, run), Dataset(home.dataset("sgq"))
    true, said = data.column("class"), run.predictions["class_pred"].to_numpy(str)
    mine = lambda t, p: [i for i in data.rows("test") if true[i] and t in (ANY, true[i]) and p in (ANY, said[i])]  # noqa: E731
    for i, t in enumerate(NAMES):
        assert found.cell(i).tolist() == mine(t, ANY) and found.cell(ANY, i).tolist() == mine(ANY, t)
        for j, p in enumerate(NAMES):
            assert found.cell(i, j).tolist() == mine(t, p)


def test_the_surest_mistakes_come_first(home, run):
    found, table = sample_of(home, run), run.predictions
    wrong = found.wrong()
    true = Dataset(home.dataset("sgq")).column("class")
    chance = [table[f"p_{table['class_pred'][row]}"][row] for row in wrong]
    assert len(wrong) and all(true[row] not in ("", table["class_pred"][row]) for row in wrong)
    assert chance == sorted(chance, reverse=True)
    others = np.setdiff1d(np.arange(120), found.rows)[:2]
    assert found.sorted_by_confidence(np.r_[others, wrong]).tolist() == [*wrong, *others]


def test_no_sample_without_predicted_or_known_classes(home, run, tmp_path):
    assert sample_of(home, None) is None
    other = made_home(tmp_path / "other")
    assert Sample.of(Dataset(other.dataset("made")), run.predictions, None, "test") is None


def test_probabilities_may_be_missing_and_the_class_known_of_nobody(tmp_path):
    home = made_classes(tmp_path, unknown=1.0)
    run = add_class_run(home)
    found = sample_of(home, run)
    assert len(found) == 0 and found.confusion.sum() == 0 and len(found.wrong()) == 0
    home = made_classes(tmp_path / "bare")
    run = add_class_run(home)
    run.predictions[["object_id", "class_pred"]].to_parquet(run.folder / "predictions.parquet")
    found = sample_of(home, run)
    assert np.isnan(found.confidence).all() and np.array_equal(np.sort(found.wrong()), found.wrong())


def test_true_and_predicted_classes_have_the_same_colors(home, run):
    path = run.folder / "predictions.parquet"
    table = pd.read_parquet(path)
    table.assign(class_pred=table["class_pred"].replace("galaxy", "star")).to_parquet(path)
    true, said, right = (cache.values(home, "sgq", run.id, name) for name in ("class", "class_pred", "class_right"))
    assert true.classes == said.classes == NAMES and right.classes == ("right", "wrong")
    known = true.array >= 0
    assert np.array_equal(right.array[known] == 0, (true.array == said.array)[known])
    assert (right.array[~known] == -1).all() and right.unknown == true.unknown > 0


def test_verdicts_keep_their_order_and_new_classes_come_last():
    found = class_columns(pd.Series(["b", "c", "", None]), pd.Series(["a", "c", "b", "c"]))
    assert list(found["class_pred"].categories) == ["b", "c", "a"]
    assert found["class_right"].codes.tolist() == [1, 0, -1, -1]
    assert list(class_columns(pd.Series(["b"]), pd.Series(["b"]))["class_right"].categories) == ["right", "wrong"]


def test_the_column_taught_goes_before_the_label(home, tmp_path):
    run = add_class_run(home)
    data = Dataset(home.dataset("sgq"))
    assert class_column(run, data) == class_column(None, data) == label_class(data) == "class"
    other = Dataset(made_home(tmp_path / "other").dataset("made"))
    assert label_class(other) == class_column(None, other) == label_class(None) == ""
    run.recipe = class_recipe("scratch")
    run.recipe.options["targets"] = ["kind"]
    assert class_column(run, other) == "kind"


@pytest.mark.parametrize("size", [0, 1, 3, 15])
def test_a_matrix_has_a_button_a_cell(size):
    counts = np.arange(size * size).reshape(size, size)
    classes = tuple(f"<{i}>" for i in range(size))
    text = matrix_html(counts, classes, (1, 2))
    assert text.count("<button") == size * size and "<0>" not in text
    assert text.count('aria-pressed="true"') == (size > 2) and text.count("disabled") == (size > 0)
    if size == 3:
        assert 'data-press="1,2" aria-pressed="true"' in text
        assert "true &lt;1&gt;, predicted &lt;2&gt;: 5 objects, 41.7 % of &lt;1&gt;" in text
    assert parse_cell("1,2") == (1, 2)
