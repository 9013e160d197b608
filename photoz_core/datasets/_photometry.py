"""Fluxes or magnitudes with sentinels → AB magnitudes, their errors and colors, NaN where not measured."""

import itertools
from dataclasses import dataclass

import numpy as np

from photoz_core.datasets._catalog import Catalog
from photoz_core.datasets._mapping import Mapping, near
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

MICROJANSKY = 23.9  # AB magnitude of 1 µJy
NINES = tuple(-(10**n - part) for n in (2, 3, 4, 5) for part in (1, 0.1, 0.01))  # −99, −99.9, −99.99, −999, …
UNREAL = 90.0  # no magnitude, its error or redshift of a galaxy is as large; 99, 999 and unknown sentinels are
FLOOR = {"mag_err": 0.0, "flux": np.nextafter(0, 1), "flux_err": 0.0, "flux_ivar": 0.0, "redshift": -0.01}
MAGGIES = {"nanomaggy": 22.5, "nanomaggies": 22.5, "nmgy": 22.5, "maggy": 0.0, "maggies": 0.0, "mgy": 0.0}


def zero_point_of(unit: str) -> float | None:
    """AB magnitude of one `unit` of flux density, None if it is no flux density.

    >>> zero_point_of("uJy"), zero_point_of("nanomaggy"), zero_point_of("ct / s")
    (23.9, 22.5, None)
    """
    from astropy import units

    plain = unit.strip().lower().replace("microjansky", "uJy")
    if plain in MAGGIES:
        return MAGGIES[plain]
    try:
        in_microjansky = units.Unit(unit.replace("μ", "u")).to(units.uJy)
    except (ValueError, TypeError, units.UnitConversionError):
        return None
    return round(MICROJANSKY - 2.5 * float(np.log10(in_microjansky)), 6)


def by_band(values: list[str] | None, bands, option: str) -> dict[str, float]:
    """Read ``NUMBER`` or ``BAND=NUMBER`` values of an option, for each of `bands`.

    Raises
    ------
    PhotozError
        For a value that is no number, or an unknown band.
    """
    read: dict[str, float] = {}
    for value in values or []:
        band, _, number = value.rpartition("=")
        if band and band not in bands:
            raise PhotozError(f"{option} {value}: no band {band!r}; {near(band, bands)}")
        try:
            read |= dict.fromkeys([band] if band else bands, float(number))
        except ValueError:
            raise PhotozError(f"{option} {value}: write a number, or BAND=NUMBER") from None
    return read


def flux_zero_points(catalog: Catalog, mapping: Mapping, option: list[str] | None, unit: str = "") -> dict[str, float]:
    """AB zero point of each band given as a flux: from the option, else the unit, else that of the file, else µJy.

    Raises
    ------
    PhotozError
        If a column's unit is no flux density and no zero point is given, or it is a magnitude.
    """
    given = by_band(option, mapping.bands, "--zero-point")
    points = {}
    for band in mapping.bands:
        column = mapping.columns.get(f"flux_{band}") or mapping.columns[f"mag_{band}"]
        said = catalog.units.get(column, "")
        is_flux = f"flux_{band}" in mapping.columns
        if not is_flux and zero_point_of(said) is not None:
            raise PhotozError(
                f"{catalog.path}: column {column!r} has unit {said!r}, no magnitude; map it to flux_{band}"
            )
        if is_flux and said.startswith("mag"):
            raise PhotozError(f"{catalog.path}: column {column!r} has unit {said!r}, no flux; map it to mag_{band}")
        if is_flux:
            points[band] = given.get(band, zero_point_of(unit or said or "uJy"))
            if points[band] is None:
                where = (
                    f"--flux-unit {unit!r}" if unit else f"{catalog.path}: column {column!r} has unit {said!r}, which"
                )
                raise PhotozError(f"{where} is no flux density; give the AB zero point with --zero-point {band}=…")
    return points


def parse_sentinels(values: list[str] | None) -> dict[str, set[float]]:
    """Read ``VALUE`` (for all columns, under "") or ``COLUMN=VALUE`` of `--sentinels`.

    Raises
    ------
    PhotozError
        For a value that is no number.
    """
    sentinels: dict[str, set[float]] = {}
    for item in values or []:
        column, _, value = item.rpartition("=")
        try:
            sentinels.setdefault(column.strip(), set()).add(float(value))
        except ValueError:
            raise PhotozError(f"--sentinels {item}: write a number, or COLUMN=NUMBER") from None
    return sentinels


def clean(
    values, kind: str, own: set[float] = frozenset(), largest_error: float = UNREAL
) -> tuple[np.ndarray, dict[str, int]]:
    """Set to NaN what is no measurement.

    Parameters
    ----------
    values : (N,) array
    kind : {"mag", "mag_err", "flux", "flux_err", "flux_ivar", "redshift", "extra"}
        Absolute values from 90 on are sentinels of magnitudes, their errors and redshifts; −99, −99.9, −999, … those of
        the others. Below 0 no error is real, below −0.01 no redshift; a flux must be positive to have a magnitude.
    own : set of float
        More sentinels.
    largest_error : float
        [mag] from which on a magnitude error is a sentinel, where that is not 90.

    Returns
    -------
    values : (N,) float64
    counts : dict
        Reason → number of values, where there are any.
    """
    values = np.array(values, dtype=np.float64)
    limits = {"mag": UNREAL, "mag_err": largest_error, "redshift": UNREAL}
    sentinel = np.abs(values) >= limits[kind] if kind in limits else _is_any(values, NINES)
    tests = {
        "missing": ~np.isfinite(values),
        "sentinels": sentinel | _is_any(values, own),
        "non-positive" if kind == "flux" else "negative": values < FLOOR.get(kind, -np.inf),
    }
    left, counts = np.ones(len(values), bool), {}
    for reason, hit in tests.items():
        counts[reason] = int((hit & left).sum())
        left &= ~hit
    values[~left] = np.nan
    return values, {reason: number for reason, number in counts.items() if number}


def _is_any(values: np.ndarray, sentinels) -> np.ndarray:
    close = [np.isclose(values, value, rtol=1e-6, atol=1e-9) for value in sentinels]  # 99.9 in float32 is not 99.9
    return np.any(close, axis=0) if close else np.zeros(len(values), bool)


@dataclass(frozen=True)
class Cleaner:
    """Reads mapped columns of a catalog and counts in `report` what it sets to NaN.

    Parameters
    ----------
    sentinels : dict
        As `parse_sentinels` gives them.
    largest_error : float
        As in `clean`.
    """

    catalog: Catalog
    mapping: Mapping
    sentinels: dict[str, set[float]]
    report: Report
    largest_error: float = UNREAL

    def __call__(self, target: str, kind: str) -> np.ndarray | None:
        """Values (N,) of `target`, None if nothing is mapped to it."""
        source = self.mapping.columns.get(target)
        return None if source is None else self.clean(source, kind, target)

    def clean(self, source: str, kind: str, target: str = "") -> np.ndarray:
        """Values (N,) of column `source` as `clean` leaves them.

        Raises
        ------
        PhotozError
            If nothing is left of a magnitude or flux.
        """
        own = set().union(*(self.sentinels.get(name, ()) for name in ("", source, target)))
        values, counts = clean(self.catalog.frame[source], kind, own, self.largest_error)
        for reason, number in counts.items():
            if (kind, reason) != ("extra", "missing"):
                self.report.count(source, reason, number)
        if kind in ("mag", "flux") and not np.isfinite(values).any():
            why = ", ".join(f"{number} {reason}" for reason, number in counts.items())
            where = f"{self.catalog.path}: column {source!r} ({target})"
            raise PhotozError(f"{where} has no usable value ({why}); leave that band out with --bands or --map another")
        return values


def photometry(cleaner: Cleaner, zero_points: dict[str, float]) -> dict[str, np.ndarray]:
    """Columns `mag_B`, `mag_err_B` [mag] of each band and `color_A_B` of neighbours in a color set, (N,) each.

    Raises
    ------
    PhotozError
        If a band has no usable value at all.
    """
    columns: dict[str, np.ndarray] = {}
    for band in cleaner.mapping.bands:
        mag, error = cleaner(f"mag_{band}", "mag"), cleaner(f"mag_err_{band}", "mag_err")
        if mag is None:
            flux = cleaner(f"flux_{band}", "flux")
            mag = zero_points[band] - 2.5 * np.log10(flux)
            flux_error = _flux_error(cleaner, band)
            error = error if flux_error is None else 2.5 / np.log(10) * flux_error / flux
        columns[f"mag_{band}"] = mag
        if error is not None:
            columns[f"mag_err_{band}"] = np.where(np.isfinite(mag), error, np.nan)
    for bands in cleaner.mapping.color_sets:
        columns |= colors(columns, bands)
    return columns


def _flux_error(cleaner: Cleaner, band: str) -> np.ndarray | None:
    ivar = cleaner(f"flux_ivar_{band}", "flux_ivar")
    if ivar is None:
        return cleaner(f"flux_err_{band}", "flux_err")
    ivar[~(ivar > 0)] = np.nan
    return 1 / np.sqrt(ivar)


def colors(magnitudes, bands) -> dict[str, np.ndarray]:
    """`color_A_B` = `mag_A` − `mag_B` of each adjacent pair of `bands`, from anything with the columns `mag_B`."""
    pairs = itertools.pairwise(bands)
    return {f"color_{blue}_{red}": magnitudes[f"mag_{blue}"] - magnitudes[f"mag_{red}"] for blue, red in pairs}


def note_large_errors(frame, bands, report: Report) -> None:
    """Note in `report` how many errors of each band, columns `mag_err_B`, are above 1 mag."""
    counts = {band: int((frame[f"mag_err_{band}"] > 1).sum()) for band in bands}
    shown = ", ".join(f"{band} {count}" for band, count in counts.items() if count)
    if shown:
        report.notes.append(f"errors above 1 mag, kept as they are: {shown}")
