"""MoCo on galaxy images: contrastive learning without labels (He et al. 2020; PITA's self-supervised baseline)."""

from torch import Tensor, nn
from torch.nn import functional as F

from photoz_core.augment import AugmentConfig, central_view, random_view
from photoz_core.methods._momentum import ContrastConfig, MomentumContrast
from photoz_core.methods.base import Batch, DataSpec, Method
from photoz_core.nets.encoder import Encoder, EncoderConfig
from photoz_core.nets.mlp import mlp
from photoz_core.options import options


@options
class Config:
    """Encoder, views and dictionary of MoCo; defaults are the paper's."""

    encoder: EncoderConfig = EncoderConfig()
    augment: AugmentConfig = AugmentConfig(crop=64)
    contrast: ContrastConfig = ContrastConfig()


class Model(Method):
    """q = projector(encoder(view 1)), k = the momentum copy of both on view 2, loss = InfoNCE."""

    needs = ("image",)
    uses_unlabelled = True
    predicts = False

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.register_buffer("band_mad", spec.statistic("band_mad"))
        self.encoder = Encoder(config.encoder, len(spec.bands), self.band_mad)
        self.projector = mlp((self.encoder.width, config.contrast.hidden, config.contrast.dim))
        self.contrast = MomentumContrast(nn.Sequential(self.encoder, self.projector), config.contrast)

    @classmethod
    def labels(cls, config: Config) -> tuple[str, ...]:
        return ()

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """InfoNCE between two random views."""
        query_view, key_view = (random_view(batch["image"], self.band_mad, self.config.augment) for _ in range(2))
        q = F.normalize(self.projector(self.encoder(query_view)).float(), dim=1)
        return {"contrastive": self.contrast.loss(q, key_view)}

    def after_step(self) -> None:
        self.contrast.advance()

    def encode(self, batch: Batch) -> Tensor:
        return self.encoder(central_view(batch["image"], self.config.augment))
