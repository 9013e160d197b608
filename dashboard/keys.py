"""Keyboard shortcuts of a page."""

from collections.abc import Callable
from pathlib import Path

from panel.custom import JSComponent


class Keys(JSComponent):
    """Hands each key pressed outside a text field to `on_key`, while it is on the page."""

    _esm = Path(__file__).parent / "static" / "keys.js"

    def __init__(self, on_key: Callable[[str], None], **params):
        super().__init__(**params)
        self._on_key = on_key

    def _handle_msg(self, message) -> None:
        self._on_key(str(message))
