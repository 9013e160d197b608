"""The generator of spectra from latent codes, and where codes may lie."""

import copy
import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_linear_bn_eval

SLOPE = 0.01  # of LeakyReLU below zero

PROJECTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sphere": lambda z: F.normalize(z, dim=-1),
    "ball": lambda z: z / z.norm(dim=-1, keepdim=True).clamp(min=1),  # Bojanowski et al. 2018
    "none": lambda z: z,
}
"""Where a code (…, D) is put after each step: on the unit sphere, into the unit ball, nowhere else."""


class SpectrumGenerator(nn.Module):
    """G: code z (B, D) → spectrum (B, L), a fully connected network (Rissaki et al. 2020, section 3.2).

    Parameters
    ----------
    dim : int
        D.
    widths : sequence of int
        Of the hidden layers, each with batch normalisation and LeakyReLU; the output is linear.
    mean : (L,)
        Mean spectrum of the training rows, in the data's units.
    scale : float
        What one model unit is in the data's units: x = mean + scale · network(z).
    projection : {"sphere", "ball", "none"}
    """

    def __init__(self, dim: int, widths: Sequence[int], mean: Tensor, scale: float, projection: str = "sphere"):
        super().__init__()
        self.dim, self.projection = dim, projection
        self.register_buffer("mean", mean)
        self.register_buffer("scale", torch.tensor(float(scale)))
        layers: list[nn.Module] = []
        for fan_in, fan_out in itertools.pairwise((dim, *widths)):
            linear = nn.Linear(fan_in, fan_out, bias=False)  # the normalisation has one
            nn.init.kaiming_normal_(linear.weight, a=SLOPE, nonlinearity="leaky_relu")
            layers += [linear, nn.BatchNorm1d(fan_out), nn.LeakyReLU(SLOPE)]
        self.network = nn.Sequential(*layers, nn.Linear(widths[-1], len(mean)))

    def forward(self, z: Tensor) -> Tensor:
        """Spectra (B, L) in the data's units."""
        return self.to_data(self.network(z))

    def project(self, z: Tensor) -> Tensor:
        """Codes (…, D) put back to where they may lie."""
        return PROJECTIONS[self.projection](z)

    def to_model(self, x: Tensor) -> Tensor:
        """Spectra (…, L) in model units."""
        return (x - self.mean) / self.scale

    def to_data(self, g: Tensor) -> Tensor:
        """Spectra (…, L) from model units."""
        return self.mean + self.scale * g

    def frozen(self) -> nn.Sequential:
        """The network as it is in eval mode, in model units: normalisations folded into the layers, no gradients."""
        *hidden, output = copy.deepcopy(self.network).eval()
        folded: list[nn.Module] = []
        for linear, norm, activation in zip(hidden[::3], hidden[1::3], hidden[2::3], strict=True):
            folded += [fuse_linear_bn_eval(linear, norm), activation]
        return nn.Sequential(*folded, output).requires_grad_(False)


def random_codes(count: int, dim: int, seed: int, device: torch.device | str = "cpu") -> Tensor:
    """`count` codes (count, dim) drawn from N(0, I), the same on every device."""
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(seed)).to(device)
