"""A column of a state as a picture with its palette: the same on the page, in a journal figure and in a report."""

from collections.abc import Iterable
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
    colormap = _colormap(state, column.cmap)
    picture = pictures.number_picture(layers, values.array, _limits(state, name))
    return Shade(picture, palettes.numbers(colormap), colormap)


def prepare(state: State, layers: Layers, names: Iterable[str]) -> None:
    """Average those of the columns `names` that are numbers in one pass over the points, for `shade` to find."""
    numbers = [name for name in dict.fromkeys(names) if name in state.table and not state.values(name).is_category]
    pictures.average(layers, [state.values(name).array for name in numbers], [_limits(state, name) for name in numbers])


def _limits(state: State, name: str) -> tuple[float, float]:
    limits = state.limits(name)
    return pictures.centred(limits) if state.column(name).cmap in palettes.DIVERGING else limits


def _colormap(state: State, suggested: str) -> str:
    return suggested if state.colormap == "auto" else state.colormap
