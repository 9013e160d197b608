"""How the mock survey draws and measures: against GalSim, closed forms and known fluxes."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from photoz_core.simulate import _draw, _measure, _sed, _survey

galsim = pytest.importorskip("galsim")
BANDS = _sed.BANDS
DISK, BULGE = 1, 0


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def view():
    return _draw.camera(64)


@pytest.fixture(scope="module")
def table():
    return _sed.flux_table(3.5)


def shapes(n, r_disk, q=1.0, r_bulge=0.2, pa=0.0):
    columns = {"r_bulge": r_bulge, "q_bulge": 0.8, "r_disk": r_disk, "q_disk": q, "pa": pa}
    return pd.DataFrame(columns, index=range(n))


def single(flux, component=DISK):
    """Fluxes (n, 3, 4) with all the light in one component."""
    result = np.zeros((len(flux), 3, len(BANDS)))
    result[:, component] = flux
    return result


@pytest.mark.parametrize("kind", range(4))
@pytest.mark.parametrize("z", [0.0, 0.7, 1.93, 2.6])
def test_magnitudes_equal_galsim(table, kind, z):
    """GalSim redshifts photons per wavelength, N(λ / (1 + z)), so its f_ν at fixed rest V grows with 1 + z."""
    flat = galsim.SED(lambda wave: 3631e-23, "nm", "fnu")  # AB magnitude 0
    sed = galsim.SED(f"{_sed.TEMPLATES[kind][0]}.sed", "Ang", "flambda").withFluxDensity(flat(550), 550)
    passbands = [galsim.Bandpass(name, "nm").withZeropoint("AB") for name in _sed.BANDPASSES.values()]
    expected = [sed.atRedshift(z).calculateMagnitude(band) for band in passbands]
    ratio = table(np.array([z]), np.zeros(1), np.array([float(kind)]))[0]
    assert -2.5 * np.log10(ratio * (1 + z)) == pytest.approx(expected, abs=0.003)


def test_dusty_magnitudes_equal_galsim(table):
    flat = galsim.SED(lambda wave: 3631e-23, "nm", "fnu")
    dust = galsim.SED(lambda wave: 10 ** (-0.4 * 1.3 * _sed.calzetti(np.asarray(wave))), "nm", "1")
    sed = (galsim.SED("CWW_Scd_ext.sed", "Ang", "flambda").withFluxDensity(flat(550), 550) * dust).atRedshift(1.4)
    expected = [
        sed.calculateMagnitude(galsim.Bandpass(name, "nm").withZeropoint("AB")) for name in _sed.BANDPASSES.values()
    ]
    ratio = table(np.array([1.4]), np.array([1.3]), np.array([2.0]))[0]
    assert -2.5 * np.log10(ratio * 2.4) == pytest.approx(expected, abs=0.01)


def test_attenuation_is_calzetti():
    # Calzetti et al. (2000): k(V) = 4.05, and E(B − V) = 1 lies between B and V.
    assert 4.05 * _sed.calzetti(np.array([550.0]))[0] == pytest.approx(4.05, abs=0.02)
    assert 4.05 * np.diff(_sed.calzetti(np.array([550.0, 440.0])))[0] == pytest.approx(1.0, abs=0.06)


def test_the_4000_angstrom_break_moves_through_the_bands(table):
    z = np.arange(0.1, 3.5, 0.01)
    magnitude = -2.5 * np.log10(table(z, np.zeros_like(z), np.ones_like(z)))
    peaks = z[np.argmax(-np.diff(magnitude, axis=1), axis=0)]
    bands = [(470, 720), (700, 960), (1100, 1400), (1400, 1700)]  # nm
    for peak, (start, _), (_, end) in zip(peaks, bands, bands[1:], strict=False):
        assert start < 400 * (1 + peak) < end  # the break lies in the pair when their color is reddest
    assert (np.diff(peaks) > 0.5).all()


def test_drawing_equals_galsim(view):
    frame = shapes(1, r_disk=0.35, q=0.4, r_bulge=0.12, pa=0.7)
    flux = single(np.full((1, 4), 2.0)) + single(np.full((1, 4), 1.0), BULGE)
    drawn = view.draw(frame, flux, np.random.default_rng(3))[0]
    offset = np.random.default_rng(3).uniform(-0.5, 0.5, 2)
    angle = 0.7 * galsim.radians
    disk = galsim.Exponential(half_light_radius=0.35 * np.sqrt(0.4), flux=2.0).shear(q=0.4, beta=angle)
    bulge = galsim.DeVaucouleurs(half_light_radius=0.12 * np.sqrt(0.8)).shear(q=0.8, beta=angle)
    for image, fwhm in zip(drawn, _draw.PSF_FWHM.values(), strict=True):
        scene = galsim.Convolve(disk + bulge, galsim.Moffat(beta=_draw.MOFFAT_BETA, fwhm=fwhm))
        expected = scene.drawImage(nx=64, ny=64, scale=0.06, offset=tuple(offset), method="no_pixel").array
        assert np.abs(image - expected).max() < 1e-3 * expected.max()


def test_knots_share_the_flux_and_the_plane_of_the_disk(view):
    n, q = 60, 0.25
    image = view.draw(shapes(n, 0.4, q), single(np.ones((n, 4)), 2), np.random.default_rng(0))[:, 0]
    assert np.median(image.sum((1, 2))) == pytest.approx(1, abs=0.05)
    y, x = np.mgrid[:64, :64] - 31.5
    spread = [np.sqrt((image * axis**2).sum((1, 2)).clip(0).mean()) for axis in (x, y)]
    assert spread[1] < 0.6 * spread[0]


def test_point_source_is_the_moffat_profile(view):
    """I(r) = (β − 1) / (π a²) (1 + r²/a²)^−β, whose FWHM is 2 a √(2^(1/β) − 1)."""
    image = view.draw(shapes(1, 1e-4), single(np.ones((1, 4))), np.random.default_rng(1))[0]
    x0, y0 = 31.5 + np.random.default_rng(1).uniform(-0.5, 0.5, 2)
    y, x = np.mgrid[:64, :64]
    beta = _draw.MOFFAT_BETA
    for stamp, fwhm in zip(image, _draw.PSF_FWHM.values(), strict=True):
        a = fwhm / 2 / np.sqrt(2 ** (1 / beta) - 1) / 0.06
        profile = (beta - 1) / (np.pi * a**2) * (1 + ((x - x0) ** 2 + (y - y0) ** 2) / a**2) ** -beta
        assert np.abs(stamp - profile).max() < 2e-3 * profile.max()


def test_measured_fwhm_of_a_star_is_that_of_the_psf(view):
    n, rng = 50, np.random.default_rng(2)
    noise = np.full((n, 4), 1e-3)
    image = view.draw(shapes(n, 1e-4), single(np.full((n, 4), 10.0)), rng)
    measured = _measure.photometer(view).measure(image + rng.normal(0, 1e-3, image.shape).astype(np.float32), noise)
    assert measured["fwhm"] == pytest.approx(0.19, rel=0.01)
    assert measured["flux"] == pytest.approx(10.0, rel=0.02)


def test_adaptive_moments_equal_hsm(view):
    radii = np.geomspace(0.01, 0.6, 8)
    image = view.draw(shapes(8, radii), single(np.ones((8, 4))), np.random.default_rng(0))[:, _measure.DETECTION]
    sigma, center = _measure.adaptive_moments(image, 1.5)
    for stamp, width, (x, y) in zip(image, sigma, center, strict=True):
        peer = galsim.hsm.FindAdaptiveMom(galsim.Image(stamp.astype(float)))
        assert width == pytest.approx(peer.moments_sigma, rel=2e-3)
        assert (x + 1, y + 1) == pytest.approx((peer.moments_centroid.x, peer.moments_centroid.y), abs=0.01)


def test_photometry_is_unbiased_within_its_errors(view):
    n, rng = 300, np.random.default_rng(4)
    frame = shapes(n, rng.uniform(0.08, 0.4, n), rng.uniform(0.4, 1, n), pa=rng.uniform(0, np.pi, n))
    flux = 10 ** rng.uniform(0, 1, (n, 4))
    noise = np.full((n, 4), 2e-3)
    image = view.draw(frame, single(flux), rng) + rng.normal(0, 2e-3, (n, 4, 64, 64))
    measured = _survey.photometry(_measure.photometer(view).measure(image.astype(np.float32), noise))
    true = 23.9 - 2.5 * np.log10(flux)
    for b in range(3):
        error = np.hypot(measured[f"mag_err_{BANDS[b]}"], measured[f"mag_err_{BANDS[b + 1]}"])
        pull = (measured[f"color_{BANDS[b]}_{BANDS[b + 1]}"] - (true[:, b] - true[:, b + 1])) / error
        assert abs(pull.mean()) < 0.25
        assert 0.5 < pull.std() < 1.2
    residual = np.stack([measured[f"mag_{band}"] for band in BANDS], axis=1) - true
    assert np.abs(np.median(residual, axis=0)).max() < 0.03
