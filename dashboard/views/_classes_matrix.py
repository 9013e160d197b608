"""The confusion matrix of the run in front: its cells, and two selects that do the same."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.classes_choices import Choices
from dashboard.classes_matrix import STYLE, matrix_html, parse_cell
from dashboard.pressable import Pressable

TITLE = "<b>Confusion</b> · true ↓ predicted →"


class Matrix(pn.viewable.Viewer):
    """Known against predicted classes; a cell selects its objects."""

    def __init__(self, choices: Choices, **params):
        super().__init__(**params)
        self.choices = choices
        field = {"size": "small", "margin": 0, "description": "", "sx": theme.FIELD_SX, "min_width": 60}
        quiet = {"description": "", "size": "small", "variant": "standard", "margin": (0, 0, 0, 8)}
        quiet["sx"] = theme.QUIET_SELECT_SX | theme.FIELD_SX
        title = pn.pane.HTML(TITLE, margin=0, align="center", styles={"font-size": "13px"})
        self.matrix = Pressable(self._press, sizing_mode="stretch_width", margin=0, stylesheets=[STYLE])
        self.note = pn.pane.HTML(margin=0, sizing_mode="stretch_width", stylesheets=[theme.CARD_CSS])
        selects = pn.Row(
            *(
                pmui.Select.from_param(choices.param[name], label=label, sizing_mode="stretch_width", **field)
                for name, label in (("true", "True class"), ("predicted", "Predicted class"))
            ),
            margin=(8, 0, 0, 0), sizing_mode="stretch_width", styles={"gap": "10px"},
        )  # fmt: skip
        split = pmui.Select.from_param(choices.param.split, label="Objects counted", width=130, **quiet)
        head = pn.Row(title, split, margin=0)
        self._layout = pn.Column(
            head, self.matrix, selects, self.note,
            margin=0, sizing_mode="stretch_width", styles={"flex": "1 1 300px", "min-width": "0"},
        )  # fmt: skip
        choices.param.watch(self.show, ["sample", "pressed"])

    def __panel__(self):
        return self._layout

    def show(self, *events) -> None:
        """Write the matrix, or why there is none."""
        sample = self.choices.sample
        if sample is None:
            self.matrix.object, self.note.object = "", "<p>The run in front predicts no classes.</p>"
            return
        self.matrix.object = matrix_html(sample.confusion, sample.classes, self.choices.pressed)
        text = f"{len(sample):,} objects of known class"
        text += f", {sample.unknown:,} of unknown class left out" if sample.unknown else ""
        self.note.object = f"<p>{text} · click a cell to select its objects; Shift adds, Ctrl takes away</p>"

    def _press(self, cell: str, mode: str) -> None:
        self.choices.press(parse_cell(cell), mode)
