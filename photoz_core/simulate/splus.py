"""splus-mock: simulated stars, galaxies and quasars in the twelve S-PLUS bands with color stamps and known truth.

For the magnitude pretext: a large set without classes, and two small labelled ones (role "sg", "sgq") that share no
object with it.
"""

import platform
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import pandas as pd
from annotated_types import Ge, Gt, Le

from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import DatasetWriter, new_dataset
from photoz_core.errors import PhotozError, unknown
from photoz_core.files import require_space
from photoz_core.options import Share, build, options, to_dict
from photoz_core.simulate._parallel import ordered_map
from photoz_core.simulate._splus_bands import BANDS, DEPTH, PIXEL_SCALE, STAMP
from photoz_core.simulate._splus_roles import CLASSES, ROLES

CHUNK = 250  # objects a task; part of the random sequence, so a change of it changes the sample
ALONE = 1000  # up to so many objects, starting processes takes longer than drawing
TITLES = {"pretext": "no classes", "sg": "stars and galaxies", "sgq": "stars, galaxies and quasars"}
CREDIT = (
    "Simulated in the bands of S-PLUS (Mendes de Oliveira et al. 2019) with GalSim (Rowe et al. 2015) and its CWW "
    "templates (Coleman, Wu & Weedman 1980). Quasars: Vanden Berk et al. 2001, Madau 1995, Richards et al. 2003; "
    "galaxies: Leja et al. 2020, van der Wel et al. 2014, Calzetti et al. 2000; colors: Lupton et al. 2004."
)


@options
class Config:
    """Options of the mock S-PLUS.

    Parameters
    ----------
    n : int
        Number of objects, to 200,000.
    role : str
        "pretext": no class labels, every magnitude error at most `max_error`; "sg": 55.9 % stars, the others galaxies,
        r < 18.5; "sgq": a third each of stars, galaxies and quasars, r < 20.5.
    seeing_range : tuple
        Lowest and highest FWHM of a field's PSF [arcsec]; an object's scatters by 3 % around it.
    depth : tuple
        5σ limits of a point source in the twelve bands at 1.25″ [AB mag].
    shares : tuple
        Of stars, galaxies and quasars with r < 20.5 that role "pretext" tries.
    max_error : float
        Largest magnitude error in role "pretext" [mag].
    seed : int
        The same seed gives the same sample.
    """

    n: Annotated[int, Ge(1), Le(200_000)] = 6000
    seed: Annotated[int, Ge(0)] = 0
    role: str = "pretext"
    seeing_range: tuple[Annotated[float, Ge(0.7)], Annotated[float, Le(3.0)]] = (0.9, 1.6)
    depth: tuple[Annotated[float, Ge(18), Le(26)], ...] = DEPTH
    shares: tuple[Share, Share, Share] = (0.46, 0.53, 0.01)
    max_error: Annotated[float, Gt(0.02), Le(0.5)] = 0.1


def simulate(
    folder: Path, config: Config, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Dataset:
    """Simulate the dataset `folder`, whose name it takes.

    The sample depends on the options alone, not on `workers`. Images are streamed to disk: memory does not grow with
    them.

    Parameters
    ----------
    folder : Path
        Must not exist; it appears when the sample is complete.
    workers : int, optional
        Processes, by default one per usable core.
    progress : callable, optional
        Called with the number of objects written and `config.n`.

    Raises
    ------
    PhotozError
        For an option out of range, an existing folder, or a disk without room.
    """
    config, folder = _checked(config), Path(folder)
    require_space(folder, 2 * config.n * 3 * STAMP**2)
    if workers is None and config.n <= ALONE:
        workers = 1
    with new_dataset(folder, _meta(folder.name, config)) as writer:
        catalog, tried = _observe(writer, config, workers, progress or (lambda done, total: None))
        writer.meta.provenance["kept_share"] = round(config.n / tried, 4)
        writer.finish(catalog[list(writer.meta.columns)], seed=config.seed)
    return Dataset(folder)


def _checked(config: Config) -> Config:
    config = build(Config, to_dict(config), "simulation of S-PLUS")
    if config.role not in ROLES:
        raise unknown("role", config.role, ROLES)
    low, high = config.seeing_range
    if not low < high:
        raise PhotozError(f"simulation of S-PLUS: option 'seeing_range' = ({low}, {high}); give the lower value first")
    if len(config.depth) != len(BANDS):
        count, names = len(config.depth), ", ".join(BANDS)
        raise PhotozError(f"simulation of S-PLUS: option 'depth' has {count} values; give one for each of {names}")
    if abs(sum(config.shares) - 1) > 1e-6:
        raise PhotozError(f"simulation of S-PLUS: option 'shares' adds up to {sum(config.shares):.6g}; make it 1")
    return config


def _observe(
    writer: DatasetWriter, config: Config, workers: int | None, progress: Callable
) -> tuple[pd.DataFrame, int]:
    """Write the images; return the catalog and how many objects were tried."""
    from photoz_core.simulate._splus_survey import cells, survey

    sky = cells(config)
    rows = (range(i, min(i + CHUNK, config.n)) for i in range(0, config.n, CHUNK))
    tasks = ((part, sky[part.start : part.stop]) for part in rows)
    chunks = closing(ordered_map(survey(config).observe, tasks, workers))
    shape = (config.n, 3, STAMP, STAMP)
    image = writer.array(
        "image", shape, "<f2", "", "blue, green, red of 0 to 1: g, r, i by one arcsinh stretch for all"
    )
    catalogs, tried, done = [], 0, 0
    with image as append, chunks as observed:
        for catalog, stamps, count in observed:
            append(stamps)
            catalogs.append(catalog)
            tried += count
            done += len(catalog)
            progress(done, config.n)
    return pd.concat(catalogs, ignore_index=True), tried


def _meta(name: str, config: Config) -> Meta:
    return Meta(
        name=name,
        title=f"Mock S-PLUS, {TITLES[config.role]}",
        description="Simulated stars, galaxies and quasars in twelve bands, with color stamps and known truth.",
        survey="S-PLUS (simulated)",
        simulated=True,
        bands=["B", "G", "R"],
        label="class",
        pixel_scale=PIXEL_SCALE,
        columns=_columns(),
        provenance={
            "simulator": "splus",
            "options": to_dict(config),
            "seed": config.seed,
            "versions": {"python": platform.python_version()}
            | {p: version(p) for p in ("galsim", "numpy", "scipy", "astropy")},
            "credit": CREDIT,
        },
    )


def _columns() -> dict[str, Column]:
    known = ", ".join(CLASSES)
    return {
        "object_id": Column("object", "", "name of the object", "id"),
        "field": Column("field", "", "tile of the survey; each has its seeing", "category"),
        "ra": Column("RA", "deg", "right ascension (J2000)", "position"),
        "dec": Column("Dec", "deg", "declination (J2000)", "position"),
        "class": Column("class", "", f"{known}; empty where unknown", "category"),
        "z_spec": Column("z_spec", "", "spectroscopic redshift of a labelled galaxy or quasar", "redshift"),
        **photometry_columns(list(BANDS)),
        "fwhm": Column("FWHM", "arcsec", "size in r by adaptive moments, not freed from the seeing", "size"),
        "ellipticity": Column("ellipticity", "", "1 − b/a in r by moments, not freed from the seeing"),
        "true_class": Column("true class", "", known, "category", truth=True),
        "true_kind": Column("true kind", "", "kind of star, early or late type, quasar", "category", truth=True),
        "true_z": Column("true z", "", "redshift", "redshift", truth=True),
        "true_teff": Column("true T_eff", "K", "effective temperature of a star", truth=True),
        "true_metals": Column("true [M/H]", "dex", "log₁₀ of a star's metals over the sun's", truth=True),
        "true_re": Column(
            "true r_e", "arcsec", "half-light radius of a galaxy along the major axis", "size", truth=True
        ),
        "true_bulge_fraction": Column("true B/T", "", "bulge's share of a galaxy's rest-frame V light", truth=True),
        "true_mag_r": Column("true m_r", "mag", "total AB magnitude in r", "magnitude", "", "r", True),
        "true_seeing": Column("true seeing", "arcsec", "FWHM of the PSF", "size", truth=True),
    }
