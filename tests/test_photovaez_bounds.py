"""PhotoVAEz's bounds and posteriors against a linear Gaussian model, whose likelihood is known."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal

from photoz_core.methods.base import DataSpec
from photoz_core.methods.photovaez import Config, Model
from photoz_core.posterior import LogNormalMixture, grid_cdf

MEAN, STD = -0.7, 0.4  # of ln z in the training labels
SPEC = DataSpec(
    ("g",),
    covariates=("extinction_i",),
    statistics={
        "feature_mean": [0.0, 0.0],
        "feature_std": [1.0, 1.0],
        "log_label_mean": [MEAN],
        "log_label_std": [STD],
        "label_max": [3.0],
        "label_share": [0.25],
    },
)


class Linear(nn.Module):
    """a, t ~ N(0, 1), b = α a + β t + noise, x = W (a, b, t) + noise: every conditional is a Gaussian in closed form.

    In place of the five networks; q is the exact posterior, its means shifted by `error`.
    """

    def __init__(self, alpha=0.8, beta=0.5, weights=((1.0, 0.3, -0.5), (0.2, 1.0, 0.7)), error=0.0):
        super().__init__()
        self.alpha, self.beta, self.weights, self.error = alpha, beta, torch.tensor(weights), error
        self.noise_b, self.noise_x = 0.5, 0.4
        latent = torch.tensor([[1.0, 0.0, 0.0], [alpha, beta, self.noise_b], [0.0, 1.0, 0.0]])  # a, b, t from a, t, ε
        own = latent @ latent.T
        noise = self.noise_x**2 * torch.eye(len(self.weights))
        cross = own @ self.weights.T
        self.covariance = torch.cat(
            [torch.cat([own, cross], 1), torch.cat([cross.T, self.weights @ own @ self.weights.T + noise], 1)]
        )

    def conditional(self, of: int, given: list[int], value):
        """Mean and log-variance of one of (a, b, t, x…), given others."""
        own = self.covariance[of, given] @ torch.linalg.inv(self.covariance[given][:, given])
        variance = self.covariance[of, of] - own @ self.covariance[given, of]
        mean = (value @ own)[..., None]
        return mean + self.error, torch.full_like(mean, math.log(variance))

    def gaussian(self, name, *inputs):
        shape = torch.broadcast_shapes(*(value.shape[:-1] for value in inputs))
        value = torch.cat([item.expand(*shape, item.shape[-1]) for item in inputs], -1)
        x = [3, 4]
        if name == "q_b":
            return self.conditional(1, x, value)
        if name == "q_a":
            return self.conditional(0, [1, *x, 2], value)
        if name == "p_b":
            mean = value @ torch.tensor([[self.alpha], [self.beta]])
            return mean, torch.full_like(mean, 2 * math.log(self.noise_b))
        mean = value @ self.weights.T
        return mean, torch.full_like(mean[..., :1], 2 * math.log(self.noise_x))

    def redshift(self, b, x):
        shape = torch.broadcast_shapes(b.shape[:-1], x.shape[:-1])
        value = torch.cat([b.expand(*shape, 1), x.expand(*shape, x.shape[-1])], -1)
        return LogNormalMixture(*self.conditional(2, [1, 3, 4], value))

    def prior(self, like):
        zero = torch.zeros(*like.shape, 1)
        return LogNormalMixture(zero, zero)

    def log_prob(self, x, log_z=None):
        """ln p(x), or ln p(x, z) with the Jacobian of t = (ln z − mean)/std."""
        if log_z is None:
            return MultivariateNormal(torch.zeros(2), self.covariance[3:, 3:]).log_prob(x)
        value = torch.cat([(log_z[:, None] - MEAN) / STD, x], 1)
        joint = MultivariateNormal(torch.zeros(3), self.covariance[2:, 2:]).log_prob(value)
        return joint - math.log(STD) - log_z


def linear_model(samples=1, **arguments):
    from photoz_core.methods._sdgm import Sdgm

    config = Config(latent=1, auxiliary=1, hidden=(4,), flags=False, samples=samples, evidence_samples=64)
    model = Model(config, SPEC)
    linear = Linear(**arguments)
    linear.generative = Sdgm.generative.__get__(linear)
    model.sdgm = linear
    return model.eval(), linear


def observed(linear, count=50):
    value = MultivariateNormal(torch.zeros(5), linear.covariance).sample((count,))
    return value[:, 3:], MEAN + STD * value[:, 2]


APART = {
    "alpha": 0.0,
    "beta": 0.0,
    "weights": ((1.0, 0.0, -0.5), (0.0, 1.0, 0.0)),
}  # b is independent of z given x, as q(b|x) has it


def test_with_the_exact_posterior_both_bounds_equal_the_likelihood_draw_by_draw():
    torch.manual_seed(0)
    model, linear = linear_model()
    x, _ = observed(linear)
    torch.testing.assert_close(model.bound(x)[0], linear.log_prob(x), atol=1e-4, rtol=1e-4)
    model, linear = linear_model(**APART)
    x, log_z = observed(linear)
    torch.testing.assert_close(model.bound(x, log_z)[0], linear.log_prob(x, log_z), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("arguments", [{}, APART])
def test_with_another_posterior_the_bounds_lie_below_and_close_in_as_it_nears(arguments):
    torch.manual_seed(0)
    gaps = {}
    for error in (0.6, 0.2):
        model, linear = linear_model(samples=2000, error=error, **arguments)
        x, log_z = observed(linear)
        gaps[error] = linear.log_prob(x) - model.bound(x)[0], linear.log_prob(x, log_z) - model.bound(x, log_z)[0]
        assert all(gap.min() > -0.05 for gap in gaps[error])  # noise of 2000 draws
    assert all(far.mean() > 3 * near.mean() > 0 for far, near in zip(gaps[0.6], gaps[0.2], strict=True))


def test_importance_sampling_recovers_what_a_wrong_posterior_misses():
    torch.manual_seed(0)
    model, linear = linear_model(error=0.2)
    model.config = Config(latent=1, auxiliary=1, flags=False, evidence_samples=4096)
    x, log_z = observed(linear)
    torch.testing.assert_close(model.log_evidence(x), linear.log_prob(x), atol=0.02, rtol=0)
    torch.testing.assert_close(model.log_joint(x, log_z[:, None])[:, 0], linear.log_prob(x, log_z), atol=0.1, rtol=0)


def test_the_posterior_on_a_grid_equals_the_closed_form():
    torch.manual_seed(0)
    model, linear = linear_model()
    model.config = Config(latent=1, auxiliary=1, flags=False, evidence_samples=2048)
    x, _ = observed(linear, 20)
    mean, log_var = linear.conditional(2, [3, 4], x)
    exact = LogNormalMixture(MEAN + STD * mean, log_var + 2 * math.log(STD))
    log_z, edges = torch.linspace(MEAN - 6 * STD, MEAN + 6 * STD, 400), torch.linspace(0.05, 3, 60)
    found = grid_cdf(model.log_joint(x, log_z), log_z, edges)
    assert (found - exact.cdf(edges)).abs().max() < 0.02
    # the predictive mixture over b is the same posterior here: q is exact
    model.config = Config(latent=1, auxiliary=1, flags=False, inference_samples=1000)
    assert (model.mixture(x).cdf(edges) - exact.cdf(edges)).abs().max() < 0.02


def test_simulated_galaxies_have_uniform_pits_under_the_models_own_posterior():
    from photoz_core.metrics.pdf import goodness
    from photoz_core.pdfs import Pdfs

    torch.manual_seed(0)
    model, _ = linear_model(error=0.2)
    features, z = model.simulate(500)
    log_z = torch.linspace(MEAN - 6 * STD, MEAN + 6 * STD, 200)
    cdf = grid_cdf(model.log_joint(features, log_z), log_z, log_z.exp())
    pit = Pdfs.from_cdf(log_z.exp().double().numpy(), cdf.numpy()).cdf(z.numpy())
    assert goodness(pit)["ks_p"] > 0.01
    assert goodness(pit**2)["ks_p"] < 0.01
