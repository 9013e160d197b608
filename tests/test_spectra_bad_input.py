"""Spectra that cannot be what they are said to be: the file is named, with what is wrong and what to do."""

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from imaging import run_import

from photoz_core.dataset_writer import validate
from photoz_core.datasets.sdss_spectra import read_spec
from photoz_core.errors import PhotozError
from photoz_core.spectra import Grid, grid_of

WAVE = np.linspace(2900.0, 8200.0, 1500)
LINE = 6562.80, 6564.61  # Hα in air and in vacuum [Å]


def table(folder, wave=WAVE, flux=None, error=0.1, name="x"):
    """A folder with one spectrum as text."""
    folder.mkdir(exist_ok=True)
    rows = np.column_stack(
        [wave, np.broadcast_to(1.0 if flux is None else flux, len(wave)), error * np.ones(len(wave))]
    )
    np.savetxt(folder / f"{name}.txt", rows, fmt="%.8g")
    return folder


def imported(tmp_path, folder, *options, name="d"):
    return run_import(tmp_path, "spectra_table", "--folder", folder, *options, name=name)


def place(dataset):
    """Where the line of a dataset's only spectrum is [Å]."""
    flux, wave = np.array(dataset.array("spectrum")[0]), grid_of(dataset).wavelength
    excess = np.where(abs(wave - LINE[1]) < 40, flux - np.median(flux), 0)
    return (excess * wave).sum() / excess.sum()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"wave": WAVE * 4}, (), r"x.txt \(z = 0, .*11600 to 32800 Å at rest do not overlap the grid.* unit right"),
        ({}, ("--redshift", "4"), r"x.txt \(z = 4, .*580 to 1640 Å at rest do not overlap"),
        ({}, ("--wavelength-unit", "nm"), "29000 to 82000 Å at rest do not overlap"),
        ({"flux": np.nan}, (), "x.txt: no good value: all are masked, NaN or without an error above 0; leave it out"),
        ({"error": 0.0}, (), "x.txt: no good value"),
        ({"error": -0.1}, (), "x.txt: no good value"),
        ({"wave": WAVE[::-1]}, (), "x.txt: wavelength .* in row 1 does not rise; sort, without repeats"),
        ({"wave": np.repeat(WAVE, 2)}, (), "x.txt: wavelength 2900 in row 1 does not rise"),
        ({}, ("--wavelength-unit", "parrots"), "x.txt: wavelength unit 'parrots'; use Angstrom, nm, um"),
        ({}, ("--flux-unit", "m"), "x.txt: flux unit 'm'; use a flux per wavelength or per frequency"),
        ({"flux": 0.0}, (), "no flux at all"),
    ],
)
def test_a_spectrum_that_cannot_be_used_is_named(tmp_path, change, options, message):
    folder = table(tmp_path / "s", **change)
    with pytest.raises(PhotozError, match=message):
        imported(tmp_path, folder, *options)
    assert not (tmp_path / "home/datasets/d").exists()


@pytest.mark.parametrize("error", [0.0, -0.1, np.nan])
def test_errors_not_above_zero_mask_their_pixels_and_are_counted(tmp_path, error):
    bad = (WAVE > 5000) & (WAVE < 5100)
    dataset = imported(tmp_path, table(tmp_path / "s", error=np.where(bad, error, 0.1)))
    wave, mask = grid_of(dataset).wavelength, dataset.array("spectrum_mask")[0]
    assert mask[(wave > 5005) & (wave < 5095)].all() and mask.mean() < 0.05
    assert (dataset.array("spectrum_error")[0][~mask] > 0).all() and not validate(dataset)
    assert any(str(bad.sum()) in note for note in dataset.meta.provenance["notes"])


def test_air_and_vacuum_lead_to_the_same_line_if_said_and_differ_if_not(tmp_path):
    for name, center in zip(("air", "vacuum"), LINE, strict=True):
        table(tmp_path / name, flux=1 + 30 * np.exp(-(((WAVE - center) / 8) ** 2) / 2))
    said = imported(tmp_path, tmp_path / "air", "--air", name="a")
    vacuum = imported(tmp_path, tmp_path / "vacuum", name="v")
    unsaid = imported(tmp_path, tmp_path / "air", name="u")
    assert place(said) == pytest.approx(LINE[1], abs=0.15) == place(vacuum)
    assert place(vacuum) - place(unsaid) == pytest.approx(LINE[1] - LINE[0], abs=0.1)


@pytest.mark.parametrize("unit", ["Angstrom", "nm", "um", "micron"])
def test_wavelengths_in_any_unit_come_to_the_same_spectrum(tmp_path, unit):
    flux = 1 + 30 * np.exp(-(((WAVE - LINE[1]) / 8) ** 2) / 2)
    folder = table(tmp_path / "s", (WAVE * units.AA).to_value(unit), flux)
    assert place(imported(tmp_path, folder, "--wavelength-unit", unit)) == pytest.approx(LINE[1], abs=0.15)


def test_two_spectra_of_one_name_are_not_taken_for_one(tmp_path):
    folder = table(tmp_path / "s", name="ngc1068")
    table(folder / "again", name="ngc1068")
    with pytest.raises(PhotozError, match=r"two spectra are named 'ngc1068': .*rename one"):
        imported(tmp_path, folder)


def spec_file(path):
    """A `spec` file of SDSS, as it should be."""
    loglam = np.arange(3.5, 3.96, 1e-4)
    columns = [fits.Column(n, "D", array=v * np.ones(len(loglam))) for n, v in
               (("flux", 20.0), ("loglam", loglam), ("ivar", 4.0))]  # fmt: skip
    row = [fits.Column("Z", "D", array=[0.1]), fits.Column("CLASS", "6A", array=["GALAXY"])]
    tables = [fits.BinTableHDU.from_columns(part) for part in (columns, row)]
    fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(path)
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.03, 0.1, 0.5, 0.9, 0.95, 0.97])
def test_a_truncated_file_is_named_wherever_it_was_cut(tmp_path, share):
    (tmp_path / "s").mkdir()
    path = tmp_path / "s/spec-1.fits"
    whole = spec_file(path)
    assert not read_spec(path, Grid())[0].mask.all()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(PhotozError, match=r"spec-1\.fits"):
        read_spec(path, Grid())
    with pytest.raises(PhotozError, match=r"spec-1\.fits"):
        run_import(tmp_path, "sdss_spectra", "--folder", tmp_path / "s")
    assert not (tmp_path / "home/datasets/d").exists()
