"""The contract of every method, found by the registry: a new file in methods/ is tested by being there."""

import copy
import dataclasses

import pytest
import torch

from photoz_core import methods, registry
from photoz_core.methods.base import DataSpec
from photoz_core.options import build

BANDS, SIDE, COUNT, PIXELS = ("F606W", "F814W", "F125W", "F160W"), 36, 12, 20
SMALL = {
    "encoder": {
        "name": "convnext_atto",
        "arguments": {"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16]},
        "features": 0,
        "hidden": 16,
        "latent": 8,
        "scaling": "asinh",
    },
    "augment": {"crop": 32, "jitter": 1},
    "contrast": {"queue": 24, "hidden": 8, "dim": 8},
    "trees": 5,
    "min_samples_leaf": 1,
    "inference_samples": 16,
    "evidence_samples": 8,
    "siamese": {"projector": 32, "predictor": 8},
    "targets": ("z_spec",),
    "divisor": 4.0,
    "top": {"hidden": 32, "dropout": 0.0},
    "dim": 4,
    "widths": (16, 16),
    "search": {"steps": 5, "restarts": 2, "guesses": 16},
}
NAMES = registry.names(methods)
GRADIENT = [name for name in NAMES if not registry.load(methods, name).Model.trained_whole]


def spec():
    statistics = {
        "band_mad": [0.1] * 4,
        "color_mean": [0.5, 0.5, 0.5, 24.0],
        "color_std": [0.5, 0.5, 0.5, 1.0],
        "label_mean": [1.0],
        "label_std": [0.5],
        "label_min": [0.0],
        "label_max": [3.0],
        "label_share": [0.5],
        "log_label_mean": [0.0],
        "log_label_std": [0.5],
        "feature_mean": [24.0] * 4 + [0.5] * 3,
        "feature_std": [1.0] * 4 + [0.5] * 3,
        "spectrum_mean": [1.0] * PIXELS,
        "spectrum_scale": [0.5],
        "rows": [float(COUNT)],
    }
    return DataSpec(BANDS, (4, SIDE, SIDE), ("z_spec",), (), statistics)


def make(name, **options):
    torch.manual_seed(0)
    module = registry.load(methods, name)
    known = {field.name for field in dataclasses.fields(module.Config)}
    values = {key: value for key, value in SMALL.items() if key in known}
    return module.Model(build(module.Config, values | options, name), spec())


def batch(labelled=True):
    generator = torch.Generator().manual_seed(3)
    z = torch.rand(COUNT, 1, generator=generator) * 3
    magnitude = 24 + torch.randn(COUNT, 4, generator=generator) * 0.2 - z * torch.arange(4) * 0.3
    image = torch.randn(COUNT, 4, SIDE, SIDE, generator=generator) * 0.1
    image[:, :, 14:22, 14:22] += 10 ** (0.4 * (23.9 - magnitude))[:, :, None, None]
    return {
        "image": image,
        "pair": image + torch.randn(image.shape, generator=generator) * 0.1,
        "magnitude": magnitude,
        "magnitude_error": torch.full_like(magnitude, 0.02),
        "covariate": torch.empty(COUNT, 0),
        "label": z if labelled else torch.full_like(z, float("nan")),
        "spectrum": 1 + 0.5 * torch.sin(torch.linspace(0, 3, PIXELS) * (1 + z)),
        "spectrum_mask": (torch.arange(PIXELS) < z).float(),
        "row": torch.arange(COUNT),
    }


@pytest.fixture(params=NAMES)
def method(request):
    model = make(request.param)
    if model.trained_whole:
        model.fit_whole(batch())
    return model


def test_loss_is_a_dict_of_finite_scalars_and_changes_no_state(method):
    before = copy.deepcopy(method.state_dict())
    torch.manual_seed(1)
    first = method.loss(batch())
    torch.manual_seed(1)
    second = method.loss(batch())
    assert first
    for name, value in first.items():
        assert value.shape == ()
        assert torch.isfinite(value)
        assert value.item() == second[name].item(), name
    for name, value in method.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_batch_without_labels_gives_finite_terms_and_gradients(method):
    terms = method.loss(batch(labelled=False))
    assert all(torch.isfinite(value) for value in terms.values())
    if "redshift" in terms:
        assert terms["redshift"].item() == 0
    if not method.trained_whole:
        sum(terms.values()).backward()
        assert all(torch.isfinite(p.grad).all() for p in method.parameters() if p.grad is not None)


def test_missing_magnitudes_are_survived(method):
    holed = batch()
    holed["magnitude"][::3, 1] = float("nan")
    assert all(torch.isfinite(value) for value in method.loss(holed).values())
    assert torch.isfinite(method.eval().encode(holed)).all()


def test_latents_and_predictions_have_a_row_an_object_and_repeat(method):
    method.eval()
    latents = method.encode(batch())
    assert latents.ndim == 2
    assert len(latents) == COUNT
    assert torch.equal(latents, method.encode(batch()))
    if method.predicts:
        assert method.predict(batch()).shape == (COUNT, 1)


def test_an_object_is_embedded_the_same_alone_and_in_a_batch(method):
    method.eval()
    alone = method.encode({name: value[:1] for name, value in batch().items()})
    torch.testing.assert_close(alone, method.encode(batch())[:1], rtol=1e-4, atol=1e-5)


def test_weights_survive_a_save(method):
    from safetensors.torch import load, save

    restored = make(type(method).__module__.rpartition(".")[2])
    restored.load_state_dict(load(save(method.state_dict())))
    torch.testing.assert_close(restored.eval().encode(batch()), method.eval().encode(batch()))
    if method.predicts:
        torch.testing.assert_close(restored.predict(batch()), method.predict(batch()))


def test_pdfs_are_distributions(method):
    if not method.gives_pdf:
        return
    method.eval()
    cdf = method.cdf(batch(), torch.linspace(0, 1e4, 50))
    assert cdf.shape == (COUNT, 50)
    assert (cdf.diff(dim=1) > -1e-6).all()
    assert cdf[:, -1].min() > 0.999
    torch.testing.assert_close(method.cdf(batch(), torch.linspace(0, 1e4, 50)), cdf)
    assert all(values.shape == (COUNT,) for values in method.scores(batch()).values())


def test_further_latent_spaces_have_a_row_an_object(method):
    spaces = method.eval().encode_spaces(batch())
    assert tuple(spaces) == method.spaces
    assert all(len(latents) == COUNT for latents in spaces.values())


@pytest.mark.parametrize("name", GRADIENT)
def test_one_batch_is_overfitted(name):
    """Without `after_step`: while MoCo's queue fills, its loss rightly rises."""
    method, data = make(name), batch()
    optimizer = torch.optim.AdamW(method.parameter_groups(3e-3))

    def total():
        torch.manual_seed(2)
        return sum(method.loss(data).values())

    start = total().item()
    for _ in range(60):
        optimizer.zero_grad()
        total().backward()
        optimizer.step()
    assert total().item() < 0.5 * start


def test_frozen_features_do_not_move():
    method = make("supervised", frozen=True).train()
    before = copy.deepcopy(method.encoder.state_dict())
    optimizer = torch.optim.AdamW(method.parameter_groups(1e-2))
    sum(method.loss(batch()).values()).backward()
    optimizer.step()
    assert not method.encoder.training
    for name, value in method.encoder.state_dict().items():
        assert torch.equal(value, before[name])


def test_fine_tuning_moves_the_encoder_more_slowly():
    groups = make("supervised", encoder_lr=0.2).parameter_groups(5e-4)
    assert [group["lr"] for group in groups] == pytest.approx([5e-4, 1e-4])


def test_forest_equals_scikit_learn_to_the_leaf():
    from sklearn.ensemble import RandomForestRegressor

    method, data = make("photometry_forest", trees=20), batch()
    method.fit_whole(data)
    features = method.features(data["magnitude"]).numpy()
    peer = RandomForestRegressor(20, min_samples_leaf=1, random_state=0).fit(features, data["label"][:, 0].numpy())
    assert method.predict(data)[:, 0].tolist() == pytest.approx(peer.predict(features).tolist(), rel=1e-6)


def test_predictions_average_over_quarter_turns():
    from photoz_core.inference import infer
    from photoz_core.optimisation import FitConfig

    method, data = make("supervised").eval(), batch()

    class Rows:
        device = torch.device("cpu")

        def batches(self, size):
            return iter([data])

    found = infer(method, Rows(), FitConfig(quarter_turns=4))
    latents, predictions = found.latents[""], found.predictions
    turned = [method.predict(data | {"image": torch.rot90(data["image"], turn, (2, 3))}) for turn in range(4)]
    torch.testing.assert_close(torch.from_numpy(predictions), sum(turned) / 4)
    torch.testing.assert_close(torch.from_numpy(latents), method.encode(data))
