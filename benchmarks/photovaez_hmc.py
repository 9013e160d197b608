"""Are PhotoVAEz's posteriors on a grid those that Hamiltonian Monte Carlo draws, as the draft does it?

Both take ln p̂(x, z) with the same fixed numbers, so that they may differ by the grid and by the noise of the draws
only: with n independent draws the largest of 200 objects' Kolmogorov distances is about 1.8/√n. The numbers
behind each p̂, `--evidence-samples`, are fewer than a run takes, to save time; both sides use them.

    python benchmarks/photovaez_hmc.py --home ~/photoz-benchmark --run 2024-05-01-photovaez
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report
from benchmarks.galaxies import DATASET, dataset_of, run_of
from photoz_core.dataset import Dataset
from photoz_core.hmc import sample_redshifts
from photoz_core.home import Home
from photoz_core.pipeline import load_method
from photoz_core.posterior import grid_cdf
from photoz_core.recipe import load_recipe
from photoz_core.rows import Rows
from photoz_core.run import Run

OBJECTS, GOAL = 200, 0.02
TOP = 3  # the grids reach this many times the largest redshift of the training: beyond it there is nothing left
FINE = 1000  # redshifts of the fine grid


def finished_run(home: Home, arguments) -> Run:
    """The run asked for, or a small one on --dataset."""
    if arguments.run:
        return Run(home.run(arguments.run))
    if arguments.dataset == DATASET:
        dataset_of(home, 600 if arguments.quick else 8000)
    changes = {"fit": {"epochs": 2, "min_steps": 0}} if arguments.quick else {}
    return run_of(home, load_recipe("photovaez", home, dataset=arguments.dataset, **changes))


def test_objects(home: Home, run: Run, model, count: int):
    """Batch of the first test objects."""
    dataset = Dataset(home.dataset(run.recipe.dataset))
    visible = dataset.visible_labels(run.recipe.label_fraction, run.recipe.seed)
    rows = Rows(dataset, dataset.rows("test")[:count], model.needs, model.spec, visible, torch.device("cpu"))
    return rows.batch(slice(None))


def fine_cdf(model, batch, edges: torch.Tensor) -> np.ndarray:
    """CDF (N, E) at `edges` from 1000 redshifts, evenly in ln z."""
    log_z = torch.linspace(edges[1].log().item() - 2, edges[-1].log().item(), FINE)
    parts = [grid_cdf(model.log_joint(part, log_z), log_z, edges) for part in model.features(batch).split(1)]
    return torch.cat(parts).numpy()


def distance(z: np.ndarray, cdf: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Largest |ΔCDF| (N,) at `edges` between draws (N, n) and a CDF (N, E)."""
    drawn = np.stack([np.searchsorted(np.sort(row), edges, "right") / len(row) for row in z])
    return np.abs(drawn - cdf).max(1)


def measure(arguments) -> Iterator[Figure]:
    count, warmup, samples = (20, 100, 200) if arguments.quick else (OBJECTS, 200, arguments.samples)
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(Path(arguments.home or scratch).expanduser())
        run = finished_run(home, arguments)
        model = load_method(run)
        model.config = replace(model.config, posterior="importance", evidence_samples=arguments.evidence_samples)
        batch = test_objects(home, run, model, count)
    edges = torch.linspace(0, TOP * model.spec.statistics["label_max"][0], 2001)
    began = time.monotonic()
    with torch.no_grad():
        fine, coarse = fine_cdf(model, batch, edges), model.cdf(batch, edges).numpy()
    yield Figure("grids: seconds", time.monotonic() - began, "s")
    yield Figure("the run's grid against the fine one: largest |ΔCDF|", float(np.abs(fine - coarse).max()))
    began = time.monotonic()
    found = sample_redshifts(model, batch, arguments.chains, warmup, samples)
    yield Figure("HMC: seconds", time.monotonic() - began, "s")
    yield Figure("HMC: draws an object", found.z[0].size)
    gap = distance(found.z.reshape(len(found.z), -1), fine, edges.numpy())
    goal = None if arguments.quick else bool(gap.max() <= GOAL)  # too few draws for the goal
    yield Figure("HMC against the fine grid: largest |ΔCDF|", float(gap.max()), "", f"≤ {GOAL}", goal)
    yield Figure("HMC against the fine grid: median |ΔCDF|", float(np.median(gap)))
    yield Figure(f"objects within {GOAL}", float((gap <= GOAL).mean()))
    yield Figure("median acceptance", float(np.median(found.acceptance)))
    yield Figure("worst R̂", float(found.rhat.max()), "", "< 1.05", bool(found.rhat.max() < 1.05))


def add_arguments(parser) -> None:
    parser.add_argument("--home", default="", help="keeps dataset and run (default: a folder that is deleted)")
    parser.add_argument("--run", default="", help="id of a finished photovaez run (default: one is trained)")
    parser.add_argument("--dataset", default=DATASET, help="what to train on without --run")
    parser.add_argument("--chains", type=int, default=8)
    parser.add_argument("--samples", type=int, default=2000, help="draws of a chain")
    parser.add_argument("--evidence-samples", type=int, default=8, help="importance samples of p̂(x, z), on both sides")


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
