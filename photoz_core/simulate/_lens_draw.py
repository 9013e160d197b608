"""Draw scenes: trace rays to the source plane, average to pixels, convolve with a PSF, add noise."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from scipy.fft import next_fast_len
from torch import Tensor

from photoz_core.simulate._lens_light import sersic
from photoz_core.simulate._lens_mass import deflection
from photoz_core.simulate._lens_population import Scene, draw_scene
from photoz_core.simulate._lens_ranges import PIXEL_SCALE
from photoz_core.simulate._lens_sources import NO_BANK, Bank, brightness, drawn_bank

PSFS, PSF_SIDE = 23, 33  # kernels, and pixels of one
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
        count = self.side * self.supersampling
        return F.avg_pool2d(rays.view(-1, count, count), self.supersampling)

    def blur(self, image: Tensor, psf: Tensor) -> Tensor:
        """Convolve image (B, C, side, side) with kernels number `psf` (B,); nothing comes from beyond the edge."""
        fast, half = self.psf.shape[1], self.psf_side // 2
        spectrum = torch.fft.rfft2(image, s=(fast, fast)) * self.psf[psf][:, None]
        inside = slice(half, half + self.side)
        return torch.fft.irfft2(spectrum, s=(fast, fast))[..., inside, inside]

    def arcs(self, scene: Scene, bank: Bank) -> Tensor:
        """Lensed sources (B, side, side) before the PSF, each source with a maximum of its weight."""
        alpha_x, alpha_y = deflection(self.x, self.y, scene.lens)
        beta_x, beta_y = torch.sub(self.x, alpha_x, out=alpha_x), torch.sub(self.y, alpha_y, out=alpha_y)
        rows, slot = scene.sources["weight"].nonzero(as_tuple=True)
        source = {name: values[rows, slot] for name, values in scene.sources.items()}
        lensed = at_most_one(self.pixels(brightness(beta_x[rows], beta_y[rows], source, bank)))
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


def pairs(lens: Tensor, generator: torch.Generator, config, device, bank: Bank | None) -> tuple[Tensor, Scene, Tensor]:
    """Two images of each lens (B, 8), as `lenses.draw_pairs` says.

    Returns
    -------
    images : (B, 2, 1, side, side)
    scene : Scene of 2 B images, those of a pair in sequence
    noise_rms : (B, 2)
        Over the maximum of the image.
    """
    bank = (bank or (drawn_bank() if config.image_share else NO_BANK)).to(device)
    lens = lens.to(generator.device).repeat_interleave(2, dim=0)
    scene = draw_scene(lens, generator, config, len(bank), PSFS).to(device)
    view = camera(config.side, config.supersampling, torch.device(device))
    image, noise = draw(scene, bank, view, generator, config.lens_light)
    return image.view(-1, 2, *image.shape[1:]), scene, noise.view(-1, 2)


def draw(scene: Scene, bank: Bank, view: Camera, generator: torch.Generator, lens_light: bool) -> tuple[Tensor, Tensor]:
    """Images (B, 1, side, side) with noise and a maximum of 1, and the noise's rms (B,) in them.

    The noise comes from the generator's device: one on the device of `view` is fastest, one on the CPU gives the same
    sample everywhere.
    """
    device = view.x.device
    block = max(1, RAYS.get(device.type, RAYS_ELSEWHERE) // len(view.x))
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


@cache
def camera(side: int, supersampling: int, device: torch.device) -> Camera:
    """Set up images of `side` pixels."""
    count = side * supersampling
    axis = (torch.arange(count, device=device) - (count - 1) / 2) * (PIXEL_SCALE / supersampling)
    kernels = torch.from_numpy(psfs()).to(device)
    fast = next_fast_len(side + PSF_SIDE - 1, real=True)
    spectrum = torch.fft.rfft2(kernels, s=(fast, fast))
    return Camera(side, supersampling, axis.repeat(count), axis.repeat_interleave(count), spectrum, PSF_SIDE)


@cache
def psfs() -> np.ndarray:
    """PSFs (23, 33, 33) float32, each with a sum of 1: HST's obstructed aperture near F814W and a jittered Moffat core.

    They stand in for the paper's Tiny Tim kernels.
    """
    import galsim

    rng, kernels = np.random.default_rng(23), []
    for _ in range(PSFS):
        aperture = galsim.Airy(lam=rng.uniform(740, 890), diam=2.4, obscuration=0.33)
        jitter = galsim.Moffat(beta=rng.uniform(2.5, 4), fwhm=rng.uniform(0.03, 0.07))
        jitter = jitter.shear(g1=rng.normal(0, 0.03), g2=rng.normal(0, 0.03))
        scene = galsim.Convolve(aperture, jitter)
        image = scene.drawImage(nx=PSF_SIDE, ny=PSF_SIDE, scale=PIXEL_SCALE, method="no_pixel")
        kernels.append(np.maximum(image.array, 0))
    kernels = np.stack(kernels).astype(np.float64)
    return (kernels / kernels.sum(axis=(1, 2), keepdims=True)).astype(np.float32)
