"""A row of small pictures that can be clicked: one sheet, drawn once."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import param
from panel.custom import JSComponent

STATIC = Path(__file__).parent / "static"


class Thumbnails(JSComponent):
    """Pictures cut from one sheet of square tiles that lie side by side.

    Parameters
    ----------
    sheet : str
        Data URL of the tiles, see `dashboard.cutouts.strip`.
    names, captions : list of str
        One of each per tile; the name is handed to `on_click`.
    current : str
        Name of the tile that is framed.
    tile : int
        Side at which a tile is drawn [px].
    capacity : int
        How many tiles fit; measured in the browser.
    """

    sheet = param.String(default="")
    names = param.List(default=[], item_type=str)
    captions = param.List(default=[], item_type=str)
    current = param.String(default="")
    tile = param.Integer(default=56)
    capacity = param.Integer(default=0)

    _esm = STATIC / "thumbnails.js"
    _stylesheets: ClassVar = [(STATIC / "thumbnails.css").read_text()]

    def __init__(self, on_click: Callable[[str], None], **params):
        super().__init__(**params)
        self._on_click = on_click

    def _handle_msg(self, message) -> None:
        self._on_click(str(message))
