"""The table of photo-z metrics as HTML."""

from dataclasses import dataclass
from html import escape
from math import isfinite

from dashboard import glossary

SCATTER = {"pita": "σ_NMAD", "sdss": "σ_NMAD", "rail": "σ_IQR", "graham": "σ_IQR"}
STYLE = """
table { border-collapse: collapse; width: 100%; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th { font-weight: 500; opacity: .78; text-align: right; padding: 2px 4px; white-space: nowrap; }
td { text-align: right; padding: 1px 4px; white-space: nowrap; line-height: 19px; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.group td { padding-top: 7px; opacity: .78; border-bottom: 1px solid var(--mui-palette-divider, #8884); }
tr.main td { font-weight: 500; }
table.required { margin-top: 12px; }
.met { color: var(--mui-palette-success-main, #2e7d32); }
.unmet { color: color-mix(in srgb, var(--mui-palette-warning-main, #ed6c02) 60%, currentColor); }
small { opacity: .75; font-size: 11px; }
"""


@dataclass(frozen=True)
class Line:
    """A line of the table: what it is about, and its metrics; without metrics it heads a group."""

    label: str
    metrics: dict[str, float] | None = None
    main: bool = False


def table_html(lines: list[Line], convention: str) -> str:
    """Bias, scatter and outliers with their bootstrap errors, n and missing predictions, a row per line."""
    terms = ("", "", "missing", "bias", "sigma_iqr" if SCATTER[convention] == "σ_IQR" else "scatter", "outliers")
    heads = zip(_heads(convention), terms, strict=True)
    head = "".join(f"<th{glossary.title(term)}>{escape(text)}</th>" for text, term in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, lines))}</tbody></table>"


def numbers(lines: list[Line], convention: str) -> tuple[tuple[str, ...], list[tuple]]:
    """Header and rows of the same table as `photoz_core.metric_tables` takes them."""
    rows: list[tuple] = []
    for line in lines:
        m = line.metrics
        cells = () if m is None else (str(m["n"]), str(m["missing"]))
        for name, factor, digits in (("bias", 1, 4), ("scatter", 1, 4), ("outliers", 100, 1)) if m else ():
            cells += ((factor * m[name], factor * m[f"{name}_error"], digits),)
        rows.append((line.label, *cells))
    return _heads(convention), rows


def requirements_html(lines: list[dict]) -> str:
    """Lines of `photoz_core.metrics.requirements.requirements`; what they are measured on and whence is on hover."""
    heads = "".join(f"<th>{text}</th>" for text in ("LSST asks, of the whole split", "found", "limit", "goal", ""))
    rows = []
    for line in lines:
        goal = "–" if line["goal"] is None else f"{line['goal']:g}"
        verdict = "<td class=met>met</td>" if line["met"] else "<td class=unmet>not met</td>"
        hint = escape(f"{line['text']}. Asked of the {line['sample']}. Source: {line['source']}", quote=True)
        cells = f"<td>{number(line['value'], 4)}</td><td>{line['limit']:g}</td><td>{goal}</td>{verdict}"
        rows.append(f'<tr title="{hint}"><td>{escape(line["name"])}</td>{cells}</tr>')
    return f"<table class=required><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def bin_label(low: float, high: float) -> str:
    """`< 21`, `21 – 22` or `≥ 25`."""
    if not isfinite(low):
        return f"< {high:.4g}" if isfinite(high) else "all"
    return f"{low:.4g} – {high:.4g}" if isfinite(high) else f"≥ {low:.4g}"


def number(value: float, digits: int) -> str:
    """A number with a true minus sign; an en dash where there is none."""
    return f"{value:.{digits}f}".replace("-", "−") if isfinite(value) else "–"


def with_error(value: float, error: float, digits: int) -> str:
    """A number and its error, if that is known, in small type."""
    beside = f" <small>± {number(error, digits)}</small>" if isfinite(error) else ""
    return number(value, digits) + beside


def _heads(convention: str) -> tuple[str, ...]:
    return "", "n", "missing", "bias", SCATTER[convention], "outliers [%]"


def _row(line: Line) -> str:
    if line.metrics is None:
        return f'<tr class="group"><td colspan="6">{escape(line.label)}</td></tr>'
    m = line.metrics
    cells = [
        f"{m['n']:,}",
        f"{m['missing']:,}" if m["missing"] else "–",
        with_error(m["bias"], m["bias_error"], 4),
        with_error(m["scatter"], m["scatter_error"], 4),
        with_error(100 * m["outliers"], 100 * m["outliers_error"], 1),
    ]
    kind = ' class="main"' if line.main else ""
    return f"<tr{kind}><td>{escape(line.label)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
