"""Cameras whose images of lenses can be simulated: size of a pixel and of an image, PSF and noise.

Sources of the numbers: `data/lenses-mock.md` (hst) and `data/lenses-euclid.md` (euclid).
"""

from dataclasses import dataclass

from photoz_core.simulate._lens_ranges import Range


@dataclass(frozen=True)
class Instrument:
    """An imager, and the PSFs that stand in for its own: an obstructed aperture and a jittered Moffat core.

    Parameters
    ----------
    name, band : str
    pixel_scale : float
        [arcsec/pixel]
    side : int
        Of an image [pixel].
    noise : tuple
        log10 of the noise's rms over the image's maximum.
    shares : tuple
        Objects to train on, to validate with and to test with, as proportions.
    diameter, obscuration : float
        Of the aperture [m]; inner over outer diameter.
    wavelength, beta, jitter : tuple
        Effective wavelength [nm], slope of the Moffat core and its FWHM [arcsec], drawn from these ranges.
    ellipticity : float
        Standard deviation of the core's shear.
    psfs, psf_side, psf_seed : int
        Kernels; pixels along one; seed they are drawn with.
    stream : tuple of int
        Added to the seed of a sample: with one seed, two instruments see different lenses.
    galaxies : int
        Seed of the drawn source galaxies, so that they see different ones of these, too.
    """

    name: str
    band: str
    pixel_scale: float
    side: int
    noise: Range
    shares: tuple[float, float, float]
    diameter: float
    obscuration: float
    wavelength: Range
    beta: Range
    jitter: Range
    ellipticity: float
    psfs: int
    psf_side: int
    psf_seed: int
    stream: tuple[int, ...]
    galaxies: int

    @property
    def field(self) -> float:
        """Side of an image [arcsec]."""
        return self.side * self.pixel_scale


HST = Instrument(
    name="HST",
    band="F814W",
    pixel_scale=0.05,
    side=110,
    noise=(-3.25, -2.25),
    shares=(70, 15, 15),
    diameter=2.4,
    obscuration=0.33,
    wavelength=(740, 890),
    beta=(2.5, 4),
    jitter=(0.03, 0.07),
    ellipticity=0.03,
    psfs=23,
    psf_side=33,
    psf_seed=23,
    stream=(),
    galaxies=814,
)
EUCLID = Instrument(
    name="Euclid",
    band="VIS",
    pixel_scale=0.1,
    side=55,
    noise=(-2.5, -1.5),
    shares=(10, 1, 10),
    diameter=1.2,
    obscuration=0.33,
    wavelength=(650, 760),
    beta=(2.5, 2.5),
    jitter=(0.08, 0.10),
    ellipticity=0.02,
    psfs=12,
    psf_side=21,
    psf_seed=1,
    stream=(1,),
    galaxies=815,
)
INSTRUMENTS = {"hst": HST, "euclid": EUCLID}
