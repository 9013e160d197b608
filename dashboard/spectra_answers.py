"""Answers to the Spectra page's questions, coarse ones first. Imports torch: import it where the work is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dashboard.spectra_choices import BINS, DRAWS, INTERPOLATION, MEAN, NOISE, PCA, POINTS, Problem, Way
from dashboard.spectra_scores import GENERATOR, Answer
from photoz_core.dataset import Dataset
from photoz_core.inverse import Downsample, Identity, LinearMap, Points, Search, Solution, Window, answers
from photoz_core.nets.spectra import SpectrumGenerator
from photoz_core.pipeline import load_method
from photoz_core.run import Run
from photoz_core.spectra import grid_of
from photoz_core.spectral_baselines import Interpolation, MeanSpectrum, PrincipalComponents

SEARCH = Search(steps=300, lr=0.03, restarts=4)  # as good as 1000 steps at 0.01, in a third of the time
AT = (8, 40, 120)  # steps after which an answer is shown
NOISE_DRAWS = 8
COMPONENTS = 50
SAMPLE = 4000  # training spectra that a baseline learns from, at most


@dataclass(frozen=True, eq=False)
class Measurement:
    """What is left of B spectra.

    Parameters
    ----------
    A : LinearMap
    y, error : (B, m)
    measured : (B, m) bool
        Where y is a measurement.
    given : (B, L) bool or None
        Pixels whose own value is in y; None where y mixes pixels.
    noise : float
        1σ of what was added to each pixel.
    """

    A: LinearMap
    y: Tensor
    error: Tensor
    measured: Tensor
    given: Tensor | None
    noise: float = 0.0


@dataclass(frozen=True, eq=False)
class Baselines:
    """What a generator has to beat, made of training spectra.

    Parameters
    ----------
    noise : float
        1σ of a training spectrum's pixel: root mean square of their errors.
    """

    mean: MeanSpectrum
    lines: Interpolation
    pca: PrincipalComponents
    noise: float

    def solve(self, measurement: Measurement) -> dict[str, Solution]:
        """The answer of each, by name; components have the training spectra's prior, under the noise at hand."""
        noise = float(np.hypot(self.noise, measurement.noise))
        known = {MEAN: self.mean, INTERPOLATION: self.lines, PCA: replace(self.pca, noise=noise)}
        y, A, measured = measurement.y, measurement.A, measurement.measured
        return {name: baseline(y, A, measured) for name, baseline in known.items()}


def generator_of(run: Run) -> SpectrumGenerator:
    """The generator of a finished run of GLO, read once."""
    return _generator(run.folder, run.info["created"])


def baselines_of(dataset: Dataset) -> Baselines:
    """The baselines of a dataset, made once of up to `SAMPLE` training spectra."""
    return _baselines(dataset.folder, dataset.meta.fingerprint)


def spectra_of(dataset: Dataset, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """Spectra, their 1σ and whether each pixel was measured: (B, L) each."""
    of = lambda name, kind: torch.from_numpy(np.asarray(dataset.array(name)[rows], kind))  # noqa: E731
    return of("spectrum", np.float32), of("spectrum_error", np.float32), ~of("spectrum_mask", bool)


def measure(problem: Problem, dataset: Dataset, rows: np.ndarray) -> Measurement:
    """Take away from the spectra of B rows what the problem says.

    A bin counts as measured where all its pixels were.
    """
    x, error, known = spectra_of(dataset, rows)
    grid, (count, length) = grid_of(dataset), x.shape
    if problem.kind == BINS:
        return _averaged(Downsample(problem.factor, torch.from_numpy(np.diff(grid.edges))), x, error, known)
    if problem.kind == NOISE:
        added = noise_of(problem.noise, count, length, problem.seed)
        sigma = problem.noise / length**0.5
        return Measurement(Identity(), x + added, error.square().add(sigma**2).sqrt(), known, known, sigma)
    if problem.kind == POINTS:
        A = Points.random(problem.share, count, length, problem.seed)
    else:
        low, high = problem.window
        A = Window(torch.from_numpy((grid.wavelength < low) | (grid.wavelength > high)))
    return hide(A, x, error, known)


def hide(A: Window | Points, x: Tensor, error: Tensor, known: Tensor) -> Measurement:
    """Spectra (B, L) without the pixels that A leaves out."""
    given = known & A.measured
    return Measurement(A, x, error, given, given)


def noise_of(norm: float, count: int, length: int, seed: int) -> Tensor:
    """Gaussian noise (count, length), each row of L2 norm `norm`, as Rissaki et al. 2020 prescribe it."""
    drawn = torch.randn(count, length, generator=torch.Generator().manual_seed(seed))
    return norm * drawn / drawn.norm(dim=1, keepdim=True)


def search_for(way: Way) -> Search:
    """How the generator's answer is searched for."""
    return replace(SEARCH, how=way.how, lam=way.lam, draws=NOISE_DRAWS if way.band == DRAWS else 0)


def solve(
    dataset: Dataset, row: int, run: Run | None, problem: Problem, way: Way, cancelled: Callable[[], bool]
) -> Iterator[dict[str, Answer]]:
    """Answers by name for one spectrum: the generator's coarse one, those of the baselines, finer ones.

    Parameters
    ----------
    run : Run or None
        Of GLO; None gives the baselines alone.

    Raises
    ------
    PhotozError
        If the problem leaves nothing of the spectrum.
    """
    measurement = measure(problem, dataset, np.array([row]))
    given = None if measurement.given is None else measurement.given[0].numpy()
    seen = _seen(measurement)
    answer = lambda solution, total=0: _answer(solution, given, seen, total)  # noqa: E731
    with_baselines = False
    if run is not None:
        search = search_for(way)
        parts = (measurement.y, measurement.A, measurement.measured, search, measurement.error)
        for solution in answers(generator_of(run), *parts, at=AT, cancelled=cancelled):
            yield {GENERATOR: answer(solution, search.steps)}
            if not with_baselines and not cancelled():
                yield {name: answer(found) for name, found in baselines_of(dataset).solve(measurement).items()}
                with_baselines = True
    elif not cancelled():
        yield {name: answer(found) for name, found in baselines_of(dataset).solve(measurement).items()}


def _answer(solution: Solution, given: np.ndarray | None, seen: tuple, total: int) -> Answer:
    x, spread = (part[0].double().numpy() for part in (solution.x, solution.spread))
    return Answer(x, spread, float(solution.loss_measured[0]), given, *seen, solution.steps, total)


def _seen(measurement: Measurement) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (L,) as they are given, NaN where they are not; of bins each pixel has its bin's value."""
    y = torch.where(measurement.measured, measurement.y, torch.nan)[0]
    if isinstance(measurement.A, Downsample):
        y = y.repeat_interleave(measurement.A.factor)[: len(measurement.A.width)]
    return (y.double().numpy(),)


def _averaged(A: Downsample, x: Tensor, error: Tensor, known: Tensor) -> Measurement:
    """Bins of spectra (B, L): their averages, and errors by the weights of A squared."""
    weights = A.apply(torch.eye(x.shape[1]))  # (L, m)
    whole = A.apply(known.float()) > 1 - 1e-6
    return Measurement(A, A.apply(x), (error.square() @ weights.square()).sqrt(), whole, None)


@lru_cache(maxsize=4)
def _generator(folder: Path, created: float) -> SpectrumGenerator:
    return load_method(Run(folder)).generator


@lru_cache(maxsize=2)
def _baselines(folder: Path, fingerprint: str) -> Baselines:
    dataset = Dataset(folder)
    rows = np.sort(np.random.default_rng(0).permutation(dataset.rows("train"))[:SAMPLE])
    x, error, known = spectra_of(dataset, rows)
    noise = float(error[known].square().mean().sqrt())
    wavelength = torch.from_numpy(grid_of(dataset).wavelength)
    return Baselines(MeanSpectrum.of(x), Interpolation(wavelength), PrincipalComponents.of(x, COMPONENTS), noise)
