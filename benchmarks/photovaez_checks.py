"""Does PhotoVAEz agree with itself, and does it find what is no galaxy?

Takes the runs with all labels that `benchmarks/photovaez.py` left in --home (and trains those that are missing).

Simulation-based check: galaxies drawn from the trained model itself must have uniform PITs under its own posterior,
importance-sampled with --samples draws. Outliers: real SDSS stars, and test galaxies with one magnitude shifted by 1.5
mag, ranked by −log p(x) among untouched test galaxies; and galaxies with another's redshift, ranked by −log p(x, z).
Peer: scikit-learn's isolation forest on the same standardised features (and ln z), fitted on the training split.

    python benchmarks/photovaez_checks.py --home ~/photoz-benchmark
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report
from benchmarks.galaxies import run_of
from benchmarks.real import dataset_of
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.metrics.pdf import goodness
from photoz_core.pipeline import load_method
from photoz_core.posterior import grid_cdf
from photoz_core.recipe import load_recipe
from photoz_core.rows import Rows

CHECKS = ("simulation", "outliers")
SHIFT = 1.5  # mag
GRID = 40  # redshifts, about each posterior


def model_of(home: Home, name: str, seed: int, changes: dict, samples: int):
    """The trained model of a dataset, with so many importance samples, and its run."""
    run = run_of(home, load_recipe("photovaez", home, dataset=name, seed=seed, fit=changes))
    model = load_method(run)
    model.config = replace(model.config, evidence_samples=samples)
    return model, run


@torch.no_grad()
def own_pits(model, count: int) -> np.ndarray:
    """PITs (count,) of galaxies drawn from the model under its importance-sampled posterior."""
    torch.manual_seed(0)
    features, z = model.simulate(count)
    found = []
    for own, true in zip(features.split(1), z, strict=True):
        mixture = model.mixture(own)
        low, middle, high = (mixture.quantile(level).log() for level in (1e-3, 0.5, 1 - 1e-3))
        low, high = torch.minimum(low, true.log()), torch.maximum(high, true.log())
        log_z = torch.linspace(*(float(middle + 1.5 * (end - middle)) for end in (low, high)), GRID)
        found.append(grid_cdf(model.log_joint(own, log_z), log_z, true[None])[0, 0])
    return torch.stack(found).numpy()


def batch_of(model, dataset: Dataset, rows: np.ndarray) -> dict:
    """The batch of these rows, labels shown."""
    return Rows(dataset, rows, model.needs, model.spec, np.ones(len(dataset), bool), torch.device("cpu")).batch(
        slice(None)
    )


def shifted(batch: dict, rng: np.random.Generator) -> dict:
    """The batch with one magnitude of each object, drawn at random, `SHIFT` brighter or fainter."""
    magnitude = batch["magnitude"].clone()
    count, bands = magnitude.shape
    magnitude[np.arange(count), rng.integers(0, bands, count)] += torch.from_numpy(
        rng.choice([-SHIFT, SHIFT], count).astype(np.float32)
    )
    return batch | {"magnitude": magnitude}


def stars(data: Path, like: dict) -> dict:
    """Real SDSS stars, ugriz as the galaxies have them."""
    import pandas as pd

    table = pd.read_csv(next((data / "sdss_dr14_10k").glob("*.csv")), comment="#")
    table = table[table["class"] == "STAR"][list("ugriz")]
    magnitude = torch.from_numpy(table.to_numpy(np.float32))
    empty = torch.full_like(magnitude, torch.nan)
    return {"magnitude": magnitude, "magnitude_error": empty, "covariate": like["covariate"][:1].expand(len(table), -1)}


@torch.no_grad()
def anomalies(model, dataset: Dataset, data: Path, seed: int) -> dict[str, float]:
    """AUROC of each kind of outlier, by the model and by the isolation forest."""
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    known = dataset.column("z_spec") > 0
    train, test = (np.flatnonzero((dataset.split == split) & known) for split in ("train", "test"))
    seen, plain = batch_of(model, dataset, train), batch_of(model, dataset, test)
    own = model.features(plain)
    log_z = plain["label"][:, 0].log()
    wrong = log_z[torch.from_numpy(rng.permutation(len(log_z)))]
    with_z = lambda features, value: torch.cat([features, model.standardised(value)[:, None]], 1)  # noqa: E731
    forest = IsolationForest(n_estimators=500, random_state=seed).fit(model.features(seen).numpy())
    forest_z = IsolationForest(n_estimators=500, random_state=seed).fit(
        with_z(model.features(seen), seen["label"][:, 0].log()).numpy()
    )
    evidence = lambda features: -torch.cat([model.log_evidence(part) for part in features.split(500)])  # noqa: E731
    joint = lambda features, value: -torch.cat([  # noqa: E731
        model.log_joint(part, z[:, None])[:, 0] for part, z in zip(features.split(500), value.split(500), strict=True)
    ])  # fmt: skip
    auroc = lambda usual, odd: float(  # noqa: E731
        roc_auc_score(np.r_[np.zeros(len(usual)), np.ones(len(odd))], np.r_[usual, odd])
    )
    found = {}
    for kind, batch in (("stars", stars(data, plain)), (f"a band off by {SHIFT} mag", shifted(plain, rng))):
        odd = model.features(batch)
        found[f"{kind}: −log p(x)"] = auroc(evidence(own), evidence(odd))
        found[f"{kind}: isolation forest"] = auroc(-forest.score_samples(own), -forest.score_samples(odd))
    found["another's redshift: −log p(x, z)"] = auroc(joint(own, log_z), joint(own, wrong))
    found["another's redshift: isolation forest"] = auroc(
        -forest_z.score_samples(with_z(own, log_z)), -forest_z.score_samples(with_z(own, wrong))
    )
    return found


def measure(arguments) -> Iterator[Figure]:
    data, changes = Path(arguments.data).expanduser(), {"epochs": 2, "min_steps": 0} if arguments.quick else {}
    seeds = range(1 if arguments.quick else arguments.seeds)
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(Path(arguments.home or scratch).expanduser())
        for name in ("boss", "dc2") if "simulation" in arguments.checks else ():
            dataset_of(home, name, data)
            model, _ = model_of(home, name, 0, changes, 64 if arguments.quick else arguments.samples)
            pit = goodness(own_pits(model, 50 if arguments.quick else arguments.count))
            yield Figure(
                f"{name}: PIT of the model's own galaxies: KS p", pit["ks_p"], "", "> 0.01", pit["ks_p"] > 0.01
            )
        if "outliers" not in arguments.checks:
            return
        dataset = dataset_of(home, "sdss-galaxies", data)
        models = [model_of(home, dataset.name, seed, changes, 100)[0] for seed in seeds]
        rows = [anomalies(model, dataset, data, seed) for seed, model in zip(seeds, models, strict=True)]
        for key in rows[0]:
            values = np.array([row[key] for row in rows])
            spread = float(values.std(ddof=1)) if len(values) > 1 else None
            yield Figure(f"AUROC, {key}", float(values.mean()), error=spread)


def add_arguments(parser) -> None:
    parser.add_argument("--home", default="", help="where benchmarks/photovaez.py keeps its runs")
    parser.add_argument("--data", default="../shared/data", help="folder with the sample files")
    parser.add_argument("--samples", type=int, default=4096, help="importance samples of the simulation-based check")
    parser.add_argument("--count", type=int, default=200, help="galaxies drawn for it")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--checks", nargs="+", default=CHECKS, choices=CHECKS)


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
