"""Do magnitudes teach features for classes? The claims of Martinazzo et al. 2020, on a mock S-PLUS and on real rings.

mock: the pretext learns 12 magnitudes from color stamps without labels; judged on test objects against the photometric
errors: a perfect guess of the true magnitude misses the observed one by √(2/π) σ on average. Then star/galaxy (SG) and
star/galaxy/quasar (SGQ), on samples that share no object with the pretext, by each scheme with 100 labels and with
all: validation accuracy as the paper has it, and test accuracy, mean ± standard deviation over seeds; beside them the
share of the largest class and the paper's own numbers, of other data. Without ImageNet weights a scheme is not run.
real: ring / no ring of 313 DECaLS galaxies by each scheme, with pretexts on stamps of the Hubble XDF and on the rings'
own training pictures, and without.
low-data: the paper's sizes, as many as the sample has, SGQ. Not part of a run without --parts.

    python benchmarks/classes.py --home ~/photoz-benchmark --data ../shared/data
    python benchmarks/classes.py --home ~/photoz-benchmark --parts low-data

Runs stay in --home: a second start goes on where the first ended. `photoz serve` on it shows them on the page Classes.
"""

import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report
from benchmarks.galaxies import run_of
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.imagenet import why_absent
from photoz_core.recipe import Recipe, load_recipe
from photoz_core.run import Run
from photoz_core.schemes import LOW_DATA, PAPER, PAPER_LOW, scheme_of

UNTRAINED, SCRATCH = "features_untrained_classes", "scratch_classes"
FEATURES, FINETUNE = "features_magnitudes_classes", "finetune_magnitudes_classes"
IMAGENET = ("features_imagenet_classes", "finetune_imagenet_classes")
SCHEMES = (SCRATCH, UNTRAINED, *IMAGENET, FEATURES, FINETUNE)
SETS = {"splus-sg": ("SG", "sg"), "splus-sgq": ("SGQ", "sgq")}
FEW, GAIN = 100, 0.05
PRETEXT, PICTURES, RINGS, XDF = "magnitudes_splus", "magnitudes_pictures", "rings", "hubble-xdf"
QUICK = {"epochs": 6, "min_steps": 0}


class Bench:
    """Datasets and runs of one call.

    Parameters
    ----------
    arguments
        Of the command line.
    """

    def __init__(self, home: Home, arguments):
        self.home, self.data, self.quick = home, Path(arguments.data), arguments.quick
        self.preset, self.device = arguments.preset, arguments.device
        self.seeds = arguments.seeds[:1] if self.quick else arguments.seeds
        self.pretext, self.labelled = (300, 300) if self.quick else (arguments.pretext, arguments.labelled)

    def mock(self, name: str, role: str = "pretext") -> Dataset:
        from photoz_core.options import build
        from photoz_core.simulate import splus

        if name not in self.home.dataset_names():
            n = self.pretext if role == "pretext" else self.labelled
            splus.simulate(self.home.new_dataset(name), build(splus.Config, {"n": n, "role": role}, "benchmark"))
        return Dataset(self.home.dataset(name))

    def imported(self, name: str, survey: str, **options) -> Dataset:
        """A dataset of the shared data, read as `photoz data import` does."""
        from train.cli import main

        if name not in self.home.dataset_names():
            words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", *value)]
            main(["data", "import", name, "--yes", "--home", str(self.home.path), "--survey", survey, *words])
        return Dataset(self.home.dataset(name))

    def run(self, name: str, dataset: str, seed: int, **changes) -> Run:
        recipe = self.recipe(name, dataset, seed, **changes)
        return run_of(self.home, recipe)

    def recipe(self, name: str, dataset: str, seed: int, **changes) -> Recipe:
        fit = {"device": self.device} | (QUICK if self.quick else {})
        return load_recipe(name, self.home, self.preset, dataset=dataset, seed=seed, fit=fit, **changes)


def over_seeds(name: str, values: list[float], goal: str = "") -> Figure:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Figure(name, float(np.mean(values)), error=spread, goal=goal)


def pretext(bench: Bench) -> Iterator[Figure]:
    """Mean absolute errors of the test objects [mag] beside the floor that photometric errors set."""
    dataset = bench.mock("splus-mock")
    test, train = dataset.rows("test"), dataset.rows("train")
    runs = [bench.run(PRETEXT, dataset.name, seed) for seed in bench.seeds]
    errors, floors, blind = [], [], []
    for target in runs[0].recipe.options["targets"]:
        true = dataset.column(target)
        own = [np.abs(run.predictions[f"{target}_pred"].to_numpy()[test] - true[test]).mean() for run in runs]
        floor = np.sqrt(2 / np.pi) * dataset.column(target.replace("mag_", "mag_err_"))[test].mean()
        yield over_seeds(f"pretext: MAE {target} [mag] (floor {floor:.3f})", own)
        errors.append(own)
        floors.append(floor)
        blind.append(np.abs(true[test] - np.median(true[train])).mean())
    yield over_seeds("pretext: MAE, all bands [mag]", np.mean(errors, axis=0).tolist(), "paper 0.10")
    yield Figure("pretext: floor of the photometric errors [mag]", float(np.mean(floors)))
    yield Figure("pretext: MAE of a constant [mag]", float(np.mean(blind)))


def trained(bench: Bench, dataset: str, schemes, parent: dict, **changes) -> dict[str, list[Run]]:
    """Scheme → its runs, one a seed; a scheme whose weights are absent is reported."""
    found = {}
    for name in schemes:
        recipe = bench.recipe(name, dataset, 0, **changes)
        if recipe.options["start"] == "imagenet" and (why := why_absent(recipe.options["encoder"])):
            print(f"{dataset}: {scheme_of(recipe)}: not run: {why}", file=sys.stderr)
            continue
        runs = []
        for seed in bench.seeds:
            runs.append(bench.run(name, dataset, seed, **_parent(parent.get(seed), recipe), **changes))
        found[scheme_of(recipe)] = runs
    return found


def _parent(run: Run | None, recipe: Recipe) -> dict[str, str]:
    """Whose encoder a recipe takes that takes one: the run of this seed, named as a person would."""
    if run is None or recipe.options["start"] != "parent":
        return {}
    return {"parent": run.recipe.name, "parent_dataset": run.recipe.dataset}


def accuracies(where: str, table: dict[str, list[Run]], paper: dict | None = None) -> Iterator[Figure]:
    """Validation and test accuracy and macro-F1 of each scheme, and the share of the largest class."""
    for scheme, runs in table.items():
        told = (paper or {}).get(scheme)
        told = told[0] if isinstance(told, tuple) else told
        for split in ("valid", "test"):
            goal = f"paper {told}" if told and split == "valid" else ""
            values = [run.metrics["classification"][split]["accuracy"] for run in runs]
            yield over_seeds(f"{where}: {scheme}: {split} accuracy", values, goal)
        values = [run.metrics["classification"]["test"]["macro_f1"] for run in runs]
        yield over_seeds(f"{where}: {scheme}: test macro-F1", values)
    any_run = next(iter(table.values()))[0]
    for split in ("valid", "test"):
        yield Figure(f"{where}: largest class, {split}", any_run.metrics["classification"][split]["majority"])


def mock(bench: Bench) -> Iterator[Figure]:
    yield from pretext(bench)
    parent = {seed: bench.run(PRETEXT, "splus-mock", seed) for seed in bench.seeds}
    for name, (short, role) in SETS.items():
        bench.mock(name, role)
        few = trained(bench, name, SCHEMES, parent, label_count=FEW)
        yield from accuracies(f"{short}, {FEW} labels", few, PAPER_LOW[short])
        if short == "SG":
            yield gain(few)
        yield from accuracies(f"{short}, all labels", trained(bench, name, SCHEMES, parent), PAPER[short])


def gain(table: dict[str, list[Run]]) -> Figure:
    """How far the pretext's features are above an untrained network's, test accuracy."""
    own, other = (
        [run.metrics["classification"]["test"]["accuracy"] for run in table[scheme]]
        for scheme in ("features, magnitudes", "features, untrained")
    )
    value = np.subtract(own, other)
    spread = float(value.std(ddof=1)) if len(value) > 1 else None
    return Figure(
        f"SG, {FEW} labels: features, magnitudes − untrained",
        value.mean(),
        "",
        f"≥ {GAIN}",
        value.mean() >= GAIN,
        spread,
    )


def real(bench: Bench) -> Iterator[Figure]:
    decals, hubble = bench.data / "zoobot_decals_rings", bench.data / "hubble_xdf_jpg"
    if not (decals.is_dir() and hubble.is_dir()):
        print(f"real: not run: no {decals.name} or {hubble.name} in {bench.data} (--data)", file=sys.stderr)
        return
    table, names = str(next(decals.glob("*.csv"))), ("0=no ring", "1=ring")
    options = {"images": [str(decals / "images")], "table": [table], "class": ["ring"], "class_names": names}
    bench.imported(RINGS, "image_folder", size=["64"], **options)
    bench.imported(XDF, "rgb_image", picture=[str(next(hubble.glob("*.jpg")))], stamp=["64"])
    yield from accuracies("rings", trained(bench, RINGS, (SCRATCH, UNTRAINED, *IMAGENET), {}))
    for source in (XDF, RINGS):
        parent = {seed: bench.run(PICTURES, source, seed) for seed in bench.seeds}
        yield from accuracies(f"rings, pretext on {source}", trained(bench, RINGS, (FEATURES, FINETUNE), parent))


def low_data(bench: Bench) -> Iterator[Figure]:
    dataset = bench.mock("splus-sgq", "sgq")
    bench.mock("splus-mock")
    parent = {seed: bench.run(PRETEXT, "splus-mock", seed) for seed in bench.seeds}
    labels = len(dataset.rows("train"))
    for count in [size for size in LOW_DATA if size <= labels]:
        table = trained(bench, dataset.name, (SCRATCH, UNTRAINED, FEATURES, FINETUNE), parent, label_count=count)
        yield from accuracies(f"SGQ, {count} labels", table)


PARTS = {"mock": mock, "real": real, "low-data": low_data}


def measure(arguments: Namespace) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Home(Path(arguments.home or scratch).expanduser()), arguments)
        for part in arguments.parts:
            yield from PARTS[part](bench)


def add_arguments(parser) -> None:
    add = parser.add_argument
    add("--home", default="", help="keeps datasets and runs (default: a folder that is deleted)")
    add("--data", default="../shared/data", help="folder with zoobot_decals_rings and hubble_xdf_jpg")
    add("--parts", nargs="+", choices=PARTS, default=["mock", "real"], help="default: mock and real")
    add("--preset", default="demo", choices=("demo", "paper"))
    add("--device", default="auto", help="cpu, cuda, … (default: CUDA where there is one)")
    add("--pretext", type=int, default=12000, help="objects of the pretext (the paper's: 205321)")
    add("--labelled", type=int, default=4000, help="objects of SG and of SGQ (the paper's: 50090 and 54000)")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2])


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
