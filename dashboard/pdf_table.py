"""The table of PDF metrics as HTML: a row per metric, a column per group of objects."""

from dataclasses import dataclass
from html import escape

from dashboard.metrics_table import with_error


@dataclass(frozen=True)
class Shown:
    """How a metric of `photoz_core.metrics.pdf.pdf_metrics` is written, and what it means."""

    name: str
    label: str
    digits: int
    hint: str
    percent: bool = False


GROUPS = {
    "calibrated? (honest PDFs give)": (
        Shown("ks", "KS (0)", 3, "largest distance of the PIT's distribution from uniform"),
        Shown("ks_p", "p of KS", 3, "probability of so large a KS if the PDFs were honest"),
        Shown(
            "cvm", "Cramér–von Mises (0.17)", 2, "integrated squared distance of the PIT's distribution from uniform"
        ),
        Shown("ad", "Anderson–Darling (1)", 2, "as Cramér–von Mises, with weight on the tails"),
        Shown("qq_rmse", "QQ RMSE (0)", 4, "root mean square distance of the QQ line from its diagonal"),
        Shown("coverage_68", "inside 68 % [%] (68)", 1, "share with z_spec in the central 68 % of the PDF", True),
        Shown("coverage_95", "inside 95 % [%] (95)", 1, "share with z_spec in the central 95 % of the PDF", True),
        Shown(
            "pdf_outliers", "outside 3σ [%] (0.27)", 2, "share with z_spec outside the central 99.73 % of the PDF", True
        ),
        Shown("pit_outliers", "PIT outliers [%] (0.02)", 2, "share with a PIT below 0.0001 or above 0.9999", True),
    ),
    "and sharp? (lower is better)": (
        Shown("cde_loss", "CDE loss", 3, "mean of ∫ p² dz − 2 p(z_spec) (Izbicki & Lee 2017)"),
        Shown("crps", "CRPS", 4, "mean of ∫ (CDF − step at z_spec)² dz, in redshift (Matheson & Winkler 1976)"),
        Shown("log_score", "log score", 3, "mean of −ln p(z_spec)"),
        Shown("brier", "Brier score", 3, "mean of Σ (probability of a bin − [z_spec is in it])² (Brier 1950)"),
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
            _row(shown.label, shown.hint, [_cell(metrics, shown) for metrics in columns.values()]) for shown in group
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
