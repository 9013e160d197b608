"""The mock lenses as a dataset: what it tells, what a method reads of it, and how it is written."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from photoz_core.dataset_writer import validate
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.rows import Rows, data_spec
from photoz_core.simulate import _lens_sources, lenses
from photoz_core.simulate._lens_mass import PARAMETERS
from photoz_core.simulate.lenses import Config

pytest.importorskip("galsim")
FEW = Config(n=20, side=24, supersampling=1)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    """150 lenses in a home: three chunks."""
    return lenses.simulate(Home(tmp_path_factory.mktemp("home")).new_dataset("lenses-mock"), Config(n=150, side=40))


def test_dataset_is_sound_and_tells_what_it_holds(mock):
    assert validate(mock) == []
    assert mock.meta.simulated and mock.meta.provenance["options"]["ranges"]["theta_E"] == [0.8, 1.8]
    assert (mock.bands, mock.meta.label, mock.meta.pixel_scale) == (["F814W"], "theta_E", 0.05)
    assert all(mock.meta.columns[name].label and mock.meta.columns[name].description for name in mock.catalog)
    assert list(mock.catalog)[1:9] == list(PARAMETERS) and mock.is_labelled().all()
    assert not any(column.truth for column in mock.meta.columns.values())
    for name in PARAMETERS:
        low, high = getattr(Config().ranges, name)
        assert np.ptp(mock.column(name)) > 0.9 * (high - low)
    assert set(mock.column("source")) == {"image", "core_sersic"}
    assert set(mock.column("second_source")) == {"none", "image", "core_sersic"}


def test_images_are_scaled_to_one_and_differ_within_a_pair(mock):
    image, pair = mock.array("image"), mock.array("pair")
    assert image.shape == pair.shape == (150, 1, 40, 40) and image.dtype == pair.dtype == np.float16
    assert (image.max(axis=(1, 2, 3)) == 1).all() and (pair.max(axis=(1, 2, 3)) == 1).all()
    assert len(np.unique(image.reshape(150, -1), axis=0)) == 150
    assert (image != pair).mean(axis=(1, 2, 3)).min() > 0.9


def test_a_method_reads_images_and_labels_though_no_band_has_magnitudes(mock):
    needs, visible = ("image", "label"), mock.visible_labels(1.0)
    spec = data_spec(mock, needs, ("theta_E",), False, (), mock.rows("train"), visible)
    assert spec.image_shape == (1, 40, 40) and spec.statistics["label_mean"][0] == pytest.approx(1.3, abs=0.1)
    rows = Rows(mock, mock.rows("valid"), needs, spec, visible, torch.device("cpu"))
    batch = rows.batch(slice(0, 4))
    assert batch["image"].shape == (4, 1, 40, 40)
    expected = mock.column("theta_E")[mock.rows("valid")[:4]]
    assert batch["label"][:, 0].tolist() == pytest.approx(expected.tolist(), rel=1e-6)


def test_same_sample_whatever_the_workers(tmp_path):
    config = replace(FEW, n=150, image_share=0.0)
    one, two = (lenses.simulate(tmp_path / str(workers), config, workers) for workers in (1, 2))
    pd.testing.assert_frame_equal(one.catalog, two.catalog)
    assert np.array_equal(one.array("image"), two.array("image"))
    assert np.array_equal(one.array("pair"), two.array("pair"))


def test_other_seed_other_lenses(mock, tmp_path):
    other = lenses.simulate(tmp_path / "other", replace(FEW, seed=1))
    assert not np.isin(other.column("theta_E"), mock.column("theta_E")).any()


@pytest.fixture(scope="module")
def galaxies_home(tmp_path_factory):
    from photoz_core.simulate import galaxies

    home = Home(tmp_path_factory.mktemp("home"))
    galaxies.simulate(home.new_dataset("galaxies"), galaxies.Config(n=250, stamp=64))
    return home


def test_sources_may_be_images_of_a_dataset(galaxies_home):
    from photoz_core.dataset import Dataset

    bank = _lens_sources.bank_of(Dataset(galaxies_home.dataset("galaxies")))
    assert 5 < len(bank) < 250 and bank.pixel_scale == 0.06  # the faint ones are too noisy
    assert torch.equal(bank.stamps.amax(dim=(1, 2)), torch.ones(len(bank)))
    assert bank.stamps[:, 0].abs().max() < 1e-6
    config = replace(FEW, image_share=1.0)
    lensed = lenses.simulate(galaxies_home.new_dataset("lensed"), replace(config, sources="galaxies"))
    drawn = lenses.simulate(galaxies_home.new_dataset("drawn"), config)
    assert not np.array_equal(lensed.array("image"), drawn.array("image"))
    assert np.array_equal(lensed.column("theta_E"), drawn.column("theta_E"))


def test_a_stamp_is_turned_and_shifted():
    """A bright pixel at (+10, +4) of the stamp's center, turned by 90° to (−4, +10), shifted by (0.3, −0.2)."""
    stamps = torch.zeros(2, 41, 41)
    stamps[1, 24, 30] = 1.0
    source = {"stamp": torch.tensor([1]), "angle": torch.tensor([np.pi / 2], dtype=torch.float32)}
    source |= {"center_x": torch.tensor([0.3]), "center_y": torch.tensor([-0.2])}
    bank = _lens_sources.Bank(stamps, 0.1)
    x, y = torch.tensor([[-0.4 + 0.3, -0.4 + 0.35, 1.3, 9.0]]), torch.tensor([[1.0 - 0.2, 0.8, 0.2, 0.0]])
    assert bank.brightness(x, y, source)[0].tolist() == pytest.approx([1.0, 0.5, 0.0, 0.0], abs=1e-4)


def test_wrong_sources_are_named(galaxies_home):
    with pytest.raises(PhotozError, match=r"unknown dataset 'stars'; known: .*galaxies"):
        lenses.simulate(galaxies_home.new_dataset("none"), replace(FEW, sources="stars"))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"n": 0}, "'n'"),
        ({"image_share": 1.5}, "image_share"),
        ({"ranges": {"gamma": [1.5, 3.0]}}, "ranges.gamma"),
        ({"ranges": {"theta_E": [1.8, 0.8]}}, "ranges.theta_E"),
        ({"ranges": {"theta_E": [0.0, 0.8]}}, "ranges.theta_E"),
        ({"ranges": {"e1": [-0.7, 0.7], "e2": [-0.7, 0.7]}}, "ranges.e1"),
        ({"ranges": {"gamma3": [0, 1]}}, "gamma3"),
    ],
)
def test_wrong_option_is_named(wrong, named):
    from photoz_core.options import build

    with pytest.raises(PhotozError, match=named):
        build(Config, wrong, "lenses")


def test_failure_leaves_nothing(tmp_path):
    def stop(done, total):
        raise RuntimeError("stopped by hand")

    home = Home(tmp_path)
    with pytest.raises(RuntimeError, match="by hand"):
        lenses.simulate(home.new_dataset("mock"), FEW, workers=1, progress=stop)
    assert home.dataset_names() == [] and not list(home.datasets.iterdir())


def test_killed_simulation_is_never_listed(tmp_path):
    home = Home(tmp_path)
    script = (
        "import os, signal, sys; from pathlib import Path; from photoz_core.simulate.lenses import Config, simulate\n"
        "config = Config(n=70, side=24, image_share=0)\n"
        "simulate(Path(sys.argv[1]), config, 1, lambda done, n: os.kill(os.getpid(), signal.SIGKILL))"
    )
    done = subprocess.run([sys.executable, "-c", script, home.datasets / "mock"], check=False)
    assert done.returncode == -9
    assert home.dataset_names() == []
    lenses.simulate(home.new_dataset("mock"), FEW)
    assert [path.name for path in home.datasets.iterdir()] == ["mock"]  # the dead writer's part is swept
