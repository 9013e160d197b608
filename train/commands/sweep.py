"""Train methods × label fractions × seeds through the queue, and compare them.

Runs that are there are not repeated, stopped ones go on. Options are overridden for all: --fit.epochs=2
"""

import argparse

from photoz_core.home import Home
from train.overrides import add_recipe_arguments, label_count, recipe_changes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--methods", nargs="+", required=True, metavar="RECIPE", help="recipes, parents first")
    labels = parser.add_mutually_exclusive_group()
    labels.add_argument("--fractions", nargs="+", type=float, default=[1.0], metavar="F", help="labels, 0 to 1")
    labels.add_argument("--labels", nargs="+", type=label_count, metavar="N", help="numbers of labels, not shares")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], metavar="SEED")
    parser.add_argument("--address", metavar="URL", help="a dask scheduler (default: a local cluster)")
    parser.add_argument("--mean", action="store_true", help="mean ± standard deviation over seeds in the table")
    parser.add_argument("--markdown", action="store_true", help="a table for a README")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    add_recipe_arguments(parser)


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz sweep`"""
    from photoz_core.jobs import JobQueue
    from photoz_core.recipe import load_recipe
    from train.commands.compare import show_results
    from train.queueing import follow, submit_missing

    changes = recipe_changes(arguments)
    label, amounts = ("label_count", arguments.labels) if arguments.labels else ("label_fraction", arguments.fractions)
    recipes = [
        load_recipe(name, home, **{label: amount}, seed=seed, **changes)
        for seed in arguments.seeds
        for amount in amounts
        for name in arguments.methods
    ]
    queue = JobQueue(home, arguments.address)
    try:
        runs = submit_missing(queue, recipes)
        follow(runs, "sweep")
    finally:
        queue.close()
    show_results(runs, arguments)
