"""What surrounds a gradient step: options, device, precision, learning rate, optimiser."""

import ctypes
import math
import platform
from contextlib import nullcontext
from functools import partial
from typing import Literal

import torch

from photoz_core.errors import PhotozError
from photoz_core.methods.base import Method
from photoz_core.options import NonNegative, NonNegativeInt, Positive, PositiveFloat, options
from photoz_core.row_adam import RowAdam


@options
class FitConfig:
    """How a method is trained.

    Parameters
    ----------
    epochs : int
        Passes over the training rows.
    batch_size : int
        Rows of an optimiser step.
    min_steps : int
        An epoch passes over the rows as often as it takes to make this many optimiser steps in all: few labels would
        else make a training of a few steps.
    lr : float
        Learning rate at its highest.
    weight_decay : float
        Pull of the weights towards zero; see `optimizer` for how.
    optimizer : {"adam", "adamw", "sgd"}
        ``adam`` adds weight decay to the gradient (PITA), ``adamw`` decouples it, ``sgd`` has momentum 0.9.
    schedule : {"cosine", "periodic", "constant"}
        ``cosine``: linear warm-up, half a cosine to `min_lr`, then flat. ``periodic``: torch's CosineAnnealingLR, which
        climbs back after `decay_epochs` (PITA's).
    min_lr : float
        Learning rate at the end of the schedule.
    warmup_epochs, decay_epochs : float
        `decay_epochs` 0 means the rest of the training.
    clip_norm : float
        Largest gradient norm; 0 does not clip.
    skip_factor : float
        A step whose gradient norm, before clipping, is above this many times the 99.9 percentile of the norms so far is
        not taken (gradient skipping, Child 2021); 0 takes every step.
    skip_after : int
        Steps before the first that may be skipped.
    head_epochs : int
        Epochs at the start in which the head learns alone, with Adam at a constant `head_lr`; the optimiser and the
        schedule then begin anew for all layers. 0 learns everything at once.
    head_lr : float
        Learning rate of the head in `head_epochs`.
    stop_diverging : int
        Training ends when the validation loss has moved away from the training loss for more than this many epochs in a
        row; 0 never ends early.
    min_labelled : int
        Labelled rows in a batch, at least, where few are labelled; 0 takes batches as they come.
    precision : {"auto", "fp32", "bf16"}
        ``auto`` is bf16 on CUDA and fp32 on a CPU; bf16 on a CPU needs AMX.
    select : str
        Validation term by which the best weights are chosen; ``total`` is the sum, ``last`` keeps the last epoch's.
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:1``, …
    compile : bool
        torch.compile on CUDA; never on a CPU, where it gains nothing (performance figures in benchmarks/).
    checkpoint_seconds : float
        Time between checkpoints, taken at the end of an epoch; 0 takes one at each.
    snapshots : int
        Times, at most, that latents of a fixed sample are kept while they form; 0 keeps none.
    fresh : bool
        Every batch is drawn anew by the simulator that made the dataset, of objects never seen before; an epoch has as
        many as there are training rows. The dataset's own images then serve validation and the map.
    quarter_turns : {1, 2, 4}
        Predictions are averaged over this many 90° rotations of an image; 1 looks at it as it is.
    """

    epochs: Positive = 10
    batch_size: Positive = 128
    min_steps: int = 0
    lr: PositiveFloat = 1e-3
    weight_decay: NonNegative = 1e-5
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    schedule: Literal["cosine", "periodic", "constant"] = "cosine"
    warmup_epochs: NonNegative = 0.0
    decay_epochs: NonNegative = 0.0
    min_lr: NonNegative = 0.0
    clip_norm: NonNegative = 0.0
    skip_factor: NonNegative = 0.0
    skip_after: Positive = 500
    head_epochs: NonNegativeInt = 0
    head_lr: PositiveFloat = 1e-3
    stop_diverging: NonNegativeInt = 0
    min_labelled: NonNegativeInt = 0
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    select: str = "total"
    device: str = "auto"
    compile: bool = True
    checkpoint_seconds: NonNegative = 10.0
    snapshots: NonNegativeInt = 40
    fresh: bool = False
    quarter_turns: Literal[1, 2, 4] = 1

    def __post_init__(self):
        if self.head_epochs >= self.epochs:
            raise PhotozError(f"fit.head_epochs = {self.head_epochs}: give fewer than fit.epochs = {self.epochs}")

    def passes(self, rows: int) -> int:
        """Passes over `rows` training rows that make an epoch (see `min_steps`)."""
        return max(1, math.ceil(self.min_steps / (self.epochs * math.ceil(rows / self.batch_size))))


def pick_device(name: str) -> torch.device:
    """The device of that name; ``auto`` is CUDA where there is one. An absent one is an error, never replaced."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise PhotozError(f"device {name!r}: no CUDA device here; use fit.device = 'auto' or 'cpu'")
    return torch.device(name)


def autocast(device: torch.device, precision: str):
    """The autocast context of a precision (see `FitConfig`)."""
    if precision == "bf16" and device.type == "cpu" and not torch.cpu._is_amx_tile_supported():
        raise PhotozError("fit.precision = 'bf16': this CPU has no AMX and would be ten times slower; use 'auto'")
    if precision == "bf16" or (precision == "auto" and device.type == "cuda"):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def keep_freed_memory() -> None:
    """Let glibc keep freed blocks; else each large activation is mapped anew, a quarter of a CPU step."""
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        for parameter in (-1, -3):  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h
            libc.mallopt(parameter, 1 << 30)


def learning_rate_factor(step: int, steps_per_epoch: int, steps: int, config: FitConfig) -> float:
    """Learning rate at an optimiser step as a multiple of `config.lr`."""
    warmup, floor = config.warmup_epochs * steps_per_epoch, config.min_lr / config.lr
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return 1.0
    period = config.decay_epochs * steps_per_epoch or max(steps - warmup, 1)
    phase = (step - warmup) / period
    phase = phase if config.schedule == "periodic" else min(phase, 1.0)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * phase))


def make_optimizer(method: Method, config: FitConfig) -> torch.optim.Optimizer:
    """Adam, AdamW or SGD over the method's parameter groups; tables marked ``rows`` are stepped by `RowAdam`."""
    groups = method.parameter_groups(config.lr)
    if any(group.get("rows") for group in groups):
        if config.optimizer == "sgd":
            raise PhotozError("fit.optimizer = 'sgd': a method with a code for each object needs 'adam' or 'adamw'")
        return RowAdam(groups, config.lr, config.weight_decay, config.optimizer == "adamw")
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.lr, momentum=0.9, weight_decay=config.weight_decay, fused=True)
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return kind(groups, lr=config.lr, weight_decay=config.weight_decay, fused=True)


def make_schedule(
    optimizer: torch.optim.Optimizer, steps_per_epoch: int, steps: int, config: FitConfig
) -> torch.optim.lr_scheduler.LambdaLR:
    """The config's schedule over the optimiser's parameter groups; those marked ``constant`` keep their rate."""
    factor = partial(learning_rate_factor, steps_per_epoch=steps_per_epoch, steps=steps, config=config)
    constant = lambda step: 1.0  # noqa: E731
    factors = [constant if group.get("constant") else factor for group in optimizer.param_groups]
    return torch.optim.lr_scheduler.LambdaLR(optimizer, factors)
