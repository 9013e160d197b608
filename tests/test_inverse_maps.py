"""Linear maps against matrices written out, their transposes, and what each is meant to keep."""

import pytest
import torch

from photoz_core.errors import PhotozError
from photoz_core.inverse import Dense, Downsample, Identity, Points, Window

LENGTH, SPECTRA = 11, 4
WIDTH = torch.linspace(1, 2, LENGTH, dtype=torch.float64)


def masked(keep):
    return [[float(i == j and keep(i)) for j in range(LENGTH)] for i in range(LENGTH)]


def averages(factor):
    rows = []
    for start in range(0, LENGTH, factor):
        pixels = range(start, min(start + factor, LENGTH))
        total = sum(WIDTH[i].item() for i in pixels)
        rows.append([WIDTH[i].item() / total if i in pixels else 0.0 for i in range(LENGTH)])
    return rows


MATRIX = torch.randn(5, LENGTH, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
MAPS = {
    "identity": (Identity(), masked(lambda i: True)),
    "window": (Window.at(3, 4, LENGTH), masked(lambda i: not 3 <= i < 7)),
    "points": (Points(torch.arange(LENGTH) % 3 == 0), masked(lambda i: i % 3 == 0)),
    "downsample": (Downsample(4, WIDTH), averages(4)),
    "dense": (Dense(MATRIX), MATRIX.tolist()),
}


@pytest.fixture(params=MAPS)
def pair(request):
    A, rows = MAPS[request.param]
    return A, torch.tensor(rows, dtype=torch.float64)


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def test_a_map_and_its_adjoint_equal_the_matrix_written_out(pair):
    A, matrix = pair
    x, y = numbers(2, SPECTRA, LENGTH), numbers(2, SPECTRA, len(matrix))
    torch.testing.assert_close(A(x), x @ matrix.T)
    torch.testing.assert_close(A.adjoint(y), y @ matrix)


@pytest.mark.parametrize(
    "A", [Window.random(0.4, SPECTRA, LENGTH, 1), Points.random(0.4, SPECTRA, LENGTH, 1)], ids=["window", "points"]
)
def test_each_spectrum_may_have_its_own_mask(A):
    assert ((~A.measured).sum(dim=1) == round(0.4 * LENGTH)).all()
    assert len({tuple(mask) for mask in A.measured.tolist()}) > 1
    x, y = numbers(SPECTRA, LENGTH), numbers(SPECTRA + 1, SPECTRA, LENGTH)
    for i, mask in enumerate(A.measured):
        torch.testing.assert_close(A(x)[i], torch.where(mask, x[i], 0))
    torch.testing.assert_close((A(x) * y).sum(), (x * A.adjoint(y)).sum())  # <A x, y> = <x, Aᵀ y>


def test_windows_are_contiguous():
    hidden = ~Window.random(0.4, 50, LENGTH).measured
    for row in hidden.long():
        edges = torch.nonzero(row).flatten()
        assert edges[-1] - edges[0] + 1 == row.sum()
    assert hidden.any(dim=0).all()


@pytest.mark.parametrize("factor", [1, 2, 4, 5, 11, 20])
def test_a_coarser_grid_keeps_the_flux(factor):
    A, x = Downsample(factor, WIDTH), numbers(SPECTRA, LENGTH)
    coarse = torch.stack([part.sum() for part in WIDTH.split(factor)])
    torch.testing.assert_close((A(x) * coarse).sum(1), (x * WIDTH).sum(1))
    torch.testing.assert_close(A(torch.ones_like(x)), torch.ones(SPECTRA, len(coarse), dtype=torch.float64))


def test_weights_join_the_maps_mask_and_the_datas():
    A, y = Points(torch.arange(LENGTH) % 3 == 0), numbers(2, LENGTH)
    measured = torch.ones(2, LENGTH, dtype=torch.bool)
    measured[0, :6] = False
    y[0, 3] = float("nan")
    assert A.weight(y, measured)[0].nonzero().flatten().tolist() == [6, 9]
    assert A.weight(y, measured)[1].nonzero().flatten().tolist() == [0, 3, 6, 9]
    with pytest.raises(PhotozError, match="spectrum 0: a measured value is not a number"):
        A.weight(y)
    measured[1] = False
    with pytest.raises(PhotozError, match="spectrum 1: no value was measured"):
        A.weight(y, measured)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_an_impossible_share_is_an_error(share):
    with pytest.raises(PhotozError, match="40 %"):
        Points.random(share, 1, LENGTH)
