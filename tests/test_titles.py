"""Columns of one title, and of the names that the dashboard uses itself: each can be chosen, wherever columns are."""

import numpy as np
import pandas as pd
import pytest
from made_homes import add_run, made_home

from dashboard.defaults import DENSITY, titled
from dashboard.review_acts import score_by_key
from dashboard.snapshots import Catalog
from dashboard.state import State
from dashboard.views.compare import View as Compare
from dashboard.views.explore import View as Explore
from photoz_core.columns import Column
from photoz_core.review import ReviewStore

LABELS = {"score": "score", "one": "twin", "other": "twin", "density": "density"}


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    path = home.dataset("made") / "catalog.parquet"
    pd.read_parquet(path).assign(**dict.fromkeys(LABELS, np.arange(60.0))).to_parquet(path)
    toml = path.with_name("dataset.toml")
    toml.write_text(toml.read_text() + "".join(f"\n[columns.{n}]\nlabel = '{label}'\n" for n, label in LABELS.items()))
    for seed in (0, 1):
        add_run(home, seed)
    return home


def test_a_title_given_twice_has_the_name_behind_it():
    known = {"a": Column("size"), "b": Column("size"), "c": Column("mass", "kg"), "d": Column()}
    found = titled(["a", "b", "c", "d", "a"], known.get)
    assert found == {"size · a": "a", "size · b": "b", "mass [kg]": "c", "d": "d"}


def test_every_column_can_be_chosen_wherever_columns_are(home):
    state = State(home, columns=["one", "other", "density", DENSITY])
    page, other = Explore(state), Compare(state)
    for view in (page, other):
        view.__panel__().get_root()
    page.out.show()
    assert [cell.column for cell in page.maps.cells[:4]] == ["one", "other", "density", DENSITY]
    known = {*state.colorable(), DENSITY}
    assert known == set(page.maps.cells[0].param.column.objects) == set(page.out.param.column.objects)
    assert set(other.comparison.param.coloring.objects) > set(LABELS)
    for name in LABELS:
        page.out.column = page.maps.cells[0].column = other.comparison.coloring = name
        assert state.columns[0] == name
    assert set(LABELS) < set(Catalog(state, state.current).colorable().values())


def test_a_score_by_key_leaves_the_map_of_a_column_called_score(home):
    reviews = ReviewStore.open(None, home)
    state = State(home, reviews=reviews)
    state.columns = ["score", *state.columns[:3]]
    view = Explore(state)
    view.__panel__().get_root()
    state.focus = "m0003"
    score_by_key(state.desk, "4")
    assert "review_score" in state.colorable() and view.maps.cells[0].column == state.columns[0] == "score"
    fresh = State(home, reviews=reviews, columns=["score", "review_score"])
    page = Explore(fresh)
    page.__panel__().get_root()
    assert [cell.column for cell in page.maps.cells[:2]] == ["score", "review_score"]
    reviews.close()
