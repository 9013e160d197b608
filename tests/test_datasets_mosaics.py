"""Stamps cut from mosaics: the right pixels in the right unit, and what is missing is said."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import Cutout2D
from imaging import DEC, RA, build, catalog_csv, mosaic, places, positions

from photoz_core.datasets._cutouts import MosaicStamps, grid_offsets
from photoz_core.datasets._mosaic import open_mosaics
from photoz_core.errors import PhotozError
from photoz_core.home import Home


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
