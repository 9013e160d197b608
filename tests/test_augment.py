"""Views against NumPy, SciPy and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from photoz_core import augment
from photoz_core.augment import AugmentConfig, central_view, random_view

STILL = {"rotate": False, "flip": False, "jitter": 0, "noise": 0.0}
MAD = torch.tensor([0.1, 0.2])


def blob(size=31, x=4.0, y=-3.0, width=2.5):
    """A Gaussian at (x, y) pixels from the centre, two bands: (1, 2, size, size)."""
    axis = torch.arange(size) - (size - 1) / 2
    image = torch.exp(-((axis[None] - x) ** 2 + (axis[:, None] - y) ** 2) / (2 * width**2))
    return torch.stack([image, 2 * image])[None]


def centroid(image):
    size = image.shape[-1]
    axis = torch.arange(size) - (size - 1) / 2
    weight = image / image.sum()
    return (weight.sum(0) * axis).sum().item(), (weight.sum(1) * axis).sum().item()


def test_standing_still_is_the_identity_and_the_central_crop():
    image = torch.randn(3, 2, 16, 16)
    torch.testing.assert_close(random_view(image, MAD, AugmentConfig(**STILL)), image, rtol=1e-5, atol=1e-5)
    config = AugmentConfig(crop=8, **STILL)
    torch.testing.assert_close(random_view(image, MAD, config), image[..., 4:12, 4:12], rtol=1e-5, atol=1e-5)
    assert torch.equal(central_view(image, config), image[..., 4:12, 4:12])


@pytest.mark.parametrize("turn", [0.25, 0.5, 0.8])
def test_rotation_equals_scipys(monkeypatch, turn):
    monkeypatch.setattr(torch, "rand", lambda *shape, device=None: torch.full(shape, turn))
    view = random_view(blob(), MAD, AugmentConfig(**(STILL | {"rotate": True})))[0, 0]
    degrees = (2 * turn - 1) * 180
    expected = ndimage.rotate(blob()[0, 0].numpy(), degrees, reshape=False, order=1, mode="mirror")
    inner = slice(6, -6)
    assert np.abs(view.numpy() - expected)[inner, inner].max() < 0.02


def test_flip_mirrors_the_x_axis(monkeypatch):
    monkeypatch.setattr(torch, "rand", lambda *shape, device=None: torch.zeros(shape))
    view = random_view(blob(), MAD, AugmentConfig(**(STILL | {"flip": True})))
    torch.testing.assert_close(view, blob().flip(-1), rtol=1e-4, atol=1e-5)


def test_jitter_is_whole_pixels_within_the_limit():
    torch.manual_seed(0)
    views = random_view(blob().expand(200, -1, -1, -1), MAD, AugmentConfig(**(STILL | {"jitter": 3})))
    shifts = np.array([centroid(view[0]) for view in views]) - centroid(blob()[0, 0])
    assert np.abs(shifts - shifts.round()).max() < 0.02
    assert set(np.unique(shifts.round())) == {-3, -2, -1, 0, 1, 2, 3}


def test_each_object_gets_its_own_view_unless_told_otherwise():
    torch.manual_seed(0)
    image = blob().expand(8, -1, -1, -1)
    own = random_view(image, MAD, AugmentConfig(**(STILL | {"rotate": True})))
    shared = random_view(image, MAD, AugmentConfig(**(STILL | {"rotate": True, "per_batch": True})))
    assert all((own[0] - view).abs().max() > 0.01 for view in own[1:])
    torch.testing.assert_close(shared, shared[:1].expand_as(shared))


def test_noise_has_the_bands_scale():
    torch.manual_seed(0)
    view = random_view(torch.zeros(64, 2, 32, 32), MAD, AugmentConfig(**(STILL | {"noise": 1.5})))
    assert view.std(dim=(0, 2, 3)).tolist() == pytest.approx([0.15, 0.3], rel=0.02)


def test_paper_geometry_needs_no_fill():
    """A 64 px crop of a 108 px stamp, shifted by 4 and turned by 45°, stays inside: 36 √2 = 50.9 < 54."""
    assert (32 + 4) * math.sqrt(2) < 54
    torch.manual_seed(1)
    inside = random_view(torch.ones(16, 1, 108, 108), MAD[:1], AugmentConfig(crop=64, noise=0.0))
    torch.testing.assert_close(inside, torch.ones_like(inside))


def test_views_repeat_with_the_seed():
    image = torch.randn(4, 2, 16, 16)
    torch.manual_seed(5)
    first = random_view(image, MAD, augment.AugmentConfig())
    torch.manual_seed(5)
    assert torch.equal(first, random_view(image, MAD, augment.AugmentConfig()))


def test_the_grid_is_torchs_and_reflects_as_torch_does():
    torch.manual_seed(0)
    image = torch.randn(6, 2, 24, 20)
    theta = augment._affine(6, (24, 20), (24, 20), AugmentConfig(jitter=5), image.device)
    grid = torch.nn.functional.affine_grid(theta, [6, 2, 24, 20], align_corners=False)
    expected = torch.nn.functional.grid_sample(image, grid, padding_mode="reflection", align_corners=False)
    ours = torch.nn.functional.grid_sample(
        image, augment._grid(theta, 24, 20), padding_mode="border", align_corners=False
    )
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)
