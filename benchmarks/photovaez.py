"""Does PhotoVAEz learn redshifts from few labels what supervised methods do not, and are its PDFs calibrated?

Imports BOSS, SDSS galaxies, DC2 (simulated) and ZFOURGE COSMOS from the sample files in --data, and trains on 1, 5, 20
and 100 % of the labels, several seeds: PhotoVAEz; the same predictor on labels only; the photometry MLP; the random
forest; trainZ. Judged on the test split, which nothing was tuned on. Runs are kept in --home and taken up again:
several processes can share the work, a dataset each; the last one reads all.

    python benchmarks/photovaez.py --home ~/photoz-benchmark [--datasets boss dc2] [--fractions 0.01]
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report
from benchmarks.galaxies import run_of
from benchmarks.real import dataset_of
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.recipe import load_recipe

DATASETS = ("boss", "sdss-galaxies", "dc2", "zfourge-all")
FRACTIONS = (0.01, 0.05, 0.2, 1.0)
OURS, PREDICTOR, CONTROL = "photovaez", "photovaez_supervised", "trainz"
RECIPES = (OURS, PREDICTOR, "photometry_mlp", "photometry_forest", CONTROL)
RESAMPLE = {("dc2", 0.01): 1.0}
"""`resample` where it is not the recipe's 0, of PhotoVAEz and its control alike: chosen on the validation split."""
POINT = {"σ_NMAD": "scatter", "outliers": "outliers"}
PDF = {"PIT KS": "ks", "CDE loss": "cde_loss", "coverage 68 %": "coverage_68"}


def scores(metrics: dict) -> dict[str, float]:
    """The figures compared, of one run."""
    found = {label: metrics["point"][key] for label, key in POINT.items()}
    return found | {label: metrics["pdf"][key] for label, key in PDF.items() if "pdf" in metrics}


def compare(home: Home, name: str, fraction: float, seeds: range, changes: dict) -> Iterator[Figure]:
    """One dataset at one label fraction: every method, then whether the goals are met."""
    table: dict[str, dict[str, np.ndarray]] = {}
    for recipe in RECIPES:
        given = {"dataset": name, "label_fraction": fraction}
        if recipe in (OURS, PREDICTOR):
            given["options"] = {"resample": RESAMPLE.get((name, fraction), 0.0), "nonpositive": "drop"}
        if recipe in (OURS, PREDICTOR, "photometry_mlp"):
            given["fit"] = changes
        runs = [run_of(home, load_recipe(recipe, home, seed=seed, **given)) for seed in seeds]
        rows = [scores(run.metrics) for run in runs]
        table[recipe] = {key: np.array([row[key] for row in rows], float) for key in rows[0]}
        for key, values in table[recipe].items():
            spread = float(values.std(ddof=1)) if len(values) > 1 else None
            yield Figure(f"{name}: {100 * fraction:g} %: {recipe}: {key}", float(values.mean()), error=spread)
        if recipe == OURS:
            yield skipped([run.history()["skipped"].iloc[-1] for run in runs], f"{name}: {100 * fraction:g} %")
    yield from verdicts(f"{name}: {100 * fraction:g} %", fraction, table)


def skipped(shares: list[float], where: str) -> Figure:
    """Share of steps that gradient skipping did not take."""
    share = float(np.mean(shares))
    return Figure(f"{where}: photovaez: skipped steps", share, goal="≤ 1e-4", ok=share <= 1e-4)


def verdicts(where: str, fraction: float, table: dict) -> Iterator[Figure]:
    """The goals: near the best with all labels, best with few, better calibrated than its own supervised predictor."""
    mean = {recipe: values["σ_NMAD"].mean() for recipe, values in table.items()}
    best = min(value for recipe, value in mean.items() if recipe != OURS)
    limit = 1.05 if fraction == 1 else 1.0 if fraction <= 0.05 else None
    if limit:
        ratio = float(mean[OURS] / best)
        yield Figure(f"{where}: σ_NMAD / best of the others", ratio, goal=f"≤ {limit}", ok=ratio <= limit)
    gap = float((table[OURS]["PIT KS"] - table[PREDICTOR]["PIT KS"]).mean())
    yield Figure(f"{where}: PIT KS − supervised predictor's", gap, goal="< 0", ok=gap < 0)


def measure(arguments) -> Iterator[Figure]:
    data = Path(arguments.data).expanduser()
    if not data.is_dir():
        raise PhotozError(f"{data}: no such folder; give the folder with the sample files as --data")
    changes = {"epochs": 2, "min_steps": 0} if arguments.quick else {}
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(Path(arguments.home or scratch).expanduser())
        for name in ("zfourge-all",) if arguments.quick else arguments.datasets:
            dataset_of(home, name, data)
            for fraction in (1.0,) if arguments.quick else arguments.fractions:
                yield from compare(home, name, fraction, range(1 if arguments.quick else arguments.seeds), changes)


def add_arguments(parser) -> None:
    parser.add_argument("--home", default="", help="keeps datasets and runs (default: a folder that is deleted)")
    parser.add_argument("--data", default="../shared/data", help="folder with the sample files")
    parser.add_argument("--datasets", nargs="+", default=DATASETS, choices=DATASETS)
    parser.add_argument("--fractions", nargs="+", type=float, default=FRACTIONS)
    parser.add_argument("--seeds", type=int, default=3)


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
