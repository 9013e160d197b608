"""Read a text table: CSV, ECSV, IPAC, machine-readable tables, SExtractor and `# name name` headers."""

import io
import re
from pathlib import Path

import pandas as pd

from photoz_core.datasets._catalog import open_maybe_compressed
from photoz_core.errors import PhotozError

MISSING = ["", "nan", "NaN", "NAN", "null", "NULL", "None", "--", "---", "N/A", "n/a", "INDEF", "masked", "\\N"]
NUMBERED = re.compile(r"#\s*(\d+)\s+(\S+)(.*)")  # `#   5 MAG_AUTO   Kron magnitude   [mag]`, also CANDELS' `# 7 z_spec`


def read_text(path: Path, names: list[str] | None = None):
    """Table in a text file.

    Parameters
    ----------
    names : list of str, optional
        Used instead of the header.

    Returns
    -------
    frame : DataFrame or astropy Table
        The latter for the formats that carry their own metadata (ECSV, IPAC, machine-readable).
    units : dict
        By column, from a SExtractor header.

    Raises
    ------
    PhotozError
        If there is no header, or one that does not fit the rows.
    """
    with open_maybe_compressed(path) as file:
        text = file.read().decode("utf-8-sig")
    if special := _special_format(text):
        from astropy.table import Table

        return Table.read(text.splitlines(), format=special), {}
    return _plain_table(path, text.splitlines(), names)


def _plain_table(path: Path, lines: list[str], names: list[str] | None) -> tuple[pd.DataFrame, dict[str, str]]:
    start = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    if start == len(lines):
        raise PhotozError(f"{path}: the table is empty (no rows)")
    comments, first = [line for line in lines[:start] if line.startswith("#")], lines[start]
    separator = _separator(first)
    fields, units = _fields(first, separator), {}
    if not names:
        names, units = _header(path, comments, fields)
        start += not names  # the first line is the header
        names = names or _clean(fields)
    if len(names) != len(fields):
        raise PhotozError(f"{path}: {len(names)} names given, the rows have {len(fields)} columns")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise PhotozError(f"{path}: column name {repeated[0]!r} occurs twice; give unique names with --names A,B,…")
    frame = pd.read_csv(
        io.StringIO("\n".join(lines[start:])), sep=separator, names=names, comment="#" if comments else None,
        index_col=False, na_values=MISSING, keep_default_na=False, low_memory=False, skipinitialspace=True,
    )  # fmt: skip
    return frame, units


def _special_format(text: str) -> str:
    head = text[:20000]
    if head.startswith("# %ECSV"):
        return "ascii.ecsv"
    if "Byte-by-byte Description" in head:
        return "ascii.mrt"
    first = next((line for line in head.splitlines() if line.strip() and not line.startswith("\\")), "")
    return "ascii.ipac" if first.startswith("|") and first.rstrip().endswith("|") else ""


def _separator(line: str) -> str:
    return next((mark for mark in (",", "\t", ";", "|") if mark in line), r"\s+")


def _fields(line: str, separator: str) -> list[str]:
    fields = line.split() if separator == r"\s+" else line.split(separator)
    return [field.strip().strip('"') for field in fields]


def _clean(names: list[str]) -> list[str]:
    """Names without the type letters of an ANNZ header (`F:MAG_U`)."""
    return [re.sub(r"^[A-Z]:(?=\w)", "", name) for name in names]


def _header(path: Path, comments: list[str], fields: list[str]) -> tuple[list[str], dict[str, str]]:
    """Names and units from the comment lines, or none if the first line of the table is the header."""
    numbered = [match for line in comments if (match := NUMBERED.fullmatch(line.rstrip()))]
    if len(numbered) > 1 and [int(match[1]) for match in numbered[:1]] == [1]:
        return _numbered_header(numbered, len(fields))
    lines = [_clean(re.split(r"[,;|\s]+", line.lstrip("# \t").strip())) for line in comments]
    if fitting := next((names for names in lines if len(names) == len(fields)), None):
        return fitting, {}
    if not any(_is_number(field) for field in fields):
        return [], {}
    if named := [names for names in lines if len(names) > 2]:
        counts = f"the header names {len(named[-1])} columns, the rows have {len(fields)}"
        raise PhotozError(f"{path}: {counts}; give the right names with --names A,B,…")
    raise PhotozError(f"{path}: the columns have no names; give {len(fields)} of them with --names A,B,…")


def _numbered_header(numbered: list[re.Match], count: int) -> tuple[list[str], dict[str, str]]:
    """SExtractor's header; a number left out belongs to the vector named before it."""
    starts = {int(match[1]): match for match in numbered}
    names, units, last, vector = [], {}, "", 0
    for number in range(1, count + 1):
        if number in starts:
            last, vector = starts[number][2], 0
        name = f"{last}_{vector + 1}" if vector else last
        vector += 1
        names.append(name)
        if number in starts and (unit := re.search(r"\[([^\]]*)\]\s*$", starts[number][3])):
            units[name] = unit[1]
    return names, units


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
