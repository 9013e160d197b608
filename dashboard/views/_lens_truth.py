"""True against predicted values of a lens parameter, for both runs."""

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.events import SelectionGeometry

from dashboard import photoz_figures as figures
from dashboard import theme
from dashboard.chart import Chart
from dashboard.defaults import offering, titled
from dashboard.lens_parameters import known_parameters, predictions, scores
from dashboard.lens_sides import Side, Sides
from dashboard.map_keys import View
from dashboard.views._chart_keys import PlaneKeys
from dashboard.views._lens_background import Background

HEIGHT = 380  # px


class Truth(pn.viewable.Viewer):
    """A diagram a run; test objects, those selected marked; a box selects."""

    parameter = param.Selector(default="", objects=[""], doc="The lens parameter.")

    def __init__(self, sides: Sides, **params):
        super().__init__(**params)
        self.sides, self.state = sides, sides.state
        self.diagrams = [Diagram(side) for side in sides.both]
        self.select = pmui.Select.from_param(
            self.param.parameter,
            label="Lens parameter",
            description="",
            size="small",
            variant="standard",
            margin=(0, 8),
            width=130,
            sx=theme.FIELD_SX,
        )
        text = "<b>True against predicted</b> · test split · a box selects"
        title = pn.pane.HTML(text, margin=0, styles={"font-size": "13px"}, align="center")
        head = pn.Row(title, self.select, margin=(10, 0, 2, 0), stylesheets=[theme.WRAP])
        body = pn.Row(*self.diagrams, sizing_mode="stretch_width", margin=0, stylesheets=[theme.PILE])
        self._layout = pn.Column(head, body, margin=0, sizing_mode="stretch_width", styles={"flex": "none"})

    def __panel__(self):
        return self._layout

    def show(self) -> None:
        """Offer the parameters of the dataset, and draw."""
        known = known_parameters(self.state.data)
        options = titled(known, self.state.column) or {"": ""}
        with offering(self, parameter=options):
            self.parameter = self.parameter if self.parameter in known else next(iter(options.values()))
        self.draw()

    @param.depends("parameter", watch=True)
    def draw(self) -> None:
        """Draw the parameter for each run; a diagram that has its predictions only marks the selection anew."""
        shown = zip(self.diagrams, (True, not self.sides.is_single), strict=True)
        for diagram, needed in shown:
            diagram.pane.visible = needed
            if needed and self.parameter:
                diagram.show(self.parameter, self._finish)

    def _finish(self) -> None:
        """Draw both diagrams with the same limits, as soon as both know their predictions."""
        ready = [diagram for diagram in self.diagrams if diagram.predicted is not None and diagram.pane.visible]
        if not ready:
            return
        limits = figures.span(np.concatenate([part for diagram in ready for part in (diagram.true, diagram.predicted)]))
        for diagram in ready:
            diagram.draw(limits)


class Diagram(pn.viewable.Viewer):
    """Predicted against true values of one run."""

    def __init__(self, side: Side, **params):
        super().__init__(**params)
        self.side = side
        self.rows, self.true = np.zeros(0, int), np.zeros(0)
        self.predicted: np.ndarray | None = None
        self._source = self._wanted = ""
        self._background = Background("probe")
        self.chart: Chart = figures.redshift_chart()
        self.chart.figure.update(sizing_mode="stretch_width", height=HEIGHT)
        self.chart.figure.title.text_font_size = "12px"
        self.chart.figure.on_event(SelectionGeometry, self.on_box)
        self.keyed = PlaneKeys(self.chart, self.select_in)
        self.pane = pn.pane.Bokeh(self.chart.figure, sizing_mode="stretch_width", height=HEIGHT, margin=2)

    def __panel__(self):
        return self.pane

    def show(self, name: str, ready) -> None:
        """Find the predictions of a parameter, then call `ready`."""
        side = self.side
        if side.current is None:
            return
        wanted = (side.run, side.data.meta.fingerprint, name)
        if wanted == self._wanted:
            if self.predicted is not None:
                ready()
            return
        self._wanted, self.predicted = wanted, None
        run, data = side.current, side.data
        title = side.column(name).title(name)
        self.chart.figure.xaxis.axis_label, self.chart.figure.yaxis.axis_label = f"true {title}", f"predicted {title}"
        self.chart.show("predicting…", points={"x": [], "y": []}, selected={"x": [], "y": []})

        def take(found: tuple[np.ndarray, str]) -> None:
            self.rows = data.rows("test")
            self.true, self.predicted = data.column(name)[self.rows], found[0][self.rows]
            self._source, self._unit = found[1], side.column(name).unit
            ready()

        self._background.run(lambda: predictions(run, data, name), take, lambda error: self.chart.show(error))

    def draw(self, limits: tuple[float, float]) -> None:
        """Draw what is known within `limits` on both axes."""
        marked = self.side.selected[self.rows]
        figures.show_redshifts(self.chart, self.true, self.predicted, marked, limits, float("nan"), "pita")
        _, r2, rms = scores(self.true, self.predicted)
        counted, unit = self.chart.figure.title.text, f" {self._unit}" if self._unit else ""
        name = self.side.current.name.partition(" · ")[0]
        self.chart.show(f"{name} · {self._source} · R² {r2:.3f} · rms {rms:.3f}{unit} · {counted}".replace("-", "−"))

    def on_box(self, event: SelectionGeometry) -> None:
        """Select the objects in a box."""
        box = event.geometry
        if event.final and box["type"] == "rect":
            self.select_in(tuple(box[side] for side in ("x0", "x1", "y0", "y1")))

    def select_in(self, view: View, mode: str = "replace") -> None:
        """Select the objects with their true value in x0 … x1 and the predicted in y0 … y1."""
        if self.predicted is not None:
            x0, x1, y0, y1 = view
            inside = (self.true >= x0) & (self.true <= x1) & (self.predicted >= y0) & (self.predicted <= y1)
            self.side.select_rows(self.rows[inside], mode)
