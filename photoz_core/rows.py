"""Rows of a dataset as batches on a device, and the statistics a method is built with."""

import os
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.features import COVARIATES, photometric_features, vae_features
from photoz_core.methods.base import Batch, DataSpec

RESIDENT_SHARE = 0.5  # of the device's free memory that images may take; larger sets are gathered batch by batch
ARRAYS = {  # batch keys that are arrays of the dataset, and what to do without
    "image": "has no images; choose a photometry method or import it with --images",
    "pair": "has no array 'pair', a second image of each lens; choose method simsiam or simulate pairs of lenses",
    "spectrum": "has no spectra; choose a method of images or photometry, or import spectra",
    "spectrum_error": "has no array 'spectrum_error'; import the spectra with their errors or inverse variances",
    "spectrum_mask": "has no array 'spectrum_mask', which says where a spectrum was not measured; import it anew",
}
CHUNK = 4096  # spectra read at once for their statistics
MAD_SAMPLE = 512  # images that the pixel scatter of each band is measured on


class Rows:
    """The rows of a dataset that a training or an inference reads.

    Parameters
    ----------
    dataset : Dataset
    rows : (M,) int
        Row numbers.
    needs : tuple of str
        Keys of the batch (see `photoz_core.methods.base.Batch`).
    spec : DataSpec
    visible : (N,) bool
        Rows whose label may be seen; the others' are NaN.
    device : torch.device
    """

    def __init__(
        self, dataset: Dataset, rows: np.ndarray, needs, spec: DataSpec, visible: np.ndarray, device: torch.device
    ):
        self.rows, self.device = np.asarray(rows), device
        self._resident: dict[str, Tensor] = {}
        self._images: dict[str, np.ndarray] | None = None
        for name in [name for name in ARRAYS if name in needs]:
            self._open_array(dataset, name)
        if "magnitude" in needs:
            self._resident["magnitude"] = self._tensor(dataset.magnitudes(spec.bands)[self.rows])
        if "magnitude_error" in needs:
            self._resident["magnitude_error"] = self._tensor(dataset.magnitude_errors(spec.bands)[self.rows])
        if "covariate" in needs:
            self._resident["covariate"] = self._tensor(covariates(dataset, spec.covariates)[self.rows])
        if "label" in needs:
            values = label_values(dataset, spec)
            values[~visible] = np.nan
            self._resident["label"] = self._tensor(values[self.rows])
        self._places = torch.from_numpy(_places(dataset)[self.rows]).to(device) if "row" in needs else None

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, index: Tensor | slice) -> Batch:
        """The batch of these positions (not row numbers), float32 but for ``row``."""
        batch = {name: tensor[index].float() for name, tensor in self._resident.items()}
        if self._places is not None:
            batch["row"] = self._places[index]
        if self._images is not None:
            rows = self.rows[index] if isinstance(index, slice) else self.rows[index.cpu().numpy()]
            for name, images in self._images.items():
                batch[name] = torch.from_numpy(images[rows]).to(self.device, non_blocking=True).float()
        return batch

    @property
    def labelled(self) -> Tensor:
        """Mask (M,) of the rows with a visible label."""
        return torch.isfinite(self._resident["label"]).all(dim=1)

    def batches(self, size: int):
        """All rows in order, `size` at a time."""
        for start in range(0, len(self), size):
            yield self.batch(slice(start, start + size))

    def _open_array(self, dataset: Dataset, name: str) -> None:
        images = dataset.array(name)
        size = len(self.rows) * int(np.prod(images.shape[1:])) * images.itemsize
        if size < RESIDENT_SHARE * free_memory(self.device):
            self._resident[name] = torch.from_numpy(images[self.rows]).to(self.device)
        else:
            self._images = (self._images or {}) | {name: images}

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(self.device)


def free_memory(device: torch.device) -> int:
    """Free memory of a device [bytes]."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):  # not on every system; then a laptop's usual share
        return 4 << 30


def label_values(dataset: Dataset, spec: DataSpec) -> np.ndarray:
    """Labels (N, T), NaN where unknown; a class as its index in `spec.classes`."""
    columns = [dataset.column(name) for name in spec.labels]
    if spec.classes:
        order = {name: float(i) for i, name in enumerate(spec.classes)}
        names, inverse = np.unique(columns[0], return_inverse=True)
        columns = [np.array([order.get(name, np.nan) for name in names])[inverse]]
    return np.stack(columns, axis=1) if columns else np.full((len(dataset), 0), np.nan)


def covariates(dataset: Dataset, names: tuple[str, ...]) -> np.ndarray:
    """Covariates (N, E)."""
    return np.stack([dataset.column(name) for name in names], axis=1) if names else np.empty((len(dataset), 0))


def data_spec(dataset: Dataset, needs, labels: tuple[str, ...], classification: bool, bands, rows, visible) -> DataSpec:
    """Shapes and training statistics for a method.

    Parameters
    ----------
    needs, labels, bands : tuple of str
        What the method reads, predicts, and in which bands (empty: all of the dataset).
    rows : (M,) int
        Training rows; nothing else enters the statistics.
    visible : (N,) bool
        Rows whose label may be seen.

    Raises
    ------
    PhotozError
        If the dataset lacks images, bands or labels that the method needs.
    """
    if absent := [name for name in ARRAYS if name in needs and name not in dataset.meta.arrays]:
        raise PhotozError(f"dataset {dataset.name!r} {ARRAYS[absent[0]]}")
    bands = tuple(bands or dataset.bands)
    classes: tuple[str, ...] = ()
    if classification:
        classes = tuple(sorted(set(dataset.column(labels[0]).astype(str)) - {"", "nan"}))
    shape = tuple(dataset.array("image").shape[1:]) if "image" in needs else ()
    names = tuple(name for name in COVARIATES if name in dataset.catalog) if "covariate" in needs else ()
    spec = DataSpec(bands, shape, tuple(labels), classes, covariates=names)
    return replace(spec, statistics=_statistics(dataset, needs, spec, rows, visible))


def _statistics(dataset: Dataset, needs, spec: DataSpec, rows, visible) -> dict[str, list[float]]:
    statistics: dict[str, list[float]] = {}
    if "image" in needs:
        statistics["band_mad"] = _band_mad(dataset, rows)
    if "magnitude" in needs:
        magnitude = dataset.magnitudes(spec.bands)[rows]
        statistics |= _moments("color", photometric_features(magnitude))
    if "magnitude_error" in needs:
        if absent := [band for band, column in zip(spec.bands, magnitude.T, strict=True) if np.isnan(column).all()]:
            raise PhotozError(
                f"dataset {dataset.name!r}: no training object has a magnitude in {', '.join(absent)}; "
                f"leave it out with options.bands"
            )
        statistics["error_share"] = np.isfinite(dataset.magnitude_errors(spec.bands)[rows]).mean(0).tolist()
    if "covariate" in needs:
        inputs = map(torch.from_numpy, (magnitude, covariates(dataset, spec.covariates)[rows]))
        statistics |= _moments("feature", vae_features(*inputs, spec.bands).numpy())
    if "spectrum" in needs:
        statistics |= _spectrum_statistics(dataset, rows)
    if "row" in needs:
        statistics["rows"] = [float(len(rows))]
    if spec.labels:
        statistics |= _label_statistics(label_values(dataset, spec)[rows], visible[rows])
    return statistics


def _label_statistics(values: np.ndarray, visible: np.ndarray) -> dict[str, list[float]]:
    values = np.where(visible[:, None], values, np.nan)
    log = np.log(values, out=np.full_like(values, np.nan), where=values > 0)
    top = np.where(np.isfinite(values), values, -np.inf).max(0, initial=-np.inf)
    low = np.where(np.isfinite(values), values, np.inf).min(0, initial=np.inf)
    return {
        **_moments("label", values),
        **_moments("log_label", log),
        "label_min": np.where(np.isfinite(low), low, 0.0).tolist(),
        "label_max": np.where(np.isfinite(top), top, 1.0).tolist(),
        "label_share": [float(np.isfinite(values).all(1).mean()) if len(values) else 0.0],
    }


def _moments(name: str, values: np.ndarray) -> dict[str, list[float]]:
    """Mean and standard deviation of each column, NaN ignored; 0 and 1 where there is nothing to measure."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, values, 0).sum(0) / count
    variance = np.where(known, values - mean, 0) ** 2
    std = np.sqrt(variance.sum(0) / count)
    return {f"{name}_mean": mean.tolist(), f"{name}_std": np.where(std > 0, std, 1.0).tolist()}


def _spectrum_statistics(dataset: Dataset, rows) -> dict[str, list[float]]:
    """Mean of the measured values of each pixel, of those filled in where none was; and one scatter around it."""
    count = total = filled = squares = 0.0
    for part in np.array_split(rows, np.arange(CHUNK, len(rows), CHUNK)):
        x = np.nan_to_num(dataset.array("spectrum")[part].astype(np.float64))
        known = ~dataset.array("spectrum_mask")[part].astype(bool)
        count, total = count + known.sum(0), total + np.where(known, x, 0).sum(0)
        filled, squares = filled + x.sum(0), squares + np.where(known, x**2, 0).sum(0)
    mean = np.where(count > 0, total / np.maximum(count, 1), filled / max(len(rows), 1))
    variance = (squares - count * mean**2).sum() / max(count.sum(), 1)
    return {"spectrum_mean": mean.tolist(), "spectrum_scale": [float(np.sqrt(variance)) if variance > 0 else 1.0]}


def _places(dataset: Dataset) -> np.ndarray:
    """Place (N,) of each row in the training split, −1 outside."""
    places = np.full(len(dataset), -1)
    places[dataset.rows("train")] = np.arange(len(dataset.rows("train")))
    return places


def _band_mad(dataset: Dataset, rows: np.ndarray) -> list[float]:
    chosen = np.sort(np.random.default_rng(0).permutation(rows)[:MAD_SAMPLE])
    pixels = dataset.array("image")[chosen].astype(np.float32).swapaxes(0, 1).reshape(len(dataset.bands), -1)
    mad = np.median(np.abs(pixels - np.median(pixels, axis=1, keepdims=True)), axis=1)
    if empty := [band for band, values in zip(dataset.bands, pixels, strict=True) if np.ptp(values) == 0]:
        raise PhotozError(f"dataset {dataset.name!r}: all pixels of {', '.join(empty)} are equal; blank images?")
    return mad.tolist()
