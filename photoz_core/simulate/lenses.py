"""lenses-mock, lenses-euclid: simulated strong lenses, two images of each mass with known parameters (LenSiam).

Images are float16 with a maximum of 1: the rounding, 0.05 % of a pixel's value at most, is below the noise everywhere
and far below it in the arcs beside a bright lens.
"""

import platform
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import DatasetWriter, new_dataset, random_split
from photoz_core.errors import PhotozError
from photoz_core.files import require_space
from photoz_core.home import Home
from photoz_core.options import build, to_dict
from photoz_core.simulate._lens_columns import lens_columns
from photoz_core.simulate._lens_config import Config
from photoz_core.simulate._lens_instruments import INSTRUMENTS
from photoz_core.simulate._lens_psf import psfs
from photoz_core.simulate._lens_ranges import check_parameters
from photoz_core.simulate._parallel import ordered_map

if TYPE_CHECKING:  # torch takes a second to import
    import torch

    from photoz_core.simulate._lens_fresh import FreshPairs
    from photoz_core.simulate._lens_sources import Bank

CHUNK = 64  # lenses a task; part of the random sequence, so a change of it changes the sample
ALONE = 1000  # up to so many lenses, starting processes takes longer than drawing
CREDIT = (
    "Simulated after LenSiam (Chang et al. 2023): elliptical power law of Tessore & Metcalf (2015) and shear in "
    "lenstronomy's conventions (Birrer & Amara 2018); source galaxies and PSFs drawn with GalSim (Rowe et al. 2015)."
)


def draw_parameters(count: int, generator: "torch.Generator", config: Config) -> "torch.Tensor":
    """Lens parameters (count, 8) float32 in the order of `PARAMETERS`, uniform in their ranges."""
    import torch

    from photoz_core.simulate._lens_mass import PARAMETERS
    from photoz_core.simulate._lens_population import uniform

    limits = [getattr(config.ranges, name) for name in PARAMETERS]
    return torch.stack([uniform(generator, (count,), *limit) for limit in limits], dim=1)


def draw_pairs(
    parameters: "torch.Tensor",
    generator: "torch.Generator",
    config: Config,
    device: "torch.device | str" = "cpu",
    bank: "Bank | None" = None,
) -> "torch.Tensor":
    """Two images of each mass, with sources, lens light, PSF and noise of their own.

    Parameters
    ----------
    parameters : (B, 8)
        Lenses, as of `draw_parameters`.
    generator : torch.Generator
        On `device` it is fastest; on the CPU it gives the same scenes and noise for every device.
    bank : Bank, optional
        Source images; by default drawn once a process.

    Returns
    -------
    images : (B, 2, 1, side, side) float32 on `device`, each with a maximum of 1

    Raises
    ------
    PhotozError
        For parameters no lens can have, naming the row, or PSFs that cannot be used.
    """
    from photoz_core.simulate._lens_draw import images_of
    from photoz_core.simulate._lens_mass import PARAMETERS

    check_parameters(parameters, PARAMETERS)
    return images_of(parameters, generator, config, device, bank)[0]


def fresh_pairs(dataset: Dataset, count: int, needs: tuple[str, ...], device: "torch.device | str") -> "FreshPairs":
    """Lenses like those of `dataset`, drawn anew for every batch.

    Parameters
    ----------
    dataset : Dataset
        Of this simulator, whose options are taken; a dataset of sources is looked for beside it.
    count : int
        Lenses an epoch.
    needs : tuple of str
        Keys of the batch: ``image``, ``pair``.
    device : torch.device
        Where to draw.

    Returns
    -------
    FreshPairs
        To be trained on like `photoz_core.rows.Rows`.

    Raises
    ------
    PhotozError
        If the dataset is of another origin, its sources or PSFs are gone, or `needs` names anything but images.
    """
    from photoz_core.simulate._lens_fresh import FreshPairs
    from photoz_core.simulate._lens_survey import bank_in

    provenance = dataset.meta.provenance
    if provenance.get("simulator") != "lenses":
        raise PhotozError(
            f"dataset {dataset.name!r} was not made by the simulator of lenses: no new pairs can be drawn like it; "
            "train on its own, or simulate one (photoz data simulate NAME --survey lenses)"
        )
    config = build(Config, provenance["options"], f"dataset {dataset.name!r}, options of its simulation")
    return FreshPairs(config, bank_in(_sources(dataset.folder, config)), count, needs, device)


def simulate(
    folder: Path,
    config: Config,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    device: str = "cpu",
) -> Dataset:
    """Simulate the dataset `folder`, whose name it takes.

    The sample depends on the options alone, not on `workers`; another device changes the last bits of the pixels.
    Images are streamed to disk: memory does not grow with them.

    Parameters
    ----------
    folder : Path
        Must not exist; it appears when the sample is complete.
    workers : int, optional
        Processes on a CPU, by default one per usable core.
    progress : callable, optional
        Called with the number of lenses written and `config.n`.
    device : str
        Where to draw; away from the CPU in this process alone.

    Raises
    ------
    PhotozError
        For an option out of range, an existing folder, or a disk without room.
    """
    config, folder = _checked(config), Path(folder)
    require_space(folder, 4 * config.n * config.side**2)
    if device != "cpu" or (workers is None and config.n <= ALONE):
        workers = 1
    where = _sources(folder, config), device
    with new_dataset(folder, _meta(folder.name, config)) as writer:
        catalog = _observe(writer, config, where, workers, progress or (lambda done, total: None))
        shares = tuple(share / sum(config.shares) for share in config.shares)
        writer.finish(catalog, random_split(np.ones(config.n, bool), config.seed, shares))
    return Dataset(folder)


def _checked(config: Config) -> Config:
    """The options in full, found to be right before any folder is made."""
    config = build(Config, to_dict(config), "simulation of lenses").resolved()
    if config.psf:
        config = replace(config, psf=str(Path(config.psf).expanduser().absolute()))
        psfs(config)
    return config


def _sources(folder: Path, config: Config) -> str:
    """Folder of the dataset whose images are lensed, beside dataset `folder`; empty for drawn ones."""
    return str(Home(folder.parent.parent).dataset(config.sources)) if config.sources else ""


def _observe(
    writer: DatasetWriter, config: Config, where: tuple[str, str], workers, progress: Callable
) -> pd.DataFrame:
    """Write the images and return the catalog; `where` are the folder of the sources and the device."""
    from photoz_core.simulate._lens_survey import Survey

    tasks = (range(i, min(i + CHUNK, config.n)) for i in range(0, config.n, CHUNK))
    shape = (config.n, 1, config.side, config.side)
    chunks = closing(ordered_map(Survey(config, *where).observe, tasks, workers))
    image = writer.array("image", shape, "<f2", "", "lens, source and noise; maximum 1")
    pair = writer.array("pair", shape, "<f2", "", "the same mass with another source, lens light, PSF and noise")
    catalogs, done = [], 0
    with pair as append_pair, image as append_image, chunks as observed:  # image is described first
        for catalog, first, second in observed:
            append_image(first)
            append_pair(second)
            catalogs.append(catalog)
            done += len(catalog)
            progress(done, config.n)
    return pd.concat(catalogs, ignore_index=True)


def _meta(name: str, config: Config) -> Meta:
    instrument = INSTRUMENTS[config.instrument]
    own = {"psf_sha256": sha256(psfs(config).tobytes()).hexdigest()} if config.psf else {}
    versions = {"python": platform.python_version()} | {p: version(p) for p in ("galsim", "numpy", "torch")}
    return Meta(
        name=name,
        title=f"Mock strong lenses, {instrument.name}-like",
        description="Simulated lenses in one band, two images of each mass with known parameters.",
        survey=f"{instrument.name}-like (simulated)",
        simulated=True,
        bands=[instrument.band],
        label="theta_E",
        pixel_scale=config.pixel_scale,
        columns=lens_columns(),
        provenance={
            "simulator": "lenses",
            "options": to_dict(config),
            "seed": config.seed,
            "versions": versions,
            "credit": CREDIT,
            **own,
        },
    )
