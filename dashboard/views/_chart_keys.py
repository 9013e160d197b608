"""Diagrams by keys: marks that arrows walk through, and a plane that moves as the maps do."""

from collections.abc import Callable
from dataclasses import dataclass

from bokeh.models import ColumnDataSource

from dashboard import figures, map_keys
from dashboard.chart import Chart

STEPS = {"ArrowRight": 1, "ArrowUp": 1, "ArrowLeft": -1, "ArrowDown": -1}
RING = 15  # px


@dataclass(frozen=True)
class Mark:
    """A bar or point that can be taken: where its ring is drawn, what is said of it, and what taking it does.

    Parameters
    ----------
    x, y : float
    text : str
    take : callable
        Gets the mode of State.select.
    """

    x: float
    y: float
    text: str
    take: Callable[[str], None]


class MarkKeys:
    """Arrows go from mark to mark, Enter or S takes the one in the ring.

    Parameters
    ----------
    chart : Chart
    marks : callable
        Gives the `Mark`s of what is drawn now.
    """

    def __init__(self, chart: Chart, marks: Callable[[], list[Mark]]):
        self.chart, self._marks, self._at = chart, marks, -1
        self.plots = [chart.figure]
        self.ring = ColumnDataSource({"x": [], "y": [], "size": []})
        figures.add_rings(chart.figure, self.ring)
        self._words = reached(chart, "arrows choose, Enter takes")

    def press(self, key: str, mode: str = "replace") -> None:
        """Do what a key asks for on the diagram that has the keyboard."""
        marks = self._marks()
        if not marks:
            return
        if key in (map_keys.TAKE, map_keys.SELECT) and 0 <= self._at < len(marks):
            marks[self._at].take(mode)
        elif key == map_keys.WHOLE:
            self._go(marks, 0)
        elif key in STEPS:
            self._go(marks, self._at + STEPS[key] if self._at >= 0 else 0)

    def clear(self) -> None:
        """Take the ring away: what was marked is no longer drawn."""
        self._at, self.ring.data = -1, {"x": [], "y": [], "size": []}

    def _go(self, marks: list[Mark], to: int) -> None:
        self._at = to % len(marks)
        mark = marks[self._at]
        self.ring.data = {"x": [mark.x], "y": [mark.y], "size": [RING]}
        self.chart.figure.title.text = mark.text
        self.chart.figure.html_attributes |= {"aria-label": f"{self._words}: {mark.text}"}


class PlaneKeys:
    """Arrows, + and − move the part in view; Enter or S selects what lies in it.

    Parameters
    ----------
    chart : Chart
    select : callable
        Gets x0, x1, y0, y1 and the mode of State.select.
    """

    def __init__(self, chart: Chart, select: Callable[[map_keys.View, str], None]):
        self.chart, self._select = chart, select
        self.plots = [chart.figure]
        reached(chart, "arrows, + and − move it, S selects what is in view")

    def press(self, key: str, mode: str = "replace") -> None:
        """Do what a key asks for on the diagram that has the keyboard."""
        x, y = self.chart.figure.x_range, self.chart.figure.y_range
        view = (x.start, x.end, y.start, y.end)
        if key in (map_keys.TAKE, map_keys.SELECT):
            self._select(view, mode)
        elif key == map_keys.WHOLE:
            x.update(start=x.reset_start, end=x.reset_end)
            y.update(start=y.reset_start, end=y.reset_end)
        else:
            x.start, x.end, y.start, y.end = map_keys.moved(view, key)


def reached(chart: Chart, how: str) -> str:
    """Let a page's keys find the diagram, and say how it is used; returns what is said."""
    words = f"{chart.figure.html_attributes['aria-label']}; {how}"
    chart.figure.html_attributes |= {"data-map": chart.figure.id, "aria-label": words}
    return words


def run_marks(chart: Chart, open_run: Callable[[str], None]) -> list[Mark]:
    """The runs of a label-efficiency chart, method after method and by their labels; one that is taken is opened."""
    runs = chart.sources["runs"].data
    drawn = zip(*(runs[name] for name in ("method", "x", "y", "name", "value", "run")), strict=True)
    return [
        Mark(x, y, f"{name}: {value}", lambda mode, run=run: open_run(run))
        for _, x, y, name, value, run in sorted(drawn)
    ]
