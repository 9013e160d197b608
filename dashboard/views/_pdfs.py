"""The Photo-z page's part for redshift PDFs: are they calibrated, are they sharp, and where do they fail."""

from functools import partial

import numpy as np
import panel as pn
from bokeh.events import SelectionGeometry, Tap

from dashboard import cache
from dashboard import pdf_figures as figures
from dashboard.markdown import Markdown
from dashboard.metrics_table import STYLE
from dashboard.pdf_table import pdf_table_html
from dashboard.photoz_sample import BRIGHTER, SELECTION, WHOLE, Groups, Sample
from dashboard.state import State
from dashboard.views._chart_keys import Mark, MarkKeys
from dashboard.views._points import TABLE_WIDTH, three_columns
from photoz_core.errors import PhotozError
from photoz_core.metrics.pdf import PIT_OUTLIER, pdf_metrics
from photoz_core.pdfs import Pdfs


class PdfPane(pn.viewable.Viewer):
    """PIT, QQ, the stack of PDFs, and a table of PDF metrics."""

    odd = "PIT outliers"  # what the page's button selects

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self.groups: Groups | None = None
        self._pdfs: Pdfs | None = None
        self._metrics: dict[str, dict[str, float]] = {}  # of the whole split and of its bright objects
        self.pit, self.stack = figures.pit_chart(), figures.stack_chart()
        self.qq, self.difference = figures.qq_chart(), figures.difference_chart()
        self.table = pn.pane.HTML(stylesheets=[STYLE], width=TABLE_WIDTH, margin=(0, 8))
        self.notice = Markdown(margin=24, styles={"font-size": "14px", "max-width": "640px"}, visible=False)
        self.pit.figure.on_event(SelectionGeometry, self.on_box)
        self.pit.figure.on_event(Tap, self.on_tap)
        self.keyed = [MarkKeys(self.pit, self._bars)]
        self._charts = three_columns((self.pit, self.stack), (self.qq, self.difference), self.table)
        self._layout = pn.Column(self.notice, self._charts, sizing_mode="stretch_both", margin=0)

    def __panel__(self):
        return self._layout

    def words(self, convention: str) -> str:
        """What the numbers mean."""
        return "PIT = the probability that an object's PDF puts below its z_spec: uniform where PDFs are honest"

    def outliers(self, convention: str) -> np.ndarray:
        """Row numbers in the dataset of the objects shown whose z_spec lies outside all but 2 × 10⁻⁴ of the PDF."""
        pit = self._pit_of(self.groups.visible)
        return self.groups.visible.rows[(pit < PIT_OUTLIER) | (pit > 1 - PIT_OUTLIER)]

    def judge(self, groups: Groups, convention: str) -> None:
        """Read the PDFs, and work out what does not depend on the selection."""
        problem = ""
        try:
            self._pdfs = cache.pdfs(self.state.current)
            self._metrics = {name: self._judged(groups[name]) for name in (WHOLE, BRIGHTER)}
        except PhotozError as error:
            self._pdfs, problem = None, f"**The PDFs of this run cannot be shown.** {error}"
        self.notice.object = problem
        self.notice.visible, self._charts.visible = bool(problem), not problem

    def draw(self, groups: Groups, convention: str) -> None:
        """Draw the objects shown, and complete the table with the selection."""
        self.groups = groups
        if self._pdfs is None:
            return
        metrics = self._metrics | {SELECTION: self._judged(groups.selection)}
        self.table.object = pdf_table_html({label: metrics[name] for label, name in groups.titles.items()})
        visible = groups.visible
        pit = self._pit_of(visible)
        figures.show_pit(self.pit, pit, groups.marked(self.state.selected))
        figures.show_qq(self.qq, self.difference, pit)
        known = np.isfinite(visible.z_spec)
        figures.show_stack(self.stack, self._pdfs.take(visible.rows[known]), visible.z_spec[known])

    def on_box(self, event: SelectionGeometry) -> None:
        """Select the objects in a range of PIT."""
        if event.final and event.geometry["type"] == "rect":
            self._select(event.geometry["x0"], event.geometry["x1"])

    def on_tap(self, event: Tap) -> None:
        """Select the objects of a bar."""
        bars = self.pit.sources["bars"].data
        for low, high in zip(bars["left"], bars["right"], strict=True):
            if low <= event.x < high:
                self._select(low, high)

    def _bars(self) -> list[Mark]:
        bars = self.pit.sources["bars"].data
        drawn = zip(bars["left"], bars["right"], bars["top"], strict=True)
        return [
            Mark(
                (low + high) / 2,
                top,
                f"PIT {low:.3g} to {high:.3g}: {top:,} objects",
                partial(self._select, low, high),
            )
            for low, high, top in drawn
        ]

    def _select(self, low: float, high: float, mode: str = "replace") -> None:
        visible = self.groups.visible
        pit = self._pit_of(visible)
        inside = (pit >= low) & ((pit < high) | ((high >= 1) & (pit <= high)))
        self.state.select_rows(visible.rows[inside], mode)

    def _pit_of(self, sample: Sample) -> np.ndarray:
        """PIT (M,) that the run predicted; NaN where there is none."""
        table = self.state.table
        if "pit" not in table:
            return np.full(len(sample), np.nan)
        return table["pit"].to_numpy(float, na_value=np.nan)[sample.rows]

    def _judged(self, sample: Sample) -> dict[str, float]:
        known = np.isfinite(sample.z_spec)
        return pdf_metrics(self._pdfs.take(sample.rows[known]), sample.z_spec[known])
