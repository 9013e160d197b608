"""What a generator of spectra must beat: the mean spectrum, lines between neighbours, principal components.

Each is made once and then called like `photoz_core.inverse.solve` without its generator:
``baseline(y, A, measured) -> Solution``.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from photoz_core.errors import PhotozError
from photoz_core.inverse import LinearMap, Solution


@dataclass(frozen=True, eq=False)
class MeanSpectrum:
    """The training spectra's mean, whatever was measured; its spread is theirs.

    Parameters
    ----------
    mean, std : (L,)
        In the data's units.
    """

    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, spectra: Tensor) -> "MeanSpectrum":
        """Of training spectra (N, L), their gaps filled."""
        return cls(spectra.mean(0), spectra.std(0, correction=min(1, len(spectra) - 1)))

    def __call__(self, y: Tensor, A: LinearMap, measured: Tensor | None = None) -> Solution:
        x = self.mean.to(y).expand(len(y), -1)
        return _solution(x, y.new_empty(len(y), 0), y, A, measured, self.std.to(y).expand_as(x))


@dataclass(frozen=True, eq=False)
class Interpolation:
    """Straight lines over wavelength between measured values, and the first and last one kept beyond them.

    Parameters
    ----------
    wavelength : (L,) [Å]
    """

    wavelength: Tensor

    def __call__(self, y: Tensor, A: LinearMap, measured: Tensor | None = None) -> Solution:
        """
        Raises
        ------
        PhotozError
            If a row of A does not sum to 1: its value belongs to no wavelength.
        """
        wavelength = self.wavelength.double().to(y.device)
        if not torch.allclose(total := A.apply(torch.ones_like(wavelength)), torch.ones_like(total)):
            raise PhotozError("interpolation: a row of A does not sum to 1, so its value is no flux at a wavelength")
        weight, place = A.weight(y, measured), A.apply(wavelength).contiguous()
        x = _interpolated(wavelength, place, torch.where(weight > 0, y, 0).double(), weight > 0).to(y)
        return _solution(x, y.new_empty(len(y), 0), y, A, measured, torch.full_like(x, torch.nan))


def _interpolated(at: Tensor, place: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """Values (B, L) at `at` (L,) of lines through y (B, m) at `place` (m,) where `known`, all spectra at once."""
    count = len(place)
    number = torch.arange(count, device=y.device).expand_as(y)
    last = torch.where(known, number, -1).cummax(dim=1).values  # the known entry at or before each
    following = torch.where(known, number, count).flip(1).cummin(dim=1).values.flip(1)  # at or after each
    before = torch.searchsorted(place, at, right=True) - 1
    left = torch.where(before >= 0, last[:, before.clamp(min=0)], -1)
    right = torch.where(before + 1 < count, following[:, (before + 1).clamp(max=count - 1)], count)
    left, right = (torch.where(left < 0, right, left), torch.where(right == count, left, right))
    x0, x1 = place[left], place[right]
    share = torch.where(x1 > x0, (at - x0) / (x1 - x0).clamp(min=torch.finfo(x0.dtype).tiny), 0)
    return torch.lerp(y.gather(1, left), y.gather(1, right), share)


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """x = mean + c · components, with the c that fit the measured values best by least squares.

    Parameters
    ----------
    mean : (L,)
    components : (k, L)
        Orthonormal.
    variance : (k,)
        Of the training spectra along each.
    noise : float
        1σ of a pixel. Above 0, c has the training spectra's Gaussian prior: a wide gap then does not blow up; 0 is
        plain least squares.
    """

    mean: Tensor
    components: Tensor
    variance: Tensor
    noise: float = 0.0

    @classmethod
    def of(cls, spectra: Tensor, count: int = 50, noise: float = 0.0) -> "PrincipalComponents":
        """Of training spectra (N, L), their gaps filled."""
        mean = spectra.double().mean(0)
        _, size, components = torch.linalg.svd(spectra.double() - mean, full_matrices=False)
        return cls(mean, components[:count], size[:count].square() / max(len(spectra) - 1, 1), noise)

    def __call__(self, y: Tensor, A: LinearMap, measured: Tensor | None = None) -> Solution:
        weight = A.weight(y, measured).double()
        components, mean = self.components.to(y.device), self.mean.to(y.device)
        rows, target = A.apply(components), torch.where(weight > 0, y.double() - A.apply(mean), 0)
        pairs = (rows[:, None] * rows[None]).flatten(0, 1)  # (k k, m)
        normal = (weight @ pairs.T).unflatten(1, (len(rows), len(rows)))
        ridge = self.noise**2 / self.variance.to(y.device).clamp(min=torch.finfo(torch.float64).tiny)
        floor = TINY * normal.diagonal(dim1=1, dim2=2).mean(1, keepdim=True)
        normal.diagonal(dim1=1, dim2=2).add_(ridge + floor)
        c = torch.linalg.solve(normal, target @ rows.T)
        x = (mean + c @ components).to(y)
        return _solution(x, c.to(y), y, A, measured, torch.full_like(x, torch.nan))


TINY = 1e-10  # of the normal equations' diagonal, added to it: more components than values are no error


def _solution(x: Tensor, z: Tensor, y: Tensor, A: LinearMap, measured: Tensor | None, spread: Tensor) -> Solution:
    weight = A.weight(y, measured)
    residual = torch.where(weight > 0, A.apply(x) - y, 0)
    return Solution(x, z, residual.square().sum(1) / weight.sum(1), spread)
