"""The import of one's own catalog from end to end, and of every kind of bad one."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table
from imaging import build

from photoz_core.columns import Column
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress


class Told(Progress):
    """Remembers what it is told, and answers as it is told to."""

    def __init__(self, answer=True):
        super().__init__()
        self.texts, self.answer, self.asked = [], answer, 0

    def say(self, text):
        self.texts.append(text)

    def ask(self, question):
        self.asked += 1
        return self.answer


@pytest.fixture
def csv(tmp_path):
    """Twenty galaxies with two bands, sentinels, an unknown redshift, and columns of every other kind."""
    n = 20
    frame = pd.DataFrame(
        {
            "ID": np.arange(100, 100 + n),
            "RA": np.linspace(10, 11, n),
            "DEC": np.linspace(-1, 1, n),
            "zspec": np.where(np.arange(n) % 4, 0.5 + np.arange(n) / 100, -99),
            "mag_F606W": 22.0 + np.arange(n) / 10,
            "mag_F160W": 21.0 + np.arange(n) / 20,
            "magerr_F606W": 0.1,
            "log_ssfr": np.where(np.arange(n) == 3, -999, -9.0),
            "fwhm": 0.3,
            "type": np.where(np.arange(n) % 2, "disk", "bulge"),
            "USE_FLAG": np.arange(n) % 3,
            "nothing": np.nan,
        }
    )
    frame.loc[5, "mag_F606W"] = 99.0
    frame.to_csv(tmp_path / "cat.csv", index=False)
    return tmp_path / "cat.csv"


def test_a_catalog_becomes_a_dataset(tmp_path, csv):
    told = Told()
    dataset = build(tmp_path, "--catalog", csv, "--title", "Mine", progress=told)
    assert dataset.bands == ["F606W", "F160W"] and len(dataset) == 20
    np.testing.assert_array_equal(dataset.object_id, np.arange(100, 120).astype(str))
    np.testing.assert_array_equal(dataset.is_labelled(), np.arange(20) % 4 > 0)
    color = dataset.column("color_F606W_F160W")
    np.testing.assert_allclose(color[:5], 1 + np.arange(5) / 20)
    assert np.isnan(color[5]) and np.isnan(dataset.column("mag_err_F606W")[5])
    assert np.isnan(dataset.column("log_ssfr")[3])
    assert "nothing" not in dataset.catalog and "mag_err_F160W" not in dataset.catalog
    assert dataset.meta.provenance["replaced_by_nan"] == {
        "zspec": {"sentinels": 5}, "mag_F606W": {"sentinels": 1}, "log_ssfr": {"sentinels": 1},
    }  # fmt: skip
    assert dataset.meta.title == "Mine"


def test_extra_columns_keep_their_meaning(tmp_path, csv):
    kinds = {name: column.kind for name, column in build(tmp_path, "--catalog", csv).meta.columns.items()}
    assert {kinds[n] for n in ("RA", "DEC") if n in kinds} == set()  # they became ra and dec
    expected = {"fwhm": "size", "type": "category", "USE_FLAG": "flag", "log_ssfr": "quantity", "ra": "position"}
    assert {name: kinds[name] for name in expected} == expected


def test_units_and_descriptions_come_from_the_file(tmp_path):
    data = Table({"id": [1, 2, 3], "mag_g": [20.0, 21, 22], "r50": [1.0, 2, 3], "odd": [1.0, 2, 3]})
    data["r50"].unit, data["r50"].description, data["odd"].unit = "arcsec", "half-light radius", "furlongs/fortnight"
    data.write(tmp_path / "c.ecsv")
    columns = build(tmp_path, "--catalog", tmp_path / "c.ecsv").meta.columns
    assert columns["r50"] == Column("r50", "arcsec", "half-light radius", "size")
    assert columns["odd"].unit == ""


def test_the_mapping_is_shown_and_agreed_to_before_anything_is_written(tmp_path, csv):
    told = Told(answer=False)
    with pytest.raises(PhotozError, match="nothing imported; say what the columns are with --map"):
        build(tmp_path, "--catalog", csv, progress=told)
    assert told.asked == 1 and "z_spec       ← zspec (guessed)" in told.texts[0]
    assert Home(tmp_path / "home").dataset_names() == []


def test_the_report_is_shown(tmp_path, csv):
    told = Told()
    build(tmp_path, "--catalog", csv, progress=told)
    assert "zspec: 5 sentinels → NaN" in told.texts[-1]
    assert "d: 20 objects, 15 labelled, bands F606W F160W" in told.texts[-1]


def test_a_plain_step_counter_will_do(tmp_path, csv):
    np.save(tmp_path / "s.npy", np.ones((20, 2, 8, 8), "f4"))
    steps = []
    build(
        tmp_path,
        "--catalog",
        csv,
        "--images",
        tmp_path / "s.npy",
        progress=lambda done, total: steps.append((done, total)),
    )
    assert steps[-1] == (20, 20)


def test_no_redshift_means_no_redshift(tmp_path, csv):
    frame = pd.read_csv(csv).rename(columns={"zspec": "z_spec"})
    frame.to_csv(csv, index=False)
    dataset = build(tmp_path, "--catalog", csv, "--map", "z_spec=")
    assert not dataset.is_labelled().any() and "z_spec_original" in dataset.catalog


def test_extras_can_be_renamed_and_never_overwrite(tmp_path, csv):
    dataset = build(tmp_path, "--catalog", csv, "--map", "sfr=log_ssfr", "mag_H=mag_F160W", "mag_F160W=mag_F606W")
    assert {"sfr", "mag_H", "mag_F160W"} <= set(dataset.catalog)
    np.testing.assert_allclose(dataset.column("mag_H")[0], 21.0)


def test_fluxes_with_units(tmp_path):
    data = Table({"id": [1, 2, 3], "flux_g": [1000.0, 10.0, -1.0], "flux_r": [1.0, 1.0, 1.0]})
    data["flux_g"].unit = "nJy"
    data.write(tmp_path / "c.fits")
    told = Told()
    dataset = build(tmp_path, "--catalog", tmp_path / "c.fits", "--zero-point", "r=25", progress=told)
    np.testing.assert_allclose(dataset.column("mag_g")[:2], [23.9, 28.9])
    np.testing.assert_allclose(dataset.column("mag_r"), 25.0)
    assert "AB zero point 31.4 for the fluxes in g" in told.texts[0]
    assert dataset.meta.provenance["replaced_by_nan"] == {"flux_g": {"non-positive": 1}}


def test_rows_are_selected(tmp_path, csv):
    dataset = build(tmp_path, "--catalog", csv, "--where", "USE_FLAG=0,1", "type=disk")
    expected = [str(100 + i) for i in range(20) if i % 3 in (0, 1) and i % 2]
    assert dataset.object_id.tolist() == expected


def test_another_label(tmp_path, csv):
    dataset = build(tmp_path, "--catalog", csv, "--label", "type", "--map", "z_spec=")
    assert dataset.meta.label == "type" and dataset.is_labelled().all()


def test_exact_zeros_in_redshift_are_kept_and_noted(tmp_path):
    pd.DataFrame({"id": [1, 2], "mag_g": [20, 21], "z_spec": [0.0, 0.4]}).to_csv(tmp_path / "c.csv", index=False)
    dataset = build(tmp_path, "--catalog", tmp_path / "c.csv")
    assert dataset.is_labelled().all()
    assert any("exactly 0; if that means unknown, --sentinels z_spec=0" in n for n in dataset.meta.provenance["notes"])
    options = ["--catalog", tmp_path / "c.csv", "--sentinels", "z_spec=0"]
    assert build(tmp_path, *options, name="e").is_labelled().tolist() == [False, True]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            lambda f: f.assign(ID=[7, 7, *range(18)]),
            [],
            r"'ID' \(object_id\): 2 duplicates, e.g. 7 in rows 0, 1, 9; .*object_id=",
        ),
        (lambda f: f.assign(ID=["a", "", *"cdefghijklmnopqrst"]), [], r"'ID' has no id in 1 rows, first row 1"),
        (lambda f: f.assign(mag_F160W=np.nan), [], r"'mag_F160W' .* has no usable value \(20 missing\); .*--bands"),
        (lambda f: f.assign(mag_F160W=-99.0), [], r"'mag_F160W' .* has no usable value \(20 sentinels\)"),
        (lambda f: f.iloc[:0], [], "the table is empty"),
        (lambda f: f, ["--map", "z_spec=z_sepc"], r"no column 'z_sepc' \(--map z_spec=z_sepc\); near names: zspec"),
        (lambda f: f, ["--bands", "F814W"], r"no magnitude or flux for band 'F814W'"),
        (lambda f: f, ["--where", "usefl=1"], r"--where usefl=1: no column 'usefl'; near names: USE_FLAG"),
        (lambda f: f, ["--where", "type=spiral"], r"no row with type=spiral; 'type' holds bulge, disk"),
        (lambda f: f, ["--where", "USE_FLAG=yes"], "column 'USE_FLAG' holds numbers"),
        (lambda f: f, ["--label", "morphology"], "no column 'morphology' .--label."),
        (lambda f: f, ["--sentinels", "x"], "write a number"),
        (lambda f: f, ["--zero-point", "F606=25"], "no band 'F606'; near names: F606W"),
        (lambda f: f[["ID", "fwhm"]], [], "no magnitudes or fluxes were found; say which with --map"),
        (lambda f: f.assign(zspec="unknown"), [], "'zspec' .z_spec. holds text such as 'unknown'"),
    ],
)
def test_bad_catalogs_are_told_apart(tmp_path, csv, change, options, message):
    change(pd.read_csv(csv)).to_csv(csv, index=False)
    with pytest.raises(PhotozError, match=message):
        build(tmp_path, "--catalog", csv, *options)
    assert Home(tmp_path / "home").dataset_names() == []


def test_nothing_to_import(tmp_path):
    with pytest.raises(PhotozError, match="nothing to import: give a --catalog, or mosaics"):
        build(tmp_path)


@pytest.mark.parametrize(("name", "message"), [("my data", "use letters"), ("d", "exists already")])
def test_the_name_is_checked_before_any_file_is_read(tmp_path, csv, name, message):
    build(tmp_path, "--catalog", csv)
    with pytest.raises(PhotozError, match=message):
        build(tmp_path, "--catalog", tmp_path / "missing.csv", name=name)


def test_mosaics_without_a_catalog_are_searched(tmp_path):
    rng = np.random.default_rng(0)
    yy, xx = np.mgrid[:150, :150]
    stars = sum(np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / 8) for x, y in [(40, 40), (100, 50), (60, 110)])
    header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 0.0, "CRPIX1": 75.0,
                          "CRPIX2": 75.0, "CDELT1": -0.1 / 3600, "CDELT2": 0.1 / 3600, "MAGZERO": 25.0})  # fmt: skip
    for band, factor in (("g", 1.0), ("r", 2.0)):
        image = factor * stars + rng.normal(0, 0.02, stars.shape)
        fits.PrimaryHDU(image.astype("f4"), header).writeto(tmp_path / f"{band}.fits")
    dataset = build(tmp_path, "--images", f"r={tmp_path}/r.fits", f"g={tmp_path}/g.fits", "--stamp", 32)
    assert dataset.bands == ["g", "r"] and len(dataset) == 3
    np.testing.assert_allclose(dataset.column("color_g_r"), 2.5 * np.log10(2), atol=0.05)
    np.testing.assert_allclose(dataset.column("fwhm"), 0.1 * 2.3548 * 2, rtol=0.1)
    peaks = dataset.array("image")[:, 0].max(axis=(1, 2))
    np.testing.assert_allclose(peaks, 10 ** (0.4 * (23.9 - 25)), rtol=0.1)
    assert not dataset.is_labelled().any()
