"""SimSiam on galaxy or lens images: two default augmentations of one image (Chen & He 2021; LenSiam's baseline)."""

from torch import Tensor

from photoz_core.augment_default import DefaultAugmentConfig, default_view
from photoz_core.methods._siamese import SiameseConfig, SiameseMethod
from photoz_core.methods.base import Batch, DataSpec
from photoz_core.nets.encoder import EncoderConfig
from photoz_core.options import options


@options
class Config:
    """Encoder, heads and views of SimSiam."""

    encoder: EncoderConfig = EncoderConfig(name="resnet101", features=0)
    siamese: SiameseConfig = SiameseConfig()
    views: DefaultAugmentConfig = DefaultAugmentConfig()


class Model(SiameseMethod):
    """x1, x2 = two random views of the same image."""

    needs = ("image",)

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, config.encoder, config.siamese, spec)

    def views(self, batch: Batch) -> tuple[Tensor, Tensor]:
        image = self.encoder.resized(batch["image"])
        return default_view(image, self.config.views), default_view(image, self.config.views)
