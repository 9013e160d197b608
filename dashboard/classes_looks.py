"""How schemes look: one color for what they start from, dashed where only features are taken of it."""

import itertools
from collections.abc import Iterable

from dashboard.classes_runs import in_order
from dashboard.train_figures import COLORS

SOURCES = {"scratch": "#009e73", "ImageNet": "#e69f00", "magnitudes": "#1f94cf", "untrained": "#cc79a7"}
FROZEN = "features, "


def looks(schemes: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Color and dash, ``solid`` or ``dashed`` as Bokeh and CSS say, of these schemes and of the paper's five."""
    names = in_order(schemes)
    free = itertools.cycle([color for color in COLORS if color not in SOURCES.values()])
    colors = dict(SOURCES)
    for name in names:
        source = name.rpartition(", ")[2]
        if source not in colors:
            colors[source] = next(free)
    return {
        name: (colors[name.rpartition(", ")[2]], "dashed" if name.startswith(FROZEN) else "solid") for name in names
    }
