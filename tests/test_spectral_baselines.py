"""What a generator must beat: against scikit-learn, numpy's interpolation and least squares written out."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from photoz_core.errors import PhotozError
from photoz_core.inverse import Dense, Downsample, Identity, Points, Window
from photoz_core.spectral_baselines import Interpolation, MeanSpectrum, PrincipalComponents

LENGTH, SPECTRA = 40, 6
WAVELENGTH = torch.logspace(3.5, 3.9, LENGTH, dtype=torch.float64)
MAPS = {
    "identity": Identity(),
    "window": Window.random(0.4, SPECTRA, LENGTH),
    "points": Points.random(0.4, SPECTRA, LENGTH),
    "downsample": Downsample(4, WAVELENGTH),
    "dense": Dense(torch.randn(15, LENGTH, generator=torch.Generator().manual_seed(0))),
}


def spectra(count, seed=0, noise=0.05):
    generator = torch.Generator().manual_seed(seed)
    basis = torch.stack([torch.sin((k + 1) * torch.linspace(0, 3, LENGTH)) for k in range(5)])
    return (
        2 + torch.randn(count, 5, generator=generator) @ basis + noise * torch.randn(count, LENGTH, generator=generator)
    )


def weights(name, y):
    keep = torch.rand(y.shape, generator=torch.Generator().manual_seed(3)) < 0.8
    return keep, MAPS[name].weight(y, keep).bool()


@pytest.mark.parametrize("count", [3, 5])
def test_principal_components_are_scikit_learns_where_nothing_is_missing(count):
    train, test = spectra(200), spectra(SPECTRA, 1)
    peer = PCA(count, svd_solver="full").fit(train.double().numpy())
    expected = peer.inverse_transform(peer.transform(test.double().numpy()))
    ours = PrincipalComponents.of(train, count)
    np.testing.assert_allclose(ours(test, Identity()).x.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(ours.variance.numpy(), peer.explained_variance_, rtol=1e-6)


@pytest.mark.parametrize("name", MAPS)
def test_principal_components_are_least_squares_of_the_measured_values(name):
    pca, A = PrincipalComponents.of(spectra(200), 5), MAPS[name]
    y = A(spectra(SPECTRA, 1))
    keep, weight = weights(name, y)
    found = pca(torch.where(weight, y, float("nan")), A, keep)
    rows, mean = A.apply(pca.components).numpy(), A.apply(pca.mean).numpy()
    for i, known in enumerate(weight.numpy()):
        c = np.linalg.lstsq(rows[:, known].T, y[i].double().numpy()[known] - mean[known], rcond=None)[0]
        np.testing.assert_allclose(found.x[i].numpy(), pca.mean.numpy() + c @ pca.components.numpy(), atol=2e-4)


def test_a_prior_keeps_a_wide_gap_from_blowing_up():
    train, test = spectra(200), spectra(SPECTRA, 1)
    A, errors = Window.at(5, 30, LENGTH), {}
    for noise in (0.0, 0.05):
        pca = PrincipalComponents.of(train, 12, noise)
        errors[noise] = (pca(A(test), A).x - test).square().mean().item()
    assert errors[0.05] < 0.5 * errors[0.0]


@pytest.mark.parametrize("name", ["identity", "window", "points", "downsample"])
def test_interpolation_equals_numpys_over_the_measured_values(name):
    A = MAPS[name]
    y = A(spectra(SPECTRA, 1))
    keep, weight = weights(name, y)
    found, place = Interpolation(WAVELENGTH)(torch.where(weight, y, float("nan")), A, keep), A.apply(WAVELENGTH)
    for i, known in enumerate(weight):
        expected = np.interp(WAVELENGTH, place[known], y[i][known])
        np.testing.assert_allclose(found.x[i], expected, rtol=1e-5)


def test_interpolation_knows_no_place_for_a_sum_of_wavelengths():
    with pytest.raises(PhotozError, match="does not sum to 1"):
        Interpolation(WAVELENGTH)(torch.zeros(2, 15), MAPS["dense"])


@pytest.mark.parametrize("name", MAPS)
def test_all_answer_alike(name):
    A, train = MAPS[name], spectra(200)
    y = A(spectra(SPECTRA, 1))
    solvers = [MeanSpectrum.of(train), PrincipalComponents.of(train, 5)]
    for solver in solvers + ([Interpolation(WAVELENGTH)] if name != "dense" else []):
        found = solver(y, A)
        assert found.x.shape == found.spread.shape == (SPECTRA, LENGTH)
        assert found.x.dtype == y.dtype
        weight = A.weight(y)
        expected = ((A(found.x) - y).square() * weight).sum(1) / weight.sum(1)
        torch.testing.assert_close(found.loss_measured, expected)
    torch.testing.assert_close(solvers[0](y, A).x[3], train.mean(0))
