"""Websocket messages of a bounded size: Bokeh bounds a frame alone, and a message has any number of them."""

import logging

from bokeh.server.urls import per_app_patterns
from panel.io.server import WSHandler

from photoz_core.cutout import MAX_BYTES

MESSAGE = MAX_BYTES  # bytes; an upload comes in parts of half of it
TOO_BIG = 1009  # RFC 6455, 7.4.1
LOG = logging.getLogger("photoz.access")


class Bounded(WSHandler):
    """Ends a connection whose message, all its frames together, is larger than `MESSAGE`."""

    held = 0  # bytes of the frames of a message that is not complete

    async def _receive(self, fragment: str | bytes):
        self.held += len(fragment)
        if self.held > MESSAGE:  # and stays so, whatever else comes before the connection has ended
            if self.receiver is not None:
                LOG.warning("a message of more than %d bytes from %s", MESSAGE, self.request.remote_ip)
                self.receiver = None
                self.close(TOO_BIG, "message too big")
            return None
        message = await super()._receive(fragment)
        if message is not None:
            self.held = 0
        return message


def bound_messages() -> None:
    """Let the servers made from now on have websockets that are `Bounded`; Panel puts in its own in the same way."""
    for number, (path, handler) in enumerate(per_app_patterns):
        if handler is WSHandler:
            per_app_patterns[number] = (path, Bounded)
