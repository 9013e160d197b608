"""The top of Martinazzo et al. 2020: a wide layer with max-norm, dropout, a linear answer."""

import torch
from torch import Tensor, nn

from photoz_core.options import Positive, PositiveFloat, Share, options


@options
class TopConfig:
    """The layers that are trained anew for each task.

    Parameters
    ----------
    hidden : int
        Width of the fully connected layer.
    max_norm : float
        γ, the largest L2 norm of the weights that come into one of its units.
    dropout : float
        Share of its units that are left out of a training step.
    """

    hidden: Positive = 2048
    max_norm: PositiveFloat = 2.0
    dropout: Share = 0.5


class Top(nn.Module):
    """features (B, F) → FC with max-norm → ReLU → dropout → FC: (B, outputs).

    Call `constrain` after each step: the norm is bounded by projection, not by a penalty.
    """

    def __init__(self, features: int, outputs: int, config: TopConfig):
        super().__init__()
        self.max_norm = config.max_norm
        self.hidden, self.dropout = nn.Linear(features, config.hidden), nn.Dropout(config.dropout)
        self.answer = nn.Linear(config.hidden, outputs)
        nn.init.kaiming_normal_(self.hidden.weight, nonlinearity="relu")
        nn.init.xavier_normal_(self.answer.weight)
        nn.init.zeros_(self.hidden.bias)
        nn.init.zeros_(self.answer.bias)
        self.constrain()

    def forward(self, features: Tensor) -> Tensor:
        return self.answer(self.dropout(self.hidden(features).relu()))

    @torch.no_grad()
    def constrain(self) -> None:
        """Shorten the incoming weights (outputs, inputs) of each unit to `max_norm` where they are longer."""
        self.hidden.weight.copy_(torch.renorm(self.hidden.weight, p=2, dim=0, maxnorm=self.max_norm))
