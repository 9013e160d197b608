"""SimSiam and LenSiam against their formulas, lightly's loss and heads, and a copy that is broken on purpose."""

import copy
from collections import OrderedDict
from dataclasses import replace
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
import torch
from lightly.loss import NegativeCosineSimilarity
from lightly.models.modules.heads import SimSiamPredictionHead, SimSiamProjectionHead
from torch import nn

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.methods import lensiam, simsiam
from photoz_core.methods._siamese import SiameseConfig, make_predictor, make_projector, spread, symmetrised
from photoz_core.methods.base import DataSpec
from photoz_core.nets.encoder import EncoderConfig
from photoz_core.optimisation import FitConfig
from photoz_core.options import to_dict
from photoz_core.pipeline import create_run, load_method, train
from photoz_core.recipe import load_recipe
from photoz_core.rows import Rows, data_spec
from photoz_core.training import evaluate, fit

SPEC = DataSpec(("F160W",), (1, 4, 5), (), (), {"band_mad": [0.1]})
TINY = EncoderConfig(
    name="convnext_atto", arguments={"depths": [1] * 4, "dims": [8] * 4}, features=0, hidden=8, latent=4
)
RESNET = EncoderConfig(name="resnet18", features=0, hidden=8, latent=4)


def siamese(**changes):
    return SiameseConfig(**({"projector": 32, "predictor": 8} | changes))


def features(seed=0, count=4):
    """p1, p2, z1, z2 (6, 5), leaves."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(6, 5, generator=generator, requires_grad=True) for _ in range(count)]


def loop(p1, p2, z1, z2):
    """Object by object; the mean over both halves is the mean over all of them."""
    both = [(p, z.detach()) for ps, zs in ((p1, z2), (p2, z1)) for p, z in zip(ps, zs, strict=True)]
    return -sum((p @ z) / (p @ p * (z @ z)).sqrt() for p, z in both) / len(both)


def lightlys(p1, p2, z1, z2):
    """It leaves the detaching to its user."""
    return 0.5 * (NegativeCosineSimilarity()(p1, z2.detach()) + NegativeCosineSimilarity()(p2, z1.detach()))


@pytest.mark.parametrize("reference", [loop, lightlys])
def test_the_loss_and_its_gradients_equal_others_and_none_goes_through_the_targets(reference):
    leaves = features()
    ours, expected = (torch.autograd.grad(f(*leaves), leaves, allow_unused=True) for f in (symmetrised, reference))
    torch.testing.assert_close(symmetrised(*leaves), reference(*leaves))
    torch.testing.assert_close(ours[:2], expected[:2])
    assert ours[2:] == (None, None)


def test_the_loss_lies_between_minus_one_and_one():
    p1, p2, *_ = features()
    assert symmetrised(p1, p2, 3 * p2, 0.1 * p1).item() == pytest.approx(-1)
    assert symmetrised(p1, p2, -p2, -p1).item() == pytest.approx(1)
    assert -1 <= symmetrised(*features(2)).item() <= 1


@pytest.mark.parametrize("heads", ["simsiam", "lensiam"])
def test_heads_equal_lightlys_or_have_lensiams_size(heads):
    config = SiameseConfig(heads=heads)
    ours = make_projector(2048, config), make_predictor(config)
    if heads == "lensiam":  # 12.60 M and 2.10 M parameters
        assert [sum(p.numel() for p in head.parameters()) for head in ours] == [12_601_344, 2_100_736]
        return
    x = torch.randn(6, 2048)
    for head, peer in zip(ours, (SimSiamProjectionHead(), SimSiamPredictionHead()), strict=True):
        peer.layers.load_state_dict(head.state_dict())
        torch.testing.assert_close(head(x), peer(x))
        torch.testing.assert_close(head.state_dict(), peer.layers.state_dict())


@pytest.mark.parametrize("model", [simsiam, lensiam])
def test_each_view_has_its_own_batch_statistics_and_they_wait_for_the_step(model):
    """After a step they are those of a network that saw view 1, then view 2; the loss alone changes nothing."""
    torch.manual_seed(0)
    config = model.Config(encoder=RESNET, siamese=siamese())
    method, batch = model.Model(config, SPEC), pairs(torch.Generator().manual_seed(1), 16, side=(32, 32))
    peer, before = copy.deepcopy(method), copy.deepcopy(method.state_dict())
    torch.manual_seed(2)
    views = method.views(batch)
    for view in views:
        peer.predictor(peer.projector(peer.encoder(view)))
    torch.manual_seed(2)
    method.loss(batch)["similarity"].backward()
    torch.testing.assert_close(method.state_dict(), before, rtol=0, atol=0)
    method.after_step()
    found, expected = method.state_dict(), peer.state_dict()
    torch.testing.assert_close(found, expected | {"spread": found["spread"]})
    assert not torch.equal(found["projector.1.running_mean"], before["projector.1.running_mean"])
    assert found["projector.1.num_batches_tracked"] == 2


def test_lensiam_compares_the_pair_and_does_nothing_else_to_it():
    batch = pairs(torch.Generator(), 3)
    assert all(map(torch.equal, small(lensiam.Model).views(batch), batch.values()))


@pytest.mark.parametrize("model", [simsiam, lensiam])
def test_latents_are_the_resized_backbones_pooled_features(model):
    method = model.Model(model.Config(encoder=replace(RESNET, resize=64), siamese=siamese()), SPEC).eval()
    image = torch.randn(2, 1, 48, 48)
    expected = method.encoder.backbone(torch.nn.functional.interpolate(image, (64, 64), mode="bilinear"))
    assert expected.shape == (2, 512)
    torch.testing.assert_close(method.encode({"image": image}), expected, rtol=1e-3, atol=1e-4)


def test_a_last_batch_of_one_object_teaches_nothing():
    method = lensiam.Model(lensiam.Config(encoder=TINY, siamese=siamese()), SPEC)
    loss = method.loss(pairs(torch.Generator(), 1, side=(32, 32)))["similarity"]
    loss.backward()
    method.after_step()
    assert loss.item() == 0
    assert all(p.grad is None or not p.grad.any() for p in method.parameters())


def test_spread_is_one_for_isotropic_and_zero_for_equal_projections():
    z = torch.randn(4000, 64, generator=torch.Generator().manual_seed(0))
    assert spread(z).item() == pytest.approx(1, abs=0.02)
    assert spread(z[:1].expand(100, -1)).item() == pytest.approx(0, abs=1e-6)
    assert spread(7 * z).item() == pytest.approx(spread(z).item(), rel=1e-5)


def pairs(generator, count, side=(4, 5)):
    """Five hidden numbers an object, seen twice through one matrix and noise."""
    pixels = side[0] * side[1]
    matrix = torch.randn(5, pixels, generator=torch.Generator().manual_seed(1))
    hidden = torch.randn(count, 5, generator=generator) @ matrix
    noise = 0.5 * torch.randn(2, count, pixels, generator=generator)
    return {key: (hidden + part).view(count, 1, *side) for key, part in zip(("image", "pair"), noise, strict=True)}


class Stream(Rows):
    """Pairs in memory."""

    def __init__(self, count):
        self.rows, self.device, self._images, self._places = range(count), torch.device("cpu"), None, None
        self._resident = pairs(torch.Generator().manual_seed(2), count)


class Broken(lensiam.Model):
    """Neither stop-gradient nor predictor: nothing keeps the two branches from agreeing on a constant."""

    def loss(self, batch):
        own = super().loss(batch)  # for the watch
        z1, z2 = (self.projector(self.encoder(view)) for view in self.views(batch))
        return {name: -torch.cosine_similarity(z1, z2).mean() for name in own}


def small(kind):
    torch.manual_seed(0)
    method = kind(lensiam.Config(encoder=TINY, siamese=siamese(heads="lensiam")), SPEC)
    layers = nn.Flatten(), nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 8)
    method.encoder = nn.Sequential(OrderedDict(backbone=nn.Sequential(*layers)))
    return method


RECORDER = MagicMock(load_checkpoint=lambda: None)
FIT = FitConfig(epochs=20, batch_size=128, lr=3e-2, weight_decay=0.0, schedule="constant", select="last")


def test_without_stop_gradient_and_predictor_it_collapses_and_is_stopped():
    with pytest.raises(PhotozError, match=r"the network has collapsed: .*spread 0\.0\d*, healthy is 1"):
        fit(small(Broken), Stream(2560), Stream(128), FIT, RECORDER)


def test_with_them_it_agrees_on_the_pairs_and_does_not_collapse():
    method = small(lensiam.Model)
    untrained = evaluate(method, Stream(128), FIT)["similarity"]
    fit(method, Stream(2560), Stream(128), FIT, RECORDER)
    assert untrained > -0.5
    assert evaluate(method, Stream(128), FIT)["similarity"] < -0.8
    assert method.spread > 0.7


@pytest.mark.parametrize("constant", [True, False])
def test_the_schedule_leaves_the_predictor_alone(constant):
    options = siamese(constant_predictor=constant, predictor_lr=10.0)
    method = lensiam.Model(lensiam.Config(encoder=TINY, siamese=options), SPEC)
    network, predictor = method.parameter_groups(0.02)
    assert (network["lr"], predictor["lr"]) == pytest.approx((0.02, 0.2))
    assert (network.get("constant", False), predictor["constant"]) == (False, constant)
    assert set(predictor["params"]) == set(method.predictor.parameters())
    assert set(network["params"]) == {*method.encoder.backbone.parameters(), *method.projector.parameters()}


@pytest.fixture
def lenses(tmp_path):
    """A home with 40 pairs of images, a label, one band and no magnitudes, and small recipes."""
    home, rng = Home(tmp_path), np.random.default_rng(0)
    theta = rng.uniform(0.8, 1.8, 40)
    columns = {"theta_E": Column("θ_E", "arcsec", kind="quantity")}
    meta = Meta("lenses", bands=["F814W"], label="theta_E", columns=columns)
    with new_dataset(home.new_dataset("lenses"), meta) as writer:
        for name in ("image", "pair"):
            image = rng.normal(0, 0.1, (40, 1, 32, 32)) + theta[:, None, None, None]
            writer.add_array(name, image.astype("f4"))
        writer.finish(pd.DataFrame({"object_id": [f"l{i:02d}" for i in range(40)], "theta_E": theta}))
    return home


def test_rows_read_pairs_resident_or_from_disk_alike(lenses, monkeypatch):
    dataset, index = Dataset(lenses.dataset("lenses")), torch.tensor([5, 39, 0])
    spec = data_spec(dataset, lensiam.Model.needs, (), False, (), np.arange(40), np.ones(40, bool))
    given = (dataset, np.arange(40), lensiam.Model.needs, spec, np.ones(40, bool), torch.device("cpu"))
    resident = Rows(*given).batch(index)
    monkeypatch.setattr("photoz_core.rows.free_memory", lambda device: 0)
    gathered = Rows(*given).batch(index)
    for name in ("image", "pair"):
        assert torch.equal(resident[name], torch.from_numpy(dataset.array(name)[[5, 39, 0]]))
        assert torch.equal(resident[name], gathered[name])
    assert not torch.equal(resident["image"], resident["pair"])


def test_a_dataset_without_pairs_says_what_to_do(tiny_home):
    given = (Dataset(tiny_home.dataset("tiny")), lensiam.Model.needs, (), False, (), np.arange(120), np.ones(120, bool))
    with pytest.raises(PhotozError, match=r"'tiny' has no array 'pair', .*choose method simsiam"):
        data_spec(*given)


@pytest.mark.parametrize("name", ["simsiam_lenses", "lensiam_lenses"])
def test_lenses_are_trained_on_without_magnitudes_and_handed_on_to_a_fine_tuning(lenses, name):
    short = {"epochs": 1, "batch_size": 16, "min_steps": 0, "lr": 1e-9}
    options = {"encoder": to_dict(TINY), "siamese": {"projector": 16, "predictor": 4}}
    parent = create_run(lenses, load_recipe(name, lenses, dataset="lenses", options=options, fit=short))
    train(lenses, parent)
    assert parent.latents.shape == (40, 8)
    given = {"dataset": "lenses", "parent_dataset": "lenses", "fit": short}
    child = create_run(lenses, load_recipe(f"finetune_{name}", lenses, **given))
    train(lenses, child)
    assert "theta_E_pred" in child.predictions
    theirs, own = (dict(load_method(run).encoder.named_parameters()) for run in (parent, child))
    torch.testing.assert_close(own, theirs, rtol=1e-4, atol=1e-5)
