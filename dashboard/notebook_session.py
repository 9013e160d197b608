"""What a notebook holds of the dashboard: a state, something that shows it, and the way back to tables."""

import asyncio
import contextlib
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import panel as pn

from dashboard import notebook_sync
from dashboard.state import State
from photoz_core import export
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError

if TYPE_CHECKING:
    from astropy.table import QTable

POLL = 1.0  # s between two looks for new runs and maps
SHARED = ("clip", "colormap", "drag", "focus")  # what linked sessions have in common, beside the selection


class Link:
    """Sessions in step: one selection, focus and scale of colors, and one zoom for those that show the same map."""

    def __init__(self):
        self._states: list[State] = []
        self._leading = False

    def join(self, state: State) -> None:
        """Bring a session into step with those that are there."""
        if self._states:
            self._hand_over(self._states[0], state, {*SHARED, "selection", "view"})
        self._states.append(state)
        state.param.watch(self._follow, [*SHARED, "selection", "view"])

    def _follow(self, *events) -> None:
        if self._leading:
            return
        self._leading = True
        try:
            for state in self._states:
                if state is not events[0].obj:
                    self._hand_over(events[0].obj, state, {event.name for event in events})
        finally:
            self._leading = False

    def _hand_over(self, source: State, target: State, names: set[str]) -> None:
        if target.data is None or source.data is None:
            return
        target.param.update(**{name: getattr(source, name) for name in SHARED if name in names})
        if "selection" in names and not np.array_equal(source.selection, target.selection):
            target.select(source.selection)
        if "view" in names and _map_of(source) == _map_of(target):
            target.view = source.view


class Session(pn.viewable.Viewer):
    """A view of the dashboard in a notebook, and what is selected in it.

    It shows itself as the last line of a cell, and in a layout of Panel: ``pn.Row(one, other)``.

    Parameters
    ----------
    state : State
    build : callable
        Makes what is shown, each time it is.
    link : Link
        Sessions to be in step with.
    """

    def __init__(self, state: State, build: Callable[[], pn.viewable.Viewable], link: Link | None = None, **params):
        super().__init__(**params)
        self.state, self._build, self.link = state, build, link or Link()
        self.link.join(state)
        state.param.watch(notebook_sync.flush_soon, list(state.param))
        _keep_looking(state)

    def __panel__(self):
        return self._build()

    @property
    def ids(self) -> list[str]:
        """Ids of the selected objects, in the order of the catalog."""
        return self.state.selection.tolist()

    @property
    def selection(self) -> pd.DataFrame:
        """The selected objects, a row each: catalog, split, predictions of the run, position on the map."""
        return self._export().frame

    @property
    def selection_table(self) -> "QTable":
        """`selection` as a table of astropy with units and descriptions; its ``meta`` says where it comes from."""
        from astropy import units
        from astropy.table import QTable

        found = self._export()
        known = {name: units.Unit(column.unit, parse_strict="silent") for name, column in found.columns.items()}
        given = {name: unit for name, unit in known.items() if found.columns[name].unit}
        table = QTable.from_pandas(found.frame, units=given)
        for name, column in found.columns.items():
            table[name].info.description = column.description or None
        table.meta.update(found.about)
        return table

    def select(self, ids: Sequence[str]) -> None:
        """Select these objects, in the view too; none of them clears it.

        Raises
        ------
        PhotozError
            If the dataset lacks one of them, or there is none; the message names some.
        """
        wanted = np.asarray(list(ids), object).astype(str)
        self.state.select_rows(export.rows_of(self._data, wanted) if len(wanted) else wanted.astype(int))

    @property
    def _data(self) -> Dataset:
        if self.state.data is None:
            raise PhotozError(self.state.problem or f"there is no dataset in {self.state.home.datasets} to select from")
        return self.state.data

    def _export(self) -> export.Export:
        """The selection on its way out; without one, a table of no rows."""
        state = self.state
        rows = np.flatnonzero(state.selected)
        found = export.gather(self._data, state.current, rows if len(rows) else np.zeros(1, int), state.projection)
        return found if len(rows) else export.Export(found.frame.iloc[:0], found.columns, found.about)


def _map_of(state: State) -> tuple:
    """Which map a state shows; equal for two that show the same."""
    return state.home, state.run_id, state.projection


def _keep_looking(state: State) -> None:
    """Look for new runs and maps while the kernel is idle and somebody holds the state; outside of a kernel, never."""
    with contextlib.suppress(RuntimeError):  # no event loop
        task = asyncio.get_running_loop().create_task(_look(weakref.ref(state)))
        weakref.finalize(state, task.cancel)


async def _look(reference: weakref.ref) -> None:
    while (state := reference()) is not None:
        with contextlib.suppress(OSError):  # a disk that is away for a while
            state.refresh()
        del state
        notebook_sync.flush()
        await asyncio.sleep(POLL)
