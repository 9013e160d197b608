"""Widgets of a method's options, made from its `OptionField`s."""

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from dashboard.option_fields import OptionField
from dashboard.theme import FIELD_SX

WIDTH = 146  # px, two beside each other in the form
STYLE = {"size": "small", "width": WIDTH, "margin": (5, 4), "sx": FIELD_SX}
LABELS = {"fit.lr": "learning rate"}


class OptionWidget(pn.viewable.Viewer):
    """One option as a field that says at once what is wrong with it.

    Parameters
    ----------
    field : OptionField
    value
        Its plain value now; the field's own is the recipe's.
    change : callable
        Called with the dotted name and the new plain value.
    """

    def __init__(self, field: OptionField, value: Any, change: Callable[[str, Any], None], **params):
        super().__init__(**params)
        self.field = field
        label = LABELS.get(field.path, field.path.rpartition(".")[2])
        options = {
            "label": label,
            "description": field.note,
            "size": "small",
            "width": WIDTH,
            "margin": (5, 4),
            "sx": FIELD_SX,
        }
        shown = field.show(value)
        if field.kind == "switch":
            self._widget = pmui.Checkbox(value=shown, **options)
        elif field.kind == "choice":
            self._widget = pmui.Select(value=shown, options=list(field.choices), **options)
        else:
            self._widget = pmui.TextInput(value=shown, **options)
        self._widget.param.watch(lambda event: change(field.path, field.read(event.new)), "value")

    def complain(self, problem: str) -> None:
        """Show `problem` at the field; nothing if it is empty."""
        if "error_state" in self._widget.param:
            self._widget.param.update(error_state=bool(problem), helper_text=problem)

    def __panel__(self):
        return self._widget


def option_groups(fields: list[OptionField]) -> dict[str, list[OptionField]]:
    """Fields by what they belong to: ``options.encoder``, ``options``, ``fit``."""
    groups: dict[str, list[OptionField]] = {}
    for field in fields:
        groups.setdefault(field.path.rpartition(".")[0], []).append(field)
    return groups
