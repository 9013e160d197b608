"""What is measured on a rest-frame spectrum: break, equivalent widths, color, signal to noise."""

from dataclasses import dataclass

import numpy as np

from photoz_core.columns import Column

# Vacuum Å. D4000: narrow windows of Balogh et al. 1999. Hβ: Lick windows (Worthey et al. 1994), to vacuum. The others
# are this project's: lines of up to 500 km/s fit in, [N II] beside Hα mostly not; a default pixel is 294 km/s.
BREAK = ((3850.0, 3950.0), (4000.0, 4100.0))
COLOR = ((4200.0, 4600.0), (5300.0, 5700.0))
NEEDED = 0.9  # share of every window that has to be measured


@dataclass(frozen=True)
class Line:
    """Windows of an equivalent width: the line, and the continuum on both sides [Å, vacuum]."""

    label: str
    line: tuple[float, float]
    blue: tuple[float, float]
    red: tuple[float, float]


LINES = {
    "ew_halpha": Line("Hα", (6556.0, 6573.0), (6483.0, 6527.0), (6603.0, 6653.0)),
    "ew_hbeta": Line("Hβ", (4849.2, 4878.0), (4829.2, 4849.2), (4878.0, 4893.0)),
    "ew_oiii": Line("[O III] 5008", (4997.0, 5020.0), (4973.0, 4995.0), (5024.0, 5050.0)),
}


def _described(line: Line) -> str:
    spans = [f"{low:g}–{high:g}" for low, high in (line.line, line.blue, line.red)]
    return f"rest equivalent width of {line.label}, emission positive: {spans[0]} Å over {spans[1]} and {spans[2]} Å"


SPECTRUM_COLUMNS = {
    "snr": Column("S/N", "", "median signal to noise of a measured pixel"),
    "d4000": Column("D4000", "", "4000 Å break, f_ν of 4000–4100 over 3850–3950 Å (Balogh et al. 1999)"),
    **{name: Column(f"EW({line.label})", "Angstrom", _described(line)) for name, line in LINES.items()},
    "color_4400_5500": Column(
        "4400 − 5500", "mag", "AB color of the spectrum, mean f_ν of 4200–4600 over 5300–5700 Å", "color"
    ),
    "missing": Column("missing", "", "share of the pixels that were not measured"),
}


def measure(
    wavelength: np.ndarray, flux: np.ndarray, error: np.ndarray | None, mask: np.ndarray
) -> dict[str, np.ndarray]:
    """The columns of `SPECTRUM_COLUMNS` from measured pixels alone; NaN where a window is not measured (to 90 %).

    An equivalent width is ∫ (F / C − 1) dλ, C the straight line through the mean fluxes of both continuum windows
    (Worthey et al. 1994, with the other sign): emission is positive. Windows weigh pixels by overlap; no pixel is
    weighed by its error, so that a window is the same for all.

    Parameters
    ----------
    wavelength : (L,) [Å, rest, vacuum], rising
    flux, error : (N, L)
        f_λ in any unit, and 1σ in the same; None if unknown.
    mask : (N, L) bool
        True where not measured.

    Returns
    -------
    dict
        Column → (N,) float64.
    """
    wavelength, flux, good = np.asarray(wavelength, np.float64), np.asarray(flux, np.float64), ~np.asarray(mask, bool)
    flux = np.where(good, flux, 0.0)
    nu = flux * wavelength**2
    found = {"snr": _signal_to_noise(flux, error, good)}
    with np.errstate(divide="ignore", invalid="ignore"):
        blue, red = (_mean(wavelength, nu, good, window) for window in BREAK)
        found["d4000"] = np.where(blue > 0, red / blue, np.nan)
        found |= {name: _width(wavelength, flux, good, line) for name, line in LINES.items()}
        blue, red = (_mean(wavelength, nu, good, window) for window in COLOR)
        found["color_4400_5500"] = np.where((blue > 0) & (red > 0), -2.5 * np.log10(blue / red), np.nan)
    return found | {"missing": 1 - good.mean(axis=1)}


def _signal_to_noise(flux: np.ndarray, error: np.ndarray | None, good: np.ndarray) -> np.ndarray:
    if error is None:
        return np.full(len(flux), np.nan)
    known = good & (np.asarray(error) > 0)
    ratio = np.divide(flux, error, out=np.full(flux.shape, np.nan), where=known)
    ratio = np.where(known.any(axis=1, keepdims=True), ratio, 0.0)  # a median of nothing warns
    return np.where(known.any(axis=1), np.nanmedian(ratio, axis=1), np.nan)


def _overlap(wavelength: np.ndarray, window: tuple[float, float]) -> tuple[slice, np.ndarray]:
    """The pixels that a window touches, and how much of each lies in it [Å]."""
    middle = np.sqrt(wavelength[1:] * wavelength[:-1])
    edges = np.concatenate([[wavelength[0] ** 2 / middle[0]], middle, [wavelength[-1] ** 2 / middle[-1]]])
    weight = np.diff(np.clip(edges, *window))
    touched = np.flatnonzero(weight)
    pixels = slice(touched[0], touched[-1] + 1) if touched.size else slice(0, 0)
    return pixels, weight[pixels]


def _mean(wavelength: np.ndarray, values: np.ndarray, good: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """Mean (N,) of `values` (N, L), 0 where not good, over a window; NaN where too little of it was measured."""
    pixels, weight = _overlap(wavelength, window)
    measured = good[:, pixels] @ weight
    enough = measured >= NEEDED * (window[1] - window[0])
    return np.where(enough, values[:, pixels] @ weight / np.where(enough, measured, 1), np.nan)


def _width(wavelength: np.ndarray, flux: np.ndarray, good: np.ndarray, line: Line) -> np.ndarray:
    """Equivalent width (N,) [Å], emission positive; NaN where the continuum is not positive."""
    blue, red = (_mean(wavelength, flux, good, window) for window in (line.blue, line.red))
    x_blue, x_red = np.mean(line.blue), np.mean(line.red)
    pixels, weight = _overlap(wavelength, line.line)
    along = (wavelength[pixels] - x_blue) / (x_red - x_blue)
    continuum = blue[:, None] + (red - blue)[:, None] * along
    measured = good[:, pixels] @ weight
    whole = (measured >= NEEDED * (line.line[1] - line.line[0])) & (continuum > 0).all(axis=1)
    excess = np.where(good[:, pixels], flux[:, pixels] / np.where(continuum > 0, continuum, 1) - 1, 0)
    return np.where(whole, excess @ weight, np.nan)
