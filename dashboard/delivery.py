"""Messages to a browser that Panel would keep back."""

from panel.io import document

NEEDED = ("_dispatch_msgs", "_dispatch_write_task", "_WRITE_MSGS", "_WRITE_BLOCK")  # another Panel may write otherwise
_write = getattr(document, NEEDED[0], None)


def keep_delivering() -> None:
    """Let Panel write out what it has queued for a busy websocket.

    Its task that ends lifts the block also from what was queued meanwhile; the next task then finds no block and
    leaves it lying until something else happens (`panel.io.document._dispatch_msgs`, Panel 1.9.4): a comment was
    saved, and its field stayed full.
    """
    if all(hasattr(document, name) for name in NEEDED):
        document._dispatch_msgs = _deliver  # the name by which Panel starts each task


async def _deliver(doc) -> None:
    await _write(doc)
    if doc in document._WRITE_MSGS and doc not in document._WRITE_BLOCK:
        document._WRITE_BLOCK[doc] = True
        document._dispatch_write_task(doc, _deliver, doc)
