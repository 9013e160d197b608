"""Photo-z: how well the redshifts of a run come out, for the whole, the bright and the selection."""

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.events import SelectionGeometry

from dashboard import photoz_figures as figures
from dashboard.chart import Chart
from dashboard.metrics_table import STYLE, Line, bin_label, table_html
from dashboard.photoz_sample import Sample
from dashboard.state import State
from dashboard.theme import FIELD_SX
from photoz_core.metrics.point import CONVENTIONS, outlier_threshold
from photoz_core.pipeline import BRIGHT

TITLE, ORDER = "Photo-z", 30
SPLITS = {"test split": "test", "validation split": "valid", "training split": "train"}
UNFAIR = {
    "valid": "not a fair test: the best epoch was chosen on these objects",
    "train": "not a fair test: the run was trained on these objects",
}
WHOLE, BRIGHTER, SELECTION = "whole split", "bright", "selection"
TABLE_WIDTH = 430  # px
TEXT = {"font-size": "13px"}


class View(pn.viewable.Viewer):
    """The Photo-z page.

    Parameters
    ----------
    state : State
    """

    split = param.Selector(default="test", objects=SPLITS, doc="Objects judged.")
    convention = param.Selector(default="pita", objects=list(CONVENTIONS), doc="What bias, scatter, outlier mean.")
    bright = param.Number(default=BRIGHT, bounds=(0, 40), doc="Faint limit of the bright subset [mag].")
    shown = param.Selector(default=WHOLE, objects=[WHOLE, BRIGHTER, SELECTION], doc="Objects in the diagrams.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._sample: Sample | None = None
        self._metrics: dict[str, dict[str, float]] = {}  # of the whole split and of its bright objects
        self._bins: list[Line] = []
        self._stale = False  # something changed while another page was in front
        self._redshifts, self._histogram = figures.redshift_chart(), figures.histogram_chart()
        self._by_z, self._by_magnitude = figures.residual_chart("z_spec"), figures.residual_chart("magnitude")
        self._table = pn.pane.HTML(stylesheets=[STYLE], width=TABLE_WIDTH, margin=(0, 8))
        self._words = pn.pane.HTML(styles={"opacity": ".75", **TEXT}, margin=(0, 8))
        self._counts = pn.pane.HTML(styles=TEXT, margin=(0, 8), sizing_mode="stretch_width")
        self._notice = pn.pane.Markdown(margin=24, styles={"font-size": "14px", "max-width": "640px"})
        self._train = pmui.Button(label="Open the Train page", variant="outlined", size="small", margin=(0, 24))
        self._outliers = pmui.Button(label="Select outliers", variant="outlined", size="small", margin=(2, 4))
        self._show_map = pmui.Button(label="Show on the map", variant="text", size="small", margin=(2, 4))
        self._layout = self._lay_out()
        self._connect()
        self._choose()

    def __panel__(self):
        return self._layout

    def _lay_out(self) -> pn.viewable.Viewable:
        field = {"size": "small", "margin": (6, 6), "description": "", "sx": FIELD_SX}
        self._bright = pmui.FloatInput.from_param(
            self.param.bright, **field | {"label": "bright: mag <"}, width=112, step=0.5
        )
        controls = pn.Row(
            pmui.RadioButtonGroup.from_param(
                self.param.shown, size="small", label="", margin=(8, 6), sx={"whiteSpace": "nowrap"}
            ),
            self._bright,
            pmui.Select.from_param(self.param.split, label="judged on", width=150, **field),
            pmui.Select.from_param(self.param.convention, label="convention", width=110, **field),
            self._words,
            styles={"align-items": "center"},
            sizing_mode="stretch_width",
        )
        counts = pn.Row(self._counts, self._outliers, self._show_map, styles={"align-items": "center"})
        column = {"sizing_mode": "stretch_both", "min_height": 560}
        self._body = pn.Row(
            pn.Column(_pane(self._redshifts), _pane(self._histogram), **column),
            pn.Column(_pane(self._by_z), _pane(self._by_magnitude), **column),
            pn.Column(self._table, width=TABLE_WIDTH + 20, scroll="y-auto", sizing_mode="stretch_height"),
            sizing_mode="stretch_both",
        )
        self._charts = pn.Column(controls, counts, self._body, sizing_mode="stretch_both", margin=(4, 8))
        self._empty = pn.Column(self._notice, self._train)
        return pn.Column(self._empty, self._charts, sizing_mode="stretch_both")

    def _connect(self) -> None:
        self.state.param.watch(self._on_state, ["table", "selected", "page"])
        self._outliers.on_click(lambda event: self.state.select_rows(self._visible().outliers(self.convention)))
        self._show_map.on_click(lambda event: self._go("Explore"))
        self._train.on_click(lambda event: self._go("Train"))
        self._redshifts.figure.on_event(SelectionGeometry, self._on_box)

    def _on_state(self, *events) -> None:
        pages = self.state.param.page.objects
        if TITLE in pages and self.state.page != TITLE:
            self._stale = True
        elif self._stale or any(event.name == "table" for event in events):
            self._choose()
        elif any(event.name == "selected" for event in events):
            self._draw()

    @param.depends("split", watch=True)
    def _choose(self) -> None:
        """Take the objects of the split, or say why there are none to judge."""
        self._stale = False
        problem = self._problem()
        self._notice.object = problem
        self._empty.visible, self._charts.visible = bool(problem), not problem
        self._sample = None if problem else Sample.of(self.state.data, self.state.table, self.split)
        self._judge()

    def _problem(self) -> str:
        state = self.state
        if state.problem:
            return state.problem
        if state.data is None:
            return "**No dataset yet.** Make one with `photoz data simulate`, or import your own: `photoz data import`."
        if state.current is None:
            return f"**No finished run of {state.dataset} yet.** Start one on the Train page."
        if "z_phot" not in state.table:
            return (
                f"**{state.current.name}** learns without labels and predicts no redshift. Train a recipe that starts "
                "from it (*moco + fine-tuning*), or choose another run above."
            )
        if "z_spec" not in state.table or not state.table["z_spec"].notna().any():
            return f"**{state.dataset} has no z_spec** to compare with: its z_phot are on the Explore page."
        return ""

    @param.depends("convention", "bright", watch=True)
    def _judge(self) -> None:
        """Work out the lines of the table that do not depend on the selection."""
        sample = self._sample
        if sample is None:
            return
        title = sample.magnitude_title
        self._words.object = CONVENTIONS[self.convention].text
        self._bright.visible = bool(title)
        self._by_magnitude.figure.xaxis.axis_label = title or "magnitude"
        bright = sample.take(self._is_bright())
        self._metrics = {WHOLE: sample.metrics(self.convention), BRIGHTER: bright.metrics(self.convention)}
        self._bins = self._binned(f"by {title}", sample.magnitude) if title else []
        self._bins += self._binned("by z_spec", sample.z_spec)
        self._draw()

    @param.depends("shown", watch=True)
    def _draw(self) -> None:
        """Draw the objects shown, and complete the table with the selection."""
        sample = self._sample
        if sample is None:
            return
        chosen = sample.take(self._is_selected())
        metrics = self._metrics | {SELECTION: chosen.metrics(self.convention)}
        heads = [(WHOLE, WHOLE), (SELECTION, SELECTION)]
        if sample.magnitude_title:
            heads.insert(1, (f"{sample.magnitude_title.split(' [')[0]} < {self.bright:g}", BRIGHTER))
        lines = [Line(label, metrics[name], main=True) for label, name in heads]
        self._table.object = table_html([*lines, *self._bins], self.convention)
        self._say_counts(chosen)
        self._draw_charts(metrics[self.shown])

    def _draw_charts(self, metrics: dict[str, float]) -> None:
        sample, visible = self._sample, self._visible()
        everything, residual = sample.residual(self.convention), visible.residual(self.convention)
        threshold = outlier_threshold(everything, self.convention)
        limit = figures.residual_limit(everything, threshold)
        marked = self.state.selected[visible.rows] if self.shown != SELECTION else np.zeros(len(visible), bool)
        figures.show_redshifts(
            self._redshifts,
            visible.z_spec,
            visible.z_phot,
            marked,
            figures.redshift_limits(sample.z_spec, sample.z_phot),
            threshold,
            self.convention,
        )
        figures.show_histogram(self._histogram, residual, metrics, limit, threshold, self.convention)
        figures.show_residuals(self._by_z, visible.z_spec, residual, marked, limit, threshold)
        figures.show_residuals(self._by_magnitude, visible.magnitude, residual, marked, limit, threshold)

    def _say_counts(self, chosen: Sample) -> None:
        sample, count = self._sample, int(self.state.selected.sum())
        name = next(text for text, split in SPLITS.items() if split == self.split)
        text = f"{name.capitalize()}: {len(sample):,} objects, {sample.known:,} with z_spec"
        if self.split in UNFAIR:
            text = f'<b style="color: var(--mui-palette-warning-main)">{UNFAIR[self.split]}</b> · {text}'
        text += f" · selection: {count:,} objects, {chosen.known:,} of the {name} with z_spec" if count else ""
        self._counts.object = text
        found = self._visible().outliers(self.convention).size
        self._outliers.param.update(label=f"Select {found:,} outliers", disabled=not found)
        self._show_map.disabled = not count

    def _binned(self, heading: str, by: np.ndarray) -> list[Line]:
        rows = self._sample.binned(by, self.convention)
        return [Line(heading), *(Line(bin_label(row["low"], row["high"]), row) for row in rows)]

    def _is_bright(self) -> np.ndarray:
        return self._sample.magnitude < self.bright

    def _is_selected(self) -> np.ndarray:
        return self.state.selected[self._sample.rows]

    def _visible(self) -> Sample:
        """The objects in the diagrams."""
        if self.shown == WHOLE:
            return self._sample
        return self._sample.take(self._is_bright() if self.shown == BRIGHTER else self._is_selected())

    def _on_box(self, event: SelectionGeometry) -> None:
        """Select the objects in a box drawn on the z_spec–z_phot diagram."""
        box, visible = event.geometry, self._visible()
        if event.final and box["type"] == "rect":
            inside = (visible.z_spec >= box["x0"]) & (visible.z_spec <= box["x1"])
            inside &= (visible.z_phot >= box["y0"]) & (visible.z_phot <= box["y1"])
            self.state.select_rows(visible.rows[inside])

    def _go(self, page: str) -> None:
        if page in self.state.param.page.objects:
            self.state.page = page


def _pane(chart: Chart) -> pn.pane.Bokeh:
    fixed = chart.figure.sizing_mode == "stretch_width"
    size = {"height": chart.figure.height} if fixed else {}
    return pn.pane.Bokeh(chart.figure, sizing_mode=chart.figure.sizing_mode, margin=2, **size)
