"""What every benchmark script shares: its two options, and figures printed as a table or as JSON."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Parameters
    ----------
    name : str
    value : float
    unit : str
    goal : str
        In words, e.g. ``≥ 0.9``; empty where there is none.
    ok : bool, optional
        Whether the goal is met; None where there is none.
    error : float, optional
        Standard deviation over seeds.
    """

    name: str
    value: float
    unit: str = ""
    goal: str = ""
    ok: bool | None = None
    error: float | None = None


def report(
    measure: Callable[[argparse.Namespace], Iterator[Figure]], text: str, add_arguments=lambda parser: None
) -> None:
    """Parse the options, measure, print.

    Parameters
    ----------
    measure : callable
        Takes the parsed options (`quick` among them) and yields figures.
    text : str
        The script's docstring.
    """
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="at most 60 s, for a glance")
    parser.add_argument("--json", action="store_true", help="one object: figure → value, unit, goal, ok")
    add_arguments(parser)
    arguments = parser.parse_args()
    figures = []
    for figure in measure(arguments):
        figures.append(figure)
        if not arguments.json:
            print(_line(figure), flush=True)
    if arguments.json:
        json.dump({f.name: _plain(f) for f in figures}, sys.stdout, indent=1, ensure_ascii=False)
        print()


def _plain(figure: Figure) -> dict:
    values = asdict(figure)
    del values["name"]
    return {key: value for key, value in values.items() if not (key == "error" and value is None)}


def _line(figure: Figure) -> str:
    error = "" if figure.error is None else f" ± {figure.error:.3g}"
    verdict = {True: "met", False: "NOT MET", None: ""}[figure.ok]
    return f"{figure.name:<58} {figure.value:>10.4g}{error:<11} {figure.unit:<10} {figure.goal:<14} {verdict}"
