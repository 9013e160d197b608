"""Files handed to the browser when they are made, not when they might be wanted."""

from pathlib import Path

from panel.custom import JSComponent


class Download(JSComponent):
    """Saves what is sent to it, once, on the person's disk.

    Panel's FileDownload keeps the file as base64 text in the page's model, a third larger, and saves nothing when the
    same file is asked for twice.
    """

    _esm = Path(__file__).parent / "static" / "download.js"

    def send(self, name: str, data: bytes) -> None:
        """Let the browser save `data` as `name`."""
        self._send_msg([name, data])
