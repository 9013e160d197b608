"""Train methods × datasets × label fractions or counts × seeds through the queue, and compare them.

Runs that are there are not repeated, stopped ones go on. Options are overridden for all: --fit.epochs=2
photoz sweep --methods RECIPE … --help lists them all.
"""

import argparse
import sys
from collections.abc import Iterator

from photoz_core.home import Home
from train.commands.compare import add_result_arguments
from train.option_help import Part
from train.overrides import add_recipe_arguments, label_count, recipe_changes, recipe_parts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--methods", nargs="+", required=True, metavar="RECIPE", help="recipes, parents first")
    parser.add_argument("--datasets", nargs="+", metavar="NAME", help="instead of each recipe's own")
    labels = parser.add_mutually_exclusive_group()
    labels.add_argument("--fractions", nargs="+", type=float, default=[1.0], metavar="F", help="labels, 0 to 1")
    labels.add_argument("--labels", nargs="+", type=label_count, metavar="N", help="numbers of labels, not shares")
    labels.add_argument("--low-data", action="store_true", help="100 to 40000 labels: the magnitude pretext's 18 sizes")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], metavar="SEED", help="a run for each (default 0)")
    parser.add_argument("--address", metavar="URL", help="a dask scheduler (default: a local cluster)")
    add_result_arguments(parser)
    add_recipe_arguments(parser)


def option_parts(arguments: argparse.Namespace) -> Iterator[Part]:
    """For ``--help``: the options of each recipe that was named before it."""
    return recipe_parts(arguments, arguments.methods or [])


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz sweep`"""
    from photoz_core.jobs import JobQueue
    from photoz_core.sweeps import not_to_run
    from train.commands.compare import show_results
    from train.queueing import follow, submit_missing

    if arguments.datasets and arguments.dataset:
        arguments.parser.error("give either --datasets or --dataset")
    recipes = _recipes(arguments, home)
    absent = not_to_run(home, recipes)
    left_out = [recipe for recipe, _ in absent]
    queue = JobQueue(home, arguments.address)
    try:
        runs = submit_missing(queue, [recipe for recipe in recipes if recipe not in left_out])
        if runs:
            follow(runs, "sweep")
    finally:
        queue.close()
    show_results(runs, arguments, absent)


def _recipes(arguments: argparse.Namespace, home: Home) -> list:
    """All that is wanted; a recipe that no hidden label changes is there once for each dataset and seed."""
    from photoz_core.dataset import Dataset
    from photoz_core.recipe import load_recipe
    from photoz_core.sweeps import product

    changes = recipe_changes(arguments)
    names = arguments.datasets or [arguments.dataset]  # None is the recipe's own
    bases = [load_recipe(name, home, **changes | {"dataset": of}) for name in arguments.methods for of in names]
    data = {name: Dataset(home.dataset(name)) for name in dict.fromkeys(base.dataset for base in bases)}
    amounts = {name: _amounts(arguments, data[name]) for name in {b.dataset for b in bases if b.learns_from_labels}}
    return product(bases, arguments.seeds, lambda base: amounts[base.dataset])


def _amounts(arguments: argparse.Namespace, data) -> list[dict]:
    """The label fractions or counts wanted of a dataset, as changes of a recipe."""
    from photoz_core.errors import PhotozError
    from photoz_core.schemes import LOW_DATA

    if arguments.labels:
        data.visible_labels(1.0, 0, max(arguments.labels))  # too many stop here
        return [{"label_count": count} for count in arguments.labels]
    if not arguments.low_data:
        return [{"label_fraction": fraction} for fraction in arguments.fractions]
    there = int((data.visible_labels(1.0) & (data.split == "train")).sum())
    fitting = [count for count in LOW_DATA if count <= there]
    if not fitting:
        raise PhotozError(f"{data.name} has {there} training labels; --low-data begins with {LOW_DATA[0]}")
    if beyond := [str(count) for count in LOW_DATA if count > there]:
        print(f"{data.name} has {there} training labels; left out: {', '.join(beyond)}", file=sys.stderr)
    return [{"label_count": count} for count in fitting]
