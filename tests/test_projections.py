"""Contract of every projection, found by the registry."""

import numpy as np
import pytest

from photoz_core import projections, registry
from photoz_core.errors import PhotozError

NAMES = registry.names(projections)


@pytest.fixture(scope="module")
def latents():
    """Three separate clouds in 8 dimensions."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(150, 8)) * 0.1 + np.repeat(np.eye(8)[:3] * 5, 50, axis=0)).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_a_map_is_finite_seeded_and_keeps_clouds_apart(name, latents):
    Map = registry.load(projections, name).Map
    positions = Map(seed=1).fit(latents)
    assert positions.shape == (150, 2)
    assert positions.dtype == np.float32
    assert np.isfinite(positions).all()
    assert np.array_equal(positions, Map(seed=1).fit(latents))
    centres = positions.reshape(3, 50, 2).mean(1)
    spread = positions.reshape(3, 50, 2).std(1).max()
    assert min(np.linalg.norm(centres[i] - centres[j]) for i, j in ((0, 1), (0, 2), (1, 2))) > 2 * spread


@pytest.mark.parametrize("name", NAMES)
def test_new_rows_land_in_their_cloud_also_after_a_restore(name, latents):
    Map = registry.load(projections, name).Map
    fitted, restored = Map(), Map()
    positions = fitted.fit(latents)
    restored.restore(latents, positions)
    centres = positions.reshape(3, 50, 2).mean(1)
    for projection in (fitted, restored):
        placed = projection.transform(latents[::10] + 0.01)
        nearest = np.linalg.norm(placed[:, None] - centres[None], axis=2).argmin(1)
        assert nearest.tolist() == [0] * 5 + [1] * 5 + [2] * 5


def test_umap_needs_a_few_objects():
    with pytest.raises(PhotozError, match="UMAP needs at least 5"):
        registry.load(projections, "umap").Map().fit(np.zeros((3, 4), np.float32))


def test_pca_of_one_latent_is_a_line():
    positions = registry.load(projections, "pca").Map().fit(np.arange(10, dtype=np.float32)[:, None])
    assert np.ptp(positions[:, 1]) == pytest.approx(0, abs=1e-6)
    assert np.ptp(positions[:, 0]) == pytest.approx(9, rel=1e-5)
