"""Log-normal mixtures and gridded densities against SciPy, quadrature, loops and closed forms."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import quad

from photoz_core.posterior import LogNormalMixture, grid_cdf, log_gaussian, normal_draws

Z = np.array([0.05, 0.2, 0.5, 0.9, 1.3, 2.0, 4.0])
MEAN, SCALE, WEIGHT = [-1.2, 0.1, 0.6], [0.15, 0.3, 0.08], [0.2, 0.5, 0.3]


def made(mean, scale, weight=None):
    log_var = 2 * torch.tensor(scale, dtype=torch.float64).log()
    log_weight = None if weight is None else torch.tensor(weight, dtype=torch.float64).log()
    return LogNormalMixture(torch.tensor(mean, dtype=torch.float64), log_var, log_weight)


@pytest.fixture
def mixture():
    return made(MEAN, SCALE, WEIGHT)


def density(mixture):
    return lambda z: mixture.log_prob(torch.tensor(z, dtype=torch.float64)).exp().item()


def test_one_component_is_scipys_lognormal():
    one, peer, z = made([0.3], [0.4]), stats.lognorm(0.4, scale=math.exp(0.3)), torch.from_numpy(Z)
    np.testing.assert_allclose(one.log_prob(z), peer.logpdf(Z), rtol=1e-10)
    np.testing.assert_allclose(one.log_prob_log(z.log()), stats.norm(0.3, 0.4).logpdf(np.log(Z)), rtol=1e-10)
    np.testing.assert_allclose(one.cdf(z), peer.cdf(Z), rtol=1e-9, atol=1e-15)
    assert one.expectation().item() == pytest.approx(peer.mean(), rel=1e-12)
    for level in (0.01, 0.5, 0.975):
        assert one.quantile(level).item() == pytest.approx(peer.ppf(level), rel=1e-9)


def test_the_density_integrates_to_the_cdf_and_to_one(mixture):
    knots = [0, 0.2, 0.4, 1, 1.6, 2, 3, 6, 40]
    pieces = [quad(density(mixture), low, high, epsabs=1e-11)[0] for low, high in pairwise(knots)]
    assert sum(pieces) == pytest.approx(1, abs=1e-8)
    cdf = mixture.cdf(torch.tensor(knots[1:], dtype=torch.float64))
    np.testing.assert_allclose(cdf, np.cumsum(pieces), atol=1e-8)


def test_nothing_lies_at_or_below_zero(mixture):
    assert mixture.cdf(torch.tensor([-1.0, 0.0, 1e9], dtype=torch.float64)).tolist() == [0, 0, pytest.approx(1)]


@pytest.mark.parametrize("level", [1e-4, 0.16, 0.5, 0.84, 0.999])
def test_quantile_inverts_the_cdf(mixture, level):
    assert mixture.cdf(mixture.quantile(level)[None]).item() == pytest.approx(level, rel=1e-9)


def test_expectation_equals_quadrature(mixture):
    inner = density(mixture)
    expected = quad(lambda z: z * inner(z), 0, 40, points=[0.3, 1.1, 1.8], epsabs=1e-10, limit=200)[0]
    assert mixture.expectation().item() == pytest.approx(expected, rel=1e-8)


def test_without_weights_components_are_equal():
    equal, stated = made(MEAN, SCALE), made(MEAN, SCALE, [1 / 3] * 3)
    torch.testing.assert_close(equal.log_prob(torch.from_numpy(Z)), stated.log_prob(torch.from_numpy(Z)))


def test_objects_in_a_batch_equal_objects_alone():
    means, z = [[-1.0, 0.2], [0.0, 0.5], [0.3, -0.4]], torch.from_numpy(Z)
    together = made(means, [[0.2, 0.3]] * 3, [[0.3, 0.7]] * 3)
    alone = [made(mean, [0.2, 0.3], [0.3, 0.7]) for mean in means]
    torch.testing.assert_close(together.cdf(z), torch.stack([one.cdf(z) for one in alone]))
    torch.testing.assert_close(together.quantile(0.3), torch.stack([one.quantile(0.3) for one in alone]))
    torch.testing.assert_close(
        together.log_prob(z[:3]), torch.stack([one.log_prob(z[i]) for i, one in enumerate(alone)])
    )


# --- draws and their gradients --------------------------------------------------------------------------------------


def test_draw_takes_the_component_that_the_uniform_number_falls_in(mixture):
    normal = torch.tensor([[0.5], [-1.0], [2.0], [0.0], [1.0]], dtype=torch.float64)
    uniform = torch.tensor([[0.0], [0.1999], [0.2001], [0.6999], [1.0]], dtype=torch.float64)
    many = made([MEAN] * 5, [SCALE] * 5, [WEIGHT] * 5)
    expected = [MEAN[k] + SCALE[k] * n for k, n in zip([0, 0, 1, 1, 2], normal[:, 0].tolist(), strict=True)]
    assert many.draw(uniform, normal).tolist() == pytest.approx(expected)


def test_samples_follow_the_cdf():
    torch.manual_seed(0)
    drawn = made([MEAN] * 20_000, [SCALE] * 20_000, [WEIGHT] * 20_000).sample().exp()
    peer = lambda z: made(MEAN, SCALE, WEIGHT).cdf(torch.from_numpy(z)).numpy()  # noqa: E731
    assert stats.kstest(drawn.numpy(), peer).pvalue > 0.01


def test_the_implicit_gradient_of_equal_components_is_that_of_one():
    """Two equal components are one Gaussian: d y/d mean = 1 and d y/d ln σ² = (y − mean)/2, over both together."""
    mean = torch.full((50, 2), 0.3, dtype=torch.float64, requires_grad=True)
    log_var = torch.full((50, 2), -1.0, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(1)
    y = LogNormalMixture(mean, log_var).sample()
    by_mean, by_log_var = torch.autograd.grad(y.sum(), (mean, log_var))
    torch.testing.assert_close(by_mean.sum(1), torch.ones(50, dtype=torch.float64))
    torch.testing.assert_close(by_log_var.sum(1), (y.detach() - 0.3) / 2)


def test_one_component_is_reparametrised_by_location_and_scale():
    mean = torch.full((50, 1), 0.3, requires_grad=True)
    log_var = torch.full((50, 1), -1.0, requires_grad=True)
    y = LogNormalMixture(mean, log_var).sample()
    by_mean, by_log_var = torch.autograd.grad(y.sum(), (mean, log_var))
    torch.testing.assert_close(by_mean, torch.ones(50, 1))
    torch.testing.assert_close(by_log_var[:, 0], (y.detach() - 0.3) / 2)


def test_the_implicit_gradient_of_a_mixture_is_that_of_its_moments():
    """E[y²] = Σ w (μ² + σ²), weights by softmax: gradient by central differences against the mean over samples."""
    start = torch.tensor([*MEAN, *(2 * math.log(s) for s in SCALE), 0.1, 0.6, -0.2], dtype=torch.float64)

    def second_moment(values):
        mean, log_var, logit = (np.array(part) for part in np.split(values, 3))
        weight = np.exp(logit) / np.exp(logit).sum()
        return (weight * (mean**2 + np.exp(log_var))).sum()

    steps = 1e-5 * np.eye(len(start))
    expected = [(second_moment(start.numpy() + h) - second_moment(start.numpy() - h)) / 2e-5 for h in steps]
    torch.manual_seed(2)
    values = start.expand(200_000, -1).clone().requires_grad_()
    mean, log_var, logit = values.chunk(3, 1)
    squared = LogNormalMixture(mean, log_var, logit.log_softmax(-1)).sample() ** 2
    each = torch.autograd.grad(squared.sum(), values)[0]
    noise = each.std(0) / math.sqrt(len(each))
    assert ((each.mean(0) - torch.tensor(expected)).abs() < 4 * noise).all()
    assert (noise < 0.1 * torch.tensor(expected).abs().max()).all()


# --- grids and fixed numbers ----------------------------------------------------------------------------------------


def gridded(shift=0.0, count=400):
    log_z = torch.linspace(-4, 3, count, dtype=torch.float64)
    peers = [stats.lognorm(0.25, scale=0.6), stats.lognorm(0.5, scale=1.2)]
    density = np.stack([peer.logpdf(log_z.exp().numpy()) + shift for peer in peers])
    return torch.from_numpy(density), log_z, peers


def test_grid_cdf_of_a_lognormal_is_scipys():
    density, log_z, peers = gridded()
    edges = torch.linspace(0, 15, 301, dtype=torch.float64)
    expected = np.stack([peer.cdf(edges.numpy()) for peer in peers])
    np.testing.assert_allclose(grid_cdf(density, log_z, edges), expected, atol=2e-4)


def test_grid_cdf_rises_from_zero_to_one_whatever_the_constant():
    edges = torch.tensor([-1.0, 0.0, 0.01, 0.3, 0.31, 1.0, 4.0, 20.0, 21.0, 1e6], dtype=torch.float64)
    low, log_z, _ = gridded(shift=-900.0)
    cdf = grid_cdf(low, log_z, edges)
    torch.testing.assert_close(cdf, grid_cdf(gridded(shift=500.0)[0], log_z, edges))
    assert (cdf.diff(dim=1) >= 0).all()
    assert (cdf[:, :3] == 0).all()
    torch.testing.assert_close(cdf[:, -2:], torch.ones(2, 2, dtype=torch.float64))


def test_grid_cdf_between_points_is_the_integral_of_straight_lines():
    """In ln z: mass 1, 3, 2 at 0, 1, 3 makes areas 2 and 5; half-way up the first line lies 0.75."""
    log_z = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    density = torch.tensor([[1.0, 3.0, 2.0]], dtype=torch.float64).log() - log_z
    edges = torch.tensor([0.0, 0.5, 1.0, 2.0, 3.0], dtype=torch.float64).exp()
    expected = [[0, 0.75 / 7, 2 / 7, 4.75 / 7, 1]]
    torch.testing.assert_close(grid_cdf(density, log_z, edges), torch.tensor(expected, dtype=torch.float64))


def test_normal_draws_repeat_and_are_standard_normal():
    drawn = normal_draws(1024, 6, torch.device("cpu"))
    assert drawn.shape == (1024, 6)
    torch.manual_seed(5)
    assert torch.equal(drawn, normal_draws(1024, 6, torch.device("cpu")))
    torch.testing.assert_close(drawn.mean(0), torch.zeros(6), atol=0.01, rtol=0)  # plain random numbers: 0.03
    torch.testing.assert_close(drawn.var(0), torch.ones(6), atol=0.02, rtol=0)
    off_diagonal = torch.corrcoef(drawn.T) - torch.eye(6)
    assert off_diagonal.abs().max() < 0.05
    assert torch.isfinite(normal_draws(100_000, 2, torch.device("cpu"))).all()


@pytest.mark.parametrize("shared", [True, False])
def test_log_gaussian_equals_a_loop_over_the_known_dimensions(shared):
    generator = torch.Generator().manual_seed(4)
    value, mean = torch.randn(2, 5, 4, dtype=torch.float64, generator=generator)
    log_var = torch.randn(5, 1 if shared else 4, dtype=torch.float64, generator=generator)
    known = torch.rand(5, 4, generator=generator) < 0.7
    known[0] = False
    for mask in (None, known):
        found = log_gaussian(value, mean, log_var, mask)
        for i in range(5):
            dimensions = [j for j in range(4) if mask is None or mask[i, j]]
            scale = log_var.expand(5, 4)[i].mul(0.5).exp().tolist()
            each = [stats.norm.logpdf(value[i, j].item(), mean[i, j].item(), scale[j]) for j in dimensions]
            assert found[i].item() == pytest.approx(sum(each))
