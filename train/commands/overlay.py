"""Place the images of another dataset on a run's map."""

import argparse

from photoz_core.home import Home
from train.terminal import Bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="id of a finished run (photoz compare lists them)")
    parser.add_argument("dataset", metavar="DATASET", help="whose images to place")
    parser.add_argument("--projection", default="umap", metavar="NAME", help="umap (default) or pca")
    parser.add_argument("--json", action="store_true", help="for a program to read")


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz overlay`"""
    from photoz_core.dataset import Dataset
    from photoz_core.files import to_json
    from photoz_core.overlay import overlay
    from photoz_core.run import Run

    run, other = Run(home.run(arguments.run_id)), Dataset(home.dataset(arguments.dataset))
    own = Dataset(home.dataset(run.recipe.dataset))
    with Bar(f"place {other.name}", "images") as bar:
        placed = overlay(run, own, other, arguments.projection, bar)
    counts = {"placed": len(placed.object_id), "images": len(other)}
    if arguments.json:
        named = {"run": run.id, "dataset": other.name, "projection": arguments.projection}
        print(to_json({**named, **counts, "notes": placed.notes}))
    else:
        print(f"{run.name}: {counts['placed']} of {counts['images']} images of {other.name} on {arguments.projection}")
        print(*(f"- {note}" for note in placed.notes), sep="\n", end="\n" if placed.notes else "")
