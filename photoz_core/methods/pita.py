"""PITA: Photo-z Inference with a Triple-task Algorithm (arXiv 2602.10207)."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from photoz_core.augment import AugmentConfig, central_view, random_view
from photoz_core.features import photometric_features
from photoz_core.losses import masked_huber, masked_mse
from photoz_core.methods._momentum import ContrastConfig, MomentumContrast
from photoz_core.methods.base import Batch, DataSpec, Method, start_at_mean
from photoz_core.nets.encoder import Encoder, EncoderConfig
from photoz_core.nets.mlp import HEADS, mlp
from photoz_core.options import NonNegative, PositiveFloat, options


@options
class Config:
    """Options of PITA; each ambiguity of the paper is one, with the recommended default.

    Parameters
    ----------
    contrastive_weight, color_weight, redshift_weight : float
        The text writes unit weights, the public code uses 0.0025 for the contrastive term: with K = 60,000 it starts
        at ln 60,001 = 11.0, and 0.0025 × 11 has the size of the other two. Default: the code's.
    delta : float
        Where the Huber loss turns linear, in raw redshift.
    heads : {"code", "blog"}
        First hidden width of the two heads: 256 (code) or 128 (blog).
    color_target : {"magnitudes", "code"}
        Adjacent colors and the reddest magnitude, standardised on the training rows (blog); or log10 flux ratios and
        log10 of the second band's flux, not standardised (code).
    color_reduction : {"mean", "sum"}
        Over the targets of an object: mean (code) or sum (blog's formula, larger by their number).
    """

    encoder: EncoderConfig = EncoderConfig()
    augment: AugmentConfig = AugmentConfig(crop=64)
    contrast: ContrastConfig = ContrastConfig()
    contrastive_weight: NonNegative = 0.0025
    color_weight: NonNegative = 1.0
    redshift_weight: NonNegative = 1.0
    delta: PositiveFloat = 0.15
    heads: Literal["code", "blog"] = "code"
    color_target: Literal["magnitudes", "code"] = "magnitudes"
    color_reduction: Literal["mean", "sum"] = "mean"


class Model(Method):
    """One encoder, three tasks: tell objects apart, give their colors, give the redshift of the labelled ones."""

    needs = ("image", "magnitude", "label")
    uses_unlabelled = True

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        hidden = HEADS[config.heads]
        self.register_buffer("band_mad", spec.statistic("band_mad"))
        self.register_buffer("color_mean", spec.statistic("color_mean"))
        self.register_buffer("color_std", spec.statistic("color_std"))
        self.encoder = Encoder(config.encoder, len(spec.bands), self.band_mad)
        latent = self.encoder.width
        self.projector = mlp((latent, config.contrast.hidden, config.contrast.dim))
        self.color_head = mlp((latent, *hidden, len(spec.bands)))
        self.redshift_head = mlp((latent, *hidden, 1))
        start_at_mean(self.redshift_head[-1], spec)
        self.contrast = MomentumContrast(nn.Sequential(self.encoder, self.projector), config.contrast)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """L = L_contrastive + L_color + L_z, the last over labelled objects only."""
        config, image = self.config, batch["image"]
        h = self.encoder(random_view(image, self.band_mad, config.augment)) if self.training else self.encode(batch)
        key_view = random_view(image, self.band_mad, config.augment)
        q = F.normalize(self.projector(h).float(), dim=1)
        color_loss = masked_mse(self.color_head(h), self.color_target(batch["magnitude"]))
        if config.color_reduction == "sum":
            color_loss = color_loss * len(self.spec.bands)
        return {
            "contrastive": config.contrastive_weight * self.contrast.loss(q, key_view),
            "color": config.color_weight * color_loss,
            "redshift": config.redshift_weight * masked_huber(self.redshift_head(h), batch["label"], config.delta),
        }

    def color_target(self, magnitude: Tensor) -> Tensor:
        """Targets (B, C) of the color head from magnitudes (B, C) [AB mag]; NaN where a band is missing."""
        if self.config.color_target == "magnitudes":
            return (photometric_features(magnitude) - self.color_mean) / self.color_std
        log_flux = (23.9 - magnitude) / 2.5
        return torch.cat([log_flux[:, 1:] - log_flux[:, :-1], log_flux[:, 1:2]], dim=1)

    def after_step(self) -> None:
        self.contrast.advance()

    def encode(self, batch: Batch) -> Tensor:
        return self.encoder(central_view(batch["image"], self.config.augment))

    def predict(self, batch: Batch) -> Tensor:
        return self.redshift_head(self.encode(batch))
