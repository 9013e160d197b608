"""The dictionary of MoCo against its algorithm written out (He et al. 2020, algorithm 1)."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from photoz_core.methods._momentum import ContrastConfig, MomentumContrast

TAU, MOMENTUM, QUEUE, DIM = 0.1, 0.9, 12, 6


class ReferenceMoCo:
    """Forward as in the paper: update the key network, encode keys, compute logits, then dequeue and enqueue."""

    def __init__(self, network: nn.Module, queue: torch.Tensor):
        self.f_q, self.f_k = network, copy.deepcopy(network)
        self.queue, self.pointer = queue.clone(), 0

    def forward(self, x_q, x_k):
        with torch.no_grad():
            for p_q, p_k in zip(self.f_q.parameters(), self.f_k.parameters(), strict=True):
                p_k.copy_(MOMENTUM * p_k + (1 - MOMENTUM) * p_q)
            k = F.normalize(self.f_k(x_k), dim=1)
        q = F.normalize(self.f_q(x_q), dim=1)
        logits = (
            torch.stack([torch.cat([(qi @ ki)[None], self.queue.clone() @ qi]) for qi, ki in zip(q, k, strict=True)])
            / TAU
        )
        loss = F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))
        for ki in k:
            self.queue[self.pointer] = ki
            self.pointer = (self.pointer + 1) % QUEUE
        return loss


def make(enqueue="after", seed=0):
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, DIM))
    config = ContrastConfig(queue=QUEUE, momentum=MOMENTUM, tau=TAU, dim=DIM, enqueue=enqueue)
    return network, MomentumContrast(network, config)


def test_ten_steps_equal_the_written_algorithm():
    """Same losses, queue, pointer and key weights; batches of 5 in a queue of 12, so that it wraps around."""
    network, contrast = make()
    reference = ReferenceMoCo(copy.deepcopy(network), contrast.queue)
    ours, theirs = (torch.optim.SGD(n.parameters(), lr=0.1) for n in (network, reference.f_q))
    for step in range(10):
        views = torch.randn(2, 5, 10, generator=torch.Generator().manual_seed(step))
        loss = contrast.loss(F.normalize(network(views[0]), dim=1), views[1])
        expected = reference.forward(views[0], views[1])
        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
        for optimizer, value in ((ours, loss), (theirs, expected)):
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        contrast.advance()
        torch.testing.assert_close(contrast.queue, reference.queue)
        assert int(contrast.pointer) == reference.pointer


def test_momentum_moves_a_thousandth_of_the_way():
    network, contrast = make()
    before = [p.clone() for p in contrast.key_network.parameters()]
    with torch.no_grad():
        for p in network.parameters():
            p.add_(1.0)
    contrast.advance()
    for old, new in zip(before, contrast.key_network.parameters(), strict=True):
        torch.testing.assert_close(new - old, torch.full_like(old, 1 - MOMENTUM), rtol=1e-4, atol=1e-6)


def test_no_gradient_reaches_the_key_network():
    network, contrast = make()
    contrast.loss(F.normalize(network(torch.randn(3, 10)), dim=1), torch.randn(3, 10)).backward()
    assert all(p.grad is None for p in contrast.key_network.parameters())
    assert all(p.grad is not None for p in network.parameters())


def test_enqueue_before_puts_each_positive_among_the_negatives():
    """With a perfect match and everything else orthogonal or opposite, the loss is then at least ln 2."""
    x = torch.randn(4, 10)
    for order, floor in (("after", 0.0), ("before", torch.log(torch.tensor(2.0)).item())):
        _, contrast = make(order)
        q = F.normalize(contrast.key_network(x), dim=1)
        assert contrast.loss(q, x).item() >= floor - 1e-6
    _, contrast = make("before")
    keys = F.normalize(contrast.key_network(x), dim=1)
    after = contrast._enqueued(keys)
    assert all(any(torch.equal(key, slot) for slot in after) for key in keys)


def test_a_batch_larger_than_the_queue_keeps_the_newest_keys():
    _, contrast = make()
    keys = F.normalize(torch.randn(QUEUE + 5, DIM), dim=1)
    queue = contrast._enqueued(keys)
    assert {tuple(row) for row in queue.tolist()} == {tuple(row) for row in keys[-QUEUE:].tolist()}


def test_loss_changes_no_saved_state():
    network, contrast = make()
    before = copy.deepcopy(contrast.state_dict())
    contrast.loss(F.normalize(network(torch.randn(3, 10)), dim=1), torch.randn(3, 10))
    for name, value in contrast.state_dict().items():
        assert torch.equal(value, before[name]), name
