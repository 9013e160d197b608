"""A column of a state as a picture with its palette: the same on the page, in a journal figure and in a report."""

from dataclasses import dataclass

from dashboard import palettes, pictures
from dashboard.defaults import DENSITY
from dashboard.pictures import Layers, Picture
from dashboard.state import State


@dataclass(frozen=True, eq=False)
class Shade:
    """A picture and what its colors mean.

    Parameters
    ----------
    picture : Picture
    palette : tuple of str
        Color of each code of the picture.
    colormap : str
        Of numbers; empty of classes.
    classes : tuple of str
        Names of the classes, in the order of their colors; empty of numbers.
    """

    picture: Picture
    palette: tuple[str, ...]
    colormap: str = ""
    classes: tuple[str, ...] = ()


def shade(state: State, layers: Layers, name: str) -> Shade:
    """Shade the column `name` of the state's table, or the density of its objects, with the state's choices.

    Raises
    ------
    PhotozError
        If the table has no such column.
    """
    if name == DENSITY:
        colormap = _colormap(state, "viridis")
        return Shade(pictures.density_picture(layers), palettes.numbers(colormap), colormap)
    values, column = state.values(name), state.column(name)
    if values.is_category:
        count = len(values.classes)
        picture = pictures.class_picture(layers, values.array, count)
        return Shade(picture, palettes.classes(count), classes=values.classes)
    limits, colormap = state.limits(name), _colormap(state, column.cmap)
    if column.cmap in palettes.DIVERGING:
        limits = pictures.centred(limits)
    return Shade(pictures.number_picture(layers, values.array, limits), palettes.numbers(colormap), colormap)


def _colormap(state: State, suggested: str) -> str:
    return suggested if state.colormap == "auto" else state.colormap
