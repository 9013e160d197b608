"""fit and evaluate: the only loop."""

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from photoz_core.errors import PhotozError
from photoz_core.gradient_skip import GradientSkip
from photoz_core.methods.base import Method
from photoz_core.nets.encoder import Encoder
from photoz_core.optimisation import FitConfig, autocast, keep_freed_memory, make_optimizer, make_schedule
from photoz_core.rows import Rows
from photoz_core.stages import Divergence, Stage, stages

TICK = 0.5  # seconds between progress reports


class Recorder(Protocol):
    """Where a training leaves its traces; a `Run`, or nothing in a test."""

    def progress(self, **values) -> None: ...
    def append_history(self, row: dict[str, float]) -> None: ...
    def save_checkpoint(self, state: dict) -> None: ...
    def load_checkpoint(self) -> dict | None: ...


def _nobody(epochs: int, method: Method) -> None:
    """Observes a training that leaves no snapshots."""


def fit(method: Method, train: Rows, valid: Rows, config: FitConfig, recorder: Recorder, observe=_nobody) -> None:
    """Train `method` in place, from the recorder's checkpoint if there is one, and leave it with its best weights.

    ``observe(epochs, method)`` is called before the first and after each epoch; it may look, but not touch.

    Raises
    ------
    PhotozError
        If there is nothing to train on, or a loss is not finite (naming the term and the epoch).
    """
    if not len(train):
        raise PhotozError("no training rows: label fraction or dataset leave no labelled object in the train split")
    device, epochs, passes = train.device, config.epochs, config.passes(len(train))
    steps = passes * math.ceil(len(train) / config.batch_size)
    method.to(device, memory_format=torch.channels_last)
    method.prepare(train)
    _suit(method, config, device)
    saved = recorder.load_checkpoint()
    start, best, best_weights, divergence = _resume(saved, method, config, device)
    observe(start, method)
    clock = _Clock(recorder, start, epochs, steps)
    for stage in (stage for stage in stages(config) if start < stage.last):
        stepper = _Stepper(method, stage, steps, device, saved if start > stage.first else None)
        for epoch in range(max(start, stage.first), stage.last):
            row = _train_epoch(method, train, passes, config, stepper, partial(clock.tick, epoch))
            row |= {f"valid_{name}": value for name, value in evaluate(method, valid, config).items()}
            row |= stepper.watched() | method.watched()
            score = _score(row, config.select, epoch)
            if score <= best:
                best, best_weights = score, {key: value.detach().clone() for key, value in method.state_dict().items()}
            over = divergence.look(row)
            recorder.append_history({"epoch": epoch, **row, **clock.speed(passes * len(train))})
            observe(epoch + 1, method)
            if over:
                break
            if clock.checkpoint_due(config.checkpoint_seconds):
                state = {"epoch": epoch + 1, "best": best, "best_weights": best_weights, "method": method.state_dict()}
                state |= stepper.state() | {"divergence": divergence.state, "rng": torch.get_rng_state()}
                recorder.save_checkpoint(state | _cuda_rng(device))
    method.load_state_dict(best_weights)


class _Stepper:
    """Optimiser, schedule and gradient skipping of a stage, as a checkpoint left them where there is one."""

    def __init__(self, method: Method, stage: Stage, steps: int, device: torch.device, saved: dict | None):
        config = stage.config
        if config.head_epochs:
            method.learn_head_only(stage.head_only)
        self.optimizer = make_optimizer(method, config)
        self.schedule = make_schedule(self.optimizer, steps, (stage.last - stage.first) * steps, config)
        self.skip = GradientSkip(config.skip_factor, config.skip_after, device) if config.skip_factor else None
        if saved:
            self.optimizer.load_state_dict(saved["optimizer"])
            self.schedule.last_epoch = saved["schedule"]
            if self.skip:
                self.skip.load(saved["skip"])

    def watched(self) -> dict[str, float]:
        row = {"lr": self.schedule.get_last_lr()[0]}
        return row | ({"skipped": self.skip.share()} if self.skip else {})

    def state(self) -> dict:
        state = {"optimizer": self.optimizer.state_dict(), "schedule": self.schedule.last_epoch}
        return state | ({"skip": self.skip.state()} if self.skip else {})


def _train_epoch(
    method: Method, train: Rows, passes: int, config: FitConfig, stepper: _Stepper, tick: Callable
) -> dict[str, float]:
    """`passes` over the training rows; mean of each loss term, summed on the device."""
    method.train()
    sums: dict[str, Tensor] = {}
    seen = 0
    for step, index in enumerate(_shuffled(train, passes, config)):
        with autocast(train.device, config.precision):
            terms = method.loss(train.batch(index))
        stepper.optimizer.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        if stepper.skip:
            stepper.skip.look(method, stepper.optimizer)
        if config.clip_norm:
            torch.nn.utils.clip_grad_norm_(method.parameters(), config.clip_norm)
        stepper.optimizer.step()
        stepper.schedule.step()
        method.after_step()
        sums = {name: sums.get(name, 0.0) + _summed(value, len(index)) for name, value in terms.items()}
        seen += len(index)
        tick(step, sums, seen)
    return {f"train_{name}": value for name, value in _means(sums, seen).items()}


def _shuffled(train: Rows, passes: int, config: FitConfig) -> Iterator[Tensor]:
    """Batches of positions: every row once a pass, in a new order each.

    With `min_labelled` every batch holds the labelled rows' share of it, or that many; few labels then come more often
    than once a pass.
    """
    if not config.min_labelled or not (labelled := train.labelled).any():
        for _ in range(passes):
            yield from _permuted(torch.arange(len(train), device=train.device)).split(config.batch_size)
        return
    known, others = torch.nonzero(labelled)[:, 0], torch.nonzero(~labelled)[:, 0]
    steps = math.ceil(len(train) / config.batch_size)
    share = max(config.min_labelled, math.ceil(len(known) / steps))
    for _ in range(passes):
        stream = torch.cat([_permuted(known) for _ in range(math.ceil(steps * share / len(known)))]).split(share)
        yield from map(torch.cat, zip(stream[:steps], _permuted(others).tensor_split(steps), strict=True))


def _permuted(index: Tensor) -> Tensor:
    return index[torch.randperm(len(index), device=index.device)]


@torch.no_grad()
def evaluate(method: Method, rows: Rows, config: FitConfig) -> dict[str, float]:
    """Mean of each loss term over `rows` (the same `loss`, in eval mode, views always from the same random numbers)."""
    if not len(rows):
        return {}
    method.eval()
    sums: dict[str, Tensor] = {}
    with torch.random.fork_rng(devices=[rows.device] if rows.device.type == "cuda" else []):
        torch.manual_seed(0)
        for batch in rows.batches(config.batch_size):
            size = len(next(iter(batch.values())))
            with autocast(rows.device, config.precision):
                terms = method.loss(batch)
            sums = {name: sums.get(name, 0.0) + _summed(value, size) for name, value in terms.items()}
    return _means(sums, len(rows))


class _Clock:
    """Progress and speed, reported every `TICK` seconds: the only place where the step waits for the device."""

    def __init__(self, recorder: Recorder, start: int, epochs: int, steps: int):
        self.recorder, self.first, self.total, self.steps = recorder, start * steps, epochs * steps, steps
        self.epochs = epochs
        self.began = self.epoch_began = self.saved = time.monotonic()
        self.last = 0.0

    def tick(self, epoch: int, step: int, sums: dict[str, Tensor], seen: int) -> None:
        now = time.monotonic()
        if now - self.last < TICK:
            return
        self.last = now
        losses = _means(sums, seen)
        done = epoch * self.steps + step + 1
        eta = (now - self.began) / (done - self.first) * (self.total - done)
        self.recorder.progress(epoch=epoch + 1, epochs=self.epochs, done=done, total=self.total, eta=eta, losses=losses)

    def checkpoint_due(self, seconds: float) -> bool:
        now = time.monotonic()
        due = now - self.saved >= seconds
        self.saved = now if due else self.saved
        return due

    def speed(self, count: int) -> dict[str, float]:
        seconds, self.epoch_began = time.monotonic() - self.epoch_began, time.monotonic()
        return {"seconds": seconds, "objects_per_s": count / max(seconds, 1e-9)}


def _suit(method: Method, config: FitConfig, device: torch.device) -> None:
    """Compile the encoders in place on CUDA, where it pays (names in the state dict stay); keep memory on a CPU."""
    if device.type == "cpu":
        keep_freed_memory()
    if config.compile and device.type == "cuda":
        for module in method.modules():
            if isinstance(module, Encoder):
                module.compile()


def _cuda_rng(device: torch.device) -> dict[str, Tensor]:
    return {"cuda_rng": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {}


def _resume(
    saved: dict | None, method: Method, config: FitConfig, device: torch.device
) -> tuple[int, float, dict, Divergence]:
    """Where a training goes on: epoch, best score, best weights and the gap so far; the method as it was."""
    if saved is None:
        return 0, math.inf, {}, Divergence(config.stop_diverging)
    method.load_state_dict(saved["method"])
    torch.set_rng_state(saved["rng"])
    if "cuda_rng" in saved and device.type == "cuda":
        torch.cuda.set_rng_state(saved["cuda_rng"], device)
    return saved["epoch"], saved["best"], saved["best_weights"], Divergence(config.stop_diverging, saved["divergence"])


def _score(row: dict[str, float], select: str, epoch: int) -> float:
    valid = {name.removeprefix("valid_"): value for name, value in row.items() if name.startswith("valid_")}
    if select == "last" or not valid:
        return -float(epoch)
    if select != "total" and select not in valid:
        raise PhotozError(f"fit.select = {select!r}: the terms are total, last, {', '.join(valid)}")
    return sum(valid.values()) if select == "total" else valid[select]


def _summed(value: Tensor, count: int) -> Tensor:
    """(2,) on the device: the loss of a batch times its size, and its size if the loss was finite."""
    return torch.stack((value.detach() * count, torch.isfinite(value) * count))


def _means(sums: dict[str, Tensor], count: int) -> dict[str, float]:
    """Mean of each term over `count` objects; an error names the term that was first to be no longer finite."""
    totals = {name: value.tolist() for name, value in sums.items()}
    if any(not math.isfinite(total) for total, _ in totals.values()):
        name = min(totals, key=lambda term: totals[term][1])
        raise PhotozError(
            f"loss term {name!r} became {'infinite' if math.isinf(totals[name][0]) else 'NaN'}; lower fit.lr, set "
            "fit.clip_norm, or look for wild values in the data (photoz data validate)"
        )
    return {name: total / count for name, (total, _) in totals.items()}
