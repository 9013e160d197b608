"""lenses-mock: simulated strong lenses in one HST-like band, two images of each mass with known parameters (LenSiam).

Images are float16 with a maximum of 1: the rounding, 0.05 % of a pixel's value at most, is below the noise everywhere
and far below it in the arcs beside a bright lens.
"""

import platform
from collections.abc import Callable
from contextlib import closing
from dataclasses import field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from annotated_types import Ge, Le

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import DatasetWriter, new_dataset
from photoz_core.files import require_space
from photoz_core.home import Home
from photoz_core.options import Share, build, options, to_dict
from photoz_core.simulate._lens_columns import lens_columns
from photoz_core.simulate._lens_ranges import PIXEL_SCALE, Ranges
from photoz_core.simulate._parallel import ordered_map

if TYPE_CHECKING:  # torch takes a second to import
    import torch

    from photoz_core.simulate._lens_sources import Bank

CHUNK = 64  # lenses a task; part of the random sequence, so a change of it changes the sample
ALONE = 1000  # up to so many lenses, starting processes takes longer than drawing
BAND = "F814W"
CREDIT = (
    "Simulated after LenSiam (Chang et al. 2023): elliptical power law of Tessore & Metcalf (2015) and shear in "
    "lenstronomy's conventions (Birrer & Amara 2018); source galaxies and PSFs drawn with GalSim (Rowe et al. 2015)."
)


@options
class Config:
    """Options of the simulated lenses.

    Parameters
    ----------
    n : int
        Number of lenses (pairs of images), to 10⁶.
    side : int
        Side of an image [pixel of 0.05″].
    supersampling : int
        Rays along each side of a pixel.
    lens_light : bool
        Whether the lens galaxy shines; its light leaks the shape of the mass.
    image_share : float
        Share of sources that are galaxy images; the others are core-Sérsic profiles.
    merger_share : float
        Share of images with two sources.
    sources : str
        Dataset of the same home whose images are lensed; by default mock galaxies, drawn without noise.
    ranges : Ranges
        Of the lens parameters.
    """

    n: Annotated[int, Ge(1), Le(1_000_000)] = 20000
    seed: Annotated[int, Ge(0)] = 0
    side: Annotated[int, Ge(16), Le(512)] = 110
    supersampling: Annotated[int, Ge(1), Le(8)] = 2
    lens_light: bool = True
    image_share: Share = 0.75
    merger_share: Share = 0.10
    sources: str = ""
    ranges: Ranges = field(default_factory=Ranges)


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
    """
    from photoz_core.simulate._lens_draw import pairs

    return pairs(parameters, generator, config, device, bank)[0]


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
    config, folder = build(Config, to_dict(config), "simulation of lenses"), Path(folder)
    require_space(folder, 4 * config.n * config.side**2)
    if device != "cpu" or (workers is None and config.n <= ALONE):
        workers = 1
    sources = Home(folder.parent.parent).dataset(config.sources) if config.sources else ""
    with new_dataset(folder, _meta(folder.name, config)) as writer:
        catalog = _observe(writer, config, (str(sources), device), workers, progress or (lambda done, total: None))
        writer.finish(catalog, seed=config.seed)
    return Dataset(folder)


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
    versions = {"python": platform.python_version()} | {p: version(p) for p in ("galsim", "numpy", "torch")}
    return Meta(
        name=name,
        title="Mock strong lenses",
        description="Simulated lenses in one HST-like band, two images of each mass with known parameters.",
        survey="HST-like (simulated)",
        simulated=True,
        bands=[BAND],
        label="theta_E",
        pixel_scale=PIXEL_SCALE,
        columns=lens_columns(),
        provenance={
            "simulator": "lenses",
            "options": to_dict(config),
            "seed": config.seed,
            "versions": versions,
            "credit": CREDIT,
        },
    )
