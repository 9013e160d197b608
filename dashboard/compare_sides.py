"""One of the runs that are compared, and which those are at first. Knows nothing of Panel."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import param

from dashboard import cache
from dashboard.state import State
from photoz_core.columns import Column

OVERLAP, DISPLACEMENT = "neighbour_overlap", "map_displacement"
AGREEMENT = {  # what a comparison adds to the columns of a run
    OVERLAP: Column("neighbour overlap", "", "Jaccard index of the 15 nearest neighbours in latent space"),
    DISPLACEMENT: Column("displacement", "rms radius", "distance on the aligned maps", colormap="magma"),
}
UNKNOWN = (np.nan, np.nan)  # one object, for limits that are looked at for a change
PAIRS = (("moco", "pita"), ("simsiam", "lensiam"))  # methods that the papers set side by side: without, with physics


class Side(State):
    """The choices of one run; its map lies where the comparison puts it.

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

    @property
    def trained(self) -> np.ndarray | None:
        """Positions (N, 2) as the projection has them; None without a map."""
        return self._loaded[0] if self.current else None

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
        if self._target(name):
            return super().limits(name)
        found = [side.spread(name, self.clip) for side in self.peers or (self,) if side.has(name)]
        known = np.array([limits for limits in found if np.isfinite(limits).all()])
        return (float(known[:, 0].min()), float(known[:, 1].max())) if len(known) else UNKNOWN

    def spread(self, name: str, clip: tuple[float, float]) -> tuple[float, float]:
        """Percentiles `clip` of a column of this run; NaN if all unknown."""
        if name not in self.agreement:
            return cache.limits(self.home, self.dataset, self.run_id, name, clip)
        array = self.agreement[name]
        known = array[~np.isnan(array)]
        return tuple(np.percentile(known, clip).tolist()) if len(known) else UNKNOWN


def runs_to_compare(methods: dict[str, str], current: str = "") -> list[str]:
    """Ids of the runs that a comparison begins with: two where there are two.

    The first of `PAIRS` of which both methods are there; else the current run and the newest of another method.

    Parameters
    ----------
    methods : dict
        Method by id of the finished runs, newest first.
    current : str
        Id of the run in front.
    """
    newest = {method: run for run, method in reversed(methods.items())}
    for pair in PAIRS:
        if all(method in newest for method in pair):
            return [newest[method] for method in pair]
    first = current if current in methods else next(iter(methods), "")
    others = [run for run in methods if run != first]
    others.sort(key=lambda run: methods[run] == methods[first])
    return [first, *others[:1]] if first else []
