"""Inverse problems of spectra, y = A x + η: the spectrum a trained generator finds behind what was measured."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from photoz_core._inverse_maps import Dense, Downsample, Identity, LinearMap, Points, Window
from photoz_core._inverse_network import Network
from photoz_core._inverse_search import Problem, descend, first_codes
from photoz_core.errors import PhotozError
from photoz_core.nets.spectra import SpectrumGenerator, random_codes
from photoz_core.options import NonNegative, NonNegativeInt, Positive, PositiveFloat, options

__all__ = ["Dense", "Downsample", "Identity", "LinearMap", "Points", "Search", "Solution", "Window", "answers", "solve"]

EQUALLY_GOOD = 1.5  # times the best loss: what still counts as an answer


@options
class Search:
    """How a code is searched for.

    Parameters
    ----------
    how : {"projection", "regularisation"}
        ``projection`` puts the code back onto the generator's sphere after each step (Rissaki et al. 2020, eq. 3);
        ``regularisation`` adds λ |z|² instead (eq. 4).
    lam : float
        λ, to a loss in model units; unpublished.
    steps : int
        Of Adam; the paper's 1000.
    lr : float
        The paper's 0.01.
    schedule : {"cosine", "constant"}
        ``cosine`` falls to 0 at the last step; the paper states none.
    restarts : int
        Descents of each spectrum; the one with the least loss on the measured values is the answer.
    guesses : int
        Random codes of which each spectrum takes its best to start from; equal to `restarts`, a start is random.
    draws : int
        Further descents, each for y with new noise of the given errors: their scatter is the answer's `spread`.
    seed : int
        Of the guesses and the noise.
    """

    how: Literal["projection", "regularisation"] = "projection"
    lam: NonNegative = 1e-3
    steps: Positive = 1000
    lr: PositiveFloat = 0.01
    schedule: Literal["cosine", "constant"] = "cosine"
    restarts: Positive = 4
    guesses: Positive = 512
    draws: NonNegativeInt = 0
    seed: NonNegativeInt = 0

    def rates(self) -> list[float]:
        """Learning rate of each step."""
        if self.schedule == "constant":
            return [self.lr] * self.steps
        return [self.lr * 0.5 * (1 + math.cos(math.pi * step / self.steps)) for step in range(self.steps)]


@dataclass(frozen=True, eq=False)
class Solution:
    """What is behind B measurements.

    Parameters
    ----------
    x : (B, L)
        Spectra, in the data's units.
    z : (B, D)
        Their codes; of a baseline its coefficients, or none (B, 0).
    loss_measured : (B,)
        Mean squared residual of the measured values, in the data's units squared.
    spread : (B, L)
        1σ, in the data's units. With noise draws: the standard deviation of the answers to y with new noise, from
        starts of their own. Without: that of the restarts which are as good as the best (up to 1.5 times its loss),
        that is how far equally good answers differ; no error of measurement is in it, and it is 0 where there is one
        alone. Neither knows what the generator cannot draw. NaN where a method says nothing.
    steps : int
        After which this was found.
    """

    x: Tensor
    z: Tensor
    loss_measured: Tensor
    spread: Tensor
    steps: int = 0


def solve(
    generator: SpectrumGenerator,
    y: Tensor,
    A: LinearMap,
    measured: Tensor | None = None,
    search: Search = Search(),  # noqa: B008
    error: Tensor | None = None,
    start: Tensor | None = None,
) -> Solution:
    """x = G(z) with z = argmin (1/m) |A G(z) − y|², all spectra and restarts as one tensor (Rissaki et al. 2020).

    Parameters
    ----------
    generator : SpectrumGenerator
        Is left as it is, and used as in eval mode.
    y : (B, m)
        In the data's units; anything where not measured.
    A : LinearMap
    measured : (B, m) bool, optional
        Which entries of y were measured, beside what A says.
    error : (B, m), optional
        1σ of y, for ``search.draws``.
    start : (B, D), optional
        Codes that the first descent starts from, e.g. an earlier answer's.

    Returns
    -------
    solution : Solution
        Each spectrum's answer is that of the spectrum alone, to rounding.

    Raises
    ------
    PhotozError
        If a spectrum has no measured value, or a measured one that is not a number.
    """
    *_, last = answers(generator, y, A, measured, search, error, start)
    return last


def answers(
    generator: SpectrumGenerator,
    y: Tensor,
    A: LinearMap,
    measured: Tensor | None = None,
    search: Search = Search(),  # noqa: B008
    error: Tensor | None = None,
    start: Tensor | None = None,
    at: Sequence[int] = (),
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Solution]:
    """The same as `solve`, with the answers after `at` steps on the way, coarse ones first; the last one is `solve`'s.

    For a page: stop iterating, or let `cancelled` (asked before each step) return True, and the work ends.
    """
    weight = A.weight(y, measured)
    target = (y - A.apply(generator.mean)) / generator.scale
    if search.draws:
        target = _with_noise(target, error, float(generator.scale), search)
    network, problem = Network(generator.frozen()), Problem(A, target, weight)
    guesses = generator.project(random_codes(search.guesses, generator.dim, search.seed, y.device))
    z = first_codes(network, problem, guesses, search.restarts + search.draws)
    if start is not None:
        z[0] = start
    projected = search.how == "projection"
    path = descend(
        network,
        problem,
        z,
        search.rates(),
        0.0 if projected else search.lam,
        generator.project if projected else lambda z: z,
    )
    for step, z in enumerate(path, start=1):
        if step in at or step == search.steps:
            yield _answer(generator, network, problem, z, search, step)
        if cancelled():
            return


@torch.no_grad()
def _answer(generator, network: Network, problem: Problem, z: Tensor, search: Search, step: int) -> Solution:
    """The best restart of each spectrum by its measured values, and how far the others are from it."""
    g, count = network(z), search.restarts
    loss = problem.loss(problem.residual(g))[:count]
    best, spectrum = loss.argmin(dim=0), torch.arange(z.shape[1], device=z.device)
    least = loss[best, spectrum]
    others = g[count:] if search.draws else g[:count]
    equal = torch.ones_like(others[..., 0]) if search.draws else (loss <= EQUALLY_GOOD * least).float()
    scale = generator.scale
    return Solution(
        generator.to_data(g[best, spectrum]), z[best, spectrum], least * scale**2, scale * _std(others, equal), step
    )


def _std(x: Tensor, weight: Tensor) -> Tensor:
    """Standard deviation (B, L) over the first axis of x (R, B, L), of those with weight (R, B) 1; 0 of one alone."""
    weight = weight[..., None]
    count = weight.sum(0)
    mean = (weight * x).sum(0) / count
    return ((weight * (x - mean) ** 2).sum(0) / (count - 1).clamp(min=1)).sqrt()


def _with_noise(y: Tensor, error: Tensor | None, scale: float, search: Search) -> Tensor:
    """y (restarts + draws, B, m): as it is for each restart, with noise of its own for each draw."""
    if error is None:
        raise PhotozError("search.draws: noise draws need the errors of y; give error, or draws = 0")
    generator = torch.Generator().manual_seed(search.seed + 1)
    noise = torch.randn(search.draws, *y.shape, generator=generator).to(y) * error / scale
    return torch.cat([y.expand(search.restarts, *y.shape), y + noise])
