"""Images of one dataset made like those of another: the same bands, pixel scale, side and unit."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.methods.base import Batch, DataSpec

SAME_SCALE = 1e-3  # pixel scales that differ by less are the same
SAMPLE = 64  # images by which a dataset is seen to be normalised
PEAK = 2e-3  # their maxima are 1 to within this: float16 rounds by less
NAMED = 5  # objects named of those left out


class LikeOwn:
    """The images of `other`, batch by batch, as a method trained on `own` reads them.

    Parameters
    ----------
    own, other : Dataset
        The one that was trained on, the one that is looked at.
    spec : DataSpec
        Of the method.
    device : torch.device
        Where the batches go.
    step : callable
        Called as ``step(done, total)`` after each batch.

    Attributes
    ----------
    kept : list of int
        Rows that came through, once the batches are read.

    Raises
    ------
    PhotozError
        If bands are missing, units differ, or there are no images.
    """

    def __init__(
        self, own: Dataset, other: Dataset, spec: DataSpec, device: torch.device, step: Callable[[int, int], None]
    ):
        if "image" not in other.meta.arrays:
            raise PhotozError(f"dataset {other.name!r} has no images to place; import it with --images")
        self.other, self.device, self._step = other, device, step
        self._images = other.array("image")
        self._channels, self._steps = _channels(other, spec.bands)
        self._mean = len(spec.bands) < len(self._channels)
        self._normalise, notes = _unit(own, other)
        self._steps = [*self._steps, *notes]
        sides, targets = self._images.shape[2:], spec.image_shape[1:]
        factors, notes = _factors(own, other, sides, targets)
        self._steps += notes
        self._matrices = None
        if factors != (1, 1) or sides != targets:
            rows, columns = (resampling(*axis) for axis in zip(sides, targets, factors, strict=True))
            self._matrices = (rows, columns.T)
        calibrated = other.meta.arrays["image"].get("unit") == "uJy"
        self._gain = 1 / (factors[0] * factors[1]) if calibrated else 1.0  # a smaller pixel holds less flux
        self.kept: list[int] = []
        self._broken: list[int] = []
        self._dark: list[int] = []

    def batches(self, size: int) -> Iterator[Batch]:
        """The prepared images, `size` at a time; those that cannot be shown are left out.

        Raises
        ------
        PhotozError
            If none is left, or the method asks for more than images.
        """
        total = len(self._images)
        for start in range(0, total, size):
            chosen, images = self._chosen(start, torch.from_numpy(self._images[start : start + size].astype("f4")))
            self.kept += chosen
            if chosen:
                yield ImagesOnly(image=images.to(self.device))
            self._step(min(start + size, total), total)
        if not self.kept:
            raise PhotozError(f"dataset {self.other.name!r}: {'; '.join(self.notes)}; nothing is left to place")

    @property
    def notes(self) -> list[str]:
        """What was done to the images, and which were left out: a few words each."""
        left = (("NaN or infinite pixels", self._broken), ("no light", self._dark))
        return self._steps + [self._left_out(why, rows) for why, rows in left if rows]

    def _left_out(self, why: str, rows: list[int]) -> str:
        names = ", ".join(self.other.object_id[rows[:NAMED]])
        return f"left out for {why}: {len(rows)} ({names}{', …' if len(rows) > NAMED else ''})"

    def _chosen(self, start: int, images: Tensor) -> tuple[list[int], Tensor]:
        """Rows and prepared images (M, C, H, W) of a batch (B, bands, h, w) that begins at row `start`."""
        images = images[:, self._channels]
        rows = torch.arange(start, start + len(images))
        finite = images.isfinite().all(dim=(1, 2, 3))
        self._broken += rows[~finite].tolist()
        rows, images = rows[finite], self._prepared(images[finite])
        peak = images.amax(dim=(1, 2, 3))
        self._dark += rows[peak <= 0].tolist()
        rows, images, peak = rows[peak > 0], images[peak > 0], peak[peak > 0]
        return rows.tolist(), images / peak.view(-1, 1, 1, 1) if self._normalise else images

    def _prepared(self, images: Tensor) -> Tensor:
        if self._mean:
            images = images.mean(dim=1, keepdim=True)
        if self._matrices is not None:
            images = self._matrices[0] @ images @ self._matrices[1] * self._gain
        return images


class ImagesOnly(dict):
    """A batch that says what is wrong when a method asks it for more than images."""

    def __missing__(self, name: str):
        raise PhotozError(f"the method reads the {name} of each object beside its image: it cannot place images alone")


def resampling(side: int, target: int, factor: float) -> Tensor:
    """Weights (target, side) that enlarge `factor`-fold about the middle, then crop or pad with zeros.

    Bilinear, its triangle widened where pixels grow, against aliasing: where ``target == factor * side`` it is torch's
    ``interpolate(mode="bilinear", antialias=True)``. A whole shift is taken where nothing is resampled.
    """
    middle = (side - target) // 2 if factor == 1 else (side - target / factor) / 2 + (1 / factor - 1) / 2
    place = torch.arange(target, dtype=torch.float64) / factor + middle
    distance = (place[:, None] - torch.arange(side, dtype=torch.float64)).abs()
    weights = (1 - distance * min(factor, 1)).clamp_min(0)
    weights /= weights.sum(dim=1, keepdim=True).clamp_min(1e-9)
    outside = (place < -0.5) | (place > side - 0.5)
    return weights.masked_fill(outside[:, None], 0).float()


def _channels(other: Dataset, bands: tuple[str, ...]) -> tuple[list[int], list[str]]:
    """Channels of `other` to take, and what to say of it; several stand for a run's only band by their mean."""
    known = list(other.bands)
    if list(bands) == known:
        return list(range(len(known))), []
    if missing := [band for band in bands if band not in known]:
        if len(bands) > 1:
            raise PhotozError(
                f"dataset {other.name!r} has no images in {', '.join(missing)}; the run was trained on "
                f"{', '.join(bands)}: choose a dataset with these bands, or a run of one band"
            )
        what = f"mean of {', '.join(known)}" if len(known) > 1 else known[0]
        return list(range(len(known))), [f"{what} stands for {bands[0]}"]
    return [known.index(band) for band in bands], [f"of {', '.join(known)}, {', '.join(bands)} are used"]


def _unit(own: Dataset, other: Dataset) -> tuple[bool, list[str]]:
    """Whether images must be divided by their maximum, and what to say of it."""
    units = [dataset.meta.arrays["image"].get("unit", "") for dataset in (own, other)]
    if units[0] == "" and _normalised(own):
        return True, [] if _normalised(other) else [f"divided by its maximum, as those of {own.name} are"]
    if units[0] != units[1]:
        what = [unit.replace("uJy", "µJy") or "no calibrated unit" for unit in units]
        remedy = "without --uncalibrated, with --image-zero-point" if units[0] else "with --uncalibrated"
        raise PhotozError(
            f"images of {own.name!r} are in {what[0]}, those of {other.name!r} in {what[1]}; import it again {remedy}"
        )
    same = own.name == other.name or units[0] != ""
    return False, [] if same else ["pixel units are not calibrated; they are taken for the same"]


def _normalised(dataset: Dataset) -> bool:
    images = dataset.array("image")
    rows = np.unique(np.linspace(0, len(images) - 1, SAMPLE).astype(int))
    return bool((np.abs(images[rows].astype("f4").max(axis=(1, 2, 3)) - 1) < PEAK).all())


def _factors(own: Dataset, other: Dataset, sides: tuple, targets: tuple) -> tuple[tuple[float, float], list[str]]:
    """How many times more pixels an image gets along each axis, and what to say of it."""
    ours, theirs = own.meta.pixel_scale, other.meta.pixel_scale
    shown, wanted = (" × ".join(map(str, size)) for size in (sides, targets))
    if not np.isfinite(ours * theirs):
        unknown = " and ".join(dict.fromkeys(d.name for d in (own, other) if not np.isfinite(d.meta.pixel_scale)))
        brought = f": the whole image, {shown} pixels, is brought to {wanted}" if sides != targets else ""
        note = f"pixel scale of {unknown} unknown{brought}; angular sizes are not comparable"
        return (targets[0] / sides[0], targets[1] / sides[1]), [] if own.name == other.name else [note]
    factor, notes = theirs / ours, []
    if abs(factor - 1) < SAME_SCALE:
        factor = 1.0
    else:
        notes.append(f'resampled from {theirs:.4g}" to {ours:.4g}" a pixel')
    large = tuple(factor * side for side in sides)
    if max(full - target for full, target in zip(large, targets, strict=True)) >= 1:
        notes.append(f"cropped to the central {wanted} pixels")
    if max(target - full for full, target in zip(large, targets, strict=True)) >= 1:
        notes.append(f"padded with zeros to {wanted} pixels")
    return (factor, factor), notes
