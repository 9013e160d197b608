"""The numbers of a comparison as HTML: under each map those of its run, beside them those of each pair."""

from html import escape
from math import isfinite

import numpy as np

from dashboard.compare_numbers import metrics_of, trustworthiness
from dashboard.compare_sides import AGREEMENT, Side
from dashboard.glossary import TERMS
from dashboard.metrics_table import number, with_error

LETTERS = "ABCDEF"
R2_WORDS = TERMS["knn_r2"].hint
STYLE = """
:host { font-size: 11.5px; line-height: 17px; font-variant-numeric: tabular-nums; }
.main { display: flex; flex-wrap: wrap; align-items: center; gap: 0 8px; font-size: 13px; line-height: 20px; }
.main i { flex: 1; height: 6px; background: #80808030; border-radius: 1px; min-width: 40px; }
.main i u { display: block; height: 100%; background: var(--pz-accent); border-radius: 1px; }
.more { display: flex; flex-wrap: wrap; gap: 0 12px; }
.more span { white-space: nowrap; }
details summary { cursor: pointer; }
.more em { font-style: normal; opacity: .72; }
small { opacity: .72; font-size: 10px; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: 500; opacity: .72; padding: 1px 4px; }
td { text-align: center; padding: 1px 4px; }
td.own { opacity: .4; }
p { margin: 3px 0 0; opacity: .72; font-size: 11px; line-height: 15px; }
"""


def run_html(side: Side, coloring: str, others: list[str], company: str = "") -> str:
    """How well a run's latents know the coloring, then other columns, then map and photo-z; from its metrics.json.

    Parameters
    ----------
    side : Side
    coloring : str
        The column that is in front.
    others : list of str
        Columns that are named beside it, where there is an R² of them; all further ones are folded away.
    company : str
        In which the map on show was made together with others; empty for the projection by itself.
    """
    metrics = metrics_of(side.current)
    name = escape(side.column(coloring).label or coloring)
    front = "" if coloring in AGREEMENT else _front(metrics, coloring, name)
    parts = [*_known(side, metrics, coloring, others), *_map(side, metrics, company)]
    return f"{front}<div class=more>{''.join(parts)}</div>{_rest(side, metrics, {coloring, *others})}"


def pairs_html(count: int, overlaps: dict[tuple[int, int], float], shifts: dict[tuple[int, int], float]) -> str:
    """A table of runs by runs: above the diagonal the mean overlap of neighbours, below it the mean displacement.

    Parameters
    ----------
    count : int
        Runs.
    overlaps, shifts : dict
        By numbers of two runs, the lower first; a pair that is not there has an ellipsis.
    """
    head = "".join(f"<th>{letter}</th>" for letter in LETTERS[:count])
    rows = []
    for i in range(count):
        cells = [_cell(i, j, overlaps if i < j else shifts) for j in range(count)]
        rows.append(f"<tr><th>{LETTERS[i]}</th>{''.join(cells)}</tr>")
    return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def mean_of(values: np.ndarray) -> float:
    """Mean of the known ones of N values; NaN where there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean(dtype=float)) if len(known) else float("nan")


def _front(metrics: dict, coloring: str, name: str) -> str:
    """The number of the coloring, large, with a bar from 0 to 1."""
    value, title, words = _number(metrics.get("knn_r2", {}).get(coloring)), "kNN R²", R2_WORDS
    judged = metrics.get("knn_accuracy", {}).get(coloring)
    if judged:
        value, title = _number(judged["accuracy"]), "kNN accuracy"
        words = f"of the 10 nearest training objects; the commonest class has {judged['majority']:.2f}"
    share = min(max(value, 0), 1) if isfinite(value) else 0
    bar = f"<i><u style='width: {100 * share:.1f}%'></u></i>"
    return f"<div class=main title='{escape(words)}'>{title} of {name}{bar}<b>{number(value, 2)}</b></div>"


def _known(side: Side, metrics: dict, coloring: str, others: list[str]) -> list[str]:
    """R² of the columns that are named beside the coloring, in the order in which all runs have them."""
    known = metrics.get("knn_r2", {})
    return [
        _part(f"R² {side.column(name).label or name}", number(_number(known[name]), 2), R2_WORDS)
        for name in others
        if name != coloring and name in known
    ]


def _rest(side: Side, metrics: dict, named: set[str]) -> str:
    """R² of all other properties, the best first, in a fold."""
    known = {name: _number(value) for name, value in metrics.get("knn_r2", {}).items() if name not in named}
    if not known:
        return ""
    best = sorted(known, key=lambda name: -known[name] if isfinite(known[name]) else np.inf)
    parts = [_part(side.column(name).label or name, number(known[name], 2), R2_WORDS) for name in best]
    return f"<details><summary>R² of {len(best)} more</summary><div class=more>{''.join(parts)}</div></details>"


def _map(side: Side, metrics: dict, company: str) -> list[str]:
    trust = trustworthiness(side.current, side.projection, company)
    parts = [_part("trustworthiness", number(trust, 3), TERMS["trustworthiness"].hint)]
    point = metrics.get("point")
    if point:
        parts += [
            _part("σ_NMAD", with_error(point["scatter"], point["scatter_error"], 4), TERMS["scatter"].hint),
            _part("bias", number(point["bias"], 4), TERMS["bias"].hint),
            _part("outliers", f"{number(100 * point['outliers'], 1)} %", TERMS["outliers"].hint),
        ]
    labels = metrics.get("counts", {}).get("labels")
    return parts + ([_part("labels", f"{labels:,}", TERMS["labels"].hint)] if labels is not None else [])


def _part(title: str, value: str, words: str) -> str:
    return f"<span title='{escape(words)}'><em>{escape(title)}</em> {value}</span>"


def _cell(i: int, j: int, values: dict[tuple[int, int], float]) -> str:
    if i == j:
        return "<td class=own>·</td>"
    value = values.get((min(i, j), max(i, j)))
    return f"<td>{'…' if value is None else number(value, 3 if i < j else 2)}</td>"


def _number(value) -> float:
    return float("nan") if value is None else float(value)
