"""What a command shows: bars with an ETA on stderr, tables and JSON on stdout."""

import sys
from collections.abc import Sequence

from photoz_core.errors import PhotozError
from photoz_core.progress import Progress


class Bar(Progress):
    """A bar; it appears with the first step and goes with the block it is made in.

    Parameters
    ----------
    label, unit : str
    agree : bool
        Answer questions with yes, as is done where nobody could be asked.
    """

    def __init__(self, label: str, unit: str = "", agree: bool = True):
        super().__init__(self._show)
        self.label, self.unit, self.agree = label, unit, agree
        self._bar = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if self._bar is not None:
            if error is None:
                self._bar.n = self._bar.total
            self._bar.refresh()
            self._bar.close()

    def _show(self, done: float, total: float, note: str = "") -> None:
        from tqdm import tqdm

        if self._bar is None:
            layout = "{desc} {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} {unit} [{elapsed}<{remaining}{postfix}]"
            style = {"unit": self.unit, "unit_scale": True, "bar_format": layout, "dynamic_ncols": True}
            self._bar = tqdm(initial=done, total=total, desc=self.label, file=sys.stderr, **style)
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.n, self._bar.total = done, total
        self._bar.refresh()

    def note(self, done: float, total: float, text: str) -> None:
        """A step with a few words behind the bar."""
        self._show(done, total, text)

    def say(self, text: str) -> None:
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)

    def ask(self, question: str) -> bool:
        return self.agree or not sys.stdin.isatty() or confirm(question)


def confirm(question: str) -> bool:
    """Whether whoever sits at the terminal says yes."""
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool = False) -> None:
    """Print a table, the first column flush left, the others flush right."""
    if not rows:
        raise PhotozError("nothing to show")
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = (f"{cell:{'>' if i else '<'}{widths[i]}}" for i, cell in enumerate(cells))
        return f"| {' | '.join((first, *others))} |" if markdown else "  ".join((first, *others)).rstrip()

    rule = [("-" * (width - 1) + ":") if i else "-" * width for i, width in enumerate(widths)]
    print(*map(line, (header, *([rule] if markdown else []), *rows)), sep="\n")
