"""Text fields that the page fills, too."""

from collections.abc import Callable

import panel_material_ui as pmui
from panel.util import edit_readonly

Field = pmui.TextInput | pmui.TextAreaInput


def fill(field: Field, text: str) -> None:
    """Put a text into a field, whatever is being typed there."""
    field.value = text
    with edit_readonly(field):
        field.value_input = text


def on_enter(field: Field, act: Callable[[], None]) -> None:
    """Call `act` when Enter is pressed, in a text of several lines Shift+Enter.

    The browser says first that it was pressed and then what the value is, which would undo a `fill` between the two.
    """
    pressed = []

    def press(event) -> None:
        if field.value == field.value_input:
            act()
        else:
            pressed.append(True)

    def take(event) -> None:
        if pressed:
            pressed.clear()
            act()

    field.param.watch(press, "enter_pressed")
    field.param.watch(take, "value")
