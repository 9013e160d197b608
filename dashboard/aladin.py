"""Aladin Lite beside a sky: survey pictures behind the objects, in a document of its own.

ipyaladin is a Jupyter widget, whose scripts (3.5 MB, and Aladin Lite from the CDS) nobody should load who only looks at
maps. So the Sky page shows it in a frame, whose address names the sky by an unguessable key, and the two documents tell
each other what is selected.
"""

import secrets
from importlib.util import find_spec
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
import panel as pn

from dashboard.markdown import Markdown
from dashboard.sky_choices import DEC, RA, Sky

if TYPE_CHECKING:
    from astropy.table import Table

QUERY = "aladin"  # of the address, as dashboard.app reads it
SOURCE = "https://aladin.cds.unistra.fr/AladinLite/api/v3/latest/aladin.js"  # asked for, to know whether it can be had
SURVEY = "CDS/P/DSS2/color"
MOST = 5000  # objects that Aladin Lite draws without haste
COLORS = {"objects": "#4fb3e8", "selection": "#ff9d2e"}
WIDEST = 60.0  # deg of a field of view
ENDED = "This view has ended. Open Aladin Lite again from the Sky page."
MISSING = 'Aladin Lite needs ipyaladin: `pip install "photoz[sky]"`, then start photoz again.'
_open: WeakValueDictionary[str, Sky] = WeakValueDictionary()


def is_installed() -> bool:
    """Whether the widget can be made here."""
    return all(find_spec(name) is not None for name in ("ipyaladin", "ipywidgets_bokeh"))


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
    sky.side.param.watch(overlay.follow, ["selected", "positions"])
    document = pn.state.curdoc
    if document is not None and document.session_context is not None:
        overlay.document = document
        pn.state.on_session_destroyed(lambda context: overlay.end())
    return pn.pane.IPyWidget(overlay.widget, sizing_mode="stretch_both", margin=0)


class Overlay:
    """The objects and the selection of a sky on Aladin Lite.

    Parameters
    ----------
    sky : Sky
    """

    def __init__(self, sky: Sky):
        from ipyaladin import Aladin

        self.sky, self.document = sky, None
        placed = sky.side.positions[np.isfinite(sky.side.positions[:, 0])]
        across = float(np.ptp(placed, axis=0).max())
        self.widget = Aladin(
            target=f"{sky.plane.centre[0]} {sky.plane.centre[1]}",
            fov=min(max(1.1 * across, 0.02), WIDEST),
            survey=SURVEY,
            height=-1,
        )
        self.widget.set_listener("select", self._take)
        self._shown: set[str] = set()
        self._draw("objects", np.ones(len(sky.side.selected), bool))
        self._draw("selection", sky.side.selected)

    def follow(self, *events) -> None:
        """Show what is selected now, on the frame's own document."""
        if self.document is None:
            self._follow()
        else:
            self.document.add_next_tick_callback(self._follow)

    def end(self) -> None:
        """The frame is closed: look no more."""
        for watcher in list(self.sky.side.param.watchers.get("selected", {}).get("value", [])):
            if getattr(watcher.fn, "__self__", None) is self:
                self.sky.side.param.unwatch(watcher)

    def _take(self, found: list[dict]) -> None:
        """Hand what was selected on Aladin Lite to the session, on the document that it belongs to."""
        ids = [str(item.get("data", {}).get("object_id", "")) for item in found]

        def select() -> None:
            self.sky.state.select(ids)

        if self.sky.document is None:
            select()
        else:
            self.sky.document.add_next_tick_callback(select)

    def _follow(self) -> None:
        self._draw("selection", self.sky.side.selected)

    def _draw(self, name: str, chosen: np.ndarray) -> None:
        if name in self._shown:
            self.widget.remove_overlay(name)
            self._shown.discard(name)
        table = positions_table(self.sky, chosen)
        if len(table):
            shape = "circle" if name == "selection" else "cross"
            self.widget.add_table(table, name=name, color=COLORS[name], shape=shape, source_size=8)
            self._shown.add(name)


def positions_table(sky: Sky, chosen: np.ndarray) -> "Table":
    """Id and position [deg] of the chosen (N,) bool objects that have one; of more than `MOST` every k-th."""
    from astropy.table import Table

    rows = np.flatnonzero(chosen & np.isfinite(sky.side.positions[:, 0]))
    rows = rows[:: -(-len(rows) // MOST) or 1]
    catalog = sky.state.data.catalog.iloc[rows]
    columns = {"object_id": catalog["object_id"].to_numpy(str), "ra": catalog[RA], "dec": catalog[DEC]}
    units = {"ra": "deg", "dec": "deg"}
    return Table({name: np.asarray(values) for name, values in columns.items()}, units=units)
