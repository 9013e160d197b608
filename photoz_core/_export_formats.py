"""How an `Export` is written in each format: bytes of a whole file.

Units and descriptions go where a format has a place for them: a FITS header (``TUNITn``, ``TCOMMn``), the fields of a
VOTable, the YAML head of an ECSV, the schema of a Parquet file, comment lines of a CSV.
"""

import io
import json
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.errors import PhotozError

if TYPE_CHECKING:
    from photoz_core.export import Export

FITS_COLUMNS = 999  # the most that the standard has keywords for
FITS_LETTERS = 68  # of a name or a unit: what fits on a card
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no letters of XML 1.0
SPACES = re.compile(r"[^\S \t\n]")  # letters at which astropy breaks or trims a line, in quotes or not
FITS_KEYS = {"fingerprint": "FPRINT", "run_name": "RUNNAME", "projection": "PROJECT"}  # longer than 8 letters
SIGNS = {"−": "-", "–": "-", "·": "-", "×": "x", "±": "+-", "≥": ">=", "≤": "<=", "√": "sqrt", "″": "arcsec"}
UCDS = {
    "id": "meta.id;meta.main",
    "magnitude": "phot.mag",
    "magnitude_error": "stat.error;phot.mag",
    "flux": "phot.flux",
    "color": "phot.color",
    "redshift": "src.redshift",
}  # of the IVOA: by them TOPCAT and Aladin know what a column is
UCDS_OF = {"ra": "pos.eq.ra;meta.main", "dec": "pos.eq.dec;meta.main"}


def to_csv(export: "Export") -> bytes:
    """Comment lines, a header and the rows; all words in quotes, so that a ``#`` in one begins no comment."""
    import csv

    about = [f"# {name}: {_line(value)}" for name, value in export.about.items()]
    columns = [f"# column {name}: {_line(_title(column))}" for name, column in export.columns.items()]
    body = export.frame.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)
    return "\n".join([*about, *columns, body]).encode()


def to_ecsv(export: "Export") -> bytes:
    """Enhanced CSV (astropy APE 6): CSV with units, descriptions and provenance as YAML before it."""
    table, file = _astropy_table(export, lambda word: SPACES.sub(" ", word)), io.StringIO()
    table.meta.update(export.about)
    table.write(file, format="ascii.ecsv")
    return file.getvalue().encode()


def to_fits(export: "Export") -> bytes:
    """A binary table; words are UTF-8, which is ASCII where the standard asks for it wherever they are."""
    from astropy.io import fits

    if export.frame.shape[1] > FITS_COLUMNS:
        count = f"{export.frame.shape[1]:,} columns, FITS takes {FITS_COLUMNS}"
        raise PhotozError(f"{count}; leave out the latents or choose Parquet")
    parts = []
    called = distinct(export.columns, lambda name: plain(name).replace("'", ""), FITS_LETTERS, str.lower)
    for short, (name, column) in zip(called, export.columns.items(), strict=True):
        values = export.frame[name].to_numpy()
        if not _is_number(values):
            values = np.char.encode(values.astype(str), "utf-8")
        code = f"{max(values.dtype.itemsize, 1)}A" if values.dtype.kind == "S" else _fits_code(values.dtype)
        unit = plain(_line(_unit(column.unit, "fits")))[:FITS_LETTERS] or None
        parts.append(fits.Column(short, code, unit=unit, array=values))
    hdu = fits.BinTableHDU.from_columns(parts, name="OBJECTS")
    for number, (short, (name, column)) in enumerate(zip(called, export.columns.items(), strict=True), 1):
        if text := column.description or (name if name != short else ""):
            hdu.header[f"TCOMM{number}"] = plain(_line(text))
    for name, value in export.about.items():
        hdu.header[FITS_KEYS.get(name, name.upper())] = plain(_line(value))
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values longer than a card, which are continued on the next
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(file)
    return file.getvalue()


def to_votable(export: "Export") -> bytes:
    """A VOTable 1.4 with the IVOA's content descriptors (UCD), provenance as INFO elements."""
    from astropy.io.votable import from_table, writeto
    from astropy.io.votable.tree import Info

    table, file = _astropy_table(export, lambda word: FORBIDDEN.sub("", word)), io.BytesIO()
    for name, column in export.columns.items():
        if ucd := UCDS_OF.get(name, UCDS.get(column.kind)):
            table[name].meta["ucd"] = ucd
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of units that the IVOA does not know: they are written as they are
        document = from_table(table)
        document.description = f"{export.about['dataset']}: {len(export.frame):,} objects"
        document.infos.extend(Info(name=name, value=_line(value)) for name, value in export.about.items())
        writeto(document, file)  # not to_xml: its writer in C writes a byte behind its buffer (astropy 8.0.2)
    return file.getvalue()


def to_parquet(export: "Export") -> bytes:
    """Parquet with unit and description in each field's metadata, provenance as JSON under ``photoz``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(export.frame, preserve_index=False)
    described = [
        field.with_metadata({"unit": column.unit, "label": column.label, "description": column.description})
        for field, column in zip(table.schema, export.columns.values(), strict=True)
    ]
    metadata = {**table.schema.metadata, b"photoz": json.dumps(export.about).encode()}
    table = table.cast(pa.schema(described)).replace_schema_metadata(metadata)
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


def in_one_line(export: "Export") -> "Export":
    """The table with names of columns that every format can say: of one line, none empty, none twice."""
    names = distinct(export.columns, _line)
    if names == list(export.columns):
        return export
    described = dict(zip(names, export.columns.values(), strict=True))
    return replace(export, frame=export.frame.set_axis(names, axis=1), columns=described)


def distinct(names: Iterable[str], clean: Callable, longest: int | None = None, same: Callable = str) -> list[str]:
    """Names as `clean` makes them, at most `longest` letters, numbered where they are the `same`."""
    found: dict[str, str] = {}
    for name in names:
        start = short = clean(name)[:longest].strip() or "column"
        number = 1
        while same(short) in found:
            number += 1
            short = f"{start[: longest and longest - len(str(number)) - 1]}_{number}"
        found[same(short)] = short
    return list(found.values())


def plain(text: str) -> str:
    """Text in the ASCII that a FITS header takes: `σ` becomes *sigma*, `é` *e*, what has no like *?*."""
    return "".join(map(_plain_letter, text))


def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return letter if letter.isprintable() else ""
    if letter in SIGNS:
        return SIGNS[letter]
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK") and " LETTER " in name:
        greek = name.partition(" LETTER ")[2].split(" WITH ")[0].split()[-1]
        return greek.title() if "CAPITAL" in name else greek.lower()
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?"


def _astropy_table(export: "Export", clean: Callable[[str], str]):
    """The table with its words as `clean` makes them."""
    from astropy.table import Table

    table = Table({name: _words(export.frame[name].to_numpy(), clean) for name in export.frame})
    for name, column in export.columns.items():
        table[name].unit = _unit(column.unit) or None
        table[name].description = _line(column.description) or None
    return table


def _words(values: np.ndarray, clean: Callable[[str], str]) -> np.ndarray:
    return values if _is_number(values) else np.array([clean(word) for word in values.astype(str)], str)


def _is_number(values: np.ndarray) -> bool:
    return values.dtype.kind in "biuf"


def _unit(unit: str, form: str = "") -> str:
    """A unit as astropy writes it, in `form`; as it stands where astropy does not know it."""
    from astropy import units

    if not unit or not form:
        return unit
    try:
        return units.Unit(unit).to_string(form)
    except (ValueError, TypeError):
        return unit


def _fits_code(dtype: np.dtype) -> str:
    return {"b": "L", "i2": "I", "i4": "J", "i8": "K", "f4": "E", "f8": "D"}[
        "b" if dtype.kind == "b" else f"{dtype.kind}{dtype.itemsize}"
    ]


def _title(column: Column) -> str:
    return f"{f'[{column.unit}] ' if column.unit else ''}{column.description or column.label}"


def _line(text: str) -> str:
    """Text on one line, of letters that have a place in every format."""
    return " ".join(FORBIDDEN.sub("", str(text)).split())


WRITERS = {"csv": to_csv, "ecsv": to_ecsv, "fits": to_fits, "votable": to_votable, "parquet": to_parquet}


def normal(values: pd.Series) -> np.ndarray | pd.Series:
    """Values (N,) as every format takes them: bool, int16 to int64, float32, float64, or words.

    An unknown number is NaN, which makes integers with one float64; an unknown word is empty.
    """
    if not pd.api.types.is_numeric_dtype(values):
        return values.astype("string").fillna("").to_numpy(object)
    if values.isna().any():
        return values.to_numpy(np.float32 if values.dtype == np.float32 else np.float64, na_value=np.nan)
    array = values.to_numpy()
    if array.dtype.kind == "O":  # a nullable dtype without a missing value
        array = values.to_numpy(values.dtype.numpy_dtype)
    if array.dtype.kind == "u" and array.dtype.itemsize == 8 and array.size and array.max() > np.iinfo(np.int64).max:
        return array.astype(np.float64)
    smallest = {"u1": np.int16, "i1": np.int16, "u2": np.int32, "u4": np.int64, "u8": np.int64, "f2": np.float32}
    code = f"{array.dtype.kind}{array.dtype.itemsize}"
    return array.astype(np.float64 if code == "f16" else smallest.get(code, array.dtype))
