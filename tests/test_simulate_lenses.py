"""The lens simulator: arcs against lenstronomy, who is drawn, pairs, noise and PSFs."""

import numpy as np
import pytest
import torch

from photoz_core.simulate import _lens_draw, _lens_population, _lens_sources
from photoz_core.simulate._lens_light import sersic
from photoz_core.simulate._lens_mass import PARAMETERS, deflection
from photoz_core.simulate._lens_psf import psfs
from photoz_core.simulate.lenses import Config, draw_pairs, draw_parameters

pytest.importorskip("galsim")
SMALL = Config(n=20, side=32, supersampling=1)
CPU, HST = torch.device("cpu"), Config().resolved()


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def bank():
    """Two blobs of different widths: enough to be lensed."""
    y, x = np.mgrid[:32, :32] - 15.5
    return _lens_sources._bank(np.stack([np.exp(-(x**2 + y**2) / 2 / width**2) for width in (2, 4)]), 0.06)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("supersampling", [1, 3])
def test_arcs_equal_lenstronomy(supersampling):
    pytest.importorskip(
        "lenstronomy", reason="lenstronomy is the oracle of the lens simulator: pip install lenstronomy"
    )
    from lenstronomy.Data.pixel_grid import PixelGrid
    from lenstronomy.Data.psf import PSF
    from lenstronomy.ImSim.image_model import ImageModel
    from lenstronomy.LensModel.lens_model import LensModel
    from lenstronomy.LightModel.light_model import LightModel

    half = -(110 - 1) / 2 * 0.05
    grid = PixelGrid(110, 110, np.eye(2) * 0.05, half, half)
    models = {"lens_model_class": LensModel(["EPL", "SHEAR"]), "source_model_class": LightModel(["SERSIC_ELLIPSE"])}
    numerics = {"supersampling_factor": supersampling}
    peer = ImageModel(grid, PSF("NONE"), kwargs_numerics=numerics, **models)
    lens, rng = draw_parameters(10, generator(5), Config()), np.random.default_rng(1)
    limits = {"R_sersic": (0.1, 0.5), "n_sersic": (0.8, 4), "e1": (-0.3, 0.3), "e2": (-0.3, 0.3)}
    limits |= {"center_x": (-0.2, 0.2), "center_y": (-0.2, 0.2)}
    source = {name: rng.uniform(*limit, 10) for name, limit in limits.items()}
    view = _lens_draw.camera(Config(supersampling=supersampling), CPU)
    alpha_x, alpha_y = deflection(view.x, view.y, lens)
    profile = {name: torch.tensor(value, dtype=torch.float32) for name, value in source.items()}
    found = view.pixels(sersic(view.x - alpha_x, view.y - alpha_y, profile)).double().numpy()
    for i in range(10):
        mass = dict(zip(PARAMETERS, lens[i].tolist(), strict=True))
        shear = {name: mass.pop(name) for name in ("gamma1", "gamma2")}
        light = {"amp": 1.0} | {name: value[i] for name, value in source.items()}
        expected = peer.image([mass, shear], [light], unconvolved=True)
        scale = expected.sum() / found[i].sum()  # lenstronomy's pixel holds flux or brightness, by its version
        assert np.sqrt(((found[i] * scale - expected) ** 2).mean() / (expected**2).mean()) < 1e-3
        assert found[i].max() * scale == pytest.approx(expected.max(), rel=5e-3)


def test_parameters_fill_their_ranges():
    config = Config()
    drawn = draw_parameters(4000, generator(), config).numpy()
    for values, name in zip(drawn.T, PARAMETERS, strict=True):
        low, high = getattr(config.ranges, name)
        assert values.min() >= low and values.max() <= high
        assert values.mean() == pytest.approx((low + high) / 2, abs=0.03 * (high - low))
        assert values.std() == pytest.approx((high - low) / 12**0.5, rel=0.05)


def test_light_follows_the_mass_by_2_5_percent_of_the_range():
    config = HST
    lens = draw_parameters(4000, generator(), config)
    scene = _lens_population.draw_scene(lens, generator(1), config, 5, 23)
    for name in _lens_population.FOLLOWED:
        low, high = getattr(config.ranges, name)
        assert scene.light[name].min() >= low and scene.light[name].max() <= high
        offset = (scene.light[name] - lens[:, PARAMETERS.index(name)]) / (high - low)
        assert 0.022 < offset.std() < 0.026  # clipping takes a little
    radius = scene.light["R_sersic"] / lens[:, 0]
    assert radius.min() >= 0.5 and radius.max() <= 2.6
    assert scene.light["n_sersic"].min() >= 3 and scene.light["n_sersic"].max() <= 8


def test_shares_of_images_and_mergers():
    sources = _lens_population._draw_sources(8000, generator(), Config(), 7)
    assert sources["is_image"].float().mean().item() == pytest.approx(0.75, abs=0.015)
    assert (sources["weight"][:, 1] > 0).float().mean().item() == pytest.approx(0.10, abs=0.015)
    assert (sources["weight"][:, 0] == 1).all() and sources["stamp"].unique().tolist() == list(range(7))
    gap = torch.hypot(*(sources[name].diff(dim=1) for name in ("center_x", "center_y")))
    assert gap.min() > 0.099 and gap.max() < 0.501


def test_a_pair_shares_its_mass_alone(bank):
    lens = draw_parameters(6, generator(), SMALL)
    images, scene, _ = _lens_draw.images_of(lens, generator(2), SMALL, "cpu", bank)
    assert images.shape == (6, 2, 1, 32, 32) and torch.equal(images.amax(dim=(2, 3, 4)), torch.ones(6, 2))
    assert torch.equal(scene.lens.view(6, 2, 8), lens[:, None].expand(-1, 2, -1))
    assert (images[:, 0] != images[:, 1]).flatten(1).float().mean(1).min() > 0.99
    varied = [scene.light_ratio, scene.noise_rms, scene.light["n_sersic"], scene.light["e1"]]
    varied += [scene.sources[name][:, 0] for name in ("center_x", "angle", "R_sersic")]
    assert all((values.view(6, 2).diff(dim=1) != 0).all() for values in varied)


def test_same_seed_same_pixels_whatever_the_block(bank, monkeypatch):
    lens = draw_parameters(5, generator(), SMALL)
    one = draw_pairs(lens, generator(2), SMALL, bank=bank)
    assert torch.equal(one, draw_pairs(lens, generator(2), SMALL, bank=bank))
    monkeypatch.setitem(_lens_draw.RAYS, "cpu", 3 * 32**2)
    assert (one - draw_pairs(lens, generator(2), SMALL, bank=bank)).abs().max() < 1e-5
    assert not torch.equal(one, draw_pairs(lens, generator(3), SMALL, bank=bank))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_same_pixels_on_a_gpu(bank):
    lens = draw_parameters(5, generator(), SMALL)
    expected, found = (draw_pairs(lens, generator(2), SMALL, device, bank) for device in ("cpu", "cuda"))
    assert (found.cpu() - expected).abs().max() < 1e-3
    there = torch.Generator("cuda").manual_seed(0)
    images = draw_pairs(draw_parameters(5, there, SMALL), there, SMALL, "cuda", bank)
    assert images.is_cuda and (images.amax(dim=(2, 3, 4)) == 1).all()


def test_noise_has_the_stated_rms(bank):
    config = Config(n=20, side=64, supersampling=1).resolved()
    lens = draw_parameters(20, generator(), config)
    scene = _lens_population.draw_scene(lens, generator(1), config, len(bank), 23)
    view = _lens_draw.camera(config, CPU)
    image, rms = _lens_draw.draw(scene, bank, view, generator(2), True)
    clean = view.image(scene, bank)
    for noisy, exact, expected in zip(image[:, 0], clean, rms, strict=True):
        scale = (noisy * exact).sum() / (exact**2).sum()
        assert (noisy - scale * exact).std().item() == pytest.approx(expected.item(), rel=0.05)


def test_without_lens_light_only_the_arcs_remain(bank):
    lens = torch.tensor([[1.2, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0]])
    config = Config(n=1, side=64, lens_light=False, merger_share=0.0)
    dark = draw_pairs(lens, generator(), config, bank=bank)[0, :, 0]
    lit = draw_pairs(lens, generator(), Config(n=1, side=64, merger_share=0.0), bank=bank)[0, :, 0]
    radius = np.hypot(*(np.mgrid[:64, :64] - 31.5)) * 0.05
    assert (dark[:, radius < 0.2].amax(1) < 0.2).all() and (lit[:, radius < 0.2].amax(1) > 0.4).all()
    brightest = radius.ravel()[dark.flatten(1).argmax(1).numpy()]
    assert brightest == pytest.approx(1.2, abs=0.4)  # within the source's offset of the ring


def test_psfs_are_normalised_odd_and_centered():
    kernels = psfs(HST).astype(float)
    assert kernels.shape[0] == 23 and kernels.shape[1] == kernels.shape[2] and kernels.shape[1] % 2 == 1
    assert kernels.sum(axis=(1, 2)) == pytest.approx(1, abs=1e-6) and kernels.min() >= 0
    middle = kernels.shape[1] // 2
    assert (kernels.reshape(23, -1).argmax(1) == middle * kernels.shape[1] + middle).all()
    assert len({kernel.tobytes() for kernel in kernels}) == 23


def test_blur_equals_a_direct_convolution():
    from scipy.signal import convolve2d

    view = _lens_draw.camera(Config(side=40, supersampling=1), CPU)
    image = torch.rand(2, 2, 40, 40, generator=generator())
    found = view.blur(image, torch.tensor([4, 17])).numpy()
    for i, number in enumerate((4, 17)):
        for c in range(2):
            expected = convolve2d(image[i, c].numpy(), psfs(HST)[number], mode="same")
            assert found[i, c] == pytest.approx(expected, abs=1e-5)


def test_pixels_are_means_of_their_rays():
    view = _lens_draw.camera(Config(side=17, supersampling=3), CPU)
    rays = torch.rand(2, 51**2, generator=generator())
    square = rays.view(2, 51, 51).numpy()
    expected = [
        [[image[3 * i : 3 * i + 3, 3 * j : 3 * j + 3].mean() for j in range(17)] for i in range(17)] for image in square
    ]
    assert view.pixels(rays).numpy() == pytest.approx(np.array(expected), abs=1e-6)
    centers = [-0.4 + 0.05 * i for i in range(17)]
    assert view.pixels(view.x[None])[0, 2].tolist() == pytest.approx(centers, abs=1e-6)
    assert view.pixels(view.y[None])[0, :, 2].tolist() == pytest.approx(centers, abs=1e-6)
