"""SDSS and BOSS spectra, a `spec` file each, brought to rest on one grid."""

import argparse
from pathlib import Path

import numpy as np

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._report import Report
from photoz_core.datasets._spectra_write import (
    add_spectra_arguments,
    collect,
    redshift_table,
    spectrum_files,
    write_collected,
)
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress
from photoz_core.spectra import Grid, RestSpectrum, to_rest_grid

TITLE = "SDSS spectra: a folder of spec FITS files (loglam, flux, ivar)"
CREDIT = "Sloan Digital Sky Survey (sdss.org)"
# FULLREJECT, NOSKY, BRIGHTSKY and NODATA of SDSS's SPPIXMASK; the other bits warn, they do not spoil a pixel
MASKED = 1 << 18 | 1 << 22 | 1 << 23 | 1 << 24
COLUMNS = {
    "z_spec": Column("z_spec", "", "redshift of the pipeline, or of --redshifts", "redshift"),
    "z_err": Column("σ(z)", "", "1σ error of the pipeline's redshift", "quantity"),
    "kind": Column("kind", "", "the pipeline's subclass, else its class", "category"),
    "zwarning": Column("zwarning", "", "the pipeline's ZWARNING: 0 is fine", "flag"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey sdss_spectra``."""
    add_spectra_arguments(parser)


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: rest-frame spectra (N, 1000), 3000–8000 Å in vacuum, with 1σ errors and a mask.

    Raises
    ------
    PhotozError
        If no file can be used, naming them; those that cannot among others that can are left out and named.
    """
    progress, report, grid = Progress.of(progress), Report(), Grid()
    home.new_dataset(name)
    files = spectrum_files(arguments.folder, ".fits", ".fits.gz", ".fit", ".fits.bz2")
    known = redshift_table(arguments.redshifts, files)
    spectra, frame = collect(
        files, lambda name, path: read_spec(path, grid, known.get(name)), arguments, report, progress
    )
    meta = Meta(
        name=name,
        title="SDSS spectra",
        description="Spectra at rest, divided by their root mean square; gaps filled, see spectrum_mask.",
        survey="SDSS",
        provenance={"source": str(arguments.folder), "credit": CREDIT, "options": options_of(arguments)},
    )
    return write_collected(home, meta, spectra, frame, COLUMNS, grid, report, progress, arguments)


def read_spec(path: Path, grid: Grid, z: float | None = None) -> tuple[RestSpectrum, dict]:
    """One `spec` file on `grid`, and its columns.

    Parameters
    ----------
    z : float, optional
        Instead of the one in the file (column Z of the table in extension 2).

    Raises
    ------
    PhotozError
        Naming the file and what it lacks.
    """
    from astropy.io import fits

    with reading(path), fits.open(path) as hdus:
        table = hdus[1].data if len(hdus) > 1 else None
        names = {} if table is None or table.names is None else {n.lower(): n for n in table.names}
        if lacking := [n for n in ("loglam", "flux", "ivar") if n not in names]:
            raise PhotozError(f"{path}: no column {lacking[0]!r} in extension 1; is it a spec file of SDSS?")
        loglam, flux, ivar = (np.array(table[names[n]], np.float64) for n in ("loglam", "flux", "ivar"))
        flags = np.array(table[names["and_mask"]], np.int64) if "and_mask" in names else np.zeros(len(flux), np.int64)
        row = hdus[2].data[0] if len(hdus) > 2 and hdus[2].data is not None and len(hdus[2].data) else None
        found = _pipeline(row)
    z = found["z_spec"] if z is None else z
    if not np.isfinite(z):
        raise PhotozError(f"{path}: no redshift in extension 2; give one with --redshifts")
    masked = (ivar == 0) | ((flags & MASKED) != 0)  # 0 is SDSS's own sign for no data, not a defect to count
    error = np.divide(1, np.sqrt(np.where(ivar > 0, ivar, 1)), out=np.zeros(len(ivar)), where=ivar > 0)
    spectrum = to_rest_grid(10**loglam, flux, error, masked, z, grid, name=str(path))
    return spectrum, found | {"z_spec": z if z >= -0.01 else np.nan}


def _pipeline(row) -> dict:
    """Redshift, its error, kind and warning in the pipeline's row; NaN and "" where it does not say."""
    names = {name.upper() for name in row.array.names} if row is not None else set()

    def value(name: str, missing):
        return row[name] if name in names else missing

    kind = str(value("SUBCLASS", "")).strip() or str(value("CLASS", "")).strip()
    return {
        "z_spec": float(value("Z", np.nan)),
        "z_err": float(value("Z_ERR", np.nan)),
        "kind": kind.lower(),
        "zwarning": float(value("ZWARNING", np.nan)),
    }
