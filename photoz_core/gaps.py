"""Fill the gaps of spectra: iterative PCA (Connolly & Szalay 1999; Yip et al. 2004), or straight lines."""

from dataclasses import dataclass, replace

import numpy as np

from photoz_core.errors import PhotozError

TINY = 1e-10  # relative to the mean eigenvalue: keeps a system solvable where the gaps leave a direction unmeasured
KEEP = 1.0  # rows, see `_refined`


@dataclass(frozen=True)
class PCA:
    """Principal components of gappy spectra.

    Parameters
    ----------
    mean : (L,)
    components : (K, L)
        Orthonormal over the pixels that any spectrum measured; elsewhere each repeats the nearest of those.
    variance : (K,)
        Of the coefficients, falling.
    noise : float
        Variance a pixel of what K components leave over.
    residuals : (rounds,)
        What the components of each round left over: root mean square over the measured pixels.
    """

    mean: np.ndarray
    components: np.ndarray
    variance: np.ndarray
    noise: float
    residuals: np.ndarray

    def coefficients(self, spectra: np.ndarray, mask: np.ndarray, shrink: bool = True) -> np.ndarray:
        """Coefficients (N, K) of `spectra` (N, L) by least squares over the pixels where `mask` is False.

        With `shrink` they are the most probable ones under the components' variances and noise (Tipping & Bishop
        1999): a spectrum with hardly a pixel measured comes out near the mean, not anywhere.
        """
        prior = self.noise / np.maximum(self.variance, 1e-300) if shrink else 0.0
        return _solve(np.where(mask, 0.0, spectra - self.mean), ~mask, self.components, prior)

    def reconstruct(self, coefficients: np.ndarray) -> np.ndarray:
        """Spectra (N, L) of `coefficients` (N, K)."""
        return self.mean + coefficients @ self.components


def fill_gaps(
    spectra, mask, components=10, *, rounds=20, tolerance=1e-3, shrink=True, normalise=False
) -> tuple[np.ndarray, PCA]:
    """Replace masked pixels by the reconstruction from components found on all spectra, in turns until both agree.

    A round fits the components to the filled spectra, then their coefficients to the measured pixels of each row, then
    each pixel to the coefficients of the rows that measured it, and fills. Without `shrink` and `normalise` the
    residual on measured pixels never rises.

    Parameters
    ----------
    spectra, mask : (N, L)
        Spectra on one scale, for the brightest decide; `mask` is True where not measured, the value there is ignored.
    components : int
        K; at most min(N, L).
    rounds, tolerance : int, float
        The most rounds; fewer where the fill changes by less than so much (root mean square over the spectra's).
    shrink : bool
        As in `PCA.coefficients`.
    normalise : bool
        Bring the filled spectra to a root mean square of 1 in every round (Yip et al. 2004); the filled spectra have
        their scale back, the components have not.

    Returns
    -------
    filled : (N, L) float64, `spectra` where measured
    pca : PCA

    Raises
    ------
    PhotozError
        For shapes that differ, a measured value that is not finite, a row without any, too many components.
    """
    spectra, mask = np.asarray(spectra, np.float64), np.asarray(mask, bool)
    _check(spectra, mask, components)
    live = ~mask.all(axis=0)
    filled, pca = _iterate(spectra[:, live], mask[:, live], components, rounds, tolerance, shrink, normalise)
    nearest = _nearest(live)
    pca = replace(pca, mean=pca.mean[nearest], components=pca.components[:, nearest])
    return np.where(mask, filled[:, nearest], spectra), pca


def _iterate(data, gaps, components, rounds, tolerance, shrink, normalise) -> tuple[np.ndarray, PCA]:
    """`fill_gaps` where every pixel was measured in some row; `filled` differs from `data` in the gaps alone."""
    filled, scale, residuals = _first_guess(data, gaps), np.ones((len(data), 1)), []
    for _ in range(rounds):
        if normalise:
            new = 1 / np.maximum(_rms(filled, axis=1), 1e-300)[:, None]
            filled, scale = filled * new, scale * new
        pca = _fit(filled, components)
        code = pca.coefficients(filled, gaps, shrink)
        model = pca.reconstruct(code)
        residuals.append(_rms((filled - model)[~gaps]))
        model += _refined(np.where(gaps, 0, filled - model), gaps, code)
        change = _rms((filled - model)[gaps]) / np.maximum(_rms(filled), 1e-300)
        filled = np.where(gaps, model, filled)
        if change < tolerance:
            break
    return filled / scale, replace(pca, residuals=np.array(residuals))


def interpolate_gaps(spectra: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Spectra (N, L) with straight lines across masked pixels, level beyond the outermost measured ones."""
    spectra, mask = np.asarray(spectra, np.float64), np.asarray(mask, bool)
    _check(spectra, mask, 1)
    pixel = np.arange(spectra.shape[1])
    left = np.maximum.accumulate(np.where(mask, -1, pixel), axis=1)
    right = np.minimum.accumulate(np.where(mask, len(pixel), pixel)[:, ::-1], axis=1)[:, ::-1]
    left, right = np.where(left < 0, right, left), np.where(right == len(pixel), left, right)
    low, high = (np.take_along_axis(spectra, side, axis=1) for side in (left, right))
    return low + (high - low) * (pixel - left) / np.maximum(right - left, 1)


def _check(spectra: np.ndarray, mask: np.ndarray, components: int) -> None:
    if spectra.ndim != 2 or spectra.shape != mask.shape:
        raise PhotozError(f"spectra of shape {spectra.shape}, mask {mask.shape}; give both as (objects, pixels)")
    if (bad := np.flatnonzero((~mask & ~np.isfinite(spectra)).any(axis=1))).size:
        raise PhotozError(f"spectrum {bad[0]}: a value that is not finite is not masked ({bad.size} such); mask it")
    if (empty := np.flatnonzero(mask.all(axis=1))).size:
        raise PhotozError(f"spectrum {empty[0]}: all of it is masked ({empty.size} such); leave it out")
    if not 1 <= components <= min(spectra.shape):
        raise PhotozError(
            f"{components} components of {spectra.shape[0]} spectra with {spectra.shape[1]} pixels; "
            f"give 1 to {min(spectra.shape)}"
        )


def _nearest(live: np.ndarray) -> np.ndarray:
    """Number (L,), among the live pixels, of the one nearest to each pixel."""
    alive = np.flatnonzero(live)
    right = np.searchsorted(alive, np.arange(len(live))).clip(0, len(alive) - 1)
    left = np.maximum(right - 1, 0)
    pixel = np.arange(len(live))
    return np.where(np.abs(alive[left] - pixel) < np.abs(alive[right] - pixel), left, right)


def _first_guess(data: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """The mean spectrum in the gaps, scaled to the measured pixels of each row."""
    mean = np.where(gaps, 0, data).sum(axis=0) / (~gaps).sum(axis=0)
    both = np.where(gaps, 0, mean)
    scale = (both * np.where(gaps, 0, data)).sum(axis=1) / np.maximum((both**2).sum(axis=1), 1e-300)
    return np.where(gaps, scale[:, None] * mean, data)


def _fit(filled: np.ndarray, components: int) -> PCA:
    """The leading components, from the smaller of the two covariance matrices."""
    from scipy.linalg import eigh

    count, length = filled.shape
    mean = filled.mean(axis=0)
    centered = filled - mean
    tall = count >= length
    gram = centered.T @ centered if tall else centered @ centered.T
    value, vector = eigh(gram, subset_by_index=(len(gram) - components, len(gram) - 1))
    value, vector = value[::-1].clip(0), vector[:, ::-1]
    if not tall:
        vector = np.linalg.qr(centered.T @ vector)[0]  # QR: a component of variance 0 has no direction of its own
    noise = (np.trace(gram) - value.sum()) / (count * max(length - components, 1))
    return PCA(mean, np.ascontiguousarray(vector.T), value / count, max(noise, 0.0), np.empty(0))


def _refined(residual: np.ndarray, gaps: np.ndarray, code: np.ndarray) -> np.ndarray:
    """What to add to the model (N, L): the residual of each pixel on the coefficients, over the rows that measured it.

    A pixel that few rows measured would come to its components by a little in every round without this: nearly all it
    holds is what was filled in before. `KEEP` rows vote for leaving it as it is.
    """
    spread = _rms(code, axis=0)
    design = np.column_stack([np.ones(len(code)), code / np.where(spread > 0, spread, 1)])
    return design @ _solve(residual.T, ~gaps.T, design.T, KEEP).T


def _solve(centered: np.ndarray, good: np.ndarray, components: np.ndarray, prior: np.ndarray | float) -> np.ndarray:
    """Minimise Σ_good (x − a·V)² + Σ prior a² for every row at once: (V W Vᵀ + prior) a = V W x."""
    k = len(components)
    upper = np.triu_indices(k)
    products = components[upper[0]] * components[upper[1]]
    matrix = np.empty((len(good), k, k))
    matrix[:, upper[0], upper[1]] = matrix[:, upper[1], upper[0]] = good.astype(np.float64) @ products.T
    diagonal = np.arange(k)
    matrix[:, diagonal, diagonal] += prior + TINY
    return np.linalg.solve(matrix, (centered @ components.T)[..., None])[..., 0]


def _rms(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    return np.sqrt(np.mean(values**2, axis=axis)) if values.size else np.float64(0)
