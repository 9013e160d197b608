"""The figure of one spectrum: what was given, what was taken away, what is made of it. No state, no widgets."""

import numpy as np
from bokeh.models import BoxAnnotation, HoverTool

from dashboard.chart import HIGHLIGHT, INK, Chart, blank, sources
from dashboard.spectra_objects import Spectrum
from dashboard.spectra_scores import COLOR, GENERATOR, Answer

# Vacuum Å; lines nearer to each other than their names share one
LINES = {
    "[O II]": 3728.5, "Ca K": 3934.8, "Ca H": 3969.6, "Hδ": 4102.9, "Hβ": 4862.7, "[O III]": 5008.2, "Mg b": 5176.6,
    "Na D": 5894.6, "Hα": 6564.6, "[N II]": 6585.3, "[S II]": 6725.5,
}  # fmt: skip
LEFTWARDS = ("[O II]", "Ca K", "Hα")  # names on the blue side of their line, for the next is near
HEADROOM = 0.17  # of the height, above the spectrum, for the names
BASELINES = tuple(name for name in COLOR if name != GENERATOR)


def spectrum_chart() -> Chart:
    """Flux against rest wavelength; the window that is missing can be dragged."""
    parts = sources(
        error="x low high", hidden="x y", filled="x y", given="x y", points="x y", noisy="x y",
        band="x low high", answer="x y", **{name: "x y" for name in BASELINES}, marks="x y text align shift",
    )  # fmt: skip
    plot = blank("rest wavelength [Å]", "flux / norm", min_height=200, tools="xpan,xwheel_zoom,box_zoom,reset,save")
    plot.toolbar.active_drag = None
    plot.varea("x", "low", "high", source=parts["error"], fill_color=INK, fill_alpha=0.18)
    plot.line("x", "y", source=parts["noisy"], color=INK, alpha=0.45, width=0.8)
    plot.line("x", "y", source=parts["hidden"], color=INK, alpha=0.55, width=1, name="hidden")
    plot.line("x", "y", source=parts["filled"], color="#d55e00", alpha=0.75, width=1, line_dash=[2, 2])
    plot.line("x", "y", source=parts["given"], color=INK, width=1.1, name="given")
    plot.scatter("x", "y", source=parts["points"], color=INK, size=3)
    for name in BASELINES:
        plot.line("x", "y", source=parts[name], color=COLOR[name], width=1.3, alpha=0.9, name=name)
    plot.varea("x", "low", "high", source=parts["band"], fill_color=HIGHLIGHT, fill_alpha=0.28)
    plot.line("x", "y", source=parts["answer"], color=COLOR[GENERATOR], width=1.4, name=GENERATOR)
    plot.vspan("x", source=parts["marks"], color=INK, alpha=0.5, line_width=0.8)
    plot.text("x", "y", "text", source=parts["marks"], text_font_size="10px", text_color=INK, text_baseline="top",
              text_align="align", x_offset="shift")  # fmt: skip
    plot.add_tools(HoverTool(renderers=[r for r in plot.renderers if r.name in ("given", GENERATOR)],
                             tooltips="@x{0.0} Å: @y{0.000}", mode="mouse"))  # fmt: skip
    return Chart(plot, parts)


def add_window(chart: Chart) -> BoxAnnotation:
    """A strip over the figure that a person moves and widens."""
    quiet = {"line_color": HIGHLIGHT, "fill_color": HIGHLIGHT, "line_dash": [4, 3]}
    box = BoxAnnotation(left=0, right=1, editable=True, movable="x", resizable="x", fill_alpha=0.07, line_alpha=0.7,
                        hover_fill_color=HIGHLIGHT, hover_fill_alpha=0.14, **quiet)  # fmt: skip
    chart.figure.add_layout(box)
    return box


def flux_limits(spectrum: Spectrum) -> tuple[float, float]:
    """Nearly all measured pixels, the strongest lines whole, and room for names above."""
    good = spectrum.flux[~spectrum.mask]
    low, high = (0.0, 1.0) if not good.size else (float(np.percentile(good, 0.3)), float(np.percentile(good, 99.9)))
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin + HEADROOM * (high - low + 2 * margin)


def show_spectrum(chart: Chart, spectrum: Spectrum, title: str, with_marks: bool) -> None:
    """Draw a new spectrum; its answers are gone."""
    x, flux, known = spectrum.wavelength, spectrum.flux, ~spectrum.mask
    limits = flux_limits(spectrum)
    chart.set_limits((float(x[0]), float(x[-1])), limits)
    chart.show(
        title,
        error={"x": x, "low": flux - spectrum.error, "high": flux + spectrum.error},
        filled={"x": x, "y": np.where(_widened(spectrum.mask), flux, np.nan)},
        **_given(spectrum, np.where(known, flux, np.nan), known),
        **{name: {"x": [], "y": []} for name in ("answer", *BASELINES)},
        band={"x": [], "low": [], "high": []},
    )
    show_marks(chart, with_marks)


def show_given(chart: Chart, spectrum: Spectrum, answer: Answer) -> None:
    """Draw what an answer was given, the measured spectrum faint behind it."""
    chart.show(**_given(spectrum, answer.seen, answer.given))


def show_answers(chart: Chart, spectrum: Spectrum, found: dict[str, Answer], shown: list[str]) -> None:
    """Draw new answers by name, a baseline only where `shown`; the others stay."""
    x, drawn = spectrum.wavelength, {}
    for name, answer in found.items():
        seen = name == GENERATOR or name in shown
        drawn["answer" if name == GENERATOR else name] = {"x": x, "y": answer.x} if seen else {"x": [], "y": []}
        if name == GENERATOR:
            drawn["band"] = {"x": x, "low": answer.x - answer.spread, "high": answer.x + answer.spread}
    chart.show(**drawn)


def no_answer(chart: Chart) -> None:
    """Draw no answer of a generator."""
    chart.show(answer={"x": [], "y": []}, band={"x": [], "low": [], "high": []})


def show_marks(chart: Chart, wanted: bool) -> None:
    """Name the spectral lines, or do not."""
    names = [name for name in LINES if wanted]
    left = [name in LEFTWARDS for name in names]
    chart.show(
        marks={
            "x": [LINES[name] for name in names],
            "y": [chart.figure.y_range.end] * len(names),
            "text": names,
            "align": ["right" if is_left else "left" for is_left in left],
            "shift": [-3 if is_left else 3 for is_left in left],
        }
    )


def _given(spectrum: Spectrum, seen: np.ndarray, given: np.ndarray | None) -> dict[str, dict]:
    """Data of what was given: a line, points where it has gaps everywhere; fainter the measured spectrum behind it.

    Parameters
    ----------
    seen : (L,)
        Values given, NaN elsewhere.
    given : (L,) bool or None
        None where `seen` are bins.
    """
    x, nothing = spectrum.wavelength, {"x": [], "y": []}
    measured = {"x": x, "y": np.where(spectrum.mask, np.nan, spectrum.flux)}
    given_line = {"x": x, "y": seen}
    if given is None:
        return {"hidden": measured, "given": given_line, "points": nothing, "noisy": nothing}
    scattered = np.count_nonzero(np.diff(given.astype(int))) > 0.1 * len(given)
    noisy = not np.array_equal(seen[given], spectrum.flux[given])
    if noisy:
        return {"hidden": nothing, "given": measured, "points": nothing, "noisy": given_line}
    points = {"x": x[given], "y": seen[given]} if scattered else nothing
    return {
        "hidden": measured,
        "given": nothing if scattered else given_line,
        "points": points,
        "noisy": nothing,
    }


def _widened(mask: np.ndarray) -> np.ndarray:
    """A mask (L,) and the pixels beside it, so that what is drawn of it meets the measured line."""
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    return wide
