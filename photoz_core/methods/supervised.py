"""Every labelled training: redshift, other parameters or classes; from scratch or from a parent."""

from typing import Literal

import torch
from torch import Tensor

from photoz_core.augment import AugmentConfig, central_view, random_view
from photoz_core.errors import PhotozError
from photoz_core.losses import masked_cross_entropy, masked_huber, masked_mse
from photoz_core.methods.base import Batch, DataSpec, Method, start_at_mean
from photoz_core.nets.constrained import Top, TopConfig
from photoz_core.nets.encoder import Encoder, EncoderConfig
from photoz_core.nets.mlp import HEADS, mlp
from photoz_core.options import NonNegative, PositiveFloat, options


@options
class Config:
    """Options of a labelled training.

    Parameters
    ----------
    targets : tuple of str
        Catalog columns to predict; one category for a classification.
    task : {"regression", "classification"}
        Whether the targets are numbers or a category.
    loss : {"huber", "mse"}
        Of a regression; Huber with `delta` is PITA's.
    delta : float
        Residual beyond which Huber's loss grows linearly, in the label's own unit (or scatter, see `standardise`).
    start : {"scratch", "imagenet", "parent"}
        Where the encoder's weights come from. `parent` takes the encoder, its options included, of the run named by the
        recipe's `parent`.
    standardise : bool
        Learn labels of a regression over their training scatter: several of unlike units then weigh alike.
    heads : {"code", "blog", "constrained"}
        PITA's as its code or its blog has them, or a wide layer with max-norm and dropout: `top`.
    frozen : bool
        Train the head only: feature extraction.
    encoder_lr : float
        Learning rate of the encoder as a multiple of the head's; 1 from scratch, PITA's recommended fine-tuning 0.2.
    """

    encoder: EncoderConfig = EncoderConfig()
    augment: AugmentConfig = AugmentConfig(crop=64)
    targets: tuple[str, ...] = ("z_spec",)
    task: Literal["regression", "classification"] = "regression"
    loss: Literal["huber", "mse"] = "huber"
    delta: PositiveFloat = 0.15
    standardise: bool = False
    heads: Literal["code", "blog", "constrained"] = "code"
    top: TopConfig = TopConfig()
    start: Literal["scratch", "imagenet", "parent"] = "scratch"
    frozen: bool = False
    encoder_lr: NonNegative = 1.0


class Model(Method):
    """Encoder and one head; loss on labelled objects only."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        if (config.start == "imagenet") != (config.encoder.weights == "imagenet"):
            raise PhotozError("supervised: start = 'imagenet' and encoder.weights = 'imagenet' go together")
        if config.task == "classification" and len(spec.classes) < 2:
            raise PhotozError(
                f"supervised: {config.targets} holds {len(spec.classes)} class(es); a classification needs two"
            )
        outputs = len(spec.classes) if config.task == "classification" else len(config.targets)
        self.register_buffer("band_mad", spec.statistic("band_mad"))
        self.encoder = Encoder(config.encoder, len(spec.bands), self.band_mad)
        self.learn_head_only(config.frozen)
        if config.heads == "constrained":
            self.head = Top(self.encoder.width, outputs, config.top)
        else:
            self.head = mlp((self.encoder.width, *HEADS[config.heads], outputs))
        if config.task == "regression":
            mean, std = spec.statistic("label_mean"), spec.statistic("label_std")
            self.register_buffer("zero", mean if config.standardise else torch.zeros_like(mean), persistent=False)
            self.register_buffer("unit", std if config.standardise else torch.ones_like(std), persistent=False)
            if not config.standardise:
                start_at_mean(self.head.answer if config.heads == "constrained" else self.head[-1], spec)

    @classmethod
    def labels(cls, config: Config) -> tuple[str, ...]:
        return config.targets

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Huber, mean squared error or cross-entropy of the labelled objects."""
        config, label = self.config, batch["label"]
        if self.training:
            output = self.head(self.encoder(random_view(batch["image"], self.band_mad, config.augment)))
        else:
            output = self.head(self.encode(batch))
        if config.task == "classification":
            return {"class": masked_cross_entropy(output, label)}
        label = (label - self.zero) / self.unit
        loss = masked_mse(output, label) if config.loss == "mse" else masked_huber(output, label, config.delta)
        return {"regression" if config.targets != ("z_spec",) else "redshift": loss}

    def train(self, mode: bool = True) -> "Model":
        """A frozen encoder stays in eval mode: its stochastic depth and running statistics stand still."""
        super().train(mode)
        if self._still:
            self.encoder.eval()
        return self

    def learn_head_only(self, alone: bool) -> None:
        self._still = alone or self.config.frozen
        self.encoder.requires_grad_(not self._still)

    def after_step(self) -> None:
        if self.config.heads == "constrained":
            self.head.constrain()

    def parameter_groups(self, lr: float) -> list[dict]:
        groups = [{"params": list(self.head.parameters()), "lr": lr}]
        if not self._still:
            groups.append({"params": list(self.encoder.parameters()), "lr": lr * self.config.encoder_lr})
        return groups

    def encode(self, batch: Batch) -> Tensor:
        return self.encoder(central_view(batch["image"], self.config.augment))

    def predict(self, batch: Batch) -> Tensor:
        output = self.head(self.encode(batch))
        return output.softmax(dim=1) if self.config.task == "classification" else output * self.unit + self.zero
