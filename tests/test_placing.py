"""Cutouts from elsewhere in a run's latent space: the dataset's own stamp is its own nearest neighbour."""

import numpy as np
import pytest
from made_images import dataset

from photoz_core import methods, registry
from photoz_core.cutout import Cutout
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.neighbours import nearest_to
from photoz_core.pipeline import load_method
from photoz_core.placing import place_cutout
from photoz_core.recipe import load_recipe
from photoz_core.rows import data_spec
from photoz_core.run import Run, list_runs

ROW = 17


@pytest.fixture(scope="module")
def moco(trained_home):
    """A run that reads four bands, its dataset and its method."""
    run = next(run for run in list_runs(trained_home) if run.recipe.method == "moco")
    return run, Dataset(trained_home.dataset("tiny")), load_method(run)


@pytest.fixture
def stamp(moco):
    return np.asarray(moco[1].array("image")[ROW], "f4")


def placed(moco, planes, **options):
    run, own, method = moco
    return place_cutout(run, own, method, Cutout("up.fits", planes, **options))


def untrained(home, name, images, bands, unit=""):
    """A run on a new dataset whose method has learned nothing, and the method."""
    own = dataset(home, name, images, bands, scale=float("nan"), unit=unit)
    recipe = load_recipe("tiny_moco", home, dataset=name)
    model, rows = registry.load(methods, "moco").Model, np.arange(len(images))
    spec = data_spec(own, model.needs, model.labels(recipe.config()), False, (), rows, rows >= 0)
    return Run.create(home, recipe), own, model(recipe.config(), spec).eval()


def test_the_datasets_own_stamp_is_its_own_nearest_neighbour(moco, stamp):
    found = placed(moco, stamp, zero_points=(23.9,) * 4, pixel_scale=0.06)
    rows, distances = nearest_to(moco[0].latents, found.latents, 2)
    assert rows[0] == ROW and distances[0] < 1e-3 * distances[1] and found.notes == ()
    np.testing.assert_array_equal(found.image, stamp)
    other = placed(moco, stamp[::-1].copy(), zero_points=(23.9,) * 4, pixel_scale=0.06)  # the control: bands swapped
    assert np.linalg.norm(other.latents - found.latents) > 100 * distances[0]


def test_units_and_order_of_the_bands_are_those_of_the_header(moco, stamp):
    points = np.array([22.5, 31.4, 8.9, 23.9])
    planes = stamp * 10 ** (-0.4 * (23.9 - points)).astype("f4")[:, None, None]
    bands = tuple(moco[1].bands)
    found = placed(moco, planes[::-1], bands=bands[::-1], zero_points=tuple(points[::-1].tolist()), pixel_scale=0.06)
    np.testing.assert_allclose(found.image, stamp, rtol=1e-5)
    assert found.notes[0] == "scaled to µJy from AB zero point 23.9, 8.9, 31.4, 22.5"


def test_what_the_header_does_not_say_is_assumed_and_said(moco, stamp):
    found = placed(moco, stamp, notes=("2 pixels without a value are taken as 0",))
    np.testing.assert_array_equal(found.image, stamp)
    assert found.notes == (
        "2 pixels without a value are taken as 0",
        "no unit or zero point in the header: taken as µJy",
        'no pixel scale in the header: taken as 0.06", that of tiny',
    )


@pytest.mark.parametrize("margin", [5, -5])
def test_cutouts_of_another_size_are_cropped_and_padded(moco, stamp, margin):
    if margin > 0:
        planes, expected = np.pad(stamp, ((0, 0), (margin,) * 2, (margin,) * 2)), stamp
    else:
        planes = stamp[:, -margin:margin, -margin:margin]
        expected = np.pad(planes, ((0, 0), (-margin,) * 2, (-margin,) * 2))
    found = placed(moco, planes, zero_points=(23.9,) * 4, pixel_scale=0.06)
    np.testing.assert_array_equal(found.image, expected)
    assert [note.split()[0] for note in found.notes] == ["cropped" if margin > 0 else "padded"]


def test_wrong_bands_and_gray_levels_are_refused_with_a_remedy(moco, stamp):
    with pytest.raises(
        PhotozError, match=r"up.fits: 3 planes; 'tiny' has 4 bands: give one plane each of F606W, F814W"
    ):
        placed(moco, stamp[:3])
    with pytest.raises(PhotozError, match=r"up\.fits: 1 plane; "):
        placed(moco, stamp[:1])
    with pytest.raises(PhotozError, match="a picture has gray levels, and 'tiny' has fluxes; upload a FITS file"):
        placed(moco, stamp[:3], is_picture=True)


def test_a_run_of_photometry_reads_no_cutout(trained_home, stamp):
    run = next(run for run in list_runs(trained_home) if run.recipe.method == "photometry_mlp")
    with pytest.raises(PhotozError, match="reads magnitudes and no images"):
        placed((run, Dataset(trained_home.dataset("tiny")), load_method(run)), stamp)


def test_pictures_are_taken_where_the_dataset_has_pictures(home):
    images = 0.8 * np.random.default_rng(0).random((40, 3, 32, 32)).astype("f4")
    run = untrained(home, "color", images, "BGR")
    found = placed(run, images[3], is_picture=True)
    np.testing.assert_array_equal(found.image, images[3])
    wide = placed(run, np.repeat(np.repeat(images[3], 2, axis=1), 2, axis=2), is_picture=True)
    assert wide.image.shape == (3, 32, 32) and any("brought to 32 × 32" in note for note in wide.notes)
    gray = untrained(home, "gray", images[:, :1], ("F814W",))
    found = placed(gray, images[3], is_picture=True)
    np.testing.assert_allclose(found.image, images[3].mean(axis=0, keepdims=True), rtol=1e-5)
    assert "mean of B, G, R stands for F814W" in found.notes
