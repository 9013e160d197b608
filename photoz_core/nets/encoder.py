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

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # red, green, blue of 0 to 1 (torchvision)


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
    pooling : {"model", "average"}
        ``model`` is the timm model's own way from its last map to features; ``average`` takes the mean of that map and
        leaves out whatever else stands behind it, `features` too: VGG16 is then its convolutions alone.
    hidden, latent : int
        MLP_encoder: features → hidden → ReLU → latent. With `hidden` 0 there is none, and the features are the latents.
    scaling : {"none", "asinh", "imagenet"}
        What is done to pixels first. PITA does nothing; ``asinh`` of pixel / (band MAD × softening) makes colors
        differences and trains in far fewer steps; ``imagenet`` turns pictures of bands blue, green, red from 0 to 1
        into what torchvision's and timm's weights were trained on.
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
    pooling: Literal["model", "average"] = "model"
    hidden: NonNegativeInt = 512
    latent: Positive = 128
    scaling: Literal["none", "asinh", "imagenet"] = "none"
    softening: float = 3.0
    resize: NonNegativeInt = 0
    weights: Literal["none", "imagenet"] = "none"


class Encoder(nn.Module):
    """image (B, C, H, W) [µJy] → latents (B, width).

    Attributes
    ----------
    features, width : int
        Numbers of the backbone's features and of latents.

    Parameters
    ----------
    config : EncoderConfig
    channels : int
    band_mad : (C,) [µJy]
        Pixel scatter of each band, for the scaling.

    Raises
    ------
    PhotozError
        If timm has no such model, its ImageNet weights cannot be loaded, or the scaling does not suit the images.
    """

    def __init__(self, config: EncoderConfig, channels: int, band_mad: Tensor):
        super().__init__()
        _check_scaling(config.scaling, channels, band_mad)
        self.config = config
        self.register_buffer("scale", (band_mad.float() * config.softening).view(1, -1, 1, 1))
        self.backbone = _backbone(config, channels)
        self.features = self.backbone.num_classes or self.backbone.num_features
        self.width = config.latent if config.hidden else self.features
        self.head = mlp((self.features, config.hidden, config.latent)) if config.hidden else nn.Identity()

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
        elif self.config.scaling == "imagenet":
            mean, std = (image.new_tensor(value).view(3, 1, 1) for value in (IMAGENET_MEAN, IMAGENET_STD))
            image = (image.flip(1) - mean) / std
        return self.head(self.backbone(image))


def _asinh(x: Tensor) -> Tensor:
    """log(|x| + √(x² + 1)) with x's sign; `torch.asinh` is not vectorised on a CPU and took a sixth of a small step."""
    return torch.log(x.abs() + torch.sqrt(x * x + 1)).copysign(x)


class _MeanOfMap(nn.Module):
    """A timm model's last feature map (B, F, h, w), averaged: (B, F)."""

    num_classes = 0

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body, self.num_features = body, body.feature_info.channels()[-1]

    def forward(self, image: Tensor) -> Tensor:
        return self.body(image)[-1].mean((2, 3))


def _check_scaling(scaling: str, channels: int, band_mad: Tensor) -> None:
    if scaling == "imagenet" and channels != 3:
        raise PhotozError(f"encoder.scaling = 'imagenet' is for pictures of three colors; these images have {channels}")
    if scaling == "asinh" and not (band_mad > 0).all():
        raise PhotozError(
            "encoder.scaling = 'asinh' divides by the pixels' scatter, which is 0 in a band more than half of whose "
            "pixels are equal; set it to 'none'"
        )


def _backbone(config: EncoderConfig, channels: int) -> nn.Module:
    import timm

    if config.name not in timm.list_models():
        near = timm.list_models(f"{config.name.split('_')[0]}*")[:8]
        raise PhotozError(f"encoder {config.name!r} is no timm model; e.g. {', '.join(near or timm.list_models()[:8])}")
    ending = {"num_classes": config.features}
    if config.pooling == "average":
        ending = {"features_only": True, "out_indices": (-1,)}
    make: Callable[[], nn.Module] = lambda: timm.create_model(  # noqa: E731
        config.name, pretrained=config.weights == "imagenet", in_chans=channels, **ending, **config.arguments
    )
    try:
        return _MeanOfMap(make()) if config.pooling == "average" else make()
    except Exception as error:  # timm raises whatever a wrong argument meets first
        what = "ImageNet weights of" if config.weights == "imagenet" else "arguments of"
        raise PhotozError(f"{what} encoder {config.name!r}: {error}") from error
