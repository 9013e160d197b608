"""Stamps that already are: in a stack, or in files of their own."""

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from imaging import build, catalog_csv, header
from PIL import Image

from photoz_core.datasets._fits_image import Place
from photoz_core.datasets._object_files import ObjectFiles, fit
from photoz_core.datasets._stack import Stack
from photoz_core.errors import PhotozError


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
