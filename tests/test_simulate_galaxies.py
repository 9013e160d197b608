"""The mock survey as a dataset: its population, its catalog against its truth, and how it is written."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from photoz_core import files, registry, simulate
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.simulate import _population, _sed, _survey, galaxies
from photoz_core.simulate.galaxies import Config

galsim = pytest.importorskip("galsim")
BANDS = _sed.BANDS


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    """500 galaxies of one depth in all fields."""
    folder = tmp_path_factory.mktemp("home") / "datasets" / "candels-mock"
    return galaxies.simulate(folder, Config(n=500, depth_scatter=0.0))


def test_only_simulators_are_registered():
    names = registry.names(simulate)
    assert "galaxies" in names
    assert all(callable(registry.load(simulate, name).simulate) for name in names)


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
    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: usage)
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
