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


class Paired:
    """A recorder that, after each epoch of the engine, times the bare encoder over as many batches.

    A machine's speed drifts by a tenth within seconds; only neighbours in time are compared.
    """

    def __init__(self, peer: Callable[[], None], batches: int, device: torch.device):
        self.peer, self.batches, self.device = peer, batches, device
        self.engine: list[float] = []
        self.bare: list[float] = []
        self.resumed = time.perf_counter()

    def progress(self, **values) -> None: ...

    def append_history(self, row: dict) -> None:
        self.engine.append(self._since(self.resumed))
        began = time.perf_counter()
        for _ in range(self.batches):
            self.peer()
        self.bare.append(self._since(began))
        self.resumed = time.perf_counter()

    def _since(self, began: float) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter() - began

    def save_checkpoint(self, state: dict) -> None: ...

    def load_checkpoint(self) -> None:
        return None


def spec() -> DataSpec:
    names = {"band_mad": 4, "color_mean": 4, "color_std": 4, "label_mean": 1, "label_std": 1}
    return DataSpec(BANDS, (4, 64, 64), statistics={name: [1.0] * size for name, size in names.items()})


def bare(config: EncoderConfig, device: torch.device, size: int, passes: int) -> Callable[[], None]:
    """One step of the encoder alone: forward and backward, and for three passes one more forward."""
    encoder = Encoder(config, 4, torch.ones(4)).to(device, memory_format=torch.channels_last)
    if device.type == "cuda":
        encoder.compile()
    view = torch.randn(size, 4, VIEW, VIEW, device=device)

    def forward() -> torch.Tensor:
        with autocast(device, "auto"):
            return encoder(view).float().sum()

    def step() -> None:
        encoder.zero_grad(set_to_none=True)
        forward().backward()
        if passes == 3:
            with torch.no_grad():
                forward()

    return step


def measure(arguments) -> Iterator[Figure]:
    device = pick_device(arguments.device)
    keep_freed_memory()
    chosen = [arguments.encoder] if arguments.encoder else ["demo", "convnext_atto"]
    for encoder_name in chosen[: 1 if arguments.quick else None]:
        for name in NAMES:
            yield from engine(encoder_name, name, arguments, device)


def engine(encoder_name: str, name: str, arguments, device: torch.device) -> Iterator[Figure]:
    """A method's epochs beside those of its bare encoder."""
    demo, size, batches = encoder_name == "demo", arguments.batch_size, 4 if arguments.quick else 16
    rows = Resident(size * batches, device)
    encoder = EncoderConfig(name="convnext_atto" if demo else encoder_name, features=0, hidden=256, scaling="asinh",
                            arguments=MICRO if demo else {})  # fmt: skip
    passes, goal = (1, 0.9) if name == "supervised" else (3, 0.8)
    module = registry.load(methods, name)
    options = {"encoder": encoder, "augment": AugmentConfig(crop=VIEW)}
    if passes == 3 and demo:  # as in the demo presets; the paper's 60,000 goes with its net
        options["contrast"] = ContrastConfig(queue=4096)
    model = module.Model(module.Config(**options), spec())
    pair = Paired(bare(encoder, device, size, passes), batches, device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    config = FitConfig(
        epochs=6 if arguments.quick else 12 if demo else 6, batch_size=size, device=arguments.device, select="last"
    )
    fit(model, rows, Resident(0, device), config, pair)
    yield from figures(f"{encoder_name}, {name}", passes, goal, pair, len(rows))
    if device.type == "cuda":
        yield Figure(f"{encoder_name}, {name}: peak memory", torch.cuda.max_memory_allocated(device) / 2**30, "GiB")
        if name == "moco" and encoder_name == "convnext_tiny":
            speed = len(rows) / statistics.median(pair.engine[2:])
            yield Figure("moco: share of the fused H200 roofline", speed / ROOFLINE, "", "≥ 0.4", speed >= 1e5)


def figures(name: str, passes: int, goal: float, pair: Paired, count: int) -> Iterator[Figure]:
    """Speeds and their ratio, medians over the epochs after two of warm-up."""
    engine, peer = pair.engine[2:], pair.bare[2:]
    share = statistics.median(b / e for e, b in zip(engine, peer, strict=True))
    yield Figure(f"{name}: bare encoder, {passes} pass(es)", count / statistics.median(peer), "objects/s")
    yield Figure(f"{name}: engine", count / statistics.median(engine), "objects/s")
    yield Figure(f"{name}: engine / bare encoder", share, "", f"≥ {goal}", share >= goal)


def add_arguments(parser) -> None:
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--encoder", default="", help="`demo` (the demo presets' own) or a timm name; by default demo and convnext_atto"
    )
    parser.add_argument("--batch-size", type=int, default=128)


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
