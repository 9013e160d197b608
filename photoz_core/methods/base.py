"""Method: an nn.Module with a frozen Config and one loss."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor, nn

from photoz_core.errors import PhotozError

Batch = dict[str, Tensor]
"""What `loss`, `encode` and `predict` get, all float32 on one device.

``image`` (B, C, H, W) [µJy], ``pair`` another image of the same, ``magnitude`` (B, C) [AB mag] with NaN where not
measured, ``magnitude_error`` (B, C) [mag] with NaN where unknown, ``covariate`` (B, E), ``label`` (B, T) with NaN where
hidden or unknown (a class is its index). ``spectrum``, ``spectrum_error`` (B, L) in the dataset's units,
``spectrum_mask`` (B, L) 1 where it was not measured and the value was filled in, else 0; ``row`` (B,) int64, the place
of an object in the training split, −1 outside.
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
        Of the training rows only: ``color_mean``, ``color_std`` [mag] of `photometric_features`; ``feature_mean``,
        ``feature_std`` of `vae_features`; ``band_mad`` (C,) pixel scatter [µJy]; ``label_mean``, ``label_std``,
        ``label_min``, ``label_max`` (T,) of the visible labels, ``log_label_mean``, ``log_label_std`` of the positive
        ones; ``label_share`` (1,), the share of rows with a visible label; ``error_share`` (C,), that with a magnitude
        error;
        ``spectrum_mean`` (L,) of the measured pixels, ``spectrum_scale`` (1,) their standard deviation around it;
        ``rows`` (1,), the number of training rows.
    covariates : tuple of str
        Columns of ``batch["covariate"]``.
    """

    bands: tuple[str, ...] = ()
    image_shape: tuple[int, ...] = ()
    labels: tuple[str, ...] = ("z_spec",)
    classes: tuple[str, ...] = ()
    statistics: dict[str, list[float]] = field(default_factory=dict)
    covariates: tuple[str, ...] = ()

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
    gives_pdf : bool
        Whether `cdf` gives the redshift's distribution; its median is then the estimate, and `predict` is not asked.
    positive_labels : bool
        Whether it can learn from positive labels only; its Config then says in `nonpositive` what becomes of others.
    cheap_labels : bool
        Whether its labels are measured for every object (magnitudes, sizes): none is hidden from it, and what starts
        from it must not be judged on objects it has seen.
    spaces : tuple of str
        Names of further latent spaces, given by `encode_spaces`.
    """

    needs: tuple[str, ...] = ("image", "label")
    uses_unlabelled: bool = False
    predicts: bool = True
    gives_pdf: bool = False
    positive_labels: bool = False
    cheap_labels: bool = False
    spaces: tuple[str, ...] = ()

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

    def encode_spaces(self, batch: Batch) -> dict[str, Tensor]:
        """The latents (B, D) of each of `spaces`."""
        return {}

    def cdf(self, batch: Batch, edges: Tensor) -> Tensor:
        """Cumulative probability (B, G) of the redshift at `edges` (G,)."""
        raise NotImplementedError(f"{type(self).__module__} gives no PDF")

    def scores(self, batch: Batch) -> dict[str, Tensor]:
        """Further columns (B,) of the predictions, e.g. an anomaly score."""
        return {}

    def remarks(self) -> list[str]:
        """What whoever trains it should know of how it takes these data, one sentence each."""
        return []

    def prepare(self, train) -> None:
        """Called before the first step with the training `Rows`: a start that needs the data."""

    def after_step(self) -> None:
        """Called after each optimiser step: momentum updates, queues, constraints."""

    def watched(self) -> dict[str, float]:
        """Further columns of the history, asked at the end of each epoch; no loss."""
        return {}

    def learn_head_only(self, alone: bool) -> None:
        """Whether the encoder stands still for now (`FitConfig.head_epochs`)."""
        raise PhotozError(f"fit.head_epochs: {type(self).__module__.rpartition('.')[2]} has no head that learns alone")

    def parameter_groups(self, lr: float) -> list[dict]:
        """Trainable parameters with their learning rates, for the optimiser."""
        return [{"params": [p for p in self.parameters() if p.requires_grad], "lr": lr}]

    def fit_whole(self, batch: Batch) -> None:
        """For methods without gradient steps (`trained_whole`): fit all rows at once."""
        raise NotImplementedError

    trained_whole: bool = False


@torch.no_grad()
def start_at_mean(answer: nn.Linear, spec: DataSpec) -> None:
    """Let a head's last layer answer the training labels' mean at first: no epochs are spent on finding it."""
    answer.bias.copy_(spec.statistic("label_mean"))


def finite_rows(label: Tensor) -> Tensor:
    """Mask (B,) of the rows all of whose labels are known."""
    return torch.isfinite(label).all(dim=1)
