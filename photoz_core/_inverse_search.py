"""Descent on latent codes: many spectra and many starts as one tensor, the network frozen."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from photoz_core._inverse_maps import LinearMap

BETAS, EPSILON = (0.9, 0.999), 1e-8  # Adam's


class Problem:
    """(1/m) |A g − y|² for each spectrum, m its number of measured values (Rissaki et al. 2020, eq. 3).

    Parameters
    ----------
    A : LinearMap
    y : (B, m) or (R, B, m)
        In model units; R noise draws of it.
    weight : (B, m)
        1 where measured, else 0.
    """

    def __init__(self, A: LinearMap, y: Tensor, weight: Tensor):
        self.A, self.weight, self.count = A, weight, weight.sum(dim=1)
        self.y = torch.where(weight > 0, y, 0)

    def residual(self, g: Tensor) -> Tensor:
        """A g − y (R, B, m), 0 where not measured, of g (R, B, L)."""
        return self.A.apply(g).sub(self.y).mul_(self.weight)

    def loss(self, residual: Tensor) -> Tensor:
        """(R, B)"""
        return residual.square().sum(-1) / self.count

    def gradient(self, residual: Tensor) -> Tensor:
        """Of `loss` by g: (R, B, L)."""
        return self.A.apply_adjoint(residual * (2 / self.count[:, None]))

    def loss_of_all(self, g: Tensor) -> Tensor:
        """The loss of each spectrum, its first draw, with each of K shared guesses g (K, L): (B, K)."""
        guess, y = self.A.apply(g), self.y if self.y.ndim == 2 else self.y[0]
        return (self.weight @ guess.square().T - 2 * y @ guess.T) / self.count[:, None] + self.loss(y)[:, None]


@torch.no_grad()
def first_codes(network: nn.Module, problem: Problem, guesses: Tensor, starts: int) -> Tensor:
    """Of `guesses` (K, D) the `starts` best of each spectrum, best first: (starts, B, D); they repeat where K is less.

    Only measured values decide, and no code of a training spectrum is among them.
    """
    order = problem.loss_of_all(_run(network, guesses)).argsort(dim=1)
    return guesses[order[:, torch.arange(starts) % len(guesses)].T]


def descend(
    network: nn.Module,
    problem: Problem,
    z: Tensor,
    rates: list[float],
    decay: float,
    project: Callable[[Tensor], Tensor],
) -> Iterator[Tensor]:
    """Adam on the codes z (R, B, D), one step a learning rate; yields them after each.

    Parameters
    ----------
    decay : float
        λ of the term λ |z|² (eq. 4).
    project
        Puts the codes back after each step.
    """
    z, m, v = z.clone(), torch.zeros_like(z), torch.zeros_like(z)
    for t, rate in enumerate(rates, start=1):
        gradient = _gradient(network, problem, z).add_(z, alpha=2 * decay)
        m.lerp_(gradient, 1 - BETAS[0])
        v.lerp_(gradient.square_(), 1 - BETAS[1])
        size = (v / (1 - BETAS[1] ** t)).sqrt_().add_(EPSILON)
        z = project(z.addcdiv(m, size, value=-rate / (1 - BETAS[0] ** t)))
        yield z


@torch.no_grad()
def generate(network: nn.Module, z: Tensor) -> Tensor:
    """Spectra (R, B, L) in model units."""
    return _run(network, z)


def _gradient(network: nn.Module, problem: Problem, z: Tensor) -> Tensor:
    """Of the loss by z; a loss of one spectrum knows nothing of the others, so their sum's gradient is each one's."""
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        g = _run(network, z)
    return torch.autograd.grad(g, z, problem.gradient(problem.residual(g.detach())))[0]


def _run(network: nn.Module, z: Tensor) -> Tensor:
    with torch.autocast(z.device.type, enabled=False):
        return network(z)
