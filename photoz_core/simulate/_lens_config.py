"""Options of the simulated lenses."""

from dataclasses import field, replace
from typing import Annotated, Literal

from annotated_types import Ge, Le

from photoz_core.errors import PhotozError
from photoz_core.options import NonNegative, Share, options
from photoz_core.simulate._lens_instruments import INSTRUMENTS
from photoz_core.simulate._lens_ranges import Range, Ranges

SMALLEST, SCALES = 16, (0.02, 1.0)  # side of an image [pixel]; pixel scales [arcsec]


@options
class Config:
    """Options of the simulated lenses; a number that is 0 is the instrument's own.

    Parameters
    ----------
    n : int
        Number of lenses (pairs of images), to 10⁶.
    seed : int
        The same one gives the same sample; two instruments see different lenses with it.
    instrument : str
        ``hst``, or ``euclid``: coarser pixels, a wider PSF and more noise.
    side : int
        Side of an image [pixel]; 0: 5.5″.
    pixel_scale : float
        [arcsec/pixel]
    noise : tuple
        Range of log10 of the noise's rms over the image's maximum.
    psf : str
        File of PSFs of your own, .npy or ``FILE.fits[EXTENSION]``: one kernel (k, k) or several (K, k, k).
    psf_pixel_scale : float
        Of that file [arcsec/pixel]; 0: as its FITS header says.
    shares : tuple
        Proportions of the lenses to train on, to validate with and to test with.
    supersampling : int
        Rays along each side of a pixel.
    lens_light : bool
        Whether the lens galaxy shines; its light leaks the shape of the mass.
    image_share : float
        Share of sources that are galaxy images; the others are core-Sérsic profiles.
    merger_share : float
        Share of images with two sources.
    sources : str
        Dataset of the same home whose images are lensed; by default mock galaxies, drawn without noise.
    ranges : Ranges
        Of the lens parameters.
    """

    n: Annotated[int, Ge(1), Le(1_000_000)] = 20000
    seed: Annotated[int, Ge(0)] = 0
    instrument: Literal["hst", "euclid"] = "hst"
    side: Annotated[int, Ge(0), Le(512)] = 0
    pixel_scale: NonNegative = 0.0
    noise: Range = (0.0, 0.0)
    psf: str = ""
    psf_pixel_scale: NonNegative = 0.0
    shares: tuple[NonNegative, NonNegative, NonNegative] = (0.0, 0.0, 0.0)
    supersampling: Annotated[int, Ge(1), Le(8)] = 2
    lens_light: bool = True
    image_share: Share = 0.75
    merger_share: Share = 0.10
    sources: str = ""
    ranges: Ranges = field(default_factory=Ranges)

    def __post_init__(self):
        low, high = SCALES
        if self.pixel_scale and not low <= self.pixel_scale <= high:
            raise PhotozError(f"option 'pixel_scale' = {self.pixel_scale}: give {low} to {high} arcsec, or 0")
        if self.side and self.side < SMALLEST:
            raise PhotozError(f"option 'side' = {self.side}: give {SMALLEST} pixels or more, or 0")
        if not self.noise[0] <= self.noise[1] <= 0:
            raise PhotozError(
                f"option 'noise' = {self.noise}: give log10 of shares of the maximum, the lower end first"
            )
        if any(self.shares) and not self.shares[0]:
            raise PhotozError(f"option 'shares' = {self.shares}: leave some lenses to train on")

    def resolved(self) -> "Config":
        """The same with the instrument's own numbers where these are 0."""
        instrument = INSTRUMENTS[self.instrument]
        scale = self.pixel_scale or instrument.pixel_scale
        return replace(
            self,
            pixel_scale=scale,
            side=self.side or round(instrument.field / scale),
            noise=self.noise if any(self.noise) else instrument.noise,
            shares=self.shares if any(self.shares) else instrument.shares,
        )
