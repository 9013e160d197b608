"""Your own spectra: a folder of text tables, wavelength and flux and perhaps error, a file a spectrum."""

import argparse
from pathlib import Path

import numpy as np

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of
from photoz_core.datasets._catalog import open_maybe_compressed, reading
from photoz_core.datasets._report import Report
from photoz_core.datasets._spectra_write import (
    add_spectra_arguments,
    collect,
    redshift_table,
    relative_norm,
    spectrum_files,
    write_collected,
)
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress
from photoz_core.spectra import Grid, to_rest_grid

TITLE = "Your own spectra: a folder of text tables, wavelength flux [error]"
SUFFIXES = (".dat", ".txt", ".csv", ".ascii", ".asc", ".spec", ".sed")
Z_SPEC = Column("z_spec", "", "redshift given for the spectrum", "redshift")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey spectra_table``."""
    add = parser.add_argument
    add_spectra_arguments(parser)
    add("--wavelength-unit", default="Angstrom", metavar="UNIT", help="Angstrom (default), nm, um, …")
    add("--flux-unit", default="", metavar="UNIT", help="e.g. 'erg / (Angstrom s cm2)', uJy; default: f_λ, any scale")
    add("--air", action="store_true", help="wavelengths are in air, not in vacuum")
    add("--redshift", type=float, metavar="Z", help="of the spectra that --redshifts does not name (default: at rest)")
    add("--title", default="", help="what people read")
    add("--credit", default="", help="of the spectra")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name`: rest-frame spectra (N, 1000), 3000–8000 Å in vacuum.

    Without a redshift a spectrum is taken as it is, at rest, and has no `z_spec`.

    Raises
    ------
    PhotozError
        If no file can be used, naming them; those that cannot among others that can are left out and named.
    """
    progress, report, grid = Progress.of(progress), Report(), Grid()
    home.new_dataset(name)
    files = spectrum_files(arguments.folder, *SUFFIXES)
    if arguments.redshifts is not None:  # the table may lie among the spectra
        files = {key: path for key, path in files.items() if path.resolve() != arguments.redshifts.resolve()}
    known = redshift_table(arguments.redshifts, files)

    def read(key: str, path: Path):
        wavelength, flux, error = read_columns(path)
        z = known.get(key, arguments.redshift)
        units = arguments.wavelength_unit, arguments.flux_unit, arguments.air, str(path)
        spectrum = to_rest_grid(wavelength, flux, error, None, z or 0.0, grid, *units)
        return spectrum, {"z_spec": np.nan if z is None else z}

    spectra, frame = collect(files, read, arguments, report, progress)
    if arguments.redshift is None and (rest := int(frame["z_spec"].isna().sum())):
        report.notes.append(f"{rest} spectra without a redshift: taken to be at rest")
    meta = Meta(
        name=name,
        title=arguments.title or name,
        description="Spectra at rest, divided by their root mean square; gaps filled, see spectrum_mask.",
        provenance={"source": str(arguments.folder), "credit": arguments.credit, "options": options_of(arguments)},
    )
    columns = relative_norm({"z_spec": Z_SPEC}, arguments.flux_unit)
    return write_collected(home, meta, spectra, frame, columns, grid, report, progress, arguments)


def read_columns(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Wavelength, flux and error (P,), the first columns of a text table; None without a third one.

    Columns are parted by blanks, commas or semicolons; ``#`` starts a comment; a first line of words is a header.

    Raises
    ------
    PhotozError
        Naming the file, and the row and column of what is no number.
    """
    with reading(path):
        with open_maybe_compressed(path) as file:
            lines = file.read().decode("utf-8-sig").replace(",", " ").replace(";", " ").splitlines()
        lines = [text for line in lines if (text := line.partition("#")[0].strip())]
        if lines and not _is_number(lines[0].split()[0]):
            lines = lines[1:]
        if not lines:
            raise PhotozError(f"{path}: the table is empty (no rows)")
        count = len(lines[0].split())
        if count < 2:
            raise PhotozError(f"{path}: one column; a spectrum has wavelength, flux and perhaps error")
        columns = np.loadtxt(lines, usecols=range(min(count, 3)), ndmin=2).T
    return columns[0], columns[1], columns[2] if len(columns) > 2 else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
