"""Steps with outlying gradients are not taken, and leave no trace."""

import copy

import pytest
import torch
from torch import nn

from photoz_core.gradient_skip import GradientSkip
from photoz_core.optimisation import FitConfig, make_optimizer

CPU = torch.device("cpu")


class Slope(nn.Module):
    """A method whose gradient norm is what a test says."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))

    def parameter_groups(self, lr):
        return [{"params": [self.weight], "lr": lr}]

    def grow(self, norm: float) -> None:
        self.weight.grad = torch.full((4,), norm / 2)  # four of them: the norm is twice one


def steps(skip, method, optimizer, norms, clip=0.0):
    for norm in norms:
        method.grow(norm)
        skip.look(method, optimizer)
        if clip:
            nn.utils.clip_grad_norm_(method.parameters(), clip)
        optimizer.step()


@pytest.fixture(params=["adam", "adamw", "sgd"])
def trained(request):
    """A method after 20 steps of norm 1, with a skip rule that starts there."""
    method = Slope()
    optimizer = make_optimizer(method, FitConfig(optimizer=request.param, lr=0.1))
    skip = GradientSkip(5.0, 20, CPU)
    steps(skip, method, optimizer, [1.0] * 20)
    return method, optimizer, skip


def test_an_outlying_step_changes_neither_weights_nor_moments(trained):
    method, optimizer, skip = trained
    before, moments = method.weight.detach().clone(), copy.deepcopy(optimizer.state_dict()["state"])
    steps(skip, method, optimizer, [5.1])
    assert torch.equal(method.weight, before)
    assert {key: str(value) for key, value in moments[0].items()} == {
        key: str(value) for key, value in optimizer.state_dict()["state"][0].items()
    }
    assert skip.share() == pytest.approx(1 / 21)
    steps(skip, method, optimizer, [4.9])  # just within five times the percentile: taken
    assert not torch.equal(method.weight, before)
    assert skip.share() == pytest.approx(1 / 22)


def test_the_norm_is_looked_at_before_clipping(trained):
    method, optimizer, skip = trained
    before = method.weight.detach().clone()
    steps(skip, method, optimizer, [100.0], clip=0.5)
    assert torch.equal(method.weight, before)


def test_a_gradient_that_is_not_a_number_is_skipped_at_any_time():
    method = Slope()
    optimizer, skip = make_optimizer(method, FitConfig(lr=0.1)), GradientSkip(5.0, 20, CPU)
    steps(skip, method, optimizer, [1.0, float("nan")])
    assert torch.isfinite(method.weight).all()
    assert skip.share() == 0.5


def test_no_step_is_skipped_before_the_rule_starts():
    method = Slope()
    optimizer, skip = make_optimizer(method, FitConfig(lr=0.1)), GradientSkip(5.0, 20, CPU)
    steps(skip, method, optimizer, [1.0] * 10 + [1e6])
    assert skip.share() == 0


def test_the_rule_goes_on_from_a_checkpoint(trained):
    method, optimizer, skip = trained
    restored = GradientSkip(5.0, 20, CPU)
    restored.load(copy.deepcopy(skip.state()))
    for rule in (skip, restored):
        steps(rule, method, optimizer, [5.1, 1.0, 7.0])
    assert restored.share() == skip.share() > 0
