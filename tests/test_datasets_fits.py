"""FITS images: which extension, which band, what one pixel unit is, and which pixels hold data."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from imaging import header, mosaic, places

from photoz_core.datasets._cutouts import MosaicStamps
from photoz_core.datasets._fits_image import Place, parse_place, pixel_scale, zero_point
from photoz_core.datasets._mosaic import open_mosaics
from photoz_core.errors import PhotozError


def test_pixels_become_microjansky_by_each_zero_point(tmp_path):
    data = np.ones((40, 40), "f4")
    files = {
        "F435W": mosaic(tmp_path / "a.fits", data, MAGZERO=25.0),
        "F814W": mosaic(tmp_path / "b.fits", data, MAGZERO=0.0, BUNIT="nJy"),
        "F160W": mosaic(tmp_path / "c.fits", data, MAGZERO="none", PHOTFNU=1.5e-7),
    }
    with open_mosaics(places(**files), zero_points={"F435W": 26.4}) as mosaics:
        pixels = MosaicStamps(mosaics, 8, pixels=(np.array([20.0]), np.array([20.0]))).read(np.array([0])).pixels
    np.testing.assert_allclose(pixels[0, :, 4, 4], [10 ** (0.4 * (23.9 - 26.4)), 1e-3, 0.15], rtol=1e-4)


def test_surface_brightness_units_need_the_pixel_area():
    per_pixel = zero_point({"BUNIT": "MJy/sr"}, pixel_area=0.03**2)
    assert 10 ** (0.4 * (23.9 - per_pixel)) == pytest.approx(1e12 * 0.03**2 / 206264.806**2, rel=1e-5)
    assert zero_point({"BUNIT": "MJy/sr"}) is None


def test_hst_photometry_keywords_give_the_published_zero_point():
    assert zero_point({"PHOTFLAM": 7.0332e-20, "PHOTPLAM": 8047.0}) == pytest.approx(25.94, abs=0.02)  # ACS F814W
    assert zero_point({"PHOTFLAM": 1.9275602e-20, "PHOTPLAM": 15369.176}) == pytest.approx(25.946, abs=0.01)  # F160W


def test_missing_pixels_are_nan_whatever_marks_them(tmp_path):
    data, rms = np.ones((40, 40), "f4"), np.ones((40, 40), "f4")
    data[20, 20], data[20, 21], rms[20, 22], rms[20, 23] = np.nan, 0, 1e16, 0
    hdus = [
        fits.PrimaryHDU(),
        fits.ImageHDU(data, header((40, 40), MAGZERO=23.9), "VIS_FLUX"),
        fits.ImageHDU(rms, name="VIS_RMS"),
    ]
    fits.HDUList(hdus).writeto(tmp_path / "m.fits")
    with open_mosaics([parse_place(str(tmp_path / "m.fits"))]) as mosaics:
        values, noise = mosaics[0].region(slice(20, 21), slice(19, 25))
    assert mosaics[0].band == "VIS"
    np.testing.assert_array_equal(np.isnan(values[0]), [False, True, True, True, True, False])
    np.testing.assert_array_equal(np.isnan(noise), np.isnan(values))


def test_an_extension_that_does_not_exist_lists_those_that_do(tmp_path):
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((9, 9), "f4"), header((9, 9)), "SCI")]).writeto(
        tmp_path / "m.fits"
    )
    with (
        pytest.raises(PhotozError, match="unknown image extension 'DRZ'; known: 1 SCI"),
        open_mosaics([parse_place(f"F814W={tmp_path}/m.fits[DRZ]")]),
    ):
        pass


def test_pixel_scale_from_wcs_or_keyword():
    assert pixel_scale(header(scale=0.03)) == pytest.approx(0.03)
    assert pixel_scale(fits.Header({"PIXSCALE": 0.1})) == 0.1
    assert pixel_scale(fits.Header()) is None


def test_tile_compressed_mosaics_are_read_a_region_at_a_time(tmp_path):
    data = np.round(np.random.default_rng(0).normal(100, 10, (90, 80))).astype("i2")
    head = header(data.shape, MAGZERO=23.9)
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(data, head)]).writeto(tmp_path / "m.fits.fz")
    with open_mosaics(places(F814W=tmp_path / "m.fits.fz")) as mosaics:
        pixels = MosaicStamps(mosaics, 16, pixels=(np.array([40.0]), np.array([40.0]))).read(np.array([0])).pixels
    np.testing.assert_allclose(pixels[0, 0], data[32:48, 32:48], rtol=1e-6)


def test_planes_of_a_cube_are_bands(tmp_path):
    cube = np.stack([np.full((30, 30), value, "f4") for value in (1, 2, 3)])
    fits.PrimaryHDU(cube, header((30, 30), MAGZERO=23.9)).writeto(tmp_path / "cube.fits")
    place = [parse_place(str(tmp_path / "cube.fits"))]
    with open_mosaics(place, channels=["g", "r", "i"]) as mosaics:
        assert {m.band: float(m.region(slice(5, 6), slice(5, 6))[0][0, 0]) for m in mosaics} == {"g": 1, "r": 2, "i": 3}
    with (
        pytest.raises(PhotozError, match=r"3 planes of \(30, 30\) pixels; name each with --image-bands"),
        open_mosaics(place),
    ):
        pass


def extensions(path: Path, *cards: dict) -> list[Place]:
    hdus = [fits.ImageHDU(np.ones((9, 9), "f4"), header((9, 9), **c), c.get("EXTNAME")) for c in cards]
    fits.HDUList([fits.PrimaryHDU(header=fits.Header({"FILTER": "F814W", "MAGZERO": 25.0})), *hdus]).writeto(path)
    return [parse_place(str(path))]


def test_band_and_zero_point_may_stand_in_the_primary_header(tmp_path):
    with open_mosaics(extensions(tmp_path / "m.fits", {"EXTNAME": "SCI"}, {"EXTNAME": "WHT"})) as mosaics:
        assert [(m.band, m.zero_point) for m in mosaics] == [("F814W", 25.0)]


def test_two_images_of_one_band_are_not_silently_one(tmp_path):
    place = extensions(tmp_path / "m.fits", {"EXTNAME": "SCI"}, {"EXTNAME": "SCI", "EXTVER": 2})
    with pytest.raises(PhotozError, match="extension 2 SCI also says band F814W; give BAND="), open_mosaics(place):
        pass
