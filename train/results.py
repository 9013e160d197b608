"""The figures of finished runs, one by one or as mean ± standard deviation over seeds."""

import statistics
from collections.abc import Iterable

from photoz_core.files import read_json
from photoz_core.run import Run

FIGURES = {  # figure → its column's title, digits
    "bias": ("bias", 4),
    "scatter": ("σ_NMAD", 4),
    "outliers": ("outliers", 3),
    "accuracy": ("accuracy", 4),
    "majority": ("majority", 4),
    "macro_f1": ("macro-F1", 4),
    "r2_label": ("R² label", 3),
    "r2_color": ("R² color", 3),
    "r2_z_spec": ("R² z_spec", 3),
    "trustworthiness": ("trust", 3),
}
MAP = "umap"  # the map whose trustworthiness is shown, pca where there is none


def figures(run: Run) -> dict:
    """What `photoz compare` shows of a run.

    Returns
    -------
    dict
        ``run``, ``name``, ``labels``, ``objects`` of the test split, ``seeds``; the point metrics with their bootstrap
        errors ``…_error`` (PITA's convention); of a classification ``accuracy``, ``majority`` and ``macro_f1`` on the
        test split; ``r2_label``, the mean R² of the other labels it estimates; kNN R² of the reddest color and of
        z_spec from the latents; ``trustworthiness`` of the map ``map``. NaN for what a run does not have.
    """
    metrics, point = run.metrics, run.metrics.get("point", {})
    classes = metrics.get("classification", {}).get("test", {})
    colors = [name for name in metrics["knn_r2"] if name.startswith("color_")]
    shown = MAP if MAP in run.projection_names() else "pca"
    row = {"run": run.id, "name": run.name, "seeds": [run.recipe.seed], "map": shown}
    row |= {"labels": metrics["counts"]["labels"], "objects": metrics["counts"]["test"]}
    for name in ("bias", "scatter", "outliers"):
        row |= {name: _number(point.get(name)), f"{name}_error": _number(point.get(f"{name}_error"))}
    row |= {name: _number(classes.get(name)) for name in ("accuracy", "majority", "macro_f1")}
    known = [judged["r2"] for judged in metrics.get("regression", {}).values() if judged["r2"] is not None]
    row["r2_label"] = statistics.fmean(known) if known else float("nan")
    row["r2_color"] = _number(metrics["knn_r2"].get(colors[-1])) if colors else float("nan")
    row["r2_z_spec"] = _number(metrics["knn_r2"].get("z_spec"))
    row["trustworthiness"] = _number(read_json(run.folder / "projections" / f"{shown}.json").get("trustworthiness"))
    return row


def over_seeds(runs: Iterable[Run]) -> list[dict]:
    """Mean and standard deviation (``…_error``) of the figures over runs that differ in their seed alone."""
    groups: dict[str, list[dict]] = {}
    for run in runs:
        groups.setdefault(run.name.rpartition(" · seed")[0], []).append(figures(run))
    return [_mean(name, rows) for name, rows in groups.items()]


def numbers(rows: list[dict]) -> tuple[tuple[str, ...], list[tuple]]:
    """Header and cells as `photoz_core.metric_tables` takes them, of the columns that `table` has."""
    shown = {name: told for name, told in FIGURES.items() if any(row[name] == row[name] for row in rows)}
    header, nan = ("run", "labels", *(title for title, _ in shown.values())), float("nan")
    cells = [
        tuple((row[name], row.get(f"{name}_error", nan), digits) for name, (_, digits) in shown.items()) for row in rows
    ]
    return header, [(row["name"], str(row["labels"]), *found) for row, found in zip(rows, cells, strict=True)]


def table(rows: list[dict]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and cells of rows of `figures` or `over_seeds`; a figure that no row has gets no column."""
    header, cells = numbers(rows)
    return header, [(name, labels, *(_with_error(*cell) for cell in texts)) for name, labels, *texts in cells]


def _mean(name: str, rows: list[dict]) -> dict:
    many = len(rows) > 1
    result = {"name": f"{name} ({len(rows)} seeds)" if many else rows[0]["name"], "seeds": []}
    result["labels"] = round(statistics.mean(row["labels"] for row in rows))
    for figure in FIGURES:
        values = [row[figure] for row in rows]
        result[figure] = statistics.fmean(values)
        scatters = many and result[figure] == result[figure]  # statistics.stdev breaks on NaN
        result[f"{figure}_error"] = statistics.stdev(values) if scatters else float("nan")
    return result | {"seeds": [seed for row in rows for seed in row["seeds"]], "runs": [row["run"] for row in rows]}


def _with_error(value: float, error: float, digits: int) -> str:
    if value != value:
        return "–"
    text = f"{value:.{digits}f}"
    return text if error != error else f"{text} ± {error:.{digits}f}"


def _number(value: float | None) -> float:
    """JSON's null back to NaN."""
    return float("nan") if value is None else float(value)
