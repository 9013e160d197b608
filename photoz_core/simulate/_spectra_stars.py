"""Stellar light by age: black bodies with the breaks, lines and bands that an age of stars shows.

No fit to any library: temperatures, breaks and equivalent widths are chosen to be near those of simple stellar
populations, so that indices follow age and metals as they do in galaxies (Bruzual & Charlot 2003, their figs. 17–21).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from photoz_core.spectra import Grid

AGE_EDGES = np.array([1e6, 1.6e7, 1.26e8, 5e8, 1.6e9, 6.3e9, 1.38e10])  # yr; six populations
AGES = np.sqrt(AGE_EDGES[1:] * AGE_EDGES[:-1])
TEMPERATURE = (28000.0, 14000.0, 9300.0, 7500.0, 5900.0, 5000.0)  # K
BALMER_JUMP = (0.05, 0.25, 0.45, 0.40, 0.12, 0.0)  # drop of f_λ below 3700 Å
BLANKETING = (0.0, 0.01, 0.02, 0.05, 0.12, 0.2)  # optical depth of metals below 4000 Å
FOREST = (0.0, 0.03, 0.15, 0.35, 0.8, 1.0)  # strength of the many weak metal lines
METALS = 0.5  # growth of the metals' optical depth when metals double
NORM = 5500.0  # Å: where a population has unit f_λ
DISPERSIONS = np.array([0.0, 60.0, 120.0, 180.0, 240.0, 300.0, 360.0])  # km/s
INSTRUMENT = 69.0  # km/s, resolution of SDSS (1σ)
FINE = 4  # samples a pixel
LIGHT = 299792.458  # km/s
# vacuum wavelength [Å], 1σ width [Å], equivalent width [Å] by age; the Balmer series does not follow the metals
BALMER = (
    (6564.6, 7.0, (1.5, 3.0, 5.0, 4.0, 1.5, 0.8)),
    (4862.7, 7.0, (2.0, 5.0, 8.0, 6.0, 2.0, 1.3)),
    (4341.7, 7.0, (2.0, 5.0, 8.5, 6.5, 1.2, 0.5)),
    (4102.9, 7.0, (2.0, 5.0, 9.0, 7.0, 1.5, 0.5)),
    (3971.2, 7.0, (1.5, 4.0, 8.0, 6.0, 1.0, 0.0)),
    (3890.2, 7.0, (1.5, 4.0, 7.0, 5.0, 0.8, 0.0)),
    (3836.5, 7.0, (1.2, 3.5, 6.5, 4.5, 0.5, 0.0)),
    (3798.9, 7.0, (1.0, 3.0, 5.5, 4.0, 0.4, 0.0)),
)
METAL = (
    (3934.8, 6.0, (0.1, 0.4, 1.0, 3.0, 6.5, 8.0)),  # Ca K
    (3969.6, 6.0, (0.1, 0.3, 0.8, 2.5, 5.0, 6.5)),  # Ca H
    (3862.0, 18.0, (0.0, 0.0, 0.0, 0.5, 2.0, 6.0)),  # CN
    (4160.0, 20.0, (0.0, 0.0, 0.0, 0.0, 1.0, 3.5)),  # CN
    (4228.0, 4.0, (0.0, 0.0, 0.0, 0.3, 0.9, 1.6)),  # Ca
    (4305.0, 10.0, (0.0, 0.0, 0.2, 1.2, 4.5, 6.2)),  # G band
    (4384.0, 9.0, (0.0, 0.0, 0.2, 1.0, 3.0, 5.0)),  # Fe
    (4668.0, 15.0, (0.0, 0.0, 0.3, 1.5, 3.5, 6.0)),  # C2
    (5120.0, 45.0, (0.0, 0.0, 0.3, 1.0, 3.0, 6.0)),  # MgH
    (5176.0, 11.0, (0.0, 0.1, 0.4, 1.2, 2.8, 4.8)),  # Mg b
    (5271.0, 8.0, (0.0, 0.1, 0.5, 1.2, 2.3, 3.0)),  # Fe
    (5336.0, 8.0, (0.0, 0.1, 0.4, 1.0, 2.0, 2.7)),  # Fe
    (5894.6, 5.0, (0.2, 0.3, 0.5, 0.9, 1.8, 3.2)),  # Na D
    (5955.0, 30.0, (0.0, 0.0, 0.0, 0.0, 1.0, 3.0)),  # TiO, as the following
    (6190.0, 40.0, (0.0, 0.0, 0.0, 0.0, 1.5, 5.0)),
    (6700.0, 45.0, (0.0, 0.0, 0.0, 0.0, 0.5, 3.0)),
    (7120.0, 60.0, (0.0, 0.0, 0.0, 0.5, 2.0, 7.0)),
    (7650.0, 50.0, (0.0, 0.0, 0.0, 0.0, 1.0, 5.0)),
)


@dataclass(frozen=True)
class Stars:
    """Light of each age through each velocity dispersion.

    Parameters
    ----------
    basis : (dispersions, 2, ages, L)
        f_λ relative to the population's continuum at `NORM`: at solar metals, and its change when metals double.
    """

    basis: np.ndarray

    def __call__(self, light: np.ndarray, metals: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """f_λ (N, L) of populations with shares `light` (N, ages), `metals` (N,) [log₂ Z/Z_sun], `sigma` (N,) [km/s].

        Dispersions are interpolated between `DISPERSIONS`, which they must not exceed.
        """
        position = sigma / (DISPERSIONS[1] - DISPERSIONS[0])
        near = np.maximum(1 - np.abs(position[:, None] - np.arange(len(DISPERSIONS))), 0)
        both = np.stack([np.ones_like(metals), metals], axis=1)
        weight = near[:, :, None, None] * both[:, None, :, None] * light[:, None, None, :]
        return weight.reshape(len(light), -1) @ self.basis.reshape(-1, self.basis.shape[-1])


@cache
def stars(grid: Grid) -> Stars:
    """Populations on the pixels of `grid`: means over each pixel, blurred by instrument and stars' velocities."""
    from scipy.ndimage import gaussian_filter1d

    fine = Grid(grid.start - grid.step * (FINE - 1) / (2 * FINE), grid.step / FINE, grid.count * FINE)
    wave = fine.wavelength
    continuum = np.stack([_continuum(wave, *item) for item in zip(TEMPERATURE, BALMER_JUMP, strict=True)])
    hydrogen, metal = (_absorption(wave, lines) for lines in (BALMER, METAL))
    metal += np.outer(BLANKETING, 1 / (1 + np.exp((wave - 3990) / 8))) + np.outer(FOREST, _forest(wave))
    light = continuum * (1 - hydrogen) * np.exp(-metal)
    sharp = np.stack([light, -METALS * metal * light])
    pixel = np.log(10) * fine.step * LIGHT  # km/s
    widths = np.hypot(DISPERSIONS, INSTRUMENT) / pixel
    blurred = np.stack([gaussian_filter1d(sharp, width, axis=-1, mode="nearest") for width in widths])
    return Stars(blurred.reshape(*blurred.shape[:-1], grid.count, FINE).mean(axis=-1))


def _continuum(wave: np.ndarray, temperature: float, jump: float) -> np.ndarray:
    """Planck's f_λ, 1 at `NORM`, with a Balmer jump that the crowded end of the series rounds off."""

    def planck(x):
        return x**-5 / np.expm1(1.438777e8 / (x * temperature))

    return planck(wave) / planck(NORM) * (1 - jump / (1 + np.exp((wave - 3710) / 25)))


def _absorption(wave: np.ndarray, lines: tuple) -> np.ndarray:
    """Depth (ages, L), or optical depth, of Gaussian lines of these equivalent widths."""
    center, width = (np.array([line[i] for line in lines])[:, None] for i in (0, 1))
    shape = np.exp(-0.5 * ((wave - center) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return np.array([line[2] for line in lines]).T @ shape


def _forest(wave: np.ndarray) -> np.ndarray:
    """Optical depth (L,) of 300 weak metal lines, denser in the blue: drawn once, the same in all galaxies."""
    rng = np.random.default_rng(1980)
    center = 3200 * (6900 / 3200) ** (rng.random(300) ** 1.3)
    width = rng.exponential(0.4, 300) * (4300 / center) ** 2
    return _absorption(wave, tuple(zip(center, np.full(300, 2.5), width[:, None], strict=True)))[0]
