"""What `benchmarks/glo.py` does to spectra, who answers beside GLO, and how far an answer is from the truth."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from photoz_core.dataset import Dataset
from photoz_core.inverse import Downsample, Identity, LinearMap, Points, Search, Window, solve
from photoz_core.nets.spectra import SpectrumGenerator
from photoz_core.spectra import Grid
from photoz_core.spectral_baselines import Interpolation, MeanSpectrum, PrincipalComponents

COMPONENTS = 50
PIXELS = ("all", "hidden", "measured")


@dataclass(frozen=True, eq=False)
class Sample:
    """B spectra that are judged, one group (test, train) after the other, each of the same number.

    Parameters
    ----------
    x, true : (B, L)
        Measured, and without noise, in units of the spectrum's root mean square.
    known : (B, L) bool
        Where x is a measurement and no fill.
    groups : tuple of str
    """

    x: Tensor
    true: Tensor
    known: Tensor
    groups: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, groups: tuple[str, ...], count: int) -> "Sample":
        """`count` spectra of each split, drawn once for all seeds and methods; outliers by the mock's truth are out."""
        usable = dataset.column("true_outlier") == "none"
        rows = [np.array([row for row in dataset.rows(split) if usable[row]]) for split in groups]
        count = min(count, *map(len, rows))
        chosen = np.concatenate([np.random.default_rng(0).permutation(own)[:count] for own in rows])
        arrays = (dataset.array(name)[chosen] for name in ("spectrum", "spectrum_true", "spectrum_mask"))
        x, true, mask = (torch.from_numpy(values) for values in arrays)
        return cls(x, true, ~mask, groups)

    @property
    def count(self) -> int:
        """Of spectra in a group."""
        return len(self.x) // len(self.groups)

    def alike(self, values: Tensor) -> Tensor:
        """What was drawn for a group (count, …), the same for each: (B, …)."""
        return values.repeat(len(self.groups), 1)

    def group(self, name: str) -> slice:
        start = self.groups.index(name) * self.count
        return slice(start, start + self.count)


@dataclass(frozen=True, eq=False)
class Condition:
    """One inverse problem for all spectra of a sample.

    Parameters
    ----------
    name : str
    A : LinearMap
    y, measured : (B, m)
    hidden : (B, L) bool, optional
        Pixels that A removed; None where it mixes pixels.
    noise : float
        1σ of what was added to a pixel.
    """

    name: str
    A: LinearMap
    y: Tensor
    measured: Tensor
    hidden: Tensor | None = None
    noise: float = 0.0


def removed(sample: Sample, kind: type[Window] | type[Points], share: float) -> Condition:
    """A share of the pixels gone, as one window or at random; the same ones for every group."""
    drawn = kind.random(share, sample.count, sample.x.shape[1]).measured
    mask = sample.alike(drawn)
    name = f"{'window' if kind is Window else 'random'} {share:.0%}" if share else "whole"
    return Condition(name, kind(mask), sample.x, sample.known, ~mask)


def coarser(sample: Sample, grid: Grid, factor: int) -> Condition:
    """Averages over `factor` pixels; measured where all of them were."""
    A = Downsample(factor, torch.from_numpy(np.diff(grid.edges)).float())
    return Condition(f"coarser ×{factor}", A, A.apply(sample.x), A.apply(sample.known.float()) > 1 - 1e-4)


def noisy(sample: Sample, level: float) -> Condition:
    """Noise η = level · g / |g| more than the survey's own (recipe sheet 3.5): 1σ of a pixel is level / √L."""
    length = sample.x.shape[1]
    g = torch.randn(sample.count, length, generator=torch.Generator().manual_seed(0))
    noise = sample.alike(level * g / g.norm(dim=1, keepdim=True))
    sigma = level / length**0.5
    return Condition(f"noise {level:g} (σ {sigma:.3f})", Identity(), sample.x + noise, sample.known, noise=sigma)


@dataclass(frozen=True, eq=False)
class Peers:
    """What GLO has to beat, made of a dataset's training spectra.

    Parameters
    ----------
    noise : float
        Root mean square of their errors. Components with the prior are told it, and what was added; GLO is not.
    """

    mean: MeanSpectrum
    lines: Interpolation
    pca: PrincipalComponents
    noise: float

    @classmethod
    def of(cls, dataset: Dataset, grid: Grid) -> "Peers":
        rows = dataset.rows("train")
        arrays = (dataset.array(name)[rows] for name in ("spectrum", "spectrum_error", "spectrum_mask"))
        spectra, errors, mask = (torch.from_numpy(values) for values in arrays)
        return cls(
            MeanSpectrum.of(spectra),
            Interpolation(torch.from_numpy(grid.wavelength)),
            PrincipalComponents.of(spectra, COMPONENTS),
            float(errors[~mask].square().mean().sqrt()),
        )

    def answers(self, condition: Condition) -> Iterator[tuple[str, Tensor]]:
        """Method → spectra (B, L)."""
        prior = replace(self.pca, noise=float(np.hypot(self.noise, condition.noise)))
        known = {"mean": self.mean, "interpolation": self.lines, "PCA-50": self.pca, "PCA-50 prior": prior}
        for name, peer in known.items():
            yield name, peer(condition.y, condition.A, condition.measured).x


def errors(x: Tensor, sample: Sample, condition: Condition) -> dict[str, np.ndarray]:
    """Mean squared error (B,) of each spectrum against the truth, over each kind of `PIXELS` that there is."""
    pixels = {"all": torch.ones_like(sample.known)}
    if condition.hidden is not None and condition.hidden.any():
        pixels |= {"hidden": condition.hidden, "measured": sample.known & ~condition.hidden}
    square = (x - sample.true).square()
    return {kind: ((square * of).sum(1) / of.sum(1)).numpy() for kind, of in pixels.items()}


Table = dict[tuple[str, str, str], np.ndarray]
"""(condition, method, kind of pixels) → mean squared errors (seeds, B); of a method without seeds (1, B)."""


def table_of(
    sample: Sample,
    conditions: Iterable[Condition],
    generators: list[SpectrumGenerator],
    ways: dict[str, Search],
    peers: Peers,
) -> Table:
    """Every condition answered by every generator in every way, all spectra at once, and by the peers."""
    table: Table = {}
    for condition in conditions:
        found = {name: [answer] for name, answer in peers.answers(condition)}
        for name, search in ways.items():
            problem = condition.y, condition.A, condition.measured, search
            found[name] = [solve(generator, *problem).x for generator in generators]
        for name, answers in found.items():
            own = [errors(x, sample, condition) for x in answers]
            table |= {(condition.name, name, kind): np.stack([row[kind] for row in own]) for kind in own[0]}
    return table


def median(values: np.ndarray) -> np.ndarray:
    """Over spectra: (seeds, B) → (seeds,)."""
    return np.median(values, axis=1)


def spread(values: np.ndarray) -> np.ndarray:
    """Interquartile range over spectra: (seeds, B) → (seeds,)."""
    low, high = np.percentile(values, (25, 75), axis=1)
    return high - low
