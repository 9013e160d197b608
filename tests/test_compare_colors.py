"""What the maps of a comparison are colored by: late values, limits that follow the runs, the same in every layout."""

import numpy as np
import pandas as pd
import pytest
from made_compare import Deferred, scales, shown
from made_homes import add_run, made_home

from dashboard.compare_choices import ALIGNED, TOGETHER, TRAINED
from dashboard.compare_sides import OVERLAP
from photoz_core.aligned_umap import FOLDER, company


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    for seed in range(2):
        add_run(home, seed)
    return home


def far(home, seed: int):
    """A run whose z_phot are ten times those of the others."""
    run = add_run(home, seed)
    table = pd.read_parquet(run.folder / "predictions.parquet")
    table.assign(z_phot=10 * table["z_phot"]).to_parquet(run.folder / "predictions.parquet")
    return run


def bars(view) -> list[str]:
    return [scale.partition("<p")[0] for scale in scales(view)]


def test_neighbours_that_come_late_color_all_maps_and_what_moves(home, monkeypatch):
    monkeypatch.setattr("dashboard.views._compare_pairs.Background", Deferred)
    view = shown(home)
    view.comparison.coloring = OVERLAP
    moving = lambda: view.pairs.transition.source.data["value"]  # noqa: E731
    assert all("60 NaN" in scale for scale in scales(view)) and np.isnan(moving()).all()
    view.pairs._background.deliver()
    assert not any("NaN" in scale for scale in scales(view)) and np.isfinite(moving()).all()
    assert len(set(bars(view))) == 1


@pytest.mark.parametrize("layout", [ALIGNED, TOGETHER, TRAINED])
def test_limits_drawn_are_those_of_the_runs_shown_now(home, layout):
    other = far(home, 2)
    view = shown(home)
    comparison = view.comparison
    near = [run for run in home.run_ids() if run != other.id]
    comparison.choose(near)
    runs = [side.current for side in comparison.shown]
    for run in runs:
        run.save_array(f"{FOLDER}/{company(runs)}", run.projection("pca"))
    comparison.param.update(layout=layout, coloring="z_phot")
    before = bars(view)
    comparison.shown[1].run = other.id
    assert len(set(bars(view))) == 1 and bars(view) != before
    comparison.shown[1].run = near[1]
    assert bars(view) == before
