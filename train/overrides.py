"""Options of a recipe on the command line: ``--fit.epochs=2 --options.contrast.tau 0.2``."""

import argparse
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from photoz_core.home import Home
from train.option_help import Part

DOTTED = re.compile(r"--((?:fit|options)(?:\.\w+)+)(?:=(.*))?", re.DOTALL)


def join_values(argv: Sequence[str]) -> list[str]:
    """``--fit.epochs 2`` as one word, ``--fit.epochs=2``: argparse knows no such option and would part them."""
    joined: list[str] = []
    for word in argv:
        before = DOTTED.fullmatch(joined[-1]) if joined else None
        if before and before[2] is None and not word.startswith("--"):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def add_recipe_arguments(parser: argparse.ArgumentParser) -> None:
    """What a training is, but for recipe, label fraction and seed."""
    parser.set_defaults(takes_rest=True)
    parser.add_argument("--preset", choices=("demo", "paper"), default="demo", help="settings to start from")
    parser.add_argument("--dataset", metavar="NAME", help="instead of the recipe's own")
    parser.add_argument("--parent", metavar="RUN", help="run, or recipe, whose encoder it starts from")
    parser.add_argument("--parent-dataset", metavar="NAME", help="dataset of that recipe's run, if another")
    parser.add_argument("--fit.NAME", metavar="VALUE", dest="_fit", help="any option of the training loop")
    parser.add_argument("--options.NAME", metavar="VALUE", dest="_options", help="any option of the method, nested too")


def recipe_parts(arguments: argparse.Namespace, names: Sequence[str]) -> Iterator[Part]:
    """The options of these recipes with their values in the preset, for ``--help``."""
    from photoz_core.recipe import load_recipe

    given = getattr(arguments, "home", None)
    for name in names:
        recipe = load_recipe(name, Home(Path(given).expanduser()) if given else Home.default(), arguments.preset)
        yield f"method of {name}, preset {recipe.preset}", "options", recipe.config()
        yield f"training loop of {name}, preset {recipe.preset}", "fit", recipe.fit_config()


def label_count(text: str) -> int:
    """A number of labels, 1 or more; of anything else argparse says that it is no label count."""
    count = int(text)
    if count < 1:
        raise ValueError
    return count


def recipe_changes(arguments: argparse.Namespace) -> dict:
    """Changes for `load_recipe`: preset, dataset and the dotted overrides; a wrong argument ends the program (2)."""
    head = ("preset", "dataset", "parent", "parent_dataset")
    changes: dict = {name: getattr(arguments, name, None) for name in head} | {"fit": {}, "options": {}}
    if changes["parent"]:
        changes["options"]["start"] = "parent"
    for word in arguments.rest:
        match = DOTTED.fullmatch(word)
        if match is None:
            arguments.parser.error(f"unrecognized arguments: {word}")
        if match[2] is None:
            arguments.parser.error(f"argument {word}: expected a value")
        *path, last = match[1].split(".")
        place = changes
        for part in path:
            place = place.setdefault(part, {})
        place[last] = parse_value(match[2])
    return changes


def parse_value(text: str) -> object:
    """A TOML value (``0.2``, ``true``, ``[8, 8]``); what is none is a string as it stands."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
