"""Cutouts: Lupton's colors, places in a mosaic, odd bands and pixels."""

import base64
import io

import numpy as np
import pytest
from astropy.visualization import make_lupton_rgb
from made_homes import made_home
from PIL import Image

from dashboard import cutouts
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset


def decode(url: str) -> np.ndarray:
    """The picture of a data URL."""
    kind, data = url.split(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def dataset_of(home, images: np.ndarray, name: str) -> Dataset:
    import pandas as pd

    bands = [f"B{i}" for i in range(images.shape[1])]
    with new_dataset(home.new_dataset(name), Meta(name, bands=bands)) as writer:
        writer.add_array("image", images.astype("f4"), "uJy")
        writer.finish(pd.DataFrame({"object_id": [f"o{i}" for i in range(len(images))]}))
    return Dataset(home.dataset(name))


@pytest.fixture
def home(tmp_path):
    return made_home(tmp_path)


def test_colors_are_luptons(home):
    images = np.random.default_rng(0).normal(1, 0.3, (5, 3, 32, 32)) + 1
    data = dataset_of(home, images, "three")
    how = cutouts.stretch(data)
    scaled = images[2] / how.scale[:, None, None]
    level = np.median(scaled[:, 14:19, 14:19])
    scaled = (scaled * np.clip(level, *cutouts.LEVELS) ** (cutouts.EVENING - 1)).astype("f4")
    expected = make_lupton_rgb(scaled[2], scaled[1], scaled[0], minimum=0, stretch=how.depth[-1], Q=8)
    found = cutouts.pictures(data, np.array([2]))[0]
    assert found.shape == (32, 32, 3)
    np.testing.assert_allclose(found.astype(int), expected[::-1].astype(int), atol=1)


@pytest.mark.parametrize("bands", [1, 2, 3, 5])
def test_any_number_of_bands_and_blank_pixels(home, bands):
    images = np.random.default_rng(1).normal(1, 0.3, (4, bands, 16, 16))
    images[0, :, :4], images[1] = 0, 0
    data = dataset_of(home, images, "odd")
    for kind in (cutouts.RGB, *data.bands):
        assert cutouts.pictures(data, np.arange(4), kind, crop=0.5).shape == (4, 8, 8, 3)
    assert (cutouts.pictures(data, np.array([1])) == 0).all()
    assert cutouts.pictures(data, np.zeros(0, int)).shape[0] == 0 and cutouts.strip(np.zeros((0, 1, 1, 3))) == ""


def test_single_band_is_gray(home):
    data = Dataset(home.dataset("made"))
    gray = cutouts.pictures(data, np.array([3]), "F160W")
    assert (gray[..., 0] == gray[..., 2]).all()


def test_mosaic_puts_tiles_into_their_cells(home):
    tiles = np.zeros((2, 8, 8, 3), np.uint8)
    tiles[0, ..., 0], tiles[1, ..., 2] = 250, 250  # red, blue
    picture = decode(cutouts.mosaic(tiles, np.array([1, 6]), 3, 30, np.array([False, True])))
    assert picture.shape == (30, 30, 4)
    red, blue = picture[25, 15], picture[5, 5]  # cell 1: bottom row, middle; cell 6: top row, left; row 0 is the top
    assert red[0] > 200 and red[2] < 60 and red[3] == 255
    assert blue[2] > 200 and abs(int(blue[3]) - cutouts.FAINT) < 8
    assert (picture[:10, 10:, 3] == 0).all()


def test_strip_is_one_row(home):
    data = Dataset(home.dataset("made"))
    assert decode(cutouts.strip(cutouts.pictures(data, np.arange(3)))).shape == (16, 48, 3)


def test_has_images(tmp_path, home):
    assert cutouts.has_images(Dataset(home.dataset("made"))) and not cutouts.has_images(None)
    bare = made_home(tmp_path / "bare", images=False)
    assert not cutouts.has_images(Dataset(bare.dataset("made")))
