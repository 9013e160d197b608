"""Errors over many spectra, worked out when asked for."""

import html
import time

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import spectra_boxes as boxes
from dashboard import theme
from dashboard.spectra_boxes import ALL, HIDDEN, MISSING, UNITS, boxes_chart, legend, show_boxes
from dashboard.spectra_objects import has_generator, has_spectra
from dashboard.state import State
from dashboard.views._spectra_stream import Stream

HEIGHT = 236  # px of the diagrams
ABOUT = "<b>Error over up to 100 spectra</b> (Rissaki et al. 2020, Fig. 2)"


class BoxesPane(pn.viewable.Viewer):
    """Box plots of MSE against what is missing and against noise, with the medians of the baselines."""

    of = param.Selector(default=ALL, objects=[ALL, HIDDEN], doc="Pixels of the inpainted spectra that count.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._stream = Stream("many")
        self._run = ""  # id of the run whose boxes are shown
        self._busy = False
        self._began = (0.0, 0)  # when, and with how many levels done
        self.charts = {panel: boxes_chart(panel) for panel in boxes.LEVELS}
        self.button = pmui.Button(label="Work out", size="small", variant="outlined", margin=0, width=92)
        self.button.on_click(self._press)
        text = {"margin": 0, "align": "center", "styles": {"font-size": "12px"}}
        text["stylesheets"] = [theme.NOTE_CSS, theme.on_phone("white-space: normal")]
        self.words, self.note = pn.pane.HTML(ABOUT, **text), pn.pane.HTML(**text)
        choose = pmui.Select.from_param(
            self.param.of,
            label="Summary of",
            description="",
            size="small",
            variant="standard",
            margin=0,
            width=110,
            sx=theme.MAP_SELECT_SX,
        )
        head = pn.Row(
            self.words, self.button, self.note, pn.Spacer(sizing_mode="stretch_width"), choose,
            margin=0, styles={"gap": "12px", "width": "100%", "align-items": "center"}, stylesheets=[theme.WRAP],
        )  # fmt: skip
        full = {"sizing_mode": "stretch_both", "margin": 0}
        panes = [
            pn.Column(pn.pane.Bokeh(chart.figure, **full), stylesheets=[theme.CHART], **full)
            for chart in self.charts.values()
        ]
        self._panes = pn.Row(
            *panes, margin=0, height=HEIGHT, sizing_mode="stretch_width", styles={"gap": "10px"},
            stylesheets=[theme.PILE],
        )  # fmt: skip
        self._layout = pn.Column(head, self._panes, margin=0, styles={"width": "100%", "flex": "none", "gap": "4px"})

    def __panel__(self):
        return self._layout

    def show(self) -> None:
        """Draw what is known of the run in front; of another than before, nothing goes on."""
        run = self.state.current
        self._layout.visible = ready = has_spectra(self.state.data) and has_generator(run)
        if ready and run.id != self._run:
            self._run = run.id
            self._end()
            self._draw()

    @param.depends("of", watch=True)
    def _draw(self) -> None:
        results = boxes.kept(self.state.current)
        self._panes.visible = bool(results)
        for panel, chart in self.charts.items():
            show_boxes(chart, panel, results, self.of)
        colors = f" · (a) {legend(MISSING)} · (b) {legend(boxes.NOISE)} · lines: baselines' medians"
        self.words.object = ABOUT + colors * bool(results)

    def _press(self, event) -> None:
        if self._busy:
            self._end(f"cancelled after {self._done()} of {len(UNITS)}")
            return
        run, data = self.state.current, self.state.data
        self._busy, self._began = True, (time.monotonic(), self._done())
        self.button.label = "Cancel"
        self._count()

        def work(cancelled):
            from dashboard.spectra_sweep import sweep

            yield from sweep(run, data, cancelled)

        self._stream.run(work, lambda found: self._take(), self._fail, self._end)

    def _take(self) -> None:
        self._draw()
        self._count()

    def _fail(self, error: str) -> None:
        self._end(error)

    def _end(self, said: str = "") -> None:
        """Offer to begin, or to go on, where something is left."""
        if self._busy:
            self._stream.cancel()
        self._busy = False
        left = len(UNITS) - self._done()
        self.button.visible = left > 0
        self.button.label = "Work out" if left == len(UNITS) else "Go on"
        self.note.object = f"<p>{html.escape(said)}</p>" if said else ""

    def _done(self) -> int:
        return len(UNITS) - len(boxes.undone(boxes.kept(self.state.current)))

    def _count(self) -> None:
        """Say how far it is, and how long the rest takes."""
        began, first = self._began
        done = self._done()
        text = f"{done} of {len(UNITS)}"
        if done > first:
            text += f" · {(time.monotonic() - began) / (done - first) * (len(UNITS) - done):.0f} s left"
        self.note.object = f"<p>{text}</p>"
