"""Iterative PCA: scikit-learn's where nothing is missing, a falling residual, the truth found in the gaps."""

import numpy as np
import pytest
from sklearn.decomposition import PCA as SklearnPCA

from photoz_core._spectra_arrays import fill_and_scale, flux_noise
from photoz_core.errors import PhotozError
from photoz_core.gaps import fill_gaps, interpolate_gaps


@pytest.fixture(scope="module")
def gappy():
    """Spectra of rank 3 with noise 0.02, a gap at either end of each: (noisy, noiseless, mask)."""
    rng = np.random.default_rng(4)
    axes = np.linalg.qr(rng.normal(size=(120, 3)))[0].T
    true = 2 + rng.normal(size=(300, 3)) * [8, 4, 2] @ axes
    start, stop = rng.integers(0, 35, 300), 120 - rng.integers(0, 35, 300)
    pixel = np.arange(120)
    mask = (pixel < start[:, None]) | (pixel >= stop[:, None])
    return true + rng.normal(0, 0.02, true.shape), true, mask


def test_without_gaps_it_is_scikit_learns_pca(gappy):
    spectra = gappy[0]
    filled, pca = fill_gaps(spectra, np.zeros(spectra.shape, bool), 4, shrink=False)
    np.testing.assert_array_equal(filled, spectra)
    oracle = SklearnPCA(4, svd_solver="full").fit(spectra)
    mine = pca.reconstruct(pca.coefficients(spectra, np.zeros(spectra.shape, bool), shrink=False))
    np.testing.assert_allclose(mine, oracle.inverse_transform(oracle.transform(spectra)), atol=1e-7)
    np.testing.assert_allclose(pca.variance, oracle.explained_variance_ * 299 / 300, rtol=1e-9)
    assert len(pca.residuals) == 1


def test_with_more_pixels_than_spectra_too():
    spectra = np.random.default_rng(0).normal(size=(20, 50))
    none = np.zeros(spectra.shape, bool)
    pca = fill_gaps(spectra, none, 5, shrink=False)[1]
    oracle = SklearnPCA(5, svd_solver="full").fit(spectra)
    mine = pca.reconstruct(pca.coefficients(spectra, none, shrink=False))
    np.testing.assert_allclose(mine, oracle.inverse_transform(oracle.transform(spectra)), atol=1e-7)


def test_the_residual_on_measured_pixels_never_rises(gappy):
    spectra, _, mask = gappy
    residuals = fill_gaps(spectra, mask, 3, rounds=15, tolerance=0, shrink=False)[1].residuals
    assert len(residuals) == 15
    assert (np.diff(residuals) <= 1e-12).all() and residuals[-1] < residuals[0] / 2


@pytest.mark.parametrize("normalise", [False, True])
def test_the_gaps_hold_the_truth_nearly_to_the_noise(gappy, normalise):
    spectra, true, mask = gappy
    filled, _ = fill_gaps(
        np.where(mask, np.nan, spectra), mask, 3 + normalise, normalise=normalise
    )  # the mean scales, too
    np.testing.assert_allclose(filled[~mask], spectra[~mask], rtol=1e-12)
    error = np.sqrt(np.mean((filled - true)[mask] ** 2))
    lines = np.sqrt(np.mean((interpolate_gaps(spectra, mask) - true)[mask] ** 2))
    assert error < 0.04 and lines > 0.5


def test_coefficients_are_masked_least_squares_row_by_row(gappy):
    spectra, _, mask = gappy
    pca = fill_gaps(spectra, mask, 3)[1]
    found = pca.coefficients(spectra[:5], mask[:5], shrink=False)
    for row in range(5):
        good = ~mask[row]
        expected = np.linalg.lstsq(pca.components[:, good].T, (spectra[row] - pca.mean)[good], rcond=None)[0]
        np.testing.assert_allclose(found[row], expected, rtol=1e-6)


def test_a_row_with_hardly_a_pixel_comes_out_near_the_others(gappy):
    spectra, true, mask = gappy[0].copy(), gappy[1], gappy[2].copy()
    mask[:10] = True
    mask[:10, 60] = False
    filled, pca = fill_gaps(spectra, mask, 3)
    assert np.isfinite(filled).all() and np.isfinite(pca.components).all()
    assert np.abs(filled[:10] - true.mean(axis=0)).max() < 4 * true.std()


def test_pixels_that_none_measured_take_the_nearest_value(gappy):
    spectra, _, mask = gappy
    mask = mask.copy()
    mask[:, :3] = mask[:, 118:] = True
    filled, pca = fill_gaps(spectra, mask, 3)
    np.testing.assert_allclose(filled[:, :3], filled[:, [3, 3, 3]])
    np.testing.assert_allclose(filled[:, 118:], filled[:, [117, 117]])
    assert pca.components.shape == (3, 120)


@pytest.mark.parametrize(
    ("change", "components", "message"),
    [
        ({"mask": (2, slice(None), True)}, 2, "spectrum 2: all of it is masked"),
        ({"spectra": (3, 60, np.inf)}, 2, "spectrum 3: a value that is not finite"),
        ({}, 0, "0 components"),
        ({}, 121, "give 1 to 120"),
    ],
)
def test_bad_input_is_named(gappy, change, components, message):
    arrays = {"spectra": gappy[0].copy(), "mask": gappy[2].copy()}
    for name, (row, pixel, value) in change.items():
        arrays[name][row, pixel] = value
    with pytest.raises(PhotozError, match=message):
        fill_gaps(arrays["spectra"], arrays["mask"], components)


def test_shapes_must_agree():
    with pytest.raises(PhotozError, match="mask"):
        fill_gaps(np.ones((3, 4)), np.zeros((3, 5), bool), 1)


def test_straight_lines_are_numpys(gappy):
    spectra, _, mask = gappy
    mask = mask | (np.random.default_rng(1).random(mask.shape) < 0.3)
    pixel = np.arange(120)
    expected = [np.interp(pixel, pixel[~m], s[~m]) for s, m in zip(spectra, mask, strict=True)]
    np.testing.assert_allclose(interpolate_gaps(np.where(mask, np.nan, spectra), mask), expected)


def test_spectra_are_kept_by_their_root_mean_square(gappy):
    spectra, _, mask = gappy
    scaled = fill_and_scale(spectra * 7, np.full(spectra.shape, 0.14), mask)
    np.testing.assert_allclose(np.sqrt(np.mean(scaled.spectrum.astype(float) ** 2, axis=1)), 1, rtol=1e-6)
    np.testing.assert_allclose(
        (scaled.spectrum * scaled.norm[:, None])[~mask], 7 * spectra[~mask], rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose((scaled.error * scaled.norm[:, None])[~mask], 0.14, rtol=1e-6)
    assert (scaled.error[mask] == 0).all() and "PCA: 10 components" in scaled.note
    few = fill_and_scale(spectra[:20], np.ones((20, 120)), mask[:20])
    assert "straight lines" in few.note and "needs 100" in few.note
    with pytest.raises(PhotozError, match="unknown fill 'magic'; known: auto, lines, pca"):
        fill_and_scale(spectra, spectra, mask, "magic")


def test_noise_is_found_without_errors():
    rng = np.random.default_rng(2)
    flux = 5 + np.sin(np.linspace(0, 6, 1000)) + rng.normal(0, 0.3, (4, 1000))
    mask = np.zeros(flux.shape, bool)
    mask[1, ::2] = mask[2, 3:] = True
    flux[mask] = 1e9
    noise = flux_noise(flux, mask)
    assert noise[[0, 3]] == pytest.approx(0.3, rel=0.12) and np.isnan(noise[2])
