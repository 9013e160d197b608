"""What a run's metrics say of a classification."""

import numpy as np
import pandas as pd

from photoz_core.dataset import Dataset
from photoz_core.inference import Inference
from photoz_core.judging import judge, prediction_table
from photoz_core.methods.base import DataSpec

SPEC = DataSpec(labels=("morphology",), classes=("disk", "spheroid"))


def judged(dataset, latents, probabilities, spec=SPEC):
    table = prediction_table(dataset, SPEC, Inference({"": latents}, probabilities))
    return judge(dataset, latents, table, dataset.is_labelled(), spec=spec)


def test_classes_are_judged_in_both_splits_that_were_not_learned_from(tiny_home):
    dataset, rng = Dataset(tiny_home.dataset("tiny")), np.random.default_rng(0)
    probabilities = rng.dirichlet((1, 1), len(dataset))
    found = judged(dataset, rng.normal(size=(len(dataset), 3)), probabilities)["classification"]
    assert found["classes"] == ["disk", "spheroid"]
    for split in ("valid", "test"):
        table = pd.DataFrame({"true": dataset.column("morphology"), "disk": probabilities[:, 0] > 0.5})
        table = table[(dataset.split == split) & (table["true"] != "")]
        right = (table["disk"] == (table["true"] == "disk")).mean()
        assert (found[split]["n"], found[split]["accuracy"]) == (len(table), right)
        assert found[split]["confusion"][0][1] == ((table["true"] == "disk") & ~table["disk"]).sum()


def test_every_category_is_looked_for_in_the_latents_of_any_method(tiny_home):
    dataset = Dataset(tiny_home.dataset("tiny"))
    latents = (dataset.column("morphology") == "disk")[:, None] + np.random.default_rng(0).normal(0, 0.1, (120, 2))
    found = judged(dataset, latents, np.full((120, 2), 0.5), spec=None)
    assert "classification" not in found
    assert list(found["knn_accuracy"]) == ["morphology"]
    assert found["knn_accuracy"]["morphology"]["accuracy"] == 1 > found["knn_accuracy"]["morphology"]["majority"]
