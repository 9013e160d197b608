"""Spectra as a kind of data: one rest-frame grid of vacuum wavelengths, and the way of a measured spectrum onto it.

A dataset of spectra has the arrays `spectrum`, `spectrum_error` and `spectrum_mask` (N, L); see `photoz_core.gaps` for
what stands where nothing was measured, `photoz_core._spectra_columns` for the columns.
"""

from dataclasses import dataclass

import numpy as np

from photoz_core._spectra_columns import SPECTRUM_COLUMNS, measure
from photoz_core.errors import PhotozError

__all__ = ["FLUX_UNIT", "SPECTRUM_COLUMNS", "Grid", "RestSpectrum", "grid_of", "measure", "norms", "to_rest_grid"]

FLUX_UNIT = "1e-17 erg / (Angstrom s cm2)"  # of the column `norm`, SDSS's unit
COVERED = 0.5  # a pixel of the grid of which less was measured is masked
AIR_ABOVE = 2000.0  # Å: below, wavelengths are given in vacuum by convention


@dataclass(frozen=True)
class Grid:
    """Wavelengths evenly spaced in log₁₀; the default has 1000 from 3000 to 8000 Å, both included.

    Parameters
    ----------
    start : float
        log₁₀ of the first wavelength [Å, vacuum, rest frame].
    step : float
        Between two pixels [dex]; 4.264e-4 by default, 294 km/s.
    count : int
    """

    start: float = float(np.log10(3000.0))
    step: float = float(np.log10(8000.0 / 3000.0) / 999)
    count: int = 1000

    def __post_init__(self):
        if not (np.isfinite(self.start) and np.isfinite(self.step) and self.step > 0 and self.count >= 2):
            raise PhotozError(
                f"wavelength grid from 10^{self.start} Å in {self.count} steps of {self.step} dex: "
                "give at least 2 wavelengths and a step above 0"
            )

    @property
    def wavelength(self) -> np.ndarray:
        """Centers of the pixels (L,) [Å, vacuum]."""
        return 10 ** (self.start + self.step * np.arange(self.count))

    @property
    def edges(self) -> np.ndarray:
        """Borders of the pixels (L + 1,) [Å, vacuum], halfway between the centers in log₁₀."""
        return 10 ** (self.start + self.step * (np.arange(self.count + 1) - 0.5))

    def to_dict(self) -> dict:
        """Plain numbers, as in ``meta.arrays["spectrum"]["grid"]``."""
        return {"start": self.start, "step": self.step, "count": self.count}

    @classmethod
    def from_dict(cls, value: dict) -> "Grid":
        return cls(float(value["start"]), float(value["step"]), int(value["count"]))


@dataclass(frozen=True)
class RestSpectrum:
    """One spectrum on a grid.

    Parameters
    ----------
    flux : (L,) [f_λ, in the unit it came in or FLUX_UNIT]
        0 where masked.
    error : (L,) or None
        1σ; 0 where masked, None where the spectrum had none.
    mask : (L,) bool
        True where not measured.
    bad : int
        Measured values (of the original) that were masked for a NaN or an error not above 0.
    """

    flux: np.ndarray
    error: np.ndarray | None
    mask: np.ndarray
    bad: int


def grid_of(dataset) -> Grid:
    """The wavelengths of a dataset's `spectrum`.

    Raises
    ------
    PhotozError
        If it has no spectra, or they have no grid.
    """
    if "spectrum" not in dataset.meta.arrays:
        held = ", ".join(dataset.meta.arrays) or "no array"
        raise PhotozError(f"dataset {dataset.name!r} has no spectra (it holds {held}); choose a dataset of spectra")
    try:
        return Grid.from_dict(dataset.meta.arrays["spectrum"]["grid"])
    except (KeyError, TypeError, ValueError) as error:
        raise PhotozError(f"dataset {dataset.name!r}: array 'spectrum' has no grid; import it again") from error


def norms(filled: np.ndarray) -> np.ndarray:
    """Root mean square (N,) over the pixels of each spectrum (N, L), its gaps filled: astroML's `norms` / √L.

    Raises
    ------
    PhotozError
        If a spectrum is 0 everywhere.
    """
    norm = np.sqrt(np.mean(np.square(filled, dtype=np.float64), axis=1))
    if (bad := np.flatnonzero(~(norm > 0))).size:
        raise PhotozError(f"spectrum {bad[0]}: no flux at all ({bad.size} such); leave it out")
    return norm


def to_rest_grid(
    wavelength, flux, error, mask, z, grid, wavelength_unit="Angstrom", flux_unit=FLUX_UNIT, air=False, name="spectrum"
) -> RestSpectrum:
    """Bring a spectrum to rest and onto `grid`, keeping its integral, by SpectRes (Carnall 2017, arXiv:1705.05165).

    At rest, f_λ is (1 + z) times the observed one: line fluxes stay. A value stands for the bin that reaches halfway to
    its neighbours, so mask rows rather than leave them out. Errors go along as if values were independent; where the
    grid is finer than the data, pixels repeat them.

    Parameters
    ----------
    wavelength, flux, error : (P,)
        Rising [wavelength_unit]; f_λ or f_ν and 1σ, None if unknown [flux_unit; dimensionless: f_λ on its own scale].
    mask : (P,) bool or None
        True where not measured; NaN and errors not above 0 are masked and counted, too.
    z : float
        Redshift, above −1; 0 for wavelengths at rest.
    air : bool
        Whether the observed wavelengths are in air (see `to_vacuum`).

    Raises
    ------
    PhotozError
        Naming `name` and the row (from 0): wrong lengths, wavelengths that do not rise, unknown units, no good value,
        no overlap with the grid.
    """
    from spectres import spectres

    wavelength, flux, error, good, bad = _checked(wavelength, flux, error, mask, z, name)
    wavelength, scale = _angstrom(wavelength, wavelength_unit, flux_unit, name)
    rest, scale = (to_vacuum(wavelength) if air else wavelength) / (1 + z), np.where(good, scale * (1 + z), 0)
    _check_overlap(rest, grid, f"{name} (z = {z:g}, wavelengths in {wavelength_unit})")
    sigma = np.where(good, 1 if error is None else error, 0) * scale
    rows = np.stack([np.where(good, flux, 0) * scale, good])
    (total, share), (spread, _) = spectres(grid.wavelength, rest, rows, np.stack([sigma] * 2), fill=0, verbose=False)
    missing = share < COVERED
    if missing.all():
        raise PhotozError(f"{name}: no pixel of the grid is covered by good values; leave it out")
    total, spread = (np.where(missing, 0, values / np.where(missing, 1, share)) for values in (total, spread))
    return RestSpectrum(total, None if error is None else spread, missing, bad)


def _check_overlap(rest: np.ndarray, grid: Grid, name: str) -> None:
    if rest[-1] < grid.edges[0] or rest[0] > grid.edges[-1]:
        raise PhotozError(
            f"{name}: {rest[0]:.0f} to {rest[-1]:.0f} Å at rest do not overlap the grid, {grid.edges[0]:.0f} to "
            f"{grid.edges[-1]:.0f} Å; are redshift and wavelength unit right?"
        )


def to_vacuum(wavelength: np.ndarray) -> np.ndarray:
    """Vacuum wavelengths [Å] of those in standard air [Å]: N. Piskunov's inverse of Birch & Downs (1994), VALD."""
    s2 = (1e4 / np.maximum(wavelength, AIR_ABOVE)) ** 2
    n = 1 + 8.336624212083e-5 + 0.02408926869968 / (130.1065924522 - s2) + 1.599740894897e-4 / (38.92568793293 - s2)
    return np.where(np.asarray(wavelength) < AIR_ABOVE, wavelength, wavelength * n)


def _checked(wavelength, flux, error, mask, z, name):
    """The spectrum as float64, which values are good, and how many are bad but not masked."""
    wavelength, flux = np.asarray(wavelength, np.float64), np.asarray(flux, np.float64)
    error = None if error is None else np.asarray(error, np.float64)
    good = np.ones(flux.shape, bool) if mask is None else ~np.asarray(mask, bool)
    shapes = {"flux": flux, "error": error, "mask": good}
    for what, values in shapes.items():
        if values is not None and (values.ndim != 1 or values.shape != wavelength.shape):
            raise PhotozError(f"{name}: {what} of shape {values.shape}, wavelengths {wavelength.shape}; give as many")
    if len(wavelength) < 2:
        raise PhotozError(f"{name}: {len(wavelength)} wavelengths; a spectrum needs 2 or more")
    if not (np.isfinite(z) and z > -1):
        raise PhotozError(f"{name}: redshift {z}; give a number above -1 (0 for a spectrum at rest)")
    rising = np.isfinite(wavelength) & (wavelength > 0)
    rising[1:] &= np.diff(wavelength) > 0
    if not rising.all():
        row = int(np.flatnonzero(~rising)[0])
        raise PhotozError(f"{name}: wavelength {wavelength[row]:g} in row {row} does not rise; sort, without repeats")
    usable = np.isfinite(flux)
    if error is not None:
        usable &= np.isfinite(error) & (error > 0)
    if not (good & usable).any():
        raise PhotozError(f"{name}: no good value: all are masked, NaN or without an error above 0; leave it out")
    return wavelength, flux, error, good & usable, int((good & ~usable).sum())


def _angstrom(wavelength: np.ndarray, wavelength_unit: str, flux_unit: str, name: str):
    """Wavelengths [Å] and what the flux has to be multiplied with to be f_λ [FLUX_UNIT]."""
    from astropy import units

    try:
        wavelength = (wavelength * units.Unit(wavelength_unit)).to_value("Angstrom")
    except (ValueError, TypeError) as error:
        raise PhotozError(f"{name}: wavelength unit {wavelength_unit!r}; use Angstrom, nm, um, …") from error
    try:
        unit = units.Unit(flux_unit)
        if unit.is_equivalent(units.dimensionless_unscaled):
            return wavelength, unit.to(units.dimensionless_unscaled)
        return wavelength, unit.to(FLUX_UNIT, equivalencies=units.spectral_density(wavelength * units.AA))
    except (ValueError, TypeError) as error:
        message = f"{name}: flux unit {flux_unit!r}; use a flux per wavelength or per frequency, '{FLUX_UNIT}' or 'uJy'"
        raise PhotozError(message) from error
