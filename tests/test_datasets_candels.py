"""CANDELS from small files of the published layout: names, headers, 61-line redshift tables, cutout batches."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from imaging import run_import

from photoz_core.datasets._candels_images import EXTINCTION, ZERO_POINTS
from photoz_core.datasets._candels_labels import match_cosmos2020, pita_split
from photoz_core.errors import PhotozError
from photoz_core.home import Home

N, SIDE, BANDS = 40, 12, ["F606W", "F814W", "F125W", "F160W"]
PHOTOMETRY = {
    "cosmos": "hlsp_candels_hst_wfc3_cos-tot-multiband_f160w_v1-1photom_cat.fits",
    "egs": "hlsp_candels_hst_wfc3_egs-tot-multiband_f160w_v1-1photom_cat.fits",
    "goodsn": "hlsp_candels_hst_wfc3_goodsn-barro19_multi_v1-1_photometry-cat.fits",
    "goodss": "hlsp_candels_hst_wfc3_goodss-tot-multiband_f160w_v1_cat.fits",
    "uds": "hlsp_candels_hst_wfc3_uds-tot-multiband_f160w_v1_cat.fits",
}
CUTOUTS = {"cosmos": "cos", "uds": "uds", "egs": "egs", "goodsn": "gn", "goodss": "gs"}
COSMOS2020 = ("ALPHA_J2000", "DELTA_J2000", "lp_zBEST", "lp_zPDF_l68", "lp_zPDF_u68")
CODES = ("mFDa4", "HB4", "Finkelstein", "Fontana", "Pforr", "Salvato", "Wiklind", "Wuyts")
ENDS = ("z_peak", "z_weight", "z683_low", "z683_high", "z954_low", "z954_high")


def fluxes(field: str) -> dict[str, np.ndarray]:
    """Fluxes [µJy] of N objects: F160W falls from 24 to 27.9 mag; object 1 has no F606W, object 2 a negative F814W."""
    f160w = 10 ** (0.4 * (23.9 - (24 + np.arange(N) / 10)))
    values = {band: f160w * (0.4 + 0.2 * i) for i, band in enumerate(BANDS)}
    values["F606W"][1], values["F814W"][2] = -99, -0.01
    return values


def write_field(folder: Path, field: str, z_spec, z_grism) -> None:
    uds = field == "uds"
    table = Table({"ID": np.arange(1, N + 1), "RA": 150.1 + np.arange(N) * 5e-3, "DEC": np.full(N, 2.2)})
    for band, flux in fluxes(field).items():
        name = f"{'ACS' if band < 'F100' or band > 'F200' else 'WFC3'}_{band}"
        table[f"Flux_{band}_hst" if uds else f"{name}_FLUX"] = flux
        table[f"Fluxerr_{band}_hst" if uds else f"{name}_FLUXERR"] = 0.01
    table.write(folder / PHOTOMETRY[field])
    columns = ["file", "ID", "RA", "DEC", "z_best", "z_best_type", "z_spec", "z_spec_ref", "z_grism"]
    columns += [f"{code}_{end}" for code in CODES for end in ENDS]
    header = [f"# {i + 1} {name}" for i, name in enumerate(columns)]
    header += ["# redshift catalog", "#", "# version 2", "# see Kodra et al."]
    assert len(header) == 61
    rows = [
        f"{i}.pz {i + 1} 150.1 2.2 1.0 s {z_spec[i]} ref_{i} {z_grism[i]} " + " ".join(["0.9"] * 48) for i in range(N)
    ]
    if field == "goodsn":  # a few more rows than the photometry, and in another order
        rows = [f"x.pz {N + 7} 1 1 1 p -99 none -99 " + " ".join(["0.1"] * 48), *rows[::-1]]
    (folder / f"hlsp_candels_hst_wfc3_{field}_multi_v2_redshift-cat.txt").write_text("\n".join([*header, *rows]) + "\n")


@pytest.fixture
def folder(tmp_path) -> Path:
    spec, grism = np.full(N, -99.0), np.full(N, -99.0)
    spec[:6] = 0.5 + np.arange(6) / 100
    grism[4:8] = 1.5
    spec[35] = 2.0  # fainter than F160W = 26, but labelled
    for field in PHOTOMETRY:
        write_field(tmp_path, field, spec, grism)
    return tmp_path


def write_cutouts(folder: Path, fields=("cosmos", "uds"), batch=16) -> np.ndarray:
    """Cutouts of the objects with positive fluxes, 16 a file; pixel values tell ID and band."""
    ids = np.array([i for i in range(1, N + 1) if i not in (2, 3)])
    values = (ids[:, None] + np.arange(4) / 10).astype("f2")
    stamps = np.broadcast_to(values[:, :, None, None], (len(ids), 4, SIDE, SIDE)).copy()
    stamps[0, 3, 0, 0] = np.inf
    for field in fields:
        (folder / CUTOUTS[field]).mkdir(parents=True)
        for number, start in enumerate(range(0, len(ids), batch)):
            part = slice(start, start + batch)
            for j, band in enumerate(BANDS):
                instrument = "acs" if j < 2 else "wfc3"
                with h5py.File(
                    folder / CUTOUTS[field] / f"{instrument}_{band.lower()}_cutouts{number}.hdf5", "w"
                ) as file:
                    file["cutouts"], file["ids"] = stamps[part, j], ids[part, None]
    return stamps


def build(folder: Path, *options):
    return run_import(folder, "candels", *options, name="c")


def test_selection_labels_and_magnitudes_of_all_fields(tmp_path, folder):
    dataset = build(tmp_path, "--folder", folder, "--ebv", 0.02)
    catalog = dataset.catalog.set_index("object_id")
    expected = [i for i in range(1, N + 1) if i not in (2, 3) and (i <= 20 or i == 36)]  # positive, bright or labelled
    for field in PHOTOMETRY:
        here = catalog[catalog["field"] == field]
        assert [int(name.removeprefix(f"{field}-")) for name in here.index] == expected
        np.testing.assert_allclose(here.loc[f"{field}-1", "mag_F160W"], 24 - 0.512 * 0.02)
        np.testing.assert_allclose(here.loc[f"{field}-1", "mag_F606W"], 24 - 2.5 * np.log10(0.4) - 2.471 * 0.02)
        types = here["z_type"].value_counts().to_dict()
        assert types == {"spec": 5, "": 12, "grism": 2}  # six spectra less the two without flux, plus the faint one
        assert here.loc[f"{field}-5", "z_spec"] == 0.54  # the spectrum wins over the grism
        assert here.loc[f"{field}-7", "z_spec"] == 1.5
    assert set(catalog["z_err"].dropna()) == {0.01, 0.05}
    assert dataset.column("z_phot_mFDa4")[0] == 0.9
    notes = " ".join(dataset.meta.provenance["notes"])
    assert "cosmos: 2 of 40 objects lack a positive flux" in notes and "labels: 25 spec, 10 grism" in notes


def test_split_is_pitas(tmp_path, folder):
    dataset = build(tmp_path, "--folder", folder, "--ebv", 0)
    labelled = dataset.is_labelled()
    assert set(dataset.split[~labelled]) == {"train"}
    assert [(dataset.split[labelled] == name).sum() for name in ("train", "valid", "test")] == [24, 5, 6]


def test_split_of_a_thousand_is_sklearns():
    from sklearn.model_selection import train_test_split

    labelled = np.random.default_rng(0).random(1000) < 0.4
    rows = np.argwhere(labelled).squeeze()
    train, rest = train_test_split(rows, train_size=0.7, random_state=42)
    valid, test = train_test_split(rest, train_size=0.5, random_state=42)
    split = pita_split(labelled)
    for name, chosen in (("valid", valid), ("test", test)):
        assert sorted(chosen) == np.flatnonzero(split == name).tolist()
    assert set(split[train]) == {"train"}


def test_cosmos2020_adds_labels_and_properties(tmp_path, folder):
    """Entry 0 lies on object 9, 1 and 2 near 10, 3 too far from 11; 4 and 5 have spectra for 7 and 12, 13 is faint."""
    ra = 150.1 + np.array([8, 9, 9, 10, 6, 11, 12]) * 5e-3
    table = Table({"ALPHA_J2000": ra + np.array([0, 0.1, 0.3, 0.5, 0, 0, 0]) / 3600, "DELTA_J2000": np.full(7, 2.2)})
    table["lp_zBEST"] = [0.7, 0.8, 0.9, 1.0, 1.1, np.nan, 0.6]
    table["lp_zPDF_l68"], table["lp_zPDF_u68"] = table["lp_zBEST"] - 0.1, table["lp_zBEST"] + 0.1
    table["spec_zs"], table["spec_zs_flags"] = [-99, 1.2, -99, -99, 1.7, 0.3, -99], [0, 2, 0, 0, 4, 3, 0]
    table["ACS_FWHM_WORLD"], table["lp_sSFR_med"], table["lp_mass_med"] = 1e-4, [-9, -99, -9, -9, -9, -9, -9], 10.0
    table.write(tmp_path / "cosmos2020.fits")
    options = ["--folder", folder, "--fields", "cosmos", "uds", "--ebv", 0]
    catalog = build(tmp_path, *options, "--cosmos2020", tmp_path / "cosmos2020.fits").catalog.set_index("object_id")
    labels = {i: (catalog.loc[f"cosmos-{i}", "z_type"], catalog.loc[f"cosmos-{i}", "z_spec"]) for i in range(4, 14)}
    assert labels[7] == ("spec", 1.7)  # a matched spectrum comes before the grism
    assert labels[8] == ("grism", 1.5)
    assert labels[9] == ("photo", 0.7) and labels[10] == ("photo", 0.8)  # a spectrum of quality 2 does not count
    assert labels[12] == ("spec", 0.3)
    assert labels[11][0] == labels[13][0] == ""  # 0.5″ away; fainter than 25
    assert catalog.loc["cosmos-9", "z_err"] == pytest.approx(0.2)
    np.testing.assert_allclose(catalog.loc["cosmos-13", "fwhm"], 0.36)
    assert np.isnan(catalog.loc["cosmos-11", "fwhm"])
    assert np.isnan(catalog.loc["cosmos-10", "log_ssfr"]) and catalog.loc["cosmos-9", "log_ssfr"] == -9
    assert catalog.loc[catalog["field"] == "uds", "fwhm"].isna().all()


def test_a_cosmos2020_entry_belongs_to_the_nearest_object_alone(tmp_path):
    """Else both neighbours had one label, perhaps one of them in the test split."""
    Table({name: [value] for name, value in zip(COSMOS2020, (150.0, 2.0, 0.7, 0.6, 0.8), strict=True)}).write(
        tmp_path / "c.fits"
    )
    near = pd.DataFrame({"field": "cosmos", "ra": [150.0 + 0.2 / 3600, 150.0 + 0.1 / 3600], "dec": 2.0})
    assert match_cosmos2020(near, tmp_path / "c.fits")["lp"].isna().tolist() == [True, False]


def test_cutouts_are_calibrated_dereddened_and_float16(tmp_path, folder):
    values = write_cutouts(tmp_path / "cutouts")
    ebv = Table({"field": ["cosmos", "uds"], "ebv": [0.0, 0.1]})
    ebv.write(tmp_path / "ebv.csv")
    options = ["--folder", folder, "--fields", "cosmos", "uds", "--ebv", tmp_path / "ebv.csv"]
    dataset = build(tmp_path, *options, "--cutouts", tmp_path / "cutouts")
    image = dataset.array("image")
    assert image.dtype == np.float16 and image.shape == (len(dataset), 4, SIDE, SIDE)
    assert dataset.meta.zero_points["F160W"] == 23.9
    for row, name in enumerate(dataset.object_id):
        field, _, number = name.partition("-")
        for j, band in enumerate(BANDS):
            pixel = int(number) + j / 10
            red = 10 ** (0.4 * EXTINCTION[band] * (0.1 if field == "uds" else 0))
            expected = pixel * 10 ** (0.4 * (23.9 - ZERO_POINTS[band])) * red
            assert image[row, j, 5, 5] == pytest.approx(expected, rel=2e-3)
    bright = np.sort(np.array([i + 0.3 for i in range(1, 21) if i not in (2, 3)] * 2))  # F160W < 26 in both fields
    level = np.quantile(np.repeat(bright, SIDE * SIDE), 0.95) * 10 ** (0.4 * (23.9 - ZERO_POINTS["F160W"]))
    assert image[0, 3, 0, 0] == pytest.approx(level, rel=0.01)
    assert np.isinf(values[0, 3, 0, 0])


def test_mosaics_of_the_archive_serve_as_well(tmp_path, folder):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [150.1, 2.2]
    wcs.wcs.crpix, wcs.wcs.cdelt = [10_520, 30], [-0.06 / 3600, 0.06 / 3600]
    header = wcs.to_header()
    (tmp_path / "m").mkdir()
    for j, band in enumerate(BANDS):
        header["PHOTFNU"] = 1e-6 * (j + 1)
        name = f"hlsp_candels_hst_{'acs' if j < 2 else 'wfc3'}_egs-tot-60mas_{band.lower()}_v1.0_drz.fits"
        fits.PrimaryHDU(np.ones((60, 10_550), "f4"), header).writeto(tmp_path / "m" / name)
    options = ["--folder", folder, "--fields", "egs", "--ebv", 0, "--mosaics", tmp_path / "m", "--stamp", 16]
    dataset = build(tmp_path, *options)
    inside = dataset.column("edge_fraction") == 0
    np.testing.assert_allclose(dataset.array("image")[inside][0, :, 8, 8], [1, 2, 3, 4], rtol=1e-3)


@pytest.mark.parametrize(
    ("break_it", "options", "message"),
    [
        (lambda f: (f / PHOTOMETRY["uds"]).unlink(), [], r"expected one photometry named hlsp_candels_hst_wfc3_uds-"),
        (lambda f: next(f.glob("*egs_multi_v2*")).unlink(), [], "expected one redshift table .* there is none"),
        (lambda f: (f / PHOTOMETRY["egs"]).write_bytes((f / PHOTOMETRY["egs"]).read_bytes()[:6000]), [], "cannot read"),
        (lambda f: None, ["--fields", "cosmos", "abell"], "unknown field 'abell'; known: cosmos, egs"),
        (lambda f: None, ["--ebv", "nowhere.csv"], "no such file: nowhere.csv"),
        (lambda f: None, ["--cutouts", "nowhere"], "no cutouts; expected acs_f606w_cutouts"),
        (lambda f: None, ["--mosaics", "nowhere"], "expected one F606W mosaic"),
    ],
)  # fmt: skip
def test_missing_files_are_named(tmp_path, folder, break_it, options, message):
    break_it(folder)
    with pytest.raises(PhotozError, match=message):
        build(tmp_path, "--folder", folder, "--ebv", 0, *options)
    assert Home(tmp_path / "home").dataset_names() == []


def test_missing_columns_ids_and_reddening_are_named(tmp_path, folder):
    table = Table.read(folder / PHOTOMETRY["egs"])
    table.rename_column("WFC3_F160W_FLUX", "WFC3_F160_FLUX")
    table.write(folder / PHOTOMETRY["egs"], overwrite=True)
    with pytest.raises(PhotozError, match="no column WFC3_F160W_FLUX or Flux_F160W_hst; near names: WFC3_F160_FLUX"):
        build(tmp_path, "--folder", folder, "--ebv", 0, "--fields", "egs")
    Table({"field": ["uds"], "ebv": [0.1]}).write(tmp_path / "ebv.csv")
    with pytest.raises(PhotozError, match=r"ebv\.csv: no ebv for 38 objects, e\.g\. cosmos"):
        build(tmp_path, "--folder", folder, "--ebv", tmp_path / "ebv.csv", "--fields", "cosmos")
    table = Table.read(folder / PHOTOMETRY["uds"])
    table["ID"][5] = 1
    table.write(folder / PHOTOMETRY["uds"], overwrite=True)
    with pytest.raises(PhotozError, match="ID 1 occurs twice, again in row 5"):
        build(tmp_path, "--folder", folder, "--ebv", 0, "--fields", "uds")


def test_objects_without_a_cutout_are_named_or_dropped(tmp_path, folder):
    write_cutouts(tmp_path / "cutouts", ["egs"])
    for path in (tmp_path / "cutouts/egs").glob("*_cutouts0.hdf5"):
        with h5py.File(path, "a") as file:
            file["ids"][0] = 999
    options = ["--folder", folder, "--ebv", 0, "--fields", "egs", "--cutouts", tmp_path / "cutouts"]
    with pytest.raises(PhotozError, match=r"1 of 19 images cannot be used: object egs-1 \(row 0\): no cutout in"):
        build(tmp_path, *options)
    assert "egs-1" not in build(tmp_path, *options, "--drop-bad-images").object_id
