"""Maps laid over each other: the rotation, reflection, scale and shift that bring one nearest to another."""

from dataclasses import dataclass

import numpy as np

from photoz_core.errors import PhotozError


@dataclass(frozen=True, eq=False)
class Similarity:
    """A map of the plane that keeps shapes: y = scale · (x − origin) · turn + target.

    Parameters
    ----------
    turn : (2, 2)
        Orthogonal; its determinant is −1 where it mirrors.
    scale : float
    origin, target : (2,)
        Where the centre of the one map was, and where it goes.
    """

    turn: np.ndarray
    scale: float
    origin: np.ndarray
    target: np.ndarray

    def __call__(self, positions: np.ndarray) -> np.ndarray:
        """Positions (N, 2) where they go, float64."""
        return self.scale * (np.asarray(positions, float) - self.origin) @ self.turn + self.target


def align(positions: np.ndarray, reference: np.ndarray) -> Similarity:
    """The similarity that brings a map nearest to a reference.

    Orthogonal Procrustes (Schönemann 1966): with both maps centred, the turn is U Vᵀ of U S Vᵀ = Xᵀ Y. The scale makes
    the rms radii equal. The least-squares one, tr S / tr XᵀX, is smaller the less the maps agree: it would show a map
    unlike the reference as a blot in its middle.

    Parameters
    ----------
    positions, reference : (N, 2)
        The same objects in the same order; rows that are not finite in both are left out.

    Returns
    -------
    Similarity
        Without a turn where a map is a single point.

    Raises
    ------
    PhotozError
        If the maps are not of the same objects, or none is finite in both.
    """
    x, y = _common(positions, reference)
    origin, target = x.mean(0), y.mean(0)
    x, y = x - origin, y - target
    radius, wanted = np.sqrt((x**2).sum()), np.sqrt((y**2).sum())
    if radius == 0 or wanted == 0:
        return Similarity(np.eye(2), 1.0, origin, target)
    u, _, vt = np.linalg.svd((x / radius).T @ (y / wanted))
    return Similarity(u @ vt, float(wanted / radius), origin, target)


def displacement(positions: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """How far apart two aligned maps place each object, in units of the reference's rms radius about its centre.

    For maps of equal rms radius that are aligned, the mean square is 2 (1 − √(1 − d²)) of the Procrustes disparity d².

    Parameters
    ----------
    positions, reference : (N, 2)

    Returns
    -------
    (N,)
        NaN where either is not finite, and everywhere where the reference is a single point.
    """
    _, y = _common(positions, reference)
    radius = np.sqrt(((y - y.mean(0)) ** 2).sum(1).mean())
    distance = np.linalg.norm(np.asarray(positions, float) - np.asarray(reference, float), axis=1)
    with np.errstate(invalid="ignore"):
        distance = distance / (radius if radius > 0 else np.nan)
    return np.where(np.isfinite(distance), distance, np.nan)


def _common(positions: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows (M, 2) that are finite in both maps, float64."""
    if positions.shape != reference.shape:
        raise PhotozError(
            f"maps of {len(positions):,} and of {len(reference):,} objects cannot be aligned; train both runs on the "
            "same dataset"
        )
    both = np.isfinite(positions).all(1) & np.isfinite(reference).all(1)
    if not both.any():
        raise PhotozError("maps without a finite position in common cannot be aligned; project the runs again")
    return positions[both].astype(float), reference[both].astype(float)
