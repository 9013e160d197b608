"""One of the runs that are compared. Knows nothing of Panel."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import param

from dashboard import cache
from dashboard.morton import ZOrder, z_order
from dashboard.similar_choices import same
from dashboard.state import State
from photoz_core.columns import Column
from photoz_core.home import Home

OVERLAP, DISPLACEMENT = "neighbour_overlap", "map_displacement"
AGREEMENT = {  # what a comparison adds to the columns of a run
    OVERLAP: Column("neighbour overlap", "", "Jaccard index of the 15 nearest neighbours in latent space"),
    DISPLACEMENT: Column("displacement", "rms radius", "distance on the aligned maps", colormap="magma"),
}
UNKNOWN = (np.nan, np.nan)  # one object, for limits that are looked at for a change


class Shelf:
    """The session's desk as all sides have it: they read there, and what they notice is nobody's business.

    Parameters
    ----------
    session : State
    """

    def __init__(self, session: State):
        self.session, self.notice = session, ""

    @property
    def columns(self) -> list[str]:
        """Names of the columns that the review has."""
        return self.session.desk.columns

    def values(self, name: str) -> cache.Values:
        """A column of `columns`."""
        return self.session.desk.values(name)


class Side(State):
    """The choices of one run; its map lies where the comparison puts it.

    Parameters
    ----------
    home : Home
    desk : Shelf, optional
        Where it reads reviews, if it does.

    Attributes
    ----------
    peers : tuple of Side
        The sides shown, this one included; they share the limits of a color.
    agreement : dict
        Values (N,) float32 of the columns `AGREEMENT`.
    """

    peers: "tuple[Side, ...]" = ()
    agreement: Mapping[str, np.ndarray] = MappingProxyType({})

    _loaded: tuple = (None, None)  # positions and table, as they were before `lay`
    _sorted: tuple = (None, None)  # positions, and their order

    def __init__(self, home: Home, desk: Shelf | None = None, **choices):
        self._spreads: dict[str, tuple] = {}  # by column of `agreement`: array, clip, percentiles
        if desk is not None:
            self.desk = desk
        super().__init__(home, **choices)

    @property
    def trained(self) -> np.ndarray | None:
        """Positions (N, 2) as the projection has them; None without a map."""
        return self._loaded[0] if self.current else None

    @property
    def order(self) -> ZOrder:
        """The positions on show along the Z-curve, sorted once; as the projection has them, for all sessions."""
        if self._sorted[0] is not self.positions:
            is_own = self.positions is self.trained and self.projection
            order = cache.z_order(self.current, self.projection) if is_own else z_order(self.positions)
            self._sorted = (self.positions, order)
        return self._sorted[1]

    def _load(self, *choices) -> dict:
        found = super()._load(*choices)
        self._loaded = (found["positions"], found["table"])
        return found

    def lay(self, positions: np.ndarray, view: tuple | None) -> None:
        """Show these positions (N, 2), and the columns of `agreement`, in one update."""
        placed, table = np.ascontiguousarray(positions, np.float32), self._loaded[1].assign(**self.agreement)
        with param.edit_constant(self):
            self.param.update(positions=placed, table=table, view=view)

    def column(self, name: str) -> Column:
        return AGREEMENT[name] if name in AGREEMENT else super().column(name)

    def values(self, name: str) -> cache.Values:
        if name not in self.agreement:
            return super().values(name)
        array = self.agreement[name]
        return cache.Values(array, unknown=int(np.isnan(array).sum()))

    def limits(self, name: str) -> tuple[float, float]:
        """Color limits that hold for every side: from the lowest to the highest of those that have the column."""
        if self._target(name) or name in self.desk.columns:
            return super().limits(name)
        found = [side.spread(name, self.clip) for side in self.peers or (self,) if side.has(name)]
        known = np.array([limits for limits in found if np.isfinite(limits).all()])
        return (float(known[:, 0].min()), float(known[:, 1].max())) if len(known) else UNKNOWN

    def spread(self, name: str, clip: tuple[float, float]) -> tuple[float, float]:
        """Percentiles `clip` of a column of this run; NaN if all unknown."""
        if name not in self.agreement:
            return cache.limits(self.home, self.dataset, self.run_id, name, clip)
        array = self.agreement[name]
        if not same((array, clip), self._spreads.get(name, ())[:2]):
            known = array[~np.isnan(array)]
            found = tuple(np.percentile(known, clip).tolist()) if len(known) else UNKNOWN
            self._spreads[name] = (array, clip, found)
        return self._spreads[name][2]
