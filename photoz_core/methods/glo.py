"""Generative latent optimisation of spectra: a generator and one code for each spectrum, learned together.

Bojanowski et al. 2018 (arXiv 1707.05776), on spectra Rissaki et al. 2020 (arXiv 2012.12210).
"""

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from photoz_core.inverse import Identity, Search, Solution, solve
from photoz_core.methods.base import Batch, DataSpec, Method
from photoz_core.nets.spectra import SpectrumGenerator
from photoz_core.options import Positive, PositiveFloat, options


@options
class Config:
    """Generator, codes and search; defaults are the paper's, or where it states none those recommended.

    Parameters
    ----------
    dim : int
        Dimensions of a code.
    widths : tuple of int
        Hidden layers of the generator; the paper has seven, of unpublished widths.
    project : {"sphere", "ball", "none"}
        Where a code is put after each step: on the unit sphere (the paper), into the unit ball (Bojanowski's code).
    init : {"normal", "pca"}
        Codes start from N(0, I), or from the spectra's principal components, each with unit variance.
    code_lr : float
        Learning rate of the codes; `fit.lr` is the network's. Both follow the schedule; weight decay is the network's
        alone.
    use_filled : bool
        Whether pixels that were not measured, and hold what a PCA filled in, are targets too, as in the paper. By
        default they are left out: agreeing with another model's guess is no success.
    latents : {"search", "codes"}
        ``search`` finds the code of every object, training spectra too, by one procedure from random starts, so that a
        map compares like with like. ``codes`` takes the training spectra's own codes, which the network has shaped.
    search : Search
        Of latents.
    validation_steps : int
        Steps of the search, from one start, that validation spectra get after each epoch: few, so the validation loss
        lies above what a whole search reaches, and is to be compared with other epochs' only.
    """

    dim: Positive = 50
    widths: tuple[Positive, ...] = (64, 96, 128, 192, 256, 384, 512)
    project: Literal["sphere", "ball", "none"] = "sphere"
    init: Literal["normal", "pca"] = "normal"
    code_lr: PositiveFloat = 0.01
    use_filled: bool = False
    latents: Literal["search", "codes"] = "search"
    search: Search = Search(steps=200, restarts=1)
    validation_steps: Positive = 5


class Model(Method):
    """min over G and z_i of |G(z_i) − x_i|² / m_i, mean over the spectra i, m_i their measured pixels."""

    needs = ("spectrum", "spectrum_mask", "row")
    uses_unlabelled = True
    predicts = False

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        mean, scale = spec.statistic("spectrum_mean"), spec.statistics["spectrum_scale"][0]
        self.generator = SpectrumGenerator(config.dim, config.widths, mean, scale, config.project)
        rows = int(spec.statistics["rows"][0])
        self.codes = nn.Parameter(self.generator.project(torch.randn(rows, config.dim)))
        self._pending: tuple[dict[str, Tensor], Tensor] | None = None

    @classmethod
    def labels(cls, config: Config) -> tuple[str, ...]:
        return ()

    def prepare(self, train) -> None:
        """Let the codes start from principal components, if asked to."""
        if self.config.init == "pca":
            x = self.generator.to_model(train.batch(slice(None))["spectrum"])
            left = torch.linalg.svd(x - x.mean(0), full_matrices=False)[0][:, : self.config.dim]
            self.codes.data[:, : left.shape[1]] = left * len(x) ** 0.5
            self.codes.data = self.generator.project(self.codes.data)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Mean squared error in model units (1: the training spectra's variance); statistics wait for `after_step`."""
        if not self.training:
            return {"reconstruction": self._searched_loss(batch)}
        x, weight = self._target(batch)
        if len(x) == 1:  # has no batch statistics, so nothing to teach
            return {"reconstruction": 0 * self.generator.network[-1].bias.sum()}
        network = self.generator.network
        buffers = {name: value.clone() for name, value in network.named_buffers()}
        g = functional_call(network, buffers, (self.codes[batch["row"]],))
        self._pending = buffers, batch["row"]
        error = (g.float() - self.generator.to_model(x)).square()
        return {"reconstruction": ((weight * error).sum(1) / weight.sum(1).clamp(min=1)).mean()}

    @torch.no_grad()
    def after_step(self) -> None:
        """Take over the running statistics, and put the batch's codes back onto the sphere."""
        if self._pending is None:
            return
        (buffers, rows), self._pending = self._pending, None
        for name, value in self.generator.network.named_buffers():
            value.copy_(buffers[name])
        self.codes[rows] = self.generator.project(self.codes[rows])

    def parameter_groups(self, lr: float) -> list[dict]:
        network = {"params": list(self.generator.parameters()), "lr": lr}
        return [network, {"params": [self.codes], "lr": self.config.code_lr, "weight_decay": 0.0, "rows": True}]

    def encode(self, batch: Batch) -> Tensor:
        """Codes (B, D) of any spectra, from the same starts for each (see ``Config.latents``)."""
        z = self._solution(batch, self.config.search).z
        if self.config.latents == "search":
            return z
        trained = (batch["row"] >= 0)[:, None]
        return torch.where(trained, self.codes[batch["row"].clamp(min=0)], z)

    def _searched_loss(self, batch: Batch) -> Tensor:
        search = replace(self.config.search, steps=self.config.validation_steps, restarts=1)
        return (self._solution(batch, search).loss_measured / self.generator.scale**2).mean()

    def _solution(self, batch: Batch, search: Search) -> Solution:
        """Of the measured pixels; where a spectrum has none, of those filled in."""
        x, weight = self._target(batch)
        known = (weight > 0) | (weight == 0).all(dim=1, keepdim=True)
        return solve(self.generator, x, Identity(), known, search)

    def _target(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Spectra (B, L) and the weight, 1 or 0, of their pixels."""
        x = batch["spectrum"]
        known = torch.isfinite(x)
        if not self.config.use_filled:
            known &= batch["spectrum_mask"] == 0
        return torch.nan_to_num(x), known.float()
