"""Compare finished runs: photo-z, classes, other labels, and what their latents know."""

import argparse
from collections import Counter

from photoz_core.home import Home
from train.terminal import print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_ids", metavar="RUN", nargs="*", help="ids of runs (default all finished ones)")
    parser.add_argument("--dataset", metavar="NAME", help="only its runs")
    parser.add_argument("--mean", action="store_true", help="mean ± standard deviation over seeds")
    parser.add_argument("--markdown", action="store_true", help="a table for a README")
    parser.add_argument("--json", action="store_true", help="for a program to read")


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz compare`"""
    from photoz_core.errors import PhotozError
    from photoz_core.run import Run, list_runs

    runs = [Run(home.run(run_id)) for run_id in arguments.run_ids] or list_runs(home, state="done")
    runs = [run for run in runs if arguments.dataset in (None, run.recipe.dataset)]
    if unfinished := [f"{run.id} is {run.state}" for run in runs if run.state != "done"]:
        raise PhotozError(f"only finished runs can be compared: {', '.join(unfinished)}")
    show_results(runs, arguments)


def show_results(runs: list, arguments: argparse.Namespace, not_run: list = ()) -> None:
    """Print the figures of finished runs as a table, or as JSON; `not_run` are recipes and why not."""
    from photoz_core.files import to_json
    from train.results import figures, over_seeds, table

    rows = over_seeds(runs) if arguments.mean else [figures(run) for run in runs]
    if arguments.json:
        print(to_json([*rows, *({"name": recipe.run_name, "not_run": why} for recipe, why in not_run)]))
        return
    if rows:
        print_table(*table(rows), arguments.markdown)
    elif not not_run:
        print("no finished run yet; make one: photoz train RECIPE")
    counts = Counter((recipe.title or recipe.name, recipe.dataset, why) for recipe, why in not_run)
    for (title, dataset, why), count in counts.items():
        print(f"not run: {title} · {dataset} ({count}): {why}")
