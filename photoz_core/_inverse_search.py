"""Descent on latent codes: many spectra and many starts as one tensor, the network frozen."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from photoz_core._inverse_maps import LinearMap
from photoz_core._inverse_network import Network, product

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


def gradient_by_input(problem: Problem, last: nn.Linear) -> Callable[[Tensor], Tensor]:
    """Gradient (R, B, H) of the loss by the input h (R, B, H) of the generator's last layer, g = W h + b."""
    if bool((problem.weight == problem.weight[:1]).all()):
        return _quadratic(problem, last)
    back = last.weight.T.contiguous()
    return lambda h: product(problem.gradient(problem.residual(product(h, last.weight, last.bias))), back)


def _quadratic(problem: Problem, last: nn.Linear) -> Callable[[Tensor], Tensor]:
    """The same where all spectra share one mask M, by one product of H × H instead of two of H × L.

    (1/m) |M (A (W h + b) − y)|² (Rissaki et al. 2020, eq. 3) is quadratic in h, with the gradient (2/m) (h K − c):
    K = P Pᵀ and c = (y − A b) Pᵀ of P = (M A W)ᵀ, all made once.
    """
    two_over_m, P = 2 / problem.count[0], problem.A.apply(last.weight.T) * problem.weight[0]
    K = two_over_m * product(P, P)
    c = two_over_m * product(problem.y - problem.A.apply(last.bias), P)
    return lambda h: product(h, K).sub_(c)


@torch.no_grad()
def first_codes(network: Network, problem: Problem, guesses: Tensor, starts: int) -> Tensor:
    """Of `guesses` (K, D) the `starts` best of each spectrum, best first: (starts, B, D); they repeat where K is less.

    Only measured values decide, and no code of a training spectrum is among them.
    """
    order = problem.loss_of_all(network(guesses)).argsort(dim=1)
    return guesses[order[:, torch.arange(starts) % len(guesses)].T]


@torch.no_grad()
def descend(
    network: Network,
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
    by_input = gradient_by_input(problem, network.last)
    for t, rate in enumerate(rates, start=1):
        gradient = network.gradient(z, by_input).add_(z, alpha=2 * decay)
        m.lerp_(gradient, 1 - BETAS[0])
        v.lerp_(gradient.square_(), 1 - BETAS[1])
        size = (v / (1 - BETAS[1] ** t)).sqrt_().add_(EPSILON)
        z = project(z.addcdiv(m, size, value=-rate / (1 - BETAS[0] ** t)))
        yield z
