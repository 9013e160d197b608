"""The rest-frame grid, resampling onto it, and what is measured on spectra: against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.errors import PhotozError
from photoz_core.spectra import SPECTRUM_COLUMNS, Grid, grid_of, measure, norms, to_rest_grid, to_vacuum

GRID = Grid()
WAVE = GRID.wavelength
FINE = 10 ** np.arange(3.4, 4.1, 1e-4)  # SDSS's sampling, beyond both ends of the grid


def line(edges, center, sigma, width):
    """Mean over each pixel of a Gaussian of equivalent width `width` over a continuum of 1."""
    return width * np.diff(norm.cdf(edges, center, sigma)) / np.diff(edges)


def on_grid(wave, flux, error=None, mask=None, z=0.0, **options):
    return to_rest_grid(wave, flux, error, mask, z, GRID, **options)


def test_the_grid_is_even_in_the_logarithm_with_both_ends():
    assert len(WAVE) == 1000 and WAVE[0] == pytest.approx(3000) and WAVE[-1] == pytest.approx(8000)
    np.testing.assert_allclose(WAVE[1:] / WAVE[:-1], (8 / 3) ** (1 / 999))
    np.testing.assert_allclose(GRID.edges[1:] * GRID.edges[:-1], WAVE**2)
    assert Grid.from_dict(GRID.to_dict()) == GRID
    for wrong in ({"step": 0.0}, {"step": -1e-4}, {"count": 1}, {"start": np.nan}):
        with pytest.raises(PhotozError, match="at least 2 wavelengths"):
            Grid(**wrong)


def test_a_dataset_tells_its_grid(tmp_path, tiny_home):
    import pandas as pd

    with new_dataset(tmp_path / "s", Meta("s")) as writer:
        writer.add_array("spectrum", np.ones((2, 4), "f4"))
        writer.meta.arrays["spectrum"]["grid"] = Grid(3.5, 1e-3, 4).to_dict()
        writer.finish(pd.DataFrame({"object_id": ["a", "b"], "z_spec": [0.1, 0.2]}))
    assert grid_of(Dataset(tmp_path / "s")) == Grid(3.5, 1e-3, 4)
    with pytest.raises(PhotozError, match="'tiny' has no spectra"):
        grid_of(Dataset(tiny_home.dataset("tiny")))


@pytest.mark.parametrize("z", [0.0, 0.13])
def test_a_top_hat_keeps_its_integral(z):
    flux = (abs(FINE / (1 + z) - 5150) < 150).astype(float)
    rest = on_grid(FINE, flux, z=z)
    before = (flux * np.gradient(FINE)).sum()  # ∫ f_obs dλ_obs = ∫ f_rest dλ_rest
    assert not rest.mask.any()
    assert (rest.flux * np.diff(GRID.edges)).sum() == pytest.approx(before, rel=1e-3)
    assert rest.flux[(WAVE > 5010) & (WAVE < 5290)] == pytest.approx(1 + z)


def test_errors_go_down_with_the_square_root_of_the_pixels_put_together():
    rest = on_grid(FINE, np.ones(len(FINE)), np.full(len(FINE), 0.2))
    inner = slice(5, -5)
    ratio = GRID.step / 1e-4  # 4.26 pixels to one, two of them in part: a little more than 1 / √4.26
    assert (rest.error[inner] < 0.2 / np.sqrt(ratio - 1)).all() and (rest.error[inner] > 0.2 / np.sqrt(ratio + 1)).all()


def test_a_line_of_a_redshifted_galaxy_lies_at_its_vacuum_wavelength():
    z = 0.0873
    edges = 10 ** (np.arange(3.4, 4.1, 1e-4) - 0.5e-4)
    flux = 1 + line(edges, 6564.61 * (1 + z), 3 * (1 + z), 40 * (1 + z))
    rest = on_grid(FINE[:-1], flux, z=z)
    excess = rest.flux / (1 + z) - 1
    weight = np.where(abs(WAVE - 6564.61) < 60, excess, 0)
    assert (weight * WAVE).sum() / weight.sum() == pytest.approx(6564.61, abs=0.3)


@pytest.mark.parametrize(("air", "vacuum"), [(6562.80, 6564.61), (4861.33, 4862.68), (3933.66, 3934.78), (1900, 1900)])
def test_air_becomes_vacuum_as_morton_has_it(air, vacuum):
    assert to_vacuum(np.array([air]))[0] == pytest.approx(vacuum, abs=0.01)
    s2 = (1e4 / vacuum) ** 2  # Morton 1991, eq. 5: the index by vacuum wavelength
    index = 1 + 6.4328e-5 + 2.94981e-2 / (146 - s2) + 2.5540e-4 / (41 - s2)
    if air > 2000:
        assert vacuum / index == pytest.approx(air, abs=0.01)


def test_masked_and_bad_values_leave_gaps_and_do_not_leak():
    flux, error, mask = np.ones(len(FINE)), np.full(len(FINE), 0.1), np.zeros(len(FINE), bool)
    gap = (FINE > 4990) & (FINE < 5050)
    flux[gap], mask[gap] = 1e9, True
    bad = (FINE > 6000) & (FINE < 6040)
    error[bad] = 0
    flux[np.searchsorted(FINE, 7000)] = np.nan
    error[np.searchsorted(FINE, 7100)] = -1
    rest = on_grid(FINE, flux, error, mask)
    assert rest.bad == bad.sum() + 2
    assert rest.mask[(WAVE > 4995) & (WAVE < 5045)].all() and rest.mask[(WAVE > 6005) & (WAVE < 6035)].all()
    assert rest.mask.sum() < 45
    np.testing.assert_allclose(rest.flux[~rest.mask], 1)
    assert (rest.flux[rest.mask] == 0).all() and (rest.error[rest.mask] == 0).all()
    assert (rest.error[~rest.mask] > 0).all()


def test_beyond_the_data_the_grid_is_masked():
    seen = (FINE > 3800) & (FINE < 9200)
    rest = on_grid(FINE[seen], np.ones(seen.sum()), z=0.2)
    covered = (WAVE > 3800 / 1.2) & (WAVE < 9200 / 1.2)
    assert (rest.mask != covered).mean() > 0.995 and rest.error is None


@given(
    unit=st.sampled_from(["Angstrom", "AA", "nm", "um", "micron", "m"]), z=st.floats(0, 0.2), scale=st.floats(1e-3, 1e3)
)
@settings(max_examples=12, deadline=None)
def test_any_unit_of_length_and_flux_comes_to_the_same(unit, z, scale):
    from astropy import units

    wave = 10 ** np.arange(3.4, 4.1, 1e-3)
    flux = scale * (wave / 5000) ** -1.5
    length = (wave * units.AA).to_value(unit)
    nu = (flux * units.Unit("1e-17 erg / (Angstrom s cm2)")).to_value("uJy", units.spectral_density(wave * units.AA))
    expected = on_grid(wave, flux, z=z)
    seen = on_grid(length, nu, z=z, wavelength_unit=unit, flux_unit="uJy")
    np.testing.assert_allclose(seen.flux, expected.flux, rtol=1e-6)
    assert (seen.mask == expected.mask).all()


@given(text=st.text(min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_no_text_passes_for_a_unit_of_length_unless_it_is_one(text):
    from astropy import units

    try:
        known = units.Unit(text).is_equivalent("m")
    except (ValueError, TypeError):
        known = False
    if not known:
        with pytest.raises(PhotozError, match="wavelength unit"):
            on_grid(FINE, np.ones(len(FINE)), wavelength_unit=text)


ONES = np.ones(5)
RISING = np.linspace(4000, 4100, 5)


@pytest.mark.parametrize(
    ("wave", "flux", "options", "message"),
    [
        (RISING, np.ones(4), {}, r"my.dat: flux of shape \(4,\), wavelengths \(5,\)"),
        (RISING, ONES, {"error": np.ones(6)}, "error of shape"),
        (RISING, ONES, {"mask": np.ones(2, bool)}, "mask of shape"),
        (np.array([4000, 4010, 4010, 4020, 4030.0]), ONES, {}, "my.dat: wavelength 4010 in row 2 does not rise"),
        (np.array([4000, 4020, 4010, 4030, 4040.0]), ONES, {}, "wavelength 4010 in row 2"),
        (np.array([-1, 4020, 4030, 4040, 4050.0]), ONES, {}, "row 0"),
        (np.array([4000, np.nan, 4030, 4040, 4050.0]), ONES, {}, "row 1"),
        (RISING[:1], ONES[:1], {}, "needs 2 or more"),
        (RISING, ONES * np.nan, {}, "my.dat: no good value"),
        (RISING, ONES, {"mask": np.ones(5, bool)}, "no good value"),
        (RISING, ONES, {"error": np.zeros(5)}, "no good value"),
        (RISING, ONES, {"z": 3.0}, "do not overlap the grid"),
        (RISING, ONES, {"wavelength_unit": "nm"}, "do not overlap the grid"),
        (RISING, ONES, {"z": np.nan}, "redshift nan"),
        (RISING, ONES, {"z": -1.0}, "redshift -1"),
        (RISING, ONES, {"wavelength_unit": "furlongs"}, "wavelength unit 'furlongs'; use Angstrom"),
        (RISING, ONES, {"wavelength_unit": "s"}, "wavelength unit 's'"),
        (RISING, ONES, {"flux_unit": "kg"}, "flux unit 'kg'"),
        (RISING, ONES, {"flux_unit": "blah"}, "flux unit 'blah'"),
    ],
)
def test_bad_input_is_named(wave, flux, options, message):
    with pytest.raises(PhotozError, match=message):
        on_grid(wave, flux, name="my.dat", **options)


def test_the_break_of_a_step_is_its_height():
    nu = np.where(WAVE < 3980, 1.0, 1.7)  # f_ν, flat on both sides
    found = measured(nu / WAVE**2)
    assert found["d4000"] == pytest.approx(1.7)
    flat = measured(1 / WAVE**2)
    assert flat["d4000"] == pytest.approx(1) and flat["color_4400_5500"] == pytest.approx(0, abs=1e-9)
    assert measured(WAVE**0.0)["d4000"] == pytest.approx((4050 / 3900) ** 2, rel=1e-3)
    blue = 10 ** (-0.4 * 0.8)  # a color of 0.8 mag: the blue window is fainter
    assert measured(np.where(WAVE < 5000, blue, 1) / WAVE**2)["color_4400_5500"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("name", "center", "width"),
    [("ew_halpha", 6564.6, 25.0), ("ew_halpha", 6564.6, -3.0), ("ew_hbeta", 4862.7, 8.0), ("ew_oiii", 5008.2, 60.0)],
)
def test_a_lines_equivalent_width_is_its_own(name, center, width):
    slope = 1 + 0.3 * (WAVE - 6000) / 1000  # a sloping continuum drops out
    assert measured(slope * (1 + line(GRID.edges, center, 2.2, width)))[name] == pytest.approx(width, rel=0.03)
    assert measured(slope)[name] == pytest.approx(0, abs=1e-3)


def test_gaps_make_a_measurement_unknown_and_only_that():
    mask = np.zeros((1, len(WAVE)), bool)
    mask[0, (WAVE > 6540) & (WAVE < 6590)] = True
    flux = np.where(mask, 1e6, 1.0)
    found = measure(WAVE, flux, np.full(flux.shape, 0.05), mask)
    assert np.isnan(found["ew_halpha"][0]) and found["ew_hbeta"][0] == pytest.approx(0, abs=1e-6)
    assert found["snr"][0] == pytest.approx(20) and found["missing"][0] == pytest.approx(mask.mean())
    assert list(found) == list(SPECTRUM_COLUMNS)
    nothing = measure(WAVE, flux, None, np.ones_like(mask))
    assert nothing.pop("missing")[0] == 1 and all(np.isnan(value[0]) for value in nothing.values())


def test_a_norm_is_the_root_mean_square():
    assert norms(np.array([[3.0, 4.0], [-1.0, 1.0]])).tolist() == [np.sqrt(12.5), 1.0]
    with pytest.raises(PhotozError, match="spectrum 1: no flux"):
        norms(np.array([[1.0, 1.0], [0.0, 0.0]]))


def measured(flux):
    """Columns of one spectrum without gaps."""
    found = measure(WAVE, flux[None], np.ones((1, len(WAVE))), np.zeros((1, len(WAVE)), bool))
    return {name: value[0] for name, value in found.items()}
