"""Out: what the Explore page lets go, as files or to another program, made when it is asked for."""

from collections.abc import Callable
from functools import partial
from html import escape

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import journal, theme
from dashboard.defaults import DENSITY, offering, titled
from dashboard.download import Download
from dashboard.out_table import FORMS, Wanted
from dashboard.state import NO_ROWS, State
from dashboard.views._canvas import Canvas
from dashboard.views._mosaic import CROP, Mosaic
from dashboard.views._spectra_stream import Stream
from photoz_core.errors import PhotozError
from photoz_core.export import file_name, to_bytes
from photoz_core.samp import send_table

WIDTH = 500  # px


class Out(pn.viewable.Viewer):
    """A button beside the selection, and the menu behind it.

    Files are made in a thread, so that a large one keeps no session waiting.

    Parameters
    ----------
    state : State
    canvas : Canvas
        Tells what is in view.
    mosaic : Mosaic
    """

    form = param.Selector(default="fits", objects=FORMS, doc="Format of the table.")
    latents = param.Boolean(default=False, doc="Whether the table has the latents.")
    column = param.Selector(default=DENSITY, objects=[DENSITY], doc="What colors the map.")
    picture = param.Selector(default="pdf", objects=journal.FORMS, doc="Format of the map.")

    def __init__(self, state: State, canvas: Canvas, mosaic: Mosaic, **params):
        super().__init__(**params)
        self.state, self.canvas, self.mosaic = state, canvas, mosaic
        self.stream = Stream("out")
        self.download = Download(width=0, height=0, margin=0)
        self.notice = pn.pane.HTML(margin=(6, 0, 0, 0), min_height=36, stylesheets=[theme.TEXT_CSS])
        self.button = pmui.Button(
            label="save…", size="small", variant="text", margin=0, align="center", on_click=self.show,
        )  # fmt: skip
        self.save, self.send = self._button("Save", self.save_table), self._button("Send to TOPCAT", self.send_samp)
        self.send.visible = state.user.here
        self.map = self._button("Save map", self.save_map)
        self.cutouts = self._button("Save mosaic (PNG, 300 dpi)", self.save_mosaic)
        self.report = self._button("Save report (HTML)", self.save_report)
        self.dialog = pmui.Dialog(title="Save or send", title_variant="h6", close_on_click=True)
        state.param.watch(self._count, ["selected", "view", "positions"])
        state.param.watch(self._offer, ["table", "columns"])

    def __panel__(self):
        return pn.Row(self.button, self.dialog, self.download, margin=0)

    def show(self, *events) -> None:
        """Open the menu."""
        if not self.dialog.objects:
            self.dialog.objects = self._menu()
        self.dialog.open, self.notice.object = True, ""
        self._count()
        self._offer()

    def save_table(self, *events) -> None:
        """Save the objects as a table."""
        self._make(partial(self._wanted().file, self.form))

    def send_samp(self, *events) -> None:
        """Send the objects to the programs on a SAMP hub: those of whoever sits at the machine that serves."""
        if not self.state.user.here:  # said here as well: a browser can be made to press what it is not shown
            self._say(
                "a table is sent only to programs of the machine that serves; save it and open it there", bad=True
            )
            return
        wanted = self._wanted()

        def work(cancelled):
            yield send_table(to_bytes(wanted.collect(), "votable"), wanted.title)

        self._start(work, lambda names: self._say(f"{', '.join(names)} loaded {wanted.title}"), "sending…")

    def save_map(self, *events) -> None:
        """Save the map in view as a figure for a journal."""
        try:
            plate = journal.plate(self.state, self.column, journal.PIXELS)
        except PhotozError as error:
            self._say(str(error), bad=True)
            return
        self._make(partial(journal.map_file, plate, self.picture))

    def save_mosaic(self, *events) -> None:
        """Save the mosaic on screen."""
        try:
            sheet = journal.sheet(self.state, *self.mosaic.shown, CROP)
        except PhotozError as error:
            self._say(str(error), bad=True)
            return
        self._make(partial(journal.mosaic_file, sheet))

    def save_report(self, *events) -> None:
        """Save all that is known of the run as a page that opens without a server."""
        home, run = self.state.home, self.state.current
        if run is None:
            self._say("there is no finished run to report on", bad=True)
            return

        def file() -> tuple[str, bytes]:
            from dashboard.report import report

            return file_name(run.id, "report", suffix="html"), report(home, [run.id]).encode()

        self._make(file)

    def _make(self, file: Callable[[], tuple[str, bytes]]) -> None:
        """Let the browser save the file whose name and bytes `file` makes."""

        def deliver(found: tuple[str, bytes]) -> None:
            name, data = found
            self.download.send(name, data)
            self._say(f"{name} · {_size(len(data))}")

        def work(cancelled):
            yield file()

        self._start(work, deliver, "making the file…")

    def _start(self, work: Callable, each: Callable, meanwhile: str) -> None:
        self._say(meanwhile)
        self.stream.run(work, each, lambda problem: self._say(problem, bad=True))

    def _say(self, text: str, bad: bool = False) -> None:
        color = "color: var(--mui-palette-error-main, #c33)" if bad else "opacity: .8"
        self.notice.object = (
            f'<p style="{color}; margin: 0; font-size: 12.5px; overflow-wrap: anywhere">{escape(text)}</p>'
        )

    def _wanted(self) -> Wanted:
        in_view = self.canvas.frame().rows if self.state.positions is not None else NO_ROWS
        return Wanted.of(self.state, in_view, self.latents)

    def _count(self, *events) -> None:
        """Say how many objects would leave; nobody sees it while the menu is closed."""
        if self.dialog.open:
            count = len(self._wanted().rows)
            what = "selected" if self.state.selected.any() else "in view"
            self.save.param.update(label=f"Save {count:,} {what}", disabled=not count)
            self.send.param.update(label=f"Send {count:,} to TOPCAT", disabled=not count)

    def _offer(self, *events) -> None:
        """Offer the columns there are; the first map's to begin with."""
        state, known = self.state, [*self.state.colorable(), DENSITY]
        if self.dialog.open:
            with offering(self, column=titled(known, state.column)):
                if self.column not in known or self.column == DENSITY:
                    self.column = next((name for name in state.columns if name in known), DENSITY)

    def _menu(self) -> list:
        field = {"size": "small", "margin": (0, 8, 0, 0), "description": "", "sx": theme.FIELD_SX}
        table = pn.Row(
            pmui.Select.from_param(self.param.form, label="format", width=120, **field),
            pmui.Checkbox.from_param(self.param.latents, label="with latents", size="small", margin=0, align="center",
                                         description=""),
            self.save, self.send, margin=(8, 0, 0, 0),
        )  # fmt: skip
        figure = pn.Row(
            pmui.Select.from_param(self.param.column, label="map of", width=170, **field),
            pmui.Select.from_param(self.param.picture, label="format", width=90, **field),
            self.map, margin=(14, 0, 0, 0),
        )  # fmt: skip
        return [
            pn.Column(
                table,
                figure,
                pn.Row(self.cutouts, self.report, margin=(14, 0, 0, 0)),
                self.notice,
                margin=0,
                width=WIDTH,
            )
        ]

    def _button(self, label: str, on_click: Callable) -> pmui.Button:
        return pmui.Button(
            label=label, size="small", variant="outlined", margin=(0, 8, 0, 0), align="center", on_click=on_click
        )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
