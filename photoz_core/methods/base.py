"""Method: an nn.Module with a frozen Config and one loss."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

Batch = dict[str, Tensor]
"""What `loss`, `encode` and `predict` get, all float32 on one device.

``image`` (B, C, H, W) [µJy], ``magnitude`` (B, C) [AB mag] with NaN where not measured,
``label`` (B, T) with NaN where hidden or unknown (a class is its index).
"""


@dataclass(frozen=True)
class DataSpec:
    """What a method knows of the data when it is built; saved in the run, so that its weights can be loaded again.

    Parameters
    ----------
    bands : tuple of str
        Bands of `image` channels and `magnitude` columns.
    image_shape : tuple of int
        (C, H, W), empty without images.
    labels : tuple of str
        Columns of ``batch["label"]``.
    classes : tuple of str
        Names of the classes where the label is one.
    statistics : dict
        Of the training rows only: ``magnitude_mean``, ``magnitude_std``, ``color_mean``, ``color_std`` [mag];
        ``band_mad`` (C,) pixel scatter [µJy]; ``label_mean``, ``label_std`` (T,) of the visible labels.
    """

    bands: tuple[str, ...] = ()
    image_shape: tuple[int, ...] = ()
    labels: tuple[str, ...] = ("z_spec",)
    classes: tuple[str, ...] = ()
    statistics: dict[str, list[float]] = field(default_factory=dict)

    def statistic(self, name: str) -> Tensor:
        """Statistic `name` as a float32 tensor."""
        return torch.tensor(self.statistics[name], dtype=torch.float32)

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, value: dict) -> "DataSpec":
        return cls(**{key: tuple(item) if isinstance(item, list) else item for key, item in value.items()})


class Method(nn.Module, ABC):
    """A way to learn from galaxies.

    A subclass stands in one file of `photoz_core.methods` under the name `Model`, with its options in a frozen
    dataclass `Config` beside it.

    Attributes
    ----------
    needs : tuple of str
        Keys of the batch it reads.
    uses_unlabelled : bool
        Whether rows without a visible label are trained on.
    predicts : bool
        Whether `predict` returns values for the labels.
    """

    needs: tuple[str, ...] = ("image", "label")
    uses_unlabelled: bool = False
    predicts: bool = True

    def __init__(self, config, spec: DataSpec):
        super().__init__()
        self.config, self.spec = config, spec

    @classmethod
    def labels(cls, config) -> tuple[str, ...]:
        """Catalog columns that make ``batch["label"]``."""
        return ("z_spec",)

    @abstractmethod
    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Weighted scalar terms; their sum is minimised. Changes no state, and is finite on a batch without labels."""

    @abstractmethod
    def encode(self, batch: Batch) -> Tensor:
        """Latents (B, D), deterministic in eval mode."""

    def predict(self, batch: Batch) -> Tensor:
        """Estimates (B, T) of the labels, or class probabilities (B, K) for a classification."""
        raise NotImplementedError(f"{type(self).__module__} predicts nothing")

    def after_step(self) -> None:
        """Called after each optimiser step: momentum updates, queues, constraints."""

    def parameter_groups(self, lr: float) -> list[dict]:
        """Trainable parameters with their learning rates, for the optimiser."""
        return [{"params": [p for p in self.parameters() if p.requires_grad], "lr": lr}]

    def fit_whole(self, batch: Batch) -> None:
        """For methods without gradient steps (`trained_whole`): fit all rows at once."""
        raise NotImplementedError

    trained_whole: bool = False


@torch.no_grad()
def start_at_mean(head: nn.Sequential, spec: DataSpec) -> None:
    """Let a regression head answer the training labels' mean at first: no epochs are spent on finding it."""
    head[-1].bias.copy_(spec.statistic("label_mean"))


def finite_rows(label: Tensor) -> Tensor:
    """Mask (B,) of the rows all of whose labels are known."""
    return torch.isfinite(label).all(dim=1)


def photometric_features(magnitude):
    """Adjacent colors and the reddest magnitude: (N, C) [mag] → (N, C) [mag], of numpy or torch.

    The four targets of PITA's color loss (F606W − F814W, F814W − F125W, F125W − F160W, m_F160W), for any bands.
    """
    join = torch.cat if isinstance(magnitude, Tensor) else np.concatenate
    return join([magnitude[:, :-1] - magnitude[:, 1:], magnitude[:, -1:]], 1)
