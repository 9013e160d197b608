"""The five networks of the Skip Deep Generative Model (Maaløe et al. 2016) with a redshift for the label."""

import torch
from torch import Tensor, nn

from photoz_core.nets.mlp import mlp
from photoz_core.posterior import LogNormalMixture, log_gaussian

LOG_VAR = (-8.0, 4.0)  # of every Gaussian; an unbounded one collapses onto the colors, sums of the magnitudes


class Sdgm(nn.Module):
    """p(x, z, a, b) = p(x|a,b,z) p(b|a,z) p(a) p(z) and q(a, b, z|x) = q(a|z,b,x) q(z|b,x) q(b|x).

    Every Gaussian is isotropic: its network gives a mean and one log-variance. A redshift enters and leaves as
    t = (ln z − mean)/std of the training labels, so that q(z|b,x) and p(z) are log-normal.

    Parameters
    ----------
    inputs, features : int
        Length of x as the networks read it (missing flags included), and as p(x|a,b,z) gives it.
    latent, auxiliary : int
        Dimensions of a and b.
    hidden : tuple of int
    activation : nn.Module class
    components : int
        Of q(z|b,x): 1 is log-normal (the paper), more a mixture of log-normals.
    """

    def __init__(self, inputs: int, features: int, latent: int, auxiliary: int, hidden, activation, components: int):
        super().__init__()
        self.components = components
        self.q_b = mlp((inputs, *hidden, auxiliary + 1), activation)
        self.q_z = mlp((auxiliary + inputs, *hidden, 2 if components == 1 else 3 * components), activation)
        self.q_a = mlp((auxiliary + inputs + 1, *hidden, latent + 1), activation)
        self.p_b = mlp((latent + 1, *hidden, auxiliary + 1), activation)
        self.p_x = mlp((latent + auxiliary + 1, *hidden, features + 1), activation)
        self.prior_mean, self.prior_log_var = nn.Parameter(torch.zeros(())), nn.Parameter(torch.zeros(()))

    def gaussian(self, name: str, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (…, D) and log-variance (…, 1) that network `name` gives for its `inputs`, broadcast and joined."""
        shape = torch.broadcast_shapes(*(value.shape[:-1] for value in inputs))
        joined = torch.cat([value.expand(*shape, value.shape[-1]) for value in inputs], -1)
        out = getattr(self, name)(joined)
        return out[..., :-1], out[..., -1:].clamp(*LOG_VAR)

    def redshift(self, b: Tensor, x: Tensor) -> LogNormalMixture:
        """q(z|b,x), as a distribution of t."""
        shape = torch.broadcast_shapes(b.shape[:-1], x.shape[:-1])
        out = self.q_z(torch.cat([b.expand(*shape, b.shape[-1]), x.expand(*shape, x.shape[-1])], -1))
        if self.components == 1:
            return LogNormalMixture(out[..., :1], out[..., 1:].clamp(*LOG_VAR))
        logit, mean, log_var = out.chunk(3, -1)
        return LogNormalMixture(mean, log_var.clamp(*LOG_VAR), logit.log_softmax(-1))

    def prior(self, like: Tensor) -> LogNormalMixture:
        """p(z), as a distribution of t, in the shape of `like` (…,)."""
        mean = self.prior_mean.expand(*like.shape, 1)
        return LogNormalMixture(mean, self.prior_log_var.clamp(*LOG_VAR).expand_as(mean))

    def generative(self, features: Tensor, a: Tensor, b: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """log p(x|a,b,z) over the measured features, and log p(b|a,z) + log p(a) + log p(t), each (…,)."""
        known = features.isfinite()
        x = features.nan_to_num(nan=0.0)
        likelihood = log_gaussian(x, *self.gaussian("p_x", a, b, t[..., None]), known)
        prior = log_gaussian(b, *self.gaussian("p_b", a, t[..., None]))
        return likelihood, prior + log_gaussian(a, 0 * a, torch.zeros_like(a)) + self.prior(t).log_prob_log(t)


def draw(mean: Tensor, log_var: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """A reparametrised sample of N(mean, exp(log_var) I) and its log density (…,)."""
    noise = torch.randn_like(mean) if noise is None else noise
    value = mean + (0.5 * log_var).exp() * noise
    return value, log_gaussian(value, mean, log_var)
