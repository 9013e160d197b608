"""LenSiam's cubes and pictures of real lenses: on small files of their layout, and on the real ones where they are."""

import string
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from imaging import run_import

from photoz_core.dataset_writer import validate
from photoz_core.datasets._lens_files import relative_name
from photoz_core.datasets._lens_images import common_scale, unit_maximum
from photoz_core.datasets._report import Report
from photoz_core.datasets.lensiam_cubes import PARAMETERS, checked, planes
from photoz_core.datasets.real_lenses import clean_name, object_ids
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.simulate import lenses
from photoz_core.simulate._lens_columns import lens_columns
from photoz_core.simulate._lens_ranges import Ranges

REAL = Path(__file__).parents[1] / "../shared/data/real_lens_rgb_64"
LENS = {"theta_E": 1.2, "e1": 0.1, "e2": -0.3, "center_x": 0.05, "center_y": -0.1, "gamma": 2.1, "gamma1": 0.02}
LENS |= {"gamma2": -0.11}


def cube(path: Path, pixels=None, hierarch=False, **changes) -> Path:
    """A cube (9, 9, 2) of the two images ``pixels`` (2, 9, 9); a parameter of None is left out."""
    pixels = np.random.default_rng(5).uniform(0.01, 1, (2, 9, 9)) if pixels is None else pixels
    header = fits.Header()
    for key, value in (LENS | changes).items():
        if value is not None:
            header[f"HIERARCH {key}" if hierarch else key] = value
    path.parent.mkdir(exist_ok=True)
    fits.PrimaryHDU(np.moveaxis(np.asarray(pixels, "f4"), 0, 2), header).writeto(path)
    return path


def test_parameters_are_those_of_the_simulator():
    assert tuple(field.name for field in fields(Ranges)) == PARAMETERS
    assert tuple(lens_columns())[1:9] == PARAMETERS


def test_cubes_become_image_and_pair(tmp_path):
    pixels = np.random.default_rng(3).uniform(0.1, 7, (3, 2, 9, 9))
    cube(tmp_path / "cubes/b.fits", pixels[1], theta_E=0.9)
    cube(tmp_path / "cubes/a.fits", pixels[0])
    cube(tmp_path / "cubes/deep/a.fits", pixels[2], hierarch=True, gamma=1.7)
    cube(tmp_path / "cubes/._a.fits")  # macOS writes such files; they are no images
    dataset = run_import(tmp_path, "lensiam_cubes", "--folder", tmp_path / "cubes")
    assert dataset.object_id.tolist() == ["a", "b", "deep/a"] and not validate(dataset)
    for number, name in enumerate(("image", "pair")):
        expected = np.stack([one[number] / one[number].max() for one in pixels])
        np.testing.assert_allclose(dataset.array(name)[:, 0], expected, rtol=1e-3)
        assert dataset.array(name).max(axis=(1, 2, 3)).tolist() == [1, 1, 1]
        assert dataset.array(name).dtype == np.float16 and dataset.meta.arrays[name]["unit"] == ""
    assert dataset.column("theta_E").tolist() == [1.2, 0.9, 1.2]
    assert dataset.column("gamma").tolist() == [2.1, 2.1, 1.7]
    assert dataset.column("gamma2").tolist() == [-0.11] * 3
    assert (dataset.meta.label, dataset.meta.pixel_scale, dataset.meta.simulated) == ("theta_E", 0.05, True)
    assert dataset.meta.columns == {key: lens_columns()[key] for key in ("object_id", *PARAMETERS)}


def test_the_simulators_lenses_come_back_from_cubes(tmp_path):
    config = lenses.Config(n=3, side=20, image_share=0.0, supersampling=1)
    made = lenses.simulate(Home(tmp_path / "home").new_dataset("made"), config, workers=1)
    for row in range(3):
        values = {key: made.column(key)[row] for key in PARAMETERS}
        cube(tmp_path / f"cubes/{row}.fits", [made.array(name)[row, 0] for name in ("image", "pair")], **values)
    dataset = run_import(tmp_path, "lensiam_cubes", "--folder", tmp_path / "cubes")
    for name in ("image", "pair"):
        assert np.array_equal(dataset.array(name), made.array(name))
    assert all(np.array_equal(dataset.column(key), made.column(key)) for key in PARAMETERS)
    assert all(dataset.meta.columns[key] == made.meta.columns[key] for key in dataset.catalog)
    assert (dataset.bands, dataset.meta.label) == (made.bands, made.meta.label)
    assert list(dataset.meta.arrays) == list(made.meta.arrays) == ["image", "pair"]


def test_cubes_that_cannot_be_used_are_named_and_left_out(tmp_path):
    folder, nan = tmp_path / "cubes", np.ones((2, 9, 9))
    nan[1, 4, 4] = np.nan
    cube(folder / "0.fits")
    wrong = {
        "no_gamma1": ({"gamma1": None}, "no gamma1 in its header"),
        "text": ({"e2": "round"}, "e2 = round is no number"),
        "true": ({"e2": True}, "e2 = True is no number"),
        "small": ({"theta_E": 0.0}, "theta_E = 0 is not above 0"),
        "flat": ({"e1": 0.8, "e2": -0.7}, r"|e| = 1.06 of e1 and e2 is not below 1"),
        "steep": ({"gamma": 3.0}, "gamma = 3 is not between 1 and 3"),
        "nan": ({"pixels": nan}, "1 pixels are NaN or infinite"),
        "dark": ({"pixels": -np.ones((2, 9, 9))}, "no pixel is above 0"),
        "wide": ({"pixels": np.ones((2, 9, 11))}, "images of shape (1, 9, 11), the first has (1, 9, 9)"),
        "three": ({"pixels": np.ones((3, 9, 9))}, "a cube of shape (9, 9, 3) is neither (H, W, 2) nor (2, H, W)"),
    }
    for name, (changes, _) in wrong.items():
        cube(folder / f"{name}.fits", **changes)
    cut = cube(folder / "cut.fits")
    cut.write_bytes(cut.read_bytes()[:3000])
    dataset = run_import(tmp_path, "lensiam_cubes", "--folder", folder)
    assert dataset.object_id.tolist() == ["0"]
    notes = "\n".join(dataset.meta.provenance["notes"])
    assert "11 of 12 cannot be used" in notes and "left out" in notes
    for name, (_, why) in wrong.items():
        assert f"{folder / name}.fits: {why}" in notes
    assert f"cannot read {cut}" in notes
    for name in ("0", "wide"):
        (folder / f"{name}.fits").unlink()
    with pytest.raises(PhotozError, match="no usable image is left; 10 of 10 cannot be used"):
        run_import(tmp_path, "lensiam_cubes", "--folder", folder, name="none")
    assert not (tmp_path / "home/datasets/none").exists()


def test_a_folder_without_cubes_is_named(tmp_path):
    with pytest.raises(PhotozError, match=r"no such folder: .*nowhere"):
        run_import(tmp_path, "lensiam_cubes", "--folder", tmp_path / "nowhere")
    with pytest.raises(PhotozError, match="no FITS file"):
        run_import(tmp_path, "lensiam_cubes", "--folder", tmp_path)


def test_planes_are_told_by_the_axis_of_two():
    pixels = np.arange(2 * 3 * 4.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(planes(pixels, Path("x")), pixels)
    np.testing.assert_array_equal(planes(np.moveaxis(pixels, 0, 2), Path("x")), pixels)
    for shape in [(2, 4, 2), (2, 2, 4), (4, 2, 5), (2, 2, 2), (3, 4, 5), (4, 2)]:
        with pytest.raises(PhotozError, match=r"x\.fits: a cube of shape .* is neither"):
            planes(np.ones(shape), Path("x.fits"))


@given(st.dictionaries(st.sampled_from(PARAMETERS), st.none() | st.booleans() | st.floats() | st.text(max_size=5)))
def test_parameters_of_any_header_are_numbers_or_an_error(changes):
    try:
        numbers = checked(LENS | changes, Path("x.fits"))
    except PhotozError as error:
        assert str(error).startswith("x.fits: ")
        return
    assert numbers == {key: float(value) for key, value in (LENS | changes).items()}
    assert numbers["theta_E"] > 0 and numbers["e1"] ** 2 + numbers["e2"] ** 2 < 1 and 1 < numbers["gamma"] < 3
    assert np.isfinite(list(numbers.values())).all()


def test_unit_maximum_keeps_colors():
    images = np.random.default_rng(0).normal(3e-11, 1e-11, (4, 3, 5, 6)).astype("f4")
    scaled, peak = unit_maximum(images)
    for image, one, most in zip(images, scaled, peak, strict=True):
        assert most == image.max() and one.max() == 1
        np.testing.assert_allclose(one[0] / one[2], image[0] / image[2], rtol=1e-5)


def test_common_scale_ignores_files_that_do_not_say():
    assert common_scale(np.array([0.1, np.nan, 0.10001]), list("abc")) == pytest.approx(0.1, rel=1e-3)
    assert np.isnan(common_scale(np.full(2, np.nan), list("ab")))
    with pytest.raises(PhotozError, match=r"1 of 3 files have another pixel scale than 0\.1″: c \(0\.3″\)"):
        common_scale(np.array([0.1, 0.1, 0.3]), list("abc"))


def test_relative_name_keeps_dots_and_folders():
    for file, name in [("b/lens.1.fits", "b/lens.1"), ("x.FITS.gz", "x"), ("x.fit", "x"), ("odd", "odd")]:
        assert relative_name(Path("top") / file, Path("top")) == name


def pictures(tmp_path, names, shape=None, dtype="u1") -> list:
    """Options of a survey of noise pictures with these names."""
    images = np.random.default_rng(1).integers(1, 200, shape or (len(names), 6, 5, 3)).astype(dtype)
    np.save(tmp_path / "i.npy", images)
    np.save(tmp_path / "n.npy", np.array(names))
    return ["--images", tmp_path / "i.npy", "--names", tmp_path / "n.npy"]


def test_pictures_of_lenses_are_blue_to_red_with_a_maximum_of_1(tmp_path):
    options = pictures(tmp_path, ["gold/CSWA 10_image.jpg", "silver\\CSWA 15.2_image.png", "J0143+1607"])
    dataset = run_import(tmp_path, "real_lenses", *options, "--pixel-scale", 0.2, "--credit", "somebody")
    assert dataset.object_id.tolist() == ["CSWA 10", "CSWA 15.2", "J0143+1607"] and not validate(dataset)
    raw = np.load(tmp_path / "i.npy").astype(float)
    image = dataset.array("image")
    assert image.shape == (3, 3, 6, 5) and dataset.bands == ["B", "G", "R"]
    for row in range(3):
        for channel, band in enumerate(("R", "G", "B")):
            expected = raw[row, :, :, channel] / raw[row].max()
            np.testing.assert_allclose(image[row, dataset.bands.index(band)], expected, rtol=1e-3)
    assert dataset.column("peak").tolist() == raw.max(axis=(1, 2, 3)).tolist()
    assert set(dataset.column("kind")) == {"real lens"} and not dataset.is_labelled().any()
    assert (dataset.meta.label, dataset.meta.pixel_scale) == ("theta_E", 0.2)
    assert dataset.meta.provenance["credit"] == "somebody" and not dataset.meta.simulated


def test_pictures_that_do_not_fit_are_named(tmp_path):
    for number, (names, more, message) in enumerate(
        [
            (["a"], {"shape": (2, 6, 5, 3)}, r"i\.npy: 2 pictures, .*n\.npy has 1 names"),
            (
                ["a"],
                {"shape": (1, 3, 6, 5)},
                r"i\.npy: uint8 of shape \(1, 3, 6, 5\), expected pictures \(N, H, W, 3\)",
            ),
            (["a"], {"dtype": "c8"}, "complex64"),
            ([1, 2], {}, r"n\.npy: int64 of shape \(2,\), expected names"),
            (["a", "x/_image.jpg"], {}, r"n\.npy: no name in row 1 \('x/_image\.jpg'\)"),
        ]
    ):
        with pytest.raises(PhotozError, match=message):
            run_import(tmp_path, "real_lenses", *pictures(tmp_path, names, **more), name=f"d{number}")
    options = pictures(tmp_path, ["a"])
    np.save(tmp_path / "n.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(PhotozError, match=r"cannot read .*n\.npy"):
        run_import(tmp_path, "real_lenses", *options)


def test_a_dark_picture_is_left_out(tmp_path):
    options = pictures(tmp_path, ["a", "b"])
    images = np.load(tmp_path / "i.npy")
    images[0] = 0
    np.save(tmp_path / "i.npy", images)
    dataset = run_import(tmp_path, "real_lenses", *options)
    assert dataset.object_id.tolist() == ["b"]
    assert "picture 0 (a): no pixel is above 0; left out" in dataset.meta.provenance["notes"][-1]


@given(
    st.lists(st.sampled_from(["", "a/", "b\\"]), min_size=1, max_size=3), st.sampled_from(["", ".jpg", "_image.PNG"])
)
def test_names_lose_folders_and_endings_only(folders, ending):
    for name in ("SDSS J020121.39+322829.6", "CSWA 5.1", "SL2S J021649-070324"):
        assert clean_name("".join(folders) + name + ending) == name


@given(st.lists(st.text(string.ascii_letters + " .", min_size=1, max_size=3), min_size=1, max_size=6))
def test_any_names_become_unique_ids_or_an_error(names):
    report = Report()
    try:
        ids = object_ids(np.array(names), Path("n.npy"), report)
    except PhotozError as error:
        assert "no name in row" in str(error) and any(not clean_name(name) for name in names)
        return
    assert len(set(ids)) == len(names)
    assert all(one.startswith(clean_name(name)) for one, name in zip(ids, names, strict=True))
    assert bool(report.notes) == (len({clean_name(name) for name in names}) < len(names))


@pytest.mark.skipif(not REAL.is_dir(), reason="the sample data ../shared/data are not here")
def test_real_pictures_of_lenses(tmp_path):
    files = [REAL / "gold-sample_images.npy", REAL / "gold-sample_image_names.npy"]
    dataset = run_import(tmp_path, "real_lenses", "--images", files[0], "--names", files[1])
    assert len(dataset) == 86 and not validate(dataset) and np.isnan(dataset.meta.pixel_scale)
    assert {"CSWA 10", "CSWA 15.2", "SDSS J020121.39+322829.6"} <= set(dataset.object_id)
    assert (dataset.array("image").max(axis=(1, 2, 3)) == 1).all()
