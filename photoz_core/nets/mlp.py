"""Multi-layer perceptrons."""

import itertools
from collections.abc import Sequence

from torch import nn


def mlp(sizes: Sequence[int], activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers of these `sizes` (input first, output last) with `activation` between them, none at the end."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), activation()]
    return nn.Sequential(*layers[:-1])


HEADS = {"code": (256, 128, 128, 128, 128, 64), "blog": (128, 128, 128, 128, 128, 64)}
"""Hidden sizes of PITA's redshift and color heads: as the public code has them, as the blog prints them."""
