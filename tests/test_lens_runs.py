"""Which runs are compared, and what to do where there are none."""

import pytest
from made_homes import add_lens_run, made_lenses

from dashboard.lens_runs import runs_to_compare, whats_next
from photoz_core.recipe import Recipe
from photoz_core.run import Run


@pytest.mark.parametrize(
    "methods, chosen",
    [
        ({}, ("", "")),
        ({"a": "simsiam"}, ("a", "")),
        ({"a": "lensiam"}, ("a", "")),
        ({"a": "moco"}, ("a", "")),
        ({"a": "simsiam", "b": "lensiam", "c": "lensiam"}, ("b", "a")),
        ({"a": "moco", "b": "lensiam"}, ("b", "a")),
        ({"a": "moco", "b": "simsiam"}, ("a", "b")),
        ({"a": "moco", "b": "pita", "c": "trainz"}, ("a", "b")),
        ({"a": "lensiam", "b": "lensiam"}, ("a", "b")),
    ],
)
def test_the_newest_of_lensiam_and_simsiam_are_compared(methods, chosen):
    assert runs_to_compare(methods) == chosen


def test_what_is_missing_says_how_to_train_it(tmp_path):
    home = made_lenses(tmp_path)
    both = whats_next(home, "lenses")
    assert "photoz train lensiam_lenses --dataset lenses`" in both and "photoz train simsiam_lenses" in both
    add_lens_run(home, "lensiam")
    assert "lensiam_lenses" not in whats_next(home, "lenses") and "simsiam_lenses" in whats_next(home, "lenses")
    add_lens_run(home, "simsiam")
    assert whats_next(home, "lenses") == ""


def test_a_failed_and_a_running_training_are_told(tmp_path):
    home = made_lenses(tmp_path, name="lenses-mock")
    failed, running = (Run.create(home, Recipe(name, name, "lenses-mock")) for name in ("lensiam", "simsiam"))
    failed.set_state("failed", "Traceback …\nPhotozError: the loss is NaN")
    running.progress(epoch=1)
    text = whats_next(home, "lenses-mock")
    assert "**lensiam** failed: PhotozError: the loss is NaN" in text and "photoz train lensiam_lenses`" in text
    assert "**simsiam** is running" in text and "simsiam_lenses" not in text
