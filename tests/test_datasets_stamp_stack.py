"""Stamps in one array: magnitudes made linear, labels that must be named, the real SDSS stars and galaxies."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from imaging import run_import

from photoz_core.dataset_writer import validate
from photoz_core.errors import PhotozError

DATA = Path(__file__).parents[1] / "../shared/data"
SKY = 0.5  # µJy
TOTAL = np.array([100.0, 200.0, 400.0])  # µJy in g, r, i
NAMES = "--class-names=-1=galaxy,1=star"


def fluxes(n=4, side=32, sigma=2.0) -> np.ndarray:
    """Stamps (n, 3, side, side) [µJy] with sky and noise."""
    yy, xx = np.mgrid[:side, :side] - (side - 1) / 2
    light = np.exp(-(xx**2 + yy**2) / 2 / sigma**2) / (2 * np.pi * sigma**2)
    noise = np.random.default_rng(0).normal(SKY, 0.01, (n, 3, side, side))
    return TOTAL[:, None, None] * light + noise


def pogson(flux):
    return (23.9 - 2.5 * np.log10(flux)).astype("f4")


@pytest.fixture
def stack(tmp_path) -> Path:
    np.save(tmp_path / "s.npy", pogson(fluxes()))
    np.save(tmp_path / "l.npy", np.array([1, -1, -1, 1], "f4"))
    return tmp_path


def bring(folder: Path, *options, images="s.npy", labels="l.npy", bands="gri", name="d"):
    files = "--images", folder / images, "--labels", folder / labels
    return run_import(folder, "stamp_stack", *files, "--bands", *bands, *options, name=name)


def test_magnitudes_become_fluxes_above_the_sky(stack):
    dataset = bring(stack, "--magnitudes", NAMES, "--pixel-scale", 0.4)
    image = dataset.array("image")
    np.testing.assert_allclose(image, fluxes() - SKY, atol=0.01)
    assert dataset.meta.zero_points == dict.fromkeys("gri", 23.9) and dataset.meta.arrays["image"]["unit"] == "uJy"
    assert dataset.column("class").tolist() == ["star", "galaxy", "galaxy", "star"] and not validate(dataset)
    np.testing.assert_allclose(dataset.magnitudes(), np.tile(23.9 - 2.5 * np.log10(TOTAL), (4, 1)), atol=0.1)
    np.testing.assert_allclose(dataset.column("fwhm"), 2.3548 * 2 * 0.4, rtol=0.1)
    assert dataset.object_id.tolist() == [f"s-{i}" for i in range(4)] and dataset.meta.label == "class"


def test_asinh_magnitudes_of_sdss(stack):
    b, flux0 = np.array([0.9e-10, 1.2e-10, 1.8e-10])[:, None, None], 10 ** (0.4 * 23.9)
    flux = fluxes() - SKY  # also below 0
    asinh = -2.5 / np.log(10) * (np.arcsinh(flux / flux0 / (2 * b)) + np.log(b))
    np.save(stack / "s.npy", asinh.astype("f8"))
    dataset = bring(stack, "--magnitudes", "asinh", NAMES)
    np.testing.assert_allclose(dataset.array("image"), flux, atol=2e-3)
    with pytest.raises(PhotozError, match="SDSS's bands are u g r i z, not V"):
        bring(stack, "--magnitudes", "asinh", NAMES, bands="gVi", name="e")


def test_other_files_and_uncalibrated_pixels(stack):
    fits.PrimaryHDU(fluxes().astype("f4")).writeto(stack / "s.fits")
    pd.DataFrame({"kind": ["STAR", "GALAXY", "", "STAR"]}).to_csv(stack / "l.csv", index=False)
    dataset = bring(stack, "--class", "kind", "--stamp", 24, images="s.fits", labels="l.csv")
    np.testing.assert_allclose(dataset.array("image"), fluxes()[:, :, 4:28, 4:28], rtol=1e-6)
    assert dataset.column("class").tolist() == ["STAR", "GALAXY", "", "STAR"]
    assert dataset.meta.zero_points == {} and dataset.meta.arrays["image"]["unit"] == ""


@pytest.mark.parametrize(
    ("options", "more", "message"),
    [
        ((), {}, "labels are numbers; say what they mean with --class-names=-1=NAME,1=NAME"),
        (("--class-names", "1=star"), {}, "say what they mean with --class-names=-1=NAME"),
        ((NAMES,), {"bands": "gr"}, r"shape \(4, 3, 32, 32\) is not \(N, 2, H, W\)"),
        ((NAMES,), {"labels": "short.npy"}, r"4 stamps, .*short\.npy has 1 labels"),
        ((NAMES,), {"labels": "s.npy"}, r"expected labels \(N,\)"),
        ((NAMES,), {"images": "objects.npy"}, r"cannot read .*objects\.npy: .*Python objects"),
        ((NAMES,), {"images": "none.npy"}, r"no such file: .*none\.npy"),
        ((NAMES,), {"images": "flat.fits"}, "0 images of four dimensions"),
        ((NAMES,), {"images": "empty.npy"}, "no object in the middle of any of 4 stamps"),
        ((), {"labels": "t.csv"}, r"which column is the class\? --class; there are a"),
        ((NAMES, "--pixel-scale", "-1"), {}, "give arcsec per pixel, above 0"),
    ],
)
def test_files_that_cannot_be_used(stack, options, more, message):
    np.save(stack / "short.npy", np.ones(1))
    np.save(stack / "objects.npy", np.array([{}], object))
    np.save(stack / "empty.npy", np.full((4, 3, 32, 32), np.nan, "f4"))
    fits.PrimaryHDU(np.ones((5, 5))).writeto(stack / "flat.fits")
    pd.DataFrame({"a": [1, 2]}).to_csv(stack / "t.csv", index=False)
    with pytest.raises(PhotozError, match=message):
        bring(stack, *options, **more)


@pytest.mark.skipif(not DATA.is_dir(), reason="the sample data ../shared/data are not here")
def test_real_sdss_stars_and_galaxies(tmp_path):
    folder = DATA / "dl4astro_sdss_stargal_5band"
    files = "--images", folder / "sdss_test_images.npy", "--labels", folder / "sdss_test_labels.npy"
    options = "--bands", *"ugriz", "--magnitudes", "asinh", "--class-names=-1=minus,1=plus"
    dataset = run_import(tmp_path, "stamp_stack", *files, *options)
    assert dataset.array("image").shape == (20, 5, 48, 48) and not validate(dataset)
    assert pd.Series(dataset.column("class")).value_counts().to_dict() == {"minus": 15, "plus": 5}
    assert 16 < np.median(dataset.column("mag_r")) < 21 and (dataset.column("fwhm") > 1).all()
