"""ImageNet weights that are there, can be fetched, or cannot: with caches made here, and no network."""

import threading
import time

import pytest
import torch
from huggingface_hub import constants
from timm.models import get_pretrained_cfg

from photoz_core import imagenet
from photoz_core.imagenet import why_absent
from photoz_core.nets.encoder import EncoderConfig

VGG = {"name": "vgg16", "weights": "imagenet"}


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    """Caches without weights, and a hub that must not be asked unless a test says what it answers."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "torch"))
    answers(monkeypatch, lambda *_, **__: pytest.fail("asked the network"))
    return tmp_path


def answers(monkeypatch, answer):
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", answer)
    monkeypatch.setattr("urllib.request.urlopen", answer)


def cached(folder, repository, file):
    """A file in huggingface_hub's cache, as a download leaves it."""
    repository = folder / "hub" / f"models--{repository.replace('/', '--')}"
    snapshot = repository / "snapshots" / "a1b2"
    snapshot.mkdir(parents=True)
    (snapshot / file).write_bytes(b"weights")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a1b2")


def refuse(*_, **__):
    raise ConnectionError("no route")


def test_an_encoder_that_asks_for_none_misses_none():
    assert why_absent(EncoderConfig()) == why_absent({"name": "vgg16", "weights": "none"}) == why_absent({}) == ""


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_weights_in_the_hubs_cache_are_found_without_the_network(empty_cache, file):
    cached(empty_cache, get_pretrained_cfg("vgg16").hf_hub_id, file)
    assert why_absent(VGG) == why_absent(EncoderConfig(**VGG)) == ""


def test_weights_of_another_model_are_no_help(empty_cache, monkeypatch):
    answers(monkeypatch, refuse)
    cached(empty_cache, get_pretrained_cfg("vgg19").hf_hub_id, "model.safetensors")
    assert why_absent(VGG) == (
        "no ImageNet weights of 'vgg16': timm/vgg16.tv_in1k is not in the local cache, and it cannot be fetched "
        "(ConnectionError)"
    )


def test_weights_that_can_be_fetched_are_not_absent(monkeypatch):
    asked = []
    answers(monkeypatch, lambda address, timeout: asked.append(address))
    assert why_absent(VGG) == "" and len(asked) == 1
    assert asked[0].endswith("/timm/vgg16.tv_in1k/resolve/main/model.safetensors")


def test_offline_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert why_absent(VGG).endswith("is not in the local cache, and HF_HUB_OFFLINE is set")


def test_a_network_that_says_nothing_is_not_waited_for(monkeypatch):
    answer = threading.Event()
    answers(monkeypatch, lambda *_, **__: answer.wait(60))
    monkeypatch.setattr(imagenet, "PATIENCE", 0.2)
    began = time.monotonic()
    assert "no answer" in why_absent(VGG)
    assert time.monotonic() - began < 20
    answer.set()


def test_weights_from_a_file_are_looked_for_there(tmp_path):
    file = tmp_path / "vgg16.safetensors"
    options = VGG | {"arguments": {"pretrained_cfg_overlay": {"file": str(file)}}}
    assert why_absent(options) == f"no ImageNet weights of 'vgg16': no file {file}"
    file.touch()
    assert why_absent(options) == ""


def test_weights_that_timm_has_only_an_address_of(empty_cache, monkeypatch):
    overlay = {"hf_hub_id": None, "url": "https://example.org/weights/vgg16-397923af.pth?raw=true"}
    options = VGG | {"arguments": {"pretrained_cfg_overlay": overlay}}
    answers(monkeypatch, refuse)
    assert "vgg16-397923af.pth is not in the local cache, and it cannot be fetched (ConnectionError)" in why_absent(
        options
    )
    (empty_cache / "torch" / "checkpoints").mkdir(parents=True)
    (empty_cache / "torch" / "checkpoints" / "vgg16-397923af.pth").touch()
    assert why_absent(options) == ""


def test_a_model_without_weights_says_so():
    assert why_absent(
        {
            "name": "convnext_zepto_rms_ols",
            "weights": "imagenet",
            "arguments": {"pretrained_cfg_overlay": {"hf_hub_id": None, "url": ""}},
        }
    ).endswith("timm has none for this model")
