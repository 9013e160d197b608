"""The table of schemes: accuracy of each, over its seeds, beside what the paper says."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from statistics import fmean, stdev

from dashboard.classes_runs import in_order, judged, scheme_names
from dashboard.metrics_table import number, with_error
from photoz_core.dataset import Dataset
from photoz_core.run import Run
from photoz_core.schemes import PAPER, PAPER_LOW

LOW = (90, 140)  # labels that are "nearly 100" of Table III: 0.25 % of what its sets have
COLUMNS = ("n_seeds", "valid.accuracy", "test.accuracy", "test.macro_f1", "test.majority")
STYLE = """
:host { overflow-x: auto; }
button { all: unset; cursor: pointer; }
button:hover { text-decoration: underline; }
button:focus-visible { outline: 2px solid var(--pz-accent); outline-offset: -1px; }
tr.on th, tr.on td { background: #1f94cf1f; }
tbody th { text-align: left; opacity: 1; }
td.none { text-align: left; opacity: .72; overflow: hidden; text-overflow: ellipsis; max-width: 0; }
i.key { display: inline-block; width: 18px; height: 0; border-top: 2px solid; margin: 0 6px 3px 0; }
"""


@dataclass(frozen=True)
class Scheme:
    """What is known of one scheme at one number of labels.

    Parameters
    ----------
    name : str
    runs : tuple of str
        Ids, of the lowest seed first; empty where it was not run.
    metrics : dict
        Mean and standard deviation over the seeds by ``<split>.<metric>``; the deviation of one run is NaN.
    paper : tuple
        Mean and deviation that the paper gives, NaN where it gives none.
    """

    name: str
    runs: tuple[str, ...]
    metrics: dict[str, tuple[float, float]]
    paper: tuple[float, float] = (math.nan, math.nan)


def label_counts(runs: Iterable[Run]) -> list[int]:
    """Numbers of training labels that the runs saw, largest first."""
    return sorted({run.metrics["counts"]["labels"] for run in runs}, reverse=True)


def schemes(runs: Iterable[Run], dataset: Dataset, labels: int) -> list[Scheme]:
    """A line a scheme, those of the paper first, of the runs that saw so many labels."""
    runs = list(runs)
    names = scheme_names(runs)
    of: dict[str, list[Run]] = {name: [] for name in in_order(names.values())}
    for run in sorted(runs, key=lambda run: run.recipe.seed):
        if run.metrics["counts"]["labels"] == labels:
            of[names[run.id]].append(run)
    published = paper_numbers(dataset, labels)
    return [
        Scheme(name, tuple(run.id for run in mine), _summary(mine), published.get(name, (math.nan, math.nan)))
        for name, mine in of.items()
    ]


def paper_numbers(dataset: Dataset, labels: int) -> dict[str, tuple[float, float]]:
    """Validation accuracy by scheme that the paper gives for this very set: Table II for all labels, III for about 100.

    Empty unless somebody said that the dataset is one of the paper's (``provenance["published"]``).
    """
    name = dataset.meta.provenance.get("published", "")
    if LOW[0] <= labels <= LOW[1]:
        found = PAPER_LOW.get(name, {})
        return {scheme: value if isinstance(value, tuple) else (value, math.nan) for scheme, value in found.items()}
    if labels < (dataset.is_labelled() & (dataset.split == "train")).sum():
        return {}
    return PAPER.get(name, {})


def table_html(lines: list[Scheme], reasons: dict[str, str], current: str, keys: dict[str, tuple[str, str]]) -> str:
    """The table; a scheme's name hands on the id of its first run.

    Parameters
    ----------
    reasons : dict
        Why a scheme has no run, where that is known.
    current : str
        Id of the run in front.
    keys : dict
        Color and dash of a scheme's curve.
    """
    published = any(math.isfinite(line.paper[0]) for line in lines)
    heads = [
        "scheme",
        "seeds",
        "valid accuracy",
        "test accuracy",
        "macro-F1",
        "majority",
        *["paper, valid"] * published,
    ]
    hints = {
        "macro-F1": "mean of the classes' F1, on the test split",
        "majority": "share of the commonest class in the test split: the accuracy of always saying it",
        "paper, valid": "validation accuracy that Martinazzo et al. 2020 give for this set",
    }
    head = "".join(f'<th title="{hints.get(text, "")}">{text}</th>' for text in heads)
    body = "".join(_row(line, reasons.get(line.name, ""), current, keys, published) for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(line: Scheme, reason: str, current: str, keys: dict[str, tuple[str, str]], published: bool) -> str:
    color, dash = keys.get(line.name, ("#80808000", "solid"))
    key = f'<i class="key" style="border-color: {color}; border-top-style: {dash}"></i>'
    paper = f"<td>{with_error(*line.paper, 4)}</td>" if published else ""
    if not line.runs:
        text = "not run" + (f": {reason}" if reason else "")
        missing = f'<td class="none" colspan="5" title="{escape(text)}">{escape(text)}</td>'
        return f'<tr><th scope="row">{key}{escape(line.name)}</th>{missing}{paper}</tr>'
    parts = [with_error(*line.metrics[name], 4) for name in COLUMNS[1:4]]
    cells = [str(len(line.runs)), *parts, number(line.metrics[COLUMNS[4]][0], 4)]
    name = f'<button data-press="{escape(line.runs[0])}" title="show its map">{key}{escape(line.name)}</button>'
    chosen = ' class="on"' if current in line.runs else ""
    return f'<tr{chosen}><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}{paper}</tr>'


def _summary(runs: list[Run]) -> dict[str, tuple[float, float]]:
    found = {}
    for name in COLUMNS[1:]:
        split, _, metric = name.partition(".")
        values = [judged(run).get(split, {}).get(metric) for run in runs]
        values = [value for value in values if value is not None and math.isfinite(value)]
        mean = fmean(values) if values else math.nan
        found[name] = (mean, stdev(values) if len(values) > 1 else math.nan)
    return found
