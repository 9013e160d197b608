"""PhotoVAEz: its inputs, its terms, its PDFs."""

import math

import pytest
import torch

from photoz_core.features import vae_features
from photoz_core.methods.base import DataSpec
from photoz_core.methods.photovaez import Config, Model

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


def test_a_thousand_samples_are_taken_of_a_few_objects_at_a_time(monkeypatch):
    model = Model(Config(hidden=(512, 8), inference_samples=1000), spec()).eval()
    sizes, whole = [], model.mixture
    monkeypatch.setattr(model, "mixture", lambda features: (sizes.append(len(features)), whole(features))[1])
    cdf = model.cdf(batch(100), torch.linspace(0, 3, 5))
    assert len(cdf) == sum(sizes) == 100
    assert max(sizes) * 1000 * 512 * 4 <= 2**26  # bytes of the widest layer's output
    monkeypatch.undo()
    torch.testing.assert_close(
        model.cdf({k: v[40:60] for k, v in batch(100).items()}, torch.linspace(0, 3, 5)), cdf[40:60]
    )


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


@pytest.mark.parametrize("posterior", ["predictive", "importance"])
@pytest.mark.parametrize("head", ["lognormal", "mixture"])
def test_pdfs_of_both_kinds_rise_from_zero_to_one(head, posterior):
    model = Model(Config(hidden=(8,), head=head, posterior=posterior, inference_samples=50), spec()).eval()
    cdf = model.cdf(batch(10), torch.linspace(0, 40, 300))
    assert cdf.shape == (10, 300)
    assert (cdf.diff(dim=1) >= -1e-6).all()
    assert cdf[:, 0].abs().max() < 1e-6
    assert cdf[:, -1].min() > 0.99
