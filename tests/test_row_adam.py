"""Adam for tables against torch's own, one optimiser a row; and what the ordinary one does to rows it has not seen."""

import copy

import pytest
import torch

from photoz_core.errors import PhotozError
from photoz_core.methods.base import DataSpec, Method
from photoz_core.optimisation import FitConfig, make_optimizer
from photoz_core.row_adam import RowAdam

ROWS, DIM = 7, 3


class Tables(Method):
    """A table of codes and one linear layer."""

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(None, DataSpec())
        self.table, self.network = torch.nn.Parameter(torch.randn(ROWS, DIM)), torch.nn.Linear(DIM, 2)

    def loss(self, batch):
        return {"square": self.network(self.table[batch["row"]]).square().sum()}

    def encode(self, batch):
        return self.table[batch["row"]]

    def parameter_groups(self, lr):
        groups = [{"params": list(self.network.parameters()), "lr": lr}]
        return [*groups, {"params": [self.table], "lr": 0.05, "weight_decay": 0.0, "rows": True}]


def batches(count=12):
    generator = torch.Generator().manual_seed(1)
    return [torch.randperm(ROWS, generator=generator)[:3] for _ in range(count)]


def step(method, optimizer, row):
    optimizer.zero_grad(set_to_none=True)
    method.loss({"row": row})["square"].backward()
    optimizer.step()


def make(name="adamw", method=None):
    method = method or Tables()
    return method, make_optimizer(method, FitConfig(lr=0.01, weight_decay=0.1, optimizer=name))


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_each_row_moves_as_under_an_adam_of_its_own_and_the_network_as_under_torchs(name):
    method, optimizer = make(name)
    peer = Tables()
    rows = [row.clone().requires_grad_() for row in peer.table.detach()]
    own = [torch.optim.Adam([row], lr=0.05) for row in rows]
    kind = torch.optim.AdamW if name == "adamw" else torch.optim.Adam
    dense = kind(peer.network.parameters(), lr=0.01, weight_decay=0.1, fused=True)
    for row in batches():
        step(method, optimizer, row)
        for optimiser in (*own, dense):
            optimiser.zero_grad(set_to_none=True)
        peer.network(torch.stack([rows[i] for i in row])).square().sum().backward()
        for i in row:
            own[i].step()
        dense.step()
    torch.testing.assert_close(method.table.detach(), torch.stack(rows).detach(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(method.network.weight, peer.network.weight)


def test_rows_that_are_not_in_the_batch_stay_to_the_bit_and_under_an_ordinary_adam_they_do_not():
    drifted = {}
    for kind in ("rows", "dense"):
        method = Tables()
        optimizer = make(method=method)[1] if kind == "rows" else torch.optim.Adam(method.parameters(), lr=0.05)
        step(method, optimizer, torch.arange(ROWS))
        before = method.table.detach().clone()
        step(method, optimizer, torch.tensor([2, 5]))
        moved = (method.table != before).any(dim=1)
        assert moved[[2, 5]].all()
        drifted[kind] = moved[[0, 1, 3, 4, 6]]
    assert not drifted["rows"].any()
    assert drifted["dense"].all()


def test_a_saved_state_goes_on_as_if_nothing_had_happened():
    method, optimizer = make()
    for row in batches(5):
        step(method, optimizer, row)
    again = copy.deepcopy(method)
    resumed = make(method=again)[1]
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for row in batches(9)[5:]:
        step(method, optimizer, row)
        step(again, resumed, row)
    assert torch.equal(method.table, again.table)
    assert torch.equal(method.network.weight, again.network.weight)


def test_a_skipped_step_moves_no_row():
    method, optimizer = make()
    before = method.table.detach().clone()
    optimizer.grad_scale, optimizer.found_inf = None, torch.ones(())
    step(method, optimizer, torch.tensor([1]))
    assert torch.equal(method.table, before)
    optimizer.found_inf = torch.zeros(())
    step(method, optimizer, torch.tensor([1]))
    assert (method.table != before).any(dim=1).tolist() == [row == 1 for row in range(ROWS)]


def test_only_methods_with_tables_get_it_and_plain_sgd_cannot_step_one():
    assert isinstance(make()[1], RowAdam)
    with pytest.raises(PhotozError, match="'adam' or 'adamw'"):
        make("sgd")
