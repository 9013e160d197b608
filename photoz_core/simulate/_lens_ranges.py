"""Ranges of the lens parameters, and what no lens may be."""

import math
from typing import TYPE_CHECKING

from photoz_core.errors import PhotozError
from photoz_core.options import options

if TYPE_CHECKING:
    from torch import Tensor

FLATTEST = 0.95  # |e| of a mass: the series of its deflection is cut off at a number of terms that holds below
Range = tuple[float, float]


@options
class Ranges:
    """Uniform ranges of the lens parameters, by default those of the color bars in LenSiam's figure.

    Parameters
    ----------
    theta_E : tuple
        Einstein radius [arcsec].
    e1, e2 : tuple
        Ellipticity components (1 − q) / (1 + q) cos 2φ, sin 2φ.
    center_x, center_y : tuple
        Center of the mass [arcsec].
    gamma : tuple
        Slope of the density, 2 for an isothermal one.
    gamma1, gamma2 : tuple
        External shear.
    """

    theta_E: Range = (0.8, 1.8)
    e1: Range = (-0.5, 0.5)
    e2: Range = (-0.5, 0.5)
    center_x: Range = (-0.15, 0.15)
    center_y: Range = (-0.15, 0.15)
    gamma: Range = (1.5, 2.5)
    gamma1: Range = (-0.12, 0.12)
    gamma2: Range = (-0.12, 0.12)

    def __post_init__(self):
        for name, (low, high) in vars(self).items():
            if not low <= high:
                raise PhotozError(f"option 'ranges.{name}' = ({low}, {high}): give the lower end first")
        if not (self.gamma[0] > 1 and self.gamma[1] < 3):
            raise PhotozError(f"option 'ranges.gamma' = {self.gamma}: a power law needs a slope between 1 and 3")
        if not self.theta_E[0] > 0:
            raise PhotozError(f"option 'ranges.theta_E' = {self.theta_E}: an Einstein radius is positive")
        if math.hypot(*(max(map(abs, limits)) for limits in (self.e1, self.e2))) >= FLATTEST:
            raise PhotozError(f"options 'ranges.e1', 'ranges.e2' = {self.e1}, {self.e2}: |e| stays below {FLATTEST}")


def check_parameters(parameters: "Tensor", names: tuple[str, ...]) -> None:
    """Raise a PhotozError unless `parameters` (B, 8) are of lenses that can be drawn.

    Parameters
    ----------
    names : tuple of str
        Of the columns.

    Raises
    ------
    PhotozError
        Naming the first row that is wrong and the parameter.
    """
    if parameters.ndim != 2 or parameters.shape[1] != len(names):
        raise PhotozError(
            f"lens parameters of shape {tuple(parameters.shape)}; give (B, {len(names)}): {', '.join(names)}"
        )
    column = dict(zip(names, parameters.T, strict=True))
    e1, e2, gamma = column["e1"], column["e2"], column["gamma"]
    wrong = [((name,), ~values.isfinite(), "a finite number") for name, values in column.items()]
    wrong.append((("theta_E",), column["theta_E"] <= 0, "a positive number of arcsec"))
    wrong.append((("gamma",), (gamma <= 1) | (gamma >= 3), "a slope between 1 and 3"))
    wrong.append((("e1", "e2"), e1.hypot(e2) >= FLATTEST, f"an ellipticity |e| below {FLATTEST}"))
    for shown, bad, expected in wrong:
        if bad.any():
            row = int(bad.nonzero()[0, 0])
            values = ", ".join(f"{name} = {column[name][row].item():g}" for name in shown)
            raise PhotozError(f"lens parameters, row {row}: {values}; give {expected}")
