"""PSFs of the user's own, and the other input that the lens simulator does not take as it comes."""

import os

import numpy as np
import pandas as pd
import pytest
import torch
from astropy.io import fits

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.simulate import lenses
from photoz_core.simulate._lens_draw import camera
from photoz_core.simulate._lens_psf import psfs
from photoz_core.simulate._lens_sources import bank_of
from photoz_core.simulate.lenses import Config, draw_pairs, draw_parameters

pytest.importorskip("galsim")
FEW = {"n": 4, "side": 24, "supersampling": 1, "image_share": 0.0}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def kernel(side=11, width=1.5):
    y, x = np.mgrid[:side, :side] - side // 2
    values = np.exp(-(x**2 + y**2) / 2 / width**2)
    return values / values.sum()


def npy(folder, values, name="psf.npy"):
    np.save(folder / name, values)
    return str(folder / name)


def own(psf, **options):
    return Config(**FEW | {"psf": psf, "psf_pixel_scale": 0.05} | options).resolved()


def test_own_kernels_blur_the_images(tmp_path):
    from scipy.signal import convolve2d

    kernels = np.stack([kernel(width=1.0), np.roll(kernel(width=2.0), 1, axis=0)])
    config = own(npy(tmp_path, kernels))
    assert psfs(config) == pytest.approx(kernels, abs=1e-7)
    image = torch.rand(2, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    found = camera(config, torch.device("cpu")).blur(image, torch.tensor([1, 0])).numpy()
    for i, number in enumerate((1, 0)):
        assert found[i, 0] == pytest.approx(convolve2d(image[i, 0].numpy(), kernels[number], mode="same"), abs=1e-5)


def test_a_dataset_remembers_its_psfs(tmp_path, monkeypatch):
    npy(tmp_path, kernel())
    monkeypatch.chdir(tmp_path)
    wide = lenses.simulate(tmp_path / "wide", Config(**FEW, psf="psf.npy", psf_pixel_scale=0.05))
    sharp = lenses.simulate(tmp_path / "sharp", Config(**FEW))
    assert wide.meta.provenance["options"]["psf"] == str(tmp_path / "psf.npy")
    assert len(wide.meta.provenance["psf_sha256"]) == 64 and "psf_sha256" not in sharp.meta.provenance
    assert np.array_equal(wide.column("theta_E"), sharp.column("theta_E"))
    share = [d.array("image").astype(float).mean() for d in (wide, sharp)]  # of the peak, which blurring lowers
    assert share[0] > 1.1 * share[1]


@pytest.mark.parametrize(
    "cards",
    [
        {"PIXELSCL": 0.05},
        {"PIXSCALE": 0.05},
        {"CD1_1": 0.0, "CD1_2": 0.05 / 3600, "CD2_1": -0.05 / 3600, "CD2_2": 0.0},
        {"CDELT1": -0.05 / 3600, "CDELT2": 0.05 / 3600},
        {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CDELT1": -0.05 / 3600, "CDELT2": 0.05 / 3600},
    ],
    ids=lambda cards: next(iter(cards)),
)
def test_a_fits_header_says_the_pixel_scale(tmp_path, cards):
    header = fits.Header(cards)
    fits.PrimaryHDU(kernel().astype("f4"), header).writeto(tmp_path / "psf.fits")
    config = own(str(tmp_path / "psf.fits"), psf_pixel_scale=0.0)
    assert psfs(config)[0] == pytest.approx(kernel(), abs=1e-7)
    with pytest.raises(PhotozError, match=r'psf\.fits: its pixels are 0\.05", those of the images 0\.1"'):
        psfs(own(str(tmp_path / "psf.fits"), psf_pixel_scale=0.0, pixel_scale=0.1))


def test_one_extension_of_several_is_named(tmp_path):
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(np.ones((9, 9)), name="FLUX"), fits.ImageHDU(kernel(), name="VIS_PSF")]
    fits.HDUList(hdus).writeto(tmp_path / "field.fits")
    assert psfs(own(f"{tmp_path}/field.fits[VIS_PSF]")).shape == (1, 11, 11)
    with pytest.raises(PhotozError, match=r"FLUX, VIS_PSF; name the PSF's"):
        psfs(own(f"{tmp_path}/field.fits"))
    with pytest.raises(PhotozError, match=r"unknown image extension 'PSF'; known: 1 FLUX, 2 VIS_PSF"):
        psfs(own(f"{tmp_path}/field.fits[PSF]"))


def changed(index, value):
    values = np.stack([kernel()] * 3)
    values[index] = value
    return values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (kernel()[:-1, :-1], "10 × 10 pixels; an even side"),
        (kernel()[:, :-2], "11 × 9 pixels; cut or pad"),
        (changed((2, 3, 4), np.nan), "kernel 2: 1 values are NaN or infinite, first at row 3, column 4"),
        (changed((1, 0, 0), np.inf), "kernel 1: 1 values are NaN or infinite, first at row 0, column 0"),
        (changed(1, -0.01), r"kernel 1: its sum is -1\.21; a PSF is positive"),
        (kernel() * 0.955, r"kernel 0: its sum is 0\.955, not 1; divide the kernel by its sum: psf / psf\.sum\(\)"),
        (kernel() * 1.002, r"kernel 0: its sum is 1\.002, not 1"),
        (kernel(31), "31 × 31 pixels are larger than the images of 24 × 24"),
        (kernel()[0], r"shape \(11,\); give one kernel"),
        (kernel()[None, None], r"shape \(1, 1, 11, 11\); give one kernel"),
        (np.zeros((0, 5, 5)), r"shape \(0, 5, 5\)"),
        (kernel() + 0j, "holds complex128"),
        (np.array([None, {}]), "cannot be read"),
    ],
)
def test_a_wrong_kernel_is_named_with_its_remedy(tmp_path, values, message):
    place = npy(tmp_path, values)
    with pytest.raises(PhotozError, match=rf"psf\.npy.*{message}"):
        psfs(own(place))


def test_a_sum_within_a_thousandth_is_taken_as_it_is(tmp_path):
    values = kernel() * 1.0009
    assert psfs(own(npy(tmp_path, values))).sum() == pytest.approx(1.0009, abs=1e-6)


@pytest.mark.filterwarnings("ignore:File may have been truncated")
def test_a_file_that_cannot_be_read_is_named(tmp_path):
    npy(tmp_path, kernel())
    whole = (tmp_path / "psf.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:400])
    (tmp_path / "empty.npy").write_bytes(b"")
    np.savez(tmp_path / "zip.npz", kernel())
    (tmp_path / "zip.npz").rename(tmp_path / "zip.npy")
    fits.PrimaryHDU(np.zeros((60, 60))).writeto(tmp_path / "cut.fits")
    (tmp_path / "cut.fits").write_bytes((tmp_path / "cut.fits").read_bytes()[:3000])
    (tmp_path / "text.fits").write_text("no FITS at all")
    fits.HDUList([fits.PrimaryHDU()]).writeto(tmp_path / "none.fits")
    for name in ("cut.npy", "empty.npy", "zip.npy", "cut.fits", "text.fits"):
        with pytest.raises(PhotozError, match=f"{name}: cannot be read"):
            psfs(own(str(tmp_path / name)))
    with pytest.raises(PhotozError, match=r"none\.fits: images in this file: none"):
        psfs(own(str(tmp_path / "none.fits")))
    with pytest.raises(PhotozError, match=r"gone\.npy: no such file"):
        psfs(own(str(tmp_path / "gone.npy")))


def test_a_pixel_scale_is_stated_or_asked_for(tmp_path):
    place = npy(tmp_path, kernel())
    with pytest.raises(PhotozError, match=r"does not say its pixel scale; give .* options\.psf_pixel_scale"):
        psfs(own(place, psf_pixel_scale=0.0))
    with pytest.raises(PhotozError, match=r'its pixels are 0\.1", those of the images 0\.05"'):
        psfs(own(place, psf_pixel_scale=0.1))
    assert psfs(own(place, psf_pixel_scale=0.0502)).shape == (1, 11, 11)  # 0.4 % off: a header's rounding


def test_a_file_put_right_is_read_again(tmp_path):
    place = npy(tmp_path, 2 * kernel())
    with pytest.raises(PhotozError, match="its sum is 2"):
        psfs(own(place))
    npy(tmp_path, kernel())
    os.utime(place, ns=(1, 1))
    assert psfs(own(place)).shape == (1, 11, 11)


def test_a_wrong_psf_leaves_no_folder(tmp_path):
    home = Home(tmp_path)
    with pytest.raises(PhotozError, match="its sum is 2"):
        lenses.simulate(home.new_dataset("mock"), own(npy(tmp_path, 2 * kernel())))
    assert not home.datasets.exists()


@pytest.mark.parametrize(
    ("row", "name", "value", "message"),
    [
        (2, "theta_E", 0.0, "row 2: theta_E = 0; give a positive number"),
        (1, "theta_E", -1.0, "row 1: theta_E = -1"),
        (0, "gamma", 1.0, "row 0: gamma = 1; give a slope between 1 and 3"),
        (3, "gamma", 3.5, r"row 3: gamma = 3\.5"),
        (1, "e2", 0.95, r"row 1: e1 = 0, e2 = 0\.95; give an ellipticity \|e\| below 0\.95"),
        (2, "gamma1", float("nan"), "row 2: gamma1 = nan; give a finite number"),
        (0, "center_x", float("inf"), "row 0: center_x = inf"),
    ],
)
def test_parameters_no_lens_can_have_are_named(row, name, value, message):
    from photoz_core.simulate._lens_mass import PARAMETERS

    lens = torch.tensor([[1.2, 0, 0, 0, 0, 2.0, 0, 0]]).repeat(4, 1)
    lens[row, PARAMETERS.index(name)] = value
    with pytest.raises(PhotozError, match=f"lens parameters, {message}"):
        draw_pairs(lens, torch.Generator(), Config(**FEW))


@pytest.mark.parametrize("shape", [(4, 7), (8,), (2, 4, 8)])
def test_parameters_of_another_shape_are_refused(shape):
    with pytest.raises(PhotozError, match=r"give \(B, 8\): theta_E, e1"):
        draw_pairs(torch.ones(shape), torch.Generator(), Config(**FEW))


def test_parameters_at_the_ends_of_their_ranges_are_drawn():
    generator, config = torch.Generator().manual_seed(0), Config(**FEW)
    images = draw_pairs(draw_parameters(4, generator, config), generator, config)
    assert images.isfinite().all() and images.shape == (4, 2, 1, 24, 24)


def blobs(folder, values):
    meta = Meta("blobs", bands=["F814W"], pixel_scale=0.05)
    with new_dataset(folder, meta) as writer:
        writer.add_array("image", np.zeros_like(values))
        writer.finish(pd.DataFrame({"object_id": [f"b{i}" for i in range(len(values))]}))
    np.save(folder / "image.npy", values)  # such a dataset is refused when it is made; one may come from elsewhere
    return Dataset(folder)


def test_source_images_that_are_not_finite_are_left_out(tmp_path):
    values = np.stack([[kernel(48, 4 + i) for i in range(4)]]).transpose(1, 0, 2, 3).astype("f4")
    values[1, 0, 24, 0], values[3, 0, 2, 2] = np.nan, np.inf
    bank = bank_of(blobs(tmp_path / "blobs", values))
    assert len(bank) == 2 and bank.stamps.isfinite().all()
    assert torch.equal(bank.stamps.amax(dim=(1, 2)), torch.ones(2))
    with pytest.raises(PhotozError, match="no image is finite and has 50 pixels"):
        bank_of(blobs(tmp_path / "none", np.full_like(values, np.nan)))
