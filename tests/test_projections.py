"""Contract of every projection, found by the registry."""

import subprocess
import sys

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


@pytest.mark.parametrize(("name", "title"), [("umap", "UMAP"), ("tsne", "t-SNE")])
def test_a_map_of_neighbours_needs_a_few_objects(name, title):
    with pytest.raises(PhotozError, match=f"3 objects: {title} needs at least 5; use the projection 'pca'"):
        registry.load(projections, name).Map().fit(np.zeros((3, 4), np.float32))


@pytest.mark.parametrize("rows", [5, 20])
def test_tsne_of_few_rows_of_one_latent_and_of_latents_that_are_all_alike_is_finite(rows):
    Map = registry.load(projections, "tsne").Map
    for latents in (np.arange(rows, dtype=np.float32)[:, None], np.ones((rows, 4), np.float32)):
        fitted = Map()
        assert np.isfinite(fitted.fit(latents)).all() and np.isfinite(fitted.transform(latents[:2])).all()


@pytest.mark.parametrize(("rows", "expected"), [(10, 3.0), (150, 149 / 3), (151, 50), (200, 50)])
def test_tsnes_perplexity_is_the_papers_or_a_third_of_the_rows(rows, expected, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "openTSNE.affinity.PerplexityBasedNN", lambda latents, perplexity, **_: asked.append(perplexity)
    )
    registry.load(projections, "tsne").Map()._affinities(np.zeros((rows, 2)))
    assert asked == [pytest.approx(expected)]


def test_tsne_places_known_rows_where_they_are_and_a_restore_leaves_the_layout(latents):
    """openTSNE centres a layout before it places new rows: stored off its centre, they would come out shifted."""
    Map = registry.load(projections, "tsne").Map
    fitted, restored = Map(), Map()
    positions = fitted.fit(latents)
    shifted = positions + 100
    restored.restore(latents, positions)
    off, far = (np.linalg.norm(fitted.transform(latents) - to, axis=1) for to in (positions, shifted))
    assert np.median(off) < 0.1 * positions.std() < np.median(far)
    np.testing.assert_allclose(restored.transform(latents), fitted.transform(latents), atol=0.01 * positions.std())


def test_no_projections_library_is_imported_before_a_map_is_made():
    code = (
        "import sys; from photoz_core import projections, registry; "
        "[registry.load(projections, name) for name in registry.names(projections)]; "
        "sys.exit(len({'umap', 'openTSNE', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_pca_of_one_latent_is_a_line():
    positions = registry.load(projections, "pca").Map().fit(np.arange(10, dtype=np.float32)[:, None])
    assert np.ptp(positions[:, 1]) == pytest.approx(0, abs=1e-6)
    assert np.ptp(positions[:, 0]) == pytest.approx(9, rel=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 1), (7, 3)])
@pytest.mark.filterwarnings("error")
def test_pca_of_few_rows_and_of_rows_that_are_all_alike_is_a_point(shape):
    fitted = registry.load(projections, "pca").Map()
    assert np.allclose(fitted.fit(np.ones(shape, np.float32)), 0)
    assert np.isfinite(fitted.transform(np.zeros(shape, np.float32))).all()
