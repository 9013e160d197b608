"""The traditional baseline: redshift from colors and a magnitude (the photometry-MLP of arXiv 2602.10207)."""

from torch import Tensor, nn

from photoz_core.losses import masked_huber
from photoz_core.methods._photometry import Features
from photoz_core.methods.base import Batch, DataSpec, Method, start_at_mean
from photoz_core.nets.mlp import HEADS, mlp
from photoz_core.options import PositiveFloat, options


@options
class Config:
    """Options of the photometry MLP.

    Parameters
    ----------
    hidden : tuple of int
        Hidden sizes; the paper's are unpublished, these are those of its redshift head.
    delta : float
        Where the Huber loss turns linear, in raw redshift.
    """

    hidden: tuple[int, ...] = HEADS["code"]
    delta: PositiveFloat = 0.15


class Model(Method):
    """Standardised colors and reddest magnitude → MLP → z; the last hidden layer gives the latents."""

    needs = ("magnitude", "label")

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.features = Features(spec)
        sizes = (self.features.width, *config.hidden)
        self.trunk = nn.Sequential(mlp(sizes), nn.ReLU())
        self.head = mlp((sizes[-1], 1))
        start_at_mean(self.head[-1], spec)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Huber loss in raw redshift over labelled objects."""
        return {"redshift": masked_huber(self.predict(batch), batch["label"], self.config.delta)}

    def encode(self, batch: Batch) -> Tensor:
        return self.trunk(self.features(batch["magnitude"]))

    def predict(self, batch: Batch) -> Tensor:
        return self.head(self.encode(batch))
