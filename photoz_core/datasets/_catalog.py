"""Read a catalog from any common file: FITS, VOTable, HDF5, Parquet, npy/npz and text tables."""

import bz2
import gzip
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.errors import PhotozError, unknown

MAX_VECTOR = 32  # a column of vectors up to this length becomes NAME_1 … NAME_k; longer ones are left out, and said so


@dataclass
class Catalog:
    """A table as its file has it.

    Parameters
    ----------
    path : Path
    frame : DataFrame
        One row per object; masked values are NaN, bytes are str.
    units, descriptions : dict
        By column, where the file tells.
    notes : list of str
        What was left out on reading.
    rows : (N,) int
        Row of each object in the file, and `total`, the number of rows there; set by `_objects.select`.
    """

    path: Path
    frame: pd.DataFrame
    units: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rows: np.ndarray | None = None
    total: int = 0

    def __post_init__(self):
        if self.rows is None:
            self.rows, self.total = np.arange(len(self.frame)), len(self.frame)

    def __len__(self) -> int:
        return len(self.frame)


def read_catalog(path: Path, part: str = "", names: list[str] | None = None) -> Catalog:
    """Read the table in `path`; the format is told from the content, not from the suffix.

    Parameters
    ----------
    part : str
        FITS extension (name or number) or HDF5 group, where the file holds several tables.
    names : list of str, optional
        Column names of a text table or plain array without a right header.

    Raises
    ------
    PhotozError
        If the file is missing, truncated, of no known format, or has no rows.
    """
    path = Path(path)
    with reading(path):
        head = _head(path)
        if head.startswith(b"SIMPLE  ="):
            catalog = _read_fits(path, part)
        elif head.startswith(b"\x89HDF\r\n"):
            catalog = _read_hdf5(path, part)
        elif head.startswith(b"PAR1"):
            catalog = _from_columns(path, pd.read_parquet(path).items())
        elif head.startswith((b"\x93NUMPY", b"PK\x03\x04")):
            catalog = _read_numpy(path, names)
        else:
            catalog = _read_text(path, head, names)
    if not len(catalog):
        raise PhotozError(f"{path}: the table is empty (no rows)")
    return catalog


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever a reader raises about `path`, and astropy's warning of truncation, into a `PhotozError`."""
    broken = (OSError, EOFError, ValueError, TypeError, KeyError, IndexError, zipfile.BadZipFile, Warning)
    if not Path(path).exists():
        raise PhotozError(f"no such file: {path}")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="astropy")
            warnings.filterwarnings("error", message=".*truncated.*")
            yield
    except broken as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise PhotozError(f"cannot read {path}: {reason}; is the file complete and of the format you think?") from error


def open_maybe_compressed(path: Path):
    """Open `path` for reading bytes, through gzip or bzip2 where its first bytes say so."""
    with Path(path).open("rb") as file:
        magic = file.read(3)
    opener = {b"\x1f\x8b\x08": gzip.open, b"BZh": bz2.open}.get(magic, open)
    return opener(path, "rb")


def _head(path: Path) -> bytes:
    with open_maybe_compressed(path) as file:
        return file.read(4096)


def _read_fits(path: Path, part: str) -> Catalog:
    from astropy.io import fits
    from astropy.table import Table

    with fits.open(path) as hdus:
        tables = {
            str(i): (hdu.name, hdu.header["NAXIS2"])
            for i, hdu in enumerate(hdus)
            if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not isinstance(hdu, fits.CompImageHDU)
        }
    if not tables:
        raise PhotozError(f"{path}: no table in this FITS file; give an image with --images")
    chosen = [i for i, (name, _) in tables.items() if not part or part.lower() in (i, name.lower())]
    if not chosen:
        raise PhotozError(f"{path}: {unknown('table', part, (name or i for i, (name, _) in tables.items()))}")
    longest = max(chosen, key=lambda i: tables[i][1])  # not the first: SExtractor's LDAC puts image headers before it
    catalog = _from_astropy(path, Table.read(path, format="fits", hdu=int(longest), unit_parse_strict="silent"))
    if not part and len(tables) > 1:
        catalog.notes.append(f"read table {longest} {tables[longest][0]} of {len(tables)}; --table chooses another")
    return catalog


def _read_text(path: Path, head: bytes, names: list[str] | None) -> Catalog:
    from astropy.io.votable.exceptions import VOTableSpecError
    from astropy.table import Table

    from photoz_core.datasets import _text

    if b"<VOTABLE" in head.upper():
        try:
            return _from_astropy(path, Table.read(path, format="votable", use_names_over_ids=True))
        except VOTableSpecError as error:  # a SyntaxError; `reading` expects none of those
            raise ValueError(error) from error
    frame, units = _text.read_text(path, names)
    if isinstance(frame, Table):
        return _from_astropy(path, frame)
    return Catalog(path, frame, units)


def _read_hdf5(path: Path, part: str) -> Catalog:
    import h5py

    with h5py.File(path) as file:
        tables = {}
        file.visititems(lambda name, node: tables.update({name: node}) if _columns_of(node) else None)
        if _columns_of(file):
            tables["/"] = file
        if any("pandas_type" in getattr(node, "attrs", {}) for node in tables.values()):
            raise PhotozError(f"{path}: written by pandas' to_hdf; save it with to_parquet instead")
        if not tables:
            raise PhotozError(f"{path}: no columns in this HDF5 file; a stack of images goes to --images")
        if part and part.strip("/") not in tables:
            raise PhotozError(f"{path}: {unknown('group', part, tables)}")
        chosen = part.strip("/") or max(tables, key=lambda name: len(_columns_of(tables[name])))
        catalog = _from_columns(path, ((name, node[...]) for name, node in _columns_of(tables[chosen]).items()))
    if not part and len(tables) > 1:
        catalog.notes.append(f"read group {chosen!r} of {', '.join(map(repr, tables))}; --table chooses another")
    return catalog


def _columns_of(node) -> dict:
    """The 1-D and narrow 2-D datasets of an HDF5 group that have its commonest length; a compound dataset's fields."""
    import h5py

    if isinstance(node, h5py.Dataset):
        return {name: node.fields(name) for name in node.dtype.names} if node.dtype.names and node.ndim == 1 else {}
    flat = {n: d for n, d in node.items() if isinstance(d, h5py.Dataset) and d.ndim in (1, 2) and not d.dtype.names}
    lengths = [len(d) for d in flat.values()]
    return {n: d for n, d in flat.items() if len(d) == max(lengths, key=lengths.count)}


def _read_numpy(path: Path, names: list[str] | None) -> Catalog:
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.lib.npyio.NpzFile):
        return _from_columns(path, ((name, loaded[name]) for name in loaded.files if loaded[name].ndim in (1, 2)))
    if loaded.dtype.names:
        return _from_columns(path, ((name, loaded[name]) for name in loaded.dtype.names))
    if loaded.ndim != 2:
        raise PhotozError(f"{path}: an array of shape {loaded.shape} is no table; a stack of images goes to --images")
    if not names or len(names) != loaded.shape[1]:
        raise PhotozError(f"{path}: {loaded.shape[1]} columns without names; give {loaded.shape[1]} with --names A,B,…")
    return _from_columns(path, zip(names, loaded.T, strict=True))


def _from_astropy(path: Path, table) -> Catalog:
    catalog = _from_columns(path, ((name, table[name]) for name in table.colnames))
    for name in catalog.frame:
        source = table[name] if name in table.colnames else table[name.rpartition("_")[0]]
        if getattr(source, "unit", None) is not None:
            catalog.units[name] = str(source.unit)
        if getattr(source.info, "description", None):
            catalog.descriptions[name] = str(source.info.description)
    return catalog


def _from_columns(path: Path, columns) -> Catalog:
    """Plain native columns from (name, array) pairs: masks to NaN, bytes to str, short vectors to several columns."""
    plain, notes = {}, []
    for name, values in columns:
        values = _plain(values)
        if values.ndim == 2 and values.shape[1] <= MAX_VECTOR:
            plain |= {f"{name}_{i + 1}": values[:, i] for i in range(values.shape[1])}
        elif values.ndim == 1 and not any(isinstance(v, list | tuple | np.ndarray | dict) for v in values[:1]):
            plain[str(name)] = values
        else:
            notes.append(f"column {name!r} of shape {values.shape} was left out: it holds arrays")
    lengths = {name: len(values) for name, values in plain.items()}
    if len(set(lengths.values())) > 1:
        raise PhotozError(f"{path}: columns of different length: {lengths}")
    return Catalog(path, pd.DataFrame(plain), notes=notes)


def _plain(values) -> np.ndarray:
    if isinstance(values, pd.Series):
        return values.to_numpy()
    if isinstance(values, np.ma.MaskedArray):
        empty = {"f": np.nan, "U": "", "S": b"", "O": ""}.get(values.dtype.kind)
        if empty is None and values.mask.any():
            values, empty = values.astype(float), np.nan
        values = values.filled(empty) if empty is not None else values.data
    values = np.asarray(values)
    if values.dtype.kind == "S" or (values.dtype.kind == "O" and len(values) and isinstance(values.flat[0], bytes)):
        values = np.char.strip(np.char.decode(values.astype("S"), "utf-8", "replace"))
    return values.astype(values.dtype.newbyteorder("="), copy=False)
