"""Whether the browser can reach addresses; asked only when somebody wants something from there."""

from collections.abc import Callable
from pathlib import Path

import param
from panel.custom import JSComponent


class Reach(JSComponent):
    """Tries `urls` in the browser each time `asked` grows, and hands whether all of them answer to `on_answer`."""

    urls = param.List(default=[], item_type=str)
    asked = param.Integer(default=0)

    _esm = Path(__file__).parent / "static" / "reach.js"

    def __init__(self, on_answer: Callable[[bool], None], **params):
        super().__init__(**params)
        self._on_answer = on_answer

    def _handle_msg(self, message) -> None:
        self._on_answer(message is True)
