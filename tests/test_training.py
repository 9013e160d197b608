"""The loop: schedules, resume, best weights, stops; and that a method learns what an untrained one does not know."""

import math

import numpy as np
import pytest
import torch

from photoz_core.errors import PhotozError
from photoz_core.inference import infer
from photoz_core.methods import photometry_mlp
from photoz_core.methods.base import DataSpec, Method
from photoz_core.optimisation import FitConfig, learning_rate_factor, make_optimizer, pick_device
from photoz_core.training import _shuffled, evaluate, fit


class Memory:
    """A recorder that keeps everything in memory, and can break the training off."""

    def __init__(self, break_at=None):
        self.rows, self.state, self.break_at = [], None, break_at

    def progress(self, **values):
        self.last = values

    def append_history(self, row):
        self.rows.append(row)

    def save_checkpoint(self, state):
        self.state = {key: (_clone(value)) for key, value in state.items()}
        if self.break_at == state["epoch"]:
            raise KeyboardInterrupt

    def load_checkpoint(self):
        return self.state


def _clone(value):
    if isinstance(value, dict):
        return {key: _clone(item) for key, item in value.items()}
    return value.clone() if isinstance(value, torch.Tensor) else value


class Table:
    """Rows in memory with the interface of `photoz_core.rows.Rows`."""

    device = torch.device("cpu")

    def __init__(self, **columns):
        self.columns = {name: torch.as_tensor(value, dtype=torch.float32) for name, value in columns.items()}

    def __len__(self):
        return len(self.columns["label"])

    def batch(self, index):
        return {name: value[index] for name, value in self.columns.items()}

    def batches(self, size):
        for start in range(0, len(self), size):
            yield self.batch(slice(start, start + size))


SPEC = DataSpec(
    bands=("a", "b", "c"),
    statistics={"color_mean": [0.0, 0.0, 0.0], "color_std": [1.0] * 3, "label_mean": [1.0], "label_std": [1.0]},
)


def table(seed=0, count=400):
    """Redshifts that are a smooth function of two colors."""
    rng = np.random.default_rng(seed)
    colors = rng.uniform(-1, 1, (count, 2))
    magnitude = np.stack([colors[:, 0] + colors[:, 1], colors[:, 1], np.zeros(count)], 1)
    z = 1 + 0.6 * np.sin(2 * colors[:, 0]) + 0.3 * colors[:, 1] ** 2
    return Table(magnitude=magnitude, label=z[:, None])


def mlp(seed=0):
    torch.manual_seed(seed)
    return photometry_mlp.Model(photometry_mlp.Config(hidden=(32, 32)), SPEC)


def r2(method, rows):
    predicted, truth = infer(method, rows).predictions[:, 0], rows.columns["label"][:, 0].numpy()
    return 1 - ((predicted - truth) ** 2).mean() / truth.var()


def test_it_learns_what_the_untrained_network_does_not_know():
    method, test = mlp(), table(2)
    assert r2(method, test) < 0.1
    fit(method, table(), table(1), FitConfig(epochs=40, batch_size=50, lr=5e-3), Memory())
    assert r2(method, test) > 0.95


@pytest.mark.parametrize("period", [20, 100])
def test_periodic_schedule_equals_torchs(period):
    config = FitConfig(lr=1e-3, min_lr=1e-7, schedule="periodic", decay_epochs=period)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1e-3)
    peer = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, period, eta_min=1e-7)
    for step in range(3 * period):
        assert 1e-3 * learning_rate_factor(step, 1, 9999, config) == pytest.approx(
            peer.get_last_lr()[0], rel=1e-6, abs=1e-12
        )
        optimizer.step()
        peer.step()


def test_cosine_schedule_warms_up_falls_and_stays_flat():
    config = FitConfig(lr=5e-4, min_lr=5e-6, warmup_epochs=100, decay_epochs=500, epochs=1200)
    rate = [5e-4 * learning_rate_factor(step, 1, 1200, config) for step in range(1200)]
    assert rate[0] == pytest.approx(5e-4 / 101)
    assert rate[100] == pytest.approx(5e-4)
    assert rate[350] == pytest.approx(5e-6 + (5e-4 - 5e-6) / 2)
    assert rate[600] == rate[-1] == pytest.approx(5e-6)
    assert np.argmax(rate) == 100


def test_few_labels_make_longer_epochs_not_fewer_steps():
    recorder, method, steps = Memory(), mlp(), []
    method.after_step = lambda: steps.append(1)
    fit(method, table(count=10), table(1, 10), FitConfig(epochs=2, min_steps=9, batch_size=5), recorder)
    assert len(recorder.rows) == 2
    assert len(steps) == 2 * math.ceil(9 / 4) * 2


def test_a_broken_training_resumes_to_the_same_weights():
    config = FitConfig(epochs=6, batch_size=64, lr=1e-2, checkpoint_seconds=0)
    whole, broken = mlp(), mlp()
    torch.manual_seed(4)
    fit(whole, table(), table(1), config, Memory())
    recorder = Memory(break_at=3)
    torch.manual_seed(4)
    with pytest.raises(KeyboardInterrupt):
        fit(broken, table(), table(1), config, recorder)
    recorder.break_at, resumed = None, mlp(seed=99)
    fit(resumed, table(), table(1), config, recorder)
    assert [row["epoch"] for row in recorder.rows] == list(range(6))
    for name, value in resumed.state_dict().items():
        torch.testing.assert_close(value, whole.state_dict()[name])


def test_the_best_epoch_on_validation_is_kept():
    """Ten objects with random labels are learned by heart: validation only gets worse."""
    recorder, method, noise = Memory(), mlp(), table(count=10)
    noise.columns["label"] = torch.randn(10, 1) * 3
    fit(method, noise, table(1), FitConfig(epochs=40, batch_size=10, lr=0.01, schedule="constant"), recorder)
    best = min(row["valid_redshift"] for row in recorder.rows)
    assert evaluate(method, table(1), FitConfig())["redshift"] == pytest.approx(best, rel=1e-4)
    assert recorder.rows[-1]["valid_redshift"] > 1.5 * best


def test_train_and_validation_share_one_objective():
    method = mlp().eval()
    rows = table()
    expected = method.loss(rows.batch(slice(None)))["redshift"].item()
    assert evaluate(method, rows, FitConfig(batch_size=100))["redshift"] == pytest.approx(expected, rel=1e-5)


class Exploding(Method):
    """Its second term turns into NaN after a few steps."""

    def __init__(self):
        super().__init__(None, SPEC)
        self.weight, self.steps = torch.nn.Parameter(torch.ones(1)), 0

    def loss(self, batch):
        return {"calm": self.weight.square().sum(), "wild": self.weight.sum() * (math.nan if self.steps > 5 else 1.0)}

    def after_step(self):
        self.steps += 1

    def encode(self, batch):
        return batch["magnitude"]


def test_a_loss_that_is_not_finite_stops_and_names_the_term():
    with pytest.raises(PhotozError, match=r"'wild' became NaN; lower fit.lr"):
        fit(Exploding(), table(), table(1), FitConfig(epochs=3, batch_size=100), Memory())


def test_nothing_to_train_on_is_said():
    with pytest.raises(PhotozError, match="no training rows"):
        fit(mlp(), table(count=0), table(1), FitConfig(), Memory())


def test_an_unknown_selection_term_lists_the_known():
    with pytest.raises(PhotozError, match="total, last, redshift"):
        fit(mlp(), table(), table(1), FitConfig(epochs=1, select="accuracy"), Memory())


def test_an_absent_device_is_an_error_not_a_fallback():
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    assert pick_device("auto").type == "cpu"
    with pytest.raises(PhotozError, match="no CUDA device"):
        pick_device("cuda")


def test_gradient_clipping_bounds_the_step():
    method, data = mlp(), Table(magnitude=np.ones((8, 3)), label=np.full((8, 1), 1e4))
    before = [p.clone() for p in method.parameters()]
    config = FitConfig(
        epochs=1, lr=1.0, optimizer="sgd", schedule="constant", clip_norm=0.1, weight_decay=0, select="last"
    )
    fit(method, data, data, config, Memory())
    moved = math.sqrt(sum((p - q).square().sum().item() for p, q in zip(method.parameters(), before, strict=True)))
    assert moved == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_optimizers_by_name(name):
    optimizer = make_optimizer(mlp(), FitConfig(optimizer=name, weight_decay=0.1, lr=0.2))
    assert type(optimizer).__name__.lower() == name
    assert {group["lr"] for group in optimizer.param_groups} == {0.2}


class HalfLabelled(Table):
    """Rows of which the last tenth have a label."""

    @property
    def labelled(self):
        return torch.arange(len(self)) >= 0.9 * len(self)


def test_every_batch_holds_enough_labels_and_every_row_comes_once():
    rows = HalfLabelled(label=torch.zeros(95, 1))
    batches = list(_shuffled(rows, 2, FitConfig(batch_size=20, min_labelled=6)))
    assert len(batches) == 2 * 5
    assert all(rows.labelled[index].sum() == 6 for index in batches)
    for half in (batches[:5], batches[5:]):
        seen = torch.bincount(torch.cat(half), minlength=95)
        assert (seen[:86] == 1).all()
        assert set(seen[86:].tolist()) <= {3, 4}  # 9 labelled rows share 30 places
    assert not torch.equal(batches[0], batches[5])


def test_batches_keep_the_share_of_labels_where_it_is_enough():
    rows = HalfLabelled(label=torch.zeros(100, 1))
    for index in _shuffled(rows, 1, FitConfig(batch_size=50, min_labelled=2)):
        assert rows.labelled[index].sum() == 5
