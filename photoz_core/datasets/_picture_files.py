"""Pictures in a folder, a file or several of an object: which is whose, and stamps of one size from them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from photoz_core.datasets._images import Stamps
from photoz_core.datasets._lens_files import ENDINGS, files_below
from photoz_core.datasets._object_files import PICTURES
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

KNOWN = (*ENDINGS, *PICTURES)
SHOWN = 5  # names that a note gives
LARGEST = 4096  # pixels on a side of a stamp; larger ones are pictures of a field


def find_pictures(folder: Path, endings: tuple[str, ...] = KNOWN) -> list[Path]:
    """Pictures in `folder` (see `files_below`)."""
    return files_below(folder, endings, "picture")


def split_name(name: str) -> tuple[str, str]:
    """The name of a file without its folders and ending, and its ending in lower case, "" if it is no picture's.

    >>> split_name("data/J0945+0936.1.JPG")
    ('J0945+0936.1', '.jpg')
    """
    name = re.split(r"[/\\]", name.strip())[-1]
    ending = max((ending for ending in KNOWN if name.lower().endswith(ending)), key=len, default="")
    return name[: len(name) - len(ending)], ending


def match_pictures(names: Sequence[str], pictures: dict[Path, str], where: object, report: Report) -> list[Path | None]:
    """The picture of each row, told by its name without folders and ending; nothing outside `pictures` is looked for.

    Parameters
    ----------
    names : (N,) of str
        File names or paths as the table has them, or ids.
    pictures : dict
        File → name of the object it shows. Where several have one name, the folders in the table's path decide.
    where : object
        The table, for messages.

    Raises
    ------
    PhotozError
        If no row has a picture, or a row has several.
    """
    index: dict[str, list[Path]] = {}
    for path, name in pictures.items():
        index.setdefault(_key(name), []).append(path)
    found = [_nearest(str(name), index.get(_key(split_name(str(name))[0]), []), where) for name in names]
    if not any(found):
        raise PhotozError(
            f"{where}: no row for any of {len(pictures)} pictures; its names are like {str(names[0])!r}, "
            f"the pictures' like {next(iter(pictures)).name!r}; say which column names them"
        )
    seen: set[Path] = set()
    again = [row for row, path in enumerate(found) if path and (path in seen or seen.add(path))]
    _note(report, "rows show the picture of a row before; left out", [names[row] for row in again])
    _note(report, "rows have no picture; left out", [name for name, path in zip(names, found, strict=True) if not path])
    _note(report, "pictures have no row; left out", [path.name for path in pictures if path not in seen])
    others = {(a, b) for n, path in zip(names, found, strict=True) if path and (a := split_name(str(n))[1])
              and a != (b := split_name(path.name)[1])}  # fmt: skip
    for said, real in sorted(others):
        report.notes.append(f"names of the table end in {said}, the files in {real}: matched without the ending")
    return [None if row in set(again) else path for row, path in enumerate(found)]


def _key(name: str) -> str:
    """Numbers without leading zeros, which tables lose."""
    return name.lstrip("0") or "0" if name.isdigit() else name


def _nearest(name: str, paths: list[Path], where: object) -> Path | None:
    """The path that ends most like `name`, folder by folder."""
    if len(paths) < 2:
        return paths[0] if paths else None
    parts = PurePosixPath(name.replace("\\", "/")).parts
    exact = [path for path in paths if path.name == parts[-1]] or paths

    def agreement(path: Path) -> int:
        pairs = zip(reversed(path.parts[:-1]), reversed(parts[:-1]), strict=False)
        return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(path.parts), len(parts)) - 1)

    best = max(map(agreement, exact))
    chosen = [path for path in exact if agreement(path) == best]
    if len(chosen) > 1:
        listed = ", ".join(map(str, chosen[:SHOWN]))
        raise PhotozError(f"{where}: {len(chosen)} pictures are named like {name!r}: {listed}; keep one of them")
    return chosen[0]


def _note(report: Report, text: str, names: list[str]) -> None:
    if names:
        more = ", …" if len(names) > SHOWN else ""
        report.notes.append(f"{len(names)} {text}: {', '.join(map(str, names[:SHOWN]))}{more}")


@dataclass
class PictureStamps:
    """A `Source` of stamps (3, H, W) from 0 to 1, cut and resized alike.

    Parameters
    ----------
    places : list of str
        File of each of N objects, for messages.
    open_one : callable
        Row → its picture (3, h, w) from 0 to 1, NaN without data; a `PhotozError` says why it cannot be used.
    crop, size : int
        Central pixels to keep, and pixels on a side to average them to; 0 for all, and for as they are.

    Attributes
    ----------
    zooms : set of float
        Pixels of the pictures for one of the stamps, of all that were read.

    Raises
    ------
    PhotozError
        If none of the first hundred pictures can be used.
    """

    places: list[str]
    open_one: Callable[[int], np.ndarray]
    crop: int = 0
    size: int = 0

    def __post_init__(self):
        self.where, self.zooms, why = self.places[0], set(), ""
        for row in range(min(len(self.places), 100)):
            try:
                self.shape = self._one(row)[0].shape
                return
            except PhotozError as error:
                why = why or str(error)
        raise PhotozError(f"none of {len(self.places)} pictures can be used; the first: {why}")

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps of these rows; a picture that is broken or of another shape is a problem."""
        stamps = Stamps(np.full((len(rows), *self.shape), np.nan, np.float32), np.zeros(len(rows)))
        for i, row in enumerate(rows):
            try:
                pixels, zoom = self._one(int(row))
                if pixels.shape != self.shape:
                    text = f"{pixels.shape[1:]} pixels, the first has {self.shape[1:]}; --size brings them to one"
                    raise PhotozError(f"{self.places[row]}: {text}")
                stamps.pixels[i] = pixels
                self.zooms.add(zoom)
            except PhotozError as error:
                stamps.problems[i] = str(error)
        return stamps

    def _one(self, row: int) -> tuple[np.ndarray, float]:
        pixels = self.open_one(row)
        short = min(pixels.shape[1:])
        if self.crop > short:
            raise PhotozError(f"{self.places[row]}: {pixels.shape[1:]} pixels, smaller than --crop {self.crop}")
        side = self.crop or (short if self.size else 0)
        if side:
            y, x = ((length - side) // 2 for length in pixels.shape[1:])
            pixels = pixels[:, y : y + side, x : x + side]
        return (resized(pixels, self.size), side / self.size) if self.size else (pixels, 1.0)


def resized(pixels: np.ndarray, size: int) -> np.ndarray:
    """Square pictures (C, h, h) on (C, size, size) pixels: averages over the new pixels' areas, or interpolated."""
    from PIL import Image

    if pixels.shape[1:] == (size, size):
        return pixels
    how = Image.Resampling.BOX if size < pixels.shape[1] else Image.Resampling.BILINEAR
    planes = [Image.fromarray(np.ascontiguousarray(plane, np.float32)) for plane in pixels]
    return np.stack([np.asarray(plane.resize((size, size), how)) for plane in planes])
