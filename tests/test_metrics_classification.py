"""Classes, against scikit-learn, by hand, and with a control that must fail."""

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from photoz_core.metrics.classification import classification_metrics, knn_accuracy

RNG = np.random.default_rng(0)
CLASSES = ("star", "galaxy", "quasar")  # not in alphabetical order


@pytest.mark.parametrize(
    ("is_true", "is_said"),
    [
        (CLASSES, CLASSES),
        (("star", "galaxy"), CLASSES),  # a class that no object is of
        (CLASSES, ("quasar", "star")),  # one that is never said
        (("star", "galaxy"), ("star", "galaxy")),
        (("galaxy",), ("galaxy",)),
        (("galaxy",), ("star",)),
    ],
)
def test_it_agrees_with_scikit_learn(is_true, is_said):
    true, said = RNG.choice(is_true, 200), RNG.choice(is_said, 200)
    found = classification_metrics(true, said, CLASSES)
    assert found["n"] == 200
    assert found["accuracy"] == pytest.approx(accuracy_score(true, said))
    assert found["macro_f1"] == pytest.approx(f1_score(true, said, average="macro", zero_division=0))
    assert found["confusion"] == confusion_matrix(true, said, labels=CLASSES).tolist()
    assert found["majority"] == pytest.approx(max(np.mean(true == name) for name in CLASSES))


def test_objects_of_unknown_class_are_left_out():
    found = classification_metrics(
        np.array(["star", "", "quasar", "comet"]), np.array(["star", "star", "galaxy", "star"]), CLASSES
    )
    assert found["confusion"] == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert (found["n"], found["accuracy"], found["majority"]) == (2, 0.5, 0.5)
    assert found["macro_f1"] == pytest.approx((1 + 0 + 0) / 3)


def test_no_object_has_no_metrics():
    found = classification_metrics(np.array(["", ""]), np.array(["star", "star"]), CLASSES)
    assert found["n"] == 0 and np.sum(found["confusion"]) == 0
    assert all(math.isnan(found[name]) for name in ("accuracy", "majority", "macro_f1"))


def test_neighbours_know_a_class_that_the_latents_hold_and_not_one_that_they_do_not():
    train, latents = np.arange(900) < 600, RNG.normal(size=(900, 4)).astype("f4")
    held = np.where(latents[:, 0] > 0.5, "galaxy", "star")
    held[::7] = ""
    found = knn_accuracy(latents, held, train, ~train)
    judged = ~train & (held != "")
    assert found["majority"] == pytest.approx(np.mean(held[judged] == "star"))
    assert found["accuracy"] > found["majority"] + 0.2
    other = knn_accuracy(latents, RNG.permutation(held), train, ~train)
    assert other["accuracy"] < other["majority"] + 0.05


def test_the_vote_is_the_commonest_of_the_nearest():
    """Of the three nearest rows two are quasars, of the five nearest three are stars."""
    latents = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.0, 0.0])[:, None]
    values = np.array(["quasar", "quasar", "star", "star", "star", "quasar", "star"])
    train = np.arange(7) < 5
    assert knn_accuracy(latents, values, train, ~train, k=3) == {"accuracy": 0.5, "majority": 0.5}
    values[5:] = "quasar"
    assert knn_accuracy(latents, values, train, ~train, k=3)["accuracy"] == 1
    assert knn_accuracy(latents, values, train, ~train, k=5)["accuracy"] == 0


@pytest.mark.parametrize(
    ("values", "k"), [(["star"] * 12, 3), ([""] * 12, 3), (["star", "galaxy"] * 6, 10), (["star"] * 9 + [""] * 3, 3)]
)
def test_a_column_that_cannot_be_judged_is_left_out(values, k):
    train = np.arange(12) < 9
    assert knn_accuracy(RNG.normal(size=(12, 2)), np.array(values), train, ~train, k) is None
