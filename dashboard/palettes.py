"""Colors: of numbers, of classes, and of what has no value."""

import math
from functools import lru_cache

import colorcet
from bokeh import palettes

EMPTY, UNKNOWN, BEHIND, FIRST = 0, 1, 2, 3  # codes of a picture's pixels; colors start at FIRST
LEVELS = 256 - FIRST
GRAYS = ("#00000000", "#8c8c8c", "#80808038")  # of EMPTY, UNKNOWN, BEHIND: seen on a light and on a dark page
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")  # its black is left out
NUMBERS = {
    "viridis": palettes.Viridis256,
    "cividis": palettes.Cividis256,
    "magma": palettes.Magma256,
    "plasma": palettes.Plasma256,
    "turbo": palettes.Turbo256,
    "coolwarm": colorcet.coolwarm,
    "gray": ["#80808060"],  # where points are but no column
}
DIVERGING = ("residual",)  # centred on zero
ALIKE = 90  # distance in RGB, of 442, below which a further color could be taken for one of Okabe and Ito


@lru_cache(maxsize=64)
def numbers(colormap: str) -> tuple[str, ...]:
    """The 256 colors of a picture of numbers: three grays, then `LEVELS` of the colormap (viridis if unknown)."""
    colors = NUMBERS.get("coolwarm" if colormap in DIVERGING else colormap, palettes.Viridis256)
    return GRAYS + tuple(colors[round(i * (len(colors) - 1) / (LEVELS - 1))] for i in range(LEVELS))


@lru_cache(maxsize=64)
def classes(count: int) -> tuple[str, ...]:
    """The 256 colors of a picture of `count` classes: three grays, Okabe-Ito, then what glasbey has unlike those."""
    colors = OKABE_ITO if count <= len(OKABE_ITO) else OKABE_ITO + tuple(filter(_is_new, colorcet.glasbey))
    return (GRAYS + colors * (256 // len(colors) + 1))[:256]


def _is_new(color: str) -> bool:
    rgb = bytes.fromhex(color[1:])
    return all(math.dist(rgb, bytes.fromhex(known[1:])) > ALIKE for known in OKABE_ITO)
