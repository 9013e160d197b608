"""Lens parameters: whether a dataset has them, and what runs make of them."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from dashboard import cache
from dashboard.state import PREDICTION
from photoz_core.dataset import Dataset
from photoz_core.run import Run

PARAMETERS = ("theta_E", "e1", "e2", "center_x", "center_y", "gamma", "gamma1", "gamma2")  # the simulator's order
MAPPED = ("theta_E", "e1", "gamma")  # columns of the paper's Figure 2
PROBE, OUTPUT = "linear probe of the latents", "the run's own prediction"


def has_lenses(dataset: Dataset | None) -> bool:
    """Whether lens parameters are what a dataset is about: θ_E is its label, or known of at least one object."""
    if dataset is None or dataset.meta.label == "theta_E":
        return dataset is not None
    return "theta_E" in known_parameters(dataset)


@lru_cache(maxsize=4)
def known_parameters(dataset: Dataset) -> tuple[str, ...]:
    """Those of `PARAMETERS` that are known of at least one object; looked up once."""
    return tuple(name for name in PARAMETERS if name in dataset.catalog and dataset.is_labelled(name).any())


def predictions(run: Run, dataset: Dataset, name: str) -> tuple[np.ndarray, str]:
    """What a run says of a parameter, and whether by its own prediction or a linear probe.

    Parameters
    ----------
    run : Run
        Finished, of this dataset.
    name : str
        A column of the catalog.

    Returns
    -------
    predicted : (N,) float
    source : str
        `OUTPUT` or `PROBE`.
    """
    return _predictions(run.folder, run.info["created"], dataset.folder, dataset.meta.fingerprint, name)


def scores(true: np.ndarray, predicted: np.ndarray) -> tuple[int, float, float]:
    """How many objects have both values (M,), R² = 1 − Σ (t − p)² / Σ (t − ⟨t⟩)², and the rms of p − t.

    R² is NaN where t does not vary, the rms where there is no object.
    """
    known = np.isfinite(true) & np.isfinite(predicted)
    t, error = true[known], (predicted - true)[known]
    if not t.size:
        return 0, float("nan"), float("nan")
    spread = np.square(t - t.mean()).sum()
    r2 = 1 - np.square(error).sum() / spread if spread > 0 else float("nan")
    return t.size, float(r2), float(np.sqrt(np.square(error).mean()))


@lru_cache(maxsize=64)
def _predictions(folder: Path, created: float, data: Path, fingerprint: str, name: str) -> tuple[np.ndarray, str]:
    from photoz_core.metrics.latent import linear_probe

    run, dataset = Run(folder), Dataset(data)
    if name + PREDICTION in run.predictions:
        return run.predictions[name + PREDICTION].to_numpy(float), OUTPUT
    return linear_probe(cache.latents(run), dataset.column(name), dataset.split == "train"), PROBE
