"""A mock CANDELS survey, the dashboard, and five methods that train while you look."""

import argparse
import sys
import threading

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from train.commands.serve import add_serving_arguments
from train.terminal import Bar

DATASET = "candels-mock"
RECIPES = ("photometry_mlp", "supervised_candels", "moco_candels", "finetune_candels", "pita_candels")
LABEL_FRACTION = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=4000, help="galaxies, where there is no sample yet (default 4000)")
    add_serving_arguments(parser)


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz demo`"""
    from photoz_core.jobs import JobQueue
    from train.serving import find_place, serve

    place = find_place(arguments.port, arguments.address, arguments.origin, arguments.allow_remote)
    if DATASET not in home.dataset_names():
        _simulate(home, arguments.n)
    queue = JobQueue(home)
    fill = threading.Thread(target=_queue_runs, args=(queue,), daemon=True)  # torch's import must not delay the page
    serve(home, queue, place, show=not arguments.no_browser, ready=fill.start)


def _simulate(home: Home, n: int) -> None:
    from photoz_core.options import build
    from photoz_core.simulate.galaxies import Config, simulate

    config = build(Config, {"n": n}, "photoz demo")
    with Bar(f"simulate {DATASET}", "galaxies") as bar:
        simulate(home.new_dataset(DATASET), config, progress=bar)


def _queue_runs(queue) -> None:
    """Queue what is not done yet; the dashboard lives on whatever happens."""
    from photoz_core.recipe import load_recipe
    from train.queueing import submit_missing

    changes = {"label_fraction": LABEL_FRACTION, "dataset": DATASET}
    try:
        submit_missing(queue, (load_recipe(name, queue.home, **changes) for name in RECIPES))
    except PhotozError as error:
        print(f"photoz: {error}", file=sys.stderr)
    queue.warm()
