"""Changes of Bokeh models, on their way to a notebook.

Panel sends what it changes itself. What views change in a figure directly, as a server's session would send it, stays
behind in a notebook: it is sent here.
"""

import asyncio
import contextlib
from functools import partial

from bokeh.document.events import DocumentPatchedEvent
from panel.io.model import diff
from panel.io.notebook import push_on_root, send
from panel.io.state import state as shown

NOWHERE = "data:text/css,/*"  # where a pane that is written to looks for Panel's own stylesheets: they are empty


def attach_soon(ref: str) -> None:
    """Send what the handling of a message from the browser leaves unsent of the root `ref`, once that is shown."""
    with contextlib.suppress(RuntimeError):  # no event loop: no kernel
        asyncio.get_running_loop().call_soon(_attach, ref)


def _attach(ref: str) -> None:
    if ref in shown._views and (comm := shown._views[ref][3]) is not None:
        document = shown._views[ref][2]
        document.on_change(partial(_send, ref, comm))
        document._template_variables["dist_url"] = NOWHERE


def _send(ref: str, comm, event) -> None:
    """Send an event that nobody has sent, but back to where it came from."""
    if ref not in shown._views or not isinstance(event, DocumentPatchedEvent) or event.setter == comm.id:
        return
    if getattr(event, "attr", "") == "dark_theme":  # the page's own affair: an answer, late, would turn it back
        return
    message = diff(shown._views[ref][2], events=[event])
    if message is not None and comm._comm:
        send(comm, message)


def flush() -> None:
    """Send what is unsent of all that this kernel shows."""
    for ref in list(shown._views):
        push_on_root(ref)


def flush_soon(*events) -> None:
    """`flush` when the message or cell at hand is done with; without an event loop, now."""
    try:
        asyncio.get_running_loop().call_soon(flush)
    except RuntimeError:
        flush()
