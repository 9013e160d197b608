"""Sources behind the lens: galaxy images from a bank, and core-Sérsic profiles."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.simulate._lens_light import core_sersic

DRAWN, FAINTEST, NEAREST = 256, 25.2, 1.0  # the drawn bank: galaxies, their F814W limit, redshift behind most lenses
PROFILE = ("R_sersic", "Rb", "n_sersic", "gamma", "e1", "e2", "center_x", "center_y")
QUIET, EXTENT, CORNER = 0.05, 50, 12  # of real images: noise over peak, pixels above 3σ, side of the noise's corners


@dataclass(frozen=True)
class Bank:
    """Galaxy images to be lensed.

    Parameters
    ----------
    stamps : (S, h, w) float32
        Surface brightness, each with a maximum of 1 and none at its edge.
    pixel_scale : float
        [arcsec/pixel] in the source plane.
    """

    stamps: Tensor
    pixel_scale: float

    def __len__(self) -> int:
        return len(self.stamps)

    def to(self, device: torch.device | str) -> "Bank":
        return replace(self, stamps=self.stamps.to(device))

    def brightness(self, x: Tensor, y: Tensor, source: dict[str, Tensor]) -> Tensor:
        """Brightness (K, P) of stamp `source["stamp"]` (K,), turned and shifted, at x, y (K, P) [arcsec]; bilinear."""
        height, width = self.stamps.shape[1:]
        cos, sin = torch.cos(source["angle"])[:, None], torch.sin(source["angle"])[:, None]
        u, v = x - source["center_x"][:, None], y - source["center_y"][:, None]
        right = (cos * u + sin * v) * (2 / self.pixel_scale / width)
        up = (cos * v - sin * u) * (2 / self.pixel_scale / height)
        places = torch.view_as_real(torch.complex(right, up))[:, None]  # a stack takes five times as long
        chosen = self.stamps[source["stamp"]][:, None]
        return F.grid_sample(chosen, places, mode="bilinear", align_corners=False)[:, 0, 0]


NO_BANK = Bank(torch.zeros(1, 1, 1), 1.0)  # where no source is an image: drawing a bank takes seconds


def brightness(x: Tensor, y: Tensor, mass: Tensor, source: dict[str, Tensor], bank: Bank) -> Tensor:
    """Brightness (K, P) of K sources, each at the positions x, y (L, P) [arcsec] of row `mass` (K,).

    From the bank where `is_image`, else core-Sérsic.
    """
    result = torch.empty(len(mass), x.shape[1], dtype=x.dtype, device=x.device)
    for chosen, function in ((source["is_image"], bank.brightness), (~source["is_image"], _analytic)):
        rows = chosen.nonzero()[:, 0]
        if len(rows):
            there = (positions.index_select(0, mass[rows]) for positions in (x, y))
            result[rows] = function(*there, {name: value[rows] for name, value in source.items()})
    return result


def _analytic(x: Tensor, y: Tensor, source: dict[str, Tensor]) -> Tensor:
    return core_sersic(x, y, {name: source[name] for name in PROFILE})


@cache
def drawn_bank(seed: int) -> Bank:
    """Noiseless F814W images of `DRAWN` mock galaxies, blurred as HST sees them (the COSMOS images are, too)."""
    from photoz_core.simulate._draw import PIXEL_SCALE, camera
    from photoz_core.simulate._population import population
    from photoz_core.simulate._sed import BANDS, ZERO_POINT

    rng = np.random.default_rng(seed)
    galaxies, flux = population(26.0, 3.5).draw(20 * DRAWN, rng)
    total = flux[:, :, BANDS.index("F814W")].sum(axis=1)
    bright = np.flatnonzero((total > 10 ** (0.4 * (ZERO_POINT - FAINTEST))) & (galaxies.z > NEAREST))[:DRAWN]
    images = camera(64).draw(galaxies.iloc[bright], flux[bright], rng)
    return _bank(images[:, BANDS.index("F814W")], PIXEL_SCALE)


def bank_of(dataset: Dataset, most: int = 2000) -> Bank:
    """Images of a dataset as a bank: those with at least 50 pixels and little noise, as the paper chooses them.

    An image with a value that is not finite is left out.

    Parameters
    ----------
    dataset : Dataset
        With images; F814W is taken if it is among the bands, else the first one.
    most : int
        Images kept, the first of them.

    Raises
    ------
    PhotozError
        Without images or pixel scale, or if none is good enough.
    """
    if not np.isfinite(dataset.meta.pixel_scale):
        raise PhotozError(f"dataset {dataset.name!r} does not say its pixel scale; take another one for the sources")
    images = dataset.array("image")
    band = dataset.bands.index("F814W") if "F814W" in dataset.bands else 0
    kept: list[np.ndarray] = []
    for start in range(0, len(images), 1000):
        block = np.asarray(images[start : start + 1000, band], np.float32)
        block = block[np.isfinite(block).all(axis=(1, 2))]
        corners = np.concatenate([block[:, :CORNER, :CORNER], block[:, -CORNER:, -CORNER:]], axis=1)
        noise, peak = corners.std(axis=(1, 2)), _middle(block).max(axis=(1, 2))
        extent = (block > 3 * noise[:, None, None]).sum(axis=(1, 2))
        kept.extend(block[(peak > 0) & (noise < QUIET * peak) & (extent >= EXTENT)])
        if len(kept) >= most:
            break
    if not kept:
        raise PhotozError(
            f"dataset {dataset.name!r}: no image is finite and has {EXTENT} pixels and noise below 5 % of its peak"
        )
    return _bank(np.stack(kept[:most]), dataset.meta.pixel_scale)


def _middle(images: np.ndarray) -> np.ndarray:
    """The central half of images (S, h, w)."""
    height, width = images.shape[1:]
    return images[:, height // 4 : height - height // 4, width // 4 : width - width // 4]


def _bank(images: np.ndarray, pixel_scale: float) -> Bank:
    """Fade images (S, h, w) out towards their edge, or lensing would show it, and scale them to a maximum of 1."""
    axes = [np.linspace(-1, 1, side) for side in images.shape[1:]]
    radius = np.hypot(*np.meshgrid(*axes, indexing="ij"))
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip((radius - 0.7) / 0.3, 0, 1))
    faded = images * window
    faded /= faded.max(axis=(1, 2), keepdims=True)
    return Bank(torch.from_numpy(faded.astype(np.float32)), pixel_scale)
