"""The five schemes by their recipes' options, and the paper's numbers."""

import pytest

from photoz_core.recipe import Recipe
from photoz_core.schemes import LOW_DATA, PAPER, PAPER_LOW, SCHEMES, scheme_of


@pytest.mark.parametrize(
    ("options", "parent", "scheme"),
    [
        ({"start": "scratch", "frozen": False}, "", "scratch"),
        ({"start": "scratch", "frozen": True}, "", "features, untrained"),
        ({"start": "imagenet", "frozen": True}, "", "features, ImageNet"),
        ({"start": "imagenet", "frozen": False}, "", "fine-tune, ImageNet"),
        ({"start": "parent", "frozen": True}, "magnitudes_splus", "features, magnitudes"),
        ({"start": "parent"}, "splus-mock--magnitudes_splus-demo--100pct-seed0", "fine-tune, magnitudes"),
        ({"start": "parent", "frozen": True}, "simsiam_lenses", "features, simsiam_lenses"),
        ({"start": "parent"}, "magnitudes--moco_candels-paper--10pct-seed3--2", "fine-tune, moco_candels"),
        ({}, "", ""),
    ],
)
def test_a_recipe_says_its_scheme(options, parent, scheme):
    assert scheme_of(Recipe("r", "supervised", "d", options=options, parent=parent)) == scheme


def test_the_papers_numbers_hold_together():
    """What its text and its differences say: +0.1025 (printed +0.1015), +0.0387, +0.052, -0.1347 (printed -0.1346)."""
    assert all(set(found) == set(SCHEMES) for found in PAPER.values()) and set(PAPER_LOW) == {"SG", "SGQ"}
    gain = {
        (name, how): low[f"{how}, magnitudes"] - low[f"{how}, ImageNet"]
        for name, low in PAPER_LOW.items()
        for how in ("features", "fine-tune")
    }
    assert [round(value, 4) for value in gain.values()] == [0.1025, 0.0387, 0.0522, -0.1347]
    better = [name for name, found in PAPER.items() if found[SCHEMES[4]][0] > found[SCHEMES[3]][0]]
    assert better == ["EF-15", "SGQ", "SG"]  # "for half of the datasets, including both datasets from S-PLUS"
    better = [name for name, found in PAPER.items() if found[SCHEMES[2]][0] > found[SCHEMES[1]][0]]
    assert better == ["EF-15", "MG", "SGQ", "SG"]  # "for 2/3 of the datasets"


def test_the_low_data_regime_has_the_papers_18_sizes():
    assert len(LOW_DATA) == 18
    assert {100, 900, 1000, 1500, 3000, 10_000, 40_000} <= set(LOW_DATA) and tuple(sorted(LOW_DATA)) == LOW_DATA
