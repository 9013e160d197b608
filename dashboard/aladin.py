"""Aladin Lite beside a sky: survey pictures behind the objects, in a document of its own.

ipyaladin is a Jupyter widget, whose scripts (3.5 MB, and Aladin Lite from the CDS) nobody should load who only looks at
maps. So the Sky page shows it in a frame, whose address names the sky by an unguessable key, and the two documents tell
each other what is selected.
"""

import contextlib
import re
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
import panel as pn

from dashboard.markdown import Markdown
from dashboard.sky_choices import DEC, RA, Sky

if TYPE_CHECKING:
    from astropy.table import Table

QUERY = "aladin"  # of the address, as dashboard.app reads it
CDS = "https://aladin.cds.unistra.fr/AladinLite/api/v3/latest/aladin.js"  # asked for, to know whether it can be had
SURVEY = "CDS/P/DSS2/color"
MOST = 5000  # objects that Aladin Lite draws without haste
COLORS = {"objects": "#4fb3e8", "selection": "#ff9d2e"}
WIDEST = 60.0  # deg of a field of view
THINNED = "{drawn:,} of {known:,} objects are drawn; a selection there takes those nearest to each of them along."
ENDED = "This view has ended. Open Aladin Lite again from the Sky page."
MISSING = 'Aladin Lite needs ipyaladin: `pip install "photoz[sky]"`, then start photoz again.'
_open: WeakValueDictionary[str, Sky] = WeakValueDictionary()


def is_installed() -> bool:
    """Whether the widget can be made here."""
    return all(find_spec(name) is not None for name in ("ipyaladin", "ipywidgets_bokeh"))


def sources() -> list[str]:
    """What the browser must reach: the CDS, and wherever this ipyaladin takes Aladin Lite's script from."""
    script = Path(find_spec("ipyaladin").origin).parent / "static" / "widget.js"
    return [CDS, *re.findall(r'from\s*"(https://[^"]+)"', script.read_text())]


def thinned(sky: Sky) -> str:
    """What is said where not every object is drawn; nothing where each is."""
    known = int(np.isfinite(sky.side.positions[:, 0]).sum())
    drawn = len(_drawn(sky, np.ones(len(sky.side.positions), bool)))
    return THINNED.format(drawn=drawn, known=known) if drawn < known else ""


def invite(sky: Sky) -> str:
    """The key under which `page` shows a sky, for as long as its session lasts."""
    key = secrets.token_urlsafe(18)
    _open[key] = sky
    return key


def page(key: str) -> pn.viewable.Viewable:
    """What the frame shows: Aladin Lite with the objects of a sky, or that it has ended."""
    sky = _open.get(key)
    if sky is None or sky.plane is None:
        return Markdown(ENDED, margin=20)
    pn.extension("ipywidgets")
    overlay = Overlay(sky)
    document = pn.state.curdoc
    if document is not None and document.session_context is not None:
        overlay.document = document
        pn.state.on_session_destroyed(lambda context: overlay.end())
    return pn.pane.IPyWidget(overlay.widget, sizing_mode="stretch_both", margin=0)


class Overlay:
    """The objects and the selection of a sky on Aladin Lite, until `end`.

    Parameters
    ----------
    sky : Sky
    """

    def __init__(self, sky: Sky):
        from ipyaladin import Aladin

        self.sky, self.document = sky, None
        target, across = _frame(sky)
        self.widget = Aladin(target=target, fov=across, survey=SURVEY, height=-1)
        # ipyaladin keeps these on the class: what is selected in one session would be told to another
        self.widget.listener_callback = {}
        self.widget._call_store = type(self.widget._call_store)()
        self.widget.set_listener("select", self._take)
        self._plane = sky.plane
        self._rows: dict[str, np.ndarray] = {}  # that are drawn, by overlay
        self._draw_all()
        self._watchers = [(sky.side, sky.side.param.watch(self.follow, "selected"))]
        self._watchers.append((sky, sky.param.watch(self.follow, "plane")))

    def follow(self, *events) -> None:
        """Show the objects there are and what is selected now, on the frame's own document."""
        if self.document is None:
            self._follow()
        else:
            self.document.add_next_tick_callback(self._follow)

    def end(self) -> None:
        """The frame is closed: look no more."""
        while self._watchers:
            owner, watcher = self._watchers.pop()
            owner.param.unwatch(watcher)

    def _take(self, found: list[dict]) -> None:
        """Hand what was selected on Aladin Lite to the session, on the document that it belongs to."""
        ids = [str(item.get("data", {}).get("object_id", "")) for item in found]

        def select() -> None:
            side = self.sky.side
            if side.dataset == self.sky.state.dataset:
                self.sky.state.select_rows(self._meant(side.rows(ids)))

        if self.sky.document is None:
            select()
        else:
            self.sky.document.add_next_tick_callback(select)

    def _meant(self, rows: np.ndarray) -> np.ndarray:
        """Rows that a selection of drawn ones means: with each those that are not drawn and have none nearer."""
        known = np.flatnonzero(np.isfinite(self.sky.side.positions[:, 0]))
        drawn = np.unique(np.concatenate([*self._rows.values(), rows]))
        if len(drawn) == len(known) or not len(rows):
            return rows
        from photoz_core.sky import nearest_of

        catalog = self.sky.side.data.catalog
        ra, dec = (catalog[name].to_numpy(float, na_value=np.nan) for name in (RA, DEC))
        nearest = drawn[nearest_of(ra[known], dec[known], ra[drawn], dec[drawn])]
        return known[np.isin(nearest, rows)]

    def _follow(self) -> None:
        if self.sky.plane is self._plane:
            self._draw("selection", self.sky.side.selected)
            return
        self._plane = self.sky.plane
        if self._plane is not None:
            self.widget.target, self.widget.fov = _frame(self.sky)
        self._draw_all()

    def _draw_all(self) -> None:
        selected = self.sky.side.selected
        self._draw("objects", np.full(len(selected), self._plane is not None))
        self._draw("selection", selected & (self._plane is not None))

    def _draw(self, name: str, chosen: np.ndarray) -> None:
        if name in self._rows:
            with contextlib.suppress(ValueError):  # a person has removed it
                self.widget.remove_overlay(name)
            del self._rows[name]
        table = positions_table(self.sky, chosen)
        if len(table):
            shape = "circle" if name == "selection" else "cross"
            self.widget.add_table(table, name=name, color=COLORS[name], shape=shape, source_size=8)
            self._rows[name] = _drawn(self.sky, chosen)


def positions_table(sky: Sky, chosen: np.ndarray) -> "Table":
    """Id and position [deg] of the chosen (N,) bool objects that have one; of more than `MOST` every k-th."""
    from astropy.table import Table

    catalog = sky.side.data.catalog.iloc[_drawn(sky, chosen)]
    columns = {"object_id": catalog["object_id"].to_numpy(str), "ra": catalog[RA], "dec": catalog[DEC]}
    units = {"ra": "deg", "dec": "deg"}
    return Table({name: np.asarray(values) for name, values in columns.items()}, units=units)


def _drawn(sky: Sky, chosen: np.ndarray) -> np.ndarray:
    """Rows (M,) int of the chosen (N,) bool that are drawn: those with a position, of more than `MOST` every k-th."""
    rows = np.flatnonzero(chosen & np.isfinite(sky.side.positions[:, 0]))
    return rows[:: -(-len(rows) // MOST) or 1]


def _frame(sky: Sky) -> tuple[str, float]:
    """Centre [deg] of what there is of a sky, and a field of view [deg] that holds it."""
    placed = sky.side.positions[np.isfinite(sky.side.positions[:, 0])]
    across = float(np.ptp(placed, axis=0).max())
    return f"{sky.plane.centre[0]} {sky.plane.centre[1]}", min(max(1.1 * across, 0.02), WIDEST)
