"""One redshift PDF as a small SVG: inline HTML, drawn in a millisecond, in the colors of the page."""

import numpy as np

from photoz_core.pdfs import Pdfs

SIDES, HEAD, FOOT = 6, 14, 15  # px around the plot: for half a number, for z_spec's and z_phot's names, for the axis
NAME = 34  # px of z_phot's or z_spec's name
NARROWEST = 0.3  # redshifts on the axis, at least
TICKS = 4  # at most, about


def pdf_svg(pdf: Pdfs, z_phot: float, z_spec: float, width: int = 160, height: int = 150) -> str:
    """Draw p(z) of one object, its central 68 % shaded, z_phot and z_spec marked.

    Parameters
    ----------
    pdf : Pdfs
        Of one object.
    z_phot, z_spec : float
        NaN where unknown: it is left out.
    width, height : int
        [px].

    Returns
    -------
    str
        An ``<svg>``; a sentence where the object has no PDF.
    """
    density = pdf.density[0]
    if not np.isfinite(density).all() or not density.any():
        return "<p>no PDF of this object</p>"
    low, high, first, last = pdf.quantile(0.16, 0.84, 0.001, 0.999)[0]
    z0, z1 = _span([first, last, z_phot, z_spec], pdf.edges)
    floor, across = height - FOOT, width - 2 * SIDES
    x_of = lambda z: SIDES + (np.asarray(z, float) - z0) / (z1 - z0) * across  # noqa: E731
    y_of = lambda p: floor - np.asarray(p, float) / density.max() * (floor - HEAD)  # noqa: E731
    z, p = _steps(pdf.edges, density, z0, z1)
    inner = _steps(pdf.edges, density, low, high)
    parts = [
        _area(x_of(z), y_of(p), floor, 0.22),
        _area(x_of(inner[0]), y_of(inner[1]), floor, 0.45),
        f'<polyline points="{_points(x_of(z), y_of(p))}" fill="none" stroke="var(--pz-accent)" stroke-width="1.2"/>',
        f'<path d="M{SIDES} {floor}H{width - SIDES}" stroke="currentColor" opacity=".5"/>',
        *_ticks(z0, z1, x_of, floor),
        *_marks(z_phot, z_spec, x_of, floor, width),
    ]
    return (
        f'<svg class="pdf" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="p(z), 68 % between {low:.3g} and {high:.3g}">{"".join(parts)}</svg>'
    )


def _span(values: list[float], edges: np.ndarray) -> tuple[float, float]:
    """Redshifts on the axis: where nearly all probability and the marks lie, and not less than `NARROWEST`."""
    known = [value for value in values if np.isfinite(value)]
    low, high = min(known), max(known)
    wider = max(0.08 * (high - low), (NARROWEST - (high - low)) / 2)
    low = max(low - wider, min(edges[0], low))
    return low, max(min(high + wider, max(edges[-1], high)), low + NARROWEST)


def _steps(edges: np.ndarray, density: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Outline (z, p) of the bins between two redshifts: a step for each."""
    inside = (edges[1:] > low) & (edges[:-1] < high)
    left, right = np.clip(edges[:-1][inside], low, high), np.clip(edges[1:][inside], low, high)
    return np.column_stack([left, right]).ravel(), np.repeat(density[inside], 2)


def _points(x: np.ndarray, y: np.ndarray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def _area(x: np.ndarray, y: np.ndarray, floor: float, opacity: float) -> str:
    if not x.size:
        return ""
    outline = f"{x[0]:.1f},{floor} {_points(x, y)} {x[-1]:.1f},{floor}"
    return f'<polygon points="{outline}" fill="var(--pz-accent)" fill-opacity="{opacity}"/>'


def _ticks(z0: float, z1: float, x_of, floor: float) -> list[str]:
    """Round redshifts along the axis."""
    rough = (z1 - z0) / TICKS
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough)
    digits = max(0, int(-np.floor(np.log10(step) + 1e-9)))
    return [
        f'<path d="M{x_of(z):.1f} {floor}v3" stroke="currentColor" opacity=".5"/>'
        f'<text x="{x_of(z):.1f}" y="{floor + 13}" text-anchor="middle" opacity=".8">{z:.{digits}f}</text>'
        for z in step * np.arange(np.ceil(z0 / step), np.floor(z1 / step) + 1)
    ]


def _marks(z_phot: float, z_spec: float, x_of, floor: float, width: int) -> list[str]:
    """Lines at z_phot (dashed) and z_spec, named above; the names keep to the picture and off each other."""
    marks = [("z_phot", z_phot, "3 2"), ("z_spec", z_spec, "none")]
    marks = sorted((mark for mark in marks if np.isfinite(mark[1])), key=lambda mark: mark[1])
    lines = [
        f'<path class="{name}" d="M{x_of(z):.1f} {HEAD - 2}V{floor}" stroke="currentColor" stroke-dasharray="{dash}"/>'
        for name, z, dash in marks
    ]
    if len(marks) == 1:
        places = [(np.clip(float(x_of(marks[0][1])), NAME / 2, width - NAME / 2), "middle")]
    elif marks:
        left, right = (float(x_of(mark[1])) for mark in marks)
        left = np.clip(left, NAME, width - NAME - 4)
        places = [(left, "end"), (np.clip(right, left + 4, width - NAME), "start")]
    else:
        places = []
    names = [
        f'<text x="{x:.1f}" y="9" text-anchor="{anchor}">{mark[0]}</text>'
        for mark, (x, anchor) in zip(marks, places, strict=True)
    ]
    return lines + names
