"""Uploaded cutouts: good ones are read as they are, bad ones are refused with a reason before they cost anything."""

import io
import struct
import zlib

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from photoz_core.cutout import LARGEST, MAX_BYTES, read_cutout
from photoz_core.errors import PhotozError

CUBE = np.random.default_rng(0).normal(1, 1, (4, 12, 14)).astype("f4")
SCENE = np.random.default_rng(1).integers(0, 255, (9, 11, 3), "u1")
pytestmark = pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def fits_bytes(*hdus) -> bytes:
    file = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(file, output_verify="ignore")
    return file.getvalue()


def picture_bytes(kind="PNG", pixels=SCENE, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


FITS, PNG, JPEG = fits_bytes(fits.PrimaryHDU(CUBE)), picture_bytes(), picture_bytes("JPEG")


def refused(name: str, content: bytes) -> str:
    with pytest.raises(PhotozError) as error:
        read_cutout(name, content)
    return str(error.value)


def test_a_cube_is_read_plane_by_plane():
    found = read_cutout("folder/a.fits", FITS)
    np.testing.assert_array_equal(found.planes, CUBE)
    assert (found.name, found.bands, found.zero_points, found.notes) == ("a.fits", (), (None,) * 4, ())
    assert np.isnan(found.pixel_scale) and not found.is_picture


def test_further_axes_of_length_one_are_dropped():
    found = read_cutout("a.fits", fits_bytes(fits.PrimaryHDU(CUBE[None, None])))
    np.testing.assert_array_equal(found.planes, CUBE)
    bands = [fits.ImageHDU(plane[None, None], name=name) for plane, name in zip(CUBE, "griz", strict=True)]
    found = read_cutout("a.fits", fits_bytes(fits.PrimaryHDU(), *bands))
    assert found.bands == tuple("GRIZ")
    np.testing.assert_array_equal(found.planes, CUBE)
    assert "no image" in refused("a.fits", fits_bytes(fits.PrimaryHDU(np.stack([CUBE, CUBE]))))


def test_extensions_say_band_unit_and_scale():
    header = fits.Header({"BUNIT": "nJy", "PIXSCALE": 0.03})
    hdus = [fits.ImageHDU(CUBE[i], header, name=f"F{i}W_SCI") for i in (2, 0)]
    found = read_cutout("a.fit", fits_bytes(fits.PrimaryHDU(), *hdus, fits.ImageHDU(CUBE[1], name="F0W_RMS")))
    np.testing.assert_array_equal(found.planes, CUBE[[2, 0]])
    assert found.bands == ("F2W", "F0W") and found.pixel_scale == 0.03
    np.testing.assert_allclose(found.zero_points, 31.4)


def test_pictures_are_blue_green_red_from_zero_to_one():
    found = read_cutout("a.PNG", PNG)
    np.testing.assert_allclose(found.planes, np.moveaxis(SCENE, 2, 0)[::-1] / 255, atol=1e-6)
    assert found.is_picture and read_cutout("a.jpeg", JPEG).planes.shape == (3, 9, 11)


def test_pixels_without_a_value_are_zero_and_said():
    holes = CUBE.copy()
    holes[1, 2, 3], holes[0, 0, 0] = np.nan, np.inf
    found = read_cutout("a.fits", fits_bytes(fits.PrimaryHDU(holes)))
    assert found.planes[1, 2, 3] == found.planes[0, 0, 0] == 0 and np.isfinite(found.planes).all()
    assert found.notes == ("2 pixels without a value are taken as 0",)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.fits", b"", "a.fits: the file is empty"),
        ("a.fits", b"SIMPLE  =" + bytes(MAX_BYTES), "20 MB at most"),
        ("a.png", FITS, "a FITS file by its content; name it .fits or .fit or .fts"),
        ("a.fits", PNG, "a PNG file by its content; name it .png"),
        ("a.jpg", PNG, "a PNG file"),
        ("a", PNG, "a PNG file"),
        ("a.zip", b"PK\x03\x04" + bytes(99), "a packed file; unpack it first"),
        ("a.fits.gz", b"\x1f\x8b\x08" + bytes(99), "a packed file"),
        ("a.fits", b"<html>", "neither FITS nor PNG nor JPEG"),
        ("a.gif", picture_bytes("GIF"), "neither FITS nor PNG nor JPEG"),
        ("a.fits", FITS[:4000], "the file ends before its image does"),
        ("a.png", PNG[: len(PNG) // 2], "is the file complete?"),
        ("a.fits", fits_bytes(fits.PrimaryHDU()), "no image in this FITS file"),
        ("a.fits", fits_bytes(fits.PrimaryHDU(CUBE * np.nan)), "100% of the pixels of plane 1 have no value"),
        ("a.fits", fits_bytes(fits.PrimaryHDU(-np.abs(CUBE))), "no light"),
        ("a.fits", fits_bytes(fits.PrimaryHDU(), fits.CompImageHDU(CUBE)), "unpack it first, with funpack"),
        (
            "a.fits",
            fits_bytes(fits.PrimaryHDU(), fits.ImageHDU(CUBE[0], name="A"), fits.ImageHDU(CUBE[0, 1:], name="B")),
            "planes of different size",
        ),
    ],
)
def test_bad_files_are_refused_with_the_reason(name, content, reason):
    assert reason in refused(name, content)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kB that says it has so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")
    )


def test_pictures_of_too_many_pixels_are_not_decoded(monkeypatch):
    monkeypatch.setattr("photoz_core.datasets._object_files.read_picture", pytest.fail)
    assert f"1 to {LARGEST} on a side" in refused("a.png", bomb(LARGEST + 1, 8))
    assert "pixels" in refused("a.png", bomb(60_000, 60_000))


def test_fits_of_too_many_pixels_is_not_decoded():
    header = fits.PrimaryHDU(CUBE).header
    header["NAXIS1"], header["NAXIS2"], header["NAXIS3"] = 4000, 4000, 400
    content = header.tostring().encode() + bytes(2880)
    assert "6400 million pixels in all" in refused("a.fits", content)


@given(st.integers(0, len(FITS) - 1))
@QUICK
def test_truncated_fits_is_refused_unless_padding_alone_is_lost(length):
    try:
        found = read_cutout("a.fits", FITS[:length])
    except PhotozError as error:
        assert "a.fits" in str(error)
    else:
        assert length >= 2880 + CUBE.nbytes
        np.testing.assert_array_equal(found.planes, CUBE)


@given(st.sampled_from([("a.png", PNG), ("a.jpg", JPEG)]), st.data())
@QUICK
def test_truncated_pictures_are_refused(which, data):
    name, content = which
    cut = data.draw(st.integers(0, len(content) - 32))  # behind is what no pixel needs
    assert name in refused(name, content[:cut])


@given(st.sampled_from([("a.fits", FITS), ("a.png", PNG), ("a.jpg", JPEG)]), st.data())
@QUICK
def test_garbled_files_are_read_or_refused_and_nothing_else(which, data):
    name, content = which
    garbled = bytearray(content)
    for place in data.draw(st.lists(st.integers(0, min(len(content), 2000) - 1), min_size=1, max_size=12)):
        garbled[place] = data.draw(st.integers(0, 255))
    try:
        found = read_cutout(name, bytes(garbled))
    except PhotozError as error:
        assert name in str(error)
    else:
        assert np.isfinite(found.planes).all() and found.planes.ndim == 3
