"""What `benchmarks/glo.py` judges: whose spectra, what is hidden from whom, and by which formula."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.append(str(Path(__file__).parent.parent))  # benchmarks are scripts, not installed

from benchmarks._glo_problems import Sample, coarser, errors, median, noisy, removed, spread
from benchmarks._glo_speed import flop
from photoz_core.inverse import Points, Window
from photoz_core.nets.spectra import SpectrumGenerator
from photoz_core.simulate import spectra
from photoz_core.spectra import Grid

LENGTH, GRID = 50, Grid(count=50)


@pytest.fixture
def sample():
    generator = torch.Generator().manual_seed(0)
    x, true = torch.rand(2, 8, LENGTH, generator=generator)
    return Sample(x, true, torch.rand(8, LENGTH, generator=generator) > 0.1, ("test", "train"))


def test_a_sample_has_as_many_of_each_split_and_no_spoilt_spectrum(tmp_path):
    dataset = spectra.simulate(tmp_path / "mock", spectra.Config(n=120, outlier_share=0.4, fill="lines"))
    chosen = Sample.of(dataset, ("test", "train"), 9)
    assert chosen.count == 9 and chosen.x.shape == (18, 1000)
    everything = torch.from_numpy(np.array(dataset.array("spectrum")))
    rows = [int((everything == own).all(1).nonzero()) for own in chosen.x]
    assert set(dataset.column("true_outlier")[rows]) == {"none"}
    assert dataset.split[rows].tolist() == ["test"] * 9 + ["train"] * 9
    assert len(set(rows)) == 18


@pytest.mark.parametrize("kind", [Window, Points])
def test_the_same_pixels_are_hidden_in_every_group_and_from_the_solver(sample, kind):
    condition = removed(sample, kind, 0.4)
    assert condition.hidden.sum(1).tolist() == [20] * 8
    assert torch.equal(condition.hidden[:4], condition.hidden[4:])
    assert condition.A.weight(condition.y, condition.measured)[condition.hidden].sum() == 0


def test_errors_are_means_over_their_own_pixels(sample):
    condition = removed(sample, Window, 0.2)
    found = errors(sample.x, sample, condition)
    for i in range(8):
        square = [(float(sample.x[i, p]) - float(sample.true[i, p])) ** 2 for p in range(LENGTH)]
        hidden = [square[p] for p in range(LENGTH) if condition.hidden[i, p]]
        seen = [square[p] for p in range(LENGTH) if sample.known[i, p] and not condition.hidden[i, p]]
        for kind, values in {"all": square, "hidden": hidden, "measured": seen}.items():
            assert found[kind][i] == pytest.approx(sum(values) / len(values), rel=1e-5)


def test_noise_has_the_norm_that_was_asked_for(sample):
    condition = noisy(sample, 5.0)
    assert (condition.y - sample.x).norm(dim=1).tolist() == pytest.approx([5.0] * 8, rel=1e-4)
    assert condition.noise == pytest.approx(5 / LENGTH**0.5)
    assert not torch.allclose(condition.y[0] - sample.x[0], condition.y[1] - sample.x[1])


def test_a_coarse_value_is_measured_where_each_of_its_pixels_was(sample):
    condition = coarser(sample, GRID, 5)
    for i in range(8):
        assert condition.measured[i].tolist() == [bool(sample.known[i, p : p + 5].all()) for p in range(0, LENGTH, 5)]


def test_medians_and_ranges_are_over_spectra_not_seeds():
    values = np.array([[1.0, 2, 3, 4, 5], [10, 20, 30, 40, 500]])
    assert median(values).tolist() == [3, 30]
    assert spread(values).tolist() == [2, 20]


def test_a_step_multiplies_by_each_weight_twice_or_by_one_square_for_the_last_layer():
    generator = SpectrumGenerator(3, (4, 5), torch.zeros(7), 1.0)
    assert flop(generator, one_mask=False) == 4 * (3 * 4 + 4 * 5 + 5 * 7)
    assert flop(generator, one_mask=True) == 4 * (3 * 4 + 4 * 5) + 2 * 5 * 5
