"""Catastrophic redshift outliers: how many there are, one button that selects them, and their marks on the map."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.similar_choices import Choices
from dashboard.views._similar_search import SMALL_SX
from photoz_core.metrics.point import outlier_threshold


class Redshifts(pn.viewable.Viewer):
    """One line about the redshifts that went wrong, with what to do about them."""

    def __init__(self, choices: Choices, **params):
        super().__init__(**params)
        self.choices, self.state = choices, choices.state
        wrapped = theme.on_phone("white-space: normal")
        self.text = pn.pane.HTML(margin=0, align="center", stylesheets=[theme.NOTE_CSS, wrapped])
        self.select = pmui.Button(
            label="Select", size="small", variant="outlined", margin=0, sx=SMALL_SX, align="center"
        )
        self.select.on_click(self._select)
        self._row = pn.Row(
            self.select,
            pmui.Checkbox.from_param(
                choices.param.marked, label="mark", size="small", margin=0, description="", align="center"
            ),
            pmui.Select.from_param(
                choices.param.split, label="Redshifts of", description="", size="small", variant="standard", width=90,
                margin=0, sx=theme.MAP_SELECT_SX, align="center",
            ),
            margin=0, styles={"gap": "8px", "align-items": "center"},
        )  # fmt: skip

    def __panel__(self):
        return pn.Column(self.text, self._row, margin=0, styles={"gap": "2px"})

    def show(self) -> None:
        """Count the outliers of the split."""
        found = self.choices.catastrophic
        self._row.visible = found is not None
        if found is None:
            self.text.object = "Catastrophic redshifts: this run predicts none, or no z_spec is known."
            return
        limit = f"|Δz| / (1 + z_spec) &gt; {outlier_threshold([0.0]):g}"
        share = f"{100 * found.share:.1f} % of {found.known:,} with z_spec" if found.known else "no z_spec is known"
        missing = f", {found.missing:,} without z_phot" if found.missing else ""
        self.text.object = f"<b>{len(found.rows):,}</b> catastrophic redshifts, {limit}: {share}{missing}"
        self.select.param.update(label=f"Select {len(found.rows):,}", disabled=not len(found.rows))

    def _select(self, event) -> None:
        self.choices.marked = True
        self.state.select_rows(self.choices.catastrophic.rows)
