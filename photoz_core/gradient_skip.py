"""Gradient skipping: steps with an outlying gradient are not taken (Child 2021, arXiv 2011.10650)."""

import torch
from torch import Tensor

from photoz_core.methods.base import Method

PERCENTILE = 0.999
MEMORY = 10_000  # norms that the percentile is taken of
REFRESH = 100  # steps between two looks at the percentile


class GradientSkip:
    """Decides before clipping whether a step is taken; a skipped one leaves weights, moments and step count alone.

    Nothing waits for the device: the optimiser itself reads the verdict there, by the flag that gradient scaling uses
    for overflows.

    Parameters
    ----------
    factor : float
        The cutoff in units of the 99.9 percentile of the norms so far.
    after : int
        Steps before the first that may be skipped.
    device : torch.device
    """

    def __init__(self, factor: float, after: int, device: torch.device):
        self.factor, self.after = factor, after
        self.norms = torch.zeros(MEMORY, device=device)
        self.cutoff = torch.full((), torch.inf, device=device)
        self.skipped = torch.zeros((), device=device)
        self.steps = 0

    def look(self, method: Method, optimizer: torch.optim.Optimizer) -> None:
        """Tell `optimizer`, which must be fused, whether its next step is to be skipped."""
        gradients = [parameter.grad for parameter in method.parameters() if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.steps >= self.after and self.steps % REFRESH == self.after % REFRESH:
            self.cutoff = self.factor * torch.quantile(self.norms[: min(self.steps, MEMORY)], PERCENTILE)
        skip = ~(norm <= self.cutoff)  # a norm that is NaN is skipped too
        self.norms[self.steps % MEMORY] = torch.where(skip, self.cutoff, norm).nan_to_num(nan=0.0, posinf=0.0)
        self.steps += 1
        self.skipped += skip
        optimizer.grad_scale, optimizer.found_inf = None, skip.float()

    def share(self) -> float:
        """Share of all steps so far that was skipped."""
        return float(self.skipped) / max(self.steps, 1)

    def state(self) -> dict[str, Tensor | int]:
        """What a checkpoint keeps."""
        return {"norms": self.norms, "cutoff": self.cutoff, "skipped": self.skipped, "steps": self.steps}

    def load(self, state: dict[str, Tensor | int]) -> None:
        """Go on from a checkpoint's `state`."""
        self.steps = int(state["steps"])
        for name in ("norms", "cutoff", "skipped"):
            getattr(self, name).copy_(state[name])
