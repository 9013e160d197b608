"""MoCo's dictionary: a momentum copy of the query network and a queue of its keys."""

import copy
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import get_ema_multi_avg_fn

from photoz_core.losses import info_nce
from photoz_core.options import Positive, PositiveFloat, Share, options


@options
class ContrastConfig:
    """MoCo's numbers as PITA uses them (arXiv 2602.10207).

    Parameters
    ----------
    queue : int
        K, number of keys kept.
    momentum : float
        m of θ_k ← m θ_k + (1 − m) θ_q.
    tau : float
        Temperature.
    hidden, dim : int
        Projection head: latent → hidden → ReLU → dim, then L2-normalised.
    enqueue : {"after", "before"}
        Whether a batch's keys join the queue after the loss (MoCo) or before it (PITA's code: each positive then also
        stands among the negatives, and the loss cannot fall below ln 2).
    """

    queue: Positive = 60_000
    momentum: Share = 0.999
    tau: PositiveFloat = 0.1
    hidden: Positive = 128
    dim: Positive = 64
    enqueue: Literal["after", "before"] = "after"


class MomentumContrast(nn.Module):
    """The key network, the queue and the contrastive loss (He et al. 2020, algorithm 1).

    Parameters
    ----------
    query_network : nn.Module
        image → features (B, dim); its copy becomes the key network. Kept by reference, owned by the method.
    config : ContrastConfig

    Notes
    -----
    Buffers (running statistics, where the encoder has any) are copied, not averaged.
    """

    def __init__(self, query_network: nn.Module, config: ContrastConfig):
        super().__init__()
        self.config = config
        self._query = [query_network]  # in a list: not a submodule a second time
        self.key_network = copy.deepcopy(query_network).requires_grad_(False)
        self.register_buffer("queue", F.normalize(torch.randn(config.queue, config.dim), dim=1))
        self.register_buffer("pointer", torch.zeros((), dtype=torch.long))
        self._keys: Tensor | None = None

    def loss(self, q: Tensor, key_view: Tensor) -> Tensor:
        """InfoNCE of the queries q (B, dim), L2-normalised, against the keys of `key_view` (B, C, H, W)."""
        with torch.no_grad():
            k = F.normalize(self.key_network(key_view).float(), dim=1)
        if self.training:
            self._keys = k
        negatives = self._enqueued(k) if self.config.enqueue == "before" else self.queue
        return info_nce(q, k, negatives, self.config.tau)

    @torch.no_grad()
    def advance(self) -> None:
        """After an optimiser step: momentum update, then enqueue the keys of the last training loss."""
        average = get_ema_multi_avg_fn(self.config.momentum)  # all parameters in one call
        average(list(self.key_network.parameters()), list(self._query[0].parameters()), 0)
        for key, query in zip(self.key_network.buffers(), self._query[0].buffers(), strict=True):
            key.copy_(query)
        if self._keys is not None:
            self.queue.copy_(self._enqueued(self._keys))
            self.pointer.copy_((self.pointer + len(self._keys)) % len(self.queue))
            self._keys = None

    def _enqueued(self, keys: Tensor) -> Tensor:
        """The queue with the oldest keys replaced by `keys`; wraps around."""
        slots = (self.pointer + torch.arange(len(keys), device=keys.device)) % len(self.queue)
        return self.queue.index_copy(0, slots[-len(self.queue) :], keys[-len(self.queue) :])
