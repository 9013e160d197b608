"""The head first, then everything; and the end of a training that diverges."""

import copy

import pytest
import torch
from test_training import Memory, Table

from photoz_core.errors import PhotozError
from photoz_core.methods.base import DataSpec
from photoz_core.methods.supervised import Config, Model
from photoz_core.nets.encoder import EncoderConfig
from photoz_core.optimisation import FitConfig
from photoz_core.stages import Divergence, stages
from photoz_core.training import fit

ENCODER = EncoderConfig(
    name="convnext_atto", arguments={"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16]}, features=0, hidden=0
)
FIT = FitConfig(
    epochs=4,
    batch_size=8,
    lr=1e-3,
    optimizer="sgd",
    schedule="constant",
    head_epochs=2,
    head_lr=0.01,
    checkpoint_seconds=0,
)


def model():
    statistics = {"band_mad": [0.1] * 3, "label_mean": [0.5], "label_std": [0.5]}
    spec = DataSpec(("B", "G", "R"), (3, 32, 32), ("class",), ("galaxy", "star"), statistics)
    torch.manual_seed(0)
    options = {"encoder": ENCODER, "targets": ("class",), "task": "classification", "heads": "constrained"}
    return Model(Config(**options), spec)


def table(count=24):
    generator = torch.Generator().manual_seed(2)
    label = (torch.arange(count) % 2).float()[:, None]
    image = torch.rand(count, 3, 32, 32, generator=generator) + label[:, :, None, None] * 0.3
    return Table(image=image, label=label)


def parts(method):
    return {name: copy.deepcopy(getattr(method, name).state_dict()) for name in ("encoder", "head")}


def moved(before, after):
    return {
        name for name in before if any(not torch.equal(before[name][key], after[name][key]) for key in before[name])
    }


class Watching(Memory):
    """Keeps the network's parts as they were after each epoch."""

    def __init__(self, method, **options):
        super().__init__(**options)
        self.method, self.seen = method, [parts(method)]

    def append_history(self, row):
        super().append_history(row)
        self.seen.append(parts(self.method))


def test_the_head_learns_alone_first_then_everything_with_its_own_optimiser():
    method = model()
    memory = Watching(method)
    fit(method, table(), table(8), FIT, memory)
    changes = [moved(*pair) for pair in zip(memory.seen, memory.seen[1:], strict=False)]
    assert changes == [{"head"}, {"head"}, {"encoder", "head"}, {"encoder", "head"}]
    assert [row["lr"] for row in memory.rows] == [0.01, 0.01, 1e-3, 1e-3]


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_training_broken_off_in_either_stage_ends_as_if_it_had_not_been(broken):
    whole, again = model(), model()
    torch.manual_seed(7)
    fit(whole, table(), table(8), FIT, Memory())
    memory = Memory(break_at=broken)
    torch.manual_seed(7)
    with pytest.raises(KeyboardInterrupt):
        fit(again, table(), table(8), FIT, memory)
    memory.break_at = None
    fresh = model()
    fit(fresh, table(), table(8), FIT, memory)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(fresh.state_dict()[name], value, msg=name)


def test_a_method_without_a_head_of_its_own_says_so():
    from test_training import mlp
    from test_training import table as redshifts

    with pytest.raises(PhotozError, match="head_epochs: photometry_mlp has no head"):
        fit(mlp(), redshifts(), redshifts(1, 50), FIT, Memory())


def test_stages_share_the_epochs():
    head, everything = stages(FIT)
    assert (head.first, head.last, everything.first, everything.last) == (0, 2, 2, 4)
    assert (head.config.optimizer, everything.config.optimizer) == ("adam", "sgd")
    assert [(stage.first, stage.last) for stage in stages(FitConfig(epochs=3))] == [(0, 3)]
    with pytest.raises(PhotozError, match="head_epochs = 3: give fewer"):
        FitConfig(epochs=3, head_epochs=3)


def epochs_until_the_end(gaps, patience):
    divergence = Divergence(patience)
    rows = ({"train_class": 1.0, "valid_class": 1.0 + gap} for gap in gaps)
    return next((number for number, row in enumerate(rows) if divergence.look(row)), None)


@pytest.mark.parametrize(
    ("gaps", "patience", "end"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], 3, 4),  # grew four times in a row: more than three
        ([0.1, 0.2, 0.3, 0.4, 0.4, 0.5, 0.6], 3, None),  # stood still once
        ([-0.5, -0.4, -0.3, -0.2], 2, 3),  # a gap below 0 can grow too: dropout makes training losses high
        ([0.1, 0.2, 0.3, 0.4, 0.5], 0, None),
        ([0.5, 0.4, 0.3, 0.2], 1, None),
    ],
)
def test_it_ends_when_the_gap_has_grown_for_more_epochs_than_the_patience(gaps, patience, end):
    assert epochs_until_the_end(gaps, patience) == end


def test_a_diverging_training_ends_early_with_its_best_weights():
    torch.manual_seed(3)
    noise = Table(image=torch.rand(16, 3, 32, 32), label=(torch.rand(16, 1) < 0.5).float())
    other = Table(image=torch.rand(16, 3, 32, 32), label=(torch.rand(16, 1) < 0.5).float())
    config = FitConfig(epochs=60, batch_size=8, lr=3e-3, optimizer="adamw", schedule="constant", stop_diverging=1)
    method = model()
    memory = Watching(method)
    fit(method, noise, other, config, memory)
    assert 2 < len(memory.rows) < 60
    best = min(range(len(memory.rows)), key=lambda epoch: (memory.rows[epoch]["valid_class"], -epoch))
    assert not moved(memory.seen[best + 1], parts(method))
