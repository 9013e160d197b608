"""The S-PLUS mock as a dataset: its contract, its classes, its photometry, and that a seed makes the same sample."""

import math

import numpy as np
import pytest

from photoz_core.columns import photometry_columns
from photoz_core.dataset_writer import validate
from photoz_core.errors import PhotozError
from photoz_core.simulate._splus_bands import BANDS, DEPTH
from photoz_core.simulate._splus_survey import cells, survey
from photoz_core.simulate.splus import CHUNK, Config, simulate

pytest.importorskip("galsim")
N = 300


@pytest.fixture(scope="module")
def roles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("splus")
    return {role: simulate(folder / role, Config(n=N, role=role, seed=4)) for role in ("pretext", "sg", "sgq")}


def test_it_keeps_the_contract_of_labelled_images(roles):
    for role, dataset in roles.items():
        image, meta = dataset.array("image"), dataset.meta
        assert validate(dataset) == [] and image.shape == (N, 3, 32, 32) and image.dtype == np.float16
        assert image.min() >= 0 and image.max() <= 1
        assert (meta.bands, meta.label, meta.simulated) == (["B", "G", "R"], "class", True)
        assert meta.columns["class"].kind == "category" and set(photometry_columns(list(BANDS))) <= set(dataset.catalog)
        assert meta.provenance["options"]["role"] == role and "published" not in meta.provenance
        hidden = {name for name, column in meta.columns.items() if column.truth}
        assert hidden == {name for name in dataset.catalog if name.startswith("true_")}


def test_shares_of_the_classes_are_the_published_ones(roles):
    true = {role: dataset.column("true_class") for role, dataset in roles.items()}
    assert (roles["pretext"].column("class") == "").all() and len(set(true["pretext"])) > 1
    for role in ("sg", "sgq"):
        assert (roles[role].column("class") == true[role]).all()
    assert (true["sg"] == "star").mean() == pytest.approx(27981 / 50090, abs=0.01) and "quasar" not in true["sg"]
    for name in ("star", "galaxy", "quasar"):
        assert (true["sgq"] == name).mean() == pytest.approx(1 / 3, abs=0.01)


def test_the_pretext_has_precise_magnitudes_only_and_says_how_many_were_tried(roles):
    errors = np.stack([roles["pretext"].column(f"mag_err_{band}") for band in BANDS])
    assert errors.max() <= 0.1 and errors.min() >= 0.01
    assert 0.02 < roles["pretext"].meta.provenance["kept_share"] < 0.5
    faint = np.stack([roles["sgq"].column(f"mag_err_{band}") for band in BANDS])
    assert not (faint <= 0.1).all() and roles["sgq"].meta.provenance["kept_share"] == 1
    assert np.nanmedian(roles["sgq"].column("mag_r")) > np.nanmedian(roles["sg"].column("mag_r")) + 1


def test_roles_share_no_id_and_no_place(roles):
    ids = [set(dataset.object_id) for dataset in roles.values()]
    assert len(set.union(*ids)) == 3 * N
    ra, dec = (np.concatenate([dataset.column(name) for dataset in roles.values()]) for name in ("ra", "dec"))
    assert len(set(zip(ra, dec, strict=True))) == 3 * N and np.abs(dec).max() < 1.4
    assert ((ra < 60) | (ra > 300)).all()


def test_errors_follow_the_depths_and_noise_follows_the_errors(roles):
    dataset = roles["sg"]
    for row in np.flatnonzero(dataset.column("class") == "star")[:40]:
        for band, depth in zip(BANDS, DEPTH, strict=True):
            flux = 10 ** (0.4 * (23.9 - dataset.column(f"mag_{band}")[row]))
            noise = 10 ** (0.4 * (23.9 - depth)) / 5 * dataset.column("true_seeing")[row] / 1.25
            expected = math.hypot(2.5 / math.log(10) * noise / flux, 0.01)
            found = dataset.column(f"mag_err_{band}")[row]
            assert found == pytest.approx(expected, rel=1e-9) or math.isnan(found)
    bright = dataset.column("mag_err_r") < 0.05
    pull = ((dataset.column("mag_r") - dataset.column("true_mag_r")) / dataset.column("mag_err_r"))[bright]
    assert abs(pull.mean()) < 0.2 and pull.std() == pytest.approx(1, abs=0.12)
    np.testing.assert_allclose(dataset.column("color_g_F515"), dataset.column("mag_g") - dataset.column("mag_F515"))


def test_stars_have_the_seeings_width_and_galaxies_more(roles):
    dataset = roles["sgq"]
    ratio, kind = dataset.column("fwhm") / dataset.column("true_seeing"), dataset.column("class")
    assert np.median(ratio[kind == "star"]) == pytest.approx(1, abs=0.05)
    assert np.median(ratio[kind == "quasar"]) == pytest.approx(1, abs=0.05)
    assert np.median(ratio[kind == "galaxy"]) > 1.4
    elongated = dataset.column("ellipticity")
    assert np.median(elongated[kind == "galaxy"]) > 2 * np.median(elongated[kind == "star"])
    seeing = dataset.column("true_seeing")
    assert seeing.min() > 0.8 and seeing.max() < 1.8 and seeing.std() > 0.1


def test_brighter_objects_have_brighter_stamps(roles):
    dataset = roles["sg"]
    light = np.asarray(dataset.array("image"), float).mean(axis=(1, 2, 3))
    star = dataset.column("class") == "star"
    rank = [np.argsort(np.argsort(values)) for values in (-dataset.column("mag_r")[star], light[star])]
    assert np.corrcoef(*rank)[0, 1] > 0.9


def test_redshifts_are_those_of_labelled_galaxies_and_quasars(roles):
    z, kind, true = (roles["sgq"].column(name) for name in ("z_spec", "class", "true_z"))
    assert np.isnan(z[kind == "star"]).all() and np.isnan(true[kind == "star"]).all()
    assert np.abs((z - true) / (1 + true))[kind != "star"].max() < 0.003
    assert true[kind == "galaxy"].max() < 0.51 and np.median(true[kind == "quasar"]) > 0.8
    assert np.isnan(roles["pretext"].column("z_spec")).all()
    teff = roles["sgq"].column("true_teff")
    assert np.isfinite(teff[kind == "star"]).all() and np.isnan(teff[kind != "star"]).all()


def test_a_seed_makes_the_same_sample_and_another_does_not(tmp_path):
    first, again, other = (
        simulate(tmp_path / name, Config(n=20, seed=seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    np.testing.assert_array_equal(first.array("image"), again.array("image"))
    assert first.catalog.equals(again.catalog)
    assert not np.array_equal(first.array("image"), other.array("image"))


def test_a_chunk_is_the_same_in_any_process(roles):
    config = Config(n=N, role="sgq", seed=4)
    catalog, image, _ = survey(config).observe((range(CHUNK, N), cells(config)[CHUNK:]))
    np.testing.assert_array_equal(image, roles["sgq"].array("image")[CHUNK:])
    np.testing.assert_array_equal(catalog["mag_r"], roles["sgq"].column("mag_r")[CHUNK:])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 200_001}, "option 'n'"),
        ({"role": "rings"}, "unknown role 'rings'; known: pretext, sg, sgq"),
        ({"seeing_range": (1.6, 0.9)}, "option 'seeing_range'.*lower value first"),
        ({"depth": (20.0, 21.0)}, "option 'depth' has 2 values"),
        ({"shares": (0.5, 0.4, 0.2)}, "option 'shares' adds up to 1.1"),
        ({"max_error": 0.0}, "option 'max_error'"),
        ({"n": 1, "shares": (0.0, 1.0, 0.0), "depth": (18.0,) * 12, "max_error": 0.03}, "ask for more stars"),
    ],
)
def test_wrong_options_are_named_and_no_folder_is_left(tmp_path, options, message):
    with pytest.raises(PhotozError, match=message):
        simulate(tmp_path / "x", Config(**options))
    assert list(tmp_path.iterdir()) == []
