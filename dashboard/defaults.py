"""What a session may choose, what it starts with, and what replaces a choice that is no longer there."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import param

from dashboard.classes_columns import PREDICTED, label_class
from photoz_core.columns import Column
from photoz_core.dataset import Dataset
from photoz_core.run import Run

COLORMAPS = ("auto", "viridis", "cividis", "magma", "plasma", "turbo", "coolwarm")
DRAGS = ("box", "lasso", "pan")  # what dragging on a map does
PICKS = ("sample", "medoid")  # which galaxy stands for a cell of the mosaic
GRIDS = {"auto": 0, "12 × 12": 12, "16 × 16": 16, "20 × 20": 20, "24 × 24": 24, "30 × 30": 30}
EMPTY = {  # what a state derives where there is nothing to show
    "data": None, "current": None, "positions": None, "table": None, "selected": np.zeros(0, bool), "problem": "",
    "focus": "", "focus_row": -1, "neighbours": np.zeros(0, int),
}  # fmt: skip
MODES = ("replace", "add", "subtract")
MAPS = 6
FAVOURITE_MAP = "umap"
NAMES = {"tsne": "t-SNE"}  # of maps that are not just written large
DENSITY = "objects per pixel"  # a pseudo-column, of a name that no survey gives
LENS = ("theta_E", "e1", "e2", "gamma", "gamma1", "gamma2")  # what lenses are colored by
SPECTRA = ("color_4400_5500", "d4000", "ew_halpha", "z_spec", "snr", "ew_oiii")  # what galaxies with spectra are


def suggest_columns(data: Dataset, table: pd.DataFrame) -> list[str]:
    """The six columns that a map starts with: brightness, color, z_spec, size, specific star formation, z_phot.

    Lenses start with their parameters, `LENS`, spectra with what is measured on them, `SPECTRA`, a dataset of classes
    with the known and the predicted one. What the table lacks is replaced by other columns that are
    known for at least one object, then by `DENSITY`.
    """
    columns = data.meta.columns
    known = [name for name in columns if name in table and not columns[name].truth]
    of_kind = lambda *kinds: [name for name in known if columns[name].kind in kinds]  # noqa: E731
    wanted = [
        *((label, PREDICTED) if (label := label_class(data)) else ()),
        *(LENS if "theta_E" in table else ()),
        *(SPECTRA if "spectrum" in data.meta.arrays else ()),
        *of_kind("magnitude")[-1:], *of_kind("color")[-1:], "z_spec",
        *of_kind("size")[:1], *[name for name in known if "ssfr" in name.lower()][:1], "z_phot",
    ]  # fmt: skip
    others = of_kind("color", "magnitude", "flux", "redshift", "size", "quantity", "category", "flag")
    chosen = [name for name in dict.fromkeys([*wanted, *others]) if name in table and table[name].notna().any()]
    return (chosen + [DENSITY] * MAPS)[:MAPS]


def first_of(wanted: str, known: list[str]) -> str:
    """`wanted` where it is known, else the first there is, else nothing."""
    return wanted if wanted in known else next(iter(known), "")


def first_map(wanted: str, known: list[str]) -> str:
    """`wanted` where it is known, else the run's main map of that kind, `FAVOURITE_MAP`, or the first there is."""
    return next(
        (name for name in (wanted, wanted.partition("-")[0], FAVOURITE_MAP) if name in known), first_of("", known)
    )


def named_maps(names: list[str]) -> dict[str, str]:
    """Projections by the name that a person reads: `umap` is *UMAP*, `umap-b` of the latents b *UMAP of b*."""
    parts = {name: name.partition("-") for name in names}
    return {NAMES.get(kind, kind.upper()) + (f" of {of}" if of else ""): name for name, (kind, _, of) in parts.items()}


def named(runs: dict[str, Run]) -> dict[str, str]:
    """Run ids by the name that a person reads; a name given twice is numbered."""
    named: dict[str, str] = {}
    for run_id, run in reversed(runs.items()):
        name = run.name.replace(f" · {run.recipe.dataset}", "")
        taken = sum(label == name or label.startswith(f"{name} (") for label in named)
        named[f"{name} ({taken + 1})" if taken else name] = run_id
    return dict(reversed(named.items()))


def titled(names: Iterable[str], column: Callable[[str], Column]) -> dict[str, str]:
    """Columns by the title that a person reads, with their own name behind it where several have one title.

    Parameters
    ----------
    column : callable
        What a name stands for.
    """
    titles = {name: column(name).title(name) for name in dict.fromkeys(names)}
    counts = Counter(titles.values())
    return {title if counts[title] == 1 else f"{title} · {name}": name for name, title in titles.items()}


def same(names: list[str]) -> dict[str, str]:
    """Names that a person reads as they are."""
    return {name: name for name in names}


@contextmanager
def offering(owner: param.Parameterized, **offers: dict[str, object]) -> Iterator[None]:
    """Let selectors of `owner` take other objects, given by the name a person reads; set the new values in the block.

    Until then the old values stay on offer: a widget whose value vanishes falls back on another by itself, and would
    hand that to `owner` as if a person had chosen it.
    """
    changed = {name: new for name, new in offers.items() if dict(owner.param[name].names or {}) != new}
    for name, new in changed.items():
        selector = owner.param[name]
        selector.objects = new | {str(old): old for old in selector.objects if old not in new.values()}
    yield
    for name, new in changed.items():
        owner.param[name].objects = new
