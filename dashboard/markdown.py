"""Markdown in which HTML is text: names and errors in it come from files, and from other people."""

from typing import ClassVar

import panel as pn
import param

NO_HTML = {"html": False}


class Markdown(pn.pane.Markdown):
    """Panel's, without HTML."""

    renderer_options = param.Dict(default=NO_HTML)
    priority: ClassVar[float | None] = 0  # `pn.panel(text)` of a notebook goes on making Panel's own


class Alert(pn.pane.Alert):
    """Panel's, without HTML."""

    renderer_options = param.Dict(default=NO_HTML)
    priority: ClassVar[float | None] = 0
