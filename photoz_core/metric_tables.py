"""Tables of metrics for papers: LaTeX with booktabs, CSV with a column for each error."""

import csv
import io
import math
import re
from collections.abc import Sequence

Number = tuple[float, float, int]  # value, its error (NaN where unknown), digits; a value of NaN has no number

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "−": "$-$", "–": "--", "±": r"$\pm$",
    "×": r"$\times$", "·": r"$\cdot$", "≥": r"$\geq$", "≤": r"$\leq$", "²": "$^2$", "Δ": r"$\Delta$", "σ": r"$\sigma$",
    "θ": r"$\theta$", "γ": r"$\gamma$", "α": r"$\alpha$", "β": r"$\beta$", "λ": r"$\lambda$", "µ": r"$\mu$",
    "μ": r"$\mu$", "″": r"$''$", "√": r"$\surd$",
}  # fmt: skip
SYMBOLS = {"σ_NMAD": r"$\sigma_\mathrm{NMAD}$", "σ_IQR": r"$\sigma_\mathrm{IQR}$", "R²": "$R^2$"}


def latex_table(header: Sequence[str], rows: Sequence[Sequence[str | Number]], notes: Sequence[str] = ()) -> str:
    r"""A `tabular` that needs ``\usepackage{booktabs}``; words flush left, numbers ± errors flush right.

    Parameters
    ----------
    header : (C,) str
    rows : (R, C)
        Words and `Number`; a row of one word heads a group.
    notes : sequence of str
        What stands above it as comments.
    """
    wide = next((row for row in rows if len(row) == len(header)), ["" for _ in header])
    columns = "".join("l" if isinstance(cell, str) and not i else "r" for i, cell in enumerate(wide))
    lines = [f"% {' '.join(note.split())}" for note in (*notes, r"needs \usepackage{booktabs}")]
    lines += [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", _latex_row(header), r"\midrule"]
    for number, row in enumerate(rows):
        if len(row) == 1:
            lines += [r"\addlinespace"] * bool(number) + [rf"\multicolumn{{{len(header)}}}{{l}}{{{_cell(row[0])}}} \\"]
        else:
            lines.append(_latex_row(row))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def csv_table(header: Sequence[str], rows: Sequence[Sequence[str | Number]], notes: Sequence[str] = ()) -> str:
    """The same numbers with all their digits; each has a column ``… error`` beside it, empty where it is unknown.

    A row of one word, which heads a group, is put before the names of the rows that follow.
    """
    numeric = [
        i for i in range(len(header)) if any(len(row) == len(header) and not isinstance(row[i], str) for row in rows)
    ]
    file = io.StringIO()
    for note in notes:
        file.write(f"# {' '.join(note.split())}\n")

    def write(cells: list[str]) -> None:
        quoting = csv.QUOTE_ALL if any("#" in cell for cell in cells) else csv.QUOTE_MINIMAL  # or it begins a comment
        csv.writer(file, lineterminator="\n", quoting=quoting).writerow(cells)

    write([text for i, name in enumerate(header) for text in ([name, f"{name} error"] if i in numeric else [name])])
    group = ""
    for row in rows:
        if len(row) == 1:
            group = f"{row[0]}: "
            continue
        named = [f"{group}{row[0]}", *row[1:]]
        write([text for i, cell in enumerate(named) for text in (_values(cell) if i in numeric else [cell])])
    return file.getvalue()


def escape(text: str) -> str:
    """Words as LaTeX sets them; names of metrics become their symbols."""
    parts = re.split(f"({'|'.join(map(re.escape, SYMBOLS))})", text)
    return "".join(SYMBOLS.get(part) or "".join(LATEX.get(letter, letter) for letter in part) for part in parts)


def _latex_row(cells: Sequence[str | Number]) -> str:
    """A line of the table; what begins it must not look like an option of the command before."""
    line = " & ".join(map(_cell, cells)) + r" \\"
    return f"{{}}{line}" if line.lstrip().startswith(("[", "*")) else line


def _cell(cell: str | Number) -> str:
    if isinstance(cell, str):
        return escape(cell)
    value, error, digits = cell
    if not math.isfinite(value):
        return "--"
    return f"${value:.{digits}f}" + (rf" \pm {error:.{digits}f}$" if math.isfinite(error) else "$")


def _values(cell: str | Number) -> list[str]:
    if isinstance(cell, str):
        return [cell, ""]
    return ["" if not math.isfinite(value) else repr(float(value)) for value in cell[:2]]
