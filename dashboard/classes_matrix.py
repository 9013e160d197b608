"""A confusion matrix as HTML, whose cells can be pressed."""

from html import escape

import numpy as np

FEW = 6  # classes whose names stand upright over their columns, and whose cells have room for a share
NO_CELL = (-1, -1)
STYLE = """
:host { overflow: auto; font-variant-numeric: tabular-nums; }
table { border-collapse: separate; border-spacing: 2px; font-size: 12.5px; width: 100%; table-layout: fixed; }
th { font-weight: 500; padding: 0 4px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
th small { font-weight: 400; }
thead th { vertical-align: bottom; }
tbody th { text-align: right; }
col.name { width: 84px; }
col.n { width: 42px; }
td { padding: 0; text-align: center; }
td.n { opacity: .72; }
.n { text-align: right !important; writing-mode: horizontal-tb !important; rotate: none !important; }
button {
  all: unset; box-sizing: border-box; width: 100%; height: var(--high); cursor: pointer; border-radius: 3px;
  display: flex; flex-direction: column; align-items: center; justify-content: center; line-height: 1.25;
  background: color-mix(in srgb, var(--tint) var(--share), #80808014);
}
button:disabled { cursor: default; }
button:disabled span { opacity: .35; }
button:hover:enabled:not([aria-pressed=true]) { outline: 1px solid #80808080; }
button:focus-visible, button[aria-pressed=true] { outline: 2px solid var(--pz-accent); outline-offset: -1px; }
button[aria-pressed=true] { font-weight: 700; }
small { opacity: .92; font-size: 10.5px; }
.many { font-size: 10px; border-spacing: 1px; }
.many thead th { writing-mode: vertical-rl; rotate: 180deg; text-align: left; padding: 4px 0; justify-self: center; }
.right { --tint: #1f94cf; }
.wrong { --tint: #d55e00; }
"""
DEEPEST = 52  # % of the tint in a cell that holds its whole row, so that numbers stay legible; it goes as √ share


def matrix_html(confusion: np.ndarray, classes: tuple[str, ...], pressed: tuple[int, int] = NO_CELL) -> str:
    """Counts and row shares; a cell hands on `true,predicted` as numbers of classes.

    Parameters
    ----------
    confusion : (K, K) int
        Rows true, columns predicted.
    pressed : (true, predicted)
        The cell whose objects are selected.
    """
    many = len(classes) > FEW
    high = "20px" if many else f"{max(34, 200 // max(len(classes), 1))}px"
    names = [escape(name) for name in classes]
    heads = "".join(f'<th scope="col" title="{name}">{name}</th>' for name in names)
    lines = [_line(row, confusion[row], names, pressed, many) for row in range(len(names))]
    columns = f'<col class="name">{"<col>" * len(names)}<col class="n">'
    return (
        f'<table class="{"many" if many else "few"}" style="--high: {high}"><colgroup>{columns}</colgroup>'
        f'<thead><tr><td></td>{heads}<th class="n">n</th></tr></thead><tbody>{"".join(lines)}</tbody></table>'
    )


def parse_cell(press: str) -> tuple[int, int]:
    """The cell (true, predicted) that a press hands on."""
    true, _, predicted = press.partition(",")
    return int(true), int(predicted)


def _line(row: int, counts: np.ndarray, names: list[str], pressed: tuple[int, int], many: bool) -> str:
    total = int(counts.sum())
    cells = []
    for column, count in enumerate(counts.tolist()):
        share = count / total if total else 0.0
        text = "" if many else f"<small>{100 * share:.1f} %</small>"
        hint = f"true {names[row]}, predicted {names[column]}: {count:,} objects, {100 * share:.1f} % of {names[row]}"
        state = f'aria-pressed="{str((row, column) == pressed).lower()}"' + ("" if count else " disabled")
        kind, tint = "right" if row == column else "wrong", f"--share: {DEEPEST * share**0.5:.1f}%"
        cells.append(
            f'<td><button class="{kind}" style="{tint}" data-press="{row},{column}" {state} '
            f'title="{hint}" aria-label="{hint}"><span>{count:,}</span>{text if count else ""}</button></td>'
        )
    return (
        f'<tr><th scope="row" title="{names[row]}">{names[row]}</th>{"".join(cells)}<td class="n">{total:,}</td></tr>'
    )
