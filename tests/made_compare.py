"""The Compare page of a made home, for its tests."""

from types import SimpleNamespace

from dashboard.state import State
from dashboard.views.compare import View


def shown(home, **choices) -> View:
    view = View(State(home, **choices))
    view.__panel__().get_root()
    return view


def scales(view) -> list[str]:
    return [panel.maps.cells[0].scale.object for panel in view.panels[: len(view.comparison.shown)]]


def box(view, number: int, x0, x1, y0, y1) -> None:
    geometry = {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1}
    view.panels[number].maps.canvas._select(SimpleNamespace(geometry=geometry, final=True))


class Deferred:
    """A `Background` that works when it is told to."""

    def __init__(self, kind: str):
        self.wishes = []

    def forget(self) -> None:
        self.wishes.clear()

    def run(self, work, done, failed) -> None:
        self.wishes[:] = [(work, done, failed)]

    def deliver(self) -> None:
        [(work, done, _)] = self.wishes
        self.wishes.clear()
        done(work())
