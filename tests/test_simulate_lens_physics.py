"""Deflection and light of the lens simulator, against lenstronomy, closed forms and loops."""

import math

import numpy as np
import pytest
import torch

from photoz_core.simulate import _lens_light, _lens_mass
from photoz_core.simulate._lens_mass import PARAMETERS, deflection

ORACLE = "lenstronomy is the oracle of the lens simulator: pip install lenstronomy"
LOW = np.array([0.8, -0.5, -0.5, -0.15, -0.15, 1.5, -0.12, -0.12])
HIGH = np.array([1.8, 0.5, 0.5, 0.15, 0.15, 2.5, 0.12, 0.12])


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def systems(count, seed=0):
    return np.random.default_rng(seed).uniform(LOW, HIGH, (count, 8))


def plane(side=60, step=0.09):
    axis = (np.arange(side) - (side - 1) / 2) * step
    return [part.ravel() for part in np.meshgrid(axis, axis)]


def tensor(values):
    return torch.tensor(np.asarray(values), dtype=torch.float32)


def deflected(x, y, lens):
    return [part.double().numpy() for part in deflection(tensor(x), tensor(y), tensor(lens))]


def lens_model(lens):
    """Keywords of lenstronomy's EPL and SHEAR."""
    mass = dict(zip(PARAMETERS, lens.tolist(), strict=True))
    shear = {name: mass.pop(name) for name in ("gamma1", "gamma2")}
    return [mass, shear]


def test_deflection_equals_lenstronomy():
    LensModel = pytest.importorskip("lenstronomy.LensModel.lens_model", reason=ORACLE).LensModel
    lenses, (x, y) = systems(30), plane()
    found, model = deflected(x, y, lenses), LensModel(["EPL", "SHEAR"])
    for i, lens in enumerate(lenses):
        expected = model.alpha(x, y, lens_model(lens))
        error = np.hypot(found[0][i] - expected[0], found[1][i] - expected[1])
        size = np.hypot(*expected)
        assert np.sqrt((error**2).mean() / (size**2).mean()) < 1e-5
        assert error.max() < 1e-4 * size.max()


@pytest.mark.parametrize("gamma", [1.05, 2.0, 2.9])
@pytest.mark.parametrize("e", [0.0, 0.9])
def test_deflection_holds_far_beyond_the_ranges(gamma, e):
    LensModel = pytest.importorskip("lenstronomy.LensModel.lens_model", reason=ORACLE).LensModel
    lens, (x, y) = np.array([1.2, 0.6 * e, -0.8 * e, 0.02, 0.03, gamma, 0.0, 0.0]), plane()
    found, expected = deflected(x, y, lens[None]), LensModel(["EPL", "SHEAR"]).alpha(x, y, lens_model(lens))
    assert np.hypot(found[0][0] - expected[0], found[1][0] - expected[1]).max() < 2e-3 * np.hypot(*expected).max()


def test_isothermal_sphere_deflects_by_theta_e_towards_its_center():
    x, y = plane()
    alpha = deflected(x, y, np.array([[1.3, 0, 0, 0.1, -0.05, 2.0, 0, 0]]))
    radius = np.hypot(x - 0.1, y + 0.05)
    assert alpha[0][0] == pytest.approx(1.3 * (x - 0.1) / radius, abs=2e-6)
    assert alpha[1][0] == pytest.approx(1.3 * (y + 0.05) / radius, abs=2e-6)


@pytest.mark.parametrize("gamma", [1.5, 2.3])
def test_round_power_law_deflects_by_its_mass(gamma):
    """|α| = θ_E (r / θ_E)^(2−γ): the mean convergence within r is (r / θ_E)^(1−γ)."""
    x, y = plane()
    alpha = deflected(x, y, np.array([[0.9, 0, 0, 0, 0, gamma, 0, 0]]))
    assert np.hypot(alpha[0][0], alpha[1][0]) == pytest.approx(0.9 * (np.hypot(x, y) / 0.9) ** (2 - gamma), rel=2e-6)


def test_divergence_of_the_deflection_is_twice_the_convergence():
    """κ = (3−γ)/2 (θ_E / R)^(γ−1), R² = q x² + y²/q along the axes turned by atan2(e2, e1) / 2."""
    theta_e, e1, e2, gamma = 1.1, 0.2, -0.25, 1.8
    lens = torch.tensor([[theta_e, e1, e2, 0, 0, gamma, 0.05, 0.08]], dtype=torch.float64)
    x, y = (torch.tensor(part) for part in plane(24, 0.21))
    x, y, step = x + 0.037, y + 0.013, 1e-2
    right, left = (deflection(x + s, y, lens)[0] for s in (step, -step))
    above, below = (deflection(x, y + s, lens)[1] for s in (step, -step))
    found = ((right - left + above - below) / (4 * step)).numpy()[0]
    e, angle = math.hypot(e1, e2), math.atan2(e2, e1) / 2
    q = (1 - e) / (1 + e)
    u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    radius = (q * u**2 + v**2 / q).sqrt().numpy()
    kappa = (3 - gamma) / 2 * (theta_e / radius) ** (gamma - 1)
    far = radius > 0.5
    assert found[far] == pytest.approx(kappa[far], rel=5e-3)


def test_shear_is_linear_and_traceless():
    lens = np.array([[1.0, 0.1, 0.2, 0, 0, 2.1, 0, 0]] * 2)
    lens[1, -2:] = 0.07, -0.04
    x, y = plane()
    alpha_x, alpha_y = deflected(x, y, lens)
    assert alpha_x[1] - alpha_x[0] == pytest.approx(0.07 * x - 0.04 * y, abs=1e-6)
    assert alpha_y[1] - alpha_y[0] == pytest.approx(-0.04 * x - 0.07 * y, abs=1e-6)


def profiles(count, **ranges):
    rng = np.random.default_rng(2)
    return {name: rng.uniform(*limits, count) for name, limits in ranges.items()}


SHAPE = {"e1": (-0.5, 0.5), "e2": (-0.5, 0.5), "center_x": (-0.2, 0.2), "center_y": (-0.2, 0.2)}


@pytest.mark.parametrize(
    ("function", "peer", "ranges"),
    [
        (_lens_light.sersic, "SERSIC_ELLIPSE", {"R_sersic": (0.4, 4), "n_sersic": (0.5, 8)}),
        (
            _lens_light.core_sersic,
            "CORE_SERSIC",
            {"R_sersic": (0.1, 0.6), "n_sersic": (1, 4), "Rb": (0.01, 0.2), "gamma": (0, 0.8)},
        ),
    ],
)
def test_light_equals_lenstronomy(function, peer, ranges):
    LightModel = pytest.importorskip("lenstronomy.LightModel.light_model", reason=ORACLE).LightModel
    light, (x, y) = profiles(20, **ranges, **SHAPE), plane()
    found = function(tensor(x), tensor(y), {name: tensor(value) for name, value in light.items()}).numpy()
    for i in range(20):
        keywords = {name: value[i] for name, value in light.items()}
        expected = LightModel([peer]).surface_brightness(x, y, [{"amp": 1.0, **keywords}])
        bright = expected > 1e-6 * expected.max()
        assert found[i][bright] == pytest.approx(expected[bright], rel=2e-4)


def test_half_of_the_light_lies_within_the_half_light_radius():
    step, names = 0.02, ("R_sersic", "n_sersic", "e1", "e2", "center_x", "center_y")
    x, y = plane(1000, step)
    profile = dict(zip(names, tensor([0.8, 1.5, 0.2, -0.1, 0.0, 0.0]).unsqueeze(1), strict=True))
    light = _lens_light.sersic(tensor(x), tensor(y), profile)[0].numpy()
    norm = math.sqrt(1 - 0.05)
    radius = np.hypot((0.8 * x + 0.1 * y) / norm, (0.1 * x + 1.2 * y) / norm)
    assert light[radius < 0.8].sum() / light.sum() == pytest.approx(0.5, abs=0.005)


def test_the_series_is_that_of_the_hypergeometric_function():
    from scipy.special import hyp2f1

    e1, e2, gamma = (torch.tensor([[value]], dtype=torch.float64) for value in (0.45, -0.3, 2.2))
    table = _lens_mass._angular_table(e1, e2, gamma)[0].numpy()[::97]
    phi = (2 * np.pi * np.arange(_lens_mass.ANGLES + 1) / _lens_mass.ANGLES - np.pi)[::97]
    t, e = 1.2, math.hypot(0.45, 0.3)
    expected = np.exp(1j * phi) * hyp2f1(1, t / 2, 2 - t / 2, -e * np.exp(2j * phi))
    assert np.abs(table - expected).max() < 1e-9
