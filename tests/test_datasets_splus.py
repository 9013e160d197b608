"""S-PLUS: names of columns in every release, cuts of the pretext set, stamps as pictures and as FITS."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table
from imaging import run_import
from PIL import Image

from photoz_core.dataset_writer import validate
from photoz_core.datasets._splus_catalog import BANDS
from photoz_core.datasets._splus_stamps import band_of_file
from photoz_core.errors import PhotozError

N = 8
IDS = [f"SPLUS.STRIPE82-0001.0000{i}.griz" for i in range(N)]
SIDE = 16


def magnitudes() -> np.ndarray:
    """(N, 12) [mag]"""
    return 17 + np.arange(N)[:, None] / 10 + np.arange(12) / 100


def dr1(**changes) -> pd.DataFrame:
    """A catalog with the names of DR1; `changes` replace columns."""
    frame = pd.DataFrame({"ID": IDS, "RA": 10 + np.arange(N) / 100, "Dec": -1.0, "FWHM": 3.0, "A": 2.0, "B": 1.0})
    for band, values in zip(BANDS, magnitudes().T, strict=True):
        name = "uJAVA" if band == "u" else band
        frame[f"{name}_auto"], frame[f"e{name}_auto"], frame[f"s2n_{name}_auto"] = values, 0.05, 20.0
    return frame.assign(**changes)


def pixels(row: int) -> np.ndarray:
    """A picture (SIDE, SIDE, 3) of uint8, R, G, B, that tells its row."""
    rng = np.random.default_rng(row)
    return (rng.integers(0, 30, (SIDE, SIDE, 3)) + row + np.array([60, 40, 20])).astype("u1")


@pytest.fixture
def folder(tmp_path) -> Path:
    """All stamps as ``FIELD/ID.png``, and a catalog of DR1."""
    (tmp_path / "stamps/STRIPE82-0001").mkdir(parents=True)
    for row, name in enumerate(IDS):
        Image.fromarray(pixels(row)).save(tmp_path / f"stamps/STRIPE82-0001/{name}.png")
    dr1().to_csv(tmp_path / "c.csv", index=False)
    return tmp_path


def bring(folder: Path, *options, name="d", frame=None, catalog="c.csv"):
    if frame is not None:
        frame.to_csv(folder / "c.csv", index=False)
    files = "--images", folder / "stamps", "--catalog", folder / catalog
    return run_import(folder, "splus", *files, *options, name=name)


def notes(dataset) -> str:
    return "\n".join(dataset.meta.provenance["notes"])


def test_a_pretext_set(folder):
    dataset = bring(folder, "--credit", "me")
    assert dataset.object_id.tolist() == IDS and not validate(dataset)
    assert dataset.bands == ["B", "G", "R"] and dataset.meta.pixel_scale == 0.55 and dataset.meta.label == "class"
    assert dataset.array("image").dtype == np.float16 and not dataset.is_labelled().any()
    np.testing.assert_allclose(dataset.array("image")[3], np.moveaxis(pixels(3), 2, 0)[::-1] / 255, atol=1e-3)
    np.testing.assert_allclose(dataset.magnitudes(BANDS), magnitudes())
    np.testing.assert_allclose(dataset.magnitude_errors(BANDS), 0.05)
    np.testing.assert_allclose(dataset.column("color_F430_g"), -0.01)
    np.testing.assert_allclose(dataset.column("fwhm"), 3 * 0.55)
    np.testing.assert_allclose(dataset.column("ellipticity"), 0.5)
    assert dataset.meta.provenance["role"] == "pretext" and "published" not in dataset.meta.provenance


def rename(style: str) -> pd.DataFrame:
    """The catalog of DR1 with the names of another release."""
    names = {}
    for band in BANDS:
        old = "uJAVA" if band == "u" else band
        new = f"J0{band[1:]}" if band[0] == "F" else band
        new = {"dr4": new, "lower": new.lower(), "plain": band, "sdss": f"{new}SDSS" if new in "griz" else new}[style]
        kind, error = ("", "e_") if style == "plain" else ("_auto", "e" if style == "sdss" else "e_")
        names |= {f"{old}_auto": f"{new}{kind}", f"e{old}_auto": f"{error}{new}{kind}"}
    frame = dr1().rename(columns=names | {"Dec": "DEC"})
    return frame.rename(columns=str.lower) if style == "lower" else frame


@pytest.mark.parametrize("style", ["dr4", "lower", "plain", "sdss"])
def test_names_of_other_releases(folder, style):
    dataset = bring(folder, frame=rename(style))
    np.testing.assert_allclose(dataset.magnitudes(BANDS), magnitudes())
    np.testing.assert_allclose(dataset.magnitude_errors(BANDS), 0.05)


def test_a_fits_catalog_with_units_and_another_kind(folder):
    table = Table.from_pandas(dr1().rename(columns=lambda name: name.replace("_auto", "_PStotal")))
    table["FWHM"].unit = "arcsec"
    table.write(folder / "c.fits")
    with pytest.raises(PhotozError, match=r"no column for 24 of .* mag_u \(u_auto, ujava_auto, usdss_auto, …\)"):
        bring(folder, catalog="c.fits")
    dataset = bring(folder, "--kind", "PStotal", catalog="c.fits")
    np.testing.assert_allclose(dataset.column("fwhm"), 3)
    np.testing.assert_allclose(dataset.magnitudes(BANDS), magnitudes())


def spoilt() -> pd.DataFrame:
    """Row 0: not detected in u; 1: −99 in z; 2: NaN in g; 3: a large error; 4: an error that is not known."""
    frame = dr1(CLASS=["STAR", "GALAXY", "QSO", "star ", "", "WD", "GALAXY", "STAR"])
    frame.loc[0, ["uJAVA_auto", "euJAVA_auto"]] = 99, 22.1
    frame.loc[1, ["z_auto", "ez_auto"]] = -99, -99
    frame.loc[2, "g_auto"] = np.nan
    frame.loc[3, "eF378_auto"] = 0.11
    frame.loc[4, "er_auto"] = np.nan
    frame.loc[5, "ei_auto"] = 0.1
    return frame


def test_cuts_of_a_pretext_set_are_counted(folder):
    dataset = bring(folder, frame=spoilt())
    assert dataset.object_id.tolist() == IDS[5:]
    assert "3 objects left out: a magnitude is not measured (u 1, g 1, z 1)" in notes(dataset)
    assert "2 objects left out: a magnitude error is above 0.1 mag or unknown" in notes(dataset)
    assert np.isfinite(dataset.magnitudes(BANDS)).all() and "pictures have no row" not in notes(dataset)
    wider = bring(folder, "--max-error", 0.2, frame=spoilt(), name="w")
    assert wider.object_id.tolist() == [IDS[3], *IDS[5:]]


def test_a_labelled_set_keeps_what_is_not_measured(folder):
    dataset = bring(folder, "--class", "CLASS", "--published", "SGQ", frame=spoilt())
    assert dataset.column("class").tolist() == ["star", "galaxy", "quasar", "star", "", "wd", "galaxy", "star"]
    missing = np.isnan(dataset.magnitudes(BANDS))
    assert np.argwhere(missing).tolist() == [[0, 0], [1, 11], [2, 5]]
    assert np.isnan(dataset.magnitude_errors(BANDS)[0, 0])  # of 99 it is the limiting magnitude
    assert dataset.meta.provenance["published"] == "SGQ" and dataset.meta.provenance["role"] == "labelled"
    assert "a single object of class quasar, wd" in notes(dataset)
    cut = bring(folder, "--class", "CLASS", "--max-error", 0.1, frame=spoilt(), name="c")
    assert cut.object_id.tolist() == IDS[5:]


def test_errors_are_needed_only_where_they_cut(folder):
    frame = dr1(CLASS="STAR")
    frame = frame.drop(columns=[name for name in frame if name.startswith("e") and name.endswith("_auto")])
    assert len(bring(folder, "--class", "CLASS", frame=frame)) == N
    with pytest.raises(
        PhotozError, match=r"no column for 12 of the 12 magnitudes and their errors: mag_err_u \(eu_auto"
    ):
        bring(folder, frame=frame, name="e")


def test_objects_of_a_labelled_set_are_left_out_of_the_pretext(folder):
    frame = dr1(CLASS="STAR")
    near = frame.assign(ID=[f"x{i}" for i in range(N)])  # other names; 2 and 3 at the same place within an arcsec
    near["RA"] += np.where(np.arange(N) < 4, 0.9, 1.1) / 3600
    labelled = pd.concat([frame.iloc[:2], near.iloc[2:5]])
    for i in range(2, 5):
        Image.fromarray(pixels(i)).save(folder / f"stamps/x{i}.png")
    bring(folder, "--class", "CLASS", frame=labelled, name="sg")
    dataset = bring(folder, "--exclude", "sg", frame=dr1())
    assert dataset.object_id.tolist() == IDS[4:]
    assert "4 objects of dataset 'sg' left out: 2 by id, 4 within 1″" in notes(dataset)
    wide = bring(folder, "--exclude", "sg", "--radius", 2, name="w")
    assert wide.object_id.tolist() == IDS[5:]


@pytest.mark.parametrize("layout", ["{id}_{band}.fits", "{band}/{id}.fits"])
def test_stamps_of_three_bands_get_one_stretch(tmp_path, layout):
    write_bands(tmp_path, layout, ("g", "r", "i"))
    dataset = bring(tmp_path, frame=dr1())
    image = dataset.array("image").astype(float)
    assert len(dataset) == N and image.min() >= 0 and image.max() <= 1 and "stretch" in notes(dataset)
    peaks = image[:, :, 7:9, 7:9].mean(axis=(2, 3))
    assert (np.diff(peaks.sum(axis=1)) > 0).all()  # brighter objects are brighter: no stretch of their own
    assert (np.diff(peaks, axis=1) > 0).all()  # i is the brightest and becomes red
    fixed = bring(tmp_path, "--stretch", 100, name="s")
    assert fixed.array("image").astype(float).mean() < image.mean() and "stretch 100" in notes(fixed)


def write_bands(folder: Path, layout: str, bands) -> None:
    """FITS stamps of a star, brighter from row to row and band to band."""
    yy, xx = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    for row, name in enumerate(IDS):
        for number, band in enumerate(bands):
            noise = np.random.default_rng([row, number]).normal(0, 0.1, (SIDE, SIDE))
            star = (1 + row / 4) * (1 + number / len(bands)) * np.exp(-(xx**2 + yy**2) / 8)
            path = folder / "stamps" / layout.format(id=name, band=band)
            path.parent.mkdir(parents=True, exist_ok=True)
            fits.PrimaryHDU((star + noise).astype("f4")).writeto(path)


def test_stamps_of_twelve_bands_are_averaged_to_three(tmp_path):
    write_bands(tmp_path, "{id}_{band}.fits", BANDS)
    (tmp_path / f"stamps/{IDS[2]}_F660.fits").write_bytes(b"broken")
    dataset = bring(tmp_path, frame=dr1())
    assert dataset.object_id.tolist() == [*IDS[:2], *IDS[3:]] and "1 of 8 pictures cannot be used" in notes(dataset)
    write_bands(tmp_path / "two", "{id}_{band}.fits", ("r", "i"))
    dr1().to_csv(tmp_path / "two/c.csv", index=False)
    with pytest.raises(PhotozError, match="bands r i make no blue, green and red"):
        bring(tmp_path / "two")


def test_bands_in_names_of_files():
    assert band_of_file(Path("a/SPLUS.0001.griz_J0378.fits")) == ("SPLUS.0001.griz", "F378")
    assert band_of_file(Path("a/x_uJAVA.fits.gz")) == ("x", "u") and band_of_file(Path("R/x.fits")) == ("x", "r")
    assert band_of_file(Path("a/object-1.fits")) == ("object-1", "")


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (dr1().drop(columns="r_auto"), (), r"no column for 1 of .*: mag_r \(r_auto, rjava_auto, .* there are ID, RA"),
        (dr1().drop(columns="ID"), (), "no column of ids, which name the stamps"),
        (dr1(ID=IDS[0]), (), r"7 duplicates, .* map another column with --map object_id=COLUMN"),
        (dr1(ID=[f"q{i}" for i in range(N)]), (), "no row for any of 8 pictures; its names are like 'q0'"),
        (dr1(), ("--class", "kind"), r"unknown column 'kind'; known: A, B, Dec, .*\(--class\)"),
        (dr1(eg_auto=0.2), (), "none of 8 objects can stay; 8 objects left out: a magnitude error is above 0.1"),
        (dr1(g_auto=99.0), (), r"column 'g_auto' \(mag_g\) has no usable value \(8 sentinels\)"),
        (dr1(), ("--max-error", "-1"), "give a number of magnitudes above 0"),
        (dr1(), ("--pixel-scale", "0"), "--pixel-scale 0.0: give a number above 0"),
    ],
)
def test_catalogs_that_cannot_be_used(folder, frame, options, message):
    with pytest.raises(PhotozError, match=message):
        bring(folder, *options, frame=frame)


def test_folders_that_cannot_be_used(tmp_path):
    dr1().to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(PhotozError, match="no such folder"):
        bring(tmp_path)
    (tmp_path / "stamps").mkdir()
    with pytest.raises(PhotozError, match="no picture"):
        bring(tmp_path)
