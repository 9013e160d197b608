"""Stamps from mosaics, stacks and files of their own: right pixels, right units, and what is missing is said."""

import argparse
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.wcs import WCS
from PIL import Image

from photoz_core.datasets import table
from photoz_core.datasets._cutouts import MosaicStamps, grid_offsets
from photoz_core.datasets._fits_image import Place, parse_place, pixel_scale, zero_point
from photoz_core.datasets._mosaic import open_mosaics
from photoz_core.datasets._object_files import ObjectFiles, fit
from photoz_core.datasets._stack import Stack
from photoz_core.errors import PhotozError
from photoz_core.home import Home

RA, DEC = 150.1, 2.2


def header(shape=(120, 100), scale=0.06, rotation=0.0, shift=(0.0, 0.0), **cards) -> fits.Header:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cunit = ["RA---TAN", "DEC--TAN"], [RA, DEC], ["deg", "deg"]
    wcs.wcs.crpix = [shape[1] / 2 + 0.5 + shift[0], shape[0] / 2 + 0.5 + shift[1]]
    c, s = np.cos(rotation) * scale / 3600, np.sin(rotation) * scale / 3600
    wcs.wcs.cd = [[-c, s], [s, c]]
    head = wcs.to_header()
    head.update(cards)
    return head


def mosaic(path: Path, data=None, shape=(120, 100), **options) -> Path:
    data = np.random.default_rng(1).normal(size=shape).astype("f4") if data is None else data
    fits.PrimaryHDU(data, header(data.shape, **({"MAGZERO": 23.9} | options))).writeto(path)
    return path


def places(**files) -> list[Place]:
    return [Place(band, str(path), "") for band, path in files.items()]


def positions(path: Path, x, y):
    return WCS(fits.getheader(path)).pixel_to_world_values(np.asarray(x, float), np.asarray(y, float))


def build(tmp_path, *options: object):
    parser = argparse.ArgumentParser()
    table.add_arguments(parser)
    return table.build(Home(tmp_path / "home"), "d", parser.parse_args([str(option) for option in options]))


def catalog_csv(tmp_path, n=4, ra=None, dec=None, **columns) -> Path:
    frame = pd.DataFrame({"id": np.arange(n), "mag_F814W": 20.0 + np.arange(n), **columns})
    if ra is not None:
        frame = frame.assign(ra=ra, dec=dec)
    frame.to_csv(tmp_path / "c.csv", index=False)
    return tmp_path / "c.csv"


@pytest.mark.parametrize("size", [16, 17])
def test_stamps_are_those_of_cutout2d(tmp_path, size):
    path = mosaic(tmp_path / "m.fits")
    x, y = np.array([50.2, 3.1, 99.4, 40.6]), np.array([60.7, 118.1, 20.4, 1.2])
    with open_mosaics(places(F814W=path)) as mosaics:
        source = MosaicStamps(mosaics, size, sky=positions(path, x, y))
        stamps = source.read(np.arange(4))
    data = fits.getdata(path)
    for i in range(4):
        cutout = Cutout2D(data, (x[i], y[i]), size, mode="partial", fill_value=np.nan).data
        np.testing.assert_allclose(stamps.pixels[i, 0], cutout, rtol=1e-6)
        assert stamps.edge[i] == pytest.approx(np.isnan(cutout).mean())


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


def test_bands_with_shifted_grids_are_cut_at_the_same_place_of_the_sky(tmp_path):
    """The second mosaic is the first without its lowest 7 rows and leftmost 5 columns."""
    data = np.random.default_rng(0).normal(size=(80, 90)).astype("f4")
    first = mosaic(tmp_path / "a.fits", data)
    head = fits.getheader(first)
    head["CRPIX1"] -= 5
    head["CRPIX2"] -= 7
    fits.PrimaryHDU(data[7:, 5:], head).writeto(tmp_path / "b.fits")
    with open_mosaics(places(F606W=first, F814W=tmp_path / "b.fits")) as mosaics:
        assert grid_offsets(mosaics) == [(0, 0), (-5, -7)]
        source = MosaicStamps(mosaics, 16, sky=positions(first, [40.0], [40.0]))
        pixels = source.read(np.array([0])).pixels[0]
    assert not source.resampled
    np.testing.assert_array_equal(pixels[0], pixels[1])


def gaussian(shape, x, y, sigma) -> np.ndarray:
    """Pixel sums of a unit-flux Gaussian, the pixel's extent included by 5 × 5 points."""
    fine = (np.arange(5) - 2) / 5
    yy = (np.arange(shape[0])[:, None] + fine).ravel()
    xx = (np.arange(shape[1])[:, None] + fine).ravel()
    one = [np.exp(-((v - c) ** 2) / 2 / sigma**2) / np.sqrt(2 * np.pi) / sigma for v, c in ((yy, y), (xx, x))]
    return np.outer(*(v.reshape(-1, 5).mean(1) for v in one)).astype("f4")


def test_different_grids_are_resampled_with_flux_and_place_conserved(tmp_path):
    """A star of 0.15″ seen at 0.03″, at 0.1″ and at 0.06″ rotated by 30°: same flux and same centre in each stamp."""
    stars = {}
    for band, scale, shape, rotation in [
        ("a", 0.03, (401, 401), 0),
        ("b", 0.1, (161, 161), 0),
        ("c", 0.06, (201, 201), 0.52),
    ]:
        image = gaussian(shape, shape[1] // 2, shape[0] // 2, 0.15 / scale) + 1e-12
        stars[band] = mosaic(tmp_path / f"{band}.fits", image, scale=scale, rotation=rotation)
    sky = (np.array([RA]), np.array([DEC]))
    with open_mosaics(places(**stars)) as mosaics:
        source = MosaicStamps(mosaics, 64, sky=sky, scale=0.06)
        pixels = source.read(np.array([0])).pixels[0]
    assert source.resampled
    expected = gaussian((64, 64), 31.5, 31.5, 0.15 / 0.06)
    np.testing.assert_allclose(pixels.sum(axis=(1, 2)), 1, rtol=0.01)
    for plane, blur in zip(pixels, (0.02, 0.1, 0.05), strict=True):  # bilinear: a coarse image's peak is flattened most
        np.testing.assert_allclose(plane, expected, atol=blur * expected.max())
    for plane in pixels:
        np.testing.assert_allclose(
            [(plane.sum(0) * np.arange(64)).sum(), (plane.sum(1) * np.arange(64)).sum()], 31.5, atol=0.02
        )


def test_catalog_and_mosaics_make_a_dataset(tmp_path):
    path = mosaic(tmp_path / "m.fits")
    x, y = [50, 3, 30], [60, 60, 100]
    ra, dec = positions(path, x, y)
    dataset = build(
        tmp_path, "--catalog", catalog_csv(tmp_path, 3, ra, dec), "--images", f"F814W={path}", "--stamp", 16
    )
    assert dataset.array("image").shape == (3, 1, 16, 16)
    assert dataset.meta.pixel_scale == pytest.approx(0.06)
    assert dataset.meta.zero_points == {"F814W": 23.9}
    np.testing.assert_allclose(dataset.column("edge_fraction"), [0, 5 / 16, 0])
    assert any("1 stamps reach over the edge" in note for note in dataset.meta.provenance["notes"])


def test_blank_pixels_are_filled_and_recorded(tmp_path):
    data = np.ones((60, 60), "f4")
    data[:, :30] = 0
    path = mosaic(tmp_path / "m.fits", data)
    ra, dec = positions(path, [50, 30, 10], [30, 30, 30])
    csv = catalog_csv(tmp_path, 3, ra, dec)
    dataset = build(tmp_path, "--catalog", csv, "--images", f"F814W={path}", "--stamp", 16, "--max-missing", 0.9)
    np.testing.assert_allclose(dataset.column("blank_fraction"), [0, 0.5])
    assert dataset.object_id.tolist() == ["0", "1"]
    assert np.unique(dataset.array("image")).tolist() == [0, 1]
    assert any("1 objects left out: over 90%" in note for note in dataset.meta.provenance["notes"])


def test_objects_off_the_mosaic_are_named_or_dropped(tmp_path):
    path = mosaic(tmp_path / "m.fits")
    ra, dec = positions(path, [50, 300, 60], [60, 60, 60])
    csv = catalog_csv(tmp_path, 4, [*ra, np.nan], [*dec, 0])
    options = ["--catalog", csv, "--images", f"F814W={path}", "--stamp", 16]
    with pytest.raises(
        PhotozError, match=r"2 of 4 images cannot be used: object 1 .row 1.: lies off the mosaics; object 3"
    ):
        build(tmp_path, *options)
    assert Home(tmp_path / "home").dataset_names() == []
    assert build(tmp_path, *options, "--drop-bad-images").object_id.tolist() == ["0", "2"]


def test_a_stack_is_row_aligned_also_after_a_selection(tmp_path):
    stack = np.arange(4 * 2 * 8 * 8, dtype="f4").reshape(4, 2, 8, 8) + 1
    np.save(tmp_path / "s.npy", stack)
    csv = catalog_csv(tmp_path, 4, mag_F606W=[21.0] * 4, use=[1, 0, 1, 1])
    options = ["--catalog", csv, "--where", "use=1", "--images", tmp_path / "s.npy"]
    dataset = build(tmp_path, *options, "--image-bands", "F814W", "F606W", "--image-zero-point", "F606W=26.4")
    assert dataset.bands == ["F606W", "F814W"]
    image = dataset.array("image")
    np.testing.assert_allclose(image[:, 1], stack[[0, 2, 3], 0])
    np.testing.assert_allclose(image[:, 0], stack[[0, 2, 3], 1] / 10, rtol=1e-5)


def test_hdf5_stacks_and_the_channels_last(tmp_path):
    pixels = np.random.default_rng(0).normal(size=(4, 10, 12, 1)).astype("f4")
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["stamps"], file["ids"] = pixels, np.arange(4)
    options = ["--catalog", catalog_csv(tmp_path), "--images", tmp_path / "s.h5"]
    dataset = build(tmp_path, *options, "--stamp", 8)
    np.testing.assert_array_equal(dataset.array("image")[:, 0], pixels[:, 1:9, 2:10, 0])
    with h5py.File(tmp_path / "s.h5", "a") as file:
        file["other"] = pixels
    with pytest.raises(PhotozError, match=r"several arrays \(other, stamps\); choose one"):
        build(tmp_path / "2", *options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 1, 16, 16), r"3 stamps, the catalog .*c\.csv has 4 rows; they must be row-aligned"),
        ((4, 3, 8, 8), r"shape \(4, 3, 8, 8\) is not \(N, 1, H, W\) for the bands F814W"),
        ((4, 8), r"shape \(4, 8\) is not"),
        ((4, 1, 8, 8), "smaller than --stamp 16"),
    ],
)
def test_stacks_of_the_wrong_shape(tmp_path, shape, message):
    np.save(tmp_path / "s.npy", np.ones(shape, "f4"))
    with pytest.raises(PhotozError, match=message):
        build(tmp_path, "--catalog", catalog_csv(tmp_path), "--images", tmp_path / "s.npy", "--stamp", 16)


def test_stack_reads_rows_in_order():
    stack = Stack(np.arange(5 * 4 * 4.0).reshape(5, 4, 4), "here", ["g"], ["g"], np.ones(1), 2)
    np.testing.assert_array_equal(stack.read(np.array([1, 3])).pixels[:, 0, 0, 0], [16 + 5, 48 + 5])


def object_files(tmp_path, n=4, side=12) -> np.ndarray:
    pixels = np.random.default_rng(2).normal(size=(n, 2, side, side)).astype("f4")
    (tmp_path / "cutouts").mkdir()
    for i in range(n):
        for band, plane in zip(("v", "i"), pixels[i], strict=True):
            fits.PrimaryHDU(plane, header((side, side), MAGZERO=25.0)).writeto(tmp_path / f"cutouts/{i}_{band}.fits")
        extensions = [fits.ImageHDU(plane, header((side, side), MAGZERO=25.0)) for plane in pixels[i]]
        fits.HDUList([fits.PrimaryHDU(), *extensions, fits.ImageHDU(pixels[i, 0], name="RMS")]).writeto(
            tmp_path / f"{i}.fits"
        )
    return pixels * 10 ** (0.4 * (23.9 - 25.0))


@pytest.mark.parametrize(
    "how", ["a template for each band", "{band} in one template", "several extensions", "a folder"]
)
def test_a_file_per_object(tmp_path, how):
    expected = object_files(tmp_path)
    csv = catalog_csv(tmp_path, mag_F606W=[22.0] * 4)
    images = {
        "a template for each band": ["F606W=cutouts/{id}_v.fits", "F814W=cutouts/{id}_i.fits"],
        "{band} in one template": [f"{tmp_path}/cutouts/{{id}}_{{band}}.fits", "--image-bands", "v", "i"],
        "several extensions": ["{object_id}.fits", "--image-bands", "F606W", "F814W"],
        "a folder": [tmp_path, "--image-bands", "F606W", "F814W"],
    }[how]
    dataset = build(tmp_path, "--catalog", csv, "--images", *images)
    np.testing.assert_allclose(dataset.array("image"), expected, rtol=1e-5)
    assert dataset.meta.pixel_scale == pytest.approx(0.06)


def test_unreadable_files_are_named_and_counted_or_left_out(tmp_path):
    object_files(tmp_path)
    data = (tmp_path / "2.fits").read_bytes()
    (tmp_path / "2.fits").write_bytes(data[:3000])
    (tmp_path / "3.fits").unlink()
    options = ["--catalog", catalog_csv(tmp_path), "--images", "{id}.fits", "--image-bands", "F606W", "F814W"]
    with pytest.raises(
        PhotozError, match=r"2 of 4 images cannot be used: object 2 .*2\.fits.*; object 3 .*no such file"
    ) as error:
        build(tmp_path, *options)
    assert "--drop-bad-images" in str(error.value)
    dataset = build(tmp_path, *options, "--drop-bad-images")
    assert dataset.object_id.tolist() == ["0", "1"]
    assert any(note.startswith("2 of 4 images") for note in dataset.meta.provenance["notes"])


def test_files_of_different_size_need_a_stamp_size(tmp_path):
    object_files(tmp_path)
    for extension in (0, 1):
        with fits.open(tmp_path / "1.fits", mode="update") as hdus:
            hdus[extension + 1].data = np.ones((6, 20), "f4")
    options = ["--catalog", catalog_csv(tmp_path), "--images", "{id}.fits", "--image-bands", "F606W", "F814W"]
    with pytest.raises(PhotozError, match=r"1 of 4 .*shape \(6, 20\), the first has \(12, 12\); --stamp crops"):
        build(tmp_path, *options)
    dataset = build(tmp_path, *options, "--stamp", 10)
    np.testing.assert_allclose(dataset.column("edge_fraction"), [0, 0.4, 0, 0])


def test_fit_centres():
    pixels = np.arange(16.0).reshape(1, 4, 4)
    np.testing.assert_array_equal(fit(pixels, (1, 2, 2))[0][0], [[5, 6], [9, 10]])
    larger, edge = fit(pixels, (1, 6, 4))
    np.testing.assert_array_equal(larger[0, 1:5], pixels[0])
    assert edge == pytest.approx(1 / 3)


def test_pictures_have_channels_from_blue_to_red(tmp_path):
    rgb = np.zeros((8, 8, 3), "u1")
    rgb[..., 0], rgb[..., 2] = 255, 51
    for i in range(4):
        Image.fromarray(rgb).save(tmp_path / f"{i}.png")
    dataset = build(tmp_path, "--catalog", catalog_csv(tmp_path), "--images", "{id}.png", "--uncalibrated")
    assert dataset.bands == ["B", "G", "R"]
    np.testing.assert_allclose(dataset.array("image")[0, :, 0, 0], [0.2, 0, 1])
    assert dataset.meta.zero_points == {} and dataset.meta.arrays["image"]["unit"] == ""
    assert np.isnan(dataset.magnitudes()).all()


def test_a_column_in_braces_must_exist(tmp_path):
    frame = pd.DataFrame({"file_name": ["a"]})
    with pytest.raises(PhotozError, match="no column 'filename' in the catalog; near names: file_name"):
        ObjectFiles([Place("", "{filename}.fits", "")], frame, ["g"], {})


@pytest.mark.parametrize(
    ("cards", "options", "message"),
    [
        ({"CTYPE1": None}, [], r"m\.fits: no WCS in its header"),
        ({"MAGZERO": None}, [], r"m\.fits: no zero point .*--image-zero-point F814W=.* or --uncalibrated"),
        ({}, ["--map", "ra="], "mosaics need positions"),
        ({}, ["--noise", "F814W=noise.fits"], r"noise map of shape \(5, 5\), the image .* has \(120, 100\)"),
        ({}, ["--image-zero-point", "F606W=25"], "no band 'F606W'"),
    ],
)
def test_mosaics_that_cannot_be_used(tmp_path, monkeypatch, cards, options, message):
    monkeypatch.chdir(tmp_path)
    path = mosaic(tmp_path / "m.fits")
    ra, dec = positions(path, [50], [60])
    with fits.open(path, mode="update") as hdus:
        for key in cards:
            for name in [key, key.replace("1", "2")] if key == "CTYPE1" else [key]:
                del hdus[0].header[name]
    fits.PrimaryHDU(np.ones((5, 5), "f4")).writeto("noise.fits")
    with pytest.raises(PhotozError, match=message):
        build(tmp_path, "--catalog", catalog_csv(tmp_path, 1, ra, dec), "--images", f"F814W={path}", *options)


def test_a_field_far_away_is_told(tmp_path):
    path = mosaic(tmp_path / "m.fits")
    csv = catalog_csv(tmp_path, 2, [RA + 1, RA + 1], [DEC, DEC])
    with pytest.raises(PhotozError, match=r"no object of the catalog lies on it .* is it the right field"):
        build(tmp_path, "--catalog", csv, "--images", f"F814W={path}")


def test_truncated_and_missing_mosaics_are_named(tmp_path):
    path = mosaic(tmp_path / "m.fits")
    ra, dec = positions(path, [50], [60])
    csv = catalog_csv(tmp_path, 1, ra, dec)
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(PhotozError, match=r"cannot read .*m\.fits: .*is the file complete"):
        build(tmp_path, "--catalog", csv, "--images", f"F814W={path}")
    with pytest.raises(PhotozError, match=r"no such file: .*gone\.fits"):
        build(tmp_path, "--catalog", csv, "--images", f"F814W={tmp_path}/gone.fits")


def test_an_extension_that_does_not_exist_lists_those_that_do(tmp_path):
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((9, 9), "f4"), header((9, 9)), "SCI")]).writeto(
        tmp_path / "m.fits"
    )
    with (
        pytest.raises(PhotozError, match="unknown image extension 'DRZ'; known: 1 SCI"),
        open_mosaics([parse_place(f"F814W={tmp_path}/m.fits[DRZ]")]),
    ):
        pass


def test_a_killed_import_leaves_nothing_that_lists(tmp_path, monkeypatch):
    """A power cut while stamps are written: neither a dataset nor a half-written folder stays, and the name is free."""
    path = mosaic(tmp_path / "m.fits")
    ra, dec = positions(path, [50, 60], [60, 60])
    options = ["--catalog", catalog_csv(tmp_path, 2, ra, dec), "--images", f"F814W={path}", "--stamp", 16]
    read = MosaicStamps.read

    def fail(self, rows):
        assert list((tmp_path / "home/datasets").glob(".partial-*"))
        raise KeyboardInterrupt

    monkeypatch.setattr(MosaicStamps, "read", fail)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, *options)
    home = Home(tmp_path / "home")
    assert home.dataset_names() == [] and not list(home.datasets.iterdir())
    monkeypatch.setattr(MosaicStamps, "read", read)
    assert len(build(tmp_path, *options)) == 2


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
