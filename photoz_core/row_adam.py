"""Adam for tables of which a step reads a few rows: the others keep value, moments and step count."""

import math

import torch
from torch import Tensor


class RowAdam(torch.optim.Adam):
    """Fused Adam over the networks; parameter groups marked ``rows`` are tables (N, D) stepped row by row.

    A row whose gradient is zero was not in the batch, and stays as it is to the bit. In an ordinary Adam it would go on
    moving by its old momentum; in torch's SparseAdam it stays, but all rows share one count of steps, and a row seen
    once in fifty steps is then corrected for a start that it has not made.

    Parameters
    ----------
    groups : list of dict
        As `Method.parameter_groups` gives them. Weight decay of a table is not supported: give it 0.
    decoupled_weight_decay : bool
        Of the networks: AdamW.

    Notes
    -----
    Kingma & Ba 2015, algorithm 1, with one t for each row. Nothing waits for the device.
    """

    def __init__(self, groups: list[dict], lr: float, weight_decay: float, decoupled_weight_decay: bool):
        super().__init__(
            groups, lr=lr, weight_decay=weight_decay, fused=True, decoupled_weight_decay=decoupled_weight_decay
        )

    @torch.no_grad()
    def step(self, closure=None) -> None:
        """One step of all groups; a table's gradient is used up by it."""
        skipped = getattr(self, "found_inf", None)  # set by `GradientSkip`
        for group in self.param_groups:
            if group.get("rows"):
                for table in group["params"]:
                    if table.grad is not None:
                        self._step_rows(table, group, skipped)
                        table.grad = None  # the fused step below passes over it
        super().step(closure)

    def _step_rows(self, table: Tensor, group: dict, skipped: Tensor | None) -> None:
        state, (beta1, beta2) = self.state[table], group["betas"]
        if not state:
            state["step"] = torch.zeros(len(table), 1, device=table.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(table), torch.zeros_like(table)
        seen = table.grad.any(dim=1, keepdim=True).float()
        if skipped is not None:
            seen *= 1 - skipped
        t = state["step"].add_(seen).clamp(min=1)
        m = state["exp_avg"].lerp_(table.grad, (seen * (1 - beta1)).expand_as(table))
        v = state["exp_avg_sq"].lerp_(table.grad.square(), (seen * (1 - beta2)).expand_as(table))
        start1, start2 = (-torch.expm1(t * math.log(beta)) for beta in (beta1, beta2))  # 1 − βᵗ, exact in float32
        table.sub_(seen * group["lr"] / start1 * m / ((v / start2).sqrt_() + group["eps"]))
