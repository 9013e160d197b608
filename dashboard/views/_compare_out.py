"""What the Compare page lets go: its maps as one figure, and a report of the runs."""

from collections.abc import Callable
from functools import partial

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import journal, theme
from dashboard.compare_choices import TRAINED, Comparison
from dashboard.views._saver import Saver

WIDTH = 400  # px
TOGETHER, LAID = "made together by AlignedUMAP", "aligned with A (Procrustes)"


class CompareOut(Saver):
    """A button, and the menu behind it.

    Parameters
    ----------
    comparison : Comparison
    """

    picture = param.Selector(default="pdf", objects=journal.FORMS, doc="Format of the figure.")

    def __init__(self, comparison: Comparison, **params):
        super().__init__("Save the comparison", **params)
        self.comparison = comparison
        self.maps = self.pushed("Save maps", self.save_maps)
        self.report = self.pushed("Save report (HTML)", self.save_report)

    def save_maps(self, *events) -> None:
        """Save the maps in view, under one scale, as a figure for a journal."""
        comparison = self.comparison

        def drawn() -> Callable:
            found = journal.plates(comparison.shown, comparison.coloring, journal.PIXELS, self._layout())
            return partial(journal.map_file, found, self.picture)

        self.make_or_say(drawn)

    def save_report(self, *events) -> None:
        """Save all that is known of the runs as a page that opens without a server."""
        shown = [side.run_id for side in self.comparison.shown if side.current]
        self.make_report(self.comparison.state.home, shown)

    def menu(self) -> list:
        """A row for each kind of file."""
        field = {"size": "small", "margin": (0, 8, 0, 0), "description": "", "sx": theme.FIELD_SX}
        figure = pn.Row(
            pmui.Select.from_param(self.param.picture, label="format", width=90, **field),
            self.maps,
            margin=(8, 0, 0, 0),
        )
        return [pn.Column(figure, pn.Row(self.report, margin=(14, 0, 0, 0)), self.notice, margin=0, width=WIDTH)]

    def _layout(self) -> str:
        """How the maps lie, in words for a caption."""
        comparison = self.comparison
        if comparison.layout == TRAINED or len(comparison.drawn) < 2:
            return ""
        return TOGETHER if comparison.company else LAID
