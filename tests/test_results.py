"""The figures that runs are compared by, of runs written by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from photoz_core.files import write_json
from photoz_core.recipe import Recipe
from train.results import FIGURES, figures, over_seeds, table


def run(folder, name="run", seed=0, **metrics):
    """A stand-in with a map and these metrics."""
    (folder / "projections").mkdir(exist_ok=True)
    write_json(folder / "projections" / "pca.json", {"trustworthiness": 0.9})
    metrics = {"counts": {"labels": 10, "test": 20}, "knn_r2": {}, **metrics}
    recipe = Recipe(name, "supervised", "d", seed=seed)
    return SimpleNamespace(
        id=f"{name}{seed}", name=recipe.run_name, recipe=recipe, folder=folder, metrics=metrics, projection_names=list
    )


def classes(accuracy, macro_f1=0.5):
    judged = {"n": 20, "accuracy": accuracy, "majority": 0.6, "macro_f1": macro_f1, "confusion": [[1]]}
    return {"classes": ["star"], "valid": judged | {"accuracy": 0.0}, "test": judged}


def test_a_classification_shows_its_test_accuracy_beside_the_majoritys_and_no_photo_z(tmp_path):
    header, cells = table([figures(run(tmp_path, classification=classes(0.75)))])
    assert header == ("run", "labels", "accuracy", "majority", "macro-F1", "trust")
    assert cells == [("run · d · 100 % · seed 0", "10", "0.7500", "0.6000", "0.5000", "0.900")]


def test_other_labels_show_their_mean_r2_where_it_is_known(tmp_path):
    regression = {"theta_E": {"r2": 0.5}, "e1": {"r2": 0.25}, "constant": {"r2": None}}
    header, cells = table([figures(run(tmp_path, regression=regression)), figures(run(tmp_path, "other"))])
    assert header == ("run", "labels", "R² label", "trust")
    assert [row[2] for row in cells] == ["0.375", "–"]


def test_seeds_are_averaged_and_what_none_has_stays_unknown(tmp_path):
    runs = [run(tmp_path, seed=seed, classification=classes(a)) for seed, a in enumerate((0.7, 0.8, 0.9))]
    (row,) = over_seeds(runs)
    assert row["accuracy"] == pytest.approx(0.8) and row["accuracy_error"] == pytest.approx(0.1)
    assert np.isnan(row["bias"]) and np.isnan(row["bias_error"])
    _, ((name, _, accuracy, *_),) = table([row])
    assert (name, accuracy) == ("run · d · 100 % (3 seeds)", "0.8000 ± 0.1000")


def test_every_figure_has_a_column_of_its_own():
    assert len({title for title, _ in FIGURES.values()}) == len(FIGURES)
