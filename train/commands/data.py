"""Import, simulate, list, show, validate and delete datasets."""

import argparse
import sys
from collections.abc import Iterator

from photoz_core import registry
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from train.option_help import Part
from train.overrides import recipe_changes
from train.terminal import Bar, confirm, print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from train.cli import add_command

    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add_command(actions, "import", IMPORT, import_dataset, _import_arguments, add_help=False)
    add_command(actions, "simulate", SIMULATE, simulate, _simulate_arguments, _simulator_parts)
    add_command(actions, "list", "List the datasets.", list_datasets, _json_argument)
    add_command(actions, "show", "Show what a dataset holds.", show, _named_json)
    add_command(actions, "validate", "Name every defect of a dataset.", validate, _named_json)
    add_command(actions, "delete", "Delete a dataset for good.", delete, _delete_arguments)


# --- import -------------------------------------------------------------------------------------------------------

IMPORT = """Import real data as a dataset.

photoz data import NAME --survey SURVEY --help lists the options of a survey.
"""


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(takes_rest=True)
    parser.add_argument("--survey", default="table", help="which reader (default table, your own files)")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask whether the columns are right")


def import_dataset(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz data import`: the survey's reader takes the rest of the line."""
    from photoz_core import datasets

    survey = registry.load(datasets, arguments.survey)
    names = registry.names(datasets)
    width = max(map(len, names)) + 2
    known = "\n".join(f"  {name:{width}}{registry.load(datasets, name).TITLE}" for name in names)
    parser = argparse.ArgumentParser(
        f"photoz data import NAME --survey {arguments.survey}",
        description=survey.TITLE,
        epilog=f"surveys:\n{known}\n\n-y, --yes does not ask whether the columns are right",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("name", metavar="NAME", help="of the new dataset")
    survey.add_arguments(parser)
    options = parser.parse_args(arguments.rest)
    with Bar(f"import {options.name}", agree=arguments.yes) as bar:
        dataset = survey.build(home, options.name, options, bar)
    print(f"{dataset} in {dataset.folder}")


# --- simulate -----------------------------------------------------------------------------------------------------


SIMULATE = """Simulate a mock survey.

Galaxies (CANDELS), pairs of strong lenses, spectra, or classes of objects (S-PLUS).
photoz data simulate --survey SURVEY --help lists the options of a survey.
"""
SIMULATED = {  # simulator: name of the dataset by default
    "galaxies": "candels-mock",
    "lenses": "lenses-mock",
    "spectra": "spectra-mock",
    "splus": "splus-mock",
}


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    named = ", ".join(f"{name} of {survey}" for survey, name in SIMULATED.items())
    parser.add_argument("name", metavar="NAME", nargs="?", help=f"of the new dataset (default {named})")
    parser.add_argument("--survey", default="galaxies", help=f"{' or '.join(SIMULATED)} (default galaxies)")
    parser.add_argument(
        "--n", type=int, help="objects (default 12000 galaxies, 20000 lenses, 4000 spectra, 6000 splus)"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same sample")
    parser.add_argument("--workers", type=int, help="processes (default one per core)")
    parser.add_argument("--options.NAME", metavar="VALUE", dest="_options", help="any other option of the simulator")
    parser.set_defaults(takes_rest=True, preset="", dataset="")  # what a recipe has beside its options


def _simulator_parts(arguments: argparse.Namespace) -> Iterator[Part]:
    """For ``--help``: the options of the simulator that was named before it."""
    from photoz_core import simulate as simulators

    yield f"survey {arguments.survey}", "options", registry.load(simulators, arguments.survey).Config()


def simulate(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz data simulate`"""
    from photoz_core import simulate as simulators
    from photoz_core.options import build

    simulator = registry.load(simulators, arguments.survey)
    name = arguments.name or SIMULATED.get(arguments.survey, arguments.survey)
    changes = recipe_changes(arguments)
    if changes["fit"]:
        arguments.parser.error("--fit options are for a training")
    count = {} if arguments.n is None else {"n": arguments.n}
    values = {"seed": arguments.seed, **count, **changes["options"]}
    config = build(simulator.Config, values, "photoz data simulate")
    with Bar(f"simulate {name}", arguments.survey) as bar:
        dataset = simulator.simulate(home.new_dataset(name), config, arguments.workers, bar)
    print(f"{dataset} in {dataset.folder}")


# --- list, show, validate, delete ---------------------------------------------------------------------------------


def _json_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for a program to read")


def _named_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a dataset of the home")
    _json_argument(parser)


def list_datasets(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz data list`"""
    from photoz_core.files import to_json

    found = [_summary(home, name) for name in home.dataset_names()]
    if arguments.json:
        print(to_json(found))
    elif found:
        keys = ("name", "objects", "labelled", "bands", "title")
        print_table(keys, [[_cell(item[key]) for key in keys] for item in found])
    else:
        print(f"no dataset in {home.datasets} yet; make one: photoz data simulate, or photoz data import NAME")


def show(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz data show`"""
    from photoz_core.dataset import Dataset
    from photoz_core.files import to_json

    dataset = Dataset(home.dataset(arguments.name))
    summary, meta = _summary(home, arguments.name), dataset.meta
    columns = {name: column.to_dict() for name, column in meta.columns.items()}
    if arguments.json:
        print(to_json(summary | {"columns": columns, "arrays": meta.arrays, "provenance": meta.provenance}))
        return
    for key, value in summary.items():
        print(f"{key:10}{_cell(value)}")
    for name, array in meta.arrays.items():
        print(f"{'array':10}{name} {dataset.array(name).shape} [{array['unit']}]")
    print_table(
        ("column", "label", "kind", "known"),
        [
            (name, column.title(name), column.kind, str(dataset.catalog[name].notna().sum()))
            for name, column in meta.columns.items()
        ],
    )


def validate(arguments: argparse.Namespace, home: Home) -> int:
    """`photoz data validate`: 1 where there is a defect."""
    from photoz_core.dataset import Dataset
    from photoz_core.dataset_writer import validate as defects_of
    from photoz_core.files import to_json

    defects = defects_of(Dataset(home.dataset(arguments.name)))
    if arguments.json:
        print(to_json({"name": arguments.name, "defects": defects}))
    else:
        print("\n".join(defects) or f"{arguments.name} is sound")
    return 1 if defects else 0


def _delete_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a dataset of the home")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def delete(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz data delete`: not while runs need it, nor without a yes."""
    from photoz_core.files import remove_folder
    from photoz_core.run import list_runs

    folder = home.dataset(arguments.name)
    if waiting := [run.name for run in list_runs(home, arguments.name) if run.state in ("queued", "running")]:
        raise PhotozError(f"dataset {arguments.name!r} is being trained on: {', '.join(waiting)}; cancel that first")
    if not arguments.yes and not sys.stdin.isatty():
        raise PhotozError("say --yes to delete without being asked")
    if arguments.yes or confirm(f"Delete {folder}? Its runs stay, but can no longer be shown."):
        remove_folder(folder)
        print(f"deleted {folder}")


def _summary(home: Home, name: str) -> dict:
    from photoz_core.dataset import Dataset

    dataset = Dataset(home.dataset(name))
    labelled = int(dataset.is_labelled().sum()) if dataset.meta.label in dataset.catalog else 0
    return {
        "name": name,
        "title": dataset.meta.title,
        "objects": len(dataset),
        "labelled": labelled,
        "bands": dataset.bands,
        "folder": str(dataset.folder),
    }


def _cell(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)
