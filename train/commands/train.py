"""Train one recipe here and now.

Any option of the recipe can be overridden: --fit.epochs=2 --options.contrast.tau=0.2
photoz train RECIPE --help lists them all.
"""

import argparse
from collections.abc import Iterator

from photoz_core.home import Home
from train.option_help import Part
from train.overrides import add_recipe_arguments, label_count, recipe_changes, recipe_parts
from train.terminal import Bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", metavar="RECIPE", nargs="?", help="name of a recipe, or path of a TOML file")
    parser.add_argument("--resume", metavar="RUN", help="go on with a cancelled or failed run instead")
    parser.add_argument("--label-fraction", type=float, default=1.0, metavar="F", help="labels to learn from, 0 to 1")
    parser.add_argument("--labels", type=label_count, default=0, metavar="N", help="that many labels, not a share")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the batches and the labels drawn")
    parser.add_argument("--projections", nargs="*", default=["umap"], metavar="NAME", help="maps to make beside pca")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    add_recipe_arguments(parser)


def option_parts(arguments: argparse.Namespace) -> Iterator[Part]:
    """For ``--help``: the options of the recipe that was named before it."""
    return recipe_parts(arguments, [arguments.recipe] if arguments.recipe else [])


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz train`"""
    from photoz_core import pipeline, projections, registry
    from photoz_core.errors import Cancelled
    from photoz_core.files import to_json

    if bool(arguments.recipe) == bool(arguments.resume):
        arguments.parser.error("give either a RECIPE or --resume RUN")
    for name in arguments.projections:
        registry.load(projections, name)
    run = _resumed(arguments, home) if arguments.resume else _created(arguments, home)
    with Bar(run.name, "steps") as bar:
        try:
            pipeline.train(home, _shown(run, bar), bar.say)
        except (KeyboardInterrupt, Cancelled) as stop:
            bar.say(f"stopped; go on with: photoz train --resume {run.id}")
            raise KeyboardInterrupt from stop  # whoever cancelled it elsewhere meant the same
        for name in arguments.projections:
            bar.say(f"{run.name}: map {name}")
            pipeline.project(run, name)
    if arguments.json:
        print(to_json({"run": run.id, "name": run.name, "folder": str(run.folder), "metrics": run.metrics}))
    else:
        print(f"{run.name}: {_verdict(run.metrics)}{run.folder}")


def _created(arguments: argparse.Namespace, home: Home):
    from photoz_core.pipeline import create_run
    from photoz_core.recipe import load_recipe

    changes = recipe_changes(arguments)
    changes |= {"label_fraction": arguments.label_fraction, "label_count": arguments.labels, "seed": arguments.seed}
    return create_run(home, load_recipe(arguments.recipe, home, **changes))


def _resumed(arguments: argparse.Namespace, home: Home):
    from photoz_core.run import Run

    if arguments.rest:
        arguments.parser.error("a resumed run keeps its options")
    run = Run(home.run(arguments.resume))
    run.require_stopped()
    run.queue()
    return run


def _shown(run, bar: Bar):
    """The same run, its progress shown by a bar as well."""
    from photoz_core.run import Run

    class ShownRun(Run):
        def progress(self, **values) -> None:
            super().progress(**values)
            if "total" in values:
                losses = ", ".join(f"{name} {value:.3g}" for name, value in values["losses"].items())
                bar.note(values["done"], values["total"], losses)
            else:
                bar.say(f"{self.name}: {values['stage']}")

    return ShownRun(run.folder)


def _verdict(metrics: dict) -> str:
    if point := metrics.get("point"):
        return f"σ_NMAD {point['scatter']:.4f}, outliers {point['outliers']:.1%}, bias {point['bias']:+.4f}; "
    if (judged := metrics.get("classification", {}).get("test", {})) and judged["n"]:
        return f"accuracy {judged['accuracy']:.4f}, {judged['majority']:.4f} without learning; "
    found = metrics.get("regression", {})
    return "".join(f"R² {name} {judged['r2']:.3f}; " for name, judged in found.items() if judged["r2"] is not None)
