"""Draw the latents of a run on a plane."""

import argparse

from photoz_core.home import Home


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="id of a finished run (photoz compare lists them)")
    parser.add_argument("--method", default="umap", help="umap (default), tsne or pca")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same map")
    parser.add_argument("--json", action="store_true", help="for a program to read")


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz project`"""
    from photoz_core import projections, registry
    from photoz_core.files import read_json, to_json
    from photoz_core.pipeline import project
    from photoz_core.run import Run

    run = Run(home.run(arguments.run_id))
    registry.load(projections, arguments.method)
    project(run, arguments.method, arguments.seed)
    about = read_json(run.folder / "projections" / f"{arguments.method}.json")
    if arguments.json:
        print(to_json({"run": run.id, "method": arguments.method, **about}))
    else:
        trust = f"trustworthiness {about['trustworthiness']:.3f}" if about["trustworthiness"] else "too few objects"
        print(f"{run.name}: {arguments.method} in {about['seconds']:.1f} s, {trust}")
