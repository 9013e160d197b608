"""The linear probe against closed forms, scikit-learn and controls that must fail."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from photoz_core.metrics import latent
from photoz_core.metrics.latent import ALPHAS, linear_probe, linear_r2

RNG = np.random.default_rng(0)
TRAIN = np.arange(300) < 200
TEST = ~TRAIN


def sample(count=300, width=6, noise=1.0):
    """Latents of uneven scale and place, and a property that is linear in two of them."""
    latents = RNG.normal(size=(count, width)) * 10.0 ** RNG.uniform(-2, 2, width) + RNG.normal(0, 5, width)
    standard = (latents - latents.mean(0)) / latents.std(0)
    return latents, 3 + standard[:, 0] - 2 * standard[:, 1] + noise * RNG.normal(size=count)


@pytest.mark.parametrize("alpha", [1e-3, 30.0])
def test_with_one_penalty_it_is_the_closed_form(monkeypatch, alpha):
    monkeypatch.setattr(latent, "ALPHAS", np.array([alpha]))
    latents, values = sample()
    x = (latents - latents[TRAIN].mean(0)) / latents[TRAIN].std(0)
    y = values[TRAIN] - values[TRAIN].mean()
    weights = np.linalg.solve(x[TRAIN].T @ x[TRAIN] + alpha * np.eye(6), x[TRAIN].T @ y)
    np.testing.assert_allclose(linear_probe(latents, values, TRAIN), x @ weights + values[TRAIN].mean(), rtol=1e-9)


@pytest.mark.parametrize(("width", "noise"), [(6, 0.1), (6, 30.0), (150, 5.0), (500, 2.0)])
def test_it_is_scikit_learns_ridge_on_standardised_latents(width, noise):
    """500 dimensions are more than there are rows."""
    latents, values = sample(width=width, noise=noise)
    peer = make_pipeline(StandardScaler(), RidgeCV(ALPHAS)).fit(latents[TRAIN], values[TRAIN])
    np.testing.assert_allclose(linear_probe(latents, values, TRAIN), peer.predict(latents), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("width", [8, 40])
def test_the_penalty_is_the_best_by_leaving_out_one_row_at_a_time(width):
    x, noise = RNG.normal(size=(30, width)), RNG.normal(size=30)
    x = (x - x.mean(0)) / x.std(0)
    values = x[:, 0] + 2 * noise
    errors = []
    for alpha in ALPHAS:
        left_out = cross_val_predict(Ridge(alpha), x, values, cv=LeaveOneOut())
        errors.append(((values - left_out) ** 2).mean())
    expected = Ridge(ALPHAS[np.argmin(errors)]).fit(x, values).predict(x)
    np.testing.assert_allclose(linear_probe(x, values, np.ones(30, bool)), expected, rtol=1e-6, atol=1e-8)


def test_several_properties_with_gaps_of_their_own_are_each_as_alone(monkeypatch):
    latents, values = sample()
    table = np.stack([values, values**2, np.sin(values), np.full(300, np.nan)], 1)
    table[RNG.random(300) < 0.3, 2] = np.nan
    together = linear_probe(latents, table, TRAIN)
    monkeypatch.setattr(latent, "BLOCK", 7)
    for column in range(4):
        np.testing.assert_allclose(together[:, column], linear_probe(latents, table[:, column], TRAIN))
    known = np.isfinite(table[:, 2]) & TRAIN
    np.testing.assert_allclose(together[:, 2], linear_probe(latents, np.sin(values), known))
    np.testing.assert_allclose(
        linear_r2(latents, table, TRAIN, TEST), [linear_r2(latents, column, TRAIN, TEST) for column in table.T]
    )


def test_latents_that_do_not_vary_change_nothing():
    latents, values = sample()
    padded = np.c_[np.full(300, 7.3), latents, np.full(300, 1e5) + RNG.normal(0, 1e-3, 300), np.zeros(300)]
    alone, with_them = linear_probe(latents, values, TRAIN), linear_probe(padded, values, TRAIN)
    np.testing.assert_allclose(with_them, alone, rtol=1e-9)
    np.testing.assert_allclose(linear_probe(np.ones((300, 3)), values, TRAIN), values[TRAIN].mean())


def test_r2_is_one_of_a_linear_property_and_none_of_others():
    """The controls: latents that know nothing, or nothing linear, must not seem to."""
    latents, values = sample(noise=0.0)
    assert linear_r2(latents.astype("f4"), values, TRAIN, TEST) == pytest.approx(1, abs=1e-6)
    assert linear_r2(latents, RNG.normal(size=300), TRAIN, TEST) < 0.05
    x = RNG.normal(size=(300, 3))
    assert linear_r2(x, x[:, 0] ** 2, TRAIN, TEST) < 0.2


def test_r2_is_of_the_test_rows_alone():
    latents, values = sample()
    values[TEST.nonzero()[0][:5]] = np.nan
    judged = TEST & np.isfinite(values)
    residual = (values - linear_probe(latents, values, TRAIN))[judged]
    assert linear_r2(latents, values, TRAIN, TEST) == pytest.approx(1 - residual.var() / values[judged].var(), abs=0.1)
    expected = 1 - (residual**2).sum() / ((values[judged] - values[judged].mean()) ** 2).sum()
    assert linear_r2(latents, values, TRAIN, TEST) == pytest.approx(expected)


@pytest.mark.parametrize("known", [0, 9])
def test_too_few_rows_or_no_variation_give_nan(known):
    latents, values = sample()
    few = np.where(np.arange(300) < known, values, np.nan)
    few[250:] = values[250:]
    for property_ in (few, np.ones(300)):
        assert np.isnan(linear_probe(latents, property_, TRAIN)).all()
        assert np.isnan(linear_r2(latents, property_, TRAIN, TEST))
    assert np.isnan(linear_r2(latents, np.where(np.arange(300) < 201, values, np.nan), TRAIN, TEST))
