"""Overlays: other images on a run's map land where they belong, and what cannot be placed is said."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_images import SCALE, SIDE, dataset, gaussians

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.overlay import load_overlay, overlay, overlay_names
from photoz_core.pipeline import create_run, project, train
from photoz_core.recipe import load_recipe
from photoz_core.run import Run, list_runs

SIMSIAM = """method = "simsiam"
dataset = "own"
[demo.options.encoder]
name = "convnext_atto"
arguments = { depths = [1, 1, 1, 1], dims = [8, 8, 8, 8] }
features = 0
[demo.options.siamese]
projector = 16
predictor = 4
[demo.fit]
epochs = 1
batch_size = 16
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_home):
    """A home with a run of simsiam on 40 normalised images in one band, and the datasets of `tiny_home`."""
    home = Home(Path(shutil.copytree(tiny_home.path, tmp_path_factory.mktemp("overlay") / "home")))
    dataset(home, "own", gaussians(40))
    (home.recipes / "small.toml").write_text(SIMSIAM)
    train(home, create_run(home, load_recipe("small", home)))
    return home


@pytest.fixture
def home(made, tmp_path):
    return Home(Path(shutil.copytree(made.path, tmp_path / "home")))


def placed(home, other, **options):
    (run,) = list_runs(home, "own")
    return overlay(run, Dataset(home.dataset("own")), other, "pca", **options)


# --- the map ------------------------------------------------------------------------------------------------------


def test_objects_of_the_runs_own_dataset_land_on_their_own_places(home):
    (run,) = list_runs(home)
    own, steps = Dataset(home.dataset("own")), []
    found = placed(home, own, report=lambda done, total: steps.append((done, total)))
    assert found.notes == () and steps == [(40, 40)]
    np.testing.assert_allclose(found.latents, run.latents, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.positions, run.projection("pca"), atol=1e-4)
    assert np.ptp(found.positions, axis=0).min() > 1e-2  # else any place would do


def test_the_same_sky_in_other_pixels_bands_and_units_lands_near_its_own_places(home):
    """Twice as many pixels of half the size, three bands of µJy that average to the own one, each of its own flux."""
    (run,) = list_runs(home)
    fine = gaussians(40, 2 * SIDE, SCALE / 2) * np.random.default_rng(1).uniform(1, 50, (40, 1, 1, 1))
    bands = np.concatenate([0.5 * fine, fine, 1.5 * fine], 1)
    found = placed(home, dataset(home, "fine", bands, "BGR", SCALE / 2, "uJy"))
    assert found.notes[0] == "mean of B, G, R stands for F814W"
    own = run.projection("pca")
    away = np.linalg.norm(found.positions - own, axis=1)
    others = np.linalg.norm(own[:, None] - own[None], axis=2)[~np.eye(40, dtype=bool)]
    assert np.median(away) < 0.2 * np.median(others)


def test_four_bands_in_microjansky_need_nothing_done(home):
    run = create_run(home, load_recipe("tiny_cnn", home, fit={"epochs": 1}))
    train(home, run)
    tiny = Dataset(home.dataset("tiny"))
    found = overlay(run, tiny, tiny, "pca")
    assert found.notes == () and found.dataset == "tiny"
    np.testing.assert_allclose(found.positions, run.projection("pca"), atol=1e-4)


def test_broken_and_dark_images_are_left_out_and_named(home):
    images = gaussians(12)
    images[0, 0, 3, 3], images[3, 0, 0, 0], images[4:11] = np.nan, np.inf, 0
    found = placed(home, dataset(home, "x", images, sound=False))
    assert found.object_id.tolist() == ["x01", "x02", "x11"]
    assert found.notes[1:] == (
        "left out for NaN or infinite pixels: 2 (x00, x03)",
        "left out for no light: 7 (x04, x05, x06, x07, x08, …)",
    )
    alone = placed(home, dataset(home, "y", images[[1, 2, 11]]))
    np.testing.assert_allclose(found.positions, alone.positions, atol=1e-5)


def test_nothing_left_is_an_error(home):
    with pytest.raises(PhotozError, match=r"'dark': .*left out for no light: 3 .*; nothing is left to place"):
        placed(home, dataset(home, "dark", np.zeros((3, 1, SIDE, SIDE), "f4")))
    assert overlay_names(list_runs(home)[0], "pca") == []


# --- what cannot be done ------------------------------------------------------------------------------------------


def test_missing_bands_and_other_units_are_errors_with_a_remedy(home):
    run = create_run(home, load_recipe("tiny_cnn", home, fit={"epochs": 1}))
    train(home, run)
    tiny, two = Dataset(home.dataset("tiny")), np.ones((4, 2, 32, 32), "f4")
    with pytest.raises(PhotozError, match=r"'two' has no images in F606W, F125W, F160W; .* choose a dataset with"):
        overlay(run, tiny, dataset(home, "two", two, ("F814W", "K"), unit="uJy"), "pca")
    four = dataset(home, "four", np.ones((4, 4, 32, 32), "f4"), tiny.bands)
    with pytest.raises(PhotozError, match=r"'tiny' are in µJy, those of 'four' in no calibrated .* --image-zero-point"):
        overlay(run, tiny, four, "pca")


def test_photometry_has_no_place_for_images(home):
    run = create_run(home, load_recipe("tiny_mlp", home, fit={"epochs": 1}))
    train(home, run)
    tiny = Dataset(home.dataset("tiny"))
    with pytest.raises(PhotozError, match="reads magnitudes and no images; choose a run of an image method"):
        overlay(run, tiny, tiny, "pca")


def test_a_method_that_encodes_more_than_images_says_so(home, monkeypatch):
    monkeypatch.setattr("photoz_core.methods.simsiam.Model.encode", lambda self, batch: batch["magnitude"])
    with pytest.raises(PhotozError, match="reads the magnitude of each object beside its image"):
        placed(home, Dataset(home.dataset("own")))


def test_no_images_no_map_no_finish_and_a_changed_dataset_are_errors(home):
    (run,) = list_runs(home)
    own = Dataset(home.dataset("own"))
    with new_dataset(home.new_dataset("bare"), Meta("bare")) as writer:
        writer.finish(pd.DataFrame({"object_id": ["a", "b"]}))
    with pytest.raises(PhotozError, match="'bare' has no images to place; import it with --images"):
        placed(home, Dataset(home.dataset("bare")))
    with pytest.raises(
        PhotozError, match=f"no map 'umap' .it has pca.; make it: photoz project {run.id} --method umap"
    ):
        overlay(run, own, own)
    with pytest.raises(PhotozError, match="is queued; only a finished run"):
        overlay(create_run(home, load_recipe("small", home)), own, own, "pca")
    run.info["dataset"] = "another"
    with pytest.raises(PhotozError, match="'own' has changed since run"):
        overlay(run, own, own, "pca")


# --- what is kept -------------------------------------------------------------------------------------------------


def test_an_overlay_is_kept_in_the_run_and_read_again(home):
    (run,) = list_runs(home)
    found = placed(home, dataset(home, "other", gaussians(6, 40, seed=5)))
    run = Run(run.folder)
    assert overlay_names(run, "pca") == ["other"] and overlay_names(run, "umap") == []
    again = load_overlay(run, "other", "pca")
    for name in ("object_id", "positions", "latents"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
    assert (again.dataset, again.notes) == ("other", found.notes) and again.notes
    assert sorted(path.name for path in (run.folder / "overlays").iterdir()) == ["other--pca.json", "other--pca.npz"]


def test_an_overlay_of_a_changed_dataset_or_map_is_not_shown(home):
    (run,) = list_runs(home)
    placed(home, dataset(home, "other", gaussians(6)))
    path = home.dataset("other") / "dataset.toml"
    text = path.read_text()
    path.write_text(text.replace(Dataset(path.parent).meta.fingerprint, "0" * 16))
    assert overlay_names(run, "pca") == []
    with pytest.raises(PhotozError, match=f"photoz overlay {run.id} other --projection pca"):
        load_overlay(run, "other", "pca")
    placed(home, Dataset(path.parent))
    assert overlay_names(run, "pca") == ["other"]
    run.save_array("projections/pca", run.projection("pca")[::-1])
    assert overlay_names(run, "pca") == []
    project(run, "pca")
    assert overlay_names(run, "pca") == ["other"]
    shutil.rmtree(home.dataset("other"))
    assert overlay_names(run, "pca") == []


def test_what_is_half_written_or_broken_is_not_read(home):
    (run,) = list_runs(home)
    placed(home, dataset(home, "other", gaussians(6)))
    arrays, about = (run.folder / "overlays" / f"other--pca.{end}" for end in ("npz", "json"))
    arrays.write_bytes(arrays.read_bytes()[:100])
    with pytest.raises(PhotozError, match=r"cannot read .*other--pca\.npz: .*make it again: photoz overlay"):
        load_overlay(run, "other", "pca")
    about.write_text("{")
    assert overlay_names(run, "pca") == []
    about.unlink()
    assert overlay_names(run, "pca") == []
    with pytest.raises(PhotozError, match="has no place on map"):
        load_overlay(run, "../other", "pca")


def test_the_command_places_and_says_what_it_did(home, photoz):
    (run,) = list_runs(home)
    dataset(home, "other", gaussians(6, 40), bands=["VIS"])
    code, out, err = photoz(home, "overlay", run.id, "other", "--projection", "pca")
    assert code == 0 and "6 of 6 images of other on pca" in out and "100%" in err
    assert out.splitlines()[1:] == ["- VIS stands for F814W", "- cropped to the central 32 × 32 pixels"]
    code, out, _ = photoz(home, "overlay", run.id, "other", "--projection", "pca", "--json")
    shown = json.loads(out)
    assert code == 0 and (shown["placed"], shown["images"], len(shown["notes"])) == (6, 6, 2)
    code, out, err = photoz(home, "overlay", run.id, "nobody")
    assert (code, out) == (1, "") and "unknown dataset 'nobody'; known: other, own, tiny" in err
