"""What menus that save share: a button, a dialog behind it, and files made in a thread."""

from collections.abc import Callable
from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.download import Download
from dashboard.views._spectra_stream import Stream
from photoz_core.errors import PhotozError
from photoz_core.export import file_name
from photoz_core.home import Home


class Saver(pn.viewable.Viewer):
    """A button and the menu behind it.

    Files are made in a thread, so that a large one keeps no session waiting.

    Parameters
    ----------
    title : str
        Of the dialog.
    """

    def __init__(self, title: str, **params):
        super().__init__(**params)
        self.stream = Stream("out")
        self.download = Download(width=0, height=0, margin=0)
        self.notice = pn.pane.HTML(margin=(6, 0, 0, 0), min_height=36, stylesheets=[theme.TEXT_CSS])
        self.button = pmui.Button(
            label="save…", size="small", variant="text", margin=0, align="center", on_click=self.show,
        )  # fmt: skip
        self.dialog = pmui.Dialog(title=title, title_variant="h6", close_on_click=True)

    def __panel__(self):
        return pn.Row(self.button, self.dialog, self.download, margin=0)

    def show(self, *events) -> None:
        """Open the menu."""
        if not self.dialog.objects:
            self.dialog.objects = self.menu()
        self.dialog.open, self.notice.object = True, ""

    def menu(self) -> list:
        """What the dialog holds, asked for once."""
        raise NotImplementedError

    def make(self, file: Callable[[], tuple[str, bytes]]) -> None:
        """Let the browser save the file whose name and bytes `file` makes."""

        def deliver(found: tuple[str, bytes]) -> None:
            name, data = found
            self.download.send(name, data)
            self.say(f"{name} · {_size(len(data))}")

        def work(cancelled):
            yield file()

        self.start(work, deliver, "making the file…")

    def make_report(self, home: Home, runs: list[str]) -> None:
        """Save all that is known of the runs as a page that opens without a server."""
        if not runs:
            self.say("there is no finished run to report on", bad=True)
            return
        others = [f"and {len(runs) - 1}"] * (len(runs) > 1)

        def file() -> tuple[str, bytes]:
            from dashboard.report import report

            return file_name(runs[0], *others, "report", suffix="html"), report(home, runs).encode()

        self.make(file)

    def make_or_say(self, prepare: Callable[[], Callable[[], tuple[str, bytes]]]) -> None:
        """Take what is on the screen by `prepare` now, and make the file of it; or say why that cannot be."""
        try:
            file = prepare()
        except PhotozError as error:
            self.say(str(error), bad=True)
            return
        self.make(file)

    def start(self, work: Callable, each: Callable, meanwhile: str) -> None:
        """Do slow work; `each` gets what comes of it."""
        self.say(meanwhile)
        self.stream.run(work, each, lambda problem: self.say(problem, bad=True))

    def say(self, text: str, bad: bool = False) -> None:
        """Tell how it went, in words that are only words."""
        color = "color: var(--mui-palette-error-main, #c33)" if bad else "opacity: .8"
        self.notice.object = (
            f'<p style="{color}; margin: 0; font-size: 12.5px; overflow-wrap: anywhere">{escape(text)}</p>'
        )

    def pushed(self, label: str, on_click: Callable) -> pmui.Button:
        """A button of the menu."""
        return pmui.Button(
            label=label, size="small", variant="outlined", margin=(0, 8, 0, 0), align="center", on_click=on_click
        )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
