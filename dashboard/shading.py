"""A column of a state as a picture with its palette: the same on the page, in a journal figure and in a report."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard import palettes, pictures
from dashboard.column_values import Values
from dashboard.defaults import DENSITY
from dashboard.pictures import Layers, Picture
from dashboard.state import State
from photoz_core.columns import Column


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


@dataclass(frozen=True, eq=False)
class Look:
    """A column and how it is colored, looked up once for all that is drawn of it.

    Parameters
    ----------
    name : str
    column : Column
    values : Values or None
        None for the density.
    limits : tuple of float
        Of numbers, as the state has them; empty of classes and the density.
    colormap : str
        Of numbers and the density; empty of classes.
    """

    name: str
    column: Column
    values: Values | None
    limits: tuple = ()
    colormap: str = ""

    @property
    def key(self) -> tuple:
        """What a picture of it depends on, see `dashboard.similar_choices.same`."""
        return self.name, self.values and self.values.array, self.limits, self.colormap

    @property
    def span(self) -> tuple[float, float]:
        """Values of the first and the last color."""
        return pictures.centred(self.limits) if self.column.cmap in palettes.DIVERGING else self.limits


def look(state: State, name: str) -> Look:
    """How the state colors the column `name` of its table, or the density of its objects.

    Raises
    ------
    PhotozError
        If the table has no such column.
    """
    column = state.column(name)
    values = None if name == DENSITY else state.values(name)
    if values is not None and values.is_category:
        return Look(name, column, values)
    colormap = ("viridis" if values is None else column.cmap) if state.colormap == "auto" else state.colormap
    return Look(name, column, values, () if values is None else state.limits(name), colormap)


def shade(layers: Layers, look: Look) -> Shade:
    """A column, or the density of the objects, on these pixels."""
    if look.values is None:
        return Shade(pictures.density_picture(layers), palettes.numbers(look.colormap), look.colormap)
    if look.values.is_category:
        classes = look.values.classes
        picture = pictures.class_picture(layers, look.values.array, len(classes))
        return Shade(picture, palettes.classes(len(classes)), classes=classes)
    picture = pictures.number_picture(layers, look.values.array, look.span)
    return Shade(picture, palettes.numbers(look.colormap), look.colormap)


def prepare(layers: Layers, looks: Iterable[Look]) -> None:
    """Average those of the columns that are numbers in one pass over the points, for `shade` to find."""
    numbers = [look for look in looks if look.limits]
    pictures.average(layers, [look.values.array for look in numbers], [look.span for look in numbers])
