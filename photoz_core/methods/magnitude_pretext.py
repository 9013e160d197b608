"""Magnitude pretext: learn, from images alone, what a catalog says of every object (Martinazzo et al. 2020)."""

from typing import Literal

import torch
from torch import Tensor

from photoz_core.augment import AugmentConfig, central_view, random_view
from photoz_core.errors import PhotozError
from photoz_core.losses import masked_mae
from photoz_core.methods.base import Batch, DataSpec, Method
from photoz_core.nets.constrained import Top, TopConfig
from photoz_core.nets.encoder import Encoder, EncoderConfig
from photoz_core.options import PositiveFloat, options

SPLUS = ("u", "F378", "F395", "F410", "F430", "g", "F515", "r", "F660", "i", "F861", "z")
START = 0.05  # of the usual first weights of the answer: with those, a quarter of all outputs began saturated
DEAD = 0.999  # share of saturated outputs at which nothing is learned any more


@options
class Config:
    """Options of the pretext.

    Parameters
    ----------
    targets : tuple of str
        Catalog columns that are measured for every object: magnitudes, colors, FWHM, ellipticity.
    scaling : {"divide", "range"}
        How a target becomes a number from 0 to 1: ``divide`` by `divisor`, or by its ``range`` among the training
        objects, for targets that are no magnitudes.
    divisor : float
        The paper's 30 [mag].
    """

    encoder: EncoderConfig = EncoderConfig(name="vgg16", features=0, hidden=0, pooling="average", scaling="none")
    augment: AugmentConfig = AugmentConfig(rotate=False, jitter=0, noise=0.0)
    targets: tuple[str, ...] = tuple(f"mag_{band}" for band in SPLUS)
    scaling: Literal["divide", "range"] = "divide"
    divisor: PositiveFloat = 30.0
    top: TopConfig = TopConfig()


class Model(Method):
    """Encoder, top, and a ReLU that saturates at 1; mean absolute error.

    The output's gradient is 0 at and beyond 0 and 1, where a unit can die: each starts at the mean of its target, and
    the share of saturated outputs is watched.
    """

    cheap_labels = True

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.register_buffer("band_mad", spec.statistic("band_mad"))
        self.encoder = Encoder(config.encoder, len(spec.bands), self.band_mad)
        self.top = Top(self.encoder.width, len(config.targets), config.top)
        zero, unit = _scale(config, spec)
        self.register_buffer("zero", zero, persistent=False)
        self.register_buffer("unit", unit, persistent=False)
        with torch.no_grad():
            self.top.answer.bias.copy_(self.to_unit(spec.statistic("label_mean")).clamp(0.05, 0.95))
            self.top.answer.weight.mul_(START)
        self._saturated = self._outputs = 0.0

    @classmethod
    def labels(cls, config: Config) -> tuple[str, ...]:
        return config.targets

    def to_unit(self, label: Tensor) -> Tensor:
        """Targets (B, T) from 0 to 1."""
        return (label - self.zero) / self.unit

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Mean absolute error in units of the saturating output; a target that was not measured counts nowhere."""
        if self.training:
            image = random_view(batch["image"], self.band_mad, self.config.augment)
        else:
            image = central_view(batch["image"], self.config.augment)
        output = self._saturating(self.encoder(image))
        if self.training:
            self._pending = ((output <= 0) | (output >= 1)).detach().sum(), output.numel()
        return {"magnitude": masked_mae(output, self.to_unit(batch["label"]))}

    def after_step(self) -> None:
        """Shorten weights to the max-norm, and count saturated outputs."""
        self.top.constrain()
        saturated, outputs = self._pending
        self._saturated, self._outputs = self._saturated + saturated, self._outputs + outputs

    def watched(self) -> dict[str, float]:
        """``saturated``: share of this epoch's outputs at 0 or 1.

        Raises
        ------
        PhotozError
            If it is all of them: no gradient is left.
        """
        share = float(self._saturated) / max(self._outputs, 1)
        self._saturated = self._outputs = 0.0
        if share > DEAD:
            raise PhotozError(
                "magnitude_pretext: all outputs are saturated at 0 or 1, where they have no gradient; lower fit.lr, or "
                "choose options.divisor above the largest target"
            )
        return {"saturated": share}

    def encode(self, batch: Batch) -> Tensor:
        return self.encoder(central_view(batch["image"], self.config.augment))

    def predict(self, batch: Batch) -> Tensor:
        return self._saturating(self.encode(batch)) * self.unit + self.zero

    def _saturating(self, latents: Tensor) -> Tensor:
        return self.top(latents).clamp(0, 1)


def _scale(config: Config, spec: DataSpec) -> tuple[Tensor, Tensor]:
    """What a target of 0, and a difference of 1, are in the catalog's units: (T,) each."""
    low, high = spec.statistic("label_min"), spec.statistic("label_max")
    if config.scaling == "range":
        return low, torch.where(high > low, high - low, 1.0)
    for name, least, most in zip(config.targets, low.tolist(), high.tolist(), strict=True):
        if least >= 0 and most <= config.divisor:
            continue
        raise PhotozError(
            f"magnitude_pretext: {name} goes from {least:.3g} to {most:.3g}, not from 0 to {config.divisor:g}; leave "
            "out sentinels like 99, or set options.scaling = 'range'"
        )
    return torch.zeros_like(low), torch.full_like(low, config.divisor)
