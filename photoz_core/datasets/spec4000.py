"""astroML's SDSS corrected spectra: 4000 galaxies at rest, gaps filled by iterative PCA, in one npz file."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core._spectra_arrays import FILLS, Scaled, fill_and_scale
from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of
from photoz_core.datasets._catalog import reading
from photoz_core.datasets._report import Report
from photoz_core.datasets._spectra_write import ESTIMATED, estimated_errors, write_rest
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress
from photoz_core.spectra import Grid, norms

TITLE = "SDSS corrected spectra of astroML (spec4000.npz)"
CREDIT = "Sloan Digital Sky Survey, by way of astroML (Vanderplas et al. 2012, CIDU, p. 47)"
NEEDED = ("spectra", "mask", "coeffs", "evecs", "mu", "norms", "coeff0", "coeff1", "z")
KINDS = (
    "unknown", "star", "absorption galaxy", "galaxy", "emission galaxy", "narrow-line QSO", "broad-line QSO", "sky",
    "high-z QSO", "late-type star",
)  # fmt: skip
OWN = "file"  # the gaps as astroML filled them
COLUMNS = {
    "z_spec": Column("z_spec", "", "SDSS redshift", "redshift"),
    "z_err": Column("σ(z)", "", "1σ error of z_spec"),
    "kind": Column("kind", "", "lineindex_cln: by SDSS's class and the line ratios (Kewley et al. 2001)", "category"),
    "log_nii_halpha": Column("log [N II]/Hα", "", "line ratio from SDSS's fits"),
    "log_oiii_hbeta": Column("log [O III]/Hβ", "", "line ratio from SDSS's fits"),
}
SOURCES = {"z_spec": "z", "z_err": "zerr", "log_nii_halpha": "log_NII_Ha", "log_oiii_hbeta": "log_OIII_Hb"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey spec4000``."""
    add = parser.add_argument
    add("--file", required=True, type=Path, help="spec4000.npz")
    add("--fill", choices=(OWN, *FILLS), default=OWN, help="gaps: as astroML filled them (default), or anew")
    add("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name` on the file's own grid; masked pixels are (mu + coeffs · evecs) × norms, as in astroML.

    The file has no errors: they are estimated from the spectra.

    Raises
    ------
    PhotozError
        Naming the array of the file that is missing or has a wrong shape.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    data = read_npz(arguments.file)
    grid = Grid(float(data["coeff0"]), float(data["coeff1"]), data["spectra"].shape[1])
    filled, mask = rebuilt(data, str(arguments.file)), data["mask"].astype(bool)
    error = np.where(mask, 0, estimated_errors(filled, mask))
    report.notes.append(ESTIMATED)
    if arguments.fill == OWN:
        norm = norms(filled)
        scaled = Scaled(
            np.float32(filled / norm[:, None]), np.float32(error / norm[:, None]), mask, norm,
            f"gaps as in the file: iterative PCA of astroML, {data['coeffs'].shape[1]} components",
        )  # fmt: skip
    else:
        scaled = fill_and_scale(filled, error, mask, arguments.fill)
    report.notes.append(scaled.note)
    frame, columns = _catalog(data)
    meta = Meta(
        name=name,
        title="SDSS corrected spectra",
        description="Galaxies of SDSS at rest; gaps filled by iterative PCA, outliers among them.",
        survey="SDSS",
        provenance={"source": arguments.file.name, "credit": CREDIT, "options": options_of(arguments)},
    )
    return write_rest(home, meta, scaled, frame, columns, grid, report, progress, arguments.seed)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the file, their shapes checked.

    Raises
    ------
    PhotozError
        Naming the array.
    """
    with reading(path), np.load(path, allow_pickle=False) as file:
        if lacking := [key for key in NEEDED if key not in file.files]:
            raise PhotozError(f"{path}: no array {lacking[0]!r}, it has {', '.join(file.files)}; is it spec4000.npz?")
        wanted = {*NEEDED, *SOURCES.values(), "lineindex_cln"}
        data = {key: file[key] for key in file.files if key in wanted}
    count, length = data["spectra"].shape if data["spectra"].ndim == 2 else (0, 0)
    kept = data["coeffs"].shape[-1] if data["coeffs"].ndim else 0
    shapes = {"spectra": (count, length), "mask": (count, length), "coeffs": (count, kept), "mu": (length,)}
    shapes |= {"norms": (count,), "z": (count,), "coeff0": (), "coeff1": ()}
    for key, shape in shapes.items():
        if data[key].shape != shape or not data[key].size:
            raise PhotozError(f"{path}: array {key!r} of shape {data[key].shape}, expected {shape or 'one number'}")
    evecs = data["evecs"]
    if evecs.ndim != 2 or evecs.shape[1] != length or len(evecs) < kept:
        raise PhotozError(f"{path}: array 'evecs' of shape {evecs.shape}, expected ({kept} or more, {length})")
    return data


def rebuilt(data: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Spectra (N, L) in SDSS's unit, the masked pixels from astroML's components.

    Raises
    ------
    PhotozError
        Naming the row of a value that is not finite.
    """
    coeffs = data["coeffs"].astype(np.float64)
    fill = (data["mu"] + coeffs @ data["evecs"][: coeffs.shape[1]]) * data["norms"][:, None]
    filled = np.where(data["mask"].astype(bool), fill, data["spectra"])
    if (bad := np.flatnonzero(~np.isfinite(filled).all(axis=1))).size:
        raise PhotozError(f"{name}: spectrum {bad[0]} holds NaN or infinite values ({bad.size} such); mask them")
    return filled


def _catalog(data: dict[str, np.ndarray]) -> tuple[pd.DataFrame, dict[str, Column]]:
    count = len(data["spectra"])
    found = {name: data[key] for name, key in SOURCES.items() if key in data and data[key].shape == (count,)}
    frame = pd.DataFrame({"object_id": [f"{row:04d}" for row in range(count)], **found}).astype(
        dict.fromkeys(found, float)
    )
    ratios = [name for name in ("log_nii_halpha", "log_oiii_hbeta") if name in frame]
    frame[ratios] = frame[ratios].replace([np.inf, -np.inf], np.nan)
    frame.loc[frame["z_spec"] < -0.01, "z_spec"] = np.nan
    if "lineindex_cln" in data:
        frame["kind"] = np.array(KINDS)[np.clip(data["lineindex_cln"].astype(int), 0, len(KINDS) - 1)]
    return frame, {name: column for name, column in COLUMNS.items() if name in frame}
