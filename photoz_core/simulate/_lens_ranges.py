"""What the images of lenses are like: ranges of the parameters and the size of a pixel."""

import math

from photoz_core.errors import PhotozError
from photoz_core.options import options

PIXEL_SCALE = 0.05  # arcsec/pixel
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
        if math.hypot(*(max(map(abs, limits)) for limits in (self.e1, self.e2))) > 0.95:
            raise PhotozError(f"options 'ranges.e1', 'ranges.e2' = {self.e1}, {self.e2}: |e| may not exceed 0.95")
