"""trainZ: every galaxy gets the redshift distribution of the training labels (the control of Schmidt et al. 2020)."""

import torch
from torch import Tensor

from photoz_core.losses import masked_mse
from photoz_core.methods._photometry import Features
from photoz_core.methods.base import Batch, DataSpec, Method, finite_rows
from photoz_core.options import options

LEVELS = 1001  # quantiles of the labels that are kept


@options
class Config:
    """It has no options."""


class Model(Method):
    """Perfectly calibrated and useless: what PIT alone cannot tell from a good method."""

    needs = ("magnitude", "label")
    trained_whole = True
    gives_pdf = True

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.features = Features(spec)
        self.register_buffer("quantiles", torch.zeros(LEVELS))

    def fit_whole(self, batch: Batch) -> None:
        z = batch["label"][finite_rows(batch["label"]), 0]
        self.quantiles.copy_(torch.quantile(z, torch.linspace(0, 1, LEVELS, device=z.device)))

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Squared error of the labels' median; it has no gradient."""
        return {"redshift": masked_mse(self.predict(batch), batch["label"])}

    def encode(self, batch: Batch) -> Tensor:
        """The photometric features (B, 2C): it has no latents of its own."""
        return self.features(batch["magnitude"])

    def predict(self, batch: Batch) -> Tensor:
        return self.quantiles[LEVELS // 2].expand(len(batch["magnitude"]), 1)

    def cdf(self, batch: Batch, edges: Tensor) -> Tensor:
        right = torch.searchsorted(self.quantiles, edges, right=True).clamp(1, LEVELS - 1)
        low, high = self.quantiles[right - 1], self.quantiles[right]
        share = ((edges - low) / (high - low).clamp(min=1e-12)).clamp(0, 1)
        return ((right - 1 + share) / (LEVELS - 1)).expand(len(batch["magnitude"]), -1)
