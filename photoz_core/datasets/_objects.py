"""The catalog of a dataset from a catalog of a file: ids, positions, redshift, photometry, and the rest as it is."""

from dataclasses import replace

import numpy as np
import pandas as pd

from photoz_core.columns import MAX_CLASSES, Column, photometry_columns
from photoz_core.datasets._catalog import Catalog
from photoz_core.datasets._mapping import FIXED, Mapping, band_of, near
from photoz_core.datasets._photometry import UNREAL, Cleaner, photometry
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

POSITION = {"ra": ("RA", "right ascension"), "dec": ("Dec", "declination")}
SIZE_WORDS = ("fwhm", "radius", "r50", "r90", "r_e", "half_light")
FLAG_WORDS = ("flag", "use", "star", "agn", "mask")
OTHER_IDS = "map another column with --map object_id=COLUMN, or number the rows with --map object_id="


def select(catalog: Catalog, conditions: list[str] | None) -> Catalog:
    """Rows where every ``COLUMN=VALUE[,VALUE…]`` of `--where` holds.

    Raises
    ------
    PhotozError
        For an unknown column, or if no row is left.
    """
    keep = np.ones(len(catalog), bool)
    for condition in conditions or []:
        column, equals, wanted = condition.partition("=")
        if not equals or column not in catalog.frame:
            raise PhotozError(
                f"{catalog.path}: --where {condition}: no column {column!r}; {near(column, catalog.frame)}"
            )
        values = catalog.frame[column]
        numeric = values.dtype.kind in "iufb"
        try:
            options = [float(value) if numeric else value for value in wanted.split(",")]
        except ValueError:
            raise PhotozError(f"{catalog.path}: --where {condition}: column {column!r} holds numbers") from None
        keep &= values.isin(options).to_numpy()
        if not keep.any():
            found = ", ".join(map(str, values.unique()[:8]))
            raise PhotozError(f"{catalog.path}: no row with {' and '.join(conditions)}; {column!r} holds {found}")
    return replace(catalog, frame=catalog.frame[keep].reset_index(drop=True), rows=catalog.rows[keep])


def objects(
    catalog: Catalog,
    mapping: Mapping,
    zero_points: dict[str, float],
    sentinels: dict[str, set[float]],
    report: Report,
    *,
    largest_error: float = UNREAL,
    remedy: str = OTHER_IDS,
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Catalog (N rows) and column metadata of a dataset.

    Parameters
    ----------
    zero_points : dict
        AB zero point of each band mapped from a flux.
    sentinels : dict
        As `parse_sentinels` gives them.
    largest_error : float
        [mag] from which on a magnitude error is a sentinel.
    remedy : str
        What to do about ids that are empty or not unique.

    Raises
    ------
    PhotozError
        Naming the file and column: duplicate or empty ids (with rows), a band without a usable value.
    """
    cleaner = Cleaner(catalog, mapping, sentinels, report, largest_error)
    data: dict[str, np.ndarray] = {"object_id": object_ids(catalog, mapping, remedy)}
    columns = {"object_id": Column("object", kind="id")}
    _add_position(cleaner, data, columns)
    _add_redshift(cleaner, data, columns)
    measured = photometry(cleaner, zero_points)
    data |= measured
    for bands in mapping.color_sets:
        columns |= {name: column for name, column in photometry_columns(list(bands)).items() if name in measured}
    _add_extras(cleaner, data, columns)
    return pd.DataFrame(data), columns


def object_ids(catalog: Catalog, mapping: Mapping, remedy: str = OTHER_IDS) -> np.ndarray:
    """Ids (N,) as str, row numbers where no column is mapped; `remedy` says what to do where they are no ids.

    Raises
    ------
    PhotozError
        If ids are empty or not unique, naming the rows (counted from 0).
    """
    source = mapping.columns.get("object_id")
    if source is None:
        return np.arange(len(catalog)).astype(str)
    values = catalog.frame[source]
    if (
        values.dtype.kind == "f"
        and np.isfinite(values).all()
        and (values == np.floor(values)).all()
        and values.abs().max() < 2**53
    ):
        values = values.astype("int64")
    ids = values.astype("string").fillna("").str.strip()
    if (empty := np.flatnonzero(ids == "")).size:
        raise PhotozError(
            f"{catalog.path}: column {source!r} has no id in {empty.size} rows, first row {empty[0]}; {remedy}"
        )
    if (again := ids.duplicated(keep=False)).any():
        first = ids[again].iloc[0]
        rows = ", ".join(map(str, np.flatnonzero(ids == first)[:5]))
        count = int(ids.duplicated().sum())
        raise PhotozError(
            f"{catalog.path}: column {source!r} (object_id): {count} duplicates, e.g. {first} in rows {rows}; {remedy}"
        )
    return ids.to_numpy(str)


def unlabel(frame: pd.DataFrame, rows: np.ndarray, why: str, report: Report) -> pd.DataFrame:
    """`frame` without the z_spec of `rows` (N,) of bool; the report counts them, as no label may vanish in silence."""
    rows = rows & frame["z_spec"].notna().to_numpy()
    if count := int(rows.sum()):
        report.notes.append(f"{count} objects are kept without z_spec: {why}")
    return frame.assign(z_spec=frame["z_spec"].mask(rows))


def _add_position(cleaner: Cleaner, data: dict, columns: dict[str, Column]) -> None:
    for name, (label, text) in POSITION.items():
        if source := cleaner.mapping.columns.get(name):
            data[name] = cleaner.catalog.frame[source].to_numpy(float)
            columns[name] = Column(label, "deg", f"{text}, column {source!r}", "position")


def _add_redshift(cleaner: Cleaner, data: dict, columns: dict[str, Column]) -> None:
    if source := cleaner.mapping.columns.get("z_spec"):
        data["z_spec"] = cleaner("z_spec", "redshift")
        columns["z_spec"] = Column("z_spec", "", f"spectroscopic redshift, column {source!r}", "redshift")
        if zeros := int((data["z_spec"] == 0).sum()):
            remedy = f"if that means unknown, --sentinels {source}=0"
            cleaner.report.notes.append(f"{source}: {zeros} redshifts are exactly 0; {remedy}")


def _add_extras(cleaner: Cleaner, data: dict, columns: dict[str, Column]) -> None:
    """The columns not mapped, under their own names, and those the user renamed."""
    catalog, mapping = cleaner.catalog, cleaner.mapping
    renamed = {source: name for name, source in mapping.columns.items() if name not in FIXED and not band_of(name)}
    used = set(mapping.columns.values()) - renamed.keys()
    for source in (name for name in catalog.frame if name not in used):
        values, name = catalog.frame[source], renamed.get(source, source)
        name = f"{name}_original" if name in data or name in FIXED else name  # "no z_spec" must not become one
        if values.dtype.kind == "f":
            values = pd.Series(cleaner.clean(source, "extra"))
        if not values.notna().any():
            cleaner.report.notes.append(f"column {source!r} was left out: it holds no value")
            continue
        data[name] = values.astype("uint8") if values.dtype.kind == "b" else values
        text, unit = catalog.descriptions.get(source, ""), catalog.units.get(source, "")
        columns[name] = Column(name, _unit(unit), text, _kind(source, values))


def _kind(name: str, values: pd.Series) -> str:
    low, whole = name.lower(), values.dtype.kind in "iu"
    if values.dtype.kind == "b":
        return "flag"
    if not whole and values.dtype.kind != "f":
        return "category" if values.nunique() <= MAX_CLASSES else "id"
    if whole and any(word in low for word in FLAG_WORDS) and values.nunique() <= MAX_CLASSES:
        return "flag"
    return "size" if any(word in low for word in SIZE_WORDS) else "quantity"


def _unit(text: str) -> str:
    """An astropy unit string, "" for what astropy does not know."""
    from astropy import units

    try:
        return units.Unit(text).to_string() if text else ""
    except (ValueError, TypeError):
        return ""
