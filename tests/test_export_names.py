"""Tables on their way out whose names and words no format has thought of."""

import io

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made_runs import made_run
from test_export import ABOUT, assert_same, odd_table, read

from dashboard import cache
from photoz_core.columns import Column
from photoz_core.dataset import Dataset
from photoz_core.export import FORMATS, Export, gather, to_bytes


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    words=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=6),
    names=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=3, unique=True),
)
@example(
    words=["a\x01b", "\x85", "\u2028", "\r\n", "\xa0", "\ufffe"], names=["a\nb", "a b", "", "\x01", "#c", "c" * 80]
)
@example(words=["x", "y"], names=["σ", "sigma", "SIGMA", "c" * 68, "c" * 69, "'" * 40, "\uffff"])
def test_whatever_letters_there_are_the_file_can_be_read(form, words, names):
    """Names become those of one line; words keep what a format has a place for, and numbers stay in their rows."""
    whole = odd_table(words)
    names = [name for name in names if name not in whole.frame]
    frame = whole.frame.assign(**{name: np.arange(len(words)) for name in names})
    found = read(to_bytes(Export(frame, whole.columns | {name: Column(name) for name in names}, ABOUT), form), form)
    assert found.shape == frame.shape and found.columns.is_unique
    own = found.iloc[:, : whole.frame.shape[1]]
    assert_same(own.drop(columns="name"), whole.frame.drop(columns="name"))
    for name in found.columns[own.shape[1] :]:
        assert found[name].tolist() == frame.iloc[:, list(found).index(name)].tolist()
    assert [letters(word) for word in found["name"]] == [letters(word) for word in words]


def letters(word: str) -> str:
    """A word without spaces and what is not for print."""
    return "".join(letter for letter in str(word) if letter.isprintable() and not letter.isspace())


def test_a_name_that_fits_has_no_place_for_is_cut_and_numbered_and_said_in_full():
    frame = pd.DataFrame(np.zeros((1, 4)), columns=["σ", "sigma", "c" * 80, "c" * 90])
    header = fits.open(io.BytesIO(to_bytes(Export(frame, {name: Column() for name in frame}, ABOUT), "fits")))[1].header
    assert [header[f"TTYPE{i}"] for i in range(1, 5)] == ["sigma", "sigma_2", "c" * 68, "c" * 66 + "_2"]
    assert header["TCOMM3"] == "c" * 80 and header["TCOMM4"] == "c" * 90


def test_a_catalogs_own_columns_stay_beside_those_of_a_run(home):
    path = home.dataset("tiny") / "catalog.parquet"
    catalog = pd.read_parquet(path)
    own = {"z_phot": np.linspace(0, 1, 120), "split": "mine", "pca_x": 7.0, "z_phot_catalog": 5.0, "delta_z": 9.0}
    catalog.assign(**own).to_parquet(path)
    toml = path.with_name("dataset.toml")
    toml.write_text(toml.read_text() + '\n[columns.z_phot]\nlabel = "published"\nunit = "arcsec"\n')
    run, dataset = made_run(home, "tiny_mlp", np.full(120, 3.0)), Dataset(path.parent)
    export = gather(dataset, run, np.arange(5), "pca")
    frame = export.frame
    assert (frame["z_phot"] == 3).all() and frame["split"].tolist() == dataset.split[:5].tolist()
    assert frame["z_phot_catalog_catalog"].tolist() == own["z_phot"][:5].tolist() and frame["z_phot_catalog"][0] == 5
    assert (frame["split_catalog"] == "mine").all() and (frame["pca_x_catalog"] == 7).all()
    np.testing.assert_array_equal(frame["pca_x"], run.projection("pca")[:5, 0])
    table = cache.table(home, "tiny", run.id)
    assert (table["z_phot"] == 3).all() and (table["delta_z_catalog"] == 9).all()
    np.testing.assert_array_equal(table["z_phot_catalog_catalog"], own["z_phot"])
