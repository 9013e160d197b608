"""What a trained method says of each object: latents, estimates, redshift PDFs, scores."""

from dataclasses import dataclass, field

import numpy as np
import torch

from photoz_core.methods.base import Batch, Method
from photoz_core.optimisation import FitConfig, autocast
from photoz_core.pdfs import Pdfs
from photoz_core.rows import Rows

BINS = 400  # of a redshift PDF
MARGIN = 1.1  # the PDFs reach this many times the largest redshift that the training saw


@dataclass(frozen=True, eq=False)
class Inference:
    """Of M objects.

    Parameters
    ----------
    latents : dict of (M, D)
        By latent space; the main one's name is empty.
    predictions : (M, T) or (M, K), optional
        None where the method predicts nothing, or gives PDFs.
    pdfs : Pdfs, optional
    scores : dict of (M,)
    """

    latents: dict[str, np.ndarray]
    predictions: np.ndarray | None = None
    pdfs: Pdfs | None = None
    scores: dict[str, np.ndarray] = field(default_factory=dict)


@torch.no_grad()
def infer(method: Method, rows: Rows, config: FitConfig = FitConfig(), batch_size: int = 512) -> Inference:  # noqa: B008
    """Latents, and what the method can say of the label, of all `rows`.

    Predictions are means over ``config.quarter_turns`` rotations of the images; latents are of the image as it is.
    """
    method.eval().to(rows.device)
    edges = _edges(method) if method.gives_pdf else np.empty(0)
    parts: list[dict[str, np.ndarray]] = []
    for batch in rows.batches(batch_size):
        with autocast(rows.device, config.precision):
            parts.append(_of_batch(method, batch, config, torch.from_numpy(edges).float().to(rows.device)))
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    of_kind = lambda kind: {name[len(kind) :]: value for name, value in found.items() if name.startswith(kind)}  # noqa: E731
    pdfs = Pdfs(edges, found["pdf"]) if "pdf" in found else None
    return Inference(of_kind("latents:"), found.get("prediction"), pdfs, of_kind("score:"))


def _of_batch(method: Method, batch: Batch, config: FitConfig, edges: torch.Tensor) -> dict[str, np.ndarray]:
    spaces = {"": method.encode(batch), **method.encode_spaces(batch)}
    found = {f"latents:{name}": value for name, value in spaces.items()}
    found |= {f"score:{name}": value for name, value in method.scores(batch).items()}
    if method.predicts and not method.gives_pdf:
        turned = [method.predict(_turned(batch, turn)).float() for turn in range(config.quarter_turns)]
        found["prediction"] = torch.stack(turned).mean(0)
    plain = {name: value.float().cpu().numpy() for name, value in found.items()}
    if method.gives_pdf:
        cdf = method.cdf(batch, edges).cpu().numpy()
        plain["pdf"] = Pdfs.from_cdf(edges.double().cpu().numpy(), cdf).density
    return plain


def _edges(method: Method) -> np.ndarray:
    return np.linspace(0, MARGIN * method.spec.statistics["label_max"][0], BINS + 1)


def _turned(batch: Batch, turn: int) -> Batch:
    """The batch with its images rotated by `turn` × 90°, where it has any."""
    return batch | {name: value.rot90(turn, (2, 3)) for name, value in batch.items() if name == "image"}
