"""PhotoVAEz: its inputs, its bounds against a model whose likelihood is known, its posteriors."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal

from photoz_core.features import vae_features
from photoz_core.methods.base import DataSpec
from photoz_core.methods.photovaez import Config, Model
from photoz_core.posterior import LogNormalMixture, grid_cdf

SDSS = ("u", "g", "r", "i", "z", "W1", "W2", *(f"psf_{band}" for band in "ugriz"))
MEAN, STD = -0.7, 0.4  # of ln z in the training labels


def spec(bands=("g", "r"), covariates=(), share=0.25):
    width = len(vae_features(torch.zeros(1, len(bands)), torch.ones(1, len(covariates)), bands)[0])
    statistics = {
        "feature_mean": [0.0] * width,
        "feature_std": [1.0] * width,
        "log_label_mean": [MEAN],
        "log_label_std": [STD],
        "label_max": [3.0],
        "label_share": [share],
    }
    return DataSpec(bands, statistics=statistics, covariates=covariates)


def batch(count=64, bands=2, labelled=0.5):
    generator = torch.Generator().manual_seed(1)
    z = torch.rand(count, 1, generator=generator) + 0.1
    z[int(labelled * count) :] = torch.nan
    magnitude = 0.3 * torch.randn(count, bands, generator=generator)
    error = torch.full((count, bands), 0.1)
    return {"magnitude": magnitude, "magnitude_error": error, "covariate": torch.empty(count, 0), "label": z}


# --- inputs -------------------------------------------------------------------------------------------------------


def test_the_networks_of_the_draft_have_as_many_weights_as_its_layout_gives():
    """23 inputs: 7 + 6 of model and WISE magnitudes, 5 + 4 of PSF magnitudes, one extinction."""
    model = Model(Config(flags=False), spec(SDSS, ("extinction_i",)))
    counts = {
        name: sum(p.numel() for p in getattr(model.sdgm, name).parameters())
        for name in ("q_b", "q_z", "q_a", "p_b", "p_x")
    }
    assert counts == {"q_b": 177_931, "q_z": 181_890, "q_a": 183_563, "p_b": 171_787, "p_x": 178_584}
    assert sum(p.numel() for p in model.parameters()) == 893_755 + 2


def test_features_equal_a_loop():
    magnitude, extinction = torch.randn(5, 12) + 20, torch.tensor([[0.1], [0.2], [0.0], [1.0], [0.3]])
    found = vae_features(magnitude, extinction, SDSS)
    for row, m, e in zip(found.tolist(), magnitude.tolist(), extinction[:, 0].tolist(), strict=True):
        model, psf = m[:7], m[7:]
        expected = [*model, *(model[i] - model[i + 1] for i in range(6))]
        expected += [*psf, *(psf[i] - psf[i + 1] for i in range(4))]
        assert row[:-1] == pytest.approx(expected, abs=1e-5)
        assert row[-1] == pytest.approx(math.log10(e), abs=1e-5) if e > 0 else math.isnan(row[-1])


def test_magnitudes_are_drawn_first_and_make_the_colors():
    model, data = Model(Config(max_error=0.2), spec(("g", "r", "i"))), batch(4000, 3)
    data["magnitude_error"][:, 2] = 5.0
    torch.manual_seed(0)
    drawn = model.features(data, resample=1.0)
    noise = drawn[:, :3] - data["magnitude"]
    torch.testing.assert_close(drawn[:, 3:], drawn[:, :2] - drawn[:, 1:3])
    assert noise.std(0).tolist() == pytest.approx([0.1, 0.1, 0.2], rel=0.05)  # the last: taken for max_error
    assert abs(torch.corrcoef(noise.T)[0, 1]) < 0.06
    torch.manual_seed(0)
    torch.testing.assert_close(model.features(data, resample=0.5)[:, :3] - data["magnitude"], noise / 2)
    data["magnitude_error"][:] = torch.nan  # not known: as it is
    torch.testing.assert_close(model.features(data, resample=1.0)[:, :3], data["magnitude"])


def test_a_missing_band_is_flagged_and_does_not_enter_the_likelihood():
    model, data = Model(Config(hidden=(8,)), spec()).eval(), batch()
    data["magnitude"][:, 1] = torch.nan
    features = model.features(data)
    x = model.read(features)
    assert x[:, 3:].tolist() == [[0.0, 1.0, 1.0]] * len(x)  # r and g − r
    assert x[:, 1:3].abs().max() == 0
    a, b, t = torch.randn(len(x), 10), torch.randn(len(x), 10), torch.randn(len(x))
    mean, log_var = model.sdgm.gaussian("p_x", a, b, t[:, None])
    alone = torch.distributions.Normal(mean[:, 0], (0.5 * log_var[:, 0]).exp()).log_prob(features[:, 0])
    torch.testing.assert_close(model.sdgm.generative(features, a, b, t)[0], alone)


# --- bounds against a linear Gaussian model -------------------------------------------------------------------------


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
    model = Model(config, spec(("g",), ("extinction_i",)))
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


# --- the three terms ------------------------------------------------------------------------------------------------


def test_the_terms_are_weighted_by_the_shares_of_the_whole_not_of_the_batch():
    model, data = Model(Config(hidden=(8,), resample=0.0), spec(share=0.1)), batch(40, labelled=0.5)
    torch.manual_seed(2)
    terms = model.loss(data)
    torch.manual_seed(2)
    features, log_z = model.features(data), data["label"][:20, 0].log()
    bound, log_q = model.bound(features[:20], log_z)
    unlabelled, _ = model.bound(features[20:])
    expected = {"redshift": -log_q.mean(), "labelled": -0.1 * bound.mean(), "unlabelled": -0.9 * unlabelled.mean()}
    assert {name: value.item() for name, value in terms.items()} == pytest.approx(
        {name: value.item() for name, value in expected.items()}, rel=1e-5
    )


def test_the_unlabelled_bound_trains_the_redshift_network_through_its_sample():
    model, data = Model(Config(hidden=(8,)), spec()), batch(labelled=0.0)
    terms = model.loss(data)
    assert terms["redshift"].item() == terms["labelled"].item() == 0
    terms["unlabelled"].backward()
    assert all(p.grad.abs().sum() > 0 for p in model.sdgm.q_z.parameters())


def test_the_supervised_predictor_is_the_same_without_the_generative_model():
    model = Model(Config(hidden=(8,), objective="supervised"), spec())
    terms = model.loss(batch())
    assert list(terms) == ["redshift"]
    terms["redshift"].backward()
    trained = {name.split(".")[1] for name, p in model.named_parameters() if p.grad is not None}
    assert trained == {"q_b", "q_z"}
    assert model.scores(batch()) == {}


def test_kl_terms_grow_over_the_warm_up():
    model = Model(Config(hidden=(8,), kl_warmup=10, samples=500), spec()).eval()
    features = model.features(batch())
    torch.manual_seed(0)
    likelihood_only, _ = model.bound(features)
    model.step += 10
    torch.manual_seed(0)
    whole, _ = model.bound(features)
    plain = Model(Config(hidden=(8,), samples=500), spec()).eval()
    plain.load_state_dict(model.state_dict())
    torch.manual_seed(0)
    torch.testing.assert_close(whole, plain.bound(features)[0])
    assert (likelihood_only - whole).abs().mean() > 0.1


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


@pytest.mark.parametrize("posterior", ["predictive", "importance"])
@pytest.mark.parametrize("head", ["lognormal", "mixture"])
def test_pdfs_of_both_kinds_rise_from_zero_to_one(head, posterior):
    model = Model(Config(hidden=(8,), head=head, posterior=posterior, inference_samples=50), spec()).eval()
    cdf = model.cdf(batch(10), torch.linspace(0, 40, 300))
    assert cdf.shape == (10, 300)
    assert (cdf.diff(dim=1) >= -1e-6).all()
    assert cdf[:, 0].abs().max() < 1e-6
    assert cdf[:, -1].min() > 0.99
