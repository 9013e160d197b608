"""A chunk of the simulated lenses as rows of a dataset."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from photoz_core.dataset import Dataset
from photoz_core.simulate._lens_draw import images_of
from photoz_core.simulate._lens_instruments import INSTRUMENTS
from photoz_core.simulate._lens_mass import PARAMETERS
from photoz_core.simulate._lens_population import Scene
from photoz_core.simulate._lens_sources import Bank, bank_of
from photoz_core.simulate.lenses import Config, draw_parameters


@dataclass(frozen=True)
class Survey:
    """All that a process needs to draw a chunk of lenses.

    Parameters
    ----------
    sources : str
        Folder of the dataset whose images are lensed; empty for drawn ones.
    """

    config: Config
    sources: str
    device: str

    def observe(self, rows: range) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Catalog of the lenses `rows` and their two images, (n, 1, side, side) float16 each.

        The random numbers depend on seed, first row and instrument alone, and come from the CPU whatever the device.
        One thread, as there is a process a core.
        """
        with threadpool_limits(1):
            entropy = [self.config.seed, rows.start, *INSTRUMENTS[self.config.instrument].stream]
            seed = np.random.SeedSequence(entropy).generate_state(1, np.uint64)
            generator = torch.Generator().manual_seed(int(seed[0] >> 1))
            lens = draw_parameters(len(rows), generator, self.config)
            bank = bank_in(self.sources)
            images, scene, noise = images_of(lens, generator, self.config, self.device, bank)
            stored = images.half().cpu().numpy()
            return _catalog(rows, scene.to("cpu"), noise.cpu()), stored[:, 0], stored[:, 1]


@cache
def bank_in(folder: str) -> Bank | None:
    """Images of the dataset `folder` as a bank; None, which stands for drawn ones, without a folder."""
    return bank_of(Dataset(Path(folder))) if folder else None


def _catalog(rows: range, scene: Scene, noise: torch.Tensor) -> pd.DataFrame:
    """Parameters of the lenses and what was drawn for the first image of each (every second row of `scene`)."""
    columns = {"object_id": [f"lens-{row:07d}" for row in rows]}
    columns |= dict(zip(PARAMETERS, scene.lens[::2].double().numpy().T, strict=True))
    first, second = (scene.sources["is_image"][::2, slot].numpy() for slot in (0, 1))
    columns["source"] = np.where(first, "image", "core_sersic")
    merges = scene.sources["weight"][::2, 1].numpy() > 0
    columns["second_source"] = np.where(merges, np.where(second, "image", "core_sersic"), "none")
    columns["light_ratio"] = scene.light_ratio[::2].double().log10().numpy()
    columns["noise_rms"] = noise[:, 0].double().log10().numpy()
    return pd.DataFrame(columns)
