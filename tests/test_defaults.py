"""What a session starts with: the names of maps, and which is shown first."""

import numpy as np
import pytest
from made_homes import add_run, made_home

from dashboard.defaults import first_map, named_maps
from dashboard.state import State


def test_maps_have_names_that_say_of_which_latents_they_are():
    assert named_maps(["pca", "umap", "umap-b", "umap-b-c", ""]) == {
        "PCA": "pca",
        "UMAP": "umap",
        "UMAP of b": "umap-b",
        "UMAP of b-c": "umap-b-c",
        "": "",
    }


@pytest.mark.parametrize(
    "wanted, known, shown",
    [
        ("umap", ["pca", "umap", "umap-b"], "umap"),
        ("umap-b", ["pca", "umap", "umap-b"], "umap-b"),
        ("pca-b", ["pca", "umap"], "pca"),
        ("umap-b", ["pca", "umap"], "umap"),
        ("other", ["pca", "umap"], "umap"),
        ("umap", ["pca"], "pca"),
        ("umap", [], ""),
    ],
)
def test_the_map_nearest_to_the_wish_is_shown(wanted, known, shown):
    assert first_map(wanted, known) == shown


def test_a_map_of_other_latents_is_offered_and_the_neighbours_stay(tmp_path):
    home = made_home(tmp_path)
    add_run(home, maps=("pca", "umap", "umap-b"))
    state = State(home)
    state.focus = "m0011"
    before = state.neighbours
    assert dict(state.param.projection.names) == {"PCA": "pca", "UMAP": "umap", "UMAP of b": "umap-b"}
    assert state.projection == "umap"
    state.projection = "umap-b"
    np.testing.assert_array_equal(state.positions, state.current.projection("umap-b"))
    np.testing.assert_array_equal(state.neighbours, before)
    add_run(home, seed=1, maps=("pca", "umap"))
    state.refresh()
    state.run = next(run for run in state.param.run.objects if run != state.run)
    assert state.projection == "umap"
