"""What a shared link keeps of a comparison beside its plain choices: its runs, and the part of their maps in view."""

from dashboard.compare_choices import MOST, Comparison
from photoz_core.errors import PhotozError


class Seen:
    """Runs and zoom of a comparison, to be read and set.

    Parameters
    ----------
    comparison : Comparison
    """

    def __init__(self, comparison: Comparison):
        self.comparison = comparison

    @property
    def runs(self) -> list[str]:
        """Ids of the runs shown, the reference first."""
        return [side.run for side in self.comparison.shown]

    @runs.setter
    def runs(self, wanted: list[str]) -> None:
        there = [run for run in dict.fromkeys(wanted) if run in self.comparison.finished][:MOST]
        if there:
            self.comparison.choose(there)
        if gone := [run for run in wanted if run not in there]:
            raise PhotozError(f"runs {', '.join(gone)}")

    @property
    def zoom(self) -> list[float] | None:
        """(x0, x1, y0, y1) of the first map in view; None of one that is not there."""
        shown = self.comparison.shown
        return list(shown[0].view) if shown and shown[0].view else None

    @zoom.setter
    def zoom(self, area: list[float] | None) -> None:
        if area is None or not self.comparison.shown:
            return
        x0, x1, y0, y1 = map(float, area)
        if not (x0 < x1 and y0 < y1):
            raise ValueError("an area has a left and a right, a bottom and a top")
        self.comparison.shown[0].view = (x0, x1, y0, y1)
