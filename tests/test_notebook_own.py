"""explore(catalog, latents): a kernel's own table and array, without files of the user."""

import gc
import socket
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import torch

from dashboard import explore, notebook_own
from photoz_core.errors import PhotozError

COUNT = 40


@pytest.fixture(autouse=True)
def no_umap(monkeypatch):
    """No process beside the test, which would compile for a minute; the one test that wants it says so."""
    monkeypatch.setattr(notebook_own, "_make_umaps", lambda *arguments: [])


@pytest.fixture
def catalog():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({band: rng.normal(22, 1, COUNT) for band in "ugriz"})
    return table.assign(redshift=rng.uniform(0, 1, COUNT), kind=rng.choice(["a", "b"], COUNT))


@pytest.fixture
def latents():
    return np.random.default_rng(1).normal(size=(COUNT, 6))


def test_columns_are_guessed_as_an_import_does(catalog, latents):
    app = explore(catalog, latents)
    columns = app.state.data.meta.columns
    kinds = {name: columns[name].kind for name in columns}
    assert kinds["mag_z"] == "magnitude" and kinds["color_g_r"] == "color" and kinds["kind"] == "category"
    assert kinds["z_spec"] == "redshift" and app.state.data.bands == list("ugriz")
    assert np.allclose(app.state.data.column("z_spec"), catalog["redshift"])
    app.__panel__().get_root()
    app.select([3])
    assert app.ids == ["3"] and app.selection["mag_u"].item() == catalog["u"][3]


@pytest.mark.parametrize("kind", [np.float16, np.int32, torch.float32, torch.bfloat16])
def test_latents_of_any_number(catalog, latents, kind):
    values = torch.tensor(latents).to(kind) if isinstance(kind, torch.dtype) else (latents * 9).astype(kind)
    app = explore(catalog, values)
    wanted = values.float().numpy() if isinstance(values, torch.Tensor) else values.astype("f4")
    assert np.array_equal(app.state.current.latents, wanted)


def test_a_tensor_that_needs_a_gradient(catalog, latents):
    explore(catalog, torch.tensor(latents, requires_grad=True))


def test_pca_is_there_at_once_or_the_map_that_is_given(catalog, latents):
    app = explore(catalog, latents)
    assert app.state.projection == "pca"
    first = np.linalg.svd(latents - latents.mean(0), full_matrices=False)[2][:2]
    spread = np.abs((latents - latents.mean(0)) @ first.T)
    assert np.allclose(np.abs(app.state.positions), spread, atol=1e-4)
    given = explore(catalog, latents, projection=latents[:, 2:4])
    assert given.state.projection == "map" and np.allclose(given.state.positions, latents[:, 2:4])


def test_several_latents_are_several_runs(catalog, latents):
    app = explore(catalog, {"colors": latents, "half of them": latents[:, :3]})
    names = [run for run in app.state.param.run.names]
    assert {name.split(" · ")[0] for name in names} == {"colors", "half of them"}
    explore.compare(*app.state.param.run.objects, session=app).__panel__().get_root()


def test_images_have_the_catalogs_bands_or_their_own(catalog, latents):
    images = np.random.default_rng(2).random((COUNT, 5, 8, 8))
    app = explore(catalog, latents, images=images)
    assert app.state.data.bands == list("ugriz") and np.allclose(app.state.data.array("image"), images)
    assert explore(catalog, latents, images=images[:, :2]).state.data.bands == ["band1", "band2"]
    named = explore(catalog, latents, images=torch.tensor(images[:, :1]).half(), bands=["H"])
    assert named.state.data.bands == ["H"] and named.state.data.array("image").dtype == np.float16
    named.__panel__().get_root()


@pytest.mark.parametrize("place", ["column", "index"])
def test_ids_of_a_column_or_the_index(catalog, latents, place):
    named = catalog.assign(object_id=[f"g{i}" for i in range(COUNT)])
    app = explore(named if place == "column" else named.set_index("object_id"), latents)
    app.select(["g5"])
    assert app.selection["mag_r"].item() == catalog["r"][5]


def test_a_wrong_guess_is_put_right(catalog, latents):
    app = explore(catalog.rename(columns={"redshift": "zbest"}), latents, columns={"z_spec": "zbest"})
    assert np.allclose(app.state.data.column("z_spec"), catalog["redshift"])
    none = explore(catalog, latents, columns={"z_spec": ""})
    assert not none.state.data.is_labelled().any() and "redshift" in none.state.colorable()


UNKNOWN = {
    "words": ["a", None],
    "objects": np.array(["a", None], object),
    "string": pd.array(["a", None], "string"),
    "categories": pd.Categorical(["a", None]),
    "Int64": pd.array([1, None], "Int64"),
    "Float32": pd.array([1.5, None], "Float32"),
    "boolean": pd.array([True, None], "boolean"),
    "numbers": np.array([1.5, None], object),
    "decimals": np.array([Decimal("1.5"), None], object),
    "NA": np.array([1, pd.NA], object),
    "arrow": pd.array([1, None], "int64[pyarrow]"),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_is_unknown_is_unknown_whatever_pandas_calls_it(catalog, latents, kind):
    column = pd.concat([pd.Series(UNKNOWN[kind])] * (COUNT // 2), ignore_index=True)
    app = explore(catalog.assign(odd=column), latents)
    app.__panel__().get_root()
    for row in ("0", "1"):
        app.state.focus = row  # the card says the row
    values = app.state.values("odd")
    assert values.unknown == COUNT // 2
    assert values.classes == (("a",) if kind in ("words", "objects", "string", "categories") else ())


def test_a_band_of_objects_is_a_band(catalog, latents):
    holed = catalog.assign(g=[None, *catalog["g"][1:]], r=pd.array([None, *catalog["r"][1:]], "Float64"))
    app = explore(holed.astype({"g": object}), latents)
    assert app.state.data.bands == list("ugriz")
    assert np.isnan(app.state.data.column("mag_g")[0]) and np.isnan(app.state.data.column("color_g_r")[0])


@pytest.mark.parametrize("rows", [1, 2])
def test_one_row_is_a_map(catalog, latents, rows):
    app = explore(catalog[:rows], latents[:rows])
    app.__panel__().get_root()
    assert app.state.positions.shape == (rows, 2) and np.isfinite(app.state.positions).all()


def broken(catalog, latents, case):
    """Arguments of `explore` that are wrong in one way, and what must be said."""
    bad = latents.copy()
    bad[[3, 9], 0] = np.nan
    image = np.zeros((COUNT, 5, 8, 8))
    holed = image.copy()
    holed[4, 0, 0, 0] = np.inf
    twice = catalog.assign(object_id=["a"] * 2 + [f"g{i}" for i in range(COUNT - 2)])
    return {
        "length": ((catalog, latents[1:]), {}, r"latents: 39 rows, the catalog has 40"),
        "NaN": ((catalog, bad), {}, r"latents: 2 of 40 rows hold NaN.*rows 3, 9; leave them out"),
        "too large": ((catalog, latents * 1e300), {}, "too large"),
        "one dimension": ((catalog, latents[:, 0]), {}, r"shape \(40,\), expected \(N, D\)"),
        "no column": ((catalog, latents[:, :0]), {}, r"shape \(40, 0\)"),
        "a number": ((catalog, 3.0), {}, "a single number"),
        "words": ((catalog, latents.astype(str)), {}, "values of type <U.*expected numbers"),
        "ragged": ((catalog, [[1.0], [1.0, 2.0]]), {}, "latents: no array"),
        "duplicates": ((twice, latents), {}, "1 duplicates, e.g. a in rows 0, 1; make the ids unique"),
        "empty": ((catalog[:0], latents[:0]), {}, "the catalog has no rows"),
        "no latents": ((catalog,), {}, "needs latents beside it"),
        "no table": ((catalog.to_numpy(), latents), {}, "a pandas DataFrame, not ndarray"),
        "map": ((catalog, latents), {"projection": latents}, r"projection: shape \(40, 6\), expected \(40, 2\)"),
        "gray images": ((catalog, latents), {"images": image[:, 0]}, r"images\[:, None\]"),
        "few images": ((catalog, latents), {"images": image[1:]}, "images: 39 rows"),
        "holes": ((catalog, latents), {"images": holed}, "array 'image': 1 rows hold NaN"),
        "bands": ((catalog, latents), {"images": image, "bands": ["H"]}, "1 bands are named, the images have 5"),
        "column": ((catalog, latents), {"columns": {"z_spec": "nope"}}, "no column 'nope'"),
        "column twice": ((pd.concat([catalog, catalog[["u"]]], axis=1), latents), {}, "the column 'u' twice"),
        "no latents at all": ((catalog, {}), {}, "needs latents beside it"),
        "masked": ((catalog, np.ma.array(latents, mask=latents > 2)), {}, "rows hold NaN"),
        "option": ((catalog, latents), {"pictures": image}, "unknown option 'pictures'; known: .*images"),
        "run": ((catalog, latents), {"run": "typo"}, "unknown run 'typo'"),
        "words for redshifts": ((catalog.assign(redshift="far"), latents), {}, "holds text such as 'far'"),
    }[case]


CASES = (
    "length", "NaN", "too large", "one dimension", "no column", "a number", "words", "ragged", "duplicates", "empty",
    "no latents", "no table", "map", "gray images", "few images", "holes", "bands", "column", "column twice",
    "words for redshifts", "no latents at all", "masked", "option", "run",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_told(catalog, latents, case, tmp_path, monkeypatch):
    monkeypatch.setattr(notebook_own.tempfile, "tempdir", str(tmp_path))
    arguments, options, said = broken(catalog, latents, case)
    with pytest.raises(PhotozError, match=said):
        explore(*arguments, **options)
    assert list(tmp_path.iterdir()) == []  # nothing half-made stays


def test_odd_columns_do_no_harm(catalog, latents):
    odd = catalog.assign(nothing=np.nan, when=pd.Timestamp("2020-01-01"), mixed=[1, "a"] * 20, true=True)
    odd[7] = np.arange(COUNT)
    app = explore(odd, latents)
    app.__panel__().get_root()
    assert {"when", "mixed", "true", "7"} <= set(app.state.data.catalog)


def test_the_temporary_home_goes_with_what_shows_it(catalog, latents):
    app = explore(catalog, latents)
    folder = app.state.home.path
    assert folder.is_dir()
    linked = explore.map(session=app)
    del app
    gc.collect()
    assert folder.is_dir() and linked.state.positions is not None
    del linked
    gc.collect()
    assert not folder.exists()


def test_homes_of_killed_kernels_are_swept(catalog, latents, tmp_path, monkeypatch):
    monkeypatch.setattr(notebook_own.tempfile, "tempdir", str(tmp_path))
    first = explore(catalog, latents)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    mine = f"photoz-{socket.gethostname()}-"
    names = [f"{mine}{gone.pid}-abc", f"photoz-elsewhere-{gone.pid}-abc", f"{mine}notes"]
    for name in names:
        (tmp_path / name / "runs").mkdir(parents=True)
    second = explore(catalog, latents)
    assert {path.name for path in tmp_path.iterdir()} == {
        *names[1:],
        first.state.home.path.name,
        second.state.home.path.name,
    }
