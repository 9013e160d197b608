"""Positions on the sky laid on a plane, with the lines of right ascension and declination.

A field is laid on its tangent plane (gnomonic), what spans the sky on Mollweide's ellipse, by wcslib. East is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS
from scipy.ndimage import label

from photoz_core.errors import PhotozError

FIELD = 35.0  # deg from its centre, up to which a sample is a field
STEPS = (90, 60, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)  # deg between two lines
LINES = 6  # at most so many of each kind in view, but where the widest step has more
POINTS = 181  # of a line
PROBES = 41  # per side of a view, to find what part of the sky is in it
WHOLE = np.linspace(-90, 90, POINTS)
CELL = 3.0  # deg: objects in neighbouring cells of this size are of one field
FIELDS = 20  # more groups than this are no fields


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane that the sky is laid on.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        Its pixels are degrees, counted from the centre.
    centre : tuple of float
        Right ascension and declination [deg].
    is_field : bool
        Whether it is a tangent plane; else all the sky.
    """

    wcs: WCS
    centre: tuple[float, float]
    is_field: bool

    def place(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Positions (N, 2) float32 [deg] of these (N,) [deg]; NaN where unknown, no position, or behind the plane."""
        ra, dec = np.asarray(ra, float), np.asarray(dec, float)
        known = is_known(ra, dec)
        if self.is_field:
            known[known] = _cosine(ra[known], dec[known], self.centre) > np.cos(np.radians(80))
        placed = np.full((len(ra), 2), np.nan, np.float32)
        if known.any():
            placed[known] = np.column_stack(self.wcs.wcs_world2pix(ra[known], dec[known], 1))
        return placed

    def sky(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Right ascension and declination [deg] of points (M,) of the plane; NaN off the ellipse."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        if self.is_field:
            return tuple(self.wcs.wcs_pix2world(x, y, 1))
        ra, dec = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
        axes = self.wcs.wcs_world2pix([self.centre[0] + 179.999999, 0.0], [0.0, 90.0], 1)
        inside = (x / axes[0][0]) ** 2 + (y / axes[1][1]) ** 2 < 1
        ra[inside], dec[inside] = self.wcs.wcs_pix2world(x[inside], y[inside], 1)
        return ra, dec


@dataclass(frozen=True, eq=False)
class Line:
    """A line of equal right ascension or declination.

    Parameters
    ----------
    x, y : (POINTS,)
        On the plane [deg], NaN where it is interrupted.
    label : str
    is_ra : bool
    """

    x: np.ndarray
    y: np.ndarray
    label: str
    is_ra: bool


def is_known(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Which (N,) of these are positions [deg]: finite, 0 ≤ ra ≤ 360 and |dec| ≤ 90; a dec of 99 or −99 is not."""
    return np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90) & (ra >= 0) & (ra <= 360)


def plane_of(ra: np.ndarray, dec: np.ndarray) -> Plane:
    """The plane that fits a sample (N,) [deg].

    Raises
    ------
    PhotozError
        If no position is known.
    """
    ra, dec = np.asarray(ra, float), np.asarray(dec, float)
    known = is_known(ra, dec)
    if not known.any():
        raise PhotozError("no object has a position: ra must be 0 to 360 and dec −90 to 90 degrees")
    centre = _centre(ra[known], dec[known])
    nearest = _cosine(ra[known], dec[known], centre).min()
    if nearest > np.cos(np.radians(FIELD)):
        return Plane(_wcs("TAN", *centre), centre, True)
    return Plane(_wcs("MOL", centre[0], 0.0), (centre[0], 0.0), False)


def graticule(plane: Plane, view: tuple[float, float, float, float]) -> list[Line]:
    """Lines of right ascension and declination in a view (x0, x1, y0, y1) [deg] of the plane, at round numbers."""
    x, y = np.meshgrid(np.linspace(*view[:2], PROBES), np.linspace(*view[2:], PROBES))
    ra, dec = plane.sky(x.ravel(), y.ravel())
    inside = np.isfinite(ra)
    if not inside.any():
        return []
    away = (ra[inside] - plane.centre[0] + 180) % 360 - 180  # from the centre, so that 0 h is no edge
    dec = dec[inside]
    low, high = float(dec.min()), float(dec.max())
    pole = next((sign * 90.0 for sign in (1, -1) if _holds_pole(plane, sign * 90.0, view)), None)
    if pole is not None:
        low, high = (low, 90.0) if pole > 0 else (-90.0, high)
    reach = (-180.0, 180.0) if pole is not None else (float(away.min()), float(away.max()))
    return [*_meridians(plane, reach, (low, high)), *_parallels(plane, reach, (low, high))]


def fields_of(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Which field each object (N,) [deg] lies in (N,) int, the one of most objects first; −1 without a position.

    All are 0 where a sample is one field, or is spread over the sky.
    """
    plane = plane_of(ra, dec)
    placed = plane.place(ra, dec)
    known = np.isfinite(placed[:, 0])
    fields = np.where(known, 0, -1)
    if plane.is_field:
        return fields
    cells = np.floor(placed[known] / CELL).astype(int)
    cells -= cells.min(axis=0)
    taken = np.zeros(cells.max(axis=0) + 1, bool)
    taken[tuple(cells.T)] = True
    groups, count = label(taken, np.ones((3, 3)))
    if count > FIELDS:
        return fields
    found = groups[tuple(cells.T)] - 1
    order = np.argsort(-np.bincount(found, minlength=count), kind="stable")
    fields[known] = np.argsort(order)[found]
    return fields


def nearest_of(ra: np.ndarray, dec: np.ndarray, other_ra: np.ndarray, other_dec: np.ndarray) -> np.ndarray:
    """Which (N,) int of M other positions [deg] lies nearest to each of N, by angle."""
    from scipy.spatial import cKDTree

    others = cKDTree(np.column_stack(_unit(other_ra, other_dec)))
    return others.query(np.column_stack(_unit(ra, dec)))[1]


def _meridians(plane: Plane, reach: tuple, span: tuple) -> Iterator[Line]:
    step, start = _step(reach[1] - reach[0]), plane.centre[0] + reach[0]
    along = np.linspace(max(span[0] - 1, -90), min(span[1] + 1, 90), POINTS) if plane.is_field else WHOLE
    for ra in np.arange(np.ceil(start / step), np.floor((plane.centre[0] + reach[1]) / step) + 1) * step:
        x, y = plane.place(np.full(POINTS, ra % 360), along).T
        yield Line(x, y, f"{ra % 360:.{_digits(step)}f}°", True)


def _parallels(plane: Plane, reach: tuple, span: tuple) -> Iterator[Line]:
    step = _step(span[1] - span[0])
    edge = 180 - 1e-6  # the ellipse's own edge is two places
    ends = (max(reach[0] - 1, -edge), min(reach[1] + 1, edge)) if plane.is_field else (-edge, edge)
    along = plane.centre[0] + np.linspace(*ends, POINTS)
    for dec in np.arange(np.ceil(span[0] / step), np.floor(span[1] / step) + 1) * step:
        if abs(dec) < 90:
            x, y = plane.place(along % 360, np.full(POINTS, dec)).T
            yield Line(x, y, f"{dec + 0.0:+.{_digits(step)}f}°".replace("-", "−"), False)


def _step(width: float) -> float:
    """The finest of `STEPS` that has no more than `LINES` lines in so many degrees."""
    return next((step for step in reversed(STEPS) if width / step <= LINES), STEPS[0])


def _digits(step: float) -> int:
    return max(0, int(np.ceil(-np.log10(step) - 1e-9)))


def _holds_pole(plane: Plane, pole: float, view: tuple) -> bool:
    x, y = plane.place(np.array([plane.centre[0]]), np.array([pole]))[0]
    return plane.is_field and bool(view[0] <= x <= view[1] and view[2] <= y <= view[3])


def _wcs(projection: str, ra: float, dec: float) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = [f"RA---{projection}", f"DEC--{projection}"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [ra, dec], [0, 0], [-1, 1]  # east is left
    wcs.wcs.set()
    return wcs


def _centre(ra: np.ndarray, dec: np.ndarray) -> tuple[float, float]:
    """Direction of the mean unit vector [deg]; of right ascension 0 where they cancel out."""
    x, y, z = (float(part.mean()) for part in _unit(ra, dec))
    return float(np.degrees(np.arctan2(y, x)) % 360), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def _unit(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, d = np.radians(ra), np.radians(dec)
    return np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)


def _cosine(ra: np.ndarray, dec: np.ndarray, centre: tuple[float, float]) -> np.ndarray:
    """Of the angle from a direction."""
    return sum(part * float(own) for part, own in zip(_unit(ra, dec), _unit(*map(np.array, centre)), strict=True))
