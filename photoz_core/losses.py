"""Formulas used by two or more methods."""

import torch
from torch import Tensor
from torch.nn import functional as F


def info_nce(q: Tensor, k: Tensor, negatives: Tensor, tau: float) -> Tensor:
    r"""InfoNCE, mean over queries.

    .. math:: l_q = -\log \frac{\exp(q \cdot k_+ / \tau)}{\exp(q \cdot k_+ / \tau) + \sum_i \exp(q \cdot k_i / \tau)}

    Parameters
    ----------
    q, k : (B, D)
        Queries and their positive keys, L2-normalised.
    negatives : (K, D)
        Keys of other objects, L2-normalised.
    tau : float
        Temperature.

    Notes
    -----
    van den Oord et al. 2018, eq. 4, with cosine similarity as in He et al. 2020. The logits reach 1/tau, so they are
    kept in float32 under autocast.
    """
    with torch.autocast(q.device.type, enabled=False):
        q, k, negatives = q.float(), k.float(), negatives.float()
        positive = (q * k).sum(1, keepdim=True)
        logits = torch.cat([positive, q @ negatives.T], dim=1) / tau
        return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long, device=q.device))


def masked_huber(prediction: Tensor, target: Tensor, delta: float) -> Tensor:
    """Huber loss over the finite targets; 0 (with a graph) when there is none.

    Parameters
    ----------
    prediction, target : (B, T)
        `target` is NaN where unknown.
    delta : float
        0.5 e² up to |e| = delta, delta (|e| − delta/2) beyond (PITA, `L_z`, delta = 0.15).
    """
    return _masked_mean(F.huber_loss(prediction.float(), _known(target), reduction="none", delta=delta), target)


def masked_mse(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared error over the finite targets; 0 (with a graph) when there is none. Shapes as in `masked_huber`."""
    return _masked_mean((prediction.float() - _known(target)) ** 2, target)


def masked_mae(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error over the finite targets; 0 (with a graph) when there is none. Shapes as in `masked_huber`."""
    return _masked_mean((prediction.float() - _known(target)).abs(), target)


def masked_cross_entropy(logits: Tensor, label: Tensor) -> Tensor:
    """Cross-entropy over the rows whose class is known.

    Parameters
    ----------
    logits : (B, K)
    label : (B, 1)
        Class index, NaN where unknown.
    """
    loss = F.cross_entropy(logits.float(), _known(label)[:, 0].long(), reduction="none")
    return _masked_mean(loss[:, None], label)


def _known(target: Tensor) -> Tensor:
    return torch.nan_to_num(target.float(), nan=0.0)


def _masked_mean(loss: Tensor, target: Tensor) -> Tensor:
    known = torch.isfinite(target)
    return (loss * known).sum() / known.sum().clamp(min=1)
