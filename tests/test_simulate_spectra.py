"""Simulated spectra: their truth, their noise, their gaps, and that a seed makes the same sample."""

import numpy as np
import pytest

from photoz_core.dataset import Dataset
from photoz_core.dataset_writer import validate
from photoz_core.errors import PhotozError
from photoz_core.gaps import interpolate_gaps
from photoz_core.home import Home
from photoz_core.simulate._spectra_gas import GROUPS, line_ratios
from photoz_core.simulate._spectra_stars import AGES, stars
from photoz_core.simulate.spectra import Config, simulate
from photoz_core.spectra import SPECTRUM_COLUMNS, Grid, grid_of, measure

GRID = Grid()


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("sims") / "mock", Config(n=700, seed=3, outlier_share=0.2))


@pytest.fixture(scope="module")
def arrays(mock):
    names = "spectrum", "spectrum_error", "spectrum_mask", "spectrum_true"
    return tuple(np.array(mock.array(name)) for name in names)


def test_it_keeps_the_contract_of_spectra(mock, arrays):
    spectrum, error, mask, true = arrays
    assert validate(mock) == [] and grid_of(mock) == GRID and mock.bands == [] and mock.meta.label == "z_spec"
    assert {spectrum.shape, error.shape, mask.shape, true.shape} == {(700, 1000)}
    assert (spectrum.dtype, error.dtype, mask.dtype, true.dtype) == ("f4", "f4", "bool", "f4")
    np.testing.assert_allclose(np.sqrt(np.mean(spectrum.astype(float) ** 2, axis=1)), 1, rtol=1e-5)
    assert (error[mask] == 0).all() and (error[~mask] > 0).all()
    assert {"z_spec", "kind", "norm", *SPECTRUM_COLUMNS} <= set(mock.catalog)
    hidden = {name for name, column in mock.meta.columns.items() if column.truth}
    assert hidden == {name for name in mock.catalog if name.startswith("true_")}
    assert not hidden & set(mock.columns_of("redshift", "quantity", "color", "category"))


def test_columns_are_those_of_the_spectra(mock, arrays):
    found = measure(GRID.wavelength, *arrays[:3])
    for name in SPECTRUM_COLUMNS:
        np.testing.assert_allclose(mock.column(name), found[name], rtol=2e-3, atol=2e-3, equal_nan=True)


def test_noise_is_what_its_errors_say(mock, arrays):
    spectrum, error, mask, true = arrays
    clean = (mock.column("true_outlier") == "none")[:, None] & ~mask
    pull = (spectrum - true)[clean] / error[clean]
    assert abs(pull.mean()) < 0.01 and pull.std() == pytest.approx(1, abs=0.01)
    low, median, high = np.percentile(mock.column("snr"), [2, 50, 98])
    assert 3.5 < low < 9 and 15 < median < 22 and 35 < high < 66


def test_gaps_are_where_the_spectrograph_does_not_look(mock, arrays):
    mask = arrays[2]
    seen = GRID.wavelength * (1 + mock.column("z_spec")[:, None])
    outside = (seen < 3800) | (seen > 9200)
    assert mask[outside].all() and 0 < mask[~outside].mean() < 0.005
    np.testing.assert_allclose(mock.column("missing"), mask.mean(axis=1))


def test_the_fill_is_nearer_to_the_truth_than_straight_lines(mock, arrays):
    spectrum, _, mask, true = arrays
    gaps = mask & (mock.column("true_outlier") == "none")[:, None]
    fill = np.sqrt(np.mean((spectrum - true)[gaps] ** 2))
    assert fill < np.sqrt(np.mean((interpolate_gaps(spectrum, mask) - true)[gaps] ** 2)) / 2
    assert "iterative PCA" in mock.meta.provenance["notes"][0]


def test_indices_follow_age_and_star_formation(mock, arrays):
    clean = mock.column("true_outlier") == "none"
    age, d4000 = mock.column("true_log_age")[clean], mock.column("d4000")[clean]
    assert np.corrcoef(age, d4000)[0, 1] > 0.7
    kind, halpha = mock.column("kind"), mock.column("ew_halpha")
    assert np.nanmedian(halpha[kind == "star-forming"]) > 10 > 3 > np.nanmedian(halpha[kind == "quiescent"])
    old = np.median(mock.column("d4000")[kind == "quiescent"])
    assert 1.6 < old < 2.1 and np.median(mock.column("d4000")[kind == "star-forming"]) < 1.4


def test_outliers_are_what_they_are_called(mock, arrays):
    spectrum, error, mask, true = arrays
    outlier, z, true_z = (mock.column(name) for name in ("true_outlier", "z_spec", "true_z"))
    wrong = outlier == "wrong redshift"
    slip = np.abs(np.log10((1 + z) / (1 + true_z)))
    assert wrong.sum() > 20 and (slip[wrong] > 7.5 * GRID.step).all() and (slip[~wrong] < GRID.step / 2).all()
    assert (outlier != "none").mean() == pytest.approx(0.2, abs=0.05)
    worst = np.max(np.where(mask, 0, np.abs(spectrum - true) / np.where(mask, 1, error)), axis=1)
    assert np.median(worst[outlier == "sky residual"]) > 8 > np.median(worst[outlier == "none"])


def test_a_seed_makes_the_same_sample_and_another_does_not(tmp_path):
    first, again, other = (
        simulate(tmp_path / name, Config(n=12, seed=seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    np.testing.assert_array_equal(first.array("spectrum"), again.array("spectrum"))
    assert first.catalog.equals(again.catalog)
    assert not np.array_equal(first.array("spectrum"), other.array("spectrum"))
    assert "straight lines" in first.meta.provenance["notes"][0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "option 'n'"),
        ({"z_range": (0.2, 0.1)}, "option 'z_range'"),
        ({"snr_range": (30, 30)}, "lower value first"),
        ({"quiescent_share": 0.8, "agn_share": 0.3}, "more than 1"),
        ({"fill": "magic"}, "unknown fill 'magic'"),
        ({"window": (3800.0, 6000.0)}, "option 'window'"),
    ],
)
def test_wrong_options_are_named_before_any_folder_is_made(tmp_path, options, message):
    with pytest.raises(PhotozError, match=message):
        simulate(tmp_path / "x", Config(**options))
    assert list(tmp_path.iterdir()) == []


def test_photoz_data_simulate_makes_spectra(photoz, tmp_path):
    home = Home(tmp_path)
    code, out, _ = photoz(home, "data", "simulate", "--survey", "spectra", "--n", "5", "--options.agn_share=0")
    assert code == 0 and "spectra-mock" in out
    dataset = Dataset(home.dataset("spectra-mock"))
    assert len(dataset) == 5 and "AGN" not in dataset.column("kind")


def test_old_stars_have_a_break_and_metals_deepen_it():
    def break_of(metals):
        flux = stars(GRID)(np.eye(len(AGES)), np.full(len(AGES), metals), np.full(len(AGES), 150.0))
        assert (flux > 0).all()
        return measure(GRID.wavelength, flux, None, np.zeros(flux.shape, bool))["d4000"]

    solar = break_of(0.0)
    assert (np.diff(solar[2:]) > 0).all() and solar[0] < 1.1 and 1.6 < solar[-1] < 2.2
    assert break_of(1.0)[-1] > solar[-1] + 0.1


def test_dispersion_blurs_lines_but_keeps_the_light():
    light = np.eye(len(AGES))[[-1, -1, -1]]
    sharp, half, broad = stars(GRID)(light, np.zeros(3), np.array([0.0, 150.0, 300.0]))
    near = abs(GRID.wavelength - 3934.8) < 8
    assert sharp[near].min() < half[near].min() < broad[near].min()
    np.testing.assert_allclose(sharp[100:-100].sum(), broad[100:-100].sum(), rtol=1e-3)


def test_line_ratios_lie_where_galaxies_and_nuclei_do():
    agn = np.arange(4000) % 2 == 0
    oxygen = np.random.default_rng(0).uniform(8.0, 8.66, 4000)
    ratios = line_ratios(oxygen, agn, np.random.default_rng(1))
    assert set(ratios) == set(GROUPS) and all((value > 0).all() for value in ratios.values())
    assert all(sum(share for _, share in lines) == pytest.approx(1) for lines in GROUPS.values())
    x, y = np.log10(ratios["NII"]), np.log10(ratios["OIII"] / ratios["Hbeta"])
    kewley = (x < 0.47) & (y < 0.61 / (np.minimum(x, 0.46) - 0.47) + 1.19)  # Kewley et al. 2001, eq. 5
    kauffmann = (x < 0.05) & (y < 0.61 / (np.minimum(x, 0.04) - 0.05) + 1.3)  # Kauffmann et al. 2003, eq. 1
    assert not kewley[agn].any() and kauffmann[~agn].mean() > 0.97
    assert ratios["Hbeta"] == pytest.approx(1 / 2.86)
