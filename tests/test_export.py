"""Tables on their way out: what astropy and pandas read back is what was there."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoz_core import _export_formats
from photoz_core.columns import Column
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.export import FORMATS, Export, file_name, format_of, gather, read_ids, rows_of, save, to_bytes
from photoz_core.run import Run, list_runs

ABOUT = {"dataset": "made", "fingerprint": "f00", "run": "r", "run_name": "pita · 10 %", "date": "d", "creator": "c"}
WORDS = ["plain", "", "with # hash", 'quo"te', "comma, and", "Größe σ", "NA", "nan", "007", "-", "a\\b", "&<b>"]


def odd_table(words=WORDS) -> Export:
    """Every kind of column, with what is unknown in it."""
    count = len(words)
    rng = np.random.default_rng(0)
    raw = pd.DataFrame({"object_id": [f"o{i}" for i in range(count)], "name": words})
    raw["z"] = np.where(np.arange(count) % 3 == 0, np.nan, rng.normal(size=count))
    raw["small"] = raw["z"].astype("f4") * 1e-30
    raw["nothing"] = np.nan
    raw["flag"] = np.arange(count) + 2**53 + 1
    raw["byte"] = np.arange(count).astype("u1")
    raw["right"] = np.arange(count) % 2 == 0
    raw["counted"] = pd.array([None if i % 4 == 1 else i for i in range(count)], "Int64")
    raw["kind"] = pd.Categorical([None if i % 4 == 1 else f"k{i % 2}" for i in range(count)])
    columns = {name: Column(description=f"the {name} · 1σ", unit="") for name in raw}
    columns["z"] = Column("z", "arcsec", "a size")
    columns["small"] = Column("small", "1/yr", "a rate")
    columns["nothing"] = Column("nothing", "bananas", "of a unit nobody knows")
    return Export(pd.DataFrame({name: _export_formats.normal(raw[name]) for name in raw}), columns, ABOUT)


def read(data: bytes, form: str) -> pd.DataFrame:
    """What a reader gets: strings decoded, masked numbers as NaN."""
    if form == "parquet":
        return pd.read_parquet(io.BytesIO(data))
    if form == "csv":
        words = ["object_id", "name", "kind"]
        options = {"comment": "#", "dtype": dict.fromkeys(words, str), "na_values": [""], "keep_default_na": False}
        return pd.read_csv(io.BytesIO(data), **options).fillna(dict.fromkeys(words, ""))
    table = Table.read(io.BytesIO(data), format={"ecsv": "ascii.ecsv"}.get(form, form))
    table.convert_bytestring_to_unicode()
    for name in table.colnames:
        kind = table[name].dtype.kind
        if hasattr(table[name], "filled"):
            table[name] = table[name].filled(np.nan if kind == "f" else "" if kind in "UO" else 0)
    return pd.DataFrame({name: np.asarray(table[name]) for name in table.colnames})


def assert_same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    assert list(found) == list(wanted)
    for name in wanted:
        want, got = wanted[name].to_numpy(), found[name].to_numpy()
        if want.dtype.kind in "biuf":
            assert got.dtype.kind == want.dtype.kind or want.dtype.kind == "b", name
            np.testing.assert_array_equal(got.astype(want.dtype), want, err_msg=name)
        else:
            assert [str(value) for value in got] == list(want), name


@pytest.mark.parametrize("form", FORMATS)
def test_numbers_nan_and_words_survive(form):
    export = odd_table()
    assert_same(read(to_bytes(export, form), form), export.frame)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(words=st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"])), min_size=2, max_size=8))
def test_any_word_survives(form, words):
    export = odd_table(words)
    assert_same(read(to_bytes(export, form), form), export.frame)


def test_csv_says_what_astropy_reads_too():
    export = odd_table()
    table = Table.read(to_bytes(export, "csv").decode(), format="ascii.csv", comment="#")
    assert table.colnames == list(export.frame)
    np.testing.assert_allclose(np.ma.filled(table["z"].astype(float), np.nan), export.frame["z"])


def test_an_unknown_integer_makes_a_float_and_an_unknown_word_is_empty():
    frame = odd_table().frame
    assert frame["counted"].dtype == np.float64 and np.isnan(frame["counted"][1]) and frame["counted"][2] == 2
    assert frame["kind"][1] == "" and frame["byte"].dtype == np.int16 and frame["flag"].dtype == np.int64


def test_units_descriptions_and_provenance_are_where_a_format_has_a_place_for_them():
    export = odd_table()
    made = {form: to_bytes(export, form) for form in FORMATS}
    assert b"# run_name: pita \xc2\xb7 10 %" in made["csv"] and b"# column z: [arcsec] a size" in made["csv"]

    ecsv = Table.read(io.BytesIO(made["ecsv"]), format="ascii.ecsv")
    assert ecsv.meta["fingerprint"] == "f00" and ecsv["z"].unit == "arcsec" and ecsv["z"].description == "a size"

    header = fits.open(io.BytesIO(made["fits"]))[1].header
    assert (header["DATASET"], header["FPRINT"], header["RUNNAME"]) == ("made", "f00", "pita - 10 %")
    found = {header[f"TTYPE{i}"]: (header.get(f"TUNIT{i}"), header.get(f"TCOMM{i}")) for i in range(1, 11)}
    assert found["z"] == ("arcsec", "a size") and found["small"][0] == "yr-1" and found["nothing"][0] == "bananas"
    assert found["flag"] == (None, "the flag - 1sigma")

    document = parse(io.BytesIO(made["votable"]))
    assert {info.name: info.value for info in document.infos}["run_name"] == "pita · 10 %"
    fields = {field.name: field for field in document.get_first_table().fields}
    assert str(fields["z"].unit) == "arcsec" and fields["z"].description == "a size"

    schema = pq.read_schema(io.BytesIO(made["parquet"]))
    assert json.loads(schema.metadata[b"photoz"]) == ABOUT
    assert schema.field("z").metadata == {b"unit": b"arcsec", b"label": b"z", b"description": b"a size"}


def test_sky_positions_are_told_to_topcat_by_their_ucd():
    frame = pd.DataFrame({"ra": [1.0], "dec": [2.0], "mag_F160W": [3.0]})
    columns = {"ra": Column(kind="position"), "dec": Column(kind="position"), "mag_F160W": Column(kind="magnitude")}
    document = parse(io.BytesIO(to_bytes(Export(frame, columns, ABOUT), "votable")))
    ucds = [field.ucd for field in document.get_first_table().fields]
    assert ucds == ["pos.eq.ra;meta.main", "pos.eq.dec;meta.main", "phot.mag"]


# --- of a run -----------------------------------------------------------------------------------------------------


@pytest.fixture
def parts(trained_home):
    """A dataset and a done run on it that predicts."""
    run = next(run for run in list_runs(trained_home) if run.recipe.name == "tiny_mlp")
    return Dataset(trained_home.dataset("tiny")), run


def test_a_run_adds_predictions_map_and_latents_row_by_row(parts):
    dataset, run = parts
    rows = np.array([7, 3, 50])
    export = gather(dataset, run, rows, "pca", latents=True)
    frame = export.frame
    for i, row in enumerate(rows):
        assert frame["object_id"][i] == dataset.object_id[row] and frame["split"][i] == dataset.split[row]
        assert frame["z_phot"][i] == run.predictions["z_phot"].iloc[row]
        assert (frame["pca_x"][i], frame["pca_y"][i]) == tuple(run.projection("pca")[row])
        latents = [frame[name][i] for name in frame if name.startswith("latent_")]
        np.testing.assert_array_equal(latents, run.latents[row])
    assert set(export.columns) == set(frame) and export.columns["z_phot"].kind == "redshift"
    about = export.about
    assert (about["dataset"], about["fingerprint"], about["run"]) == ("tiny", dataset.meta.fingerprint, run.id)
    for form in FORMATS:
        assert len(read(to_bytes(export, form), form)) == 3


def test_without_a_run_the_catalog_goes_out(parts):
    export = gather(parts[0])
    assert len(export.frame) == 120 and set(export.frame) == {*parts[0].catalog, "split"}
    assert "run" not in export.about


def test_what_cannot_be_exported_says_why(parts, home, tmp_path):
    dataset, run = parts
    for call, message in [
        (lambda: gather(dataset, run, np.zeros(0, int)), "the selection is empty"),
        (lambda: gather(dataset, run, projection="sammon"), "unknown projection 'sammon'; known: pca"),
        (lambda: rows_of(dataset, ["g001", "nobody", "none"]), "2 of 3 ids are not in dataset 'tiny': nobody, none"),
        (lambda: to_bytes(gather(dataset), "xlsx"), "unknown format 'xlsx'; known: csv, ecsv, fits, parquet, votable"),
        (lambda: read_ids(tmp_path / "none.txt"), "cannot read ids from"),
        (lambda: save(gather(dataset), "csv", tmp_path / "no" / "a.csv"), "cannot write"),
    ]:
        with pytest.raises(PhotozError, match=message.replace("(", r"\(")):
            call()
    assert list(tmp_path.glob("**/*.csv")) == list(tmp_path.glob(".partial*")) == []


def test_a_table_too_wide_for_fits_is_refused():
    frame = pd.DataFrame(np.zeros((1, 1000)), columns=[f"c{i}" for i in range(1000)])
    with pytest.raises(PhotozError, match="1,000 columns, FITS takes 999; leave out the latents or choose Parquet"):
        to_bytes(Export(frame, {name: Column() for name in frame}, ABOUT), "fits")


def test_a_run_that_is_not_done_or_of_another_dataset_is_refused(other, parts):
    dataset, run = Dataset(other.dataset("tiny")), list_runs(other)[0]
    (run.folder / "done.json").unlink()
    with pytest.raises(PhotozError, match="it can be exported once it is done"):
        gather(dataset, Run(run.folder))
    changed = Run(parts[1].folder)
    changed.info = changed.info | {"dataset": "other"}
    with pytest.raises(PhotozError, match="has changed since run"):
        gather(parts[0], changed)


def test_file_names_hold_nothing_that_leads_elsewhere():
    assert file_name("candels-mock", "../../etc/passwd", "", suffix="csv") == "candels-mock--..-..-etc-passwd.csv"
    assert file_name("../x", suffix="fits") == "x.fits"
    assert "/" not in file_name("a/b", "σ · 10 %", suffix="vot")


@pytest.mark.parametrize(
    ("name", "form", "wanted"),
    [("a.fits", None, "fits"), ("a.VOT", None, "votable"), ("a.votable", None, "votable"), ("a.txt", "csv", "csv")],
)
def test_the_suffix_says_the_format(tmp_path, name, form, wanted):
    assert format_of(tmp_path / name, form) == wanted


# --- the command line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_writes_the_objects_asked_for(photoz, trained_home, parts, tmp_path, form):
    ids, out = tmp_path / "ids.txt", tmp_path / "some.data"
    ids.write_text("g010\ng002\n\ng010\n")
    words = ("--format", form, "--out", str(out), "--ids", str(ids), "--latents", "--json")
    code, said, err = photoz(trained_home, "export", parts[1].id, *words)
    assert (code, err) == (0, "") and json.loads(said)["objects"] == 2
    found = read(out.read_bytes(), form)
    assert list(found["object_id"]) == ["g010", "g002"] and {"pca_x", "z_phot", "latent_0"} <= set(found)


def test_the_command_names_what_is_wrong_and_writes_nothing(photoz, trained_home, parts, tmp_path):
    run, ids = parts[1].id, tmp_path / "ids.txt"
    ids.write_text("g010\nstranger\n")
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    out = tmp_path / "out.fits"
    for words, message in [
        (["nobody", "--out", str(out)], "unknown run 'nobody'; known: "),
        ([run, "--out", str(tmp_path / "out.xlsx")], "unknown format 'xlsx'; known: csv, "),
        ([run, "--out", str(out), "--format", "excel"], "unknown format 'excel'"),
        ([run, "--out", str(out), "--ids", str(ids)], "1 of 2 ids are not in dataset 'tiny': stranger"),
        ([run, "--out", str(out), "--ids", str(empty)], "the selection is empty"),
        ([run, "--out", str(out), "--projection", "tsne"], "unknown projection 'tsne'; known: pca"),
        ([run, "--out", str(tmp_path)], "unknown format ''"),
        ([run, "--out", "/proc/out.fits"], "cannot write /proc/out.fits"),
    ]:
        code, said, err = photoz(trained_home, "export", *words)
        assert (code, said) == (1, "") and message in err and "Traceback" not in err, words
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.txt", "ids.txt"]
