"""Networks: the paper's sizes, starts that keep a signal alive, and what a wrong name gets."""

import pytest
import timm
import torch

from photoz_core.errors import PhotozError
from photoz_core.nets.encoder import Encoder, EncoderConfig, _asinh
from photoz_core.nets.mlp import HEADS, mlp


@pytest.mark.parametrize("heads", ["code", "blog"])
def test_heads_have_the_papers_sizes(heads):
    """123,777 parameters as in the code, 90,881 as in the blog, for the redshift head on 128 latents."""
    count = sum(p.numel() for p in mlp((128, *HEADS[heads], 1)).parameters())
    assert count == {"code": 123_777, "blog": 90_881}[heads]


def test_the_paper_encoder_has_the_papers_size():
    """ConvNeXt-T on four bands with its 1000-way layer: 28,590,664; MLP_encoder: 578,176."""
    encoder = Encoder(EncoderConfig(), 4, torch.ones(4))
    assert sum(p.numel() for p in encoder.backbone.parameters()) == 28_590_664
    assert sum(p.numel() for p in encoder.head.parameters()) == 578_176
    assert encoder.eval()(torch.zeros(2, 4, 64, 64)).shape == (2, 128)


def test_a_deep_head_keeps_the_signals_variance():
    """He et al. 2015: the second moment stays through ReLU layers; torch's own start would leave 1/6 a layer."""
    torch.manual_seed(0)
    hidden = mlp((512,) * 8)[:-1](torch.randn(2000, 512))
    assert hidden.square().mean().item() == pytest.approx(1, rel=0.5)


def test_absent_imagenet_weights_are_an_error_never_random_ones(monkeypatch):
    def offline(*given, pretrained, **more):
        assert pretrained
        raise OSError("no route to the hub")

    monkeypatch.setattr(timm, "create_model", offline)
    config = EncoderConfig(name="convnext_atto", weights="imagenet")
    with pytest.raises(PhotozError, match="ImageNet weights of encoder 'convnext_atto': no route to the hub"):
        Encoder(config, 4, torch.ones(4))


def test_an_unknown_encoder_lists_near_ones():
    with pytest.raises(PhotozError, match=r"'convnext_huge_x' is no timm model; e.g. convnext_atto"):
        Encoder(EncoderConfig(name="convnext_huge_x"), 4, torch.ones(4))


def test_the_fast_asinh_is_asinh():
    x = torch.cat([torch.linspace(-50, 50, 1001), torch.tensor([0.0, 1e-3, -1e4, 1e6])])
    torch.testing.assert_close(_asinh(x), torch.asinh(x), rtol=1e-5, atol=2e-7)
