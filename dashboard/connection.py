"""What a person sees while the browser has lost the server."""

from pathlib import Path

import panel as pn
from panel.custom import JSComponent


class Connection(JSComponent):
    """A banner from the loss of the websocket until it is there again.

    Bokeh tries five times, after longer and longer pauses, then when asked to; so does the banner as soon as the
    machine is online again. The session waits at the server for a while, its choices with it.
    """

    _esm = Path(__file__).parent / "static" / "connection.js"

    def __init__(self, **params):
        super().__init__(width=0, height=0, margin=0, **params)
        if pn.state.curdoc:
            pn.state.curdoc.config.notify_connection_status = False  # Bokeh's own words, beside ours
