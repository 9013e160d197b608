"""Inputs of the photometric methods."""

import torch
from torch import Tensor, nn

from photoz_core.features import photometric_features
from photoz_core.methods.base import DataSpec


class Features(nn.Module):
    """magnitude (B, C) → (B, 2C): standardised colors and reddest magnitude, 0 where missing; then missing flags."""

    def __init__(self, spec: DataSpec):
        super().__init__()
        self.register_buffer("mean", spec.statistic("color_mean"))
        self.register_buffer("std", spec.statistic("color_std"))
        self.width = 2 * len(spec.bands)

    def forward(self, magnitude: Tensor) -> Tensor:
        value = (photometric_features(magnitude) - self.mean) / self.std
        return torch.cat([torch.nan_to_num(value, nan=0.0), torch.isnan(value).to(value)], dim=1)
