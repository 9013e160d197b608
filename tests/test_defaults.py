"""What a session starts with: the names of maps, and which is shown first."""

import numpy as np
import pytest
from made_homes import add_lens_run, add_run, made_home, made_lenses

from dashboard.defaults import LENS, first_map, named_maps, suggest_columns
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


def test_lenses_start_with_their_parameters_and_offer_the_center(tmp_path):
    home = made_lenses(tmp_path)
    add_lens_run(home, "lensiam")
    state = State(home)
    assert state.columns == ["theta_E", "e1", "e2", "gamma", "gamma1", "gamma2"]
    assert {"center_x", "center_y"} <= set(state.colorable())


def test_unknown_lens_parameters_are_left_out(tmp_path):
    state = State(made_lenses(tmp_path))
    table = state.table.assign(gamma=np.nan).drop(columns=["gamma1", "gamma2"])
    assert suggest_columns(state.data, table)[:3] == ["theta_E", "e1", "e2"]
    assert not {"gamma", "gamma1", "gamma2"} & set(suggest_columns(state.data, table))
    assert set(suggest_columns(state.data, table.drop(columns="theta_E"))).isdisjoint(set(LENS) - {"e1", "e2"})


def test_a_prediction_has_the_limits_and_the_unit_of_what_it_predicts(tmp_path):
    home = made_lenses(tmp_path)
    add_lens_run(home, "supervised", theta_E_pred=np.full(60, 7.0), odd_pred=np.zeros(60))
    state = State(home)
    assert state.limits("theta_E_pred") == state.limits("theta_E") != (7.0, 7.0)
    assert state.column("theta_E_pred").title("theta_E_pred") == "θ_E predicted [arcsec]"
    assert state.limits("odd_pred") == (0.0, 0.0) and state.column("odd_pred").label == ""
