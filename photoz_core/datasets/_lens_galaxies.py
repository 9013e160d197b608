"""Galaxy images of a GalSim catalog: many image extensions in each of some FITS files."""

from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.datasets._catalog import reading
from photoz_core.datasets._images import Stamps
from photoz_core.datasets._object_files import fit
from photoz_core.errors import PhotozError
from photoz_core.progress import Progress


class GalaxyFiles:
    """A `Source` of one-band stamps around the middle of images in extensions.

    Parameters
    ----------
    files : (N,) of Path
    hdus : (N,) int
        Extension of each image, 0 the primary one (as GalSim counts).
    size : int
        Side of a stamp [pixel]; smaller images are surrounded by missing pixels.

    Raises
    ------
    PhotozError
        Naming the files that are missing.
    """

    def __init__(self, files: list[Path], hdus: np.ndarray, size: int):
        if missing := [path for path in dict.fromkeys(files) if not path.is_file()]:
            shown = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
            raise PhotozError(
                f"{len(missing)} image files of the catalog are missing: {shown}; is --images the folder?"
            )
        self._files, self._hdus, self.shape = files, np.asarray(hdus), (1, size, size)
        self.where = str(files[0])

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps of these rows; an image that cannot be read is an error, it has been measured before."""
        stamps = Stamps(np.full((len(rows), *self.shape), np.nan, np.float32), np.zeros(len(rows)))
        for i, image in self._images(rows):
            stamps.pixels[i], stamps.edge[i] = fit(image[None], self.shape)
        return stamps

    def measure(self, progress: Progress) -> pd.DataFrame:
        """Of each image (N rows) its shorter `side` [pixel], the `peak` of its stamp, and whether all is `finite`.

        Raises
        ------
        PhotozError
            Naming an image that cannot be read.
        """
        side, peak, finite = np.zeros(len(self._files), int), np.zeros(len(self._files)), []
        for row, image in self._images(np.arange(len(self._files))):
            side[row], finite_here = min(image.shape), np.isfinite(image).all()
            peak[row] = np.nanmax(fit(image[None], self.shape)[0]) if finite_here else np.nan
            finite.append(finite_here)
            progress(row + 1, len(self._files))
        return pd.DataFrame({"side": side, "peak": peak, "finite": finite})

    def _images(self, rows: np.ndarray):
        """Position in `rows` and image (h, w) float32; a file is opened once for rows that follow each other."""
        from astropy.io import fits

        start = 0
        while start < len(rows):
            path = self._files[rows[start]]
            end = next((i for i in range(start, len(rows)) if self._files[rows[i]] != path), len(rows))
            with reading(path), fits.open(path, memmap=False) as hdus:
                for i in range(start, end):
                    yield i, self._one(hdus, path, int(self._hdus[rows[i]]))
            start = end

    @staticmethod
    def _one(hdus, path: Path, number: int) -> np.ndarray:
        try:
            data = hdus[number].data if number >= 0 else None
        except IndexError:
            data = None
        if data is None or data.ndim != 2:
            raise PhotozError(f"{path}: no image in extension {number}, which the catalog names")
        del hdus[number].data  # else all images of the file stay in memory
        return np.array(data, dtype=np.float32)
