"""Does PITA learn from few labels what the others do not? The paper's claim, on candels-mock.

Every method of the paper is trained on the same 10 % of the labels with several seeds (the seed draws the labels, the
initial weights and the views), judged on the same test objects, which no method saw: σ_NMAD and outliers, and kNN R² of
color and redshift from the latents. The untrained encoder stands beside them. Runs stay in --home; a second start goes
on where the first ended.

    python benchmarks/galaxies.py --home ~/photoz-benchmark
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report
from photoz_core import methods, registry
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.judging import judge, prediction_table
from photoz_core.pipeline import create_run, train
from photoz_core.recipe import Recipe, load_recipe
from photoz_core.run import Run
from photoz_core.sweeps import find_run

DATASET = "candels-mock"
RECIPES = (
    "photometry_forest",
    "photometry_mlp",
    "supervised_candels",
    "moco_candels",
    "finetune_candels",
    "pita_candels",
)
COLORS = ("color_F606W_F814W", "color_F814W_F125W", "color_F125W_F160W")


def dataset_of(home: Home, count: int) -> Dataset:
    """candels-mock with `count` galaxies, made once."""
    from photoz_core.simulate import galaxies

    if DATASET not in home.dataset_names():
        galaxies.simulate(home.new_dataset(DATASET), galaxies.Config(n=count))
    return Dataset(home.dataset(DATASET))


def run_of(home: Home, recipe: Recipe) -> Run:
    """The finished run of a recipe, trained now if there is none or an unfinished one."""
    run = find_run(home, recipe) or create_run(home, recipe)
    if run.state != "done":
        train(home, run, lambda text: print(text, file=sys.stderr))
    return Run(run.folder)


def untrained(dataset: Dataset, recipe: Recipe) -> dict:
    """Metrics of a recipe's encoder with its initial weights."""
    import torch

    from photoz_core.inference import Inference, infer
    from photoz_core.rows import Rows, data_spec

    torch.manual_seed(recipe.seed)
    module, config = registry.load(methods, recipe.method), recipe.config()
    visible = dataset.visible_labels(recipe.label_fraction, recipe.seed)
    needs = module.Model.needs
    spec = data_spec(dataset, needs, module.Model.labels(config), False, (), dataset.rows("train"), visible)
    rows = Rows(dataset, np.arange(len(dataset)), needs, spec, visible, torch.device("cpu"))
    latents = infer(module.Model(config, spec), rows).latents
    return judge(dataset, latents[""], prediction_table(dataset, spec, Inference(latents)), visible)


def scores(metrics: dict) -> dict[str, float]:
    """The figures compared: scatter, outliers, R² of the mean color and of z_spec."""
    r2 = {name: value for name, value in metrics["knn_r2"].items() if value is not None}
    found = {"R² color": float(np.mean([r2[name] for name in COLORS])), "R² z_spec": r2["z_spec"]}
    found |= {f"R² {name}": r2[name] for name in ("mag_F160W", "fwhm")}
    if "point" in metrics:
        found |= {"σ_NMAD": metrics["point"]["scatter"], "outliers": metrics["point"]["outliers"]}
    return found


def measure(arguments) -> Iterator[Figure]:
    seeds = range(1 if arguments.quick else arguments.seeds)
    changes = {"fit": {"epochs": 2, "min_steps": 0}} if arguments.quick else {}
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(Path(arguments.home or scratch).expanduser())
        dataset = dataset_of(home, 600 if arguments.quick else arguments.n)
        table: dict[str, dict[str, np.ndarray]] = {}
        for name in (*RECIPES, "untrained"):
            rows = []
            for seed in seeds:
                recipe = load_recipe(
                    "pita_candels" if name == "untrained" else name,
                    home,
                    label_fraction=arguments.label_fraction,
                    seed=seed,
                    **({} if name == "photometry_forest" else changes),
                )
                rows.append(scores(untrained(dataset, recipe) if name == "untrained" else run_of(home, recipe).metrics))
            table[name] = {key: np.array([row[key] for row in rows]) for key in rows[0]}
            for key, values in table[name].items():
                spread = float(values.std(ddof=1)) if len(values) > 1 else None
                yield Figure(f"{name}: {key}", float(values.mean()), error=spread)
        yield from verdicts(table)


def verdicts(table: dict) -> Iterator[Figure]:
    """The claims, as differences of means over seeds: PITA's errors smaller, its latents richer."""
    claims = [(key, peer, "<") for key in ("σ_NMAD", "outliers") for peer in ("supervised_candels", "finetune_candels")]
    claims += [(key, peer, ">") for key in ("R² color", "R² z_spec") for peer in ("moco_candels", "untrained")]
    for key, peer, sign in claims:
        value = float((table["pita_candels"][key] - table[peer][key]).mean())
        yield Figure(f"{key}: pita − {peer}", value, goal=f"{sign} 0", ok=value < 0 if sign == "<" else value > 0)


def add_arguments(parser) -> None:
    parser.add_argument("--home", default="", help="keeps dataset and runs (default: a folder that is deleted)")
    parser.add_argument("--n", type=int, default=8000, help="galaxies")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--label-fraction", type=float, default=0.1)


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
