"""Draw scenes: trace rays to the source plane, average to pixels, convolve with a PSF, add noise."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from photoz_core.simulate._lens_instruments import INSTRUMENTS
from photoz_core.simulate._lens_light import sersic
from photoz_core.simulate._lens_mass import deflection
from photoz_core.simulate._lens_population import Scene, draw_scene
from photoz_core.simulate._lens_psf import psfs
from photoz_core.simulate._lens_sources import NO_BANK, Bank, brightness, drawn_bank

RAYS = {"cpu": 200_000}  # traced at a time: on a CPU as many as fit into its cache
RAYS_ELSEWHERE = 12_000_000  # about 1 GB
FAINTEST = 1e-20  # below which an image has no light to divide by


@dataclass(frozen=True)
class Camera:
    """The pixels, their rays and the PSFs on a device.

    Parameters
    ----------
    side, supersampling : int
        Pixels a side; rays a side of a pixel.
    x, y : (P,)
        Rays [arcsec], P = (side supersampling)², rows first, centered on 0.
    psf : (K, fast, fast // 2 + 1) complex64
        Fourier images of the PSFs.
    psf_side : int
        Side of a kernel, odd.
    """

    side: int
    supersampling: int
    x: Tensor
    y: Tensor
    psf: Tensor
    psf_side: int

    def pixels(self, rays: Tensor) -> Tensor:
        """Mean of the rays (K, P) in each pixel: (K, side, side)."""
        each = self.supersampling
        rays = rays.view(-1, self.side * each, self.side * each)
        total = rays[:, ::each, ::each].clone()  # sums of strided views: on a CPU several times faster than avg_pool2d
        for i, j in list(product(range(each), repeat=2))[1:]:
            total += rays[:, i::each, j::each]
        return total.div_(each**2)

    def blur(self, image: Tensor, psf: Tensor) -> Tensor:
        """Convolve image (B, C, side, side) with kernels number `psf` (B,); nothing comes from beyond the edge."""
        fast, half = self.psf.shape[1], self.psf_side // 2
        spectrum = torch.fft.rfft2(image, s=(fast, fast)) * self.psf[psf][:, None]
        inside = slice(half, half + self.side)
        return torch.fft.irfft2(spectrum, s=(fast, fast))[..., inside, inside]

    def arcs(self, scene: Scene, bank: Bank) -> Tensor:
        """Lensed sources (B, side, side) before the PSF, each source with a maximum of its weight."""
        alpha_x, alpha_y = deflection(self.x, self.y, scene.lens[:: scene.alike])
        beta_x, beta_y = torch.sub(self.x, alpha_x, out=alpha_x), torch.sub(self.y, alpha_y, out=alpha_y)
        rows, slot = scene.sources["weight"].nonzero(as_tuple=True)
        source = {name: values[rows, slot] for name, values in scene.sources.items()}
        lensed = at_most_one(self.pixels(brightness(beta_x, beta_y, rows // scene.alike, source, bank)))
        total = lensed.new_zeros(len(scene), self.side, self.side)
        return total.index_add_(0, rows, lensed * source["weight"][:, None, None])

    def image(self, scene: Scene, bank: Bank, lens_light: bool = True) -> Tensor:
        """Noiseless images (B, side, side) with a maximum of 1."""
        arcs = self.arcs(scene, bank)
        if not lens_light:
            return at_most_one(self.blur(arcs[:, None], scene.psf)[:, 0])
        light = self.pixels(sersic(self.x, self.y, scene.light))
        parts = at_most_one(self.blur(torch.stack([arcs, light], dim=1), scene.psf))
        return at_most_one(parts[:, 0] + scene.light_ratio[:, None, None] * parts[:, 1])


def images_of(
    lens: Tensor, generator: torch.Generator, config, device, bank: Bank | None, alike: int = 2
) -> tuple[Tensor, Scene, Tensor]:
    """`alike` images of each lens (B, 8), two as `lenses.draw_pairs` says.

    Returns
    -------
    images : (B, alike, 1, side, side)
    scene : Scene of alike × B images, those of a lens in sequence
    noise_rms : (B, alike)
        Over the maximum of the image.
    """
    config = config.resolved()
    if bank is None:
        bank = drawn_bank(INSTRUMENTS[config.instrument].galaxies) if config.image_share else NO_BANK
    bank = bank.to(device)
    view = camera(config, torch.device(device))
    lens = lens.to(generator.device).repeat_interleave(alike, dim=0)
    scene = draw_scene(lens, generator, config, len(bank), len(view.psf), alike).to(device)
    image, noise = draw(scene, bank, view, generator, config.lens_light)
    return image.view(-1, alike, *image.shape[1:]), scene, noise.view(-1, alike)


def draw(scene: Scene, bank: Bank, view: Camera, generator: torch.Generator, lens_light: bool) -> tuple[Tensor, Tensor]:
    """Images (B, 1, side, side) with noise and a maximum of 1, and the noise's rms (B,) in them.

    The noise comes from the generator's device: one on the device of `view` is fastest, one on the CPU gives the same
    sample everywhere.
    """
    device = view.x.device
    lenses = max(1, RAYS.get(device.type, RAYS_ELSEWHERE) // (len(view.x) * scene.alike))
    block = lenses * scene.alike
    image = torch.empty(len(scene), view.side, view.side, device=device)
    for start in range(0, len(scene), block):
        rows = slice(start, start + block)
        image[rows] = view.image(scene[rows], bank, lens_light)
    noise = torch.randn(image.shape, generator=generator, device=generator.device).to(device)
    image.addcmul_(noise, scene.noise_rms[:, None, None])
    return at_most_one(image)[:, None], scene.noise_rms / image.amax(dim=(1, 2))


def at_most_one(image: Tensor) -> Tensor:
    """Image (…, H, W) over its maximum."""
    return image / image.amax(dim=(-2, -1), keepdim=True).clamp_min(FAINTEST)


def camera(config, device: torch.device) -> Camera:
    """Set up images as `config` says.

    Raises
    ------
    PhotozError
        If the PSFs of the user cannot be used.
    """
    config = config.resolved()
    kernels = psfs(config)
    return _camera(config.side, config.supersampling, config.pixel_scale, kernels.shape, kernels.tobytes(), device)


@lru_cache(maxsize=8)
def _camera(
    side: int, supersampling: int, pixel_scale: float, shape: tuple, kernels: bytes, device: torch.device
) -> Camera:
    count = side * supersampling
    axis = (torch.arange(count, device=device) - (count - 1) / 2) * (pixel_scale / supersampling)
    kernels = torch.from_numpy(np.frombuffer(kernels, np.float32).reshape(shape).copy()).to(device)
    fast = next_fast_len(side + shape[1] - 1, real=True)
    spectrum = torch.fft.rfft2(kernels, s=(fast, fast))
    return Camera(side, supersampling, axis.repeat(count), axis.repeat_interleave(count), spectrum, shape[1])
