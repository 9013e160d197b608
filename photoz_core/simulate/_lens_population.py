"""Who is drawn: lens parameters, and for each image of a lens its source, lens light, PSF and noise.

The paper gives the ranges of the lens, the shares of the sources and the scatter of the light. Sérsic index and radius
of the lens light and its contrast are those of a co-author's related simulator, the noise is the instrument's;
positions and shapes of the sources are in neither and are this project's choice.
"""

import math
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from photoz_core.simulate._lens_mass import PARAMETERS

SCATTER = 0.025  # of the light's shape and place about the mass's, in units of the parameter's range
FOLLOWED = ("e1", "e2", "center_x", "center_y")  # in which the light follows the mass
LIGHT = {"n_sersic": (3.0, 8.0), "R_sersic": (0.5, 2.6)}  # R in units of theta_E
CORE_SERSIC = {"R_sersic": (0.1, 0.5), "Rb": (0.01, 0.1), "n_sersic": (1.0, 4.0), "gamma": (0.0, 0.5)}
SOURCE_ELLIPTICITY, SOURCE_OFFSET = 0.3, 0.25  # largest |e1|, |e2|; largest |x|, |y| [arcsec]
MERGER_SEPARATION, MERGER_WEIGHT = (0.1, 0.5), (0.3, 1.0)  # of the second source [arcsec], its peak over the first's
LOG_LIGHT_RATIO = (-0.1, 2.0)  # lens light over arcs, both at their maxima


@dataclass(frozen=True)
class Scene:
    """All that determines B images but their noise's pixels.

    Parameters
    ----------
    lens : (B, 8)
        In the order of `PARAMETERS`.
    light : dict of (B,)
        Sérsic profile of the lens light.
    light_ratio, noise_rms : (B,)
        Maximum of the lens light over that of the arcs; noise over the maximum of the image.
    psf : (B,) int
    sources : dict of (B, 2)
        First and second source, a core-Sérsic profile and a turned stamp of the bank; `weight` is 0 for a second
        one that is not there.
    alike : int
        So many images in sequence are of the same mass; a slice may not part them.
    """

    lens: Tensor
    light: dict[str, Tensor]
    light_ratio: Tensor
    noise_rms: Tensor
    psf: Tensor
    sources: dict[str, Tensor]
    alike: int = 1

    def __len__(self) -> int:
        return len(self.lens)

    def __getitem__(self, rows: slice) -> "Scene":
        return self._each(lambda values: values[rows])

    def to(self, device: torch.device | str) -> "Scene":
        return self._each(lambda values: values.to(device))

    def _each(self, change) -> "Scene":
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "alike"}
        changed = {
            name: {key: change(item) for key, item in value.items()} if isinstance(value, dict) else change(value)
            for name, value in values.items()
        }
        return replace(self, **changed)


def uniform(generator: torch.Generator, shape: tuple[int, ...], low: float, high: float) -> Tensor:
    """U(low, high) float32 on the generator's device."""
    return low + (high - low) * torch.rand(shape, generator=generator, device=generator.device)


def draw_scene(lens: Tensor, generator: torch.Generator, config, stamps: int, psfs: int, alike: int = 1) -> Scene:
    """Draw everything but the mass of B images, on the generator's device.

    Parameters
    ----------
    lens : (B, 8)
    config : lenses.Config
        Resolved (see `Config.resolved`).
    stamps, psfs : int
        How many there are to choose from.
    alike : int
        So many rows of `lens` in sequence are the same.
    """
    count = (len(lens),)
    light = {name: uniform(generator, count, *limits) for name, limits in LIGHT.items()}
    light["R_sersic"] = light["R_sersic"] * lens[:, PARAMETERS.index("theta_E")]
    for name in FOLLOWED:
        low, high = getattr(config.ranges, name)
        noise = torch.randn(count, generator=generator, device=generator.device)
        value = lens[:, PARAMETERS.index(name)] + SCATTER * (high - low) * noise
        light[name] = value.clamp(low, high)
    ratio = 10 ** uniform(generator, count, *LOG_LIGHT_RATIO)
    noise_rms = 10 ** uniform(generator, count, *config.noise)
    psf = torch.randint(psfs, count, generator=generator, device=generator.device)
    return Scene(lens, light, ratio, noise_rms, psf, _draw_sources(len(lens), generator, config, stamps), alike)


def _draw_sources(count: int, generator: torch.Generator, config, stamps: int) -> dict[str, Tensor]:
    pair = (count, 2)
    sources = {name: uniform(generator, pair, *limits) for name, limits in CORE_SERSIC.items()}
    limits = {name: SOURCE_ELLIPTICITY for name in ("e1", "e2")}
    limits |= {name: SOURCE_OFFSET for name in ("center_x", "center_y")}
    sources |= {name: uniform(generator, pair, -limit, limit) for name, limit in limits.items()}
    sources["is_image"] = uniform(generator, pair, 0, 1) < config.image_share
    sources["stamp"] = torch.randint(stamps, pair, generator=generator, device=generator.device)
    sources["angle"] = uniform(generator, pair, 0, 2 * math.pi)
    distance = uniform(generator, (count,), *MERGER_SEPARATION)
    direction = uniform(generator, (count,), 0, 2 * math.pi)
    for name, turn in (("center_x", torch.cos), ("center_y", torch.sin)):
        sources[name][:, 1] = sources[name][:, 0] + distance * turn(direction)
    merges = uniform(generator, (count,), 0, 1) < config.merger_share
    second = uniform(generator, (count,), *MERGER_WEIGHT) * merges
    sources["weight"] = torch.stack([torch.ones_like(second), second], dim=1)
    return sources
