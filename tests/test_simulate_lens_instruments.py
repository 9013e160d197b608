"""The cameras of the lens simulator: pixels, PSFs, noise, and where rings appear in their images."""

import numpy as np
import pytest
import torch

from photoz_core.dataset_writer import random_split, validate
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.options import build
from photoz_core.simulate import lenses
from photoz_core.simulate._lens_draw import camera
from photoz_core.simulate._lens_instruments import EUCLID, HST
from photoz_core.simulate._lens_population import draw_scene
from photoz_core.simulate._lens_psf import psfs
from photoz_core.simulate._lens_sources import NO_BANK, drawn_bank
from photoz_core.simulate.lenses import Config

galsim = pytest.importorskip("galsim")
CPU = torch.device("cpu")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def euclid(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("home"))
    config = Config(n=105, instrument="euclid", supersampling=1, image_share=0.0)
    return lenses.simulate(home.new_dataset("lenses-euclid"), config, 1)


def config_of(instrument, **options):
    return Config(instrument=instrument, **options).resolved()


@pytest.mark.parametrize(("instrument", "count", "low", "high"), [("hst", 23, 0.07, 0.11), ("euclid", 12, 0.14, 0.20)])
def test_psfs_are_as_wide_as_the_instruments(instrument, count, low, high):
    config = config_of(instrument)
    kernels = psfs(config).astype(float)
    side = kernels.shape[1]
    assert kernels.shape == (count, side, side) and side % 2 == 1 and side <= config.side
    assert kernels.sum(axis=(1, 2)) == pytest.approx(1, abs=1e-6) and kernels.min() >= 0
    assert (kernels.reshape(count, -1).argmax(1) == side**2 // 2).all()
    for kernel in kernels:
        image = galsim.Image(kernel, scale=config.pixel_scale)
        assert low < galsim.InterpolatedImage(image, x_interpolant="lanczos5").calculateFWHM() < high


def test_stars_of_euclid_hold_the_light_that_those_of_q1_do():
    """Of three VIS PSFs of Euclid's Q1 release, the central pixel has 17–21 %, a radius of 3 pixels 87–89 %."""
    config = config_of("euclid", pixel_scale=0.02)  # five of these make a pixel of VIS
    for kernel in psfs(config).astype(float):
        assert kernel.shape == (105, 105)
        star = kernel.reshape(21, 5, 21, 5).sum(axis=(1, 3))
        radius = np.hypot(*(np.mgrid[:21, :21] - 10))
        assert 0.165 < star[10, 10] < 0.215
        assert 0.86 < star[radius <= 3].sum() < 0.90


def ring(config, theta_e, gamma):
    """Noiseless image (side, side) of a small source straight behind a round lens, without lens light."""
    lens = torch.tensor([[theta_e, 0, 0, 0, 0, gamma, 0, 0]])
    scene = draw_scene(lens, torch.Generator().manual_seed(0), config, 1, len(psfs(config)))
    small = {"center_x": 0.0, "center_y": 0.0, "e1": 0.0, "e2": 0.0, "R_sersic": 0.05, "n_sersic": 1.0, "Rb": 0.01}
    for name, value in small.items():
        scene.sources[name][:] = value
    scene.sources["is_image"][:], scene.sources["weight"][:] = False, torch.tensor([1.0, 0.0])
    return camera(config, CPU).image(scene, NO_BANK, lens_light=False)[0].double().numpy()


@pytest.mark.parametrize("theta_e", [0.8, 1.3, 1.8])
@pytest.mark.parametrize("gamma", [1.7, 2.0, 2.3])
@pytest.mark.parametrize("instrument", ["hst", "euclid"])
def test_a_ring_has_the_einstein_radius_in_arcsec(instrument, gamma, theta_e):
    config = config_of(instrument)
    image = ring(config, theta_e, gamma)
    assert image.max() == pytest.approx(1)
    y, x = (np.mgrid[: config.side, : config.side] - (config.side - 1) / 2) * config.pixel_scale
    radius = np.hypot(x, y)
    bright = image > 0.3
    light, where = image[bright], radius[bright]
    assert light.sum() / (light / where).sum() == pytest.approx(theta_e, abs=0.25 * config.pixel_scale)
    assert image[radius < 0.3 * theta_e].max() < 0.1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (110, 0.05, (-3.25, -2.25))),
        ({"instrument": "euclid"}, (55, 0.1, (-2.5, -1.5))),
        ({"instrument": "euclid", "pixel_scale": 0.05}, (110, 0.05, (-2.5, -1.5))),
        ({"side": 64, "noise": (-3.0, -3.0)}, (64, 0.05, (-3.0, -3.0))),
    ],
)
def test_what_is_0_is_the_instruments_own(given, expected):
    config = Config(**given).resolved()
    assert (config.side, config.pixel_scale, config.noise) == expected
    assert config.resolved() == config


def test_drawn_psfs_follow_the_pixel_scale():
    """The same optics on pixels half as large: the same surface brightness where both have a pixel."""
    coarse, fine = (psfs(config_of("euclid", pixel_scale=scale))[3] for scale in (0.1, 0.05))
    assert coarse.shape == (21, 21) and fine.shape == (41, 41)
    assert fine[::2, ::2] * 4 == pytest.approx(coarse, rel=0.03, abs=1e-4)


def test_dataset_of_euclid_says_what_it_is(euclid):
    assert validate(euclid) == []
    assert (euclid.bands, euclid.meta.pixel_scale, euclid.meta.label) == (["VIS"], 0.1, "theta_E")
    assert euclid.array("image").shape == euclid.array("pair").shape == (105, 1, 55, 55)
    assert (euclid.array("image").max(axis=(1, 2, 3)) == 1).all()
    noise = euclid.column("noise_rms")
    assert noise.min() > -2.6 and noise.max() < -1.4 and np.ptp(noise) > 0.8
    assert (
        euclid.meta.provenance["options"]["side"] == 55 and euclid.meta.provenance["options"]["instrument"] == "euclid"
    )


def test_euclid_is_split_for_a_test_as_large_as_the_training(euclid, tmp_path):
    assert [len(euclid.rows(split)) for split in ("train", "valid", "test")] == [50, 5, 50]
    few = Config(n=20, side=16, supersampling=1, image_share=0.0, shares=(1, 0, 1))
    own = lenses.simulate(tmp_path / "own", few)
    assert [len(own.rows(split)) for split in ("train", "valid", "test")] == [10, 0, 10]
    assert np.allclose(np.array(HST.shares) / 100, (0.7, 0.15, 0.15))
    usual = lenses.simulate(tmp_path / "usual", Config(n=20, side=16, supersampling=1, image_share=0.0))
    assert (usual.split == random_split(np.ones(20, bool), 0)).all()


def test_surveys_of_one_seed_are_independent(euclid, tmp_path):
    hst = lenses.simulate(tmp_path / "hst", Config(n=105, side=16, supersampling=1, image_share=0.0))
    for name in ("theta_E", "gamma", "e1"):
        assert not np.isin(euclid.column(name), hst.column(name)).any()
        assert abs(np.corrcoef(euclid.column(name), hst.column(name))[0, 1]) < 0.35
    ours, theirs = drawn_bank(HST.galaxies).stamps, drawn_bank(EUCLID.galaxies).stamps
    assert torch.cdist(ours.flatten(1), theirs.flatten(1)).min() > 0.1


def test_the_default_sample_is_the_one_it_always_was(tmp_path):
    """Numbers recorded before there were instruments."""
    dataset = lenses.simulate(tmp_path / "mock", Config(n=3, side=16, supersampling=1, image_share=0.0))
    assert dataset.column("theta_E") == pytest.approx([0.930161, 1.6172805, 1.351464], abs=1e-6)
    assert dataset.column("light_ratio") == pytest.approx([1.568111, 1.3494799, 1.1325238], abs=1e-6)
    pixels = [0.1192626953125, 0.1490478515625, 0.177978515625, 0.226806640625]
    assert dataset.array("image")[0, 0, 8, :4].tolist() == pytest.approx(pixels, abs=5e-4)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"instrument": "jwst"}, "instrument"),
        ({"pixel_scale": 0.001}, "pixel_scale"),
        ({"side": 8}, "side"),
        ({"noise": [-2, -3]}, "noise"),
        ({"noise": [-2, 1]}, "noise"),
        ({"shares": [0, 1, 1]}, "shares"),
        ({"shares": [1, -1, 1]}, "shares"),
    ],
)
def test_wrong_option_is_named(wrong, named):
    with pytest.raises(PhotozError, match=f"'{named}"):
        build(Config, wrong, "lenses")


def test_old_datasets_keep_their_meaning():
    """Options of a dataset made before there were instruments: those of HST."""
    old = {"n": 5, "side": 110, "supersampling": 2, "ranges": {"theta_E": [0.8, 1.8]}}
    assert build(Config, old, "old").resolved() == Config(n=5).resolved()
