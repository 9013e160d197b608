"""Projection: latents (N, D) to a map (N, 2)."""

from abc import ABC, abstractmethod

import numpy as np


class Projection(ABC):
    """A way to draw latents on a plane. A subclass stands in a file of its own under the name `Map`.

    Parameters
    ----------
    seed : int
        The same seed, latents and versions give the same map.
    """

    def __init__(self, seed: int = 0):
        self.seed = seed

    @abstractmethod
    def fit(self, latents: np.ndarray) -> np.ndarray:
        """Positions (N, 2) float32 of the latents (N, D), which must be finite."""

    @abstractmethod
    def transform(self, latents: np.ndarray) -> np.ndarray:
        """Positions (M, 2) of new latents (M, D) on the fitted map."""

    @abstractmethod
    def restore(self, latents: np.ndarray, positions: np.ndarray) -> None:
        """Make `transform` ready again from the latents and positions of an earlier fit, read from a run."""
