"""SimSiam's heads, its loss and the watch for its collapse (Chen & He 2021, arXiv 2011.10566)."""

import itertools
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from photoz_core.errors import PhotozError
from photoz_core.methods.base import Batch, DataSpec, Method
from photoz_core.nets.encoder import Encoder, EncoderConfig
from photoz_core.options import NonNegative, Positive, PositiveFloat, options

MEMORY = 0.05  # weight of a step in the running spread
LOOK = 100  # steps between two looks at it: each waits for the device


@options
class SiameseConfig:
    """Heads and watch of a siamese training.

    Parameters
    ----------
    heads : {"simsiam", "lensiam"}
        ``simsiam``: no bias before a batch normalisation, the projector's last one without scale and shift, as the
        official code has them. ``lensiam``: with all of these, as LenSiam's code has them.
    projector : int
        Width of the projector's three layers.
    predictor : int
        Width of the predictor's hidden layer.
    constant_predictor : bool
        The predictor keeps its learning rate, whatever the schedule.
    predictor_lr : float
        Its learning rate as a multiple of the network's; a faster one stays near its optimum (Grill et al. 2020, table
        21) and keeps what the views share but faintly.
    collapse : float
        Spread of the projections below which the training is stopped; 1 is healthy, 0 never stops.
    """

    heads: Literal["simsiam", "lensiam"] = "simsiam"
    projector: Positive = 2048
    predictor: Positive = 512
    constant_predictor: bool = True
    predictor_lr: PositiveFloat = 1.0
    collapse: NonNegative = 0.1


class SiameseMethod(Method):
    """f = projector(encoder), h = predictor: L = D(h(f(x1)), sg f(x2)) / 2 + D(h(f(x2)), sg f(x1)) / 2.

    Notes
    -----
    Latents are the backbone's pooled features, as LenSiam's are: MLP_encoder stays outside, untrained, and is kept for
    a labelled training that starts from this one. Images are not repeated to three channels, as LenSiam's code does for
    its ImageNet-shaped backbone: on equal channels a first layer is one of summed weights.
    """

    uses_unlabelled = True
    predicts = False

    def __init__(self, config, encoder: EncoderConfig, siamese: SiameseConfig, spec: DataSpec):
        super().__init__(config, spec)
        self.siamese = siamese
        self.encoder = Encoder(encoder, len(spec.bands), spec.statistic("band_mad"))
        width = self.encoder.features
        if encoder.hidden:
            self.encoder.head = _Resting(*self.encoder.head).requires_grad_(False)
        self.projector, self.predictor = make_projector(width, siamese), make_predictor(siamese)
        self.register_buffer("spread", torch.ones(()))
        self.steps = 0
        self._pending: tuple[dict[str, Tensor], Tensor] | None = None

    @classmethod
    def labels(cls, config) -> tuple[str, ...]:
        return ()

    def views(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Two images (B, C, H, W) of each object."""
        raise NotImplementedError

    def forward(self, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """p1, p2, z1, z2 (B, projector); each view is normalised by its own batch statistics."""
        z1, z2 = self.projector(self.encoder(x1)), self.projector(self.encoder(x2))
        return self.predictor(z1), self.predictor(z2), z1, z2

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """The symmetrised loss, from −1 to 1; running statistics wait for `after_step`."""
        x1, x2 = self.views(batch)
        if not self.training:
            return {"similarity": symmetrised(*self(x1, x2))}
        if len(x1) == 1:  # has no batch statistics, so nothing to teach
            return {"similarity": 0 * self.predictor[-1].bias.sum()}
        buffers = {name: value.clone() for name, value in self.named_buffers()}
        p1, p2, z1, z2 = functional_call(self, buffers, (x1, x2))
        self._pending = buffers, spread(z1.detach())
        return {"similarity": symmetrised(p1, p2, z1, z2)}

    @torch.no_grad()
    def after_step(self) -> None:
        """Take over the running statistics, and look whether the network has collapsed.

        Raises
        ------
        PhotozError
            If the projections of different objects have become the same.
        """
        if self._pending is not None:
            (buffers, now), self._pending = self._pending, None
            for name, value in self.named_buffers():
                value.copy_(buffers[name])
            self.spread.lerp_(now, MEMORY)
        self.steps += 1
        if self.steps % LOOK == 0 and self.spread < self.siamese.collapse:
            raise PhotozError(
                f"{type(self).__module__.rpartition('.')[2]}: the network has collapsed: it gives all objects nearly "
                f"the same projection (spread {self.spread:.2g}, healthy is 1); lower fit.lr, raise fit.batch_size, "
                "or leave options.siamese.constant_predictor = true"
            )

    def parameter_groups(self, lr: float) -> list[dict]:
        network = [*self.encoder.backbone.parameters(), *self.projector.parameters()]
        predictor = {"params": list(self.predictor.parameters()), "lr": lr * self.siamese.predictor_lr}
        return [{"params": network, "lr": lr}, predictor | {"constant": self.siamese.constant_predictor}]

    def encode(self, batch: Batch) -> Tensor:
        return self.encoder(batch["image"])


class _Resting(nn.Sequential):
    """Layers that keep their places in the saved weights and let everything through."""

    def forward(self, features: Tensor) -> Tensor:
        return features


def negative_cosine(p: Tensor, z: Tensor) -> Tensor:
    """D(p, sg z) = −cos(p, z), mean over the batch (Chen & He 2021, eq. 1); no gradient goes through z.

    Parameters
    ----------
    p, z : (B, D)
    """
    with torch.autocast(p.device.type, enabled=False):
        return -F.cosine_similarity(p.float(), z.detach().float(), dim=1).mean()


def symmetrised(p1: Tensor, p2: Tensor, z1: Tensor, z2: Tensor) -> Tensor:
    """L = D(p1, sg z2) / 2 + D(p2, sg z1) / 2 (Chen & He 2021, eq. 4), of (B, D) each."""
    return 0.5 * negative_cosine(p1, z2) + 0.5 * negative_cosine(p2, z1)


def spread(z: Tensor) -> Tensor:
    """√D × the standard deviation over the batch of z / |z|, mean over dimensions: 1 isotropic, 0 collapsed.

    Parameters
    ----------
    z : (B, D)

    Notes
    -----
    Chen & He 2021, section 4.1, whose figure 2 shows 1/√D. A batch normalisation without scale and shift at the end of
    the projector slows its fall, for no dimension can then shrink alone: a high spread does not prove that all is well.
    """
    return F.normalize(z.float(), dim=1).std(dim=0).mean() * z.shape[1] ** 0.5


def make_projector(width: int, config: SiameseConfig) -> nn.Sequential:
    """Three layers from `width` features, each with batch normalisation, ReLU between them."""
    official, layers = config.heads == "simsiam", []
    for fan_in, fan_out in itertools.pairwise((width, *[config.projector] * 3)):
        layers += [nn.Linear(fan_in, fan_out, bias=not official), nn.BatchNorm1d(fan_out), nn.ReLU(inplace=True)]
    layers[-2:] = [nn.BatchNorm1d(config.projector, affine=not official)]
    return nn.Sequential(*layers)


def make_predictor(config: SiameseConfig) -> nn.Sequential:
    """Two layers with a narrow one between them: projector → predictor, batch normalisation, ReLU → projector."""
    wide, narrow = config.projector, config.predictor
    first = nn.Linear(wide, narrow, bias=config.heads == "lensiam")
    return nn.Sequential(first, nn.BatchNorm1d(narrow), nn.ReLU(inplace=True), nn.Linear(narrow, wide))
