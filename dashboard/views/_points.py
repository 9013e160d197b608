"""The Photo-z page's part for point estimates: Δz in four diagrams and a table."""

import numpy as np
import panel as pn
from bokeh.events import SelectionGeometry

from dashboard import photoz_figures as figures
from dashboard import theme
from dashboard.chart import Chart
from dashboard.map_keys import View
from dashboard.metrics_table import STYLE, Line, bin_label, numbers, requirements_html, table_html
from dashboard.photoz_sample import BRIGHTER, SELECTION, WHOLE, Groups
from dashboard.state import State
from dashboard.views._chart_keys import PlaneKeys
from dashboard.views._save_table import SaveTable
from photoz_core.metrics.point import CONVENTIONS, outlier_threshold
from photoz_core.metrics.requirements import requirements

TABLE_WIDTH = 430  # px


class Points(pn.viewable.Viewer):
    """How far z_phot is from z_spec."""

    odd = "outliers"  # what the page's button selects

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self.groups: Groups | None = None
        self._metrics: dict[str, dict[str, float]] = {}  # of the whole split and of its bright objects
        self._bins: list[Line] = []
        self._required = ""
        self.redshifts, self.histogram = figures.redshift_chart(), figures.histogram_chart()
        self.by_z, self.by_magnitude = figures.residual_chart("z_spec"), figures.residual_chart("magnitude")
        self.table = pn.pane.HTML(stylesheets=[STYLE], width=TABLE_WIDTH, margin=(0, 8))
        self.redshifts.figure.on_event(SelectionGeometry, self.on_box)
        self.keyed = [PlaneKeys(self.redshifts, self.select_in)]
        self.lines: list[Line] = []
        self.convention = ""
        self.save = SaveTable(state, "photo-z", lambda: numbers(self.lines, self.convention), self._notes)
        table = pn.Column(self.save, self.table, margin=0)
        self._layout = three_columns((self.redshifts, self.histogram), (self.by_z, self.by_magnitude), table)

    def __panel__(self):
        return self._layout

    def words(self, convention: str) -> str:
        """What the numbers mean."""
        return CONVENTIONS[convention].text

    def outliers(self, convention: str) -> np.ndarray:
        """Row numbers in the dataset of the outliers shown."""
        return self.groups.visible.outliers(convention)

    def judge(self, groups: Groups, convention: str) -> None:
        """Work out the lines of the table that do not depend on the selection."""
        sample = groups.whole
        title = sample.magnitude_title
        self.by_magnitude.figure.xaxis.axis_label = title or "magnitude"
        self._metrics = {name: groups[name].metrics(convention) for name in (WHOLE, BRIGHTER)}
        self._bins = self._binned(f"by {title}", groups, sample.magnitude, convention) if title else []
        self._bins += self._binned("by z_spec", groups, sample.z_spec, convention)
        self._required = requirements_html(requirements(sample.z_spec, sample.z_phot))

    def draw(self, groups: Groups, convention: str) -> None:
        """Draw the objects shown, and complete the table with the selection."""
        self.groups = groups
        metrics = self._metrics | {SELECTION: groups.selection.metrics(convention)}
        lines = [Line(label, metrics[name], main=True) for label, name in groups.titles.items()]
        self.lines, self.convention = [*lines, *self._bins], convention
        self.table.object = table_html(self.lines, convention) + self._required
        sample, visible, marked = groups.whole, groups.visible, groups.marked(self.state.selected)
        everything, residual = sample.residual(convention), visible.residual(convention)
        threshold = outlier_threshold(everything, convention)
        limit = figures.residual_limit(everything, threshold)
        limits = figures.redshift_limits(sample.z_spec, sample.z_phot)
        figures.show_redshifts(self.redshifts, visible.z_spec, visible.z_phot, marked, limits, threshold, convention)
        figures.show_histogram(self.histogram, residual, metrics[groups.shown], limit, threshold, convention)
        figures.show_residuals(self.by_z, visible.z_spec, residual, marked, limit, threshold)
        figures.show_residuals(self.by_magnitude, visible.magnitude, residual, marked, limit, threshold)

    def on_box(self, event: SelectionGeometry) -> None:
        """Select the objects in a box drawn on the z_spec–z_phot diagram."""
        box = event.geometry
        if event.final and box["type"] == "rect":
            self.select_in(tuple(box[side] for side in ("x0", "x1", "y0", "y1")))

    def select_in(self, view: View, mode: str = "replace") -> None:
        """Select the objects shown with z_spec and z_phot in x0 … x1 and y0 … y1."""
        (x0, x1, y0, y1), visible = view, self.groups.visible
        inside = (visible.z_spec >= x0) & (visible.z_spec <= x1) & (visible.z_phot >= y0) & (visible.z_phot <= y1)
        self.state.select_rows(visible.rows[inside], mode)

    def _notes(self) -> list[str]:
        """What the numbers of the table are of."""
        return [
            f"objects: {len(self.groups.whole):,} of one split",
            f"{CONVENTIONS[self.convention].text}; errors: bootstrap",
        ]

    def _binned(self, heading: str, groups: Groups, by: np.ndarray, convention: str) -> list[Line]:
        rows = groups.whole.binned(by, convention)
        return [Line(heading), *(Line(bin_label(row["low"], row["high"]), row) for row in rows)]


def three_columns(left: tuple[Chart, ...], right: tuple[Chart, ...], table: pn.viewable.Viewable) -> pn.Row:
    """Two columns of diagrams, and a table that scrolls by itself."""
    column = {"sizing_mode": "stretch_both", "min_height": 560}
    piled = [theme.on_phone("min-width: 0 !important; width: 100% !important; flex: none !important")]
    return pn.Row(
        pn.Column(*map(_pane, left), stylesheets=piled, **column),
        pn.Column(*map(_pane, right), stylesheets=piled, **column),
        pn.Column(
            table, width=TABLE_WIDTH + 20, scroll="y-auto", sizing_mode="stretch_height",
            stylesheets=[theme.on_phone("width: 100% !important; overflow: auto !important; flex: none !important")],
        ),
        sizing_mode="stretch_both",
        stylesheets=[theme.PILE],
    )  # fmt: skip


def _pane(chart: Chart) -> pn.viewable.Viewable:
    fixed = chart.figure.sizing_mode == "stretch_width"
    size = {"height": chart.figure.height} if fixed else {}
    pane = pn.pane.Bokeh(chart.figure, sizing_mode=chart.figure.sizing_mode, margin=2, **size)
    return pane if fixed else pn.Column(pane, margin=0, sizing_mode="stretch_both", stylesheets=[theme.CHART])
