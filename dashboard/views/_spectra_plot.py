"""The spectrum in focus, its problem and its answers, refined while one looks."""

import html

import panel as pn
from bokeh.models import BoxAnnotation

from dashboard import theme
from dashboard.spectra_choices import LINES, NOISE, WINDOW, Choices
from dashboard.spectra_figures import (
    add_window,
    no_answer,
    show_answers,
    show_given,
    show_marks,
    show_spectrum,
    spectrum_chart,
)
from dashboard.spectra_objects import Spectrum, has_generator, has_spectra, spectrum_of
from dashboard.spectra_scores import GENERATOR, Answer, table_html
from dashboard.state import State
from dashboard.views._spectra_stream import Stream
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError

ASKED = ["kind", "low", "high", "share", "factor", "noise", "seed", "how", "lam", "band"]
PAUSE = 50  # ms that dragging must have gone on before the window is taken
NEAR = 1.0  # Å: an end of the window that differs by less is the same
TABLE_CSS = """
table { border-collapse: collapse; font-size: 11.5px; line-height: 18px; width: 100%; }
th { font-weight: 500; opacity: .72; text-align: right; padding: 0 0 0 6px; }
td { text-align: right; padding: 0 0 0 6px; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding: 0; }
td.best { font-weight: 700; color: var(--pz-accent); }
tr.floor td { opacity: .72; }
i { display: inline-block; width: 14px; height: 3px; margin-right: 5px; vertical-align: 3px; border-radius: 1px; }
p { font-size: 11px; line-height: 15px; }
"""


class SpectrumPane(pn.viewable.Viewer):
    """The figure of the spectrum in focus, with its answers; the table beside it is `scores`."""

    def __init__(self, state: State, choices: Choices, **params):
        super().__init__(**params)
        self.state, self.choices = state, choices
        self.spectrum: Spectrum | None = None
        self.found: dict[str, Answer] = {}
        self._asked: tuple = ()
        self._pending = False
        self._stream = Stream("live")
        self.chart = spectrum_chart()
        self.window: BoxAnnotation = add_window(self.chart)
        for end in ("left", "right"):
            self.window.on_change(end, self._drag)
        style = {"margin": 0, "sizing_mode": "stretch_width"}
        self.scores = pn.pane.HTML(stylesheets=[theme.CARD_CSS, TABLE_CSS], **style)
        self.note = pn.pane.HTML(stylesheets=[theme.CARD_CSS], **style)
        self._pane = pn.pane.Bokeh(self.chart.figure, sizing_mode="stretch_both", margin=0)
        choices.param.watch(self.ask, ASKED)
        choices.param.watch(self._draw_again, ["against", "shown"])

    def __panel__(self):
        return self._pane

    def ask(self, *events) -> None:
        """Show the spectrum in focus and ask for answers, if spectrum, run or question are not those asked for."""
        state, problem, way = self.state, self.choices.problem, self.choices.way
        data, row = state.data, state.focus_row
        if not has_spectra(data) or row < 0:
            return
        run = state.current if has_generator(state.current) else None
        asked = (data.meta.fingerprint, row, run and run.id, problem, way)
        if asked == self._asked:
            return
        if asked[:2] != self._asked[:2]:
            self._take_spectrum(data, row)
        self._asked, self.found = asked, {}
        self._place_window()
        if run is None:
            no_answer(self.chart)
        if self.spectrum is None:
            return

        def work(cancelled):
            from dashboard.spectra_answers import solve

            yield from solve(data, row, run, problem, way, cancelled)

        self._stream.run(work, self._take, self._fail)

    def _take_spectrum(self, data, row: int) -> None:
        try:
            self.spectrum = spectrum_of(data, row)
        except PhotozError as error:
            self.spectrum = None
            self._fail(str(error))
            return
        show_spectrum(self.chart, self.spectrum, title_of(data, row), LINES in self.choices.shown)

    def _take(self, found: dict[str, Answer]) -> None:
        if not self.found:  # only what is new is sent: the browser has the first answer sooner
            show_given(self.chart, self.spectrum, next(iter(found.values())))
        self.found = self.found | found
        show_answers(self.chart, self.spectrum, found, self.choices.shown)
        self._say()

    def _draw_again(self, *events) -> None:
        if self.spectrum is None:
            return
        show_answers(self.chart, self.spectrum, self.found, self.choices.shown)
        show_marks(self.chart, LINES in self.choices.shown)
        self._say()

    def _say(self) -> None:
        self.scores.object = table_html(self.found, self.spectrum, self.choices.against)
        self.note.object = self._said()

    def _said(self) -> str:
        """How far the search is, and what the band is."""
        parts = []
        if answer := self.found.get(GENERATOR):
            parts.append(f"after {answer.step} of {answer.steps} steps")
            bands = {"restarts": "scatter of equally good restarts", "noise draws": "scatter under new noise"}
            parts.append(f"band: 1σ {bands[self.choices.band]}")
        if self.choices.kind == NOISE and self.spectrum is not None:
            parts.append(f"noise: σ {self.choices.noise / len(self.spectrum.flux) ** 0.5:.3f} a pixel")
        return f"<p>{' · '.join(parts)}</p>" if parts else ""

    def _fail(self, error: str) -> None:
        self.found = {}
        no_answer(self.chart)
        self.note.object = ""
        self.scores.object = f"<p>{html.escape(error)}</p>"

    # --- the window -------------------------------------------------------------------------------------------------

    def _place_window(self) -> None:
        """Draw the window where the fields say, unless it is there: a hand may still be on it."""
        low, high = self.choices.problem.window
        self.window.visible = self.choices.kind == WINDOW
        if abs(self.window.left - low) >= NEAR or abs(self.window.right - high) >= NEAR:
            self._pending = True  # the ends move one after the other, and no hand moves them
            self.window.update(left=low, right=high)
            self._pending = False

    def _drag(self, attribute, old, new) -> None:
        """Take the window soon: of the many events of one gesture the last counts."""
        low, high = self.choices.problem.window
        if self._pending or (abs(self.window.left - low) < NEAR and abs(self.window.right - high) < NEAR):
            return
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            self._take_window()
        else:
            self._pending = True
            document.add_timeout_callback(self._take_window, PAUSE)

    def _take_window(self) -> None:
        self._pending = False
        self.choices.param.update(low=float(round(self.window.left)), high=float(round(self.window.right)))


def title_of(data: Dataset, row: int) -> str:
    """The name of a spectrum, its kind where that is known, and whether a training saw it."""
    kind = str(data.catalog["kind"].iloc[row]) if "kind" in data.catalog else ""
    split = {"train": "training spectrum: the generator has seen it", "valid": "validation spectrum"}
    parts = [str(data.object_id[row]), kind, split.get(str(data.split[row]), "test spectrum")]
    return " · ".join(part for part in parts if part)
