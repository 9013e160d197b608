"""How much of the machine a training uses: objects/s of each method against the bare encoder of the same size.

Peer: the same timm encoder fed with one batch that is already there, forward and backward, nothing else. `supervised`
and the photometry MLP are measured against that; `moco` and `pita` against three passes (query forward and backward,
key forward). Each method runs through the engine's own epoch: rows, views, loss, optimiser step, queue.

Needs only torch, timm, numpy and pandas beside the package, and takes a GPU where there is one:

    python benchmarks/train.py [--device cuda] [--encoder convnext_tiny] [--batch-size 1024]
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report
from photoz_core import methods, registry
from photoz_core.augment import AugmentConfig
from photoz_core.methods._momentum import ContrastConfig
from photoz_core.methods.base import DataSpec
from photoz_core.nets.encoder import Encoder, EncoderConfig
from photoz_core.optimisation import FitConfig, autocast, keep_freed_memory, pick_device
from photoz_core.training import fit

BANDS = ("F606W", "F814W", "F125W", "F160W")
NAMES = ("supervised", "moco", "pita")
MICRO = {"depths": [1, 1, 2, 1], "dims": [24, 48, 96, 192]}  # the demo presets' ConvNeXt
VIEW = 64
ROOFLINE = 250_000  # MoCo pairs/s, ConvNeXt-T at 64 px, fused, on an H200: bytes and flops counted per kernel


class Resident:
    """Random rows on the device, with the interface of `photoz_core.rows.Rows`."""

    def __init__(self, count: int, device: torch.device):
        generator = torch.Generator().manual_seed(0)
        self.device = device
        self.columns = {
            "image": torch.randn(count, 4, 64, 64, generator=generator).half().to(device),
            "magnitude": (24 + torch.randn(count, 4, generator=generator)).to(device),
            "label": torch.rand(count, 1, generator=generator).to(device),
        }

    def __len__(self) -> int:
        return len(self.columns["image"])

    def batch(self, index) -> dict:
        return {name: value[index].float() for name, value in self.columns.items()}

    def batches(self, size: int) -> Iterator[dict]:
        return iter(())


class Silent:
    """A recorder that keeps the speed of each epoch."""

    def __init__(self):
        self.speed: list[float] = []

    def progress(self, **values) -> None: ...

    def append_history(self, row: dict) -> None:
        self.speed.append(row["objects_per_s"])

    def save_checkpoint(self, state: dict) -> None: ...

    def load_checkpoint(self) -> None:
        return None


def spec() -> DataSpec:
    names = {"band_mad": 4, "color_mean": 4, "color_std": 4, "label_mean": 1, "label_std": 1}
    return DataSpec(BANDS, (4, 64, 64), statistics={name: [1.0] * size for name, size in names.items()})


def rate(work: Callable[[], None], count: int, device: torch.device, repeats: int) -> float:
    """Objects per second of `work` on `count` objects, median of repeats after a warm-up."""
    times = []
    for _ in range(repeats + 2):
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - began)
    return count / statistics.median(times[2:])


def bare(config: EncoderConfig, device: torch.device, size: int, repeats: int) -> tuple[float, float]:
    """Objects/s of the encoder alone: forward with backward, and forward."""
    encoder = Encoder(config, 4, torch.ones(4)).to(device, memory_format=torch.channels_last)
    if device.type == "cuda":
        encoder.compile()
    view = torch.randn(size, 4, VIEW, VIEW, device=device)

    def forward() -> torch.Tensor:
        with autocast(device, "auto"):
            return encoder(view).float().sum()

    def both() -> None:
        encoder.zero_grad(set_to_none=True)
        forward().backward()

    return rate(both, size, device, repeats), rate(torch.no_grad()(forward), size, device, repeats)


def measure(arguments) -> Iterator[Figure]:
    device = pick_device(arguments.device)
    keep_freed_memory()
    size, repeats = arguments.batch_size, 5 if arguments.quick else 15
    rows = Resident(size * (4 if arguments.quick else 16), device)
    encoder = EncoderConfig(name=arguments.encoder or "convnext_atto", features=0, hidden=256, scaling="asinh",
                            arguments={} if arguments.encoder else MICRO)  # fmt: skip
    for name in NAMES:
        both, forward = bare(encoder, device, size, repeats)
        peer, passes, goal = (both, 1, 0.9) if name == "supervised" else (1 / (1 / both + 1 / forward), 3, 0.8)
        module, silent = registry.load(methods, name), Silent()
        options = {"encoder": encoder, "augment": AugmentConfig(crop=VIEW)}
        if passes == 3 and not arguments.encoder:
            options["contrast"] = ContrastConfig(
                queue=4096
            )  # as in the demo presets; the paper's 60,000 goes with its net
        model = module.Model(module.Config(**options), spec())
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        config = FitConfig(epochs=4 if arguments.quick else 8, batch_size=size, device=arguments.device, select="last")
        fit(model, rows, Resident(0, device), config, silent)
        speed = statistics.median(silent.speed[1:])
        yield Figure(f"{name}: bare encoder, {passes} pass(es)", peer, "objects/s")
        yield Figure(f"{name}: engine", speed, "objects/s")
        yield Figure(f"{name}: engine / bare encoder", speed / peer, "", f"≥ {goal}", speed / peer >= goal)
        if device.type == "cuda":
            yield Figure(f"{name}: peak memory", torch.cuda.max_memory_allocated(device) / 2**30, "GiB")
            if name == "moco" and arguments.encoder == "convnext_tiny":
                yield Figure("moco: share of the fused H200 roofline", speed / ROOFLINE, "", "≥ 0.4", speed >= 1e5)


def add_arguments(parser) -> None:
    parser.add_argument("--device", default="auto")
    parser.add_argument("--encoder", default="", help="a timm name; by default the demo presets' own")
    parser.add_argument("--batch-size", type=int, default=128)


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
