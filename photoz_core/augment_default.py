"""The default augmentation of natural images, as SimSiam has it, on a batch's own device and anew for each object."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from photoz_core.options import NonNegative, PositiveFloat, Share, options

TRIES = 10  # crops drawn until one fits, as torchvision has it; then the whole image
TAIL = 4  # radius of the blur's kernel in units of the largest sigma
YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))  # of RGB; Y is its gray


@options
class DefaultAugmentConfig:
    """Numbers of SimSiam's augmentation (Chen & He 2021, from MoCo v2); shares and factors are drawn for each object.

    Parameters
    ----------
    scale, ratio : (float, float)
        Of the crop's area, uniform, to the image's; of its width to its height, log-uniform.
    flip : float
        Share of horizontal flips.
    jitter : float
        Share whose colors are changed by the next four.
    brightness, contrast, saturation : float
        Factors are uniform in 1 ± this; saturation for three channels only.
    hue : float
        Turn of the colors, uniform in ± this, 1 being full circle; for three channels only.
    gray : float
        Share turned gray; for three channels only.
    blur : float
        Share blurred by a Gaussian.
    sigma : (float, float)
        Of the Gaussian, uniform [pixel].
    """

    scale: tuple[Share, Share] = (0.2, 1.0)
    ratio: tuple[PositiveFloat, PositiveFloat] = (0.75, 4 / 3)
    flip: Share = 0.5
    jitter: Share = 0.8
    brightness: Share = 0.4
    contrast: Share = 0.4
    saturation: Share = 0.4
    hue: Share = 0.1
    gray: Share = 0.2
    blur: Share = 0.5
    sigma: tuple[NonNegative, NonNegative] = (0.1, 2.0)


def default_view(image: Tensor, config: DefaultAugmentConfig) -> Tensor:
    """One random view of each object: crop and flip, brightness, contrast and color, blur.

    Parameters
    ----------
    image : (B, C, H, W)
        In any unit: nothing is clipped to [0, 1]. The changes of color are linear and commute then, so that the random
        order torchvision gives them is of no effect; hue is turned in YIQ, for HSV has no negative pixels.

    Returns
    -------
    view : (B, C, H, W)

    Notes
    -----
    Random numbers come from the device's default generator: seed it to repeat a view.
    """
    with torch.autocast(image.device.type, enabled=False):
        view = _resized_crop(image, config)
        chosen = _drawn(len(view), config.jitter, view.device)
        view = _contrasted(view, chosen, config)
        if view.shape[1] == 3:
            view = torch.einsum("bij,bjhw->bihw", _color_matrix(chosen, config).to(view.dtype), view)
        return _blurred(view, config) if config.blur else view


def _uniform(shape, low: float, high: float, device) -> Tensor:
    return torch.rand(shape, device=device) * (high - low) + low


def _drawn(count: int, share: float, device) -> Tensor:
    """Mask (B,) of the objects that something is done to."""
    return torch.rand(count, device=device) < share


def _crop_boxes(count: int, height: int, width: int, config: DefaultAugmentConfig, device) -> tuple[Tensor, ...]:
    """top, left, height, width (B,) of the crops, whole pixels."""
    area = _uniform((TRIES, count), *config.scale, device) * height * width
    ratio = _uniform((TRIES, count), *map(math.log, config.ratio), device).exp()
    h, w = (area / ratio).sqrt().round().clamp(min=1), (area * ratio).sqrt().round().clamp(min=1)
    fits = (h <= height) & (w <= width)
    first = fits.int().argmax(0, keepdim=True)
    h = torch.where(fits.any(0), h.gather(0, first)[0], height)
    w = torch.where(fits.any(0), w.gather(0, first)[0], width)
    top, left = ((torch.rand(count, device=device) * (size + 1)).floor() for size in (height - h, width - w))
    return top, left, h, w


def _resized_crop(image: Tensor, config: DefaultAugmentConfig) -> Tensor:
    """Crops, half of them mirrored, enlarged to the image's own size, bilinear."""
    count, _, height, width = image.shape
    top, left, h, w = _crop_boxes(count, height, width, config, image.device)
    mirror = 1 - 2 * _drawn(count, config.flip, image.device).float()
    y, x = ((torch.arange(size, device=image.device) * 2 + 1) / size - 1 for size in (height, width))
    y = (h / height)[:, None] * y + ((2 * top + h) / height - 1)[:, None]
    x = (mirror * w / width)[:, None] * x + ((2 * left + w) / width - 1)[:, None]
    grid = torch.stack(torch.broadcast_tensors(x[:, None, :], y[:, :, None]), dim=3).to(image.dtype)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _factors(strength: float, chosen: Tensor) -> Tensor:
    """1 ± `strength` (B,) for the chosen, 1 for the others."""
    return torch.where(chosen, _uniform(chosen.shape, 1 - strength, 1 + strength, chosen.device), 1.0)


def _contrasted(view: Tensor, chosen: Tensor, config: DefaultAugmentConfig) -> Tensor:
    """a (c x + (1 − c) mean of the gray image), the gray of other than three channels being their mean."""
    channels = view.shape[1]
    brightness, contrast = (_factors(s, chosen).view(-1, 1, 1, 1) for s in (config.brightness, config.contrast))
    weight = view.new_tensor(YIQ[0] if channels == 3 else [1 / channels] * channels)
    mean = (view.mean(dim=(2, 3)) @ weight).view(-1, 1, 1, 1)
    return brightness * (contrast * view + (1 - contrast) * mean)


def _color_matrix(chosen: Tensor, config: DefaultAugmentConfig) -> Tensor:
    """(B, 3, 3) on RGB: I and Q scaled by the saturation and turned by the hue, Y kept; or gray."""
    saturation = _factors(config.saturation, chosen) * ~_drawn(len(chosen), config.gray, chosen.device)
    turn = 2 * math.pi * (_factors(config.hue, chosen) - 1)
    cos, sin, zero = saturation * turn.cos(), saturation * turn.sin(), torch.zeros_like(turn)
    rows = [[zero + 1, zero, zero], [zero, cos, -sin], [zero, sin, cos]]
    matrix = torch.stack([torch.stack(row, 1) for row in rows], 1)
    yiq = torch.tensor(YIQ, device=chosen.device)
    return torch.linalg.inv(yiq) @ matrix @ yiq


def _blurred(view: Tensor, config: DefaultAugmentConfig) -> Tensor:
    """Some of the views convolved with a Gaussian each, reflected at the edges."""
    count, channels, height, width = view.shape
    radius = min(math.ceil(TAIL * config.sigma[1]), height - 1, width - 1)
    offset = torch.arange(-radius, radius + 1, device=view.device)
    sigma = _uniform((count, 1), *config.sigma, view.device).clamp(min=1e-3)
    kernel = (-0.5 * (offset / sigma) ** 2).softmax(dim=1)
    kernel = torch.where(_drawn(count, config.blur, view.device)[:, None], kernel, (offset == 0).float())
    kernel = kernel.to(view.dtype).repeat_interleave(channels, 0)[:, None, None]
    flat = F.pad(view.reshape(1, count * channels, height, width), (radius,) * 4, mode="reflect")
    flat = F.conv2d(F.conv2d(flat, kernel, groups=len(kernel)), kernel.mT, groups=len(kernel))
    return flat.view(count, channels, height, width)
