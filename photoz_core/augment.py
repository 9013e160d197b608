"""Views of a batch of images, made on its own device: one fused affine an object, then noise."""

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from photoz_core.options import NonNegative, options

BANK = 1 << 22  # Gaussian numbers kept on a CPU: 16 MB


@options
class AugmentConfig:
    """PITA's views: flip, rotation, jitter, central crop, noise (arXiv 2602.10207).

    Parameters
    ----------
    crop : int
        Side of the view [pixel]; 0 keeps the stamp's.
    rotate : bool
        Rotation by an angle uniform in [−180°, 180°), bilinear.
    flip : bool
        Horizontal flip of every second object.
    jitter : int
        Largest shift [pixel]; integer steps, uniform.
    noise : float
        Gaussian noise of this many times the band's pixel MAD.
    per_batch : bool
        One flip, angle and shift for the whole batch, as the public code does; per object by default.
    """

    crop: int = 0
    rotate: bool = True
    flip: bool = True
    jitter: int = 4
    noise: NonNegative = 1.0
    per_batch: bool = False


def random_view(image: Tensor, band_mad: Tensor, config: AugmentConfig) -> Tensor:
    """One random view of each object.

    Parameters
    ----------
    image : (B, C, H, W) [µJy]
    band_mad : (C,) [µJy]
        Noise scale of each band.

    Returns
    -------
    view : (B, C, crop, crop) [µJy]

    Notes
    -----
    Random numbers come from the device's default generator: seed it to repeat a view.
    """
    batch, _, height, width = image.shape
    side_y, side_x = (config.crop or height), (config.crop or width)
    theta = _affine(batch, (height, width), (side_y, side_x), config, image.device)
    grid = _grid(theta, side_y, side_x).to(image.dtype)
    view = F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
    if config.noise:
        view.addcmul_(_gaussian_like(view), (config.noise * band_mad.to(view)).view(1, -1, 1, 1))
    return view


def central_view(image: Tensor, config: AugmentConfig) -> Tensor:
    """The central crop (B, C, crop, crop) without rotation, jitter or noise: what evaluation sees."""
    height, width = image.shape[-2:]
    side_y, side_x = min(config.crop or height, height), min(config.crop or width, width)
    top, left = (height - side_y) // 2, (width - side_x) // 2
    return image[..., top : top + side_y, left : left + side_x]


def _gaussian_like(view: Tensor) -> Tensor:
    """Unit Gaussian noise, independent within a view.

    On a CPU, where drawing it would cost a fifth of a small network's step, each object reads a stretch at a random
    place of a bank of numbers drawn once.
    """
    size = view[0].numel()
    if view.device.type != "cpu" or size > BANK // 4:
        return torch.randn_like(view)
    start = torch.randint(BANK - size, (len(view),))
    return _noise_bank().unfold(0, size, 1)[start].view(view.shape).to(view.dtype)


@cache
def _noise_bank() -> Tensor:
    return torch.randn(BANK, generator=torch.Generator().manual_seed(0))


def _grid(theta: Tensor, height: int, width: int) -> Tensor:
    """Where each pixel of a view lies in the stamp (B, height, width, 2), reflected at the stamp's edges.

    What `affine_grid` and the reflecting `grid_sample` of torch compute, in half their time on a CPU.
    """
    y, x = ((torch.arange(size, device=theta.device) * 2 + 1) / size - 1 for size in (height, width))
    theta = theta[:, :, :, None, None]
    axes = [theta[:, i, 1] * y[:, None] + theta[:, i, 2] + theta[:, i, 0] * x for i in range(2)]
    for axis in axes:  # in place: 1 − |2 − |axis + 1|| folds what lies beyond ±1 back
        axis.add_(1).abs_().sub_(2).abs_().neg_().add_(1)
    return torch.stack(axes, dim=3)


def _affine(batch: int, size: tuple, side: tuple, config: AugmentConfig, device) -> Tensor:
    """theta : (B, 2, 3) of `affine_grid`: from the view's coordinates in [−1, 1] to the stamp's."""
    count = 1 if config.per_batch else batch
    angle = (torch.rand(count, device=device) * 2 - 1) * (math.pi if config.rotate else 0.0)
    mirror = torch.ones(count, device=device)
    if config.flip:
        mirror -= 2 * (torch.rand(count, device=device) < 0.5).float()
    shift = torch.randint(-config.jitter, config.jitter + 1, (2, count), device=device).float()
    (height, width), (side_y, side_x) = size, side
    cos, sin = angle.cos(), angle.sin()
    rows = [
        torch.stack([mirror * cos * side_x / width, -sin * side_y / width, 2 * shift[0] / width], 1),
        torch.stack([mirror * sin * side_x / height, cos * side_y / height, 2 * shift[1] / height], 1),
    ]
    return torch.stack(rows, 1).expand(batch, 2, 3)
