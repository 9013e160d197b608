"""The Bologna lens challenge: on small files of its layout, and on the real samples where they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from imaging import header, run_import

from photoz_core.dataset_writer import validate
from photoz_core.datasets._lens_catalog import einstein_radius, kinds, read_challenge
from photoz_core.datasets.lens_challenge import NAME
from photoz_core.errors import PhotozError

SAMPLES = Path(__file__).parents[1] / "../shared/data/lens_challenge_samples_SIM"
ARCSEC_AREA = np.pi * (np.pi / 180 / 3600) ** 2  # rad², a circle of radius 1″


def image(path: Path, pixels=None, scale=0.1) -> Path:
    pixels = np.random.default_rng(len(path.name)).normal(2e-12, 1e-12, (11, 11)) if pixels is None else pixels
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(pixels.astype("f4"), header(pixels.shape, scale) if scale else None).writeto(path)
    return path


def catalog(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.fixture
def files(tmp_path) -> Path:
    """Four objects, of which 7 has no J image."""
    for number in (5, 6, 7, 12):
        image(tmp_path / f"data/EUC_VIS/imageEUC_VIS-{number}.fits")
        if number != 7:
            image(tmp_path / f"data/EUC_J/imageEUC_J-{number}.fits")
    return tmp_path / "data"


def test_radius_of_a_circle():
    """θ = √(A / π): a circle of 1″ has a radius of 1″, not of √π″ as without π."""
    np.testing.assert_allclose(einstein_radius(ARCSEC_AREA * np.array([1, 4, 2.25])), [1, 2, 1.5], rtol=1e-12)


def test_bands_are_scaled_together(tmp_path, files):
    dataset = run_import(tmp_path, "lens_challenge", "--folder", files, "--bands", "VIS", "J")
    assert dataset.object_id.tolist() == ["5", "6", "12"] and dataset.bands == ["VIS", "J"] and not validate(dataset)
    raw = [fits.getdata(files / f"EUC_{band}/imageEUC_{band}-12.fits") for band in ("VIS", "J")]
    np.testing.assert_allclose(dataset.array("image")[2], np.stack(raw) / np.max(raw), atol=1e-3)
    assert dataset.column("peak")[2] == pytest.approx(np.max(raw)) and dataset.array("image").max() == 1
    assert dataset.meta.pixel_scale == pytest.approx(0.1) and dataset.meta.arrays["image"]["unit"] == ""
    assert np.isnan(dataset.column("theta_E")).all() and "kind" not in dataset.catalog
    notes = "\n".join(dataset.meta.provenance["notes"])
    assert "1 of 4 objects lack a file of some band, e.g. 7" in notes and "no Einstein radius is known" in notes


def test_catalog_gives_radii_redshifts_and_kinds(tmp_path, files):
    """The layout of image_catalog2.0train.csv: comments, and a row number that the header does not name."""
    rows = [
        f"0,5,{ARCSEC_AREA},0.5,2.0,1,3.5,40",
        "1,6,-1,0.4,-1,1,1.2,90",
        f"2,7,{4 * ARCSEC_AREA},0.3,1.5,0,,10",
        f"3,99,{ARCSEC_AREA},0.2,1.0,1,2,30",
    ]
    for number, first in enumerate(["ID", ",ID"]):
        head = (
            f"# ID : of the image, 1e5 on\n# ein_area : [rad^2]\n{first},ein_area,z_lens,z_source,n_source_im,mag_eff"
        )
        text = "\n".join([head + ",n_pix_source", *rows]) + "\n"
        options = ["--folder", files, "--catalog", catalog(tmp_path / f"{number}.csv", text)]
        dataset = run_import(tmp_path, "lens_challenge", *options, name=f"d{number}")
        assert dataset.object_id.tolist() == ["5", "6", "7", "12"]
        np.testing.assert_allclose(dataset.column("theta_E"), [1, np.nan, 2, np.nan], rtol=1e-9)
        np.testing.assert_allclose(dataset.column("z_source"), [2, np.nan, 1.5, np.nan])
        assert dataset.column("kind").tolist() == ["lens", "no lens", "", ""]
        assert dataset.columns_of("redshift") == []  # truth
        notes = "\n".join(dataset.meta.provenance["notes"])
        assert "1 rows of the catalog have no image; left out: ID 99" in notes
        assert "1 images have no row in the catalog; kept without θ_E: ID 12" in notes
        assert dataset.meta.provenance["replaced_by_nan"]["ein_area"] == {"non-positive": 1}
        assert dataset.is_labelled().sum() == 2


def test_folders_tell_kinds(tmp_path):
    for number, folder in enumerate(["lens", "nolens/more", "other"]):
        image(tmp_path / f"lens/{folder}/imageEUC_VIS-{number}.fits")
    table = catalog(tmp_path / "c.csv", "ID,is_lens,Einstein_area\n0,0,0\n1,1,0\n2,0,0")
    options = ["--folder", *(tmp_path / "lens" / name for name in ("lens", "nolens", "other"))]
    dataset = run_import(tmp_path, "lens_challenge", *options, "--catalog", table, "--area-column", "Einstein_area")
    assert dataset.column("kind").tolist() == ["lens", "no lens", "no lens"]  # the folder comes first
    assert "2 objects are of another kind by the catalog" in "\n".join(dataset.meta.provenance["notes"])
    assert np.isnan(dataset.column("theta_E")).all()


def test_kinds_of_catalogs():
    table = {"n_source_im": [1, 0, 1, 1, np.nan], "mag_eff": [1.7, 9, 1.6, 9, 9], "n_pix_source": [21, 99, 99, 20, 99]}
    assert kinds(pd.DataFrame(table)).tolist() == ["lens", "no lens", "no lens", "no lens", ""]
    assert kinds(pd.DataFrame({"is_lens": [True, False]})).tolist() == ["lens", "no lens"]
    assert kinds(pd.DataFrame({"is_lens": [1, 0, np.nan]})).tolist() == ["lens", "no lens", ""]
    assert kinds(pd.DataFrame({"x": [1]})).tolist() == [""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,ein_area\n5,1e-11", r"c\.csv: no column 'ID'; near names: id"),
        ("ID,ein_area\n5,1e-11\nfive,1e-11", r"c\.csv: ID 'five' in row 1 is no whole number"),
        ("ID,ein_area\n5.5,1e-11", "ID .*5.5.* in row 0 is no whole number"),
        ("ID,ein_area\n5,1e-11\n6,1\n5,1", r"c\.csv: 1 IDs occur twice, e\.g\. 5 in rows \[0, 2\]"),
        ("ID,crit_area\n5,1e-11", r"c\.csv: no column 'ein_area' \(--area-column\); near names: crit_area"),
        ("ID,ein_area\n100005,1e-11", r"no row for any image; its IDs are like 100005, those of the images like 5"),
        ("ID,ein_area\n5,3.1", r"Einstein radius of 2\.05e\+05″ from 'ein_area'; is that an area in rad²\?"),
        ("", r"cannot read .*c\.csv"),
    ],
)
def test_wrong_catalogs_are_named(tmp_path, files, text, message):
    with pytest.raises(PhotozError, match=message):
        run_import(tmp_path, "lens_challenge", "--folder", files, "--catalog", catalog(tmp_path / "c.csv", text))


def test_wrong_files_are_named(tmp_path, files):
    with pytest.raises(PhotozError, match=r"no file of band 'H' \(--bands\); there are: J, VIS"):
        run_import(tmp_path, "lens_challenge", "--folder", files, "--bands", "VIS", "H")
    image(files / "EUC_VIS/imageEUC_VIS-20.fits", scale=0.3)
    with pytest.raises(PhotozError, match=r"1 of 5 files .* than 0\.1″: .*imageEUC_VIS-20\.fits \(0\.3″\)"):
        run_import(tmp_path, "lens_challenge", "--folder", files)
    assert not list((tmp_path / "home/datasets").iterdir())
    again = image(files / "lens/imageEUC_VIS-0005.fits")
    with pytest.raises(PhotozError, match=f"two files of object 5 in band VIS: .*EUC_VIS-5.fits and {again}"):
        run_import(tmp_path, "lens_challenge", "--folder", files)
    with pytest.raises(PhotozError, match="no file is named like imageEUC_VIS-100000"):
        run_import(tmp_path, "lens_challenge", "--folder", image(tmp_path / "x/a.fits").parent)


def test_files_that_cannot_be_used_are_left_out(tmp_path, files):
    masked, nan = np.full((11, 11), 1e-11), np.full((11, 11), np.nan)
    masked[3, 3:5] = 100
    image(files / "EUC_VIS/imageEUC_VIS-20.fits", masked)
    image(files / "EUC_VIS/imageEUC_VIS-21.fits", nan)
    image(files / "EUC_VIS/imageEUC_VIS-22.fits", scale=None)  # does not say its pixel scale
    cut = image(files / "EUC_VIS/imageEUC_VIS-23.fits")
    cut.write_bytes(cut.read_bytes()[:2900])
    dataset = run_import(tmp_path, "lens_challenge", "--folder", files)
    assert dataset.object_id.tolist() == ["5", "6", "7", "12", "22"]
    notes = "\n".join(dataset.meta.provenance["notes"])
    assert "3 of 8 cannot be used" in notes and f"cannot read {cut}" in notes
    assert "20.fits: 2 masked pixels (of value 100)" in notes and "21.fits: 121 pixels are NaN" in notes


def test_bands_of_different_pixels_are_not_mixed(tmp_path):
    image(tmp_path / "data/imageEUC_VIS-1.fits", np.ones((30, 30)))
    image(tmp_path / "data/imageEUC_H-1.fits", np.ones((10, 10)), 0.3)
    expected = r"imageEUC_VIS-1\.fits 30 × 30 of 0\.1″, imageEUC_H-1\.fits 10 × 10 of 0\.3″; choose --bands of one"
    with pytest.raises(PhotozError, match=expected):
        run_import(tmp_path, "lens_challenge", "--folder", tmp_path / "data", "--bands", "VIS", "H")


@given(st.sampled_from(["EUC_", "SDSS_", ""]), st.sampled_from(["VIS", "H", "R"]), st.integers(0, 10**9))
def test_names_of_files_give_band_and_id(survey, band, number):
    for ending in (".fits", ".fits.gz", ".FITS"):
        match = NAME.fullmatch(f"image{survey}{band}-{number}{ending}")
        assert (match[1], int(match[2])) == (band, number)
    assert NAME.fullmatch(f"image{survey}{band}-{number}.png") is None


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=6, unique=True), st.booleans())
def test_ids_are_read_whatever_their_form(tmp_path_factory, ids, as_float):
    rows = "\n".join(f"{float(number) if as_float else number},1" for number in ids)
    path = catalog(tmp_path_factory.mktemp("csv") / "c.csv", f"# note\nID,x\n{rows}\n")
    assert read_challenge(path).index.tolist() == ids


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample data ../shared/data are not here")
def test_real_samples(tmp_path):
    dataset = run_import(tmp_path, "lens_challenge", "--folder", SAMPLES, name="without")
    assert dataset.array("image").shape == (16, 1, 101, 101) and not validate(dataset)
    assert dataset.meta.pixel_scale == pytest.approx(0.1, rel=1e-4) and not dataset.is_labelled().any()
    assert pd.Series(dataset.column("kind")).value_counts().to_dict() == {"lens": 8, "no lens": 8}
    assert (dataset.array("image").max(axis=(1, 2, 3)) == 1).all()
    assert 1e-12 < np.median(dataset.column("peak")) < 1e-9
    table = catalog(tmp_path / "c.csv", f"ID,ein_area\n100003,{2.25 * ARCSEC_AREA}\n100023,0")
    labelled = run_import(tmp_path, "lens_challenge", "--folder", SAMPLES, "--catalog", table)
    assert labelled.object_id[labelled.is_labelled()].tolist() == ["100003"]
    assert np.nanmax(labelled.column("theta_E")) == pytest.approx(1.5)
