"""Compare finished runs: photo-z, classes, other labels, and what their latents know."""

import argparse
from collections import Counter

from photoz_core.home import Home
from train.terminal import print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_ids", metavar="RUN", nargs="*", help="ids of runs (default all finished ones)")
    parser.add_argument("--dataset", metavar="NAME", help="only its runs")
    add_result_arguments(parser)


def add_result_arguments(parser: argparse.ArgumentParser) -> None:
    """What `show_results` needs to know."""
    parser.add_argument("--mean", action="store_true", help="mean ± standard deviation over seeds")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--markdown", action="store_true", help="a table for a README")
    forms.add_argument("--latex", action="store_true", help="a table for a paper (booktabs)")
    forms.add_argument("--csv", action="store_true", help="all digits, a column for each error")
    forms.add_argument("--json", action="store_true", help="for a program to read")


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz compare`"""
    runs = finished(home, arguments.run_ids)
    show_results([run for run in runs if arguments.dataset in (None, run.recipe.dataset)], arguments)


def finished(home: Home, run_ids: list[str]) -> list:
    """Runs by id, or all finished ones.

    Raises
    ------
    PhotozError
        If one of them is unknown or not done.
    """
    from photoz_core.errors import PhotozError
    from photoz_core.run import Run, list_runs

    runs = [Run(home.run(run_id)) for run_id in run_ids] or list_runs(home, state="done")
    if unfinished := [f"{run.id} is {run.state}" for run in runs if run.state != "done"]:
        raise PhotozError(f"only finished runs can be compared: {', '.join(unfinished)}")
    return runs


def show_results(runs: list, arguments: argparse.Namespace, not_run: list = ()) -> None:
    """Print the figures of finished runs as a table, or as JSON; `not_run` are recipes and why not.

    Raises
    ------
    PhotozError
        If a table for a paper is wanted, and there is no run.
    """
    from photoz_core.errors import PhotozError
    from photoz_core.files import to_json
    from train.results import figures, over_seeds, table

    rows = over_seeds(runs) if arguments.mean else [figures(run) for run in runs]
    if arguments.json:
        print(to_json([*rows, *({"name": recipe.run_name, "not_run": why} for recipe, why in not_run)]))
        return
    if arguments.latex or arguments.csv:
        if not rows:
            raise PhotozError("no finished run to make a table of; make one: photoz train RECIPE")
        print(_for_paper(rows, arguments, not_run), end="")
        return
    if rows:
        print_table(*table(rows), arguments.markdown)
    elif not not_run:
        print("no finished run yet; make one: photoz train RECIPE")
    print(*_absent(not_run), sep="\n", end="\n" if not_run else "")


def _for_paper(rows: list[dict], arguments: argparse.Namespace, not_run: list) -> str:
    """The table as LaTeX or CSV; what the errors are and what was not run stand above it."""
    from photoz_core.metric_tables import csv_table, latex_table
    from train.results import numbers

    error = "standard deviation over seeds" if arguments.mean else "bootstrap error on the test split"
    return (latex_table if arguments.latex else csv_table)(*numbers(rows), [f"errors: {error}", *_absent(not_run)])


def _absent(not_run: list) -> list[str]:
    counts = Counter((recipe.title or recipe.name, recipe.dataset, why) for recipe, why in not_run)
    return [f"not run: {title} · {dataset} ({count}): {why}" for (title, dataset, why), count in counts.items()]
