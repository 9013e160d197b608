"""The mock survey against GalSim, closed forms and its own truth."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from photoz_core import registry, simulate
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.simulate import _draw, _measure, _population, _sed, _survey, galaxies
from photoz_core.simulate.galaxies import Config

galsim = pytest.importorskip("galsim")
BANDS = _sed.BANDS
DISK, BULGE = 1, 0


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    """500 galaxies of one depth in all fields."""
    folder = tmp_path_factory.mktemp("home") / "datasets" / "candels-mock"
    return galaxies.simulate(folder, Config(n=500, depth_scatter=0.0))


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


def test_only_simulators_are_registered():
    assert registry.names(simulate) == ["galaxies"]


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


def test_pixels_have_the_noise_of_the_stated_depth(mock):
    small = np.flatnonzero(mock.column("fwhm") < 0.5)
    corners = mock.array("image")[small][:, :, :12, :12].astype(float)
    sky = corners.std(axis=(0, 2, 3))
    pixels = np.pi * 0.17**2 / 0.06**2
    assert 23.9 - 2.5 * np.log10(5 * sky * np.sqrt(pixels)) == pytest.approx([28.0, 27.8, 27.3, 27.2], abs=0.03)


def test_depth_scatters_between_fields():
    plan = _survey.survey(Config(n=500, depth_scatter=0.3, stamp=32))
    assert plan.depth.shape == (5, 4)
    assert 0.1 < plan.depth.std(axis=0).mean() < 0.5
    noise = _survey.pixel_noise(plan.depth)
    assert (noise[np.argmin(plan.depth[:, 0]), 0] == noise[:, 0].max()).all()


def test_catalog_tells_what_it_holds(mock):
    catalog, columns = mock.catalog, mock.meta.columns
    assert mock.meta.simulated and mock.meta.provenance["options"]["n"] == 500
    assert all(columns[name].label and columns[name].description for name in catalog)
    assert {name for name in catalog if columns[name].truth} == {name for name in catalog if name.startswith("true_")}
    assert (catalog["true_mag_F160W"] < 26).all() and catalog["true_z"].between(0, 3.5).all()
    np.testing.assert_allclose(
        catalog["color_F814W_F125W"], catalog["mag_F814W"] - catalog["mag_F125W"], equal_nan=True
    )
    missing = catalog[[f"mag_{band}" for band in BANDS]].isna().any(axis=1)
    assert (missing == catalog["flags"] % 2).all() and missing.mean() < 0.05


def test_measured_magnitudes_follow_the_truth(mock):
    bright = mock.catalog[mock.catalog["true_mag_F160W"].between(21, 24) & (mock.catalog["true_bulge_fraction"] < 0.3)]
    for band in BANDS:
        residual = bright[f"mag_{band}"] - bright[f"true_mag_{band}"]
        assert abs(residual.median()) < 0.08


def test_labels_are_the_brighter_part(mock):
    labelled = mock.is_labelled()
    assert labelled.mean() == pytest.approx(0.22, abs=0.06)
    assert np.median(mock.column("mag_F160W")[labelled]) < np.nanmedian(mock.column("mag_F160W")) - 1
    scatter = (mock.column("z_spec") - mock.column("true_z"))[labelled] / (1 + mock.column("true_z")[labelled])
    assert scatter.std() == pytest.approx(0.0005, rel=0.3)


def test_size_of_bulge_plus_disk():
    share, r_bulge, r_disk = np.array([0.0, 1.0, 0.4]), np.array([0.1, 0.1, 0.1]), np.array([0.5, 0.5, 0.3])
    radius = _population.half_light_radius(share, r_bulge, r_disk)
    assert radius[:2] == pytest.approx([0.5, 0.1], rel=1e-5)
    bulge, disk = galsim.Sersic(4, half_light_radius=0.1), galsim.Sersic(1, half_light_radius=0.3)
    inside = 0.4 * bulge.calculateIntegratedFlux(radius[2]) + 0.6 * disk.calculateIntegratedFlux(radius[2])
    assert inside == pytest.approx(0.5, abs=1e-3)


def test_mass_function_is_that_of_the_paper():
    # Leja et al. (2020): at z = 0.2 the parameters are the tabulated ones.
    log_mass, x = 10.2, 10 ** (10.2 - 10.79)
    expected = np.log(10) * np.exp(-x) * (10**-2.44 * x**0.72 + 10**-2.89 * x**-0.48)
    assert _population.mass_function(log_mass, 0.2) == pytest.approx(expected)


def test_population_is_as_dense_as_the_sky():
    people = _population.population(26.0, 3.5)
    assert people.density(np.random.default_rng(0)) == pytest.approx(120, rel=0.3)  # CANDELS: about 110 per arcmin²
    sample, flux = people.draw(3000, np.random.default_rng(1))
    assert len(sample) == len(flux) == 3000
    assert (_survey.total_magnitude(flux) < 26).all()


def test_population_is_cut_by_the_limit_alone():
    """The lightest galaxies proposed at a redshift are too faint to be kept: none is missed."""
    people, rng = _population.population(26.0, 3.5), np.random.default_rng(2)
    proposed = people._propose(40000, rng)
    kept = _survey.total_magnitude(people._flux(proposed, rng)) < 26
    for z in np.arange(0.25, 3.5, 0.5):
        near = (proposed.z - z).abs() < 0.02
        lightest = near & (proposed.log_mass < proposed.log_mass[near].quantile(0.02))
        assert lightest.sum() >= 2 and kept[lightest].mean() < 0.2


def test_same_sample_whatever_the_workers(tmp_path):
    config = Config(n=300, stamp=32, seed=5)
    one = galaxies.simulate(tmp_path / "one", config, workers=1)
    two = galaxies.simulate(tmp_path / "two", config, workers=2)
    pd.testing.assert_frame_equal(one.catalog, two.catalog)
    assert np.array_equal(one.array("image"), two.array("image"))
    assert (one.split == two.split).all()


def test_other_seed_other_sample(tmp_path):
    samples = [galaxies.simulate(tmp_path / str(s), Config(n=20, stamp=32, seed=s)) for s in (1, 2)]
    assert not np.isin(samples[0].column("true_z"), samples[1].column("true_z")).any()


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 1_000_001}, {"label_share": 1.5}, {"stamp": 63}])
def test_wrong_option_is_named_before_any_folder(tmp_path, wrong):
    with pytest.raises(PhotozError, match=next(iter(wrong))):
        galaxies.simulate(tmp_path / "mock", Config(**wrong))
    assert not list(tmp_path.iterdir())


def test_full_disk_is_named(tmp_path, monkeypatch):
    usage = type("usage", (), {"free": 10_000_000})
    monkeypatch.setattr(galaxies.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(PhotozError, match=r"need 32\.77 GB.*0\.01 GB free"):
        galaxies.simulate(tmp_path / "mock", Config(n=1_000_000))


def test_failure_leaves_nothing(tmp_path):
    def stop(done, total):
        raise RuntimeError("stopped by hand")

    home = Home(tmp_path)
    with pytest.raises(RuntimeError, match="by hand"):
        galaxies.simulate(home.new_dataset("mock"), Config(n=300, stamp=32), workers=1, progress=stop)
    assert home.dataset_names() == [] and not list(home.datasets.iterdir())


def test_killed_simulation_is_never_listed(tmp_path):
    home = Home(tmp_path)
    script = (
        "import os, signal, sys; from pathlib import Path; from photoz_core.simulate.galaxies import Config, simulate\n"
        "simulate(Path(sys.argv[1]), Config(n=300, stamp=32), 1, lambda done, n: os.kill(os.getpid(), signal.SIGKILL))"
    )
    done = subprocess.run([sys.executable, "-c", script, home.datasets / "mock"], check=False)
    assert done.returncode == -9
    assert home.dataset_names() == []
    galaxies.simulate(home.new_dataset("mock"), Config(n=20, stamp=32))
    assert [path.name for path in home.datasets.iterdir()] == ["mock"]  # the dead writer's part is swept
