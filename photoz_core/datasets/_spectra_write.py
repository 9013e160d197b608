"""The last step of every import of spectra: gaps, norm, what is measured, one atomic folder."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core._spectra_arrays import FILLS, NORM, Scaled, fill_and_scale, flux_noise, write_spectra
from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.datasets._assemble import NO_REDSHIFT, summary, with_report
from photoz_core.datasets._catalog import read_catalog
from photoz_core.datasets._mapping import near
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress
from photoz_core.spectra import SPECTRUM_COLUMNS, Grid, RestSpectrum, measure

SHOWN = 10  # files a note names
ID = Column("object", "", "name of the file", "id")
ESTIMATED = "errors are estimated from neighbouring pixels (DER_SNR), one a spectrum: too small if those are correlated"


def add_spectra_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the surveys that read a file a spectrum."""
    add = parser.add_argument
    add("--folder", required=True, type=Path, help="with a file a spectrum, also in folders of its own")
    add("--redshifts", type=Path, help="table with the columns file (its name, with or without suffix) and z")
    add("--max-missing", type=float, default=0.5, metavar="SHARE", help="leave out spectra with larger gaps (0.5)")
    add("--fill", choices=FILLS, default="auto", help="gaps: PCA, lines, or auto, PCA of 100 spectra or more")
    add("--seed", type=int, default=0, help="of the random split (default 0)")


def spectrum_files(folder: Path, *suffixes: str) -> dict[str, Path]:
    """Files below `folder` by the name without suffix, sorted; hidden ones are left out.

    Raises
    ------
    PhotozError
        If there is no such folder or file, or two have the same name.
    """
    if not folder.is_dir():
        raise PhotozError(f"no such folder: {folder} (--folder)")
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    files = {}
    for path in paths:
        if suffix := next((s for s in suffixes if path.name.lower().endswith(s)), ""):
            name = path.name[: -len(suffix)]
            if name in files:
                raise PhotozError(f"two spectra are named {name!r}: {files[name]} and {path}; rename one")
            files[name] = path
    if not files:
        raise PhotozError(f"{folder}: no file with a name that ends in {', '.join(suffixes)}")
    return files


def redshift_table(path: Path | None, files: dict[str, Path]) -> dict[str, float]:
    """Redshift by name of the file, from a table with the columns `file` and `z`; empty without one.

    Raises
    ------
    PhotozError
        For a missing column, a file named twice, or a table that names none of `files`.
    """
    if path is None:
        return {}
    frame = read_catalog(path).frame
    for column in ("file", "z"):
        if column not in frame:
            raise PhotozError(f"{path}: no column {column!r} (--redshifts needs file and z); {near(column, frame)}")
    names = {file.name: name for name, file in files.items()}
    keys = [names.get(Path(str(value)).name, str(value)) for value in frame["file"]]
    if again := next((key for key in keys if keys.count(key) > 1), None):
        raise PhotozError(f"{path}: file {again!r} occurs twice; give each once")
    values = pd.to_numeric(frame["z"], errors="coerce")
    known = {key: float(z) for key, z in zip(keys, values, strict=True) if key in files and np.isfinite(z)}
    if not known:
        raise PhotozError(f"{path}: has a redshift of none of the {len(files)} files, e.g. {next(iter(files))!r}")
    return known


def collect(
    files: dict[str, Path], read: Callable[[str, Path], tuple[RestSpectrum, dict]], arguments, report: Report, progress
) -> tuple[list[RestSpectrum], pd.DataFrame]:
    """Spectra and a catalog of those files that can be used; the others are named in the report.

    Parameters
    ----------
    read : callable
        Name and file → spectrum and its columns; a `PhotozError` says why it cannot be used.

    Raises
    ------
    PhotozError
        If none can be used.
    """
    spectra, rows, skipped, bad = [], [], [], 0
    for number, (name, path) in enumerate(files.items(), start=1):
        try:
            spectrum, known = read(name, path)
            if (missing := spectrum.mask.mean()) > arguments.max_missing:
                raise PhotozError(f"{path}: {missing:.0%} of the grid missing, allowed {arguments.max_missing:.0%}")
        except PhotozError as error:
            skipped.append(str(error))
        else:
            spectra.append(spectrum)
            rows.append({"object_id": name, **known})
            bad += spectrum.bad
        progress(number, len(files))
    shown = "; ".join(skipped[:SHOWN]) + ("; …" if len(skipped) > SHOWN else "")
    if not spectra:
        raise PhotozError(f"none of {len(files)} spectra can be used: {shown}")
    if skipped:
        report.notes.append(f"{len(skipped)} of {len(files)} spectra left out: {shown}")
    if bad:
        report.notes.append(f"{bad} values masked: NaN, or an error not above 0")
    return spectra, pd.DataFrame(rows)


def write_collected(
    home: Home, meta: Meta, spectra: list[RestSpectrum], frame: pd.DataFrame, columns: dict[str, Column], grid: Grid,
    report: Report, progress: Progress, arguments: argparse.Namespace,
) -> Dataset:  # fmt: skip
    """Fill the gaps of `spectra` on `grid` as `arguments` say, and write them with what is known of them (`frame`)."""
    flux, mask = np.stack([item.flux for item in spectra]), np.stack([item.mask for item in spectra])
    without = np.array([item.error is None for item in spectra])
    error = np.stack([np.zeros(grid.count) if item.error is None else item.error for item in spectra])
    if without.any():
        error[without] = estimated_errors(flux[without], mask[without])
        report.notes.append(f"{without.sum()} spectra without errors: {ESTIMATED}")
    scaled = fill_and_scale(flux, error, mask, arguments.fill)
    report.notes.append(scaled.note)
    return write_rest(home, meta, scaled, frame, columns, grid, report, progress, arguments.seed)


def write_rest(
    home: Home, meta: Meta, scaled: Scaled, frame: pd.DataFrame, columns: dict[str, Column], grid: Grid,
    report: Report, progress: Progress, seed: int,
) -> Dataset:  # fmt: skip
    """Write spectra on `grid` with the columns of `frame` and those measured on them."""
    if "z_spec" not in frame:
        frame, columns = frame.assign(z_spec=np.nan), columns | {"z_spec": NO_REDSHIFT}
    measured = measure(grid.wavelength, scaled.spectrum, scaled.error, scaled.mask)
    frame = frame.assign(**measured, norm=scaled.norm)
    columns = {"object_id": ID, **columns, **SPECTRUM_COLUMNS, "norm": columns.get("norm", NORM)}
    with new_dataset(home.new_dataset(meta.name), meta) as writer:
        write_spectra(writer, scaled, grid)
        writer.meta = with_report(writer.meta, columns, report)
        writer.finish(frame[list(columns)], seed=seed)
    dataset = Dataset(home.dataset(meta.name))
    progress.say(f"{report.text()}\n{summary(dataset)}".strip())
    return dataset


def estimated_errors(flux: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """1σ (N, L), the same at all pixels of a spectrum; its root mean square where too few pixels tell the noise."""
    noise = flux_noise(flux, mask)
    scatter = np.sqrt(np.where(mask, 0, flux**2).sum(axis=1) / np.maximum((~mask).sum(axis=1), 1))
    return np.broadcast_to(np.where(noise > 0, noise, scatter)[:, None], flux.shape).copy()


def relative_norm(columns: dict[str, Column], flux_unit: str) -> dict[str, Column]:
    """`columns`, with a norm without unit where the flux has none."""
    return columns if flux_unit.strip() else columns | {"norm": replace(NORM, unit="")}
