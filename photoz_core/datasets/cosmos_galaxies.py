"""HST images of real galaxies as GalSim's COSMOS 23.5 and 25.2 sets hold them: sources for simulated lenses."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._catalog import Catalog, read_catalog
from photoz_core.datasets._images import Images
from photoz_core.datasets._lens_galaxies import GalaxyFiles
from photoz_core.datasets._lens_images import common_scale
from photoz_core.datasets._mapping import near
from photoz_core.datasets._photometry import clean
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "GalSim's real galaxies (COSMOS 23.5, 25.2): HST stamps, sources for lenses"
CREDIT = "COSMOS HST/ACS (Koekemoer et al. 2007; Leauthaud et al. 2007); stamps: Mandelbaum et al. 2012, GalSim"
NEEDED = ("IDENT", "MAG", "BAND", "GAL_FILENAME", "GAL_HDU", "PIXEL_SCALE", "NOISE_VARIANCE")
COLUMNS = {
    "object_id": Column("object", "", "IDENT of the catalog", "id"),
    "ra": Column("RA", "deg", "right ascension (J2000)", "position"),
    "dec": Column("Dec", "deg", "declination (J2000)", "position"),
    "noise_over_peak": Column("noise / peak", "", "rms noise of the catalog over the stamp's largest pixel"),
    "side": Column("side", "pix", "shorter side of the image before it was cut to a stamp", "size"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey cosmos_galaxies``."""
    add = parser.add_argument
    add("--catalog", required=True, type=Path, help="real_galaxy_catalog_23.5.fits or …25.2.fits")
    add("--images", type=Path, metavar="FOLDER", help="of the image files (default: that of the catalog)")
    add("--stamp", type=int, default=128, metavar="PIXELS", help="side of a stamp (default %(default)s)")
    add("--min-side", type=int, default=50, metavar="PIXELS", help="smallest image to keep (default %(default)s)")
    add("--max-noise", type=float, default=0.05, help="largest rms noise over the peak (default %(default)s)")
    add("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: one-band stamps (N, 1, H, W) in the unit of the files, magnitudes, no redshift.

    Kept are, as LenSiam's authors choose sources, images of at least 50 pixels a side whose rms noise, the root of the
    catalog's NOISE_VARIANCE, is below 5 % of the brightest pixel of the stamp.

    Raises
    ------
    PhotozError
        Naming the column, file or extension that is missing, or if no galaxy is good enough.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    if arguments.stamp < 1:
        raise PhotozError(f"--stamp {arguments.stamp}: give a number of pixels above 0")
    catalog = read_catalog(arguments.catalog)
    if missing := [column for column in NEEDED if column not in catalog.frame]:
        raise PhotozError(f"{catalog.path}: no column {missing[0]!r}; {near(missing[0], catalog.frame)}")
    band, scale = _band(catalog), _pixel_scale(catalog)
    source = _images(catalog, arguments)
    measured = source.measure(progress)
    noise = np.sqrt(clean(catalog.frame["NOISE_VARIANCE"], "flux")[0])  # as a flux, it must be positive
    measured["noise_over_peak"] = noise / measured["peak"].where(measured["peak"] > 0)
    rows = _choose(measured, arguments, report)
    frame, columns = _catalog(catalog, band, report)
    frame = frame.assign(noise_over_peak=measured["noise_over_peak"], side=measured["side"]).iloc[rows]
    meta = Meta(
        name=name,
        title="Real galaxies with HST",
        description=f"{band} images of galaxies, at least {arguments.min_side} pixels a side, with little noise.",
        survey="COSMOS (HST)",
        bands=[band],
        pixel_scale=scale,
        provenance={"source": arguments.catalog.name, "credit": CREDIT, "options": options_of(arguments)},
    )
    frame, images = frame.reset_index(drop=True), Images([(source, rows)], unit="")
    return write_dataset(home, meta, frame, columns, report, progress, images=images, seed=arguments.seed)


def _images(catalog: Catalog, arguments: argparse.Namespace) -> GalaxyFiles:
    folder = arguments.images or arguments.catalog.parent
    paths = {file: folder / file for file in catalog.frame["GAL_FILENAME"].unique()}
    files = [paths[file] for file in catalog.frame["GAL_FILENAME"]]
    return GalaxyFiles(files, catalog.frame["GAL_HDU"].to_numpy(int), arguments.stamp)


def _choose(measured: pd.DataFrame, arguments: argparse.Namespace, report: Report) -> np.ndarray:
    """Row numbers (M,) of the galaxies to keep; the others are counted by the first reason that holds."""
    left = np.ones(len(measured), bool)
    for reason, hit in {
        f"side below {arguments.min_side} pixels": measured["side"] < arguments.min_side,
        "pixels that are NaN or infinite": ~measured["finite"],
        "no noise variance, or no pixel above 0": measured["noise_over_peak"].isna(),
        f"noise from {arguments.max_noise:.3g} of the peak on": measured["noise_over_peak"] >= arguments.max_noise,
    }.items():
        if number := int((left & hit).sum()):
            report.notes.append(f"{number} of {len(measured)} galaxies left out: {reason}")
        left &= ~hit.to_numpy()
    if not left.any():
        raise PhotozError(f"{arguments.catalog}: no galaxy is left; {'; '.join(report.notes)}")
    return np.flatnonzero(left)


def _catalog(catalog: Catalog, band: str, report: Report) -> tuple[pd.DataFrame, dict[str, Column]]:
    ids = catalog.frame["IDENT"].astype(str)
    if (again := ids.duplicated(keep=False)).any():
        report.notes.append(f"{int(again.sum())} galaxies share their IDENT; named IDENT:ROW")
        ids = ids.where(~again, ids + ":" + pd.Series(range(len(ids)), dtype=str))
    magnitude, counts = clean(catalog.frame["MAG"], "mag")
    for reason, number in counts.items():
        report.count("MAG", reason, number)
    frame = pd.DataFrame({"object_id": ids, f"mag_{band}": magnitude})
    columns = COLUMNS | {f"mag_{band}": photometry_columns([band])[f"mag_{band}"]}
    for ours, theirs in (("ra", "RA"), ("dec", "DEC")):
        if theirs in catalog.frame:
            frame[ours] = catalog.frame[theirs].to_numpy(float)
        else:
            del columns[ours]
    return frame, columns


def _band(catalog: Catalog) -> str:
    bands = catalog.frame["BAND"].astype(str).str.strip().unique().tolist()
    if len(bands) > 1:
        raise PhotozError(
            f"{catalog.path}: images of several bands ({', '.join(sorted(bands))}); give a catalog of one"
        )
    return bands[0]


def _pixel_scale(catalog: Catalog) -> float:
    places = [f"{catalog.path}, row {row}" for row in range(len(catalog))]
    return common_scale(catalog.frame["PIXEL_SCALE"].to_numpy(float), places)
