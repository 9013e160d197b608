"""Answers for many spectra at once, as in Rissaki et al. 2020, Figure 2. Imports torch: import it where the work is."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dashboard import spectra_boxes as boxes
from dashboard.spectra_answers import Measurement, baselines_of, generator_of, hide, measure, spectra_of
from dashboard.spectra_boxes import Errors, Results
from dashboard.spectra_choices import HOW, Problem
from dashboard.spectra_choices import NOISE as DENOISING
from photoz_core.dataset import Dataset
from photoz_core.inverse import Search, Solution, Window, answers
from photoz_core.run import Run

COUNT = 100  # spectra of each split, as in the paper
SEARCH = Search(steps=150, lr=0.04, restarts=1)  # medians within 4 % of those after 1000 steps at 0.01
LAMBDA = 1e-3


def sample(dataset: Dataset, split: str) -> np.ndarray:
    """Rows of up to `COUNT` spectra of a split, seeded."""
    return np.sort(np.random.default_rng(0).permutation(dataset.rows(split))[:COUNT])


def window_of_measured(known: Tensor, share: float, seed: int) -> Window:
    """One window for each of B spectra over this share of its measured pixels (B, L), so that some are always left."""
    count = known.sum(dim=1, keepdim=True)
    width = (share * count).round()
    place = torch.rand(len(known), 1, generator=torch.Generator().manual_seed(seed))
    start, rank = ((count - width + 1) * place).floor(), known.cumsum(dim=1) - 1
    return Window(~((rank >= start) & (rank < start + width) & known))


def work_out(run: Run, dataset: Dataset, panel: str, level: float, cancelled: Callable[[], bool]) -> Results:
    """Errors at one level of a panel by group; of the baselines on test spectra. Nothing if `cancelled`."""
    test = sample(dataset, "test")
    if panel == boxes.NOISE:
        given = measure(Problem(DENOISING, noise=level), dataset, test)
        asked = {how: (given, test, replace(SEARCH, how=how, lam=LAMBDA)) for how in HOW}
    else:
        rows = {"test": test, "train": sample(dataset, "train")}
        asked = {split: (_windowed(dataset, rows[split], level / 100), rows[split], SEARCH) for split in rows}
        given = asked["test"][0]
    results = {}
    for group, (part, rows, search) in asked.items():
        for solution in answers(generator_of(run), part.y, part.A, part.measured, search, cancelled=cancelled):
            results[group] = _errors(solution, part, dataset, rows)
    if cancelled():
        return {}
    for name, solution in baselines_of(dataset).solve(given).items():
        results[name] = _errors(solution, given, dataset, test)
    return {(panel, level, group): errors for group, errors in results.items()}


def sweep(run: Run, dataset: Dataset, cancelled: Callable[[], bool]) -> Iterator[Results]:
    """What is still unknown of a run, a level of a panel at a time; kept as it comes."""
    results = boxes.kept(run)
    for panel, level in boxes.undone(results):
        found = work_out(run, dataset, panel, level, cancelled)
        if cancelled():
            return
        results |= found
        yield found


def _windowed(dataset: Dataset, rows: np.ndarray, share: float) -> Measurement:
    x, error, known = spectra_of(dataset, rows)
    return hide(window_of_measured(known, share, 0), x, error, known)


def _errors(solution: Solution, given: Measurement, dataset: Dataset, rows: np.ndarray) -> Errors:
    x, _, known = spectra_of(dataset, rows)
    squared = (solution.x - x).square()
    return Errors(_mean(squared, known), _mean(squared, known & ~given.given))


def _mean(values: Tensor, where: Tensor) -> np.ndarray:
    """Mean (B,) of values (B, L) where asked for; NaN where nowhere."""
    return ((values * where).sum(1) / where.sum(1)).double().numpy()
