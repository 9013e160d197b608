"""ZFOURGE, SDSS, Euclid fields and pictures: on small files of their layout, and on the real ones where they are."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from imaging import run_import
from PIL import Image

from photoz_core import datasets, registry
from photoz_core.errors import PhotozError

EUCLID = {"VIS": 24.6, "NIR_Y": 29.8, "NIR_J": 30.0, "NIR_H": 29.9}


@pytest.mark.parametrize("survey", registry.names(datasets))
def test_every_survey_keeps_the_contract(survey):
    module = registry.load(datasets, survey)
    assert module.TITLE and module.build.__doc__ and module.add_arguments.__doc__
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    assert parser.format_help()


def test_an_unknown_survey_lists_the_known():
    with pytest.raises(
        PhotozError,
        match=r"'sloan'; known: boss, candels, cosmos_galaxies, dc2, euclid_fields, image_folder, .*splus, ",
    ):
        registry.load(datasets, "sloan")


@pytest.fixture
def zfourge(tmp_path) -> Path:
    n = 30
    frame = pd.DataFrame({"id": np.arange(n), "ra": 150.0, "dec": 2.0, "use": np.arange(n) < 25, "star": 0})
    for i, band in enumerate(["F160W", "F606W", "F814W", "F125W", "Ks", "IA427", "Ksall"]):
        frame[f"f_{band}"] = np.linspace(1, 3, n) + i
        frame[f"e_{band}"] = 0.1
    frame["use"] = frame["use"].astype(int)
    frame.loc[3, ["f_F606W", "e_F606W"]] = -99
    frame.loc[4, "f_F125W"] = -0.2
    frame["z_spec"] = np.where(np.arange(n) < 8, np.arange(n) / 2, -99)
    frame["z_fast"] = 1.0
    frame["fast_lssfr"] = -9.0
    frame.to_parquet(tmp_path / "z.parquet")
    return tmp_path / "z.parquet"


def test_zfourge_hst_bands(tmp_path, zfourge):
    dataset = run_import(tmp_path, "zfourge", "--catalog", zfourge)
    assert dataset.bands == ["F606W", "F814W", "F125W", "F160W"]
    assert dataset.object_id.tolist() == [str(i) for i in range(25) if i not in (3, 4)]
    np.testing.assert_allclose(dataset.column("mag_F160W")[0], 25 - 2.5 * np.log10(1.0))
    assert dataset.is_labelled().sum() == 5  # ids 1, 2, 5, 6, 7: z = 0 is none, 3 and 4 lack a flux
    assert "z_fast" not in dataset.catalog and dataset.meta.columns["fast_lssfr"].unit == "1/yr"


def test_zfourge_all_bands_are_in_order_and_keep_what_is_missing(tmp_path, zfourge):
    dataset = run_import(tmp_path, "zfourge", "--catalog", zfourge, "--bands", "all")
    assert dataset.bands == ["IA427", "F606W", "F814W", "F125W", "F160W", "Ks"]
    assert len(dataset) == 25
    assert np.flatnonzero(np.isnan(dataset.magnitudes()).any(axis=1)).tolist() == [3, 4]


def test_zfourge_redshifts_from_their_own_file(tmp_path, zfourge):
    frame = pd.read_parquet(zfourge).drop(columns="z_spec")
    frame.to_parquet(zfourge)
    with pytest.raises(PhotozError, match="no column 'z_spec'; give ZFOURGE's redshift file with --redshifts"):
        run_import(tmp_path, "zfourge", "--catalog", zfourge)
    (tmp_path / "z.txt").write_text("# id spec_z\n5 1.25\n6 -99\n999 2\n")
    dataset = run_import(tmp_path, "zfourge", "--catalog", zfourge, "--redshifts", tmp_path / "z.txt")
    assert dataset.object_id[dataset.is_labelled()].tolist() == ["5"]


def test_sdss_classes_are_chosen(tmp_path):
    types = [(band, "f8") for band in "ugriz"] + [("spec_class", "S6"), ("redshift", "f8"), ("redshift_err", "f8")]
    kinds = [("GALAXY", 0.1), ("QSO", 1.2), ("GALAXY", 0.0)]
    rows = [(20, 19, 18, 17.5, 17.2, kind, z, 0.01) for kind, z in kinds * 4]
    np.save(tmp_path / "s.npy", np.array(rows, types))
    dataset = run_import(tmp_path, "sdss_colors", "--catalog", tmp_path / "s.npy", "--classes", "GALAXY")
    assert len(dataset) == 8 and dataset.is_labelled().sum() == 4
    assert dataset.bands == list("ugriz") and "mag_err_u" not in dataset.catalog
    np.testing.assert_allclose(dataset.column("color_g_r"), 1.0)
    with pytest.raises(PhotozError, match="no row with spec_class=STAR; 'spec_class' holds GALAXY, QSO"):
        run_import(tmp_path, "sdss_colors", "--catalog", tmp_path / "s.npy", "--classes", "STAR", name="e")


def euclid_file(path: Path, stars, shape=(120, 130), ra=10.0, x0=0, suffix="FLUX", bands=EUCLID) -> Path:
    """A field whose pixel (0, 0) is pixel (x0, 0) of the sky grid, with stars at (x, y, µJy) on that grid."""
    rng = np.random.default_rng(0)
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    hdus = [fits.PrimaryHDU()]
    grid = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": 0.0, "CRPIX1": 1.0 - x0, "CRPIX2": 1.0}
    for band, point in bands.items():
        header = fits.Header(grid | {"CDELT1": -0.1 / 3600, "CDELT2": 0.1 / 3600, "MAGZERO": point})
        image = rng.normal(0, 0.003, shape)
        for x, y, flux in stars:
            image += flux / (8 * np.pi) * np.exp(-((xx + x0 - x) ** 2 + (yy - y) ** 2) / 8)
        rms = np.full(shape, 0.003)
        image[:3], rms[:3] = 0, 1e16
        unit = 10 ** (0.4 * (23.9 - point))
        hdus += [
            fits.ImageHDU((image / unit).astype("f4"), header, f"{band}_{suffix}"),
            fits.ImageHDU(np.ones((9, 9)), name=f"{band}_PSF"),
        ]
        hdus.append(fits.ImageHDU((rms / unit).astype("f4"), name=f"{band}_RMS"))
    fits.HDUList(hdus).writeto(path)
    return path


def test_euclid_fields_are_searched_and_overlaps_kept_once(tmp_path):
    stars = [(30, 40, 5.0), (90, 80, 3.0), (150, 60, 4.0)]
    euclid_file(tmp_path / "large.fits", stars)
    euclid_file(tmp_path / "small.fits", stars, (100, 100), x0=75, suffix="BGSUB")
    euclid_file(tmp_path / "two_bands.fits", stars, bands={"VIS": 24.6, "NIR_Y": 29.8})
    dataset = run_import(tmp_path, "euclid_fields", "--fields", tmp_path)
    assert dataset.bands == list(EUCLID) and dataset.array("image").shape == (3, 4, 64, 64)
    assert sorted(dataset.column("field")) == ["large", "large", "small"]
    for band in EUCLID:
        expected = sorted(23.9 - 2.5 * np.log10(flux) for _, _, flux in stars)
        np.testing.assert_allclose(sorted(dataset.column(f"mag_{band}")), expected, atol=0.1)
    assert not dataset.is_labelled().any() and dataset.meta.pixel_scale == pytest.approx(0.1)
    notes = " ".join(dataset.meta.provenance["notes"])
    assert "small: 1 objects are in a larger field already" in notes and "left out: two_bands" in notes


def test_euclid_band_files_without_headers_need_zero_points(tmp_path):
    euclid_file(tmp_path / "all.fits", [(30, 40, 5.0)])
    (tmp_path / "single").mkdir()
    with fits.open(tmp_path / "all.fits") as hdus:
        for band in EUCLID:
            for name, end in (("FLUX", "data"), ("RMS", "noise_map"), ("PSF", "psf")):
                hdu = fits.PrimaryHDU(hdus[f"{band}_{name}"].data, fits.Header({"PIXSCALE": 0.1}))
                hdu.writeto(tmp_path / f"single/F1_{band.lower()}_{end}.fits")
    with pytest.raises(PhotozError, match=r"no field can be used:\nF1 was left out: .*no zero point"):
        run_import(tmp_path, "euclid_fields", "--fields", tmp_path / "single")
    points = [f"{band}={point}" for band, point in EUCLID.items()]
    dataset = run_import(tmp_path, "euclid_fields", "--fields", tmp_path / "single", "--image-zero-point", *points)
    np.testing.assert_allclose(dataset.column("mag_VIS"), 23.9 - 2.5 * np.log10(5), atol=0.1)
    with pytest.raises(PhotozError, match="no field with VIS NIR_Y NIR_J NIR_H among 0 files"):
        (tmp_path / "none").mkdir()
        run_import(tmp_path, "euclid_fields", "--fields", tmp_path / "none", name="e")


def test_a_picture_gives_uncalibrated_stamps(tmp_path):
    rng = np.random.default_rng(0)
    yy, xx = np.mgrid[:150, :180]
    light = sum(np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / 18) for x, y in [(50, 50), (120, 90)])
    rgb = np.clip(np.stack([200 * light, 100 * light, 50 * light], 2) + rng.normal(20, 2, (150, 180, 3)), 0, 255)
    Image.fromarray(rgb.astype("u1")).save(tmp_path / "p.png")
    dataset = run_import(tmp_path, "rgb_image", "--picture", tmp_path / "p.png")
    assert dataset.bands == ["B", "G", "R"] and dataset.array("image").shape == (2, 3, 64, 64)
    np.testing.assert_allclose(dataset.column("color_G_R"), 2.5 * np.log10(2), atol=0.1)
    np.testing.assert_allclose(dataset.column("fwhm"), 2.3548 * 3, rtol=0.1)
    assert dataset.meta.zero_points == {} and dataset.meta.columns["fwhm"].unit == "pix"
    assert "no zero point" in dataset.meta.columns["mag_R"].description
    assert "AB" not in dataset.meta.columns["mag_R"].description


def test_pictures_that_cannot_be_used(tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "small.png")
    with pytest.raises(PhotozError, match=r"\(40, 40\) pixels, smaller than a stamp of 64"):
        run_import(tmp_path, "rgb_image", "--picture", tmp_path / "small.png")
    Image.new("RGB", (100, 100)).save(tmp_path / "black.png")
    with pytest.raises(PhotozError, match=r"no object above"):
        run_import(tmp_path, "rgb_image", "--picture", tmp_path / "black.png")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with pytest.raises(PhotozError, match=r"cannot read .*broken\.jpg"):
        run_import(tmp_path, "rgb_image", "--picture", tmp_path / "broken.jpg")
