"""Pairs of lenses drawn at every step of a training."""

import shutil

import numpy as np
import pytest
import torch
from torch import nn

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.methods.base import DataSpec, Method
from photoz_core.optimisation import FitConfig
from photoz_core.simulate import lenses
from photoz_core.simulate._lens_fresh import FreshPairs
from photoz_core.simulate.lenses import Config, fresh_pairs
from photoz_core.training import evaluate, fit

pytest.importorskip("galsim")
BOTH = ("image", "pair")
SMALL = Config(n=4, side=32, pixel_scale=0.15, supersampling=1, image_share=0.0)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    lenses.simulate(home.new_dataset("mock"), SMALL)
    return home


def fresh(count=20, needs=BOTH, config=SMALL):
    return FreshPairs(config, None, count, needs, "cpu")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_batches_look_like_those_of_rows(home):
    pairs = fresh_pairs(Dataset(home.dataset("mock")), 20, BOTH, "cpu")
    assert len(pairs) == 20 and pairs.device == torch.device("cpu") and not pairs.labelled.any()
    sizes = [len(batch["image"]) for batch in pairs.batches(8)]
    assert sizes == [8, 8, 4]
    batch = pairs.batch(torch.tensor([19, 3, 3]))
    assert set(batch) == set(BOTH)
    for images in batch.values():
        assert images.shape == (3, 1, 32, 32) and images.dtype == torch.float32
        assert torch.equal(images.amax(dim=(1, 2, 3)), torch.ones(3)) and not images.requires_grad


def test_every_batch_is_new_and_the_seed_repeats_them_all():
    pairs = fresh()
    torch.manual_seed(5)
    first, second = pairs.batch(slice(0, 4)), pairs.batch(slice(0, 4))
    assert not (first["image"] == second["image"]).flatten(1).all(1).any()
    torch.manual_seed(5)
    assert same(first, fresh().batch(torch.arange(4))) and same(second, fresh().batch(torch.arange(4)))
    torch.manual_seed(6)
    assert not same(first, pairs.batch(slice(0, 4)))


def test_a_restored_state_of_torch_goes_on():
    pairs = fresh()
    torch.manual_seed(5)
    pairs.batch(slice(0, 4))
    state = torch.get_rng_state()
    expected = [pairs.batch(slice(0, 4)) for _ in range(2)]
    torch.manual_seed(99)
    torch.set_rng_state(state)
    assert all(same(batch, fresh().batch(slice(0, 4))) for batch in expected)


def test_half_precision_of_the_training_does_not_reach_the_images():
    torch.manual_seed(5)
    expected = fresh().batch(slice(0, 4))
    torch.manual_seed(5)
    with torch.autocast("cpu", torch.bfloat16):
        assert same(fresh().batch(slice(0, 4)), expected)


def test_a_batch_takes_one_number_from_torch_whatever_its_size():
    left = []
    for size in (1, 9):
        torch.manual_seed(5)
        fresh().batch(slice(0, size))
        left.append(torch.rand(3))
    assert torch.equal(*left)


def test_a_pair_is_of_one_mass():
    """Rings of one mass are alike, those of two are not: each image is nearest to its own partner far too often."""
    bare = Config(**vars(SMALL) | {"lens_light": False, "noise": (-4.0, -4.0), "merger_share": 0.0})
    torch.manual_seed(1)
    batch = fresh(60, config=bare).batch(slice(0, 60))
    one, two = (_ring_profiles(batch[name]) for name in BOTH)
    distance = torch.cdist(one, two)
    own, others = distance.diagonal().mean(), distance[~torch.eye(60, dtype=bool)].mean()
    assert own < 0.75 * others
    assert (distance.argsort(dim=1).argsort(dim=1).diagonal() < 12).float().mean() > 0.4  # by chance 0.2
    assert (batch["image"] != batch["pair"]).float().mean() > 0.9


def _ring_profiles(images):
    """Share of the light in rings of one pixel about the center."""
    y, x = np.mgrid[:32, :32] - 15.5
    ring = torch.from_numpy(np.hypot(x, y).astype(int).ravel())
    light = torch.zeros(len(images), int(ring.max()) + 1).index_add_(1, ring, images.flatten(1))
    return light / light.sum(dim=1, keepdim=True)


def test_one_image_a_lens_where_no_pair_is_read():
    torch.manual_seed(5)
    batch = fresh(needs=("image",)).batch(slice(0, 4))
    assert set(batch) == {"image"} and batch["image"].shape == (4, 1, 32, 32)


def test_labels_cannot_be_drawn():
    with pytest.raises(PhotozError, match="have no label, only image and pair; train this method on a dataset"):
        fresh(needs=("image", "label"))


def test_the_options_and_sources_are_those_of_the_dataset(home):
    lenses.simulate(home.new_dataset("euclid"), Config(n=4, instrument="euclid", supersampling=1, image_share=0.0))
    euclid = Dataset(home.dataset("euclid"))
    assert fresh_pairs(euclid, 5, BOTH, "cpu").batch(slice(0, 2))["pair"].shape == (2, 1, 55, 55)
    euclid.meta.provenance["options"]["sources"] = "stars"
    with pytest.raises(PhotozError, match="unknown dataset 'stars'; known: euclid, mock"):
        fresh_pairs(euclid, 5, BOTH, "cpu")


def test_a_dataset_of_another_origin_is_refused(home):
    dataset = Dataset(home.dataset("mock"))
    dataset.meta.provenance.pop("simulator")
    with pytest.raises(PhotozError, match="'mock' was not made by the simulator of lenses"):
        fresh_pairs(dataset, 5, BOTH, "cpu")


def test_psfs_that_are_gone_are_named_before_the_first_step(home, tmp_path):
    kernel = np.zeros((5, 5))
    kernel[2, 2] = 1
    np.save(tmp_path / "psf.npy", kernel)
    own = Config(**vars(SMALL) | {"psf": str(tmp_path / "psf.npy"), "psf_pixel_scale": 0.15})
    lenses.simulate(home.new_dataset("own"), own)
    shutil.move(tmp_path / "psf.npy", tmp_path / "moved.npy")
    with pytest.raises(PhotozError, match=r"psf\.npy: no such file"):
        fresh_pairs(Dataset(home.dataset("own")), 5, BOTH, "cpu")


class Alike(Method):
    """Two numbers of an image that are to be those of its pair."""

    needs = BOTH

    def __init__(self):
        super().__init__(None, DataSpec())
        self.layer = nn.Linear(32 * 32, 2)

    def loss(self, batch):
        one, two = (self.layer(batch[name].flatten(1)) for name in BOTH)
        return {"distance": (one - two).square().mean() + (one.square().mean() - 1).square()}

    def encode(self, batch):
        return self.layer(batch["image"].flatten(1))


class Memory:
    """A recorder that keeps the last checkpoint, and breaks the training off after `epochs` of them."""

    def __init__(self, epochs=None):
        self.rows, self.state, self.epochs = [], None, epochs

    def progress(self, **values): ...

    def append_history(self, row):
        self.rows.append(row)

    def save_checkpoint(self, state):
        self.state = {
            name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in state.items()
        }
        self.state["method"] = {name: value.clone() for name, value in state["method"].items()}
        if state["epoch"] == self.epochs:
            raise KeyboardInterrupt

    def load_checkpoint(self):
        return self.state


def trained(recorder):
    torch.manual_seed(3)
    method = Alike()
    fit(method, fresh(), fresh(8), FitConfig(epochs=4, batch_size=10, checkpoint_seconds=0, select="last"), recorder)
    return method


def test_a_training_draws_repeats_and_resumes():
    whole = trained(Memory())
    broken = Memory(epochs=2)
    with pytest.raises(KeyboardInterrupt):
        trained(broken)
    broken.epochs = None
    assert torch.equal(trained(broken).layer.weight, whole.layer.weight)
    assert not torch.equal(Alike().layer.weight, whole.layer.weight)


def test_an_evaluation_always_sees_the_same_lenses():
    method, config = Alike(), FitConfig(batch_size=5)
    assert evaluate(method, fresh(10), config) == evaluate(method, fresh(10), config)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_pairs_are_drawn_on_a_gpu():
    pairs = FreshPairs(SMALL, None, 8, BOTH, "cuda")
    torch.manual_seed(5)
    first = pairs.batch(slice(0, 8))
    torch.manual_seed(5)
    again = pairs.batch(slice(0, 8))
    assert first["image"].is_cuda and (first["image"] - again["image"]).abs().max() < 1e-5
