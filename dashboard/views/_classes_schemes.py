"""The table of schemes on the Classes page, and the choice of how many labels it is about."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.classes_choices import Choices
from dashboard.classes_looks import looks
from dashboard.classes_runs import scheme_names, why_not_run
from dashboard.classes_table import STYLE, schemes, table_html
from dashboard.metrics_table import STYLE as TABLE
from dashboard.pressable import Pressable

TITLE = "<b>Schemes</b> · mean ± std over seeds"


class Schemes(pn.viewable.Viewer):
    """How well each way to a classifier does; a press on one brings its first run to the front."""

    def __init__(self, choices: Choices, **params):
        super().__init__(**params)
        self.choices = choices
        self.table = Pressable(self._open, sizing_mode="stretch_width", margin=0, stylesheets=[TABLE, STYLE])
        select = pmui.Select.from_param(
            choices.param.labels, label="Labels", description="", size="small", variant="standard", width=120,
            margin=(0, 0, 0, 8), sx=theme.QUIET_SELECT_SX | theme.FIELD_SX,
        )  # fmt: skip
        title = pn.pane.HTML(TITLE, margin=0, align="center", styles={"font-size": "13px"})
        self._layout = pn.Column(
            pn.Row(title, select, margin=(0, 0, 2, 0)), self.table,
            margin=0, sizing_mode="stretch_width", styles={"flex": "none"},
        )  # fmt: skip
        choices.param.watch(self.show, "labels")

    def __panel__(self):
        return self._layout

    def show(self, *events) -> None:
        """Write the table for the runs there are."""
        choices, state = self.choices, self.choices.state
        names = scheme_names(choices.runs)
        lines = schemes(choices.runs, state.data, choices.labels)
        reasons = why_not_run(state.home, state.dataset)
        self.table.object = table_html(lines, reasons, state.run, looks(names.values()))

    def _open(self, run: str, mode: str) -> None:
        self.choices.state.run = run
