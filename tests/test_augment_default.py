"""The default augmentation against torchvision, closed forms and counts."""

import colorsys
import math

import pytest
import torch
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms import functional as peer

from photoz_core import augment_default
from photoz_core.augment_default import YIQ, DefaultAugmentConfig, default_view

STILL = {"scale": (1.0, 1.0), "ratio": (1.0, 1.0), "flip": 0.0, "jitter": 0.0, "gray": 0.0, "blur": 0.0}


def config(**changes):
    return DefaultAugmentConfig(**(STILL | changes))


def images(count=6, channels=3, side=24):
    """Smooth images within [0.3, 0.6], where torchvision's clipping to [0, 1] does nothing."""
    rough = torch.empty(count, channels, 6, 6).uniform_(0.3, 0.6, generator=torch.Generator().manual_seed(3))
    return torch.nn.functional.interpolate(rough, (side, side), mode="bicubic").clamp(0.3, 0.6)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_standing_still_is_the_identity(channels):
    torch.testing.assert_close(default_view(images(channels=channels), config()), images(channels=channels))


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_shapes_stay_and_each_object_gets_its_own_view_that_the_seed_repeats(channels):
    same = images(1, channels).expand(8, -1, -1, -1)
    torch.manual_seed(5)
    view = default_view(same, DefaultAugmentConfig())
    assert view.shape == same.shape
    assert all((view[i] - view[j]).abs().max() > 1e-3 for i in range(8) for j in range(i))
    torch.manual_seed(5)
    assert torch.equal(view, default_view(same, DefaultAugmentConfig()))


def test_a_crop_equals_torchvisions(monkeypatch):
    """Inside: at its rim torchvision repeats the crop's last pixels, where ours still sees its neighbours."""
    box = [torch.tensor([value], dtype=torch.float32) for value in (3, 5, 12, 10)]
    monkeypatch.setattr(augment_default, "_crop_boxes", lambda *given: box)
    expected = peer.resized_crop(images(1), 3, 5, 12, 10, [24, 24], antialias=True)
    inner = (..., slice(2, -2), slice(2, -2))
    torch.testing.assert_close(default_view(images(1), config())[inner], expected[inner])
    mirrored = default_view(images(1), config(flip=1.0))
    torch.testing.assert_close(mirrored[inner], expected.flip(-1)[inner])


def test_crop_boxes_follow_the_law_of_torchvisions():
    """Means of area, ratio and corner over 4,000 crops each, within five standard errors of the difference."""
    count, side, stamp = 4000, 110, torch.zeros(1, 110, 110)
    theirs = torch.tensor([RandomResizedCrop.get_params(stamp, [0.2, 1.0], [0.75, 4 / 3]) for _ in range(count)]).T
    ours = torch.stack(augment_default._crop_boxes(count, side, side, DefaultAugmentConfig(), stamp.device))
    top, left, height, width = ours
    assert (torch.minimum(height, width) >= 1).all()
    assert ((top >= 0) & (left >= 0) & (top + height <= side) & (left + width <= side)).all()
    assert torch.equal(ours, ours.round())
    of = lambda y, x, h, w: (h * w / side**2, (w / h).log(), y, x)  # noqa: E731
    for a, b in zip(of(*ours), of(*theirs.float()), strict=True):
        assert abs(a.mean() - b.mean()) < 5 * math.sqrt(2 / count) * b.std()
        assert a.std().item() == pytest.approx(b.std().item(), rel=0.06)


def test_a_crop_that_never_fits_is_the_whole_image():
    boxes = augment_default._crop_boxes(3, 20, 20, config(ratio=(9.0, 9.0)), torch.device("cpu"))
    assert [box.tolist() for box in boxes] == [[0] * 3, [0] * 3, [20] * 3, [20] * 3]


@pytest.mark.parametrize(("name", "peers"), [("brightness", "adjust_brightness"), ("contrast", "adjust_contrast")])
@pytest.mark.parametrize("channels", [1, 3])
def test_brightness_and_contrast_equal_torchvisions(monkeypatch, name, peers, channels):
    only = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0} | {name: 0.4}
    monkeypatch.setattr(torch, "rand", lambda shape, device=None: torch.full(_shape(shape), 0.9))
    view = default_view(images(channels=channels), config(jitter=1.0, **only))
    expected = getattr(peer, peers)(images(channels=channels), 0.6 + 0.9 * 0.8)
    torch.testing.assert_close(view, expected, rtol=2e-3, atol=2e-3)  # torchvision's gray weights have four digits


def _shape(shape):
    return shape if isinstance(shape, tuple | torch.Size) else (shape,)


def test_saturation_and_gray_equal_torchvisions(monkeypatch):
    only = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.4, "hue": 0.0}
    gray = default_view(images(), config(gray=1.0))
    torch.testing.assert_close(gray, peer.rgb_to_grayscale(images(), 3), rtol=2e-3, atol=2e-3)
    monkeypatch.setattr(torch, "rand", lambda shape, device=None: torch.full(_shape(shape), 0.25))
    view = default_view(images(), config(jitter=1.0, **only))
    torch.testing.assert_close(view, peer.adjust_saturation(images(), 0.8), rtol=2e-3, atol=2e-3)


def test_hue_turns_the_color_and_keeps_the_gray(monkeypatch):
    """In the plane of I and Q, which the standard library computes as well."""
    only = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.1}
    monkeypatch.setattr(torch, "rand", lambda shape, device=None: torch.full(_shape(shape), 0.75))
    before, after = images(1), default_view(images(1), config(jitter=1.0, **only))
    turn = complex(math.cos(2 * math.pi * 0.05), math.sin(2 * math.pi * 0.05))
    for row, column in ((0, 0), (7, 3), (20, 11)):
        y, i, q = (sum(w * v for w, v in zip(row_, before[0, :, row, column].tolist(), strict=True)) for row_ in YIQ)
        found = [sum(w * v for w, v in zip(row_, after[0, :, row, column].tolist(), strict=True)) for row_ in YIQ]
        assert found[0] == pytest.approx(y, abs=1e-5)
        assert complex(found[1], found[2]) == pytest.approx(complex(i, q) * turn, abs=1e-5)
    assert colorsys.rgb_to_yiq(1, 0.5, 0.2) == pytest.approx(
        [sum(w * v for w, v in zip(row_, (1, 0.5, 0.2), strict=True)) for row_ in YIQ], abs=5e-3
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_blur_equals_torchvisions(channels):
    for sigma in (0.3, 1.0, 2.0):
        view = default_view(images(channels=channels), config(blur=1.0, sigma=(sigma, sigma)))
        expected = peer.gaussian_blur(images(channels=channels), 23, sigma)
        torch.testing.assert_close(view, expected, rtol=1e-3, atol=3e-4)  # its kernel reaches farther


def test_one_band_keeps_its_colors_out_of_it():
    """Saturation, hue and gray mean nothing to one channel: only a factor and the mean are left."""
    only = {"brightness": 0.0, "contrast": 0.0, "saturation": 1.0, "hue": 0.5}
    assert torch.equal(
        default_view(images(channels=1), config(jitter=1.0, gray=1.0, **only)),
        default_view(images(channels=1), config()),
    )


@pytest.mark.parametrize(("name", "share"), [("flip", 0.5), ("gray", 0.2), ("blur", 0.5), ("jitter", 0.8)])
def test_the_given_share_of_objects_is_changed(name, share):
    same = images(1, 3, 16).expand(2000, -1, -1, -1)
    changed = (default_view(same, config(**{name: share, "sigma": (1.0, 2.0)})) - same).abs().amax((1, 2, 3)) > 1e-4
    assert changed.float().mean().item() == pytest.approx(share, abs=5 * math.sqrt(share * (1 - share) / 2000))


def test_factors_stay_within_their_ranges():
    flat = torch.ones(4000, 1, 4, 4)
    factor = default_view(flat, config(jitter=1.0, contrast=0.0))[:, 0, 0, 0]
    assert 0.6 <= factor.min() < 0.61
    assert 1.39 < factor.max() <= 1.4


def test_negative_and_bright_pixels_are_not_clipped():
    """Brightness is linear: the view of a multiple is that multiple of the view."""
    view = []
    for factor in (1.0, -100.0):
        torch.manual_seed(1)
        view.append(default_view(factor * images(), DefaultAugmentConfig()))
    torch.testing.assert_close(view[1], -100 * view[0])
