"""Which column of a catalog is which of ours: what the user says, the rest guessed, all of it checked and shown."""

import difflib
from dataclasses import dataclass

from photoz_core.datasets import _guess
from photoz_core.datasets._bands import in_order
from photoz_core.datasets._catalog import Catalog
from photoz_core.errors import PhotozError

FIXED = ("object_id", "ra", "dec", "z_spec")
PHOTOMETRY = ("mag_err_", "flux_err_", "flux_ivar_", "mag_", "flux_")


@dataclass(frozen=True)
class Mapping:
    """Our columns and theirs.

    Parameters
    ----------
    columns : dict
        Our name → column of the file: `object_id`, `ra`, `dec`, `z_spec`, `mag_B`, `mag_err_B`, `flux_B`, `flux_err_B`,
        `flux_ivar_B`, or any new name for an extra column.
    bands : tuple of str
        In the order of the dataset.
    guessed : frozenset of str
        Our names that the user did not give.
    color_sets : tuple of tuples of str
        Sets of bands whose neighbours make a color, for bands of several kinds of photometry; by default all in one.
    """

    columns: dict[str, str]
    bands: tuple[str, ...]
    guessed: frozenset[str] = frozenset()
    color_sets: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "color_sets", self.color_sets or (self.bands,))


def parse(pairs: list[str] | None) -> dict[str, str]:
    """Read ``TARGET=COLUMN`` pairs; an empty column means "there is none, do not guess".

    Raises
    ------
    PhotozError
        If a pair has no ``=``, a target comes twice, or one looks like a misspelling of ours.
    """
    mapping: dict[str, str] = {}
    for pair in pairs or []:
        target, equals, column = (part.strip() for part in pair.partition("="))
        if not equals or not target:
            raise PhotozError(f"--map {pair!r}: write TARGET=COLUMN, e.g. z_spec=redshift or mag_F160W=H_MAG")
        if target in mapping:
            raise PhotozError(f"--map gives {target!r} twice: {mapping[target]!r} and {column!r}")
        squeezed = target.lower().replace("_", "")
        if meant := next((name for name in FIXED if name.replace("_", "") == squeezed and name != target), None):
            raise PhotozError(f"--map {pair!r}: did you mean {meant}={column}?")
        if target in PHOTOMETRY:
            raise PhotozError(f"--map {pair!r}: name the band, e.g. {target}F160W={column}")
        mapping[target] = column
    return mapping


def resolve(catalog: Catalog, pairs: list[str] | None = None, bands: list[str] | None = None) -> Mapping:
    """The user's mapping completed by a guess.

    The photometry is guessed only where the user maps none.

    Parameters
    ----------
    pairs : list of str
        ``TARGET=COLUMN``.
    bands : list of str
        Bands to keep, in this order; by default all, blue to red.

    Raises
    ------
    PhotozError
        For a column the catalog does not have (near names are listed), or a band without a magnitude or flux.
    """
    given = parse(pairs)
    for target, column in given.items():
        if column and column not in catalog.frame:
            raise PhotozError(
                f"{catalog.path}: no column {column!r} (--map {target}={column}); {near(column, catalog.frame)}"
            )
    guess = _guess.guess_plain(list(catalog.frame))
    if not any(band_of(target) for target in given):
        guess |= _guess.guess_photometry(catalog)
    used = set(given.values())
    guess = {t: c for t, c in guess.items() if t not in given and c not in used}
    columns = {target: column for target, column in (guess | given).items() if column}
    found = in_order(list(dict.fromkeys(band for target in columns if (band := band_of(target)))))
    for band in bands or ():
        if band not in found:
            raise PhotozError(f"{catalog.path}: no magnitude or flux for band {band!r} (--bands); {near(band, found)}")
    kept = list(bands or found)
    columns = {t: c for t, c in columns.items() if not band_of(t) or band_of(t) in kept}
    _check_bands(catalog, columns, kept)
    return Mapping(columns, tuple(kept), frozenset(columns) - frozenset(given))


def band_of(target: str) -> str:
    """The band of one of our photometry names, "" for any other name."""
    return next((target.removeprefix(start) for start in PHOTOMETRY if target.startswith(start)), "")


def near(name: str, known) -> str:
    """Half a sentence with the names most like `name`, or all of a few."""
    known = [str(item) for item in known]
    lower = {item.lower(): item for item in known}
    close = [lower[match] for match in difflib.get_close_matches(name.lower(), lower, n=5, cutoff=0.5)]
    if close:
        return f"near names: {', '.join(close)}"
    shown = ", ".join(known[:20]) + (f" … ({len(known)} in all)" if len(known) > 20 else "")
    return f"there are: {shown or 'none'}"


def describe(mapping: Mapping, catalog: Catalog, notes: list[str] | None = None) -> str:
    """The mapping as lines for a person to read before it is used."""
    lines = [f"{catalog.path.name}: {len(catalog)} rows, {len(catalog.frame.columns)} columns"]
    for target, column in mapping.columns.items():
        if not band_of(target):
            lines.append(f"  {target:<12} ← {column}{_mark(mapping, target)}")
    if "object_id" not in mapping.columns:
        lines.append("  object_id    ← row number")
    for band in mapping.bands:
        parts = [
            f"{t.removesuffix(band)[:-1]} ← {c}{_mark(mapping, t)}"
            for t, c in mapping.columns.items()
            if band_of(t) == band
        ]
        lines.append(f"  band {band:<7} {', '.join(parts)}")
    lines.append(f"  bands, blue to red: {' '.join(mapping.bands) or 'none'}")
    used = set(mapping.columns.values())
    extra = [name for name in catalog.frame if name not in used]
    if extra:
        more = f" … and {len(extra) - 12} more" if len(extra) > 12 else ""
        lines.append(f"  kept as they are: {', '.join(extra[:12])}{more}")
    if "z_spec" not in mapping.columns:
        lines.append("  no redshift column: all objects will be unlabelled (--map z_spec=COLUMN)")
    return "\n".join([*lines, *(f"  {note}" for note in [*catalog.notes, *(notes or [])])])


def _mark(mapping: Mapping, target: str) -> str:
    return " (guessed)" if target in mapping.guessed else ""


def _check_bands(catalog: Catalog, columns: dict[str, str], bands: list[str]) -> None:
    for band in bands:
        if {f"mag_{band}", f"flux_{band}"} <= columns.keys():
            raise PhotozError(f"--map gives both mag_{band} and flux_{band}; keep one")
        if not {f"mag_{band}", f"flux_{band}"} & columns.keys():
            raise PhotozError(f"--map gives an error for band {band!r} but neither mag_{band} nor flux_{band}")
    for target, column in columns.items():
        if (target in ("ra", "dec", "z_spec") or band_of(target)) and catalog.frame[column].dtype.kind not in "iufb":
            sample = str(catalog.frame[column].iloc[0])
            raise PhotozError(
                f"{catalog.path}: column {column!r} ({target}) holds text such as {sample!r}, not numbers"
            )
