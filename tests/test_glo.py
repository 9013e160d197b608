"""GLO's codes, its loss and its training: on the sphere, unmoved when unseen, resumed to the bit, better than none."""

import copy

import pytest
import torch
from test_training import Memory

from photoz_core import training
from photoz_core.errors import PhotozError
from photoz_core.inverse import Identity, Search, solve
from photoz_core.methods import glo
from photoz_core.methods.base import DataSpec
from photoz_core.optimisation import FitConfig, make_optimizer
from photoz_core.training import evaluate, fit

LENGTH, COUNT = 40, 150
QUICK = Search(steps=60, restarts=2, guesses=128, lr=0.05)


def spectra(count=COUNT, seed=0, noise=0.02):
    """A slope, a break and a line of three free strengths: (count, LENGTH)."""
    generator = torch.Generator().manual_seed(seed)
    a, b, c = torch.rand(3, count, 1, generator=generator)
    pixel = torch.linspace(-1, 1, LENGTH)
    clean = 1 + a * pixel + b * torch.sigmoid(10 * pixel) + c * torch.exp(-(((pixel - 0.4) / 0.1) ** 2))
    return clean + noise * torch.randn(count, LENGTH, generator=generator)


class Spectra:
    """Rows in memory with the interface of `photoz_core.rows.Rows`."""

    device = torch.device("cpu")

    def __init__(self, x, training=True, mask=None):
        self.x, self.mask = x, torch.zeros_like(x) if mask is None else mask
        self.row = torch.arange(len(x)) if training else torch.full((len(x),), -1)

    def __len__(self):
        return len(self.x)

    def batch(self, index):
        return {"spectrum": self.x[index], "spectrum_mask": self.mask[index], "row": self.row[index]}

    def batches(self, size):
        for start in range(0, len(self), size):
            yield self.batch(slice(start, start + size))


def make(count=COUNT, **options):
    torch.manual_seed(0)
    x = spectra(count)
    mean = x.mean(0)
    statistics = {"spectrum_mean": mean.tolist(), "spectrum_scale": [(x - mean).std().item()], "rows": [float(count)]}
    config = glo.Config(**({"dim": 6, "widths": (16, 24), "search": QUICK, "code_lr": 0.05} | options))
    return glo.Model(config, DataSpec(labels=(), statistics=statistics))


TRAINING = FitConfig(epochs=30, batch_size=50, lr=0.02, optimizer="adamw", select="last", checkpoint_seconds=0)


@pytest.fixture(scope="module")
def trained():
    method = make()
    fit(method, Spectra(spectra()), Spectra(spectra(40, 1), False), TRAINING, Memory())
    return method.eval()


def watched(method, config, look):
    """What `look` finds after each step of a short training."""
    found, after = [], method.after_step
    method.after_step = lambda: (after(), found.append(look(method)))
    fit(method, Spectra(spectra(len(method.codes))), Spectra(spectra(5, 1), False), config, Memory())
    return found


def norms_at_each_step(**options):
    """The largest distance of a code's norm from 1 after each step."""
    look = lambda method: (method.codes.detach().norm(dim=1) - 1).abs().max().item()  # noqa: E731
    return watched(make(**options), FitConfig(epochs=3, batch_size=50, lr=0.02), look)


def test_codes_are_on_the_sphere_after_each_step_and_a_copy_without_projection_leaves_it():
    assert max(norms_at_each_step()) < 1e-6
    assert norms_at_each_step(project="none")[-1] > 0.1
    ball = make(project="ball").codes.detach().norm(dim=1)
    assert ball.max() <= 1 + 1e-6


@pytest.mark.parametrize("init", ["normal", "pca"])
def test_codes_start_on_the_sphere(init):
    method = make(init=init)
    before = method.codes.detach().clone()
    method.prepare(Spectra(spectra()))
    assert (method.codes.norm(dim=1) - 1).abs().max() < 1e-6
    assert torch.equal(method.codes, before) == (init == "normal")


def test_codes_of_spectra_that_are_not_in_the_batch_do_not_move():
    method, rows = make(), Spectra(spectra())
    optimizer = make_optimizer(method, TRAINING)
    for index in (torch.arange(COUNT), torch.tensor([3, 8, 90])):
        before = method.codes.detach().clone()
        optimizer.zero_grad()
        method.loss(rows.batch(index))["reconstruction"].backward()
        optimizer.step()
        method.after_step()
        assert torch.nonzero((method.codes != before).any(dim=1)).flatten().tolist() == index.tolist()


@pytest.mark.parametrize("use_filled", [False, True])
def test_the_loss_equals_a_loop_over_measured_pixels(use_filled):
    method, x = make(use_filled=use_filled), spectra()[:4]
    mask = (torch.rand(x.shape, generator=torch.Generator().manual_seed(2)) < 0.3).float()
    mask[3], x[2, 5] = 1, float("nan")  # one that was not measured at all, one value that was not even filled
    g = copy.deepcopy(method.generator).network(method.codes[:4]).tolist()
    target, expected = method.generator.to_model(x).tolist(), 0.0
    for i in range(4):
        known = [j for j in range(LENGTH) if (use_filled or not mask[i, j]) and (i, j) != (2, 5)]
        expected += sum((g[i][j] - target[i][j]) ** 2 for j in known) / max(len(known), 1) / 4
    batch = Spectra(x, mask=mask).batch(slice(None))
    assert method.loss(batch)["reconstruction"].item() == pytest.approx(expected, rel=1e-4)
    assert torch.isfinite(method.eval().encode(batch)).all()


def test_a_last_batch_of_one_breaks_nothing():
    look = lambda method: copy.deepcopy(method.state_dict())  # noqa: E731
    first, second = watched(make(count=51), FitConfig(epochs=1, batch_size=50), look)
    assert all(torch.isfinite(value).all() for value in second.values())
    assert torch.equal(first["codes"], second["codes"])


def test_an_error_found_from_its_own_code_is_the_training_error(trained):
    x, own = spectra(), trained.codes.detach()
    expected = (trained.generator(own) - x).square().mean(dim=1)
    found = solve(trained.generator, x, Identity(), search=Search(steps=1, restarts=1, lr=1e-12), start=own)
    torch.testing.assert_close(found.loss_measured, expected, rtol=1e-4, atol=1e-7)


def test_a_broken_training_resumes_to_the_same_bits():
    parts = Spectra(spectra()), Spectra(spectra(10, 1), False)
    config = FitConfig(epochs=6, batch_size=50, lr=0.02, checkpoint_seconds=0, select="last")
    whole, broken, recorder = make(init="pca"), make(init="pca"), Memory(break_at=3)
    torch.manual_seed(4)
    fit(whole, *parts, config, Memory())
    torch.manual_seed(4)
    with pytest.raises(KeyboardInterrupt):
        fit(broken, *parts, config, recorder)
    recorder.break_at, resumed = None, make(init="normal")
    fit(resumed, *parts, config, recorder)
    assert "exp_avg" in recorder.state["optimizer"]["state"][len(list(whole.parameters())) - 1]
    for name, value in resumed.state_dict().items():
        assert torch.equal(value, whole.state_dict()[name]), name


def test_the_cosine_reaches_the_codes_too(monkeypatch):
    made, make_it = [], training.make_optimizer
    monkeypatch.setattr(training, "make_optimizer", lambda *given: made.append(make_it(*given)) or made[0])
    config = FitConfig(epochs=4, batch_size=50)
    rates = watched(make(), config, lambda method: made[0].param_groups[1]["lr"])
    assert rates[5] == pytest.approx(0.05 / 2)
    assert rates[-1] == pytest.approx(0, abs=1e-9)


def held_out(method):
    x = spectra(60, 9)
    return (solve(method.generator, x, Identity(), search=QUICK).x - x).square().mean().item()


def test_what_was_learned_reconstructs_new_spectra_better_than_an_untrained_generator_or_the_mean(trained):
    x = spectra(60, 9)
    learned, mean = held_out(trained), (trained.generator.mean - x).square().mean().item()
    untrained = held_out(make().eval())
    assert learned < 0.1 * mean
    assert learned < 0.2 * untrained


def test_validation_repeats_and_its_few_steps_lie_above_a_whole_search(trained):
    rows = Spectra(spectra(40, 1), False)
    first = evaluate(trained, rows, FitConfig())["reconstruction"]
    assert first == evaluate(trained, rows, FitConfig())["reconstruction"]
    whole = solve(trained.generator, rows.x, Identity(), search=QUICK).loss_measured / trained.generator.scale**2
    assert whole.mean().item() < first < 1


def test_latents_of_training_spectra_are_searched_or_their_own(trained):
    batch = Spectra(spectra()).batch(slice(0, 8))
    batch["row"][5:] = -1
    searched = trained.encode(batch)
    own = copy.deepcopy(trained)
    own.config = glo.Config(dim=6, widths=(16, 24), search=QUICK, latents="codes")
    mixed = own.encode(batch)
    assert torch.equal(mixed[:5], trained.codes[:5])
    assert torch.equal(mixed[5:], searched[5:])
    assert not torch.allclose(searched[:5], trained.codes[:5], atol=1e-3)


def test_sgd_is_refused():
    with pytest.raises(PhotozError, match="a code for each object"):
        fit(make(), Spectra(spectra()), Spectra(spectra(5)), FitConfig(optimizer="sgd"), Memory())
