"""t-SNE (van der Maaten & Hinton 2008) by openTSNE, seeded."""

import numpy as np

from photoz_core.errors import PhotozError
from photoz_core.projections import pca
from photoz_core.projections.base import Projection

FEWEST = 5  # rows below which there are no neighbours to speak of
START = 1e-4  # spread that the layout starts with: small, lest the forces between points vanish
JITTER = 0.01  # of that spread: points that coincide must be able to part


class Map(Projection):
    """openTSNE with perplexity 50, that of the magnitude pretext's paper (Martinazzo et al. 2020, section IV-B).

    Of N < 151 rows the perplexity is (N − 1) / 3, as a neighbourhood is three times as large. It starts from principal
    components. One core: Annoy, which finds the neighbours of many rows, finds others with more.
    """

    perplexity = 50

    def fit(self, latents: np.ndarray) -> np.ndarray:
        from openTSNE import TSNE

        affinities = self._affinities(latents)
        fitted = TSNE(random_state=self.seed).fit(affinities=affinities, initialization=self._start(latents))
        fitted -= (fitted.max(0) + fitted.min(0)) / 2  # as openTSNE does, in place, before it transforms
        self._embedding = fitted
        return np.array(fitted, np.float32)

    def transform(self, latents: np.ndarray) -> np.ndarray:
        """Each row by its neighbours among those of the fit, which stay where they are."""
        return np.array(self._embedding.transform(latents), np.float32)

    def restore(self, latents: np.ndarray, positions: np.ndarray) -> None:
        """Builds the affinities again and takes the layout as it was."""
        from openTSNE import TSNEEmbedding

        self._embedding = TSNEEmbedding(positions, self._affinities(latents), random_state=self.seed)

    def _affinities(self, latents: np.ndarray):
        from openTSNE.affinity import PerplexityBasedNN

        if len(latents) < FEWEST:
            raise PhotozError(f"{len(latents)} objects: t-SNE needs at least {FEWEST}; use the projection 'pca'")
        perplexity = min(self.perplexity, (len(latents) - 1) / 3)
        return PerplexityBasedNN(latents, perplexity, random_state=self.seed)

    def _start(self, latents: np.ndarray) -> np.ndarray:
        """Principal components (N, 2) of spread `START`; noise where the latents do not vary."""
        place = pca.Map(self.seed).fit(latents).astype(float)
        noise = np.random.default_rng(self.seed).normal(size=place.shape)
        return START * (place / (place[:, 0].std() or 1) + JITTER * noise)
