"""How far answers are from a spectrum, and the small table that says so."""

from dataclasses import dataclass
from html import escape

import numpy as np

from dashboard.spectra_choices import INTERPOLATION, MEAN, PCA, TRUTH
from dashboard.spectra_objects import Spectrum
from dashboard.train_figures import COLORS

GENERATOR = "GLO"
ORDER = (GENERATOR, PCA, INTERPOLATION, MEAN)
COLOR = dict(zip(ORDER, COLORS, strict=False))
UNIT = 1e-3  # of the errors in the table
COLUMNS = {
    "hidden": "pixels that were measured and taken away",
    "measured": "values that were given: how well the answer fits them, noise and all; lines through them have 0",
    "all": "all pixels that were measured",
}


@dataclass(frozen=True, eq=False)
class Answer:
    """A spectrum that explains what was given of one.

    Parameters
    ----------
    x, spread : (L,)
        The spectrum and its 1σ; NaN where a method says nothing.
    loss : float
        Mean squared residual of the values given.
    given : (L,) bool or None
        Pixels whose own value was given; None where only mixtures of pixels were.
    seen : (L,)
        The values given; NaN elsewhere.
    step, steps : int
        Of the search; 0 of a method that does not search.
    """

    x: np.ndarray
    spread: np.ndarray
    loss: float
    given: np.ndarray | None
    seen: np.ndarray
    step: int = 0
    steps: int = 0


def errors(answer: Answer, spectrum: Spectrum, against: str) -> dict[str, float]:
    """Mean squared errors of an answer by the name of a column in `COLUMNS`; NaN where there is no such pixel.

    Against the measured spectrum its gaps count nowhere, against the truth they are hidden pixels like others.
    """
    reference, valid = reference_of(spectrum, against)
    squared = np.square(answer.x - reference)
    hidden = np.zeros_like(valid) if answer.given is None else valid & ~answer.given
    return {"hidden": _mean(squared, hidden), "measured": answer.loss, "all": _mean(squared, valid)}


def floor(answer: Answer, spectrum: Spectrum, against: str) -> dict[str, float]:
    """What a perfect answer would have: the noise of the reference itself."""
    _, valid = reference_of(spectrum, against)
    squared = np.zeros_like(spectrum.error) if against == TRUTH else np.square(spectrum.error)
    hidden = np.zeros_like(valid) if answer.given is None else valid & ~answer.given
    return {"hidden": _mean(squared, hidden), "all": _mean(squared, valid)}


def reference_of(spectrum: Spectrum, against: str) -> tuple[np.ndarray, np.ndarray]:
    """What errors are taken against (L,), and where it is known (L,) bool."""
    if against == TRUTH and spectrum.truth is not None:
        return spectrum.truth, np.ones_like(spectrum.mask)
    return spectrum.flux, ~spectrum.mask


def table_html(found: dict[str, Answer], spectrum: Spectrum, against: str) -> str:
    """The errors of all answers; in a column that can be won the least is bold."""
    names = [name for name in ORDER if name in found]
    if not names:
        return ""
    scores = {name: errors(found[name], spectrum, against) for name in names}
    columns = [c for c in COLUMNS if any(np.isfinite(scores[name][c]) for name in names)]
    best = {c: min(names, key=lambda name: scores[name][c]) for c in columns if c != "measured" and len(names) > 1}
    head = "".join(f"<th title='{escape(COLUMNS[c])}'>{c}</th>" for c in columns)
    rows = [
        f"<tr><td><i style='background: {COLOR[name]}'></i>{name}</td>"
        + "".join(_cell(scores[name][c], best.get(c) == name) for c in columns)
        + "</tr>"
        for name in names
    ]
    noise = floor(found[names[0]], spectrum, against)
    if against != TRUTH:
        cells = "".join(_cell(noise.get(c, np.nan), False) for c in columns)
        rows.append(f"<tr class=floor title='mean σ² of the same pixels: no answer can be better but by chance'>"
                    f"<td>noise σ²</td>{cells}</tr>")  # fmt: skip
    return f"<table><thead><tr><th>MSE [10⁻³]</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cell(value: float, best: bool) -> str:
    text = "–" if not np.isfinite(value) else f"{value / UNIT:.3g}" if value / UNIT < 1000 else f"{value / UNIT:,.0f}"
    return f"<td class=best>{text}</td>" if best else f"<td>{text}</td>"


def _mean(values: np.ndarray, where: np.ndarray) -> float:
    return float(values[where].mean()) if where.any() else float("nan")
