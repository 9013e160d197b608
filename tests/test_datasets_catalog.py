"""Reading catalogs: every format gives the same table, and every broken file is named."""

import gzip

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from photoz_core.datasets._catalog import read_catalog
from photoz_core.errors import PhotozError

FORMATS = [
    "fits",
    "fits.gz",
    "vot",
    "ecsv",
    "csv",
    "csv.gz",
    "tsv",
    "txt",
    "parquet",
    "hdf5",
    "npy",
    "npz",
    "cat",
    "tbl",
]


@pytest.fixture
def table() -> Table:
    table = Table({"id": np.arange(1, 6), "ra": np.linspace(10, 11, 5), "name": ["a", "bb", "c", "d", "e"]})
    table["flux"] = np.array([1.5, -99, 3, 4, 5], "f4")
    table["flux"].unit = "uJy"
    return table


def write(table: Table, path) -> None:
    frame, end = table.to_pandas(), path.name.partition(".")[2]
    if end in ("fits", "fits.gz"):
        table.write(path)
    elif end == "vot":
        table.write(path, format="votable")
    elif end == "ecsv":
        table.write(path, format="ascii.ecsv")
    elif end == "tbl":
        table.write(path, format="ascii.ipac")
    elif end in ("csv", "csv.gz", "tsv"):
        frame.to_csv(path, index=False, sep="\t" if end == "tsv" else ",")
    elif end == "txt":
        path.write_text("# from somewhere\n# " + " ".join(frame) + "\n" + frame.to_string(index=False, header=False))
    elif end == "cat":
        header = "#   1 id   Running number\n#   2 ra   [deg]\n#   3 name\n#   4 flux   Flux   [uJy]\n"
        path.write_text(header + frame.to_string(index=False, header=False))
    elif end == "parquet":
        frame.to_parquet(path)
    elif end == "hdf5":
        with h5py.File(path, "w") as file:
            for name in frame:
                values = frame[name].to_numpy()
                file[f"photometry/{name}"] = values.astype("S") if name == "name" else values
    elif end == "npy":
        np.save(path, np.array(table.as_array().astype([(n, "S2" if n == "name" else "f8") for n in frame])))
    elif end == "npz":
        np.savez(path, **{name: frame[name].to_numpy("U2" if name == "name" else float) for name in frame})


@pytest.mark.parametrize("end", FORMATS)
def test_each_format_gives_the_same_table(table, tmp_path, end):
    write(table, tmp_path / f"c.{end}")
    catalog = read_catalog(tmp_path / f"c.{end}")
    assert list(catalog.frame) == ["id", "ra", "name", "flux"] or end == "hdf5"  # HDF5 sorts by name
    np.testing.assert_allclose(catalog.frame["flux"].astype(float), [1.5, -99, 3, 4, 5])
    np.testing.assert_allclose(catalog.frame["ra"].astype(float), table["ra"], rtol=1e-6)
    assert catalog.frame["name"].tolist() == ["a", "bb", "c", "d", "e"]
    if end in ("fits", "fits.gz", "vot", "ecsv", "cat", "tbl"):
        assert catalog.units["flux"] == "uJy"


def test_format_is_told_from_content_not_from_suffix(table, tmp_path):
    table.write(tmp_path / "c.fits")
    (tmp_path / "c.fits").rename(tmp_path / "c.dat")
    assert len(read_catalog(tmp_path / "c.dat")) == 5


def test_masked_values_are_missing(tmp_path):
    table = Table({"id": MaskedColumn([1, 2, 3], mask=[False, True, False])})
    table["name"] = MaskedColumn(["x", "y", "z"], mask=[False, False, True])
    table.write(tmp_path / "c.ecsv")
    frame = read_catalog(tmp_path / "c.ecsv").frame
    assert frame["id"].isna().tolist() == [False, True, False]
    assert frame["name"].tolist() == ["x", "y", ""]


def test_vector_columns_are_numbered_and_long_ones_left_out(tmp_path):
    Table({"id": [1, 2], "aper": np.arange(6.0).reshape(2, 3), "pdf": np.zeros((2, 100))}).write(tmp_path / "c.fits")
    catalog = read_catalog(tmp_path / "c.fits")
    assert list(catalog.frame) == ["id", "aper_1", "aper_2", "aper_3"]
    assert catalog.frame["aper_2"].tolist() == [1, 4]
    assert "'pdf'" in catalog.notes[0]


def test_sextractor_header_numbers_vectors(tmp_path):
    (tmp_path / "c.cat").write_text("#  1 NUMBER\n#  2 FLUX_APER\n#  4 MAG_AUTO\n1 10 20 21.5\n2 11 22 22.5\n")
    frame = read_catalog(tmp_path / "c.cat").frame
    assert list(frame) == ["NUMBER", "FLUX_APER", "FLUX_APER_2", "MAG_AUTO"]
    assert frame["MAG_AUTO"].tolist() == [21.5, 22.5]


def test_header_types_of_annz_are_stripped(tmp_path):
    (tmp_path / "c.csv").write_text("#F:MAG_U;F:MAGERR_U;D:Z\n22.7,0.9,0.66\n21.8,0.4,0.25\n")
    assert list(read_catalog(tmp_path / "c.csv").frame) == ["MAG_U", "MAGERR_U", "Z"]


def test_the_longest_of_several_tables_is_read_or_the_one_that_is_named(tmp_path):
    tables = {"LDAC_IMHEAD": Table({"id": [1]}), "LDAC_OBJECTS": Table({"id": [2, 3]})}
    hdus = [fits.PrimaryHDU(), *(fits.BinTableHDU(table, name=name) for name, table in tables.items())]
    fits.HDUList(hdus).writeto(tmp_path / "c.fits")
    objects, head = read_catalog(tmp_path / "c.fits"), read_catalog(tmp_path / "c.fits", "ldac_imhead")
    assert (objects.frame["id"].tolist(), head.frame["id"].tolist()) == ([2, 3], [1])
    assert "read table 2 LDAC_OBJECTS of 2; --table" in objects.notes[0]
    with pytest.raises(PhotozError, match="unknown table 'C'; known: LDAC_IMHEAD, LDAC_OBJECTS"):
        read_catalog(tmp_path / "c.fits", "C")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", "id,ra\n", "empty"),
        ("nothing.csv", "", "empty"),
        ("headerless.csv", "1,2\n3,4\n", "no names; give 2 of them with --names"),
        ("header.txt", "# a b c\n1 2 3 4\n", "the header names 3 columns, the rows have 4"),
        ("twice.csv", "id,id\n1,2\n", "'id' occurs twice"),
        ("ragged.csv", "a,b\n1,2\n1,2,3\n", "line 2, saw 3"),
        ("noise.bin", b"\x00\xff\xfe\x80garbage" * 9, "cannot read"),
        ("broken.vot", "<?xml version='1.0'?><VOTABLE><RESOURCE>", "cannot read"),
    ],
)
def test_bad_files_are_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(PhotozError, match=message) as caught:
        read_catalog(path)
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PhotozError, match=r"no such file: .*nowhere\.fits"):
        read_catalog(tmp_path / "nowhere.fits")


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_truncated_fits_table_is_an_error(tmp_path, keep):
    Table({"id": np.arange(5000), "ra": np.zeros(5000)}).write(tmp_path / "c.fits")
    data = (tmp_path / "c.fits").read_bytes()
    (tmp_path / "c.fits").write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(PhotozError, match=r"cannot read .*c\.fits: .*is the file complete"):
        read_catalog(tmp_path / "c.fits")


def test_a_truncated_gzip_is_an_error(tmp_path):
    data = gzip.compress(pd.DataFrame({"id": np.arange(9999)}).to_csv(index=False).encode())
    (tmp_path / "c.csv.gz").write_bytes(data[: len(data) // 2])
    with pytest.raises(PhotozError, match=r"cannot read .*c\.csv\.gz"):
        read_catalog(tmp_path / "c.csv.gz")


def test_arrays_that_are_no_tables_say_what_to_do(tmp_path):
    np.save(tmp_path / "stack.npy", np.zeros((3, 4, 8, 8)))
    with pytest.raises(PhotozError, match="stack of images goes to --images"):
        read_catalog(tmp_path / "stack.npy")
    np.save(tmp_path / "plain.npy", np.zeros((3, 2)))
    with pytest.raises(PhotozError, match="2 columns without names"):
        read_catalog(tmp_path / "plain.npy")
    assert list(read_catalog(tmp_path / "plain.npy", names=["u", "g"]).frame) == ["u", "g"]
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(tmp_path / "image.fits")
    with pytest.raises(PhotozError, match="no table in this FITS file"):
        read_catalog(tmp_path / "image.fits")


def test_pickles_are_refused(tmp_path):
    np.save(tmp_path / "c.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(PhotozError, match="cannot read"):
        read_catalog(tmp_path / "c.npy")
