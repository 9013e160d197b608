"""The objects of a run on the sky, in step with the session. Knows nothing of Panel."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import param

from dashboard.compare_sides import Shelf, Side
from dashboard.defaults import DENSITY, offering
from dashboard.state import State
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError

if TYPE_CHECKING:
    from photoz_core.sky import Plane  # imports astropy, for which no other page is to wait

RA, DEC = "ra", "dec"
ALL = -1  # of the fields
FOLLOWED = ("clip", "colormap", "drag", "reviewed")  # choices that the sky takes from the session


class Sky(param.Parameterized):
    """A run's objects where they are on the sky, beside its map.

    Run, selection, focus and limits are the session's own; zoom and coloring are not.

    Parameters
    ----------
    state : State
        The session's.
    """

    columns = param.List(default=[], item_type=str, doc="The column that colors sky and map.")
    field = param.Selector(default=ALL, objects={"all the sky": ALL}, doc="Number of the field in view, or all.")
    plane = param.Parameter(default=None, constant=True, doc="The Plane; None without positions.")
    problem = param.String(default="", constant=True, doc="Why there is no sky to show.")
    unknown = param.Integer(default=0, constant=True, doc="Objects without a position.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self.side = Side(state.home, Shelf(state), dataset=state.dataset)
        self.document = None  # of the session, where it is served
        self._following = False
        self._laid: tuple = ()  # what lies on the sky
        self.side.param.watch(self._lead, ["selected", "focus"])

    def follow(self) -> None:
        """Take dataset, run, selection, focus and limits from the session."""
        state, side = self.state, self.side
        if state.data is None or state.positions is None:
            return
        with self._leading():
            side.refresh()
            side.dataset = state.dataset
            if state.run not in side.param.run.objects:
                return  # deleted, which the session is about to see
            side.param.update(run=state.run, projection=state.projection)
            self._offer()
            self._lay()
            with param.edit_constant(side):
                side.param.update(focus=state.focus, **{name: getattr(state, name) for name in FOLLOWED})
            if not np.array_equal(side.selected, state.selected):
                side.select_rows(state.selected)
            if not self.columns or self.columns[0] not in (*state.colorable(), DENSITY):
                self.columns = list(state.columns[:1])

    def _offer(self) -> None:
        """Offer the fields of the dataset, and all of them at once."""
        try:
            names = {"all the sky": ALL} | _fields(self.state.data.folder, self.state.data.meta.fingerprint)
        except PhotozError:
            names = {"all the sky": ALL}
        if names != self.param.field.names:
            with offering(self, field=names):
                self.field = ALL

    @param.depends("field", watch=True)
    def _lay(self) -> None:
        """Put the objects on the sky, if they are not there."""
        data, side = self.state.data, self.side
        wanted = (side.dataset, side.run, side.projection, id(side.trained), self.field)
        if wanted == self._laid or side.trained is None or side.dataset != data.name:
            return
        try:
            plane, placed, unknown = _positions(data.folder, data.meta.fingerprint, self.field)
        except PhotozError as error:
            self._set(plane=None, problem=str(error), unknown=0)
            return
        self._laid = wanted
        with self._leading():
            side.lay(placed, None)
        self._set(plane=plane, problem="", unknown=unknown)

    def _lead(self, *events) -> None:
        """Hand a selection or a focus on the sky to the session."""
        if self._following or self.side.dataset != self.state.dataset:
            return
        self.state.focus = self.side.focus
        if not np.array_equal(self.side.selected, self.state.selected):
            self.state.select_rows(self.side.selected)

    @contextmanager
    def _leading(self) -> Iterator[None]:
        """What the sky does in the block was done to it, by nobody's hand."""
        before, self._following = self._following, True
        try:
            yield
        finally:
            self._following = before

    def _set(self, **values) -> None:
        with param.edit_constant(self):
            self.param.update(**values)


def has_positions(data: Dataset | None) -> bool:
    """Whether a dataset says where its objects are."""
    return data is not None and {RA, DEC} <= set(data.catalog)


@lru_cache(maxsize=6)
def _positions(folder: Path, fingerprint: str, field: int) -> "tuple[Plane, np.ndarray, int]":
    """The plane of a field, or of all, positions (N, 2) float32 on it, and how many objects have none at all."""
    from photoz_core.sky import plane_of

    ra, dec, fields = _directions(folder, fingerprint)
    chosen = fields >= 0 if field == ALL else fields == field
    plane = plane_of(np.where(chosen, ra, np.nan), dec)
    placed = plane.place(ra, dec)
    placed[~chosen] = np.nan
    return plane, placed, int((fields < 0).sum())


@lru_cache(maxsize=6)
def _fields(folder: Path, fingerprint: str) -> dict[str, int]:
    """Fields by their names: where they are and how many objects they have; none where there is but one."""
    from photoz_core.sky import plane_of

    ra, dec, fields = _directions(folder, fingerprint)
    counts = np.bincount(fields[fields >= 0])
    if len(counts) < 2:
        return {}
    centres = [plane_of(np.where(fields == number, ra, np.nan), dec).centre for number in range(len(counts))]
    return {
        f"{a:.1f}° {d:+.1f}° · {count:,}".replace("-", "−"): number
        for number, ((a, d), count) in enumerate(zip(centres, counts, strict=True))
    }


@lru_cache(maxsize=2)
def _directions(folder: Path, fingerprint: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right ascension, declination (N,) [deg] and number of the field of each object."""
    from photoz_core.sky import fields_of

    catalog = Dataset(folder).catalog
    ra, dec = (catalog[name].to_numpy(float, na_value=np.nan) for name in (RA, DEC))
    return ra, dec, fields_of(ra, dec)
