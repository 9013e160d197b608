"""UMAP (McInnes et al. 2018), seeded."""

import warnings

import numpy as np

from photoz_core.errors import PhotozError
from photoz_core.projections.base import Projection

FEWEST = 5  # rows below which a neighbour graph makes no map


class Map(Projection):
    """umap-learn with 15 neighbours and min_dist 0.1; PITA's values are unpublished.

    A seeded fit runs on one core. Import and compilation take tens of seconds in a fresh process: call `warm` early.
    """

    n_neighbors, min_dist = 15, 0.1

    def fit(self, latents: np.ndarray) -> np.ndarray:
        return self._fit(latents).embedding_.astype(np.float32)

    def transform(self, latents: np.ndarray) -> np.ndarray:
        return self._umap.transform(latents).astype(np.float32)

    def restore(self, latents: np.ndarray, positions: np.ndarray) -> None:
        """Builds the neighbour graph again and leaves the layout as it was: no epoch is run."""
        restored = self._fit(latents, init=positions.astype(np.float32), n_epochs=0)
        restored.embedding_, restored.n_epochs = positions.astype(np.float32), None

    def _fit(self, latents: np.ndarray, **options):
        from umap import UMAP

        if len(latents) < FEWEST:
            raise PhotozError(f"{len(latents)} objects: UMAP needs at least {FEWEST}; use the projection 'pca'")
        neighbors = min(self.n_neighbors, len(latents) - 1)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="n_jobs value|.*n_epochs", module="umap")
            self._umap = UMAP(
                n_neighbors=neighbors, min_dist=self.min_dist, random_state=self.seed, **{"init": "pca", **options}
            ).fit(latents)
        return self._umap


def warm() -> None:
    """Import and compile everything a fit and a transform use, so that nobody waits for it later."""
    rng = np.random.default_rng(0)
    projection = Map()
    projection.fit(rng.normal(size=(64, 8)).astype(np.float32))
    projection.transform(rng.normal(size=(8, 8)).astype(np.float32))
