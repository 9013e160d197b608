"""Labelled trainings on several labels of unlike units."""

import torch

from photoz_core.methods.base import DataSpec
from photoz_core.methods.supervised import Config, Model
from photoz_core.nets.encoder import EncoderConfig

TINY = {"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16]}
ENCODER = EncoderConfig(name="convnext_atto", arguments=TINY, features=0, hidden=16, latent=8)
MEAN, STD = (1.3, -20.0), (0.3, 50.0)


def model(standardise):
    statistics = {"band_mad": [1.0], "label_mean": list(MEAN), "label_std": list(STD)}
    spec = DataSpec(("F814W",), (1, 32, 32), ("theta_E", "gamma"), (), statistics)
    torch.manual_seed(0)
    return Model(Config(encoder=ENCODER, targets=spec.labels, loss="mse", standardise=standardise), spec).eval()


def batch():
    generator = torch.Generator().manual_seed(1)
    label = torch.tensor(MEAN) + torch.tensor(STD) * torch.randn(6, 2, generator=generator)
    label[4, 1] = torch.nan
    return {"image": torch.randn(6, 1, 32, 32, generator=generator), "label": label}


def test_standardised_labels_weigh_alike_and_predictions_keep_their_units():
    method, data = model(True), batch()
    found, terms = method.predict(data), []
    for row in range(6):
        for label in range(2):
            if (row, label) != (4, 1):  # the one that is unknown
                terms.append(((found[row, label] - data["label"][row, label]) / STD[label]).item() ** 2)
    torch.testing.assert_close(method.loss(data)["regression"].item(), sum(terms) / 11, rtol=1e-4, atol=0)


def test_without_it_the_largest_unit_rules():
    method, data = model(False), batch()
    expected = ((method.predict(data) - data["label"]) ** 2).nanmean()
    torch.testing.assert_close(method.loss(data)["regression"], expected)
    assert torch.equal(method.head[-1].bias, torch.tensor(MEAN))
    assert not torch.equal(model(True).head[-1].bias, torch.tensor(MEAN))
