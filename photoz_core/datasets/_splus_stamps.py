"""S-PLUS stamps: pictures, or FITS files of several bands that make a color picture."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from photoz_core.datasets._catalog import reading
from photoz_core.datasets._lupton import check_size, open_three
from photoz_core.datasets._object_files import PICTURES, read_planes
from photoz_core.datasets._picture_files import find_pictures, split_name
from photoz_core.datasets._report import Report
from photoz_core.datasets._splus_catalog import BANDS, spellings
from photoz_core.errors import PhotozError

CHANNELS = (BANDS[:5], BANDS[5:9], BANDS[9:])  # blue, green, red; their sums are what the colors are made of
SPELLED = {spelling: band for band in BANDS for spelling in spellings(band)}
BAND = re.compile(rf"(?:(.+)[_.\-])?({'|'.join(sorted(SPELLED, key=len, reverse=True))})", re.IGNORECASE)


def find_stamps(folder: Path, report: Report) -> tuple[dict[Path, str], dict[Path, dict[str, Path]]]:
    """Stamps in `folder` and below.

    Returns
    -------
    names : dict
        One file of each object → its name.
    bands : dict
        The same file → its files by band, where there is one for each: ``ID_BAND.fits``, ``BAND/ID.fits``.

    Raises
    ------
    PhotozError
        If there is none, or two files are of one object and band.
    """
    files = find_pictures(folder)
    if pictures := [path for path in files if path.name.lower().endswith(PICTURES)]:
        if len(pictures) < len(files):
            report.notes.append(f"{len(files) - len(pictures)} FITS files beside the pictures are not read")
        return {path: split_name(path.name)[0] for path in pictures}, {}
    objects: dict[str, dict[str, Path]] = {}
    for path in files:
        name, band = band_of_file(path)
        if band in objects.setdefault(name, {}):
            raise PhotozError(f"two files of object {name!r} in band {band!r}: {objects[name][band]} and {path}")
        objects[name][band] = path
    first = {next(iter(found.values())): name for name, found in objects.items()}
    return first, {path: objects[name] for path, name in first.items() if "" not in objects[name]}


def band_of_file(path: Path) -> tuple[str, str]:
    """Name of the object and band of a FITS file, "" for one whose name and folder say no band."""
    stem = split_name(path.name)[0]
    if (match := BAND.fullmatch(stem)) and match[1]:
        return match[1], SPELLED[match[2].lower()]
    return stem, SPELLED.get(path.parent.name.lower(), "")


def open_bands(files: dict[str, Path]) -> tuple[np.ndarray, bool]:
    """Planes (3, H, W) of one object from a file for each band, blue first; they are fluxes, so with False.

    Three bands are one plane each; of more, the mean of the blue, the green and the red ones.

    Raises
    ------
    PhotozError
        If a file cannot be read, bands differ in size, or there are none for a color.
    """
    planes = {}
    for band, path in files.items():
        check_size(path)
        with reading(path):
            read = read_planes(path, "", all_of_them=False)
        if len(read) != 1 or read[0][0].shape != next(iter(planes.values()), read[0][0]).shape:
            raise PhotozError(f"{path}: {len(read)} images of {read[0][0].shape}; give one a band, all alike")
        planes[band] = read[0][0]
    ordered = sorted(planes, key=BANDS.index)
    groups = [[band] for band in ordered] if len(planes) == 3 else [[b for b in ordered if b in c] for c in CHANNELS]
    if not all(groups):
        raise PhotozError(f"{next(iter(files.values()))}: bands {' '.join(ordered)} make no blue, green and red")
    return np.stack([np.mean([planes[band] for band in group], axis=0) for group in groups]), False


def opener(paths: list[Path], bands: dict[Path, dict[str, Path]]) -> Callable[[int], tuple[np.ndarray, bool]]:
    """Row → planes (3, H, W) of its stamp, blue first, and whether they are gray levels from 0 to 1."""
    return lambda row: open_bands(bands[paths[row]]) if paths[row] in bands else open_three(paths[row])
