"""The sidebar's words about a run."""

from types import SimpleNamespace

from dashboard.views._controls import about

COUNTS = {"labels": 5, "train": 1000, "test": 10}


def run(**metrics):
    return SimpleNamespace(recipe=SimpleNamespace(method="supervised", preset="demo"), metrics=metrics)


def test_a_regression_says_its_r2_for_each_label_whatever_its_name():
    regression = {"theta_E": {"r2": 0.63147}, "<b>x</b>": {"r2": -0.5}, "constant": {"r2": None}}
    text = about(run(counts=COUNTS, regression=regression))
    assert "<dt>R² theta_E</dt><dd>0.631</dd>" in text
    assert "&lt;b&gt;x" in text and "<b>" not in text
    assert "constant" not in text


def test_no_run_no_words():
    assert about(None) == ""
    assert "5 of 1,000" in about(run(counts=COUNTS))
