"""Text fields that the page fills, too."""

import panel_material_ui as pmui
from panel.util import edit_readonly


def fill(field: pmui.TextInput | pmui.TextAreaInput, text: str) -> None:
    """Put a text into a field, whatever is being typed there."""
    field.value = text
    with edit_readonly(field):
        field.value_input = text
