"""Pictures in a folder with a table: matching, classes, sizes, bad files, and the real DECaLS rings."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from imaging import run_import
from PIL import Image

from photoz_core.dataset_writer import validate
from photoz_core.errors import PhotozError

DATA = Path(__file__).parents[1] / "../shared/data"
SIDE = 40


def galaxy(sigma=3.0, colors=(200, 100, 50), side=SIDE, seed=0, x=None) -> np.ndarray:
    """A round galaxy (side, side, 3) of uint8 on a noisy sky of 20; `colors` are its peaks in R, G, B."""
    yy, xx = np.mgrid[:side, :side] - (side - 1) / 2
    light = np.exp(-((xx - (x or 0)) ** 2 + yy**2) / 2 / sigma**2)
    noise = np.random.default_rng(seed).normal(20, 2, (side, side, 3))
    return np.clip(light[..., None] * colors + noise, 0, 255).astype("u1")


@pytest.fixture
def folder(tmp_path) -> Path:
    """Six pictures `g0.png` … `g5.png`, two of them deeper, and a table that calls them JPEG."""
    images = tmp_path / "images"
    (images / "deep").mkdir(parents=True)
    for i in range(6):
        Image.fromarray(galaxy(seed=i)).save(images / ("deep" if i > 3 else "") / f"g{i}.png")
    table(tmp_path, file_loc=[f"elsewhere/basic/g{i}.jpg" for i in range(6)], ring=[0, 1, 1, 0, 1, 0])
    return tmp_path


def table(folder: Path, **columns) -> Path:
    frame = pd.DataFrame(columns)
    frame.to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


def bring(folder: Path, *options, name="d"):
    return run_import(
        folder, "image_folder", "--images", folder / "images", "--table", folder / "t.csv", *options, name=name
    )


def notes(dataset) -> str:
    return "\n".join(dataset.meta.provenance["notes"])


RING = ("--class", "ring", "--class-names", "0=no ring", "1=ring")


def test_pictures_classes_and_measurements(folder):
    dataset = bring(folder, *RING, "--pixel-scale", 0.5, "--published", "MG")
    assert dataset.object_id.tolist() == [f"g{i}" for i in range(6)] and not validate(dataset)
    assert dataset.column("class").tolist() == ["no ring", "ring", "ring", "no ring", "ring", "no ring"]
    assert dataset.meta.label == "class" and dataset.meta.columns["class"].kind == "category"
    assert dataset.meta.provenance["published"] == "MG" and dataset.bands == ["B", "G", "R"]
    assert dataset.array("image").dtype == np.float16 and dataset.array("image").shape == (6, 3, SIDE, SIDE)
    np.testing.assert_allclose(dataset.array("image")[0], np.moveaxis(galaxy(), 2, 0)[::-1] / 255, atol=1e-3)
    np.testing.assert_allclose(dataset.column("color_G_R"), 2.5 * np.log10(2), atol=0.1)
    expected = -2.5 * np.log10(2 * np.pi * 9 * 200 / 255)  # the sum of a Gaussian's gray levels
    np.testing.assert_allclose(dataset.column("mag_R"), expected, atol=0.1)
    np.testing.assert_allclose(dataset.column("fwhm"), 2.3548 * 3 * 0.5, rtol=0.1)
    assert dataset.meta.columns["fwhm"].unit == "arcsec" and (dataset.column("ellipticity") < 0.1).all()
    assert "no zero point" in dataset.meta.columns["mag_R"].description
    assert "names of the table end in .jpg, the files in .png" in notes(dataset)
    assert "classes: no ring 3, ring 3" in notes(dataset)


def test_the_same_columns_as_stamps_of_a_picture(folder):
    Image.fromarray(galaxy(side=120)).save(folder / "field.png")
    field = run_import(folder, "rgb_image", "--picture", folder / "field.png", "--stamp", 40, name="f")
    dataset = bring(folder, *RING)
    for column in set(field.catalog) - {"object_id", "z_spec"}:
        assert dataset.meta.columns[column] == field.meta.columns[column]


def test_what_has_no_partner_is_counted_and_named(folder):
    table(folder, name=["g0", "g1", "x7", "g4"], ring=[0, 1, 1, None])
    dataset = bring(folder, *RING, "--no-measure")
    assert dataset.object_id.tolist() == ["g0", "g1", "g4"] and dataset.column("class").tolist()[2] == ""
    assert "1 rows have no picture; left out: x7" in notes(dataset)
    assert "3 pictures have no row; left out: g5.png, g2.png, g3.png" in notes(dataset)
    assert "1 objects are kept without a class" in notes(dataset)
    assert "a single object of class no ring, ring" in notes(dataset)
    assert "mag_R" not in dataset.catalog and dataset.is_labelled().sum() == 2


def test_broken_pictures_are_named_and_left_out(folder):
    whole = (folder / "images/g1.png").read_bytes()
    (folder / "images/g1.png").write_bytes(whole[: len(whole) // 2])
    (folder / "images/g2.png").write_bytes(b"no picture")
    Image.fromarray(galaxy(side=20)).save(folder / "images/g3.png")
    Image.new("1", (5000, 10)).save(folder / "images/deep/g4.png")
    dataset = bring(folder, *RING)
    assert dataset.object_id.tolist() == ["g0", "g5"]
    assert "4 of 6 pictures cannot be used" in notes(dataset)
    for text in ("g1.png", "g2.png", "(20, 20) pixels, the first has (40, 40)", "5000 × 10 pixels; a stamp has at"):
        assert text in notes(dataset)
    for path in (folder / "images").rglob("*.png"):
        path.write_bytes(b"nothing")
    with pytest.raises(PhotozError, match="none of 6 pictures can be used; the first: cannot read"):
        bring(folder, *RING, name="e")


def test_an_empty_sky_has_no_magnitudes(folder):
    Image.new("RGB", (SIDE, SIDE), (9, 9, 9)).save(folder / "images/g0.png")
    painted = np.full((SIDE, SIDE, 3), 0, "u1")  # a sky without noise, as of masked pictures
    painted[18:22, 18:22] = 200
    Image.fromarray(painted).save(folder / "images/g1.png")
    dataset = bring(folder, *RING)
    assert np.isnan(dataset.column("mag_B")[0]) and "nothing in the middle of 1 stamps" in notes(dataset)
    np.testing.assert_allclose(dataset.column("mag_B")[1], -2.5 * np.log10(16 * 200 / 255), atol=0.05)


def test_sizes(folder):
    Image.fromarray(galaxy(side=60, sigma=4.5)).save(folder / "images/g0.png")
    dataset = bring(folder, *RING, "--size", 20, "--pixel-scale", 0.5)
    assert dataset.array("image").shape == (6, 3, 20, 20) and np.isnan(dataset.meta.pixel_scale)
    assert "no common pixel scale" in notes(dataset)
    assert dataset.meta.columns["fwhm"].unit == "pix"
    cropped = bring(folder, *RING, "--crop", 24, "--size", 12, "--pixel-scale", 0.5, name="c")
    assert cropped.array("image").shape == (6, 3, 12, 12) and cropped.meta.pixel_scale == 1.0
    part = np.moveaxis(galaxy(seed=1)[8:32, 8:32], 2, 0)[::-1] / 255
    blocks = part.reshape(3, 12, 2, 12, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(cropped.array("image")[1], blocks, atol=1e-3)
    with pytest.raises(PhotozError, match="smaller than --crop 99"):
        bring(folder, *RING, "--crop", 99, name="e")
    with pytest.raises(PhotozError, match="--size -1: give a number above 0"):
        bring(folder, *RING, "--size", -1, name="e")


def test_names_cannot_leave_the_folder(folder):
    Image.fromarray(galaxy()).save(folder / "secret.png")
    table(folder, id=[1, 2, 3], file=["../secret.png", str(folder / "secret.png"), "../images/g0.png"], ring=1)
    dataset = bring(folder, *RING)
    assert dataset.object_id.tolist() == ["3"] and "2 rows have no picture" in notes(dataset)


def test_of_two_files_of_a_name_the_folder_decides(folder):
    for place in ("a", "b"):
        (folder / "images" / place).mkdir()
        Image.fromarray(galaxy(seed=ord(place))).save(folder / "images" / place / "same.png")
    table(folder, id=["1", "2"], path=["x/b/same.jpg", "x/a/same.png"], ring=[0, 1])
    dataset = bring(folder, *RING)
    for row, place in enumerate("ba"):
        picture = np.moveaxis(galaxy(seed=ord(place)), 2, 0)[::-1] / 255
        np.testing.assert_allclose(dataset.array("image")[row], picture, atol=1e-3)
    table(folder, id=["1", "2"], path=["same.png", "g0.png"], ring=[0, 1])
    with pytest.raises(PhotozError, match=r"2 pictures are named like 'same\.png'"):
        bring(folder, *RING, name="e")


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"id": ["g0", "g1", "g0"], "ring": 1}, RING, r"1 duplicates, e.g. g0 in rows 0, 2; choose another"),
        ({"id": ["g0"], "ring": 1}, ("--class", "rings"), r"unknown column 'rings'; known: id, ring \(--class\)"),
        ({"id": ["g0"], "ring": 1}, ("--id-column", "x"), r"unknown column 'x'; known: id, ring \(--id-column\)"),
        ({"a": ["g0"], "ring": 1}, RING, r"which column names the pictures\? --file-column or --id-column; a, ring"),
        ({"id": ["q", "w"], "ring": 1}, RING, r"no row for any of 6 pictures; its names are like 'q', the pictures'"),
        ({"id": ["g0"], "ring": [""]}, RING, r"no object has a class in ring"),
        ({"id": ["g0"], "ring": 1}, ("--class-names", "1"), r"write VALUE=NAME"),
        ({"id": ["g0"], "ring": 1}, ("--class", "ring", "--class-names", "1=a", "1.0=b"), r"gives '1' twice"),
        ({"id": ["g0"], "a": "x", "b": 1}, ("--class", "a", "b"), r"votes are numbers; column 'a' holds text"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_used(folder, columns, options, message):
    table(folder, **columns)
    if options[0] == "--class-names":
        options = ("--class", "ring", *options)
    with pytest.raises(PhotozError, match=message):
        bring(folder, *options)


def test_folders_and_tables_that_are_not_there(folder):
    (folder / "images").rename(folder / "moved")
    with pytest.raises(PhotozError, match="no such folder"):
        bring(folder)
    (folder / "images").mkdir()
    with pytest.raises(PhotozError, match=r"no picture .* in it or below it"):
        bring(folder)
    (folder / "t.csv").unlink()
    (folder / "moved").rename(folder / "images/moved")
    with pytest.raises(PhotozError, match="no such file"):
        bring(folder)


def test_votes(folder):
    table(folder, id=[f"g{i}" for i in range(5)], smooth=[0.9, 0.1, 0.5, 0, 0.55], disk=[0.1, 0.8, 0.5, 0, 0.45])
    dataset = bring(folder, "--class", "smooth", "disk", "--min-vote", 0.6, "--class-names", "disk=late")
    assert dataset.column("class").tolist() == ["smooth", "late", "", "", ""]


def test_gray_fits_and_deep_pictures(folder):
    for path in (folder / "images").rglob("*.png"):
        path.unlink()
    flux = galaxy().astype("f4").sum(axis=2) * 7
    for i in range(3):
        fits.PrimaryHDU(np.stack([flux, flux, 2 * flux])).writeto(folder / f"images/g{i}.fits")
    fits.PrimaryHDU(np.moveaxis(galaxy(), 2, 0)[::-1]).writeto(folder / "images/g3.fits")
    Image.fromarray(galaxy()[..., 0].astype("u2") * 257).save(folder / "images/g4.png")
    Image.fromarray(flux).save(folder / "images/g5.tif")
    dataset = bring(folder, *RING)
    assert dataset.object_id.tolist() == [f"g{i}" for i in range(5)]
    assert "FITS stamps as Lupton pictures" in notes(dataset) and "gray levels of mode F" in notes(dataset)
    image = dataset.array("image").astype(float)
    assert image[0, 2].sum() > 1.5 * image[0, 0].sum() and image.min() >= 0 and image.max() <= 1
    np.testing.assert_array_equal(image[0], image[1])
    np.testing.assert_allclose(image[3], np.moveaxis(galaxy(), 2, 0)[::-1] / 255, atol=1e-3)
    np.testing.assert_allclose(image[4, 1], galaxy()[..., 0] / 255, atol=1e-3)


def test_objects_of_other_datasets_are_left_out(folder):
    bring(folder, *RING, name="all")
    table(folder, id=["g0", "g1", "new"], file=["g0.png", "g1.png", "g2.png"], ring=[0, 1, 1])
    dataset = bring(folder, *RING, "--exclude", "all")
    assert dataset.object_id.tolist() == ["new"]
    assert "2 objects of dataset 'all' left out: 2 by id, 0 within 1″" in notes(dataset)
    assert "no positions to compare with dataset 'all'" in notes(dataset)
    with pytest.raises(PhotozError, match="unknown dataset 'nine'; known: all, d"):
        bring(folder, *RING, "--exclude", "nine", name="e")
    with pytest.raises(PhotozError, match="all 3 objects are in there"):
        bring(folder, *RING, "--exclude", "d", "all", name="e")


@pytest.mark.skipif(not DATA.is_dir(), reason="the sample data ../shared/data are not here")
def test_real_rings(tmp_path):
    source = DATA / "zoobot_decals_rings"
    dataset = run_import(
        tmp_path, "image_folder", "--images", source / "images", "--size", 64,
        "--table", source / "example_ring_catalog_basic.csv", *RING,
    )  # fmt: skip
    assert len(dataset) == 313 and not validate(dataset)
    assert pd.Series(dataset.column("class")).value_counts().to_dict() == {"ring": 161, "no ring": 152}
    assert "157 rows have no picture" in notes(dataset) and "positions of 313 of 313" in notes(dataset)
    first = dataset.object_id.tolist().index("J094529.36+093610.4")
    np.testing.assert_allclose(dataset.column("ra")[first], (9 + 45 / 60 + 29.36 / 3600) * 15, atol=1e-9)
    np.testing.assert_allclose(dataset.column("dec")[first], 9 + 36 / 60 + 10.4 / 3600, atol=1e-9)
    assert np.isfinite(dataset.magnitudes()).all() and (dataset.column("fwhm") > 3).all()
