"""Redshift posteriors: log-normal mixtures in closed form, importance sampling on a grid."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

LOG_2PI = math.log(2 * math.pi)


def log_gaussian(value: Tensor, mean: Tensor, log_var: Tensor, known: Tensor | None = None) -> Tensor:
    """log N(value; mean, exp(log_var) I), summed over the last axis.

    Parameters
    ----------
    value, mean : (…, D)
    log_var : (…, 1) or (…, D)
    known : (…, D) bool, optional
        Dimensions that count; the others are left out, as if integrated over.
    """
    term = -0.5 * (LOG_2PI + log_var + (value - mean) ** 2 / log_var.exp())
    return (term if known is None else torch.where(known, term, 0.0)).sum(-1)


@dataclass(frozen=True, eq=False)
class LogNormalMixture:
    """Mixture over the last axis of log-normal distributions of redshift.

    Parameters
    ----------
    mean, log_var : (…, K)
        Of ln z.
    log_weight : (…, K), optional
        Normalised; equal weights by default.
    """

    mean: Tensor
    log_var: Tensor
    log_weight: Tensor | None = None

    @property
    def weights(self) -> Tensor:
        """Logarithm of the weights (…, K)."""
        return (
            torch.full_like(self.mean, -math.log(self.mean.shape[-1])) if self.log_weight is None else self.log_weight
        )

    def log_prob(self, z: Tensor) -> Tensor:
        """ln p(z) (…,) at z (…,) > 0, the Jacobian 1/z of the logarithm included."""
        return self.log_prob_log(z.log()) - z.log()

    def log_prob_log(self, log_z: Tensor) -> Tensor:
        """Log density (…,) of ln z (…,)."""
        each = -0.5 * (LOG_2PI + self.log_var + (log_z[..., None] - self.mean) ** 2 / self.log_var.exp())
        return torch.logsumexp(self.weights + each, -1)

    def cdf(self, z: Tensor) -> Tensor:
        """P(redshift ≤ z) (…, G) at the redshifts z (G,); one grid for all."""
        mean, scale, weight = self.mean, (0.5 * self.log_var).exp(), self.weights.exp()
        log_z = z.clamp(min=torch.finfo(z.dtype).tiny).log()
        columns = [(weight * torch.special.ndtr((value - mean) / scale)).sum(-1) for value in log_z]
        return torch.stack(columns, -1) * (z > 0)

    def quantile(self, level: float, steps: int = 60) -> Tensor:
        """Redshift (…,) below which the share `level` of the probability lies, by bisection of the closed-form CDF."""
        spread = 8 * (0.5 * self.log_var).exp()
        low, high = (self.mean - spread).amin(-1), (self.mean + spread).amax(-1)
        for _ in range(steps):
            middle = (low + high) / 2
            scaled = (middle[..., None] - self.mean) / (0.5 * self.log_var).exp()
            below = (self.weights.exp() * torch.special.ndtr(scaled)).sum(-1) < level
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return ((low + high) / 2).exp()

    def expectation(self) -> Tensor:
        """Mean redshift (…,)."""
        return (self.weights.exp() * (self.mean + 0.5 * self.log_var.exp()).exp()).sum(-1)

    def sample(self) -> Tensor:
        """One ln z (…,), differentiable in the parameters.

        A mixture has no location-scale form; its gradient is that of the implicit function CDF(ln z) = u (Figurnov et
        al. 2018, eq. 6): ∂ln z/∂θ = −(∂CDF/∂θ)/p(ln z).
        """
        scale = (0.5 * self.log_var).exp()
        if self.mean.shape[-1] == 1:
            return (self.mean + scale * torch.randn_like(self.mean))[..., 0]
        with torch.no_grad():
            like = self.mean[..., :1]
            drawn = self.draw(torch.rand_like(like), torch.randn_like(like))
            density = self.log_prob_log(drawn).exp().clamp(min=1e-12)
        cdf = (self.weights.exp() * torch.special.ndtr((drawn[..., None] - self.mean) / scale)).sum(-1)
        return drawn - (cdf - cdf.detach()) / density

    def draw(self, uniform: Tensor, normal: Tensor) -> Tensor:
        """ln z (…,) made of a uniform and a normal number (…, 1): the first chooses the component."""
        chosen = (self.weights.exp().cumsum(-1) < uniform).sum(-1, keepdim=True).clamp(max=self.mean.shape[-1] - 1)
        chosen = chosen.expand(*self.mean.shape[:-1], 1)
        scale = (0.5 * self.log_var).exp()
        return (self.mean.gather(-1, chosen) + scale.gather(-1, chosen) * normal)[..., 0]


def grid_cdf(log_density: Tensor, log_z: Tensor, edges: Tensor) -> Tensor:
    """Cumulative probability at `edges` of densities known on a grid, normalised by the trapezoid rule.

    Parameters
    ----------
    log_density : (B, G)
        ln p(z), up to a constant for each object.
    log_z : (G,)
        The grid, increasing.
    edges : (E,)
        Redshifts; the CDF is 0 below the grid and 1 above it.
    """
    mass = (log_density - log_density.amax(1, keepdim=True) + log_z).exp()  # dz = z d ln z
    area = 0.5 * (mass[:, 1:] + mass[:, :-1]) * log_z.diff()
    total = torch.nn.functional.pad(area.cumsum(1), (1, 0))
    at = edges.clamp(min=torch.finfo(edges.dtype).tiny).log().clamp(log_z[0], log_z[-1])
    right = torch.searchsorted(log_z, at, right=True).clamp(1, len(log_z) - 1)
    share = (at - log_z[right - 1]) / (log_z[right] - log_z[right - 1])
    left, slope = total[:, right - 1], mass[:, right] - mass[:, right - 1]
    step = (log_z[right] - log_z[right - 1]) * share
    return (left + step * (mass[:, right - 1] + 0.5 * share * slope)) / total[:, -1:]


def normal_draws(count: int, dimensions: int, device: torch.device) -> Tensor:
    """Standard normal numbers (count, dimensions), the same at every call: a scrambled Sobol sequence.

    Common random numbers for all objects and grid points; they also make the estimate a smooth function of z.
    """
    unit = torch.quasirandom.SobolEngine(dimensions, scramble=True, seed=0).draw(count)
    return torch.special.ndtri(unit.clamp(1e-6, 1 - 1e-6)).to(device)
