"""The pretext's formulas: a saturating output, an error in magnitudes, weights under a norm."""

import numpy as np
import pytest
import torch

from photoz_core.errors import PhotozError
from photoz_core.methods.base import DataSpec
from photoz_core.methods.magnitude_pretext import Config, Model
from photoz_core.nets.constrained import Top, TopConfig
from photoz_core.nets.encoder import Encoder, EncoderConfig

TINY = {"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16]}
ENCODER = EncoderConfig(name="convnext_atto", arguments=TINY, features=0, hidden=0)
LOW, HIGH = (15.0, 14.0), (21.0, 22.0)
MEAN = (18.0, 17.0)


def model(low=LOW, high=HIGH, **options):
    statistics = {"band_mad": [0.1] * 3, "label_min": list(low), "label_max": list(high), "label_mean": list(MEAN)}
    spec = DataSpec(("B", "G", "R"), (3, 32, 32), ("mag_g", "mag_r"), (), statistics)
    torch.manual_seed(0)
    config = Config(encoder=ENCODER, targets=spec.labels, top=TopConfig(hidden=24, dropout=0.0), **options)
    return Model(config, spec)


def batch(count=6):
    generator = torch.Generator().manual_seed(1)
    label = torch.tensor(MEAN) + torch.randn(count, 2, generator=generator)
    label[2, 0] = torch.nan
    return {"image": torch.rand(count, 3, 32, 32, generator=generator), "label": label}


def test_the_loss_is_the_mean_error_over_thirty_of_what_was_measured():
    method, data = model().eval(), batch()
    found, terms = method.predict(data), []
    for row in range(6):
        for band in range(2):
            if (row, band) != (2, 0):
                terms.append(abs(found[row, band].item() - data["label"][row, band].item()) / 30)
    assert method.loss(data)["magnitude"].item() == pytest.approx(np.mean(terms), rel=1e-4)


def test_it_starts_at_the_mean_where_the_output_has_a_gradient():
    method = model()
    assert method.top.answer.bias.tolist() == pytest.approx([value / 30 for value in MEAN])
    method.loss(batch())["magnitude"].backward()
    assert method.top.answer.bias.grad.abs().min() > 0


def test_outputs_saturate_at_0_and_1_and_have_no_gradient_there():
    method = model().eval()
    with torch.no_grad():
        method.top.answer.weight.zero_()
        method.top.answer.bias.copy_(torch.tensor([-0.3, 1.7]))
    assert torch.equal(method.predict(batch()), torch.tensor([[0.0, 30.0]]).expand(6, 2))
    method.loss(batch())["magnitude"].backward()
    assert method.top.answer.bias.grad.tolist() == [0, 0]


def test_saturated_outputs_are_counted_anew_each_epoch_and_all_of_them_stop_the_training():
    method = model().train()
    with torch.no_grad():
        method.top.answer.weight.zero_()
        method.top.answer.bias.copy_(torch.tensor([0.5, 1.2]))
    method.loss(batch())
    method.after_step()
    assert method.watched() == {"saturated": 0.5}
    with torch.no_grad():
        method.top.answer.bias.fill_(1.2)
    method.loss(batch())
    method.after_step()
    with pytest.raises(PhotozError, match=r"saturated.*lower fit\.lr"):
        method.watched()


def test_incoming_weights_keep_to_the_norm_after_each_step():
    method, data = model(), batch()
    optimizer = torch.optim.SGD(method.parameter_groups(500.0))
    longest = []
    for _ in range(3):
        optimizer.zero_grad()
        method.loss(data)["magnitude"].backward()
        optimizer.step()
        longest.append(max(sum(w * w for w in unit) ** 0.5 for unit in method.top.hidden.weight.tolist()))
        method.after_step()
        norms = [sum(w * w for w in unit) ** 0.5 for unit in method.top.hidden.weight.tolist()]
        assert max(norms) <= 2 * (1 + 1e-6)
    assert max(longest) > 2  # else the bound was never met


def test_shorter_weights_are_left_alone():
    torch.manual_seed(0)
    top = Top(4, 2, TopConfig(hidden=3))
    with torch.no_grad():
        top.hidden.weight.copy_(torch.tensor([[3.0, 4, 0, 0], [0.3, 0.4, 0, 0], [0, 0, 0, 0]]))
    top.constrain()
    expected = torch.tensor([[1.2, 1.6, 0, 0], [0.3, 0.4, 0, 0], [0, 0, 0, 0]])
    torch.testing.assert_close(top.hidden.weight.data, expected)


def test_targets_that_are_no_magnitudes_are_brought_to_their_range():
    method = model(low=(-1.0, 0.2), high=(3.0, 0.2), scaling="range")
    torch.testing.assert_close(method.to_unit(torch.tensor([[1.0, 0.7]])), torch.tensor([[0.5, 0.5]]))


@pytest.mark.parametrize("limits", [{"high": (99.0, 22.0)}, {"low": (-99.0, 14.0)}])
def test_sentinels_among_the_magnitudes_are_named(limits):
    with pytest.raises(PhotozError, match=r"mag_g goes from .*sentinels like 99"):
        model(**limits)


def test_vgg16_is_its_convolutions_alone():
    config = Config()
    encoder = Encoder(config.encoder, 3, torch.ones(3))
    assert sum(p.numel() for p in encoder.parameters()) == 14_714_688  # the paper's network without its top
    assert encoder.width == 512
    image = torch.rand(2, 3, 32, 32)
    assert torch.equal(encoder(image), encoder.backbone.body(image)[-1].flatten(1))  # one pixel is left of 32


def test_pictures_meet_imagenet_weights_as_torchvision_would_give_them():
    config = EncoderConfig(name="convnext_atto", arguments=TINY, features=0, hidden=0, scaling="imagenet")
    torch.manual_seed(0)
    encoder = Encoder(config, 3, torch.zeros(3)).eval()
    blue, green, red = torch.rand(3, 1, 32, 32)
    expected = torch.stack([(red - 0.485) / 0.229, (green - 0.456) / 0.224, (blue - 0.406) / 0.225], 1)
    torch.testing.assert_close(encoder(torch.stack([blue, green, red], 1)), encoder.backbone(expected))
    with pytest.raises(PhotozError, match="three colors"):
        Encoder(config, 5, torch.ones(5))


def test_asinh_needs_a_scatter():
    config = EncoderConfig(name="convnext_atto", arguments=TINY, features=0, hidden=0, scaling="asinh")
    with pytest.raises(PhotozError, match="more than half"):
        Encoder(config, 3, torch.tensor([0.1, 0.0, 0.1]))
