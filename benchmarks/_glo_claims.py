"""Figures of `benchmarks/glo.py` over seeds, and the claims of Rissaki et al. 2020 that they bear out or do not."""

from collections.abc import Iterator

import numpy as np

from benchmarks._glo_problems import PIXELS, Sample, Table, median, spread
from benchmarks._report import Figure

SHARES = (0.1, 0.2, 0.4, 0.6, 0.8)  # missing
LEVELS = (1.0, 2.0, 5.0, 10.0, 20.0)  # L2 norms of the noise
PROJECTED, REGULARISED, PRIOR = "GLO projected", "GLO regularised", "PCA-50 prior"
PAR, PAR_UP_TO = 1.25, 0.4  # test over train, missing share


def over_seeds(name: str, values: np.ndarray, goal: str = "", ok: bool | None = None) -> Figure:
    return Figure(name, float(values.mean()), "", goal, ok, float(values.std(ddof=1)) if len(values) > 1 else None)


def figures(table: Table, sample: Sample) -> Iterator[Figure]:
    """Median and IQR of each condition and method: all pixels; medians of hidden and measured ones of the first group.

    Training spectra are shown of GLO alone.
    """
    for (condition, method, kind), values in table.items():
        groups = sample.groups if method.startswith("GLO") and kind == PIXELS[0] else sample.groups[:1]
        for group in groups:
            own, name = values[:, sample.group(group)], f"{condition}: {method}: {group}: {kind}"
            yield over_seeds(f"{name}: median", median(own))
            if kind == PIXELS[0]:
                yield over_seeds(f"{name}: IQR", spread(own))


def against(table: Table, sample: Sample, peer: str, conditions: list[str]) -> Iterator[Figure]:
    """Medians of GLO over a peer's."""
    own = sample.group(sample.groups[0])
    for condition in conditions:
        for way in (PROJECTED, REGULARISED):
            ratio = median(table[condition, way, "all"][:, own]) / median(table[condition, peer, "all"][:, own])
            yield over_seeds(f"{condition}: {way} / {peer}", ratio, "< 1", bool(ratio.mean() < 1))


def tighter(table: Table, sample: Sample, condition: str) -> Figure:
    """Claim of the paper's Figure 2b: errors of regularised searches scatter less."""
    own = sample.group("test")
    ratio = spread(table[condition, REGULARISED, "all"][:, own]) / spread(table[condition, PROJECTED, "all"][:, own])
    return over_seeds(f"{condition}: IQR regularised / projected", ratio, "< 1", bool(ratio.mean() < 1))


def on_a_par(table: Table, sample: Sample, condition: str) -> Figure:
    """Claim of the paper's Figure 2a: test spectra fare as well as training spectra."""
    errors = table[condition, PROJECTED, "all"]
    ratio = median(errors[:, sample.group("test")]) / median(errors[:, sample.group("train")])
    return over_seeds(f"{condition}: test / train, {PROJECTED}", ratio, f"≤ {PAR}", bool(ratio.mean() <= PAR))


def claims(table: Table, sample: Sample, names: list[str]) -> Iterator[Figure]:
    """The paper's, of the conditions that it makes them of."""
    windows = {f"window {share:.0%}": share for share in SHARES}
    for name in names:
        if name in windows and windows[name] <= PAR_UP_TO:
            yield on_a_par(table, sample, name)
        elif name in windows:
            yield from against(table, sample, "mean", [name])
        if windows.get(name) == PAR_UP_TO or name.startswith(f"noise {LEVELS[2]:g} "):
            yield tighter(table, sample, name)
