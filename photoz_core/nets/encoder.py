"""The image encoder of all image methods: scaling, a timm backbone, MLP_encoder."""

from collections.abc import Callable
from dataclasses import field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from photoz_core.errors import PhotozError
from photoz_core.nets.mlp import mlp
from photoz_core.options import NonNegativeInt, Positive, options


@options
class EncoderConfig:
    """Which network turns images into latents.

    Parameters
    ----------
    name : str
        A timm model.
    arguments : dict
        Passed to timm, e.g. ``depths`` and ``dims`` of a ConvNeXt.
    features : int
        Width of the linear layer on the pooled features; 1000 is PITA's ImageNet classifier layer, 0 leaves it out.
    hidden, latent : int
        MLP_encoder: features → hidden → ReLU → latent.
    scaling : {"none", "asinh"}
        What is done to pixels first. PITA does nothing; ``asinh`` of pixel / (band MAD × softening) makes colors
        differences and trains in far fewer steps.
    softening : float
        In units of the band's pixel MAD.
    resize : int
        Side to which images are brought before the backbone [pixel]; 0 leaves them, 224 is LenSiam's.
    weights : {"none", "imagenet"}
        ImageNet weights through timm's own loader; absent weights are an error, never random ones in their place.
    """

    name: str = "convnext_tiny"
    arguments: dict[str, Any] = field(default_factory=dict)
    features: int = 1000
    hidden: Positive = 512
    latent: Positive = 128
    scaling: Literal["none", "asinh"] = "none"
    softening: float = 3.0
    resize: NonNegativeInt = 0
    weights: Literal["none", "imagenet"] = "none"


class Encoder(nn.Module):
    """image (B, C, H, W) [µJy] → latents (B, latent).

    Parameters
    ----------
    config : EncoderConfig
    channels : int
    band_mad : (C,) [µJy]
        Pixel scatter of each band, for the scaling.

    Raises
    ------
    PhotozError
        If timm has no such model, or its ImageNet weights cannot be loaded.
    """

    def __init__(self, config: EncoderConfig, channels: int, band_mad: Tensor):
        super().__init__()
        self.config = config
        self.register_buffer("scale", (band_mad.float() * config.softening).view(1, -1, 1, 1))
        self.backbone = _backbone(config, channels)
        self.head = mlp((self.backbone.num_classes or self.backbone.num_features, config.hidden, config.latent))

    def resized(self, image: Tensor) -> Tensor:
        """Images (B, C, resize, resize), bilinear and antialiased; as they are where that is their side."""
        side = self.config.resize
        if side in (0, image.shape[-1]):
            return image
        return F.interpolate(image, (side, side), mode="bilinear", antialias=True)

    def forward(self, image: Tensor) -> Tensor:
        image = self.resized(image)
        if self.config.scaling == "asinh":
            image = _asinh(image / self.scale)
        return self.head(self.backbone(image))


def _asinh(x: Tensor) -> Tensor:
    """log(|x| + √(x² + 1)) with x's sign; `torch.asinh` is not vectorised on a CPU and took a sixth of a small step."""
    return torch.log(x.abs() + torch.sqrt(x * x + 1)).copysign(x)


def _backbone(config: EncoderConfig, channels: int) -> nn.Module:
    import timm

    if config.name not in timm.list_models():
        near = timm.list_models(f"{config.name.split('_')[0]}*")[:8]
        raise PhotozError(f"encoder {config.name!r} is no timm model; e.g. {', '.join(near or timm.list_models()[:8])}")
    make: Callable[[], nn.Module] = lambda: timm.create_model(  # noqa: E731
        config.name,
        pretrained=config.weights == "imagenet",
        in_chans=channels,
        num_classes=config.features,
        **config.arguments,
    )
    try:
        return make()
    except Exception as error:  # timm raises whatever a wrong argument meets first
        what = "ImageNet weights of" if config.weights == "imagenet" else "arguments of"
        raise PhotozError(f"{what} encoder {config.name!r}: {error}") from error
