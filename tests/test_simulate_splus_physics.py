"""Bands, spectra, stamps and positions of the S-PLUS mock, against closed forms, loops and GalSim."""

import math

import numpy as np
import pytest
from scipy.spatial import cKDTree

from photoz_core.simulate import _splus_bands as bands
from photoz_core.simulate import _splus_quasars as quasars
from photoz_core.simulate import _splus_stamps as stamps
from photoz_core.simulate import _splus_stars as stars
from photoz_core.simulate import _splus_survey as survey
from photoz_core.simulate._splus_galaxies import nearby_galaxies, splus_table

galsim = pytest.importorskip("galsim")
B = bands.BANDS.index


def throughput(name, wave):
    """The box with soft edges, written out."""
    center, width = bands.FILTERS[name]
    soft = math.sqrt(2) * bands.SOFTNESS * width
    return math.erf((wave - center + width / 2) / soft) - math.erf((wave - center - width / 2) / soft)


def colors(flux, *pairs):
    return [-2.5 * np.log10(flux[..., B(a)] / flux[..., B(b)]) for a, b in pairs]


# --- bands and errors ---------------------------------------------------------------------------------------------


def test_a_flat_source_has_one_ab_magnitude_in_all_bands():
    np.testing.assert_allclose(bands.band_flux(np.full((2, len(bands.WAVE)), 7.0)), 7.0, rtol=1e-12)


def test_half_of_the_throughput_is_at_the_published_edges():
    for name, (center, width) in bands.FILTERS.items():
        middle = throughput(name, center)
        for edge in (center - width / 2, center + width / 2):
            assert throughput(name, edge) == pytest.approx(middle / 2, rel=1e-3), name
            assert bands.WAVE[0] + 100 < edge < bands.WAVE[-1] - 100


@pytest.mark.parametrize("temperature", [3500.0, 6000.0, 20000.0])
def test_colors_of_a_black_body_are_those_of_a_direct_integral(temperature):
    def mean(name):
        above = below = 0.0
        center, width = bands.FILTERS[name]
        for step in range(int(1.4 * width / 0.5)):
            wave = center - 0.7 * width + 0.5 * step
            weight = throughput(name, wave) / wave
            x = 1.438777e8 / (wave * temperature)
            above += weight * x**3 / math.expm1(x)
            below += weight
        return above / below

    flux = bands.band_flux(stars.planck(bands.WAVE, np.array([[temperature]])))[0]
    for blue, red in (("u", "g"), ("F378", "F395"), ("g", "r"), ("F515", "F660"), ("i", "z")):
        direct = -2.5 * math.log10(mean(blue) / mean(red))
        assert colors(flux, (blue, red))[0] == pytest.approx(direct, abs=0.003), (blue, red)


def test_a_point_source_at_the_depth_has_five_sigma_and_worse_in_worse_seeing():
    flux = 10 ** (0.4 * (23.9 - np.array(bands.DEPTH)))[None]
    error = bands.flux_error(bands.DEPTH, np.array([1.25, 2.5]))
    np.testing.assert_allclose(flux[0] / error[0], 5)
    np.testing.assert_allclose(error[1], 2 * error[0])
    magnitude, sigma = bands.magnitudes(flux, error[:1])
    np.testing.assert_allclose(magnitude[0], bands.DEPTH)
    np.testing.assert_allclose(sigma, math.hypot(1.0857362 / 5, 0.01), rtol=1e-6)
    assert np.isnan(bands.magnitudes(0.99 * error[:1], error[:1])[0]).all()


def test_depths_are_those_of_the_object_the_paper_prints():
    magnitude = (19.87, 19.93, 19.95, 19.42, 19.34, 19.16, 19.09, 18.96, 18.93, 18.82, 18.78, 18.80)
    printed = (0.04, 0.06, 0.09, 0.06, 0.05, 0.02, 0.04, 0.02, 0.02, 0.02, 0.03, 0.03)
    flux = 10 ** (0.4 * (23.9 - np.array(magnitude)))[None]
    _, sigma = bands.magnitudes(flux, bands.flux_error(bands.DEPTH, np.array([bands.SEEING])))
    np.testing.assert_allclose(sigma[0], printed, atol=0.005)


# --- spectra ------------------------------------------------------------------------------------------------------


def star_colors(temperature, white_dwarf=False, metals=0.6):
    spectrum = stars.stellar_spectra(np.array([temperature]), np.array([metals]), np.array([white_dwarf]))
    return np.array(colors(bands.band_flux(spectrum)[0], ("u", "g"), ("g", "r"), ("r", "i"), ("i", "z")))


def test_stars_run_along_the_locus_of_sdss():
    """Colors that spectral types have in SDSS, to a tenth or two (Covey et al. 2007)."""
    np.testing.assert_allclose(star_colors(5770), (1.35, 0.45, 0.12, 0.03), atol=0.12)  # G2
    np.testing.assert_allclose(star_colors(4400), (2.2, 1.05, 0.42, 0.22), atol=0.12)  # K5
    np.testing.assert_allclose(star_colors(3850), (2.5, 1.3, 0.65, 0.37), atol=0.2)  # M0
    np.testing.assert_allclose(star_colors(9700), (1.0, -0.22, -0.2, -0.15), atol=0.1)  # A0
    assert star_colors(10000, white_dwarf=True, metals=0)[0] < star_colors(10000)[0] - 0.3  # no jump to speak of
    red = np.array([star_colors(t)[2] for t in (4000, 3600, 3200, 2800)])
    assert (np.diff(red) > 0.2).all()  # TiO


def test_lines_of_a_quasar_have_their_equivalent_widths_at_rest():
    z, one = np.array([0.3]), np.ones(1)
    with_lines, without = (quasars.quasar_spectra(z, -0.44 * one, n * one, 0 * one)[0] for n in (1, 0))
    rest = bands.WAVE / 1.3
    inside = (rest > 4720) & (rest < 4935)
    found = np.sum((with_lines / without - 1)[inside]) * (bands.WAVE[1] - bands.WAVE[0]) / 1.3
    assert found == pytest.approx(46.2, rel=0.02)  # Hβ of Vanden Berk et al. (2001)


def test_the_continuum_of_a_quasar_has_its_slope():
    f = quasars.quasar_spectra(np.array([0.6]), np.array([-0.44]), np.zeros(1), np.zeros(1))[0]
    rest = bands.WAVE / 1.6
    a, b = np.searchsorted(rest, (4400, 4900))
    assert np.log(f[a] / f[b]) / np.log(rest[b] / rest[a]) == pytest.approx(-0.44, abs=0.01)
    a, b = np.searchsorted(rest, (5200, 6000))
    assert np.log(f[a] / f[b]) / np.log(rest[b] / rest[a]) == pytest.approx(-2.45, abs=0.02)


def test_hydrogen_absorbs_blueward_of_lyman_alpha_only_and_more_at_high_redshift():
    near, mid, far = quasars.hydrogen(np.array([0.5, 2.5, 3.5]))
    assert (near == 1).all()
    assert (mid[bands.WAVE > 1215.7 * 3.5] == 1).all() and (far[bands.WAVE < 911 * 4.5] < 0.45).all()
    at_alpha = np.searchsorted(bands.WAVE, 1180 * 3.5)
    assert mid[at_alpha] == pytest.approx(math.exp(-0.0036 * (bands.WAVE[at_alpha] / 1215.67) ** 3.46), rel=1e-6)
    assert far[at_alpha] < mid[at_alpha]


def test_galaxies_have_galsims_magnitudes():
    table = splus_table(0.5)
    wave = np.arange(325.0, 1030.0, 0.5)
    for kind, name in ((0.0, "CWW_E_ext"), (2.0, "CWW_Scd_ext")):
        sed = galsim.SED(f"{name}.sed", wave_type="Ang", flux_type="flambda").atRedshift(0.2)
        ratio = table(np.array([0.2]), np.zeros(1), np.array([kind]))[0]
        seen = []
        for band in bands.BANDS:
            curve = galsim.LookupTable(wave, [max(throughput(band, 10 * w) / 2, 0) for w in wave], interpolant="linear")
            seen.append(sed.calculateMagnitude(galsim.Bandpass(curve, "nm").thin(1e-6).withZeropoint("AB")))
        np.testing.assert_allclose(np.diff(-2.5 * np.log10(ratio)), np.diff(seen), atol=0.01)


def test_bright_galaxies_are_larger_than_faint_ones_and_within_the_limit():
    galaxies, flux = nearby_galaxies(20.0).draw(3000, np.random.default_rng(1))
    magnitude = 23.9 - 2.5 * np.log10(flux[:, :, B("r")].sum(axis=1))
    assert magnitude.max() < 20 and galaxies.z.min() >= 0.005 and galaxies.z.max() <= 0.51
    medians = [np.median(galaxies.r_half[(magnitude > m) & (magnitude < m + 1)]) for m in (16.5, 17.5, 18.5)]
    assert medians[0] > medians[1] > medians[2] > 0.5


# --- stamps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seeing", [0.9, 1.25, 1.6])
def test_a_star_has_its_flux_its_seeing_and_no_shape(seeing):
    flux = np.full((40, 1, 3), 100.0)
    image = stamps.draw(None, flux, np.full(40, seeing), np.random.default_rng(0))
    assert image.sum(axis=(2, 3)) == pytest.approx(100, rel=6e-3)
    fwhm, ellipticity = stamps.shapes(image[:, 1])
    assert np.median(fwhm) == pytest.approx(seeing, rel=0.02) and np.median(ellipticity) < 0.05


def test_a_flat_disk_is_larger_than_a_star_and_elongated():
    galaxies, _ = nearby_galaxies(18.0).draw(20, np.random.default_rng(0))
    galaxies = galaxies.assign(r_disk=2.5, r_bulge=1.0, q_disk=0.3, q_bulge=0.9)
    flux = np.tile(np.array([0.0, 500.0])[:, None], (20, 1, 3))
    image = stamps.draw(galaxies, flux, np.full(20, 1.2), np.random.default_rng(0))
    fwhm, ellipticity = stamps.shapes(image[:, 1])
    assert (fwhm > 1.8).all() and (ellipticity > 0.35).all()


def test_noise_of_the_sky_is_that_of_the_depth_and_bright_pixels_have_more():
    rng = np.random.default_rng(2)
    dark = stamps.observe(np.zeros((400, 3, 32, 32), np.float32), bands.DEPTH, rng)
    pixels = math.pi * (1.5 / 0.55) ** 2
    limit = 10 ** (0.4 * (23.9 - np.array([bands.DEPTH[B(b)] for b in "gri"])))
    np.testing.assert_allclose(5 * dark.std(axis=(0, 2, 3)) * math.sqrt(pixels), limit, rtol=0.01)
    np.testing.assert_allclose(dark.mean(axis=(0, 2, 3)), 0, atol=0.005)
    sky = 10 ** (0.4 * (23.9 - stamps.SKY)) * 0.55**2
    bright = stamps.observe(np.full((400, 3, 32, 32), 50.0, np.float32), bands.DEPTH, rng)
    np.testing.assert_allclose(bright.var(axis=(0, 2, 3)) / dark.var(axis=(0, 2, 3)), 1 + 50 / sky, rtol=0.02)


def test_one_stretch_keeps_brightness_and_color_visible():
    flux = np.array([10.0, 100.0, 1000.0])[:, None, None] * np.array([0.5, 1.0, 1.5])
    image = stamps.draw(None, flux, np.full(3, 1.2), np.random.default_rng(0))
    shown = stamps.color(image).astype(float)
    assert shown.shape == (3, 3, 32, 32) and shown.min() >= 0 and shown.max() <= 1
    light = (shown - shown[:, :, :1, :1]).sum(axis=(2, 3))
    assert (light[1] > 2 * light[0]).all() and (light[2] > 2 * light[1]).all()
    assert (np.diff(light, axis=1) > 0).all()  # blue, green, red of a red object


# --- the sky ------------------------------------------------------------------------------------------------------


def test_no_two_objects_of_any_roles_are_within_two_arcsec():
    crowd = np.arange(3000)
    rng = np.random.default_rng(0)
    tables = [survey.positions(crowd, role, rng) for role in range(3)]
    ra, dec = (np.radians(np.concatenate([table[name] for table in tables])) for name in ("ra", "dec"))
    points = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
    nearest = cKDTree(points).query(points, k=2)[0][:, 1] * 206264.8
    assert 2.0 < nearest.min() < 3.0
    last = survey.positions(np.array([survey.FIELDS * survey.PER_FIELD - 1]), 2, rng)
    assert last.field[0] == "STRIPE82-0168" and 0 < last.dec[0] < 1.4 and last.ra[0] < 60
