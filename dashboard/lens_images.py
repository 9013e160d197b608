"""Images of one lens: as observed, its pair, and drawn anew with other sources."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from dashboard import cutouts
from dashboard.lens_parameters import PARAMETERS
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home

OTHERS = 6  # images drawn anew: three pairs


def is_drawn_here(dataset: Dataset) -> bool:
    """Whether the simulator of this program made the dataset, so that it can draw its lenses again."""
    return dataset.meta.provenance.get("simulator") == "lenses" and set(PARAMETERS) <= set(dataset.catalog)


def observed(dataset: Dataset, row: int, band: str) -> tuple[np.ndarray, list[str]]:
    """Pictures (1 or 2, H, W, 3) uint8 of a lens's image and its pair where it has one, and what each is."""
    image = cutouts.pictures(dataset, np.array([row]), band)
    if "pair" not in dataset.meta.arrays:
        return image, ["image"]
    pair = cutouts.paint(dataset, np.asarray(dataset.array("pair")[row : row + 1], np.float32), band)
    return np.concatenate([image, pair]), ["image", "pair"]


def with_other_sources(dataset: Dataset, row: int) -> np.ndarray:
    """Images (OTHERS, C, H, W) float32 of the mass of one lens with other sources, light, PSF and noise.

    Seeded by the row and kept; takes seconds at first.

    Raises
    ------
    PhotozError
        If the options the dataset was made with are not those of today's simulator, or its sources are gone.
    """
    return _with_other_sources(dataset.folder, dataset.meta.fingerprint, row)


@lru_cache(maxsize=64)
def _with_other_sources(folder: Path, fingerprint: str, row: int) -> np.ndarray:
    import torch

    from photoz_core.options import build
    from photoz_core.simulate._lens_sources import bank_of
    from photoz_core.simulate.lenses import Config, draw_pairs

    dataset = Dataset(folder)
    config = build(Config, dataset.meta.provenance["options"], f"dataset {dataset.name!r}, how it was simulated")
    lens = np.array([dataset.column(name)[row] for name in PARAMETERS], np.float32)
    if not np.isfinite(lens).all():
        raise PhotozError(f"dataset {dataset.name!r}, row {row}: not all eight lens parameters are known")
    bank = bank_of(Dataset(Home(folder.parent.parent).dataset(config.sources))) if config.sources else None
    seed = np.random.SeedSequence([config.seed, 1, row]).generate_state(1, np.uint64)[0]
    generator = torch.Generator().manual_seed(int(seed >> 1))
    pairs = draw_pairs(torch.from_numpy(lens).repeat(OTHERS // 2, 1), generator, config, "cpu", bank)
    return pairs.flatten(0, 1).numpy()
