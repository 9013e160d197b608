"""candels-mock: a simulated four-band HST survey with known truth.

Images are float16 in µJy. In a pixel as faint as the noise the rounding is a thousandth of the noise; in any pixel it
is below 0.05 % of the value, less than the error of a flat field.
"""

import platform
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import pandas as pd
from annotated_types import Ge, Gt, Le, Lt, MultipleOf

from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import DatasetWriter, new_dataset
from photoz_core.files import require_space
from photoz_core.options import NonNegative, build, options, to_dict
from photoz_core.simulate._parallel import ordered_map
from photoz_core.simulate._sed import BANDS, ZERO_POINT

CHUNK = 250  # galaxies a task; part of the random sequence, so a change of it changes the sample
ALONE = 1000  # up to so many galaxies, starting processes takes longer than drawing
CREDIT = (
    "Simulated with GalSim (Rowe et al. 2015), its HST throughputs and CWW templates (Coleman, Wu & Weedman 1980). "
    "Stellar masses: Leja et al. 2020; star formation: Speagle et al. 2014; sizes: van der Wel et al. 2014; "
    "dust: Calzetti et al. 2000; hydrogen: Madau 1995; cosmology: Planck 2018."
)


@options
class Config:
    """Options of the mock survey.

    Parameters
    ----------
    n : int
        Number of galaxies, to 10⁶.
    stamp : int
        Side of an image [pixel of 0.06″].
    mag_limit : float
        Faintest true F160W magnitude.
    z_max : float
        Highest redshift.
    label_share : float
        Share of galaxies with a z_spec; the bright ones have it first.
    depth : tuple
        5σ limits in F606W, F814W, F125W, F160W [AB mag], in apertures of 0.17″ radius: about those of CANDELS/Wide
        (Grogin et al. 2011; Guo et al. 2013).
    depth_scatter : float
        Standard deviation of the depth among the five fields [mag].
    seed : int
        The same seed gives the same sample.
    """

    n: Annotated[int, Ge(1), Le(1_000_000)] = 12000
    seed: Annotated[int, Ge(0)] = 0
    stamp: Annotated[int, Ge(32), Le(256), MultipleOf(4)] = 64
    mag_limit: Annotated[float, Ge(20), Le(28)] = 26.0
    z_max: Annotated[float, Ge(0.2), Le(3.5)] = 3.5
    label_share: Annotated[float, Gt(0), Lt(1)] = 0.22
    depth: tuple[float, float, float, float] = (28.0, 27.8, 27.3, 27.2)
    depth_scatter: NonNegative = 0.15


def simulate(
    folder: Path, config: Config, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Dataset:
    """Simulate the dataset `folder`, whose name it takes.

    The sample depends on the options alone, not on `workers`. Images are streamed to disk: memory does not
    grow with them.

    Parameters
    ----------
    folder : Path
        Must not exist; it appears when the sample is complete.
    workers : int, optional
        Processes, by default one per usable core.
    progress : callable, optional
        Called with the number of galaxies written and `config.n`.

    Raises
    ------
    PhotozError
        For an option out of range, an existing folder, or a disk without room.
    """
    config, folder = build(Config, to_dict(config), "simulation of galaxies"), Path(folder)
    require_space(folder, 2 * config.n * len(BANDS) * config.stamp**2)
    if workers is None and config.n <= ALONE:
        workers = 1
    with new_dataset(folder, _meta(folder.name, config)) as writer:
        catalog = _observe(writer, config, workers, progress or (lambda done, total: None))
        writer.finish(catalog, seed=config.seed)
    return Dataset(folder)


def _observe(writer: DatasetWriter, config: Config, workers: int | None, progress: Callable) -> pd.DataFrame:
    """Write the images and return the catalog."""
    from photoz_core.simulate._survey import survey

    tasks = (range(i, min(i + CHUNK, config.n)) for i in range(0, config.n, CHUNK))
    shape = (config.n, len(BANDS), config.stamp, config.stamp)
    chunks = closing(ordered_map(survey(config).observe, tasks, workers))
    image = writer.array("image", shape, "<f2", "uJy", "stamps in the bands' order, sky subtracted")
    catalogs, done = [], 0
    with image as append, chunks as observed:
        for catalog, stamps in observed:
            append(stamps)
            catalogs.append(catalog)
            done += len(catalog)
            progress(done, config.n)
    return pd.concat(catalogs, ignore_index=True)


def _meta(name: str, config: Config) -> Meta:
    return Meta(
        name=name,
        title="Mock CANDELS survey",
        description="Simulated galaxies in four HST bands with measured photometry and known truth.",
        survey="CANDELS (simulated)",
        simulated=True,
        bands=list(BANDS),
        pixel_scale=0.06,
        zero_points=dict.fromkeys(BANDS, ZERO_POINT),
        columns=_columns(),
        provenance={
            "simulator": "galaxies",
            "options": to_dict(config),
            "seed": config.seed,
            "versions": {"python": platform.python_version()} | {p: version(p) for p in ("galsim", "numpy", "scipy")},
            "credit": CREDIT,
        },
    )


def _columns() -> dict[str, Column]:
    return {
        "object_id": Column("object", "", "name of the object", "id"),
        "field": Column("field", "", "CANDELS field whose place the mock takes; each has its depth", "category"),
        "ra": Column("RA", "deg", "right ascension (J2000)", "position"),
        "dec": Column("Dec", "deg", "declination (J2000)", "position"),
        "z_spec": Column("z_spec", "", "spectroscopic redshift where observed; the brighter, the likelier", "redshift"),
        "log_ssfr": Column("log sSFR", "1/yr", "specific star-formation rate as drawn, not fitted to an SED"),
        **photometry_columns(list(BANDS)),
        "fwhm": Column("FWHM", "arcsec", "size in F160W by adaptive moments; 0.19″ for a star", "size"),
        "flags": Column("flags", "", "1: below 1σ in a band; 2: larger than the photometric window", "flag"),
        **_truth_columns(),
    }


def _truth_columns() -> dict[str, Column]:
    magnitudes = {
        f"true_mag_{band}": Column(
            f"true m_{band}", "mag", f"total AB magnitude in {band}", "magnitude", "", band, True
        )
        for band in BANDS
    }
    return {
        "true_z": Column("true z", "", "redshift", "redshift", truth=True),
        **magnitudes,
        "true_log_mass": Column("true log M", "solMass", "stellar mass", truth=True),
        "true_re": Column("true r_e", "arcsec", "half-light radius in V along the major axis", "size", truth=True),
        "true_bulge_fraction": Column("true B/T", "", "bulge's share of the rest-frame V light", truth=True),
        "true_type": Column("true type", "", "SED: 0 E, 1 Sbc, 2 Scd, 3 Im, 4 starburst", truth=True),
        "true_av": Column("true A_V", "mag", "attenuation in V beyond the template's own", truth=True),
    }
