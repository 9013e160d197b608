"""Does GLO find the spectrum behind what was measured? The paper's claims (Rissaki et al. 2020), on spectra-mock.

The demo preset of `glo_spectra`, several seeds, judged on 100 random test and 100 random training spectra, the same for
all seeds, methods and problems; the 3 % that the mock spoilt on purpose are learned from but not judged. Errors are
squared differences from the noiseless truth in units of the spectrum's root mean square, over all pixels (the survey's
gaps too), those hidden, and those measured: medians and interquartile ranges (IQR) over spectra, as mean ± standard
deviation over seeds. Beside GLO stand the mean spectrum, linear interpolation, and 50 principal components by masked
least squares, plain and with the training spectra's Gaussian prior. λ is chosen on validation spectra, once, for all
problems. A search has 300 steps at 0.03; for the paper's give --steps 1000 --lr 0.01.

    python benchmarks/glo.py --home ~/photoz-benchmark
    python benchmarks/glo.py --home ~/photoz-benchmark --parts variants

inpainting: one window missing, then values at random (what the paper calls super-resolution), then a coarser grid.
denoising: noise of a given L2 norm added to the spectrum, whose own has a norm of about 2.5.
variants: one change each from the preset, judged on validation spectra. Not part of a run without --parts.
speed: 400 spectra as one batch against one by one.
real: the 96 real spectra of the Brown atlas, by generators of the mock on its wavelengths, a transfer; and a third of
them by generators that have seen nothing but the other two thirds.

Runs stay in --home and are found again by their recipes: processes with --seeds of their own can share the trainings.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._glo_claims import LEVELS, PRIOR, PROJECTED, REGULARISED, SHARES, against, claims, figures, over_seeds
from benchmarks._glo_problems import Condition, Peers, Sample, coarser, median, noisy, removed
from benchmarks._glo_problems import table_of as answered
from benchmarks._glo_real import ATLAS, atlas_of, mock_of, sample_of
from benchmarks._glo_speed import SPECTRA, STEPS, timed
from benchmarks._report import Figure, report
from benchmarks.galaxies import run_of
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.inverse import Points, Search, Window
from photoz_core.nets.spectra import SpectrumGenerator
from photoz_core.pipeline import load_method
from photoz_core.recipe import Recipe, load_recipe
from photoz_core.spectra import grid_of

DATASET, RECIPE = "spectra-mock", "glo_spectra"
FACTORS = (2, 5, 10, 20)
LAMBDAS = (1e-4, 1e-3, 1e-2)
QUICK_FIT, QUICK_STEPS = {"epochs": 2, "min_steps": 0}, 20


class Bench:
    """Data, generators and searches of one call.

    Parameters
    ----------
    arguments
        Of the command line.
    """

    def __init__(self, home: Home, arguments):
        self.home, self.quick, self.data = home, arguments.quick, Path(arguments.data)
        self.seeds = arguments.seeds[:1] if self.quick else arguments.seeds
        self.n, self.count = (300, 20) if self.quick else (arguments.n, arguments.count)
        self.search = Search(steps=QUICK_STEPS if self.quick else arguments.steps, lr=arguments.lr, restarts=1)

    @cached_property
    def mock(self) -> Dataset:
        from photoz_core.simulate import spectra

        if DATASET not in self.home.dataset_names():
            spectra.simulate(self.home.new_dataset(DATASET), spectra.Config(n=self.n))
        dataset = Dataset(self.home.dataset(DATASET))
        if len(dataset) != self.n and not self.quick:
            raise PhotozError(f"{dataset.folder} has {len(dataset)} spectra, not {self.n}: give --n or another --home")
        return dataset

    def recipe(self, seed: int, dataset: str = DATASET, fit: dict | None = None, options: dict | None = None) -> Recipe:
        """The preset with a change."""
        fit = (fit or {}) | (QUICK_FIT if self.quick else {})
        return load_recipe(RECIPE, self.home, dataset=dataset, seed=seed, fit=fit, options=options or {})

    def trained(self, dataset: Dataset, **change) -> list[SpectrumGenerator]:
        """One for each seed."""
        recipes = [self.recipe(seed, dataset.name, **change) for seed in self.seeds]
        return [load_method(run_of(self.home, recipe)).generator for recipe in recipes]

    @cached_property
    def generators(self) -> list[SpectrumGenerator]:
        return self.trained(self.mock)

    @cached_property
    def peers(self) -> Peers:
        return Peers.of(self.mock, grid_of(self.mock))

    @cached_property
    def scan(self) -> dict[float, float]:
        """λ → median error of validation spectra with a window of 40 % missing, mean over seeds."""
        sample = Sample.of(self.mock, ("valid",), self.count)
        ways = {str(lam): replace(self.search, how="regularisation", lam=lam) for lam in LAMBDAS}
        condition = removed(sample, Window, 0.4)
        table = answered(sample, [condition], self.generators, ways, self.peers)
        return {lam: float(median(table[condition.name, str(lam), "all"]).mean()) for lam in LAMBDAS}

    @cached_property
    def ways(self) -> dict[str, Search]:
        lam = min(self.scan, key=self.scan.get)
        return {PROJECTED: self.search, REGULARISED: replace(self.search, how="regularisation", lam=lam)}


def judged(bench: Bench, conditions: list[Condition], sample: Sample) -> Iterator[Figure]:
    """All figures of some conditions, and GLO against the stronger PCA."""
    table = answered(sample, conditions, bench.generators, bench.ways, bench.peers)
    yield from figures(table, sample)
    yield from against(table, sample, PRIOR, [condition.name for condition in conditions])
    yield from claims(table, sample, [condition.name for condition in conditions])


def inpainting(bench: Bench) -> Iterator[Figure]:
    sample = Sample.of(bench.mock, ("test", "train"), bench.count)
    conditions = [removed(sample, kind, share) for kind in (Window, Points) for share in SHARES]
    conditions += [coarser(sample, grid_of(bench.mock), factor) for factor in FACTORS]
    yield from judged(bench, conditions, sample)


def denoising(bench: Bench) -> Iterator[Figure]:
    sample = Sample.of(bench.mock, ("test", "train"), bench.count)
    yield from judged(bench, [noisy(sample, level) for level in LEVELS], sample)


def variants(bench: Bench) -> Iterator[Figure]:
    """What could beat PCA: whole spectra of the validation split, never of the test split."""
    sample = Sample.of(bench.mock, ("valid",), bench.count)
    whole, preset = removed(sample, Window, 0.0), bench.recipe(0)
    changes = {
        "preset": {},
        "twice the steps": {"fit": {"min_steps": 2 * preset.fit["min_steps"]}},
        "weight decay 1e-5": {"fit": {"weight_decay": 1e-5}},
        "normal codes": {"options": {"init": "normal"}},
        "widths doubled": {"options": {"widths": [2 * width for width in preset.options["widths"]]}},
    }
    for name, change in changes.items():
        table = answered(sample, [whole], bench.trained(bench.mock, **change), {PROJECTED: bench.search}, bench.peers)
        errors = {method: median(table[whole.name, method, "all"]) for method in (PROJECTED, PRIOR)}
        if name == "preset":
            yield over_seeds(f"validation, whole: {PRIOR}: median", errors[PRIOR])
        yield over_seeds(f"validation, whole: {name}: median", errors[PROJECTED])
        ratio = errors[PROJECTED] / errors[PRIOR]
        yield over_seeds(f"validation, whole: {name} / {PRIOR}", ratio, "< 1", bool(ratio.mean() < 1))


def real(bench: Bench) -> Iterator[Figure]:
    if not (bench.data / ATLAS).is_dir():
        print(f"real: not run: no {ATLAS} in {bench.data} (--data)", file=sys.stderr)
        return
    mock, atlas = mock_of(bench.home, bench.mock), atlas_of(bench.home, bench.data, bench.mock)
    sample = sample_of(atlas, ("real",))
    conditions = [removed(sample, Window, 0.0), removed(sample, Window, 0.4), removed(sample, Points, 0.4)]
    generators, peers = bench.trained(mock), Peers.of(mock, grid_of(mock))
    table = answered(sample, conditions, generators, bench.ways, peers)
    for figure in (*figures(table, sample), *against(table, sample, PRIOR, [item.name for item in conditions])):
        yield replace(figure, name=f"atlas by the mock: {figure.name}")
    sample = sample_of(atlas, ("test", "train"))
    conditions = [removed(sample, Window, share) for share in SHARES]
    table = answered(sample, conditions, bench.trained(atlas), bench.ways, Peers.of(atlas, grid_of(atlas)))
    names = [condition.name for condition in conditions]
    for figure in (*figures(table, sample), *against(table, sample, PRIOR, names), *claims(table, sample, names)):
        yield replace(figure, name=f"atlas by itself: {figure.name}")


def speed(bench: Bench) -> Iterator[Figure]:
    x = Sample.of(bench.mock, ("test",), SPECTRA).x
    yield from timed(bench.generators[0], x, QUICK_STEPS if bench.quick else STEPS)


def measure(arguments) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Home(Path(arguments.home or scratch).expanduser()), arguments)
        for part in arguments.parts:
            start = time.perf_counter()
            yield from PARTS[part](bench)
            print(f"{part}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
        if "scan" in vars(bench):
            for lam, error in bench.scan.items():
                chosen = lam == bench.ways[REGULARISED].lam
                yield Figure(f"λ {lam:g}: validation median" + (" (chosen)" if chosen else ""), error)


PARTS = {"inpainting": inpainting, "denoising": denoising, "variants": variants, "real": real, "speed": speed}


def add_arguments(parser) -> None:
    add = parser.add_argument
    add("--home", default="", help="keeps datasets and runs (default: a folder that is deleted)")
    add("--data", default="../shared/data", help=f"folder that holds {ATLAS}")
    usual = [part for part in PARTS if part != "variants"]
    add("--parts", nargs="+", choices=PARTS, default=usual, help="default: all but variants")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2])
    add("--n", type=int, default=4000, help="spectra of the mock")
    add("--count", type=int, default=100, help="test spectra judged, and as many training spectra")
    add("--steps", type=int, default=300, help="of a search (the paper's: 1000)")
    add("--lr", type=float, default=0.03, help="of a search (the paper's: 0.01)")


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
