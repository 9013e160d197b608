"""CANDELS stamps: cutout files or mosaics of each field, de-reddened."""

import re
from pathlib import Path

import numpy as np

from photoz_core.datasets._candels_files import BANDS, FIELDS, INSTRUMENT, find
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._fits_image import Place
from photoz_core.datasets._images import Source, Stamps
from photoz_core.datasets._photometry import MICROJANSKY
from photoz_core.errors import PhotozError

EXTINCTION = {"F606W": 2.471, "F814W": 1.526, "F125W": 0.726, "F160W": 0.512}  # A / E(B−V)
QUANTILE, SAMPLE = 0.95, 2000  # infinite pixels become this quantile of the band, measured on so many stamps at most
ZERO_POINTS = {"F606W": 26.49, "F814W": 25.94, "F125W": 26.23, "F160W": 25.95}  # of one electron/s, for cutout files


class CutoutFiles:
    """Stamps of one field in ``FIELD/INSTRUMENT_BAND_cutoutsN.hdf5`` (`cutouts` (n, H, W), `ids` (n, 1)): a `Source`.

    Parameters
    ----------
    folder : Path
        Holds a folder for each field: cos, uds, egs, gn, gs.
    ids : (N,) int
        Catalog IDs of the field's objects.
    zero_points : dict
        AB magnitude of one pixel unit by band.

    Raises
    ------
    PhotozError
        If the folder, a band or a dataset is missing, or the bands' files hold different objects.
    """

    def __init__(self, folder: Path, field: str, ids: np.ndarray, zero_points: dict[str, float]):
        self._folder, self._ids = Path(folder) / FIELDS[field][2], np.asarray(ids)
        self.where = str(self._folder)
        self._factor = np.array([10 ** (0.4 * (MICROJANSKY - zero_points[b])) for b in BANDS], np.float32)
        pattern = re.compile(rf"{INSTRUMENT[BANDS[0]]}_{BANDS[0].lower()}_cutouts(\d+)\.hdf5")
        numbers = sorted(
            int(match[1]) for path in self._folder.glob("*.hdf5") if (match := pattern.fullmatch(path.name))
        )
        if not numbers:
            raise PhotozError(
                f"{self._folder}: no cutouts; expected {pattern.pattern.replace(chr(92), '')} and other bands"
            )
        self._place: dict[int, tuple[int, int]] = {}  # ID → (number of the file, row in it)
        for number in numbers:
            self._place |= {int(i): (number, row) for row, i in enumerate(self._read(number, BANDS[0], "ids").ravel())}
        side = self._read(numbers[0], BANDS[0], "cutouts").shape[1:]
        self.shape = (len(BANDS), *side)

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps [µJy]; an object that is in no file is a problem."""
        stamps = Stamps(np.full((len(rows), *self.shape), np.nan, np.float32), np.zeros(len(rows)))
        places = [self._place.get(int(self._ids[row])) for row in rows]
        stamps.problems = {i: f"no cutout in {self._folder}" for i, place in enumerate(places) if place is None}
        for number in sorted({place[0] for place in places if place}):
            here = [i for i, place in enumerate(places) if place and place[0] == number]
            for band, factor in enumerate(self._factor):
                cutouts = self._read(number, BANDS[band], "cutouts")
                if cutouts.shape[1:] != self.shape[1:]:
                    raise PhotozError(
                        f"{self._file(number, BANDS[band])}: cutouts {cutouts.shape}, expected {self.shape}"
                    )
                chosen = cutouts[[places[i][1] for i in here]].astype(np.float32)
                stamps.pixels[here, band] = np.where(chosen == 0, np.nan, chosen * factor)
        return stamps

    def _file(self, number: int, band: str) -> Path:
        return self._folder / f"{INSTRUMENT[band]}_{band.lower()}_cutouts{number}.hdf5"

    def _read(self, number: int, band: str, name: str) -> np.ndarray:
        import h5py

        path = self._file(number, band)
        with reading(path), h5py.File(path) as file:
            if name not in file:
                raise PhotozError(f"{path}: no dataset {name!r}; it holds {', '.join(file)}")
            return file[name][...]


class Dereddened:
    """Another `Source` with Galactic extinction taken off, infinite pixels replaced by `bright`.

    Parameters
    ----------
    ebv : (N,) array
        E(B−V) of the source's objects [mag].
    bright : (C,) array
        Value for infinite pixels (they were too bright for float16), before the correction.
    """

    def __init__(self, source: Source, ebv: np.ndarray, bright: np.ndarray):
        self._source, self._ebv, self._bright = source, ebv, bright
        self.shape, self.where = source.shape, source.where

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps × 10^(0.4 R E(B−V)) [µJy]."""
        stamps = self._source.read(rows)
        bright = np.broadcast_to(np.reshape(self._bright, (1, -1, 1, 1)), stamps.pixels.shape)
        pixels = np.where(np.isinf(stamps.pixels), bright, stamps.pixels)
        stamps.pixels = pixels * transmission(self._ebv[rows])[:, :, None, None]
        return stamps


def transmission(ebv: np.ndarray) -> np.ndarray:
    """Factors (N, 4) that undo the extinction of E(B−V) (N,) [mag]."""
    return 10 ** (0.4 * np.outer(ebv, list(EXTINCTION.values()))).astype(np.float32)


def bright_level(parts: list[tuple[Source, np.ndarray]], seed: int = 0) -> np.ndarray:
    """The 95th percentile (C,) of the finite pixels of each band, over the objects `rows` of each (source, rows)."""
    total = sum(len(rows) for _, rows in parts)
    rng = np.random.default_rng(seed)
    pixels = []
    for source, rows in parts:
        share = min(len(rows), -(-SAMPLE * len(rows) // max(total, 1)))
        if share:
            pixels.append(source.read(np.sort(rng.permutation(rows)[:share])).pixels)
    if not pixels:
        raise PhotozError("no object is bright enough to measure the brightest pixels on; raise --max-mag")
    bands = np.concatenate(pixels).swapaxes(0, 1).reshape(len(BANDS), -1)
    return np.array([np.quantile(b[np.isfinite(b)], QUANTILE) if np.isfinite(b).any() else 0 for b in bands])


def mosaic_places(folder: Path, field: str) -> list[Place]:
    """The four mosaics of a field in `folder`, as MAST names them."""
    short = FIELDS[field][2]
    patterns = {b: f"hlsp_candels_hst_{INSTRUMENT[b]}_{short}*-tot*_{b.lower()}_*drz.fits*" for b in BANDS}
    return [Place(band, str(find(Path(folder), [pattern], f"{band} mosaic")), "") for band, pattern in patterns.items()]
