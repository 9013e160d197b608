"""CANDELS with the selection, labels and de-reddening of PITA (arXiv 2602.10207): four HST bands of five fields."""

import argparse
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._candels_files import BANDS, FIELDS, read_fields
from photoz_core.datasets._candels_images import (
    EXTINCTION,
    ZERO_POINTS,
    CutoutFiles,
    Dereddened,
    bright_level,
    mosaic_places,
)
from photoz_core.datasets._candels_labels import match_cosmos2020, pita_split, reference_redshifts
from photoz_core.datasets._catalog import read_catalog
from photoz_core.datasets._cutouts import MosaicStamps
from photoz_core.datasets._images import Images, Source
from photoz_core.datasets._mapping import near
from photoz_core.datasets._mosaic import open_mosaics
from photoz_core.datasets._photometry import MICROJANSKY, by_band, colors
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "CANDELS: four HST bands, five fields, labels as in PITA"
CREDIT = (
    "CANDELS (Grogin et al. 2011, Koekemoer et al. 2011); photometry: Nayyeri et al. 2017, Stefanon et al. 2017, "
    "Barro et al. 2019, Guo et al. 2013, Galametz et al. 2013; redshifts: Kodra et al. 2023; "
    "COSMOS2020: Weaver et al. 2022"
)
COLUMNS = {
    "object_id": Column("object", "", "field and catalog ID", "id"),
    "field": Column("field", "", "CANDELS field", "category"),
    "ra": Column("RA", "deg", "right ascension (J2000)", "position"),
    "dec": Column("Dec", "deg", "declination (J2000)", "position"),
    "z_spec": Column(
        "z_spec", "", "reference redshift: spectrum, grism or LePhare's many-band value, see z_type", "redshift"
    ),
    "z_err": Column(
        "σ(z)", "", "nominal error of the reference redshift: 0.01 spec, 0.05 grism, 68 % interval of LePhare"
    ),
    "z_type": Column("z type", "", "where the reference redshift is from: spec, grism, photo", "category"),
    "ebv": Column("E(B−V)", "mag", "Galactic reddening taken off magnitudes and images"),
    "fwhm": Column("FWHM", "arcsec", "F814W FWHM from COSMOS2020; COSMOS only", "size"),
    "log_ssfr": Column("log sSFR", "1/yr", "specific star-formation rate by LePhare, COSMOS2020; COSMOS only"),
    "log_mass": Column("log M★", "solMass", "stellar mass by LePhare, COSMOS2020; COSMOS only"),
    "z_phot_mFDa4": Column("z_phot mFDa4", "", "CANDELS template-fitting photo-z (Kodra et al. 2023)", "redshift"),
    "z_phot_HB4": Column("z_phot HB4", "", "CANDELS template-fitting photo-z (Kodra et al. 2023)", "redshift"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey candels``."""
    add = parser.add_argument
    add(
        "--folder",
        required=True,
        type=Path,
        help="with the photometry FITS and redshift tables of each field, from MAST",
    )
    add("--fields", nargs="+", default=list(FIELDS), metavar="FIELD", help=f"of {' '.join(FIELDS)} (default: all)")
    add(
        "--ebv",
        required=True,
        metavar="VALUE",
        help="E(B−V): a number, a table (object_id or field, ebv), or sfd (dustmaps)",
    )
    add("--cutouts", type=Path, help="folder of cutout files FIELD/acs_f606w_cutouts0.hdf5, …")
    add("--mosaics", type=Path, help="folder of the 60 mas mosaics, in place of --cutouts")
    add("--cosmos2020", type=Path, help="COSMOS2020 CLASSIC table, for more labels, FWHM and sSFR in COSMOS")
    add(
        "--image-zero-point",
        nargs="+",
        metavar="[BAND=]MAG",
        help=f"AB magnitude of one pixel unit (default {ZERO_POINTS})",
    )
    add("--stamp", type=int, default=108, metavar="PIXELS", help="side of stamps cut from mosaics (default 108)")
    add("--max-mag", type=float, default=26.0, help="faintest F160W of unlabelled objects (default 26)")
    add("--drop-bad-images", action="store_true", help="leave out objects without a cutout, instead of stopping")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: objects with positive flux in all bands that are labelled or brighter than `--max-mag`.

    Labelled objects are split 70/15/15, all others train; magnitudes and images [µJy, float16] are de-reddened.

    Raises
    ------
    PhotozError
        Naming the file, column or object that is missing.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    objects = read_fields(arguments.folder, arguments.fields, report)
    if arguments.cosmos2020:
        objects = objects.join(match_cosmos2020(objects, arguments.cosmos2020))
    objects["ebv"] = reddening(arguments.ebv, objects)
    observed = MICROJANSKY - 2.5 * np.log10(objects["flux_F160W"].to_numpy())
    objects = objects.join(reference_redshifts(objects, observed))
    split = pita_split(objects["z_spec"].notna().to_numpy())
    keep = (observed < arguments.max_mag) | objects["z_spec"].notna().to_numpy()
    report.notes.append(
        f"{int((~keep).sum())} unlabelled objects are fainter than F160W = {arguments.max_mag}; left out"
    )
    objects, split, bright = objects[keep].reset_index(drop=True), split[keep], observed[keep] < arguments.max_mag
    counts = objects["z_type"].replace("", np.nan).value_counts()
    report.notes.append("labels: " + ", ".join(f"{number} {kind}" for kind, number in counts.items()))
    frame, columns = _catalog(objects)
    with ExitStack() as stack:
        images = _images(arguments, objects, bright, stack)
        meta = _meta(name, arguments, images is not None)
        return write_dataset(home, meta, frame, columns, report, progress, images=images, split=split)


def reddening(value: str, objects: pd.DataFrame) -> np.ndarray:
    """E(B−V) (N,) [mag] of objects from a number, a table with `object_id` or `field` and `ebv`, or the SFD map.

    Raises
    ------
    PhotozError
        If the table lacks a column or an object, or dustmaps is not installed.
    """
    try:
        return np.full(len(objects), float(value))
    except ValueError:
        pass
    if value == "sfd":
        return _sfd(objects)
    catalog = read_catalog(Path(value))
    key = next((name for name in ("object_id", "field") if name in catalog.frame), None)
    if key is None or "ebv" not in catalog.frame:
        raise PhotozError(f"{value}: needs columns object_id (or field) and ebv; {near('ebv', catalog.frame)}")
    found = objects[key].map(catalog.frame.drop_duplicates(key).set_index(key)["ebv"]).to_numpy(float)
    if (missing := ~np.isfinite(found)).any():
        raise PhotozError(f"{value}: no ebv for {int(missing.sum())} objects, e.g. {objects[key][missing].iloc[0]}")
    return found


def _sfd(objects: pd.DataFrame) -> np.ndarray:
    try:
        from astropy.coordinates import SkyCoord
        from dustmaps.sfd import SFDQuery

        return np.asarray(SFDQuery()(SkyCoord(objects["ra"], objects["dec"], unit="deg")), float)
    except (ImportError, OSError) as error:
        raise PhotozError(f"--ebv sfd: {error}; install dustmaps and fetch its SFD map, or give a table") from error


def _catalog(objects: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Column]]:
    mags = {}
    for band, ratio in EXTINCTION.items():
        flux = objects[f"flux_{band}"].to_numpy()
        mags[f"mag_{band}"] = MICROJANSKY - 2.5 * np.log10(flux) - ratio * objects["ebv"].to_numpy()
        mags[f"mag_err_{band}"] = 2.5 / np.log(10) * objects[f"flux_err_{band}"].to_numpy() / flux
    mags |= colors(mags, BANDS)
    known = {key: column for key, column in COLUMNS.items() if key in objects}
    frame = objects[list(known)].assign(**mags)
    return frame, known | photometry_columns(BANDS)


def _images(
    arguments: argparse.Namespace, objects: pd.DataFrame, bright: np.ndarray, stack: ExitStack
) -> Images | None:
    if arguments.cutouts is None and arguments.mosaics is None:
        return None
    sources: list[tuple[Source, np.ndarray]] = []
    for field in objects["field"].unique():
        rows = np.flatnonzero(objects["field"] == field)
        sources.append((_source(arguments, field, objects.iloc[rows], stack), rows))
    level = bright_level([(source, np.flatnonzero(bright[rows])) for source, rows in sources])
    ebv = objects["ebv"].to_numpy()
    parts = [(Dereddened(source, ebv[rows], level), np.arange(len(rows))) for source, rows in sources]
    return Images(parts, dtype="<f2", drop_bad=arguments.drop_bad_images)


def _source(arguments: argparse.Namespace, field: str, objects: pd.DataFrame, stack: ExitStack) -> Source:
    points = by_band(arguments.image_zero_point, BANDS, "--image-zero-point")
    if arguments.cutouts:
        return CutoutFiles(arguments.cutouts, field, objects["ID"].to_numpy(), ZERO_POINTS | points)
    mosaics = stack.enter_context(open_mosaics(mosaic_places(arguments.mosaics, field), zero_points=points))
    return MosaicStamps(mosaics, arguments.stamp, (objects["ra"].to_numpy(), objects["dec"].to_numpy()))


def _meta(name: str, arguments: argparse.Namespace, with_images: bool) -> Meta:
    return Meta(
        name=name,
        title="CANDELS",
        description="Objects with positive flux in four HST bands, labelled or bright; de-reddened.",
        survey="CANDELS",
        bands=BANDS,
        pixel_scale=0.06 if with_images else float("nan"),
        provenance={"source": "CANDELS catalogs", "credit": CREDIT, "options": options_of(arguments)},
    )
