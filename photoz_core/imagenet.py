"""Whether an encoder's ImageNet weights are at hand, before a training is queued that would miss them."""

import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath

PATIENCE = 4.0  # seconds for one attempt to reach weights that are not here


def why_absent(encoder) -> str:
    """Why the ImageNet weights that an encoder starts from cannot be had.

    Looked for where timm does: in the file that ``arguments.pretrained_cfg_overlay`` names, else in the cache of
    huggingface_hub, or of torch.hub where timm has only an address. What is in none of these is asked for once, within
    `PATIENCE` and without fetching it; under ``HF_HUB_OFFLINE`` not at all.

    Parameters
    ----------
    encoder : EncoderConfig or dict
        Options of an encoder.

    Returns
    -------
    str
        A sentence; empty if the weights are there or can be fetched, or the encoder asks for none.
    """
    options = encoder if isinstance(encoder, dict) else vars(encoder)
    if options.get("weights", "none") != "imagenet":
        return ""
    from timm.models import get_pretrained_cfg

    name = options["name"]
    found = get_pretrained_cfg(name)
    source = (found.to_dict() if found else {}) | options.get("arguments", {}).get("pretrained_cfg_overlay", {})
    if source.get("file"):
        return "" if Path(source["file"]).exists() else f"no ImageNet weights of {name!r}: no file {source['file']}"
    if source.get("hf_hub_id"):
        return _absent_from_hub(name, *source["hf_hub_id"].partition("@")[::2], source.get("hf_hub_filename"))
    if source.get("url"):
        return _absent_at_address(name, source["url"])
    return f"no ImageNet weights of {name!r}: timm has none for this model"


def _absent_from_hub(name: str, repository: str, revision: str, filename: str | None) -> str:
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
    from timm.models._hub import HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME

    files = [filename] if filename else [HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME]  # in timm's order
    if any(isinstance(try_to_load_from_cache(repository, file, revision=revision or None), str) for file in files):
        return ""
    if constants.HF_HUB_OFFLINE:
        trouble = "HF_HUB_OFFLINE is set"
    else:
        address = hf_hub_url(repository, files[0], revision=revision or None)
        trouble = _attempt(lambda: get_hf_file_metadata(address, timeout=PATIENCE))
    return trouble and f"no ImageNet weights of {name!r}: {repository} is not in the local cache, and {trouble}"


def _absent_at_address(name: str, address: str) -> str:
    import urllib.request
    from urllib.parse import urlparse

    import torch

    file = Path(torch.hub.get_dir(), "checkpoints", PurePosixPath(urlparse(address).path).name)
    if file.exists():
        return ""
    asked = urllib.request.Request(address, method="HEAD")
    trouble = _attempt(lambda: urllib.request.urlopen(asked, timeout=PATIENCE).close())
    return trouble and f"no ImageNet weights of {name!r}: {file.name} is not in the local cache, and {trouble}"


def _attempt(ask: Callable[[], object]) -> str:
    """What went wrong with a question to a server, empty if it was answered.

    In a thread of its own: a name server that stays silent heeds no time limit.
    """
    trouble = [f"there is no answer within {PATIENCE:.0f} s"]

    def work() -> None:
        try:
            ask()
            trouble[0] = ""
        except Exception as error:  # whatever the network's library of the day raises
            trouble[0] = f"it cannot be fetched ({type(error).__name__})"

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return trouble[0]
