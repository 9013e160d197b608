"""How fast many spectra are reconstructed, against one after the other and against what the machine can multiply."""

import statistics
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks._report import Figure
from photoz_core._inverse_network import product
from photoz_core.inverse import Identity, Search, solve
from photoz_core.nets.spectra import SpectrumGenerator

SPECTRA, STEPS, LR = 400, 1000, 0.01
FEW, SHORT, REPEATS = 3, 100, 3  # spectra and steps of the loops, extrapolated linearly
GOAL = 50
ONE = "one mask for all"  # what is timed


def timed(generator: SpectrumGenerator, x: Tensor, steps: int) -> Iterator[Figure]:
    """Seconds of `SPECTRA` × `STEPS`, restarts 1, from random starts; `steps` are run, the rest is extrapolated."""
    x = x.repeat(-(-SPECTRA // len(x)), 1)[:SPECTRA]
    yield Figure("torch threads", torch.get_num_threads())
    batch = lambda: solve(generator, x, Identity(), search=_search(steps))  # noqa: E731
    loop = lambda: [solve(generator, own, Identity(), search=_search(SHORT)) for own in x[:FEW].split(1)]  # noqa: E731
    plain = lambda: plain_loop(generator, x[:FEW], SHORT)  # noqa: E731
    rates, seconds = [], {"batch": [], "solve, one by one": [], "plain torch, one by one": []}
    for _ in range(REPEATS):  # in turns, so that a busy machine slows all alike
        rates.append(matmul_rate(generator))
        seconds["batch"].append(_seconds(batch) * STEPS / steps)
        for name, work in (("solve, one by one", loop), ("plain torch, one by one", plain)):
            seconds[name].append(_seconds(work) * (SPECTRA * STEPS) / (FEW * SHORT))
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    for name, value in middle.items():
        how = f"{steps} steps" if name == "batch" else f"{FEW} spectra × {SHORT} steps"
        yield Figure(f"{SPECTRA} spectra × {STEPS} steps, {name} ({how} run)", value, "s")
    for name in list(middle)[1:]:
        ratio = middle[name] / middle["batch"]
        yield Figure(f"batch faster than {name}", ratio, "×", f"≥ {GOAL}", ratio >= GOAL)
    rate = statistics.median(rates)
    yield Figure("one matrix product of that size", rate / 1e9, "GFLOP/s")
    floors = {masks: STEPS * SPECTRA * flop(generator, masks == ONE) / rate for masks in (ONE, "a mask for each")}
    for masks, floor in floors.items():
        yield Figure(f"floor: the matrix products alone, {masks}", floor, "s")
    yield Figure("batch over floor", middle["batch"] / floors[ONE], "×")
    yield Figure("the most that a floor allows over plain torch", middle["plain torch, one by one"] / floors[ONE], "×")


def flop(generator: SpectrumGenerator, one_mask: bool = True) -> int:
    """Of one step of one spectrum: a hidden weight multiplies and adds once forward, once backward.

    So does one of the last layer, H × L, where each spectrum has its own mask; where all share one, K (H, H) stands for
    both (see `photoz_core._inverse_search`), and what it takes to make it once is not counted.
    """
    *hidden, last = (layer.weight for layer in generator.network if isinstance(layer, nn.Linear))
    return 4 * sum(weight.numel() for weight in hidden) + (2 * last.shape[1] ** 2 if one_mask else 4 * last.numel())


def matmul_rate(generator: SpectrumGenerator, products: int = 20) -> float:
    """FLOP/s of the generator's largest matrix product, that of its last layer, made as the search makes them."""
    weight = generator.network[-1].weight.detach()
    x = torch.randn(SPECTRA, weight.shape[1])
    work = lambda: [product(x, weight) for _ in range(products)]  # noqa: E731
    work()
    return products * 2 * SPECTRA * weight.numel() / _seconds(work)


def plain_loop(generator: SpectrumGenerator, x: Tensor, steps: int) -> Tensor:
    """The search as one would write it down: autograd and torch's Adam, a spectrum at a time; codes (B, D)."""
    network = generator.network.eval().requires_grad_(False)
    codes = []
    for target in generator.to_model(x).split(1):
        z = nn.Parameter(generator.project(torch.randn(1, generator.dim)))
        optimizer = torch.optim.Adam([z], lr=LR)
        for _ in range(steps):
            optimizer.zero_grad()
            (network(z) - target).square().mean().backward()
            optimizer.step()
            with torch.no_grad():
                z.copy_(generator.project(z))
        codes.append(z.detach())
    return torch.cat(codes)


def _search(steps: int) -> Search:
    return Search(steps=steps, lr=LR, restarts=1, guesses=1)


def _seconds(work: Callable) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
