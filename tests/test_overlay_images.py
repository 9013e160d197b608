"""Images made like those of another dataset: bands, angular size, flux and unit, against torch and closed forms."""

import numpy as np
import pytest
import torch
from made_images import SCALE, SIDE, dataset, gaussians
from torch.nn import functional as F

from photoz_core._overlay_images import LikeOwn, resampling
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.methods.base import DataSpec


@pytest.fixture
def home(tmp_path):
    """A home with dataset `own`: normalised images in one band."""
    home = Home(tmp_path)
    dataset(home, "own", gaussians(6))
    return home


def like_own(own, other):
    return LikeOwn(own, other, DataSpec(("F814W",), (1, SIDE, SIDE)), torch.device("cpu"), lambda done, total: None)


def prepared(home, other):
    """The images as the method gets them, and what is said of them."""
    like = like_own(Dataset(home.dataset("own")), other)
    return torch.cat([batch["image"] for batch in like.batches(3)]).numpy(), like.notes


def test_three_bands_are_averaged_and_normalised_like_the_own_images(home):
    images = np.random.default_rng(2).uniform(0, 9, (7, 3, SIDE, SIDE)).astype("f4")
    found, notes = prepared(home, dataset(home, "color", images, "BGR", unit="uJy"))
    for image, by_hand in zip(found, images, strict=True):
        mean = (by_hand[0] + by_hand[1] + by_hand[2]) / 3
        np.testing.assert_allclose(image[0], mean / mean.max(), rtol=1e-5)
    assert notes == ["mean of B, G, R stands for F814W", "divided by its maximum, as those of own are"]


def test_the_runs_own_band_is_taken_where_there_is_one(home):
    images = np.concatenate([gaussians(5, seed=3), gaussians(5, seed=4)], 1)
    found, notes = prepared(home, dataset(home, "two", images, ("F814W", "F160W")))
    np.testing.assert_array_equal(found, images[:, :1])
    assert notes == ["of F814W, F160W, F814W are used"]


@pytest.mark.parametrize(("scale", "side"), [(0.03, 64), (0.02, 51), (0.08, 32), (0.05, 31), (0.11, 15)])
def test_a_galaxy_keeps_its_angular_size_and_place(home, scale, side):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    round_ = np.exp(-4 * np.log(2) * (x**2 + y**2) * scale**2 / 0.3**2)
    images = np.broadcast_to(round_ / round_.max(), (4, 1, side, side))
    found, notes = prepared(home, dataset(home, "other", images, scale=scale))
    y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) * SCALE
    flux = found[:, 0] / found[:, 0].sum((1, 2), keepdims=True)
    center = (flux * x).sum((1, 2))
    sigma = np.sqrt((flux * x**2).sum((1, 2)) - center**2)
    smoothing = (
        0 if scale == SCALE else max(scale, SCALE) ** 2 / 6
    )  # variance of a triangle as wide as the larger pixel
    np.testing.assert_allclose(np.sqrt(sigma**2 - smoothing), 0.3 / 2.3548, rtol=0.01)
    assert smoothing > 0.001 or sigma == pytest.approx(0.3 / 2.3548, rel=0.05)
    assert np.abs(center).max() <= (SCALE / 2 + 1e-6 if scale == SCALE else 1e-3)
    assert [note.startswith(f'resampled from {scale}" to 0.05"') for note in notes[:1]] == [scale != SCALE]
    assert ("padded" in notes[-1]) == (side * scale < SIDE * SCALE)


@pytest.mark.parametrize(("side", "target"), [(10, 25), (25, 10), (7, 7), (64, 63)])
def test_resampling_of_the_whole_is_torchs(side, target):
    image = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    weights = resampling(side, target, target / side)
    expected = F.interpolate(image, (target, target), mode="bilinear", antialias=True)
    torch.testing.assert_close(weights @ image @ weights.T, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("side", "target"), [(10, 4), (9, 4), (4, 10), (4, 9), (5, 5)])
def test_without_resampling_pixels_are_moved_and_not_mixed(side, target):
    line = torch.arange(1.0, side + 1)
    margin = abs(side - target) // 2
    moved = resampling(side, target, 1.0) @ line
    if target <= side:
        assert torch.equal(moved, line[margin : margin + target])
    else:
        assert torch.equal(moved[moved > 0], line) and (moved == 0).sum() == target - side


def test_microjansky_a_pixel_keep_their_sum(home):
    own = dataset(home, "calibrated", 40 * gaussians(6), unit="uJy")
    fine = gaussians(6, 3 * SIDE, SCALE / 3, fwhm=0.3)
    other = dataset(home, "finer", fine, scale=SCALE / 3, unit="uJy")
    found = next(like_own(own, other).batches(6))["image"].numpy()
    np.testing.assert_allclose(found.sum((1, 2, 3)), fine.sum((1, 2, 3)), rtol=0.01)


def test_without_a_pixel_scale_the_whole_image_is_brought_to_the_runs_side(home):
    images = gaussians(5, 48)
    found, notes = prepared(home, dataset(home, "unknown", images, scale=float("nan")))
    whole = F.interpolate(torch.from_numpy(images), (SIDE, SIDE), mode="bilinear", antialias=True).numpy()
    np.testing.assert_allclose(found, whole / whole.max((1, 2, 3), keepdims=True), atol=1e-5)
    assert notes == [
        "pixel scale of unknown unknown: the whole image, 48 × 48 pixels, is brought to 32 × 32; "
        "angular sizes are not comparable"
    ]


def test_uncalibrated_units_are_taken_for_the_same_only_where_both_are(home):
    own, same = dataset(home, "raw", 40 * gaussians(6)), dataset(home, "same", 7 * gaussians(6, seed=1))
    like = like_own(own, same)
    np.testing.assert_array_equal(next(like.batches(6))["image"], same.array("image"))
    assert like.notes == ["pixel units are not calibrated; they are taken for the same"]
    with pytest.raises(
        PhotozError, match=r"'raw' are in no calibrated unit, those of 'flux' in µJy; .* --uncalibrated"
    ):
        like_own(own, dataset(home, "flux", gaussians(6), unit="uJy"))
