"""GalSim's real galaxies: on small files of their layout, and on the samples in GalSim's own test data."""

from dataclasses import replace
from pathlib import Path

import galsim
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from imaging import run_import

from photoz_core.dataset_writer import validate
from photoz_core.errors import PhotozError
from photoz_core.home import Home

REAL = Path(__file__).parents[1] / "../shared/data/galsim_real_hst"
NOISE = 0.01


def galaxy(shape, peak=1.0, seed=0) -> np.ndarray:
    """A Gaussian galaxy in the middle, with noise."""
    y, x = (np.arange(n) - (n - 1) / 2 for n in shape)
    profile = peak * np.exp(-(y[:, None] ** 2 + x**2) / 2 / 4.0**2)
    return (profile + np.random.default_rng(seed).normal(0, NOISE, shape)).astype("f4")


def galsim_files(folder: Path, images, name="cat.fits", **changes) -> Path:
    """A catalog as `galsim.RealGalaxyCatalog` reads it; the images lie in two files, the first image extension is 0."""
    folder.mkdir(exist_ok=True)
    n, files = len(images), [f"images_n{1 + i // 3}.fits" for i in range(len(images))]
    for file in set(files):
        own = [image for image, other in zip(images, files, strict=True) if other == file]
        fits.HDUList([fits.PrimaryHDU(own[0]), *map(fits.ImageHDU, own[1:])]).writeto(folder / file)
    columns = {
        "IDENT": 100 + np.arange(n), "RA": 150.0 + np.arange(n), "DEC": np.full(n, 2.0), "MAG": 21.0 + np.arange(n),
        "BAND": ["F814W"] * n, "WEIGHT": np.ones(n), "GAL_FILENAME": files, "PSF_FILENAME": files,
        "GAL_HDU": np.arange(n) % 3, "PSF_HDU": np.arange(n) % 3, "PIXEL_SCALE": np.full(n, 0.03),
        "NOISE_MEAN": np.zeros(n), "NOISE_VARIANCE": np.full(n, NOISE**2), "NOISE_FILENAME": ["n.fits"] * n,
        "stamp_flux": np.ones(n),
    }  # fmt: skip
    table = Table({key: value for key, value in (columns | changes).items() if value is not None})
    table.write(folder / name, format="fits")
    return folder / name


def test_galaxies_are_cut_by_size_and_noise(tmp_path):
    nan = galaxy((60, 60))
    nan[0, 0] = np.nan
    images = [galaxy((64, 80)), galaxy((49, 90)), galaxy((100, 90)), galaxy((60, 60), peak=0.15), nan]
    images += [galaxy((50, 50), seed=5), -np.ones((70, 70), "f4")]
    path = galsim_files(tmp_path / "c", images)
    dataset = run_import(tmp_path, "cosmos_galaxies", "--catalog", path, "--stamp", 70)
    assert dataset.object_id.tolist() == ["100", "102", "105"] and not validate(dataset)
    notes = "\n".join(dataset.meta.provenance["notes"])
    for text in ["1 of 7 galaxies left out: side below 50", "1 of 7 galaxies left out: pixels that are NaN"]:
        assert text in notes
    assert "1 of 7 galaxies left out: noise from 0.05 of the peak on" in notes
    assert "1 of 7 galaxies left out: no noise variance, or no pixel above 0" in notes
    assert dataset.column("side").tolist() == [64, 90, 50]
    expected = [NOISE / images[i].max() for i in (0, 2, 5)]
    np.testing.assert_allclose(dataset.column("noise_over_peak"), expected, rtol=1e-5)
    assert dataset.bands == ["F814W"] and dataset.meta.pixel_scale == 0.03
    assert dataset.column("mag_F814W").tolist() == [21, 23, 26] and dataset.column("ra").tolist() == [150, 152, 155]


def test_stamps_are_the_middle_of_galsims_images(tmp_path):
    images = [galaxy((64, 80)), galaxy((90, 90)), galaxy((50, 70)), galaxy((70, 70), seed=9)]
    path = galsim_files(tmp_path / "c", images)
    dataset = run_import(tmp_path, "cosmos_galaxies", "--catalog", path, "--stamp", 70)
    theirs = galsim.RealGalaxyCatalog(path.name, dir=str(path.parent))
    for row in range(4):
        image = theirs.getGalImage(row).array
        height, width = min(image.shape[0], 70), min(image.shape[1], 70)
        top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
        middle = np.zeros((70, 70), "f4")
        up, over = (70 - height) // 2, (70 - width) // 2
        middle[up : up + height, over : over + width] = image[top : top + height, left : left + width]
        np.testing.assert_array_equal(dataset.array("image")[row, 0], middle)
    np.testing.assert_allclose(dataset.column("edge_fraction"), [6 / 70, 0, 20 / 70, 0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"NOISE_VARIANCE": None}, r"cat\.fits: no column 'NOISE_VARIANCE'; near names: NOISE_MEAN"),
        ({"GAL_FILENAME": ["images_n1.fits", "gone.fits"]}, r"1 image files .* are missing: .*gone\.fits; is --images"),
        ({"GAL_HDU": [0, 2]}, r"images_n1\.fits: no image in extension 2, which the catalog names"),
        ({"GAL_HDU": [0, -1]}, "no image in extension -1"),
        ({"BAND": ["F814W", "F606W"]}, r"images of several bands \(F606W, F814W\)"),
        ({"PIXEL_SCALE": [0.03, 0.05]}, r"another pixel scale .*row 0 \(0\.03″\), .*row 1 \(0\.05″\)"),
        ({"NOISE_VARIANCE": [1.0, 0.0]}, r"no galaxy is left; 1 of 2 .*: no noise variance.*; 1 of 2 .*: noise from"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, changes, message):
    path = galsim_files(tmp_path / "c", [galaxy((60, 60)), galaxy((60, 60))], **changes)
    with pytest.raises(PhotozError, match=message):
        run_import(tmp_path, "cosmos_galaxies", "--catalog", path)


def test_a_truncated_image_file_is_named(tmp_path):
    path = galsim_files(tmp_path / "c", [galaxy((60, 60)), galaxy((60, 60))])
    data = (tmp_path / "c/images_n1.fits").read_bytes()
    (tmp_path / "c/images_n1.fits").write_bytes(data[: len(data) - 6000])
    with pytest.raises(PhotozError, match=r"cannot read .*images_n1\.fits"):
        run_import(tmp_path, "cosmos_galaxies", "--catalog", path)


def test_images_may_lie_elsewhere_and_idents_repeat(tmp_path):
    path = galsim_files(tmp_path / "c", [galaxy((60, 60))] * 3, IDENT=[7, 8, 7], RA=None, DEC=None)
    alone = path.rename(tmp_path / "alone.fits")
    dataset = run_import(tmp_path, "cosmos_galaxies", "--catalog", alone, "--images", tmp_path / "c")
    assert dataset.object_id.tolist() == ["7:0", "8", "7:2"] and "ra" not in dataset.catalog
    assert not validate(dataset)


def test_galaxies_are_lensed_by_the_simulator(tmp_path):
    from photoz_core.simulate import _lens_sources, lenses

    path = galsim_files(tmp_path / "c", [galaxy((60, 60), seed=1), galaxy((150, 140), seed=2)])
    dataset = run_import(tmp_path, "cosmos_galaxies", "--catalog", path, name="sources")
    bank = _lens_sources.bank_of(dataset)
    assert len(bank) == 2 and bank.pixel_scale == 0.03
    home, config = Home(tmp_path / "home"), lenses.Config(n=2, side=32, image_share=1.0)
    lensed = lenses.simulate(home.new_dataset("lensed"), replace(config, sources="sources"), workers=1)
    assert lensed.array("image").shape == (2, 1, 32, 32) and np.isfinite(lensed.array("image")).all()


@pytest.mark.skipif(not REAL.is_dir(), reason="the sample data ../shared/data are not here")
def test_real_catalogs(tmp_path):
    with pytest.raises(PhotozError, match=r"are missing: .*real_galaxy_images\.fits"):
        run_import(tmp_path, "cosmos_galaxies", "--catalog", REAL / "real_galaxy_catalog_23.5_example.fits")
    dataset = run_import(tmp_path, "cosmos_galaxies", "--catalog", REAL / "AEGIS_F814w_catalog.fits", name="aegis")
    assert dataset.object_id.tolist() == ["14886", "24216"] and dataset.array("image").shape == (2, 1, 128, 128)
    assert "3 of 5 galaxies left out: side below 50 pixels" in dataset.meta.provenance["notes"]
    twice = run_import(tmp_path, "cosmos_galaxies", "--catalog", REAL / "test_catalog.fits", name="twice")
    assert twice.object_id.tolist() == ["100533:0", "100533:1"]
