"""Losses against loops, closed forms and lightly's."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from photoz_core.losses import info_nce, masked_cross_entropy, masked_huber, masked_mse


def unit(*shape, seed=0):
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_info_nce_equals_the_written_formula():
    q, k, negatives, tau = unit(5, 8), unit(5, 8, seed=1), unit(20, 8, seed=2), 0.1
    expected = 0.0
    for qi, ki in zip(q.tolist(), k.tolist(), strict=True):
        positive = math.exp(np.dot(qi, ki) / tau)
        others = sum(math.exp(np.dot(qi, n) / tau) for n in negatives.tolist())
        expected -= math.log(positive / (positive + others)) / len(q)
    assert info_nce(q, k, negatives, tau).item() == pytest.approx(expected, rel=1e-5)


def test_info_nce_equals_lightly_with_a_memory_bank():
    from lightly.loss import NTXentLoss

    q, k = unit(6, 16), unit(6, 16, seed=1)
    criterion = NTXentLoss(temperature=0.2, memory_bank_size=(32, 16))
    bank = F.normalize(criterion.memory_bank.bank.clone(), dim=0 if criterion.memory_bank.bank.shape[0] == 16 else 1)
    negatives = bank.T if bank.shape[0] == 16 else bank
    assert info_nce(q, k, negatives, 0.2).item() == pytest.approx(criterion(q, k).item(), rel=1e-5)


def test_info_nce_of_unrelated_vectors_is_near_ln_k_plus_1():
    loss = info_nce(unit(512, 64), unit(512, 64, seed=1), unit(4096, 64, seed=2), tau=1.0)
    assert loss.item() == pytest.approx(math.log(4097), abs=0.05)


def test_positive_among_the_negatives_keeps_the_loss_above_ln_2():
    q = unit(4, 16)
    alone = info_nce(q, q, -q[:1].expand(8, -1), tau=0.01)
    twice = info_nce(q[:1], q[:1], torch.cat([q[:1], -q[:1].expand(8, -1)]), tau=0.01)
    assert alone.item() < 1
    assert twice.item() == pytest.approx(math.log(2), abs=1e-4)


def test_info_nce_stays_in_float32_under_autocast():
    q, k, negatives = unit(4, 16), unit(4, 16, seed=1), unit(50, 16, seed=2)
    with torch.autocast("cpu", torch.bfloat16):
        inside = info_nce(q, k, negatives, 0.07)
    assert inside.dtype == torch.float32
    assert inside.item() == info_nce(q, k, negatives, 0.07).item()


@pytest.mark.parametrize("error", [0.0, 0.1, 0.15, 0.2, -3.0])
def test_huber_is_quadratic_then_linear(error):
    delta = 0.15
    expected = 0.5 * error**2 if abs(error) <= delta else delta * (abs(error) - delta / 2)
    loss = masked_huber(torch.tensor([[1.0 + error]]), torch.tensor([[1.0]]), delta)
    assert loss.item() == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_masked_losses_average_over_known_targets_only():
    prediction = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    target = torch.tensor([[0.0, float("nan")], [1.0, 1.0], [float("nan"), float("nan")]])
    errors = [1.0, 2.0, 3.0]
    assert masked_mse(prediction, target).item() == pytest.approx(np.mean(np.square(errors)))
    huber = np.mean([0.15 * (e - 0.075) for e in errors])
    assert masked_huber(prediction, target, 0.15).item() == pytest.approx(huber)


def test_masked_cross_entropy_equals_a_loop():
    logits = torch.tensor([[2.0, 0.0, 1.0], [0.5, 0.5, 0.0], [9.0, 0.0, 0.0]])
    label = torch.tensor([[2.0], [0.0], [float("nan")]])
    rows = [(logits[0].tolist(), 2), (logits[1].tolist(), 0)]
    expected = np.mean([math.log(sum(math.exp(x) for x in row)) - row[i] for row, i in rows])
    assert masked_cross_entropy(logits, label).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("loss", [lambda p, t: masked_huber(p, t, 0.15), masked_mse, masked_cross_entropy])
def test_a_batch_without_labels_gives_zero_and_a_finite_gradient(loss):
    prediction = torch.randn(4, 1, requires_grad=True)
    value = loss(prediction, torch.full((4, 1), float("nan")))
    value.backward()
    assert value.item() == 0
    assert torch.equal(prediction.grad, torch.zeros(4, 1))
