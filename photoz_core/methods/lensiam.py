"""LenSiam: SimSiam whose two views are two images of the same lens (Chang et al. 2023, arXiv 2311.10100)."""

from torch import Tensor

from photoz_core.methods._siamese import SiameseConfig, SiameseMethod
from photoz_core.methods.base import Batch, DataSpec
from photoz_core.nets.encoder import EncoderConfig
from photoz_core.options import options


@options
class Config:
    """Encoder and heads of LenSiam."""

    encoder: EncoderConfig = EncoderConfig(name="resnet101", features=0)
    siamese: SiameseConfig = SiameseConfig(heads="lensiam")


class Model(SiameseMethod):
    """x1, x2 = ``image`` and ``pair``: one lens model, another source, lens light, PSF and noise.

    Nothing else is done to them: crops, zooms and flips change θ_E, e1, e2, the centre and the shear.
    """

    needs = ("image", "pair")

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, config.encoder, config.siamese, spec)

    def views(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return batch["image"], batch["pair"]
