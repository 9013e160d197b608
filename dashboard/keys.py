"""Keyboard shortcuts of a page."""

from collections.abc import Callable, Iterable
from pathlib import Path

from panel.custom import JSComponent

STATIC = Path(__file__).parent / "static"
KEYBOARD = (STATIC / "keyboard.js").read_text()  # stands before each script that listens to keys


class Keys(JSComponent):
    """Hands each key pressed outside a text field to `on_key`, while it is on the page.

    Parameters
    ----------
    on_key : callable
        Gets the key as the browser names it.
    canvases : callable, optional
        Gives the `Canvas`es of the page, or other owners of `plots`; that of the figure which has the keyboard gets
        the keys that move, zoom or select, by ``press(key, mode)``; the mode is that of State.select.
    """

    _esm = KEYBOARD + (STATIC / "keys.js").read_text()

    def __init__(self, on_key: Callable[[str], None], canvases: Callable[[], Iterable] = tuple, **params):
        super().__init__(**params)
        self._on_key, self._canvases = on_key, canvases

    def _handle_msg(self, message) -> None:
        key, plot = str(message["key"]), str(message["map"])
        if not plot:
            self._on_key(key)
            return
        for canvas in self._canvases():
            if any(own.id == plot for own in canvas.plots):
                canvas.press(key, str(message["mode"]))
