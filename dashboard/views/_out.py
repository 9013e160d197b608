"""Out: what the Explore page lets go, as files or to another program, made when it is asked for."""

from collections.abc import Callable
from functools import partial

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import journal, theme
from dashboard.defaults import DENSITY, offering, titled
from dashboard.out_table import FORMS, Wanted
from dashboard.state import NO_ROWS, State
from dashboard.views._canvas import Canvas
from dashboard.views._mosaic import CROP, Mosaic
from dashboard.views._saver import Saver
from photoz_core.export import to_bytes
from photoz_core.samp import send_table

WIDTH = 500  # px


class Out(Saver):
    """A button beside the selection, and the menu behind it.

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
        super().__init__("Save or send", **params)
        self.state, self.canvas, self.mosaic = state, canvas, mosaic
        self.save, self.send = self.pushed("Save", self.save_table), self.pushed("Send to TOPCAT", self.send_samp)
        self.send.visible = state.user.here
        self.map = self.pushed("Save map", self.save_map)
        self.cutouts = self.pushed("Save mosaic (PNG, 300 dpi)", self.save_mosaic)
        self.report = self.pushed("Save report (HTML)", self.save_report)
        state.param.watch(self._count, ["selected", "view", "positions"])
        state.param.watch(self._offer, ["table", "columns"])

    def show(self, *events) -> None:
        """Open the menu."""
        super().show()
        self._count()
        self._offer()

    def save_table(self, *events) -> None:
        """Save the objects as a table."""
        self.make(partial(self._wanted().file, self.form))

    def send_samp(self, *events) -> None:
        """Send the objects to the programs on a SAMP hub: those of whoever sits at the machine that serves."""
        if not self.state.user.here:  # said here as well: a browser can be made to press what it is not shown
            self.say("a table is sent only to programs of the machine that serves; save it and open it there", bad=True)
            return
        wanted = self._wanted()

        def work(cancelled):
            yield send_table(to_bytes(wanted.collect(), "votable"), wanted.title)

        self.start(work, lambda names: self.say(f"{', '.join(names)} loaded {wanted.title}"), "sending…")

    def save_map(self, *events) -> None:
        """Save the map in view as a figure for a journal."""

        def drawn() -> Callable:
            plate = journal.plate(self.state, self.column, journal.PIXELS)
            return partial(journal.map_file, [plate], self.picture)

        self.make_or_say(drawn)

    def save_mosaic(self, *events) -> None:
        """Save the mosaic on screen."""
        self.make_or_say(lambda: partial(journal.mosaic_file, journal.sheet(self.state, *self.mosaic.shown, CROP)))

    def save_report(self, *events) -> None:
        """Save all that is known of the run as a page that opens without a server."""
        self.make_report(self.state.home, [self.state.run_id] if self.state.current else [])

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

    def menu(self) -> list:
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
