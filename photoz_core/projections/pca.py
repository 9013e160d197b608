"""Principal components: at once there, linear, and honest about variance."""

import numpy as np

from photoz_core.projections.base import Projection


class Map(Projection):
    """The first two principal components (scikit-learn), their signs fixed by its own convention."""

    def fit(self, latents: np.ndarray) -> np.ndarray:
        from sklearn.decomposition import PCA

        rows = _two_columns(latents)
        rows = rows if len(rows) > 1 else rows.repeat(2, axis=0)  # two components want two rows
        with np.errstate(invalid="ignore"):  # where all are alike, the share of no variance is no number
            self._pca = PCA(2, random_state=self.seed).fit(rows)
        return self.transform(latents)

    def transform(self, latents: np.ndarray) -> np.ndarray:
        return self._pca.transform(_two_columns(latents)).astype(np.float32)

    def restore(self, latents: np.ndarray, positions: np.ndarray) -> None:
        self.fit(latents)


def _two_columns(latents: np.ndarray) -> np.ndarray:
    """A single latent becomes (N, 2) with a zero second column."""
    return latents if latents.shape[1] > 1 else np.pad(latents, ((0, 0), (0, 1)))
