"""Columns of very many different values: a number or a few classes, never a class for each."""

import numpy as np
import pandas as pd
import pytest

from dashboard.column_values import Values
from photoz_core.columns import MAX_CLASSES, Column
from photoz_core.datasets._objects import _kind

COUNT = 70_000  # more than an int16 can number


@pytest.mark.parametrize("name", ["maskbits", "n_used", "house_id", "STAR_FLAG", "agn"])
def test_whole_numbers_of_many_values_are_no_flag_whatever_their_name(name):
    assert _kind(name, pd.Series(np.arange(COUNT))) == "quantity"
    assert _kind(name, pd.Series(np.arange(COUNT) % MAX_CLASSES)) == "flag"


@pytest.mark.parametrize("kind", ["flag", "category"])
def test_numbers_that_a_dataset_calls_classes_are_numbers_when_there_are_too_many(kind):
    numbers = pd.Series(np.arange(COUNT))
    values = Values.of(numbers, Column(kind=kind))
    assert not values.is_category and values.classes == () and values.array.max() == COUNT - 1
    few = Values.of(numbers % MAX_CLASSES, Column(kind=kind))
    assert few.is_category and len(few.classes) == MAX_CLASSES and few.array.max() == MAX_CLASSES - 1


@pytest.mark.parametrize("dtype", [str, "category"])
def test_of_many_names_the_commonest_are_classes_and_the_rest_is_one(dtype):
    names = np.array([f"n{i:05d}" for i in range(COUNT)])
    names[1000:2000], names[2000:2500], names[7] = "often", "n69999", ""
    series = pd.Series(names).replace("", None).astype(dtype)
    values = Values.of(series, Column(kind="category"))
    assert values.array.dtype == np.int16 and len(values.classes) == MAX_CLASSES
    assert values.classes[:2] == ("n00000", "n00001") and "often" in values.classes
    assert values.classes[-1] == f"{series.nunique() - MAX_CLASSES + 1:,} others"
    said = np.array(values.classes)[values.array]
    assert (said[1000:2000] == "often").all() and (said[2000:2500] == "n69999").all() and said[0] == "n00000"
    assert said[60_000] == values.classes[-1] and values.array[7] == -1 and values.unknown == 1
