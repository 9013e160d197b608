"""HMC draws of the redshift posterior against its CDF on a grid, and the JAX density against the torch one."""

import dataclasses
import sys

import numpy as np
import pytest
import torch

from photoz_core import hmc
from photoz_core.errors import PhotozError
from photoz_core.features import vae_features
from photoz_core.methods.base import DataSpec
from photoz_core.methods.photovaez import Config, Model
from photoz_core.posterior import grid_cdf

jax = pytest.importorskip("jax", reason="HMC needs BlackJAX: pip install 'photoz[hmc]'")
pytest.importorskip("blackjax", reason="HMC needs BlackJAX: pip install 'photoz[hmc]'")

BANDS, CHAINS, SAMPLES = ("g", "r", "i", "z"), 4, 600
EDGES = torch.linspace(0, 12, 1201)
BOUND = np.sqrt(np.log(2 * 30 / 0.01) / (2 * 0.5 * CHAINS * SAMPLES))  # 0.060
"""On the largest of 30 Kolmogorov distances, kept in 99 of 100 cases: a distance d of n independent draws has a chance
of 2 exp(−2nd²); draws are taken for half as good as independent ones."""


def photometry(count=600):
    """Magnitudes that redshift makes fainter and redder, with 0.4 mag of noise; a tenth of the g ones missing."""
    generator = torch.Generator().manual_seed(5)
    z = 0.2 + 1.8 * torch.rand(count, 1, generator=generator)
    faint = 20 + torch.randn(count, 1, generator=generator)
    magnitude = faint + z * torch.tensor([1.5, 0.9, 0.4, 0.1])
    magnitude += 0.4 * torch.randn(count, 4, generator=generator)
    magnitude[::10, 0] = float("nan")
    error = torch.full_like(magnitude, 0.1)
    return {"magnitude": magnitude, "magnitude_error": error, "covariate": torch.empty(count, 0), "label": z}


def build(batch, **options):
    features, log_z = vae_features(batch["magnitude"], batch["covariate"], BANDS), batch["label"].log()
    known = [column[column.isfinite()] for column in features.T]
    statistics = {
        "feature_mean": [column.mean().item() for column in known],
        "feature_std": [column.std().item() for column in known],
        "log_label_mean": [log_z.mean().item()],
        "log_label_std": [log_z.std().item()],
        "label_max": [batch["label"].max().item()],
        "label_share": [1.0],
    }
    torch.manual_seed(0)
    config = Config(hidden=(32, 32), latent=2, auxiliary=2, evidence_samples=8, inference_samples=64, **options)
    return Model(config, DataSpec(BANDS, statistics=statistics))


@pytest.fixture(scope="module")
def batch():
    return photometry()


@pytest.fixture(scope="module")
def model(batch):
    model = build(batch)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(300):
        optimizer.zero_grad()
        sum(model.loss(batch).values()).backward()
        optimizer.step()
    return model.eval()


@pytest.fixture(scope="module")
def thirty(batch):
    return {name: value[:30] for name, value in batch.items()}


@pytest.fixture(scope="module")
def cdfs(model, thirty):
    """CDF at EDGES from 1000 redshifts, and the one that draws without the Jacobian of ln z would have."""
    log_z = torch.linspace(-5, EDGES[-1].log().item(), 1000)
    with torch.no_grad():
        log_joint = model.log_joint(model.features(thirty), log_z)
    return [grid_cdf(value, log_z, EDGES).numpy() for value in (log_joint, log_joint - log_z)]


@pytest.fixture(scope="module")
def drawn(model, thirty):
    """In blocks of eight objects, the last one filled up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hmc, "NUMBERS", 8 * 32 * 64)
        assert [len(set(block.tolist())) for block in hmc._blocks(30, CHAINS, model.config)] == [8, 8, 8, 6]
        return hmc.sample_redshifts(model, thirty, CHAINS, 200, SAMPLES)


def distance(z, cdf):
    below = np.stack([(row.reshape(-1, 1) <= EDGES.numpy()).mean(0) for row in z])
    return np.abs(below - cdf).max(1)


@pytest.mark.parametrize("head", ["lognormal", "mixture"])
@pytest.mark.parametrize("activation", ["tanh", "silu"])
@pytest.mark.parametrize("flags", [True, False])
def test_the_density_is_the_one_of_torch(thirty, head, activation, flags):
    model = build(thirty, head=head, activation=activation, flags=flags).eval()
    with torch.no_grad():
        model.sdgm.prior_mean.fill_(0.3)
        model.sdgm.prior_log_var.fill_(-0.5)
        features, log_z = model.features(thirty), torch.linspace(-2, 1, 7)
        expected = model.log_joint(features, log_z)
    nets, joint = hmc.networks(model), hmc.log_joint(model)
    of_object = jax.vmap(lambda frame: jax.vmap(lambda y: joint(nets, frame, y))(log_z.numpy()))
    assert features.isnan().any()
    np.testing.assert_allclose(of_object(hmc.frames(model, features)), expected, rtol=1e-5, atol=1e-4)


def test_draws_follow_the_grid_and_not_that_without_the_jacobian(drawn, cdfs):
    assert drawn.z.shape == (30, CHAINS, SAMPLES)
    right, wrong = cdfs
    assert distance(drawn.z, right).max() < BOUND
    assert distance(drawn.z, wrong).max() > BOUND
    assert distance(np.roll(drawn.z, 1, 0), right).max() > BOUND  # of the next object


def test_chains_are_accepted_and_agree(drawn):
    assert ((drawn.acceptance > 0.5) & (drawn.acceptance <= 1)).all()
    assert drawn.rhat.max() < 1.05


def test_split_rhat_equals_a_loop(drawn):
    halves = np.log(drawn.z[3]).astype(float).reshape(2 * CHAINS, SAMPLES // 2)
    n = halves.shape[1]
    within = sum(half.var(ddof=1) for half in halves) / len(halves)
    between = sum((half.mean() - halves.mean()) ** 2 for half in halves) / (len(halves) - 1)
    assert drawn.rhat[3] == pytest.approx(np.sqrt((n - 1) / n + between / within), abs=1e-3)


def test_separate_maxima_are_reported():
    """Of one Gaussian the moments are right; between two far ones no chain crosses, and R̂ says so."""
    one = lambda y: -0.5 * ((y - 0.4) / 0.05) ** 2  # noqa: E731
    start = np.linspace(-1, 1, 4, dtype=np.float32)

    @jax.jit
    @jax.vmap
    def run(second, key):
        return hmc.run_chains(lambda y: jax.numpy.logaddexp(one(y), one(y + 0.8) + second), start, key, 200, 400)

    key = jax.random.key(1)
    y, acceptance, rhat = run(np.array([-np.inf, 0.0, -np.inf]), jax.numpy.stack([key, key, jax.random.key(2)]))
    assert rhat[0] < 1.02
    assert rhat[1] > 1.5
    assert acceptance.min() > 0.6
    assert np.mean(y[0]) == pytest.approx(0.4, abs=0.01)
    assert np.std(y[0]) == pytest.approx(0.05, abs=0.005)
    assert not np.allclose(y[0], y[2])


def test_errors_say_what_to_do(model, batch, thirty, monkeypatch):
    with pytest.raises(PhotozError, match="objective = 'semi'"):
        hmc.sample_redshifts(build(batch, objective="supervised"), thirty)
    with pytest.raises(PhotozError, match="samples 3: give at least"):
        hmc.sample_redshifts(model, thirty, samples=3)
    monkeypatch.setitem(sys.modules, "blackjax", None)
    with pytest.raises(PhotozError, match=r"pip install 'photoz\[hmc\]'"):
        hmc.sample_redshifts(model, thirty)


def test_samples_are_frozen(drawn):
    with pytest.raises(dataclasses.FrozenInstanceError):
        drawn.z = None
