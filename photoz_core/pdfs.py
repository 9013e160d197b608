"""Redshift PDFs of many objects: densities in common bins, stored as a qp histogram ensemble as the field does."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from photoz_core.errors import PhotozError
from photoz_core.files import replacing

CHUNK = 1 << 20  # numbers that a temporary may hold: a few MB, which caches like


@dataclass(frozen=True, eq=False)
class Pdfs:
    """p(z) of N objects, constant within each of G bins.

    Parameters
    ----------
    edges : (G + 1,) float64
        Bin edges in redshift, increasing.
    density : (N, G) float32
        Mean density within each bin; NaN rows where an object has no PDF.
    """

    edges: np.ndarray
    density: np.ndarray

    def __len__(self) -> int:
        return len(self.density)

    @classmethod
    def from_cdf(cls, edges: np.ndarray, cdf: np.ndarray) -> "Pdfs":
        """From cumulative probabilities (N, G + 1) at the edges.

        What lies beyond the edges is lost and the rest renormalised: each PDF integrates to 1. A row with no
        probability between the edges becomes NaN.
        """
        mass = np.clip(np.diff(np.asarray(cdf, np.float64), axis=1), 0, None)
        total = mass.sum(1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            density = mass / total / np.diff(edges)
        return cls(np.asarray(edges, np.float64), density.astype(np.float32))

    @cached_property
    def centers(self) -> np.ndarray:
        """Bin centres (G,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @cached_property
    def cumulative(self) -> np.ndarray:
        """Cumulative probability (N, G + 1) float32 at the edges: from 0 to 1."""
        result = np.zeros((len(self), len(self.edges)), np.float32)
        for rows in self.blocks():
            total = np.cumsum(self.density[rows] * np.diff(self.edges), axis=1)
            with np.errstate(invalid="ignore"):  # of a row of zeros
                result[rows, 1:] = total / total[:, -1:]  # densities are rounded, so that their sum is not quite 1
        return result

    def take(self, rows: np.ndarray) -> "Pdfs":
        """The PDFs of these rows (indices or mask)."""
        return Pdfs(self.edges, self.density[rows])

    def cdf(self, z: np.ndarray) -> np.ndarray:
        """Cumulative probability (N,) of each object at its own z (N,), the PIT where z is z_spec; NaN at NaN."""
        z = np.asarray(z, float)
        inside = np.clip(np.nan_to_num(z), self.edges[0], self.edges[-1])
        bin_, rows = self.bin_of(inside), np.arange(len(self))
        low, high = self.cumulative[rows, bin_].astype(float), self.cumulative[rows, bin_ + 1]
        value = low + (high - low) * (inside - self.edges[bin_]) / np.diff(self.edges)[bin_]
        return np.where(np.isfinite(z), value, np.nan)

    def at(self, z: np.ndarray) -> np.ndarray:
        """Density (N,) of each object at its own z (N,); 0 beyond the edges, NaN at NaN."""
        z = np.asarray(z, float)
        value = self.density[np.arange(len(self)), self.bin_of(z)]
        beyond = (z < self.edges[0]) | (z > self.edges[-1])
        return np.where(np.isfinite(z) & np.isfinite(value), np.where(beyond, 0.0, value), np.nan)

    def bin_of(self, z: np.ndarray) -> np.ndarray:
        """Index (N,) of the bin ``edges[i] ≤ z < edges[i + 1]``, the nearest one for z beyond the edges; any at NaN."""
        return np.clip(np.searchsorted(self.edges, z, "right") - 1, 0, len(self.centers) - 1)

    def quantile(self, *levels: float) -> np.ndarray:
        """Redshifts (N, number of levels) below which these shares of the probability lie."""
        result = np.empty((len(self), len(levels)))
        for rows in self.blocks():
            cumulative, density = self.cumulative[rows], self.density[rows]
            index = np.arange(len(cumulative))
            for column, level in enumerate(levels):
                bin_ = np.clip((cumulative < level).sum(1) - 1, 0, len(self.centers) - 1)
                with np.errstate(invalid="ignore", divide="ignore"):
                    offset = (level - cumulative[index, bin_]) / density[index, bin_]
                width = np.diff(self.edges)[bin_]
                result[rows, column] = self.edges[bin_] + np.where(offset > 0, np.minimum(offset, width), 0)
        result[~np.isfinite(self.density[:, 0])] = np.nan
        return result

    def mean(self) -> np.ndarray:
        """Mean redshift (N,)."""
        weights = self.centers * np.diff(self.edges)
        return np.concatenate([self.density[rows] @ weights for rows in self.blocks()] or [np.empty(0)])

    def mode(self) -> np.ndarray:
        """Centre (N,) of the densest bin."""
        known = np.isfinite(self.density[:, 0])
        return np.where(known, self.centers[np.where(known, self.density.argmax(1), 0)], np.nan)

    def blocks(self) -> list[slice]:
        """Rows in blocks whose float64 temporaries stay small."""
        step = max(1, CHUNK // len(self.edges))
        return [slice(start, start + step) for start in range(0, len(self), step)]

    def save(self, path: Path, object_id: np.ndarray) -> None:
        """Write in one step as qp's histogram ensemble (HDF5): ``qp.read(path)`` and RAIL open it.

        Parameters
        ----------
        object_id : (N,) str
            Kept in qp's ancillary table.
        """
        import h5py

        with replacing(path) as partial, h5py.File(partial, "w") as file:
            file["meta/pdf_name"], file["meta/pdf_version"] = np.array([b"hist"]), np.array([0])
            file["meta/bins"], file["data/pdfs"] = self.edges[None], self.density
            file["ancil/object_id"] = np.char.encode(np.asarray(object_id, str), "utf-8")

    @classmethod
    def open(cls, path: Path) -> "Pdfs":
        """Read what `save`, or qp of a histogram ensemble, wrote.

        Raises
        ------
        PhotozError
            Naming the file, if it is missing, truncated, or holds no qp histogram in increasing bins.
        """
        import h5py

        try:
            with h5py.File(path) as file:
                edges, density = np.ravel(file["meta/bins"][:]), file["data/pdfs"][:].astype(np.float32)
        except (OSError, KeyError, ValueError, TypeError) as error:  # ValueError, TypeError: no arrays
            raise PhotozError(f"cannot read the PDFs in {path}: {error}; train the run again") from error
        if density.ndim != 2 or density.shape[1] != len(edges) - 1:
            raise PhotozError(f"{path}: {density.shape} densities, {len(edges)} bin edges; train the run again")
        if not (np.diff(edges) > 0).all():
            raise PhotozError(f"{path}: bin edges do not increase; train the run again")
        return cls(edges.astype(np.float64), density)


def summary(pdfs: Pdfs) -> dict[str, np.ndarray]:
    """What a catalog keeps of each PDF, (N,) each.

    ``z_phot`` (the median), ``z_mode``, ``z_mean``, the central intervals ``z_low_68`` … ``z_high_95`` and
    ``pdf_width``, half of the central 68 %.
    """
    median, low, high, low95, high95 = pdfs.quantile(0.5, 0.16, 0.84, 0.025, 0.975).T
    return {
        "z_phot": median,
        "z_mode": pdfs.mode(),
        "z_mean": pdfs.mean(),
        "z_low_68": low,
        "z_high_68": high,
        "z_low_95": low95,
        "z_high_95": high95,
        "pdf_width": (high - low) / 2,
    }
