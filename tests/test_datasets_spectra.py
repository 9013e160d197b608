"""Readers of spectra, on small files of each layout and on the real ones where they are."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from imaging import run_import

from photoz_core.dataset_writer import validate
from photoz_core.datasets.spectra_table import read_columns
from photoz_core.errors import PhotozError
from photoz_core.spectra import Grid, grid_of

DATA = Path(__file__).parents[1] / "../shared/data"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the sample data ../shared/data are not here")
COUNT, LENGTH = 12, 40


@pytest.fixture
def spec4000():
    """Arrays as astroML writes them: raw spectra with junk where masked, L2-normed components."""
    rng = np.random.default_rng(0)
    evecs = np.linalg.qr(rng.normal(size=(LENGTH, LENGTH)))[0].T
    mu, coeffs = np.full(LENGTH, 1 / np.sqrt(LENGTH)), rng.normal(0, 0.02, (COUNT, 3))
    norms = rng.uniform(50, 500, COUNT)
    truth = (mu + coeffs @ evecs[:3]) * norms[:, None]
    mask = rng.random((COUNT, LENGTH)) < 0.2
    more = {"lineindex_cln": np.arange(COUNT) % 6, "log_NII_Ha": np.append(-np.inf, np.zeros(COUNT - 1))}
    more |= {"zerr": np.full(COUNT, 1e-4), "z": np.linspace(0.02, 0.3, COUNT), "coeff0": 3.5, "coeff1": 4e-4}
    spectra = np.where(mask, np.nan, truth).astype("f4")
    return more | {"spectra": spectra, "mask": mask, "coeffs": coeffs, "evecs": evecs, "mu": mu, "norms": norms}, truth


def save(folder, arrays):
    np.savez(folder / "spec4000.npz", **arrays)
    return folder / "spec4000.npz"


def test_spec4000_is_rebuilt_from_its_components(tmp_path, spec4000):
    arrays, truth = spec4000
    dataset = run_import(tmp_path, "spec4000", "--file", save(tmp_path, arrays))
    assert not validate(dataset) and grid_of(dataset) == Grid(3.5, 4e-4, LENGTH)
    np.testing.assert_allclose(grid_of(dataset).wavelength, 10 ** (3.5 + 4e-4 * np.arange(LENGTH)))
    rebuilt = dataset.array("spectrum") * dataset.column("norm")[:, None]
    np.testing.assert_allclose(rebuilt, truth, rtol=1e-5)
    np.testing.assert_allclose(dataset.column("norm"), np.sqrt(np.mean(truth**2, axis=1)), rtol=1e-5)
    np.testing.assert_array_equal(dataset.array("spectrum_mask"), arrays["mask"])
    np.testing.assert_allclose(dataset.column("z_spec"), arrays["z"])
    assert dataset.column("kind")[:3].tolist() == ["unknown", "star", "absorption galaxy"]
    assert np.isnan(dataset.column("log_nii_halpha")[0])
    assert any("DER_SNR" in note for note in dataset.meta.provenance["notes"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coeffs": None}, "no array 'coeffs'"),
        ({"mask": np.zeros((COUNT, 3), bool)}, "array 'mask' of shape"),
        ({"norms": np.ones(3)}, "array 'norms' of shape"),
        ({"evecs": np.ones((2, LENGTH))}, "array 'evecs' of shape"),
        ({"spectra": np.ones(5)}, "array 'spectra' of shape"),
        ({"mask": np.zeros((COUNT, LENGTH), bool)}, "spectrum 0 holds NaN"),
        ({"coeff1": 0.0}, "step above 0"),
        ({"z": np.array(["a"] * COUNT, object)}, "cannot read"),  # a pickled array is not read
    ],
)
def test_spec4000_names_the_array_that_is_wrong(tmp_path, spec4000, change, message):
    arrays = {name: value for name, value in (spec4000[0] | change).items() if value is not None}
    with pytest.raises(PhotozError, match=message):
        run_import(tmp_path, "spec4000", "--file", save(tmp_path, arrays))
    assert not (tmp_path / "home/datasets/d").exists()


def write_spec(path, z=0.1, loglam=None, **more):
    loglam = np.arange(3.58, 3.96, 1e-4) if loglam is None else loglam
    columns = {"flux": np.full(len(loglam), 20.0), "loglam": loglam, "ivar": np.full(len(loglam), 4.0)} | more
    kinds = {"and_mask": "J"}
    table = fits.BinTableHDU.from_columns([fits.Column(n, kinds.get(n, "D"), array=v) for n, v in columns.items()])
    found = {"Z": ("D", np.nan if z is None else z), "Z_ERR": ("D", 1e-5), "ZWARNING": ("J", 0)}
    names = found | {"CLASS": ("6A", "GALAXY"), "SUBCLASS": ("12A", "STARFORMING")}
    row = fits.BinTableHDU.from_columns([fits.Column(n, kind, array=[value]) for n, (kind, value) in names.items()])
    fits.HDUList([fits.PrimaryHDU(), table, *([row] if z is not None else [])]).writeto(path)


def test_sdss_spectra(tmp_path):
    (tmp_path / "s/deeper").mkdir(parents=True)
    ivar, flags = np.full(3800, 4.0), np.zeros(3800, int)
    ivar[1000:1100], flags[2000:2100], flags[3000:3100] = 0, 1 << 24, 1 << 16
    write_spec(tmp_path / "s/a.fits", ivar=ivar, and_mask=flags)
    write_spec(tmp_path / "s/deeper/b.fits", z=0.2)
    dataset = run_import(tmp_path, "sdss_spectra", "--folder", tmp_path / "s")
    assert not validate(dataset) and dataset.object_id.tolist() == ["a", "b"]
    assert dataset.column("z_spec").tolist() == [0.1, 0.2] and dataset.column("kind").tolist() == ["starforming"] * 2
    spectrum, mask = dataset.array("spectrum"), dataset.array("spectrum_mask")
    np.testing.assert_allclose(spectrum * dataset.column("norm")[:, None], np.array([[22.0], [24.0]]) * np.ones(1000))
    rest = np.log10(Grid().wavelength * 1.1)
    for first, gap in ((1000, True), (2000, True), (3000, False)):  # no data twice; a warning only
        inside = (rest > 3.58 + first * 1e-4 + 5e-4) & (rest < 3.58 + first * 1e-4 + 95e-4)
        assert inside.sum() > 10 and (mask[0, inside] == gap).all()
    assert dataset.column("snr")[1] == pytest.approx(20 / 0.5 * 2, rel=0.1)  # four pixels to one
    assert any("mask only" in note for note in dataset.meta.provenance["notes"])


def test_sdss_spectra_that_cannot_be_used_are_named(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    write_spec(folder / "good.fits")
    write_spec(folder / "far.fits", z=5.0)
    write_spec(folder / "none.fits", z=None)
    fits.PrimaryHDU().writeto(folder / "empty.fits")
    (folder / "broken.fits").write_bytes(b"SIMPLE  = nothing")
    dataset = run_import(tmp_path, "sdss_spectra", "--folder", folder)
    note = next(note for note in dataset.meta.provenance["notes"] if "left out" in note)
    assert len(dataset) == 1 and note.startswith("4 of 5 spectra left out")
    for text in ("far.fits (z = 5", "none.fits: no redshift", "empty.fits: no column 'loglam'", "broken.fits"):
        assert text in note
    (tmp_path / "z.csv").write_text("file,z\nnone.fits,0.05\nfar,0.06\n")
    more = run_import(tmp_path, "sdss_spectra", "--folder", folder, "--redshifts", tmp_path / "z.csv", name="e")
    assert dict(zip(more.object_id, more.column("z_spec"), strict=True)) == {"far": 0.06, "good": 0.1, "none": 0.05}


@pytest.mark.parametrize(
    ("text", "message"),
    [("name,z\na,0.1\n", "no column 'file'"), ("file,z\nx,0.1\n", "redshift of none of the 1 files, e.g. 'a'"),
     ("file,z\na,0.1\na.fits,0.2\n", "file 'a' occurs twice")],
)  # fmt: skip
def test_a_wrong_table_of_redshifts_is_named(tmp_path, text, message):
    (tmp_path / "s").mkdir()
    write_spec(tmp_path / "s/a.fits")
    (tmp_path / "z.csv").write_text(text)
    with pytest.raises(PhotozError, match=message):
        run_import(tmp_path, "sdss_spectra", "--folder", tmp_path / "s", "--redshifts", tmp_path / "z.csv")


def write_tables(folder, **texts):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_spectra_of_ones_own_in_any_unit(tmp_path):
    wave = np.linspace(2500, 9500, 900)
    rows = [f"{w / 10:.6f}, {2e-17:.3e}, {1e-18:.3e}" for w in wave]
    folder = write_tables(tmp_path / "t", one="# mine\nwavelength,flux,error\n" + "\n".join(rows))
    units = ("--wavelength-unit", "nm", "--flux-unit", "erg / (Angstrom s cm2)")
    dataset = run_import(tmp_path, "spectra_table", "--folder", folder, *units, "--redshift", "0.1")
    assert dataset.column("norm")[0] == pytest.approx(2 * 1.1) and dataset.column("z_spec")[0] == 0.1
    assert dataset.meta.columns["norm"].unit == "1e-17 erg / (Angstrom s cm2)"
    rest = run_import(tmp_path, "spectra_table", "--folder", folder, "--wavelength-unit", "nm", name="r")
    assert rest.meta.columns["norm"].unit == "" and not rest.is_labelled().any()
    assert any("taken to be at rest" in note for note in rest.meta.provenance["notes"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5000 1\n5010 1\n5005 2\n", "x.txt: wavelength 5005 in row 2 does not rise"),
        ("5000 1\n5010 one\n5020 2\n", "x.txt: .*one.* row 1, column 2"),
        ("5000 1\n5010\n5020 2\n", "cannot read .*x.txt"),
        ("5000\n5010\n", "x.txt: one column"),
        ("# nothing\n", "x.txt: the table is empty"),
        ("100 1\n200 1\n", "do not overlap the grid"),
    ],
)
def test_a_table_that_is_no_spectrum_is_named(tmp_path, text, message):
    folder = write_tables(tmp_path / "t", x=text)
    with pytest.raises(PhotozError, match=message):
        run_import(tmp_path, "spectra_table", "--folder", folder)


def test_an_empty_folder_and_two_files_of_one_name(tmp_path):
    with pytest.raises(PhotozError, match="no such folder"):
        run_import(tmp_path, "spectra_table", "--folder", tmp_path / "none")
    folder = write_tables(tmp_path / "t")
    with pytest.raises(PhotozError, match="no file with a name that ends in"):
        run_import(tmp_path, "spectra_table", "--folder", folder)
    write_tables(tmp_path / "t", a="1 2")
    (folder / "a.dat").write_text("1 2")
    with pytest.raises(PhotozError, match="two spectra are named 'a'"):
        run_import(tmp_path, "spectra_table", "--folder", folder)


NUMBER = st.floats(1e-8, 1e8).map(lambda x: float(f"{x:.6e}"))


@given(
    rows=st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=8),
    separator=st.sampled_from([" ", "\t", ",", ", ", ";"]),
    header=st.sampled_from(["", "# wave flux err\n", "wave flux err\n"]),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
    kept=st.integers(2, 3),
)
@settings(max_examples=60, deadline=None)
def test_any_plain_table_is_read(tmp_path_factory, rows, separator, header, end, kept):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_text(header + end.join(separator.join(map(repr, row[:kept])) for row in rows))
    wave, flux, error = read_columns(path)
    np.testing.assert_array_equal(wave, [row[0] for row in rows])
    np.testing.assert_array_equal(flux, [row[1] for row in rows])
    assert error is None if kept == 2 else error.tolist() == [row[2] for row in rows]


@real
def test_real_sdss_spectra(tmp_path):
    dataset = run_import(tmp_path, "sdss_spectra", "--folder", DATA / "gelato_sdss_spectra")
    assert len(dataset) == 8 and not validate(dataset)  # the ninth, a quasar at z = 1.19, covers 12 % of the grid
    assert (dataset.column("snr") > 10).all() and (dataset.column("d4000") > 1.1).all()
    halpha = dataset.column("ew_halpha")
    assert np.nanmax(halpha) > 40 and np.nanmin(halpha) > 5  # all have emission where they show the line


@real
def test_real_brown_atlas(tmp_path):
    dataset = run_import(tmp_path, "spectra_table", "--folder", DATA / "brown_sed_atlas")
    assert len(dataset) == 96 and not validate(dataset)
    assert not np.array(dataset.array("spectrum_mask")).any()
    names = dict(zip(dataset.object_id, dataset.column("ew_halpha"), strict=True))
    assert names["Mrk_1450_restframe"] > 300 > 5 > names["IC_4051_restframe"]  # a blue dwarf, an elliptical
