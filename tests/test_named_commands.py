"""The commands that the app, the command line and the README tell people to type are those there are."""

import argparse
import re
from pathlib import Path

import pytest

from train.cli import build_parser

ROOT = Path(__file__).resolve().parents[1]
TEXTS = [
    ROOT / "README.md",
    *(path for folder in ("dashboard", "train", "docs") for path in ROOT.glob(f"{folder}/**/*.py")),
]
NAMED = re.compile(r"(?:[`>($ ]|^)photoz ([a-z]+)(?: ([a-z]+))?", re.M)


def actions(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of a parser by name."""
    found = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return next((dict(action.choices) for action in found), {})


@pytest.fixture(scope="module")
def commands():
    return {name: set(actions(parser)) for name, parser in actions(build_parser()).items()}


def test_every_command_that_is_named_exists(commands):
    quoted = [(path, *match) for path in TEXTS for match in NAMED.findall(path.read_text())]
    named = [item for item in quoted if item[1] in commands]
    wrong = [item for item in named if commands[item[1]] and item[2] and item[2] not in commands[item[1]]]
    assert wrong == [] and {"data", "train", "serve", "project"} <= {name for _, name, _ in named}


def test_every_command_in_back_quotes_exists(commands):
    wrong = [
        (path.name, name)
        for path in TEXTS
        for name in re.findall(r"`photoz ([a-z]+)\b(?! =)", path.read_text())
        if name not in commands
    ]
    assert wrong == []
