"""A cutout from elsewhere in the latent space of a run: made like its training images, and embedded."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from photoz_core._overlay_images import ImagesOnly, LikeOwn
from photoz_core.cutout import Cutout
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._photometry import MICROJANSKY
from photoz_core.errors import PhotozError
from photoz_core.inference import infer
from photoz_core.methods.base import Batch, Method
from photoz_core.optimisation import pick_device
from photoz_core.overlay import require_images
from photoz_core.run import Run


@dataclass(frozen=True, eq=False)
class Placed:
    """A cutout as a run sees it.

    Parameters
    ----------
    name : str
    image : (C, H, W) float32
        In the bands, side and unit of the run.
    latents : (D,) float32
    notes : tuple of str
        What was assumed of the file, and done to it.
    """

    name: str
    image: np.ndarray
    latents: np.ndarray
    notes: tuple[str, ...] = ()


def place_cutout(run: Run, own: Dataset, method: Method, cutout: Cutout) -> Placed:
    """Embed a cutout by a run's own method.

    Parameters
    ----------
    run : Run
        Finished.
    own : Dataset
        The one it was trained on: the cutout is brought to its bands, unit, pixel scale and side.
    method : Method
        The run's, see `photoz_core.pipeline.load_method`.
    cutout : Cutout

    Raises
    ------
    PhotozError
        If the run reads no images, or the cutout has other bands, or gray levels where the run reads fluxes.
    """
    require_images(run, method)
    config = replace(run.recipe.fit_config(), quarter_turns=1)  # latents are of the image as it is
    device = pick_device(config.device)
    other = _OneImage(own, cutout, method.spec.bands)
    like = LikeOwn(own, other, method.spec, device, lambda done, total: None)
    (batch,) = like.batches(1)
    latents = infer(method, _Prepared(batch, device), config).latents[""]
    notes = (*cutout.notes, *other.notes, *like.notes)
    return Placed(cutout.name, batch["image"][0].cpu().numpy(), latents[0], notes)


class _OneImage:
    """What `LikeOwn` asks of a dataset, of one cutout."""

    def __init__(self, own: Dataset, cutout: Cutout, bands: tuple[str, ...]):
        unit = own.meta.arrays["image"].get("unit", "")
        if cutout.is_picture and unit:
            raise PhotozError(
                f"{cutout.name}: a picture has gray levels, and {own.name!r} has fluxes; upload a FITS file with one "
                f"plane each of {', '.join(bands)}"
            )
        self.name, self.object_id = cutout.name, np.array([cutout.name])
        self.bands, self.notes = _bands(own, cutout, bands), []
        pixels = cutout.planes
        if unit == "uJy":
            pixels = self._in_microjansky(cutout)
        scale = cutout.pixel_scale
        if not np.isfinite(scale) and np.isfinite(own.meta.pixel_scale):
            scale = own.meta.pixel_scale
            self.notes.append(f'no pixel scale in the header: taken as {scale:.4g}", that of {own.name}')
        self.meta = Meta(cutout.name, bands=self.bands, pixel_scale=scale, arrays={"image": {"unit": unit}})
        self._image = pixels[None]

    def _in_microjansky(self, cutout: Cutout) -> np.ndarray:
        points = cutout.zero_points or (None,) * len(cutout.planes)
        if any(point is None for point in points):
            self.notes.append("no unit or zero point in the header: taken as µJy")
            return cutout.planes
        factors = 10 ** (0.4 * (MICROJANSKY - np.array(points)))
        if np.allclose(factors, 1):
            return cutout.planes
        zero_points = ", ".join(f"{point:g}" for point in dict.fromkeys(points))
        self.notes.append(f"scaled to µJy from AB zero point {zero_points}")
        return cutout.planes * factors.astype(np.float32)[:, None, None]

    def array(self, name: str) -> np.ndarray:
        return self._image


def _bands(own: Dataset, cutout: Cutout, bands: tuple[str, ...]) -> list[str]:
    """Names of the planes: those that the file says, else those of the dataset or the run by their order."""
    count = len(cutout.planes)
    if cutout.bands and set(bands) <= set(cutout.bands):
        return list(cutout.bands)
    for names in (own.bands, bands):
        if count == len(names):
            return list(names)
    if cutout.is_picture and len(bands) == 1:
        return ["B", "G", "R"]  # whose mean stands for the only band
    listed = ", ".join(own.bands)
    raise PhotozError(
        f"{cutout.name}: {count} plane{'s' * (count != 1)}; {own.name!r} has {len(own.bands)} bands: give one plane "
        f"each of {listed}, in this order"
    )


@dataclass
class _Prepared:
    """One batch as the rows that `infer` reads."""

    batch: ImagesOnly
    device: torch.device

    def batches(self, size: int) -> Iterator[Batch]:
        yield self.batch
