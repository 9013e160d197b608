"""Guess what the columns of a catalog mean from their names and units."""

import re
from dataclasses import dataclass

import numpy as np

from photoz_core.datasets._bands import wavelength
from photoz_core.datasets._catalog import Catalog

PLAIN = {  # target: usual names in order of preference, lower case without separators
    "object_id": (
        "objectid", "objid", "id", "sourceid", "number", "galid", "galaxyid", "objectnumber", "sourcenumber", "ident",
        "idstr", "objname", "name", "targetid",
    ),
    "ra": ("ra", "raj2000", "alphaj2000", "radeg", "raicrs", "xworld", "alpha", "rightascension", "alphasky"),
    "dec": (
        "dec", "dej2000", "decj2000", "deltaj2000", "decdeg", "deicrs", "yworld", "delta", "declination", "deltasky",
    ),
    "z_spec": (
        "zspec", "specz", "spectroscopicredshift", "zspectroscopic", "redshiftspec", "specredshift", "zsp", "redshift",
        "redshifts", "redshifttrue", "ztrue", "zs", "zhelio", "zcmb", "z",
    ),
}  # fmt: skip
MAGNITUDE = {"mag", "mags", "magnitude", "m"}
FLUX = {"flux", "fluxes", "f", "fnu"}
ERROR = {"err", "error", "e", "sigma", "sig", "unc", "errs"}
KINDS = (
    "dered", "cmodel", "model", "", "total", "auto", "kron", "best", "gaap", "petro", "iso", "psf", "fiber", "aper",
)  # fmt: skip
"""Kinds of photometry in order of preference; the empty one is a plain magnitude."""
SAME_KIND = {"tot": "total", "ap": "aper", "aperture": "aper", "fibre": "fiber", "dereddened": "dered"}
INSTRUMENTS = {
    "2mass", "acs", "cfht", "cfhtls", "decam", "des", "euclid", "fourstar", "galex", "hawki", "hsc", "hst", "ir",
    "irim", "isaac", "jwst", "kids", "kpno", "lsst", "megacam", "megaprime", "miri", "mosaic", "newfirm", "nircam",
    "panstarrs", "ps1", "sc", "sdss", "splash", "subaru", "ukidss", "ukirt", "uvis", "uvista", "vircam", "vista",
    "wfc", "wfc3", "wfpc2", "wircam", "wise",
}  # fmt: skip
GLUED = re.compile(
    r"(?P<error>e_)?(?P<kind>c?model|psf|petro|fib(?:er|re)|kron|auto|iso|dered|ap(?:er)?|tot(?:al)?)?"
    r"(?P<what>mag|flux)(?:nitude)?(?P<error2>_?(?:err(?:or)?|sigma|ivar))?",
    re.IGNORECASE,
)


GLUED_BAND = re.compile(rf"(?:{'|'.join(sorted(INSTRUMENTS))})([a-z]\w?)", re.IGNORECASE)  # irimj


@dataclass(frozen=True)
class Name:
    """A column name read as photometry."""

    column: str
    what: str  # "mag", "flux" or "" where the name does not say
    error: str  # "", "err" or "ivar"
    kind: str
    band: str


def guess_plain(columns: list[str]) -> dict[str, str]:
    """Columns for `object_id`, `ra`, `dec`, `z_spec` with usual names; `z` is a redshift unless r and i stand by it."""
    plain = {re.sub(r"[^a-z0-9]", "", column.lower()): column for column in reversed(columns)}
    if {"r", "i"} <= plain.keys():
        plain.pop("z", None)
    found = {}
    for target, usual in PLAIN.items():
        if name := next((name for name in usual if name in plain), None):
            found[target] = plain[name]
    return found


def guess_photometry(catalog: Catalog) -> dict[str, str]:
    """Columns for `mag_B`, `mag_err_B`, `flux_B`, `flux_err_B` or `flux_ivar_B` of each band B.

    Of several kinds of photometry (psf, model, auto, …) the one with most bands is taken, then the first of `KINDS`.
    """
    taken = set(guess_plain(list(catalog.frame)).values())
    numeric = [name for name in catalog.frame.select_dtypes("number") if name not in taken]
    names = [name for column in numeric if (name := read_name(column))]
    names = _only_bands(_plain_values(catalog, names))
    groups: dict[tuple[str, str], dict[str, Name]] = {}
    for name in names:
        if not name.error:
            groups.setdefault((name.what, name.kind), {})[name.band] = name
    if not groups:
        return {}
    what, kind = max(groups, key=lambda key: (len(groups[key]), -KINDS.index(key[1]), key[0] == "mag"))
    short = _short_bands(list(groups[what, kind]))
    mapping = {}
    for band, name in groups[what, kind].items():
        mapping[f"{what}_{short[band]}"] = name.column
        errors = [n for n in names if n.error and n.band == band and n.what in (what, "") and n.kind in (kind, "")]
        if errors:
            best = max(errors, key=lambda n: (n.kind == kind, n.what == what))
            mapping[f"{what}_{best.error}_{short[band]}"] = best.column
    return mapping


def read_name(column: str) -> Name | None:
    """Read a column name as photometry; None if it cannot be.

    >>> read_name("ACS_F606W_FLUXERR")
    Name(column='ACS_F606W_FLUXERR', what='flux', error='err', kind='', band='ACS_F606W')
    """
    words = [word for word in re.split(r"[_\s.]+", column) if word]
    what, error, kind, band = "", "", "", []
    for word in words:
        low = word.lower()
        if low in MAGNITUDE | FLUX and (len(low) > 1 or words[0] == low):  # m_F160W, f_F160W, but not x_f, M_V
            what = "mag" if low in MAGNITUDE else "flux"
        elif low in ERROR and (low != "e" or word == low):
            error = "err"
        elif low == "ivar":
            error = "ivar"
        elif _same_kind(low) in KINDS:
            kind = _same_kind(low)
        elif match := GLUED.fullmatch(word):
            what, kind = match["what"].lower(), _same_kind(match["kind"]) or kind
            if match["error2"]:
                error = "ivar" if "ivar" in match["error2"].lower() else "err"
        elif match := re.fullmatch(r"([a-zA-Z]\w{0,2})mag", word):  # VizieR: umag, e_Ksmag
            what, band = "mag", [*band, match[1]]
        elif re.fullmatch(r"ap(er)?\d+", low):
            kind = "aper"
        else:
            band.append(word)
    return Name(column, what, error, kind, "_".join(band)) if band else None


def _plain_values(catalog: Catalog, names: list[Name]) -> list[Name]:
    """Give names that do not say magnitude or flux (`u`, `F606W`, `e_B`) a meaning: by unit, by values, or none."""
    said = {name.band: name.what for name in names if name.what and not name.error}
    positions = {"x", "y"} if "x" in {column.lower() for column in catalog.frame} else set()  # of pixels
    plain = [n for n in names if not n.what and not n.error and wavelength(n.band) and "_" not in n.band]
    plain = [n for n in plain if n.band.lower() not in positions]
    meant = {n.band: meaning for n in plain if (meaning := _meaning(catalog, n.column))}
    if len(meant) < 3:  # one or two such columns are as likely something else
        meant = {}
    what = meant | said
    glued = {f"e{band}": band for band in meant if len(band) == 1}  # MLZ: u g r i z eu eg er ei ez
    read = []
    for name in names:
        band, error = (glued[name.band], "err") if name.band in glued and not name.what else (name.band, name.error)
        if name.what or band in what:
            read.append(Name(name.column, name.what or what[band], error, name.kind, band))
    return read


def _meaning(catalog: Catalog, column: str) -> str:
    if catalog.units.get(column, "").lower().endswith(("jy", "maggy", "mgy")):
        return "flux"
    values = np.asarray(catalog.frame[column], float)
    known = values[np.isfinite(values) & (np.abs(values) < 90)]
    return "mag" if known.size and 8 < np.median(known) < 40 else ""


def _only_bands(names: list[Name]) -> list[Name]:
    """Names whose band is a known one, or has a value and an error named alike."""
    errors = {(n.what, n.kind, n.band) for n in names if n.error}
    pairs = {key for n in names if not n.error and (key := (n.what, n.kind, n.band)) in errors}
    return [n for n in names if wavelength(n.band) or wavelength(_strip(n.band)) or (n.what, n.kind, n.band) in pairs]


def _same_kind(word: str | None) -> str:
    low = (word or "").lower()
    return SAME_KIND.get(low, low)


def _strip(band: str) -> str:
    words = band.split("_")
    kept = [word for word in words if word.lower() not in INSTRUMENTS]
    glued = GLUED_BAND.fullmatch(band)
    short = glued[1] if glued and wavelength(glued[1]) else "_".join(kept) or band
    return short.upper() if re.match(r"f\d{3}", short) else short


def _short_bands(bands: list[str]) -> dict[str, str]:
    """Bands without their instrument, unless two would then be the same."""
    short = {band: _strip(band) for band in bands}
    values = list(short.values())
    return {band: name if values.count(name) == 1 else band for band, name in short.items()}
