"""Spectra of a dataset as arrays, one at a time, and what to do where no run can say anything about them."""

from dataclasses import dataclass

import numpy as np

from dashboard import cache
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.run import Run
from photoz_core.spectra import grid_of

METHOD, RECIPE, RECIPE_OF = "glo", "glo_spectra", "spectra-mock"  # what learns a generator, and how it is trained


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One spectrum.

    Parameters
    ----------
    wavelength : (L,) [Å, rest, vacuum]
    flux, error : (L,)
        In units of the spectrum's norm; where not measured `flux` is a fill and `error` 0.
    mask : (L,) bool
        True where not measured.
    truth : (L,) or None
        Without noise and gaps; None where nobody knows.
    """

    wavelength: np.ndarray
    flux: np.ndarray
    error: np.ndarray
    mask: np.ndarray
    truth: np.ndarray | None


def has_spectra(dataset: Dataset | None) -> bool:
    """Whether there is an array of spectra on a grid of wavelengths."""
    return dataset is not None and "grid" in dataset.meta.arrays.get("spectrum", {})


def spectrum_of(dataset: Dataset, row: int) -> Spectrum:
    """The spectrum of a row.

    Raises
    ------
    PhotozError
        If the dataset has no spectra.
    """
    of = lambda name: np.asarray(dataset.array(name)[row], np.float64)  # noqa: E731
    truth = of("spectrum_true") if "spectrum_true" in dataset.meta.arrays else None
    return Spectrum(
        grid_of(dataset).wavelength, of("spectrum"), of("spectrum_error"), of("spectrum_mask").astype(bool), truth
    )


def has_generator(run: Run | None) -> bool:
    """Whether a run has learned to draw spectra from codes."""
    return run is not None and run.recipe.method == METHOD


def whats_next(home: Home, dataset: str, run: Run | None) -> str:
    """Why there is no answer of a generator, as one line of Markdown; empty where the run has one."""
    if has_generator(run):
        return ""
    found = [(other, state) for other, state in cache.runs(home) if other.recipe.dataset == dataset]
    known = {state: other for other, state in found if has_generator(other)}
    if "done" in known:
        return f"**{run.recipe.method}** has no generator: choose *{known['done'].name}* above."
    if waiting := known.keys() & {"queued", "running"}:
        return f"A generator is {waiting.pop()}: its answers appear here by themselves."
    command = f"photoz train {RECIPE}" + ("" if dataset == RECIPE_OF else f" --dataset {dataset}")
    return f"No generator yet: `{command}`, or start it on the **Train** page. Until then, what it has to beat."
