"""Euclid: VIS and NISP Y, J, H images of small fields, searched for objects; no redshifts."""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._cutouts import MosaicStamps
from photoz_core.datasets._detect import add_detection_arguments, detect, detected_catalog, detection_of
from photoz_core.datasets._fits_image import Place, band_extensions
from photoz_core.datasets._images import Images, Stamps
from photoz_core.datasets._mosaic import open_mosaics
from photoz_core.datasets._photometry import by_band
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "Euclid fields: VIS, Y, J, H stamps of detected objects, no redshifts"
BANDS = ["VIS", "NIR_Y", "NIR_J", "NIR_H"]
CREDIT = "ESA Euclid, Quick Data Release Q1 (Euclid Collaboration: Aussel et al. 2025)"
ONE_BAND = re.compile(r"(?P<field>.+)_(?P<band>vis|nir_[yjh])_data\.fits", re.IGNORECASE)


@dataclass
class Field:
    """A field that is opened whenever stamps of it are read: a `Source`.

    Parameters
    ----------
    name : str
    places, noise : list of Place
        Image and noise map of each band.
    zero_points : dict
        In place of those in the headers.
    size : int
        Of the stamps [pixel].
    """

    name: str
    places: list[Place]
    noise: list[Place]
    zero_points: dict[str, float]
    size: int
    xy: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(BANDS), self.size, self.size

    @property
    def where(self) -> str:
        return self.places[0].path

    def open(self):
        """Context that yields its mosaics in the order of `BANDS`."""
        return open_mosaics(self.places, self.noise, self.zero_points, needs_wcs=False)

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps around `xy`."""
        with self.open() as mosaics:
            return MosaicStamps(mosaics, self.size, pixels=self.xy).read(rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey euclid_fields``."""
    parser.add_argument("--fields", required=True, nargs="+", type=Path, help="FITS files, or folders of them")
    parser.add_argument("--stamp", type=int, default=64, metavar="PIXELS", help="side of a stamp (default 64)")
    parser.add_argument(
        "--image-zero-point", nargs="+", metavar="BAND=MAG", help="AB magnitude of one pixel unit, over the headers'"
    )
    parser.add_argument(
        "--match", type=float, default=0.5, help="same object in two fields below [arcsec] (default 0.5)"
    )
    parser.add_argument(
        "--max-missing", type=float, default=1.0, metavar="SHARE", help="leave out emptier stamps (0 to 1)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random split (default 0)")
    add_detection_arguments(parser)


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: objects found on VIS and NISP together, AB magnitudes, FWHM, four-band stamps [µJy].

    Of an object in several fields, the one in the largest field is kept.

    Raises
    ------
    PhotozError
        If no field has all four bands, or nothing is found.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    points = by_band(arguments.image_zero_point, BANDS, "--image-zero-point")
    parts, frames, columns, scale = [], [], {}, float("nan")
    for field in _largest_first(find_fields(arguments.fields, points, arguments.stamp, report), report):
        with field.open() as mosaics:
            found = detect(mosaics, detection_of(arguments))
            frame, columns = detected_catalog(found, mosaics, f"{field.name}-", report)
            scale = mosaics[0].pixel_scale
        new = _not_yet_seen(frame, frames, arguments.match)
        if not new.all():
            report.notes.append(f"{field.name}: {int((~new).sum())} objects are in a larger field already; left out")
        field.xy = found["x"].to_numpy(), found["y"].to_numpy()
        parts.append((field, np.flatnonzero(new)))
        frames.append(frame[new].assign(field=field.name))
    columns["field"] = Column("field", "", "the image it was found in", "category")
    meta = Meta(
        name=name,
        title="Euclid fields",
        description="Objects found on VIS + Y + J + H; magnitudes in one Kron ellipse per object.",
        survey="Euclid Q1",
        bands=BANDS,
        pixel_scale=scale,
        provenance={"source": f"{len(parts)} fields", "credit": CREDIT, "options": options_of(arguments)},
    )
    images = Images(parts, max_missing=arguments.max_missing)
    frame = pd.concat(frames, ignore_index=True)
    return write_dataset(home, meta, frame, columns, report, progress, images=images, seed=arguments.seed)


def find_fields(paths: list[Path], zero_points: dict[str, float], size: int, report: Report) -> list[Field]:
    """Fields with all four bands among `paths`: multi-extension files, and sets of ``FIELD_vis_data.fits``, ….

    Raises
    ------
    PhotozError
        If a path does not exist, or there is no such field.
    """
    files = [file for path in paths for file in (sorted(path.glob("*.fits*")) if path.is_dir() else [path])]
    fields, sets = [], {}
    for file in files:
        if match := ONE_BAND.fullmatch(file.name):
            sets.setdefault(match["field"], {})[match["band"].upper()] = file
        elif not re.search(r"_(psf|noise_map)\.fits", file.name):
            try:
                fields.append(_one_file(file, zero_points, size))
            except PhotozError as error:
                if file in paths:
                    raise
                report.notes.append(f"{file.name} was left out: {error}")
    for name, bands in sets.items():
        places = [Place(band, str(bands[band]), "") for band in BANDS if band in bands]
        noise = [p._replace(path=p.path.replace("_data.", "_noise_map.")) for p in places]
        noise = [place for place in noise if Path(place.path).exists()]
        fields.append(Field(name, places, noise, zero_points, size))
    complete = [field for field in fields if len(field.places) == len(BANDS)]
    if left := [field.name for field in fields if len(field.places) < len(BANDS)]:
        report.notes.append(f"without all of {' '.join(BANDS)}, left out: {', '.join(left)}")
    if not complete:
        raise PhotozError(f"{', '.join(map(str, paths))}: no field with {' '.join(BANDS)} among {len(files)} files")
    return complete


def _one_file(file: Path, zero_points: dict[str, float], size: int) -> Field:
    from astropy.io import fits

    with reading(file), fits.open(file) as hdus:
        bands = {band: numbers for band, numbers in band_extensions(hdus, file).items() if band in BANDS}
    places = [Place(band, str(file), str(bands[band][0])) for band in BANDS if band in bands]
    noise = [Place(place.band, place.path, str(rms)) for place in places if (rms := bands[place.band][1]) is not None]
    return Field(file.name.partition(".fits")[0], places, noise, zero_points, size)


def _largest_first(fields: list[Field], report: Report) -> list[Field]:
    """Fields by area; those whose zero points are unknown are left out, and said so."""
    usable: list[tuple[int, Field]] = []
    for field in fields:
        try:
            with field.open() as mosaics:
                usable.append((-int(np.prod(mosaics[0].shape)), field))
        except PhotozError as error:
            report.notes.append(f"{field.name} was left out: {error}")
    if not usable:
        raise PhotozError("no field can be used:\n" + "\n".join(report.notes))
    return [field for _, field in sorted(usable, key=lambda item: item[0])]


def _not_yet_seen(frame: pd.DataFrame, earlier: list[pd.DataFrame], radius: float) -> np.ndarray:
    """Rows (N,) with no object of `earlier` frames within `radius` [arcsec]."""
    from astropy.coordinates import SkyCoord

    seen = [part[["ra", "dec"]] for part in earlier if "ra" in part]
    if "ra" not in frame or not seen:
        return np.ones(len(frame), bool)
    known, here = (SkyCoord(part["ra"], part["dec"], unit="deg") for part in (pd.concat(seen), frame))
    return here.match_to_catalog_sky(known)[1].arcsec > radius
