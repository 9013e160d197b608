"""HTML that can be pressed: legends, tables, matrices."""

from collections.abc import Callable
from pathlib import Path

import param
from panel.custom import JSComponent


class Pressable(JSComponent):
    """HTML whose elements with a ``data-press`` hand on what that says when they are pressed.

    Parameters
    ----------
    object : str
        The HTML; names in it are escaped already.
    on_press : callable
        Gets ``data-press`` and what a selection by it is to do, as State.select's `mode`: ``add`` with Shift held,
        ``subtract`` with Ctrl or Alt, else ``replace``.
    """

    object = param.String(default="")

    _esm = Path(__file__).parent / "static" / "pressable.js"

    def __init__(self, on_press: Callable[[str, str], None], **params):
        super().__init__(**params)
        self._on_press = on_press

    def _handle_msg(self, message) -> None:
        self._on_press(str(message["press"]), str(message["mode"]))
