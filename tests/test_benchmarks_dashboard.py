"""What benchmarks/dashboard.py says of zooms holds on a small home; its images are as the dashboard reads them."""

import sys
from pathlib import Path

import numpy as np
import pytest
from made_homes import add_run, made_home

sys.path.append(str(Path(__file__).parent.parent))  # benchmarks are scripts, not installed

from benchmarks._dashboard_event import counted, scans
from benchmarks._dashboard_home import large_home, stamps_in_memory
from benchmarks._dashboard_pages import MOSAICS, RECOLORS, interactions
from dashboard import cutouts, raster
from dashboard.state import State
from dashboard.views.explore import View
from photoz_core.dataset import Dataset


@pytest.mark.parametrize("page", ["Explore", "Compare", "Similar"])
def test_zooms_look_for_no_quantile_and_no_range(tmp_path, page):
    home = made_home(tmp_path)
    for seed in (0, 1):
        add_run(home, seed)
    assert scans(home, (page,)) == {page: {}}


def test_what_is_looked_for_is_counted():
    with counted() as found:
        np.nanpercentile(np.arange(3.0), 1)
        raster.whole(np.zeros((2, 2), "f4"))
    assert found["nanpercentile"] == found["bounds"] == 1 and "counted" not in np.nanpercentile.__qualname__


def test_what_is_timed_is_done_anew(tmp_path, monkeypatch):
    home = made_home(tmp_path)
    add_run(home)
    state, done = State(home), []
    page = View(state)
    page.__panel__().get_root()
    for name in ("means", "lowest"):
        function = getattr(raster, name)
        monkeypatch.setattr(raster, name, lambda *found, name=name, work=function: (done.append(name), work(*found))[1])
    works = interactions(state, 2)
    assert {*RECOLORS, *MOSAICS} < set(works)
    for name, acts in works.items():
        for number, act in enumerate(acts):
            before, act = act if isinstance(act, tuple) else (lambda state: None, act)
            before(state)
            done.clear()
            act(state)
            if name in RECOLORS and (number or name != RECOLORS[0]):  # the first is the column on show
                assert done == ["means"]
            elif name in MOSAICS:
                assert done == ["lowest"]


def test_a_large_home_has_pictures(tmp_path):
    with stamps_in_memory():
        data = Dataset(large_home(tmp_path, 300).dataset("large"))
        assert cutouts.pictures(data, np.array([299, 0]), crop=0.5).shape == (2, 32, 32, 3)
        assert len(data.array("image")) == 300
    assert not data.array("image")[0].any()
