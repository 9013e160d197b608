"""PITA's loss: what its terms weigh, and the colors it is taught."""

import pytest
import torch
from test_methods import batch, make


def test_pita_weighs_its_terms():
    torch.manual_seed(1)
    plain = make("pita", contrastive_weight=1.0).loss(batch())
    torch.manual_seed(1)
    weighted = make("pita", contrastive_weight=0.0025, color_weight=2.0, redshift_weight=3.0).loss(batch())
    ratio = {name: (weighted[name] / plain[name]).item() for name in plain}
    assert ratio == pytest.approx({"contrastive": 0.0025, "color": 2.0, "redshift": 3.0}, rel=1e-4)


def test_pita_color_targets_equal_a_loop():
    magnitude = batch()["magnitude"]
    standard, code = make("pita"), make("pita", color_target="code")
    for i, m in enumerate(magnitude.tolist()):
        colors = [m[0] - m[1], m[1] - m[2], m[2] - m[3], m[3]]
        expected = [
            (c - mean) / std for c, mean, std in zip(colors, [0.5, 0.5, 0.5, 24.0], [0.5] * 3 + [1.0], strict=True)
        ]
        assert standard.color_target(magnitude)[i].tolist() == pytest.approx(expected, abs=1e-4)
        log_flux = [(23.9 - x) / 2.5 for x in m]
        flux_ratios = [log_flux[j + 1] - log_flux[j] for j in range(3)]
        assert code.color_target(magnitude)[i].tolist() == pytest.approx([*flux_ratios, log_flux[1]], abs=1e-4)
