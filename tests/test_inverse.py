"""The search for codes against loops and torch's own Adam; one by one, on the way, cancelled; what noise does."""

import copy

import pytest
import torch

from photoz_core.errors import PhotozError
from photoz_core.inverse import Dense, Downsample, Identity, Points, Search, Window, answers, solve
from photoz_core.nets.spectra import SpectrumGenerator, random_codes

LENGTH, DIM, SCALE = 30, 4, 0.5
SHORT = Search(steps=25, restarts=3, guesses=16, lr=0.05)


@pytest.fixture(scope="module")
def generator():
    """An untrained network with running statistics of its own: smooth enough to be inverted."""
    torch.manual_seed(0)
    made = SpectrumGenerator(DIM, (16, 16), torch.linspace(1, 2, LENGTH), SCALE)
    for _ in range(50):
        made.network(random_codes(64, DIM, 5))
    return made


def measured(generator, A, count=5, noise=0.02):
    """Codes, their spectra, and what A measures of them."""
    eval_copy = copy.deepcopy(generator).eval()
    z = generator.project(random_codes(count, DIM, 7))
    with torch.no_grad():
        x = eval_copy(z)
        y = A(x)
    return z, x, y + noise * torch.randn(y.shape, generator=torch.Generator().manual_seed(1))


MAPS = {
    "identity": Identity(),
    "window": Window.random(0.4, 5, LENGTH),
    "points": Points.random(0.4, 5, LENGTH),
    "downsample": Downsample(4, torch.linspace(1, 2, LENGTH)),
    "dense": Dense(torch.randn(20, LENGTH, generator=torch.Generator().manual_seed(0))),
}


def test_a_frozen_network_is_the_one_in_eval_mode_and_the_generator_stays_as_it_is(generator):
    z, before = random_codes(9, DIM, 1), copy.deepcopy(generator.state_dict())
    expected = copy.deepcopy(generator).eval().network(z)
    torch.testing.assert_close(generator.frozen()(z), expected, rtol=1e-4, atol=1e-5)
    solve(generator, measured(generator, Identity())[2], Identity(), search=SHORT)
    assert generator.training
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())
    assert all(parameter.grad is None for parameter in generator.parameters())


@pytest.mark.parametrize("how", ["projection", "regularisation"])
@pytest.mark.parametrize("name", MAPS)
def test_the_descent_equals_torchs_adam_on_the_loss_written_out(generator, name, how):
    A, lam = MAPS[name], 0.1
    _, _, y = measured(generator, A)
    network, weight = copy.deepcopy(generator).eval(), A.weight(y)
    start = generator.project(random_codes(5, DIM, 3))
    search = Search(how=how, lam=lam, steps=6, lr=0.02, schedule="constant", restarts=1)
    found = solve(generator, y, A, search=search, start=start)
    for i in range(5):
        z = start[i : i + 1].clone().requires_grad_()
        optimizer = torch.optim.Adam([z], lr=0.02)
        for _ in range(6):
            spectra = network(z).expand(5, LENGTH)  # as many as a mask for each
            squares = [((A(spectra)[i, j] - y[i, j]) / SCALE) ** 2 for j in range(y.shape[1]) if weight[i, j]]
            loss = sum(squares) / len(squares) + (lam * z.square().sum() if how == "regularisation" else 0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if how == "projection":
                z.data /= z.data.norm()
        torch.testing.assert_close(found.z[i], z.detach()[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", MAPS)
def test_the_loss_is_the_mean_over_measured_values_only(generator, name):
    A = MAPS[name]
    _, _, y = measured(generator, A)
    keep = torch.rand(y.shape, generator=torch.Generator().manual_seed(4)) < 0.8
    found, weight = solve(generator, y, A, keep, SHORT), A.weight(y, keep)
    for i, loss in enumerate(found.loss_measured.tolist()):
        again = A.apply(found.x)[i].tolist()
        squares = [(again[j] - y[i, j].item()) ** 2 for j in range(y.shape[1]) if weight[i, j]]
        assert loss == pytest.approx(sum(squares) / len(squares), rel=1e-3)


def test_what_was_not_measured_cannot_matter(generator):
    A = Window.random(0.4, 5, LENGTH)
    _, _, y = measured(generator, A)
    wild = torch.where(A.measured, y, float("nan"))
    torch.testing.assert_close(solve(generator, wild, A, search=SHORT).x, solve(generator, y, A, search=SHORT).x)


@pytest.mark.parametrize("how", ["projection", "regularisation"])
def test_a_spectrum_is_solved_the_same_alone_and_among_others(generator, how):
    A, search = Points.random(0.3, 5, LENGTH), Search(how=how, steps=25, restarts=3, guesses=16, lr=0.05)
    _, _, y = measured(generator, A)
    together = solve(generator, y, A, search=search)
    for i in range(5):
        alone = solve(generator, y[i : i + 1], Points(A.measured[i]), search=search)
        torch.testing.assert_close(alone.x[0], together.x[i], rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(alone.spread[0], together.spread[i], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("name", MAPS)
def test_the_spectrum_behind_is_found(generator, name):
    _, x, y = measured(generator, MAPS[name], noise=0.0)
    search = Search(steps=300, restarts=6, guesses=256, lr=0.05)
    found = solve(generator, y, MAPS[name], search=search)
    scatter = (x - x.mean(0)).square().mean()
    assert (found.x - x).square().mean() < 0.02 * scatter
    assert (found.z.norm(dim=1) - 1).abs().max() < 1e-6


def test_a_stronger_regularisation_shortens_codes(generator):
    _, _, y = measured(generator, Identity())
    norms = [
        solve(generator, y, Identity(), search=Search(how="regularisation", lam=lam, steps=200, lr=0.05)).z.norm(dim=1)
        for lam in (1e-3, 1.0)
    ]
    assert (norms[1] < norms[0]).all()


def test_answers_come_coarse_first_and_end_with_the_solution(generator):
    _, _, y = measured(generator, Identity())
    steps = list(answers(generator, y, Identity(), search=SHORT, at=(1, 5)))
    assert [answer.steps for answer in steps] == [1, 5, 25]
    losses = [answer.loss_measured.mean().item() for answer in steps]
    assert losses == sorted(losses, reverse=True)
    assert torch.equal(steps[-1].x, solve(generator, y, Identity(), search=SHORT).x)


def test_a_search_ends_when_it_is_cancelled(generator):
    _, _, y = measured(generator, Identity())
    asked = []
    found = list(answers(generator, y, Identity(), search=SHORT, at=(1, 5), cancelled=lambda: len(asked) > 9))
    assert [answer.steps for answer in found] == [1, 5, 25]
    stop = lambda: asked.append(1) or len(asked) == 3  # noqa: E731
    assert [a.steps for a in answers(generator, y, Identity(), search=SHORT, at=(1, 5), cancelled=stop)] == [1]
    assert len(asked) == 3


def test_more_restarts_and_guesses_never_fit_worse(generator):
    A = Points.random(0.6, 5, LENGTH)
    _, _, y = measured(generator, A)
    few = solve(generator, y, A, search=Search(steps=25, restarts=1, guesses=16, lr=0.05))
    many = solve(generator, y, A, search=Search(steps=25, restarts=8, guesses=16, lr=0.05))
    assert (many.loss_measured <= few.loss_measured * (1 + 1e-3)).all()
    assert (few.spread == 0).all()


def test_the_spread_of_noise_draws_grows_with_the_errors_and_the_answer_is_that_of_y(generator):
    A = Window.at(10, 14, LENGTH)
    _, _, y = measured(generator, A)
    search = Search(steps=300, restarts=2, guesses=32, draws=8, lr=0.05)
    spreads = [solve(generator, y, A, search=search, error=torch.full_like(y, e)).spread for e in (0.02, 0.2)]
    assert spreads[1].mean() > 2 * spreads[0].mean()
    plain = solve(generator, y, A, search=Search(steps=300, restarts=2, guesses=32, lr=0.05))
    with_draws = solve(generator, y, A, search=search, error=torch.full_like(y, 0.2))
    torch.testing.assert_close(with_draws.x, plain.x, rtol=1e-3, atol=1e-3)
    with pytest.raises(PhotozError, match="need the errors"):
        solve(generator, y, A, search=search)
