"""Multi-layer perceptrons."""

import itertools
from collections.abc import Sequence

from torch import nn


def mlp(sizes: Sequence[int], activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers of these `sizes` (input first, output last) with `activation` between them, none at the end.

    Weights start as He et al. 2015 derive it for ReLU: torch's own start shrinks a signal by √6 a layer, and heads of
    seven layers then answer a constant for their first hundreds of steps.
    """
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), activation()]
    for layer in layers[::2]:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="linear" if layer is layers[-2] else "relu")
        nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers[:-1])


HEADS = {"code": (256, 128, 128, 128, 128, 64), "blog": (128, 128, 128, 128, 128, 64)}
"""Hidden sizes of PITA's redshift and color heads: as the public code has them, as the blog prints them."""
