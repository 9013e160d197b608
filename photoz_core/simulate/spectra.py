"""spectra-mock: simulated rest-frame spectra of galaxies as SDSS sees them, with known truth.

Each spectrum is drawn on the dataset's own grid: means of the model over its pixels, noise of their own. A spectrum of
SDSS has four pixels to one of these, so that its noise is nearly as independent.
"""

import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from annotated_types import Ge, Le

from photoz_core._spectra_arrays import FILLS, NORM, add_on_grid, fill_and_scale, write_spectra
from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.errors import PhotozError, unknown
from photoz_core.files import require_space
from photoz_core.options import Share, build, options, to_dict
from photoz_core.spectra import SPECTRUM_COLUMNS, Grid, measure

CHUNK = 500  # galaxies drawn at once; part of the random sequence, so a change of it changes the sample
ARRAY_BYTES = 13  # a pixel: three float32 and a mask
CREDIT = (
    "Simulated. Dust: Calzetti et al. 2000; lines: Pettini & Pagel 2004, Kewley et al. 2001, 2004, 2013, Osterbrock & "
    "Ferland 2006; gaps: iterative PCA (Connolly & Szalay 1999, Yip et al. 2004)."
)


@options
class Config:
    """Options of the mock spectra.

    Parameters
    ----------
    n : int
        Number of galaxies, to 10⁵.
    z_range : tuple
        Lowest and highest redshift.
    window : tuple
        Observed wavelengths that are measured [Å].
    snr_range : tuple
        Limits of the median signal to noise a pixel; typical is 18 with a scatter of 0.22 dex.
    quiescent_share, agn_share : float
        The others form stars.
    outlier_share : float
        Spectra spoilt by residuals of the sky, a wrong redshift or a step between the spectrograph's arms.
    fill : str
        How gaps are filled: "pca", "lines" or "auto", PCA of 100 spectra or more.
    seed : int
        The same seed gives the same sample.
    """

    n: Annotated[int, Ge(1), Le(100_000)] = 4000
    seed: Annotated[int, Ge(0)] = 0
    z_range: tuple[Annotated[float, Ge(0.001)], Annotated[float, Le(0.36)]] = (0.02, 0.36)
    window: tuple[Annotated[float, Ge(3000)], Annotated[float, Le(12000)]] = (3800.0, 9200.0)
    snr_range: tuple[Annotated[float, Ge(1)], Annotated[float, Le(500)]] = (4.0, 60.0)
    quiescent_share: Share = 0.4
    agn_share: Share = 0.1
    outlier_share: Share = 0.03
    fill: str = "auto"


def simulate(
    folder: Path, config: Config, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Dataset:
    """Simulate the dataset `folder`, whose name it takes.

    Parameters
    ----------
    folder : Path
        Must not exist; it appears when the sample is complete.
    workers : int, optional
        Not used: one process draws a thousand a second, and the PCA needs all of them.
    progress : callable, optional
        Called with the number of galaxies drawn and `config.n`.

    Raises
    ------
    PhotozError
        For an option out of range, an existing folder, or a disk without room.
    """
    from photoz_core.simulate._spectra_observe import observe

    config, folder, grid, say = _checked(config), Path(folder), Grid(), progress or (lambda done, total: None)
    require_space(folder, ARRAY_BYTES * config.n * grid.count)
    with new_dataset(folder, _meta(folder.name, config)) as writer:
        chunks = []
        for start in range(0, config.n, CHUNK):
            chunks.append(observe(range(start, min(start + CHUNK, config.n)), config, grid))
            say(start + len(chunks[-1].catalog), config.n)
        flux, error, true, mask = (
            np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in ("flux", "error", "true", "mask")
        )
        scaled = fill_and_scale(flux, error, mask, config.fill)
        write_spectra(writer, scaled, grid)
        text = "spectrum without noise, gaps and sky, divided by the same norm; truth, never an input of a method"
        add_on_grid(writer, "spectrum_true", np.float32(true / scaled.norm[:, None]), text, grid)
        catalog = pd.concat([chunk.catalog for chunk in chunks], ignore_index=True)
        measured = measure(grid.wavelength, flux, error, mask)
        writer.meta.provenance["notes"] = [scaled.note]
        writer.finish(catalog.assign(norm=scaled.norm, **measured)[list(writer.meta.columns)], seed=config.seed)
    return Dataset(folder)


def _checked(config: Config) -> Config:
    config = build(Config, to_dict(config), "simulation of spectra")
    for name in ("z_range", "window", "snr_range"):
        low, high = getattr(config, name)
        if not low < high:
            raise PhotozError(f"simulation of spectra: option {name!r} = ({low}, {high}); give the lower value first")
    if config.quiescent_share + config.agn_share > 1:
        raise PhotozError("simulation of spectra: options 'quiescent_share' and 'agn_share' add up to more than 1")
    if config.fill not in FILLS:
        raise unknown("fill", config.fill, FILLS)
    widest = config.window[1] / (1 + config.z_range[1])
    if config.window[0] / (1 + config.z_range[0]) > 5000 or widest < 5000:
        raise PhotozError("simulation of spectra: option 'window' leaves galaxies without 5000 Å at rest; widen it")
    return config


def _meta(name: str, config: Config) -> Meta:
    return Meta(
        name=name,
        title="Mock galaxy spectra",
        description="Simulated rest-frame spectra, 3000–8000 Å, gaps filled by iterative PCA, with known truth.",
        survey="SDSS spectra (simulated)",
        simulated=True,
        columns=_columns(),
        provenance={
            "simulator": "spectra",
            "options": to_dict(config),
            "seed": config.seed,
            "versions": {"python": platform.python_version()} | {p: version(p) for p in ("numpy", "scipy")},
            "credit": CREDIT,
        },
    )


def _columns() -> dict[str, Column]:
    return {
        "object_id": Column("object", "", "name of the object", "id"),
        "z_spec": Column(
            "z_spec", "", "spectroscopic redshift, which the spectrum was brought to rest with", "redshift"
        ),
        "kind": Column("kind", "", "star-forming, quiescent or AGN, as drawn", "category"),
        **SPECTRUM_COLUMNS,
        "norm": NORM,
        "true_z": Column("true z", "", "redshift", "redshift", truth=True),
        "true_log_age": Column("true log age", "dex(yr)", "mean log age of the light at 5500 Å", truth=True),
        "true_young": Column("true young share", "", "light at 5500 Å of stars below 130 Myr", truth=True),
        "true_av": Column("true A_V", "mag", "attenuation of the stars in V; the gas has 1 / 0.44 of it", truth=True),
        "true_oxygen": Column("true 12 + log O/H", "", "oxygen of the gas", truth=True),
        "true_metals": Column("true log₂ Z", "", "log₂ of the stars' metals over the sun's", truth=True),
        "true_sigma": Column("true σ_v", "km / s", "velocity dispersion of the stars", truth=True),
        "true_outlier": Column("true outlier", "", "what spoils the spectrum, or none", "category", truth=True),
    }
