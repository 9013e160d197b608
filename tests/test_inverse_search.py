"""Gradients without autograd, by either way, against autograd of the loss written out; which way is taken when."""

import copy

import pytest
import torch

from photoz_core._inverse_network import MANY, Network, product
from photoz_core._inverse_search import Problem, gradient_by_input
from photoz_core.inverse import Dense, Downsample, Identity, Points, Search, Window, solve
from photoz_core.nets.spectra import SpectrumGenerator, random_codes

LENGTH, DIM, SPECTRA, DRAWS = 30, 4, 6, 4  # 24 rows: some products are of many
MAPS = {
    "identity": Identity(),
    "window": Window.at(8, 9, LENGTH),
    "points": Points(torch.arange(LENGTH) % 3 > 0),
    "downsample": Downsample(4, torch.linspace(1, 2, LENGTH)),
    "dense": Dense(torch.randn(20, LENGTH, generator=torch.Generator().manual_seed(0))),
}


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    made = SpectrumGenerator(DIM, (16, 24, 12), torch.zeros(LENGTH), 1.0)
    for _ in range(50):
        made.network(random_codes(64, DIM, 5))
    return made.eval()


def normal(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape)))


def by_hand(generator, A, z, y, weight):
    """Autograd of the sum over draws and spectra of a mean over measured values, in double precision."""
    network, z = copy.deepcopy(generator.network).double(), z.double().requires_grad_()
    loss = 0.0
    for draw in range(z.shape[0]):
        again = A.apply(network(z[draw])).double()
        for i in range(z.shape[1]):
            target = y[i] if y.ndim == 2 else y[draw, i]
            squares = [(again[i, j] - target[j].double()) ** 2 for j in range(y.shape[-1]) if weight[i, j]]
            loss = loss + sum(squares) / len(squares)
    return torch.autograd.grad(loss, z)[0]


def gradient(generator, A, z, y, weight):
    network, problem = Network(generator.frozen()), Problem(A, y, weight)
    return network.gradient(z, gradient_by_input(problem, network.last))


@pytest.mark.parametrize("drawn", [False, True], ids=["y", "a y for each draw"])
@pytest.mark.parametrize("masks", ["shared", "own"])
@pytest.mark.parametrize("name", MAPS)
def test_gradients_are_those_of_the_loss_written_out(generator, name, masks, drawn):
    A, z = MAPS[name], normal(DRAWS, SPECTRA, DIM)
    measured = A.apply(torch.zeros(SPECTRA, LENGTH)).shape[1]
    y = normal(*(DRAWS,) * drawn, SPECTRA, measured)
    keep = None if masks == "shared" else normal(SPECTRA, measured) < 0.5
    weight = A.weight(torch.zeros(SPECTRA, measured), keep)
    assert bool((weight == weight[0]).all()) == (masks == "shared")
    expected = by_hand(generator, A, z, y, weight).float()
    found = gradient(generator, A, z, torch.where(weight > 0, y, torch.nan), weight)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize("name", MAPS)
def test_one_mask_for_all_and_one_for_each_give_the_same(generator, name):
    A, z = MAPS[name], normal(DRAWS, SPECTRA, DIM)
    y = A.apply(normal(SPECTRA, LENGTH))
    weight = A.weight(y)
    other = weight.clone()
    other[-1, int(weight[-1].argmax())] = 0  # the last spectrum's own: all go the general way
    shared, own = (gradient(generator, A, z, y, mask)[:, :-1] for mask in (weight, other))
    assert not torch.equal(weight, other)
    torch.testing.assert_close(shared, own, rtol=1e-4, atol=1e-6)


class Counted(Identity):
    """Says how often it was applied."""

    calls = 0

    def apply(self, x):
        Counted.calls += 1
        return x


@pytest.mark.parametrize("masks, grows", [("shared", False), ("own", True)])
def test_with_one_mask_no_step_draws_spectra(generator, monkeypatch, masks, grows):
    y = normal(SPECTRA, LENGTH)
    keep = torch.ones(y.shape, dtype=torch.bool)
    keep[0, 0] = masks == "shared"
    counts = []
    for steps in (5, 25):
        monkeypatch.setattr(Counted, "calls", 0)
        solve(generator, y, Counted(), keep, Search(steps=steps, restarts=2, guesses=8))
        counts.append(Counted.calls)
    assert (counts[1] - counts[0] == 20) if grows else counts[1] == counts[0]


@pytest.mark.parametrize("rows", [1, MANY - 1, MANY, 3 * MANY])
@pytest.mark.parametrize("with_bias", [True, False])
def test_a_product_is_the_same_for_few_rows_and_many(rows, with_bias):
    x, weight, bias = normal(2, rows, 40), normal(30, 40), normal(30) if with_bias else None
    expected = x.double() @ weight.double().T + (bias.double() if with_bias else 0)
    found = product(x, weight, bias)
    assert found.layout == torch.strided and found.dtype == torch.float32
    torch.testing.assert_close(found, expected.float(), rtol=1e-5, atol=1e-4)


def test_a_training_in_half_precision_searches_in_single(generator):
    z, network = normal(2 * MANY, DIM), Network(generator.frozen())
    with torch.autocast("cpu", torch.bfloat16):
        inside = network(z)
    assert inside.dtype == torch.float32 and torch.equal(inside, network(z))
    torch.testing.assert_close(inside, generator.network(z).detach(), rtol=1e-4, atol=1e-5)
    half = network.gradient(z[None], lambda h: h)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(network.gradient(z[None], lambda h: h), half)


def test_codes_that_are_being_learned_may_be_a_start_and_are_left_alone(generator):
    start = torch.nn.Parameter(normal(SPECTRA, DIM))
    before = start.detach().clone()
    found = solve(generator, normal(SPECTRA, LENGTH), Identity(), search=Search(steps=3, restarts=1), start=start)
    assert torch.equal(start, before) and not found.z.requires_grad and not found.x.requires_grad
