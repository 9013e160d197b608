"""Mock data, the dashboard, and methods that train while you look: photo-z, strong lenses, spectra or classes."""

import argparse
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from photoz_core import registry
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from train.commands.serve import add_serving_arguments
from train.terminal import Bar


@dataclass(frozen=True)
class Sample:
    """A mock dataset that a demo needs.

    Parameters
    ----------
    simulator : str
    n : int
        Objects, unless the command line says another number.
    options : dict
        Of the simulator.
    """

    simulator: str
    n: int
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """What a demo shows.

    Parameters
    ----------
    samples : dict
        Dataset → how it is made; the first is the one whose size the command line sets.
    recipes : tuple of str
        In the order of training.
    label_fraction : float
    label_counts : tuple of int
        Numbers of training labels with which the `counted` recipes are trained once more.
    counted : tuple of str
    """

    samples: dict[str, Sample]
    recipes: tuple[str, ...]
    label_fraction: float = 1.0
    label_counts: tuple[int, ...] = ()
    counted: tuple[str, ...] = ()


SCHEMES = (
    "features_magnitudes_classes",
    "finetune_magnitudes_classes",
    "scratch_classes",
    "features_untrained_classes",
)
SCENES = {
    "galaxies": Scene(
        {"candels-mock": Sample("galaxies", 4000)},
        ("photometry_mlp", "supervised_candels", "moco_candels", "finetune_candels", "pita_candels"),
        label_fraction=0.1,
    ),
    "lenses": Scene(
        {
            "lenses-mock": Sample("lenses", 6000),
            "lenses-euclid": Sample("lenses", 2100, {"instrument": "euclid"}),
        },
        (
            "lensiam_lenses",
            "simsiam_lenses",
            "finetune_lensiam_lenses",
            "finetune_simsiam_lenses",
            "supervised_lenses",
        ),
    ),
    "spectra": Scene({"spectra-mock": Sample("spectra", 4000)}, ("glo_spectra",)),
    "classes": Scene(
        {"splus-mock": Sample("splus", 6000), "splus-sgq": Sample("splus", 3000, {"role": "sgq"})},
        ("magnitudes_splus", *SCHEMES),
        label_counts=(300, 100),
        counted=SCHEMES,
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    first = ", ".join(f"{next(iter(scene.samples.values())).n} {name}" for name, scene in SCENES.items())
    parser.add_argument(
        "scene", choices=SCENES, nargs="?", default="galaxies", help="what is looked at (default galaxies)"
    )
    parser.add_argument("--n", type=int, help=f"objects, where there is no sample yet (default {first})")
    add_serving_arguments(parser)


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz demo`"""
    from photoz_core.jobs import JobQueue
    from train.serving import find_site, serve

    site = find_site(arguments, home)
    scene = SCENES[arguments.scene]
    for number, (name, sample) in enumerate(scene.samples.items()):
        if name not in home.dataset_names():
            _simulate(home, name, sample, arguments.n if number == 0 else None)
    queue = JobQueue(home)
    fill = threading.Thread(target=_queue_runs, args=(queue, scene), daemon=True)  # torch must not delay the page
    serve(home, queue, site, show=not arguments.no_browser, ready=fill.start)


def _simulate(home: Home, name: str, sample: Sample, n: int | None) -> None:
    from photoz_core import simulate
    from photoz_core.options import build

    simulator = registry.load(simulate, sample.simulator)
    config = build(simulator.Config, {"n": sample.n if n is None else n, **sample.options}, "photoz demo")
    with Bar(f"simulate {name}", sample.simulator) as bar:
        simulator.simulate(home.new_dataset(name), config, progress=bar)


def _queue_runs(queue, scene: Scene) -> None:
    """Queue what is not done yet; the dashboard lives on whatever happens."""
    from train.queueing import submit_missing

    try:
        submit_missing(queue, _recipes(queue.home, scene))
    except PhotozError as error:
        print(f"photoz: {error}", file=sys.stderr)
    queue.warm()


def _recipes(home: Home, scene: Scene) -> Iterator:
    from photoz_core.recipe import load_recipe

    yield from (load_recipe(name, home, label_fraction=scene.label_fraction) for name in scene.recipes)
    yield from (load_recipe(name, home, label_count=count) for count in scene.label_counts for name in scene.counted)
