"""Columns that a classification adds to a catalog, with classes in one order so that their colors agree."""

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset
from photoz_core.run import Run

PREDICTED, VERDICT = "class_pred", "class_right"
VERDICTS = ["right", "wrong"]
COLUMNS = {
    VERDICT: Column("right or wrong", "", "whether the predicted class is the known one", "category"),
}


def label_class(dataset: Dataset | None) -> str:
    """The dataset's label where that is a category, else nothing."""
    label = dataset.meta.label if dataset else ""
    return label if dataset and label in dataset.catalog and _is_category(dataset, label) else ""


def class_column(run: Run | None, dataset: Dataset) -> str:
    """The column of true classes that a run was taught, else the dataset's label; nothing where neither is one."""
    targets = run.recipe.options.get("targets", ()) if run else ()
    taught = next((name for name in targets if name in dataset.catalog and _is_category(dataset, name)), "")
    return taught or label_class(dataset)


def class_columns(true: pd.Series, predicted: pd.Series) -> dict[str, pd.Categorical]:
    """Predicted classes and whether they are right, ready for a table.

    Parameters
    ----------
    true, predicted : (N,) str
        Empty or missing where unknown.
    """
    true, predicted = (part.astype("string").fillna("").to_numpy(str) for part in (true, predicted))
    known = sorted({*true} - {""})
    right = np.where((true == "") | (predicted == ""), "", np.where(true == predicted, *VERDICTS))
    classes = [*known, *sorted({*predicted} - {*known, ""})]
    return {
        name: pd.Categorical.from_codes(pd.Index(order).get_indexer(values), order)
        for name, values, order in ((PREDICTED, predicted, classes), (VERDICT, right, VERDICTS))
    }


def _is_category(dataset: Dataset, name: str) -> bool:
    return dataset.meta.columns.get(name, Column()).kind == "category"
