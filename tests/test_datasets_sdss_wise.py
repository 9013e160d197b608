"""SDSS + WISE: the import on small files of CasJobs' layout."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from imaging import run_import

from photoz_core.dataset import Dataset
from photoz_core.dataset_writer import validate
from photoz_core.datasets import sdss_wise
from photoz_core.errors import PhotozError

N = 24


def casjobs(n=N) -> pd.DataFrame:
    """Columns of a CasJobs join of PhotoObjAll, SpecObj and WISE_allsky; all rows differ."""
    rng = np.random.default_rng(0)
    columns = {"objID": 1237648720693755918 + np.arange(n), "ra": rng.uniform(0, 360, n), "dec": rng.uniform(-5, 60, n)}
    for kind in ("psf", "model"):
        for i, band in enumerate("ugriz"):
            columns[f"{kind}Mag_{band}"] = rng.uniform(17, 18, n) - 0.5 * i
            columns[f"{kind}MagErr_{band}"] = rng.uniform(0.01, 0.1, n)
    for number in (1, 2):
        for kind in ("mag", "mpro"):
            columns[f"w{number}{kind}"] = rng.uniform(12, 13, n) - number
            columns[f"w{number}sig{kind}"] = rng.uniform(0.02, 0.2, n)
    columns |= {"extinction_i": rng.uniform(0.02, 0.3, n), "class": np.array(["GALAXY", "QSO", "STAR"] * n)[:n]}
    columns |= {"z": rng.uniform(0.1, 0.9, n), "zErr": rng.uniform(1e-5, 1e-4, n), "zWarning": np.zeros(n, int)}
    return pd.DataFrame(columns)


def written(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".fits":
        Table.from_pandas(frame).write(path)
    else:
        path.write_text("#Table1\n" * (path.name == "skyserver.csv") + frame.to_csv(index=False, na_rep="null"))
    return path


def imported(tmp_path: Path, frame: pd.DataFrame, *options, file="t.fits") -> Dataset:
    return run_import(tmp_path, "sdss_wise", "--catalog", written(frame, tmp_path / file), *options)


def notes(dataset: Dataset) -> str:
    return "\n".join(dataset.meta.provenance["notes"])


@pytest.mark.parametrize("file", ["t.fits", "t.csv", "skyserver.csv", "lower.fits"])
def test_sdss_wise_reads_every_column_in_any_case(tmp_path, file):
    table = casjobs()
    if file == "lower.fits":
        table.columns = [name.lower() for name in table]
    dataset = imported(tmp_path, table, file=file)
    lower = table.rename(columns=str.lower)
    assert dataset.bands == [*(f"psf_{band}" for band in "ugriz"), *"ugriz", "W1", "W2"]
    assert dataset.object_id.tolist() == [str(1237648720693755918 + i) for i in range(N)] and not validate(dataset)
    for i, band in enumerate("ugriz"):
        for kind, start in (("psf", 0), ("model", 5)):
            np.testing.assert_allclose(dataset.magnitudes()[:, start + i], lower[f"{kind}mag_{band}"])
            np.testing.assert_allclose(dataset.magnitude_errors()[:, start + i], lower[f"{kind}magerr_{band}"])
    for number, offset in ((1, 2.699), (2, 3.339)):
        np.testing.assert_allclose(dataset.column(f"mag_W{number}"), lower[f"w{number}mpro"] + offset)
        np.testing.assert_allclose(dataset.column(f"mag_err_W{number}"), lower[f"w{number}sigmpro"])
    np.testing.assert_allclose(dataset.column("extinction_i"), lower["extinction_i"])
    assert dataset.meta.columns["extinction_i"].unit == "mag" and dataset.meta.columns["spec_class"].kind == "category"
    labelled = lower["class"].ne("STAR").to_numpy()
    np.testing.assert_allclose(dataset.column("z_spec"), lower["z"].where(labelled))


def test_sdss_wise_colors_stay_within_one_kind_of_photometry(tmp_path):
    dataset = imported(tmp_path, casjobs())
    expected = ["psf_u−psf_g", "psf_g−psf_r", "psf_r−psf_i", "psf_i−psf_z", "u−g", "g−r", "r−i", "i−z", "z−W1", "W1−W2"]
    colors = dataset.columns_of("color")
    assert sorted(dataset.meta.columns[name].label.replace(" ", "") for name in colors) == sorted(expected)
    assert len(dataset.bands) + len(colors) + 1 == 23  # the draft's D_x, with the extinction
    np.testing.assert_allclose(dataset.column("color_z_W1"), dataset.column("mag_z") - dataset.column("mag_W1"))


def test_sdss_wise_with_aperture_magnitudes_has_27_inputs(tmp_path):
    table = casjobs()
    dataset = imported(tmp_path, table, "--bands", *sdss_wise.BANDS, "--wise-system", "vega")
    assert dataset.bands[5:8] == ["aper_W1", "aper_W2", "u"]
    assert len(dataset.bands) + len(dataset.columns_of("color")) + 1 == 27
    assert "color_psf_z_aper_W1" in dataset.catalog and "color_aper_W2_u" not in dataset.catalog
    np.testing.assert_allclose(dataset.column("mag_aper_W2"), table["w2mag"])
    np.testing.assert_allclose(dataset.column("color_z_W1"), table["modelMag_z"] - table["w1mpro"])
    assert "Vega" in dataset.meta.columns["mag_W1"].description and "Vega" in dataset.meta.description


def test_sdss_wise_counts_what_is_missing_and_can_drop_it(tmp_path):
    table = casjobs()
    table.loc[0, "psfMag_u"] = -9999
    table.loc[1, "modelMagErr_g"] = 9999
    table.loc[2, ["w2mpro", "w2sigmpro"]] = 9999
    table.loc[3, "extinction_i"] = -9999
    table.loc[4, "w1sigmpro"] = np.nan  # an upper limit
    dataset = imported(tmp_path, table, file="t.csv")
    assert np.argwhere(np.isnan(dataset.magnitudes())).tolist() == [[0, 0], [2, 11], [4, 10]]
    assert np.argwhere(np.isnan(dataset.magnitude_errors())).tolist() == [[0, 0], [1, 6], [2, 11], [4, 10]]
    assert np.flatnonzero(np.isnan(dataset.column("extinction_i"))).tolist() == [3]
    assert np.flatnonzero(np.isnan(dataset.column("color_z_W1"))).tolist() == [4]
    replaced = dataset.meta.provenance["replaced_by_nan"]
    for column in ("psfMag_u", "modelMagErr_g", "w2mpro", "w2sigmpro", "extinction_i"):
        assert replaced[column] == {"sentinels": 1}, column
    assert replaced["w1mpro"] == {"upper limits (no error)": 1}
    complete = run_import(tmp_path, "sdss_wise", "--catalog", tmp_path / "t.csv", "--complete", name="complete")
    assert complete.object_id.tolist() == dataset.object_id[5:].tolist()
    assert f"--complete: 5 of {N} objects were dropped" in notes(complete)


def test_sdss_wise_says_which_objects_lose_their_label(tmp_path):
    table = casjobs()
    table["class"] = "GALAXY"
    table.loc[:3, "class"] = "STAR"
    table.loc[:6, "z"] = [-0.0004, 0.0003, 0.0002, -9999, -0.002, 0.0, -0.4]
    table.loc[7, "zWarning"] = 4
    dataset = imported(tmp_path, table)
    assert np.flatnonzero(~dataset.is_labelled()).tolist() == [0, 1, 2, 3, 4, 5, 6] and len(dataset) == N
    assert "4 objects are kept without z_spec: z ≤ 0 (3 GALAXY, 1 STAR)" in notes(dataset)
    assert "2 objects are kept without z_spec: a star's z > 0 is a velocity" in notes(dataset)
    assert "1 redshifts have zWarning ≠ 0" in notes(dataset)


def test_sdss_wise_keeps_photometry_without_spectra(tmp_path):
    table = casjobs()
    table.loc[:5, "class"] = None
    table.loc[:5, "z"] = np.nan
    dataset = imported(tmp_path, table, file="t.csv")
    assert not dataset.is_labelled()[:6].any() and dataset.column("spec_class")[:7].tolist() == [""] * 6 + ["GALAXY"]
    bare = written(table.drop(columns=["z", "class"]), tmp_path / "bare.fits")
    options = ["--catalog", bare, "--map", "z_spec=", "spec_class="]
    assert not run_import(tmp_path, "sdss_wise", *options, name="bare").is_labelled().any()
    with pytest.raises(PhotozError, match="--classes needs the class"):
        run_import(tmp_path, "sdss_wise", *options, "--classes", "QSO", name="e")


def test_sdss_wise_chooses_classes(tmp_path):
    dataset = imported(tmp_path, casjobs(), "--classes", "GALAXY", "QSO")
    assert len(dataset) == 16 and dataset.is_labelled().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="psfMagErr_r"), r"t\.fits: no column 'psfmagerr_r' .*near names: .*psfMagErr_"),
        (lambda t: t.drop(columns="w2mpro"), r"no column 'w2mpro' \(--map mag_W2=w2mpro\)"),
        (lambda t: t.drop(columns="extinction_i"), "no column 'extinction_i'"),
        (lambda t: t.drop(columns="class"), "no column 'class'"),
        (lambda t: t.drop(columns="z"), "no column 'z'"),
        (lambda t: t.assign(objID=t["objID"].iloc[0]), r"'objID' \(object_id\): 23 duplicates, .* in rows 0, 1, "),
        (lambda t: t.assign(modelMag_g=-9999.0), r"'modelMag_g' \(mag_g\) has no usable value \(24 sentinels\)"),
        (lambda t: t.assign(w1sigmpro=9999.0), "'w1sigmpro' has no error, which makes every W1 an upper limit"),
    ],
)
def test_sdss_wise_names_what_is_wrong(tmp_path, change, message):
    with pytest.raises(PhotozError, match=message):
        imported(tmp_path, change(casjobs()))


def test_duplicate_objects_can_be_told_apart_by_spectrum(tmp_path):
    table = casjobs().assign(objID=1, specObjID=299489677444933632 + np.arange(N))
    dataset = imported(tmp_path, table, "--map", "object_id=specObjID")
    assert dataset.object_id[1] == "299489677444933633"
    options = ["--catalog", tmp_path / "t.fits", "--map", "object_id="]
    numbered = run_import(tmp_path, "sdss_wise", *options, name="numbered")
    assert numbered.object_id.tolist() == [str(row) for row in range(N)]


def test_files_that_end_early(tmp_path):
    path = written(casjobs(), tmp_path / "t.fits")
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(PhotozError, match=r"t\.fits"):
        run_import(tmp_path, "sdss_wise", "--catalog", path)
    for file in ("empty.csv", "empty.fits"):
        with pytest.raises(PhotozError, match="no rows"):
            imported(tmp_path, casjobs().head(0), file=file)
