"""BOSS and DC2: tables of magnitudes with errors, on small files of their layout and on the real ones."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from imaging import run_import

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset, validate
from photoz_core.errors import PhotozError
from photoz_core.home import Home

DATA = Path(__file__).parents[1] / "../shared/data"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the sample data ../shared/data are not here")
BOSS_HEADER = "#" + ";".join([f"F:MAG_{b};F:MAGERR_{b}" for b in "UGRIZ"] + ["D:Z"])
BOSS_ROWS = [[24.5, 19.5, 21.2, 0.1, 20.1, 0.05, 19.5, 0.03, 19.2, 0.04, z] for z in (0.5, 0.6, -0.0004, 0.3)]


def boss_file(path: Path, rows=BOSS_ROWS, header=BOSS_HEADER) -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def test_boss_files_come_together_with_all_errors(tmp_path):
    big = [[*BOSS_ROWS[0][:3], 14749.5, *BOSS_ROWS[0][4:]]]
    files = [boss_file(tmp_path / "a.csv"), boss_file(tmp_path / "b.csv", big)]
    dataset = run_import(tmp_path, "boss", "--catalog", *files)
    assert dataset.object_id.tolist() == ["a:0", "a:1", "a:2", "a:3", "b:0"] and dataset.bands == list("ugriz")
    assert dataset.magnitude_errors()[[0, 4]].tolist() == [
        [19.5, 0.1, 0.05, 0.03, 0.04],
        [19.5, 14749.5, 0.05, 0.03, 0.04],
    ]
    np.testing.assert_allclose(dataset.column("z_spec"), [0.5, 0.6, np.nan, 0.3, 0.5])
    assert "1 objects are kept without z_spec: z ≤ 0" in "\n".join(dataset.meta.provenance["notes"])
    assert "errors above 1 mag, kept as they are: u 5, g 1" in "\n".join(dataset.meta.provenance["notes"])


def test_boss_names_the_file_that_is_wrong(tmp_path):
    good = boss_file(tmp_path / "good.csv")
    short = boss_file(tmp_path / "short.csv", [row[:-1] for row in BOSS_ROWS], BOSS_HEADER.removesuffix(";D:Z"))
    with pytest.raises(PhotozError, match=r"short\.csv: no column 'Z'"):
        run_import(tmp_path, "boss", "--catalog", good, short)
    with pytest.raises(PhotozError, match=r"none\.csv: the table is empty \(no rows\)"):
        run_import(tmp_path, "boss", "--catalog", good, boss_file(tmp_path / "none.csv", []))
    with pytest.raises(PhotozError, match="two files are named 'good'"):
        run_import(tmp_path, "boss", "--catalog", good, good)
    missing = boss_file(tmp_path / "missing.csv", [[-9999, *row[1:]] for row in BOSS_ROWS])
    with pytest.raises(
        PhotozError, match=r"missing\.csv: column 'MAG_U' \(mag_u\) has no usable value \(4 sentinels\)"
    ):
        run_import(tmp_path, "boss", "--catalog", missing)


def dc2_file(path: Path, n=6, **changes) -> Path:
    columns = {"id": 8062500000 + np.arange(n), "redshift": np.linspace(0.1, 2, n)}
    for i, band in enumerate("ugrizy"):
        columns |= {f"mag_{band}_lsst": np.full(n, 26.0 - i, "f4"), f"mag_err_{band}_lsst": np.full(n, 0.1, "f4")}
    with h5py.File(path, "w") as file:
        for name, values in (columns | changes).items():
            if values is not None:
                file[f"photometry/{name}"] = values
    return path


def test_dc2_non_detections_are_nan(tmp_path):
    u = np.array([25, 99, np.nan, 26, 25, 25], "f4")
    dataset = run_import(tmp_path, "dc2", "--catalog", dc2_file(tmp_path / "d.hdf5", mag_u_lsst=u))
    assert dataset.bands == list("ugrizy") and dataset.meta.simulated and dataset.object_id[0] == "8062500000"
    assert np.argwhere(np.isnan(dataset.magnitudes())).tolist() == [[1, 0], [2, 0]]
    assert np.array_equal(np.isnan(dataset.magnitudes()), np.isnan(dataset.magnitude_errors()))
    assert dataset.meta.provenance["replaced_by_nan"]["mag_u_lsst"] == {"missing": 1, "sentinels": 1}
    assert dataset.column("color_z_y").tolist() == [1.0] * 6 and dataset.is_labelled().all()


def test_dc2_names_what_is_wrong(tmp_path):
    for number, (changes, message) in enumerate(
        [
            ({"mag_err_y_lsst": None}, "no column 'mag_err_y_lsst'"),
            ({"redshift": None}, "no column 'redshift'"),
            ({"id": np.array([1, 2, 3, 3, 4, 5])}, r"'id' \(object_id\): 1 duplicates, e\.g\. 3 in rows 2, 3"),
            ({"mag_g_lsst": np.full(6, 99.0)}, r"'mag_g_lsst' \(mag_g\) has no usable value"),
        ]
    ):
        with pytest.raises(PhotozError, match=message):
            run_import(tmp_path, "dc2", "--catalog", dc2_file(tmp_path / f"{number}.hdf5", **changes))


def test_magnitude_errors_are_nan_where_there_is_no_column(tmp_path):
    catalog = pd.DataFrame(
        {"object_id": ["a", "b"], "mag_g": [20.0, 21], "mag_err_g": [0.1, np.nan], "mag_r": [19.0, 20]}
    )
    home = Home(tmp_path)
    with new_dataset(home.new_dataset("d"), Meta("d", bands=["g", "r"])) as writer:
        writer.finish(catalog)
    dataset = Dataset(home.dataset("d"))
    np.testing.assert_array_equal(dataset.magnitude_errors(), [[0.1, np.nan], [np.nan, np.nan]])
    np.testing.assert_array_equal(dataset.magnitude_errors(["g"]), [[0.1], [np.nan]])
    with pytest.raises(PhotozError, match="'mag_i'"):
        dataset.magnitude_errors(["i"])


@real
def test_real_boss(tmp_path):
    files = sorted((DATA / "annz_boss_dr10").glob("*.csv"))
    dataset = run_import(tmp_path, "boss", "--catalog", *files)
    assert (len(dataset), dataset.is_labelled().sum()) == (12320, 12305) and not validate(dataset)
    errors = dataset.magnitude_errors()
    assert np.isfinite(errors).all() and errors.max() == pytest.approx(14749.505859)
    assert (errors > 1).sum(axis=0).tolist() == [8480, 1207, 30, 7, 19]  # counted with awk


@real
def test_real_dc2(tmp_path):
    dataset = run_import(tmp_path, "dc2", "--catalog", DATA / "rail_dc2_SIMULATED/test_dc2_training_9816.hdf5")
    assert np.isnan(dataset.magnitudes()).sum(axis=0).tolist() == [714, 2, 0, 0, 0, 0]
    assert np.isnan(dataset.magnitude_errors()).sum(axis=0).tolist() == [714, 2, 0, 0, 0, 0]
    assert len(dataset) == 10225 and np.nanmax(dataset.column("z_spec")) == pytest.approx(2.987, abs=1e-3)


@real
@pytest.mark.parametrize("bands", ["hst", "all"])
def test_real_zfourge_has_an_error_for_every_magnitude(tmp_path, bands):
    dataset = run_import(tmp_path, "zfourge", "--catalog", DATA / "zfourge/zfourge_cosmos.parquet", "--bands", bands)
    assert np.array_equal(np.isfinite(dataset.magnitudes()), np.isfinite(dataset.magnitude_errors()))
