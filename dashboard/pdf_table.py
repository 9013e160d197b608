"""The table of PDF metrics as HTML: a row per metric, a column per group of objects."""

from dataclasses import dataclass
from html import escape

from dashboard import glossary
from dashboard.metrics_table import with_error


@dataclass(frozen=True)
class Shown:
    """How a metric of `photoz_core.metrics.pdf.pdf_metrics` is written; the glossary says what it means."""

    name: str
    label: str
    digits: int
    percent: bool = False


GROUPS = {
    "calibrated? (honest PDFs give)": (
        Shown("ks", "KS (0)", 3),
        Shown("ks_p", "p of KS", 3),
        Shown("cvm", "Cramér–von Mises (0.17)", 2),
        Shown("ad", "Anderson–Darling (1)", 2),
        Shown("qq_rmse", "QQ RMSE (0)", 4),
        Shown("coverage_68", "inside 68 % [%] (68)", 1, True),
        Shown("coverage_95", "inside 95 % [%] (95)", 1, True),
        Shown("pdf_outliers", "outside 3σ [%] (0.27)", 2, True),
        Shown("pit_outliers", "PIT outliers [%] (0.02)", 2, True),
    ),
    "and sharp? (lower is better)": (
        Shown("cde_loss", "CDE loss", 3),
        Shown("crps", "CRPS", 4),
        Shown("log_score", "log score", 3),
        Shown("brier", "Brier score", 3),
    ),
}


def pdf_table_html(columns: dict[str, dict[str, float]]) -> str:
    """Metrics of each group of objects, by the name that heads its column; an en dash where there are none."""
    head = "".join(f"<th>{escape(name)}</th>" for name in ("", *columns))
    rows = [_row("n", "objects with z_spec and a PDF", [f"{m['n']:,}" for m in columns.values()])]
    if any(m["missing"] for m in columns.values()):
        rows.append(_row("missing", "objects with z_spec but no PDF", [f"{m['missing']:,}" for m in columns.values()]))
    for heading, group in GROUPS.items():
        rows.append(f'<tr class="group"><td colspan="{len(columns) + 1}">{escape(heading)}</td></tr>')
        rows += [
            _row(shown.label, glossary.TERMS[shown.name].hint, [_cell(metrics, shown) for metrics in columns.values()])
            for shown in group
        ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cell(metrics: dict[str, float], shown: Shown) -> str:
    if shown.name == "ks_p" and metrics[shown.name] < 10**-shown.digits:
        return f"&lt; {10**-shown.digits:g}"
    factor = 100 if shown.percent else 1
    error = metrics.get(f"{shown.name}_error", float("nan"))
    return with_error(factor * metrics[shown.name], factor * error, shown.digits)


def _row(label: str, hint: str, cells: list[str]) -> str:
    values = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr title="{escape(hint)}"><td>{escape(label)}</td>{values}</tr>'
