"""The classical baseline: a random forest on the photometry MLP's inputs."""

import numpy as np
import torch
from torch import Tensor

from photoz_core.losses import masked_mse
from photoz_core.methods._photometry import Features
from photoz_core.methods.base import Batch, DataSpec, Method, finite_rows
from photoz_core.options import Positive, options

TREE = ("feature", "threshold", "left", "right", "value")


@options
class Config:
    """scikit-learn's RandomForestRegressor, else at its defaults.

    Parameters
    ----------
    trees : int
        Trees grown; their mean is the answer.
    min_samples_leaf : int
        Training objects in a leaf, at least.
    """

    trees: Positive = 500
    min_samples_leaf: Positive = 5


class Model(Method):
    """A forest grown by scikit-learn, kept as tensors: its weights are safetensors like any method's, no pickle."""

    needs = ("magnitude", "label")
    trained_whole = True

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.features = Features(spec)
        self.depth = 0
        for name in TREE:
            self.register_buffer(name, torch.zeros(0, 0))

    def fit_whole(self, batch: Batch) -> None:
        from sklearn.ensemble import RandomForestRegressor

        known = finite_rows(batch["label"]).cpu().numpy()
        x = self.features(batch["magnitude"]).cpu().numpy()[known]
        config = self.config
        forest = RandomForestRegressor(
            config.trees,
            min_samples_leaf=config.min_samples_leaf,
            random_state=torch.initial_seed() % 2**32,  # the run's seed
            n_jobs=-1,
        ).fit(x, batch["label"].cpu().numpy()[known, 0])
        self._set_trees([estimator.tree_ for estimator in forest.estimators_])

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Squared error of the grown forest; it has no gradient."""
        return {"redshift": masked_mse(self.predict(batch), batch["label"])}

    def encode(self, batch: Batch) -> Tensor:
        """Its inputs (B, 2C): a forest has no latents of its own."""
        return self.features(batch["magnitude"])

    def predict(self, batch: Batch) -> Tensor:
        """Mean over trees of the leaf each object falls into, all objects and trees at once."""
        x = self.features(batch["magnitude"])
        tree = torch.arange(len(self.feature), device=x.device)
        node = torch.zeros(len(x), len(tree), dtype=torch.long, device=x.device)
        for _ in range(int(self.depth)):
            goes_left = x.gather(1, self.feature[tree, node].clamp(min=0).long()) <= self.threshold[tree, node]
            child = torch.where(goes_left, self.left[tree, node], self.right[tree, node]).long()
            node = torch.where(child < 0, node, child)
        return self.value[tree, node].mean(dim=1, keepdim=True)

    def _set_trees(self, trees: list) -> None:
        size = max(tree.node_count for tree in trees)
        sources = ("feature", "threshold", "children_left", "children_right", "value")
        for name, source in zip(TREE, sources, strict=True):
            table = np.full((len(trees), size), -1.0, dtype=np.float32)
            for row, tree in zip(table, trees, strict=True):
                row[: tree.node_count] = _float32_below(getattr(tree, source).reshape(tree.node_count, -1)[:, 0])
            setattr(self, name, torch.from_numpy(table))
        self.depth = max(tree.max_depth for tree in trees)

    def get_extra_state(self) -> Tensor:
        return torch.tensor(self.depth)

    def set_extra_state(self, state: Tensor) -> None:
        self.depth = int(state)

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        for name in TREE:  # buffers take the size of the grown forest
            setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *args)


def _float32_below(values: np.ndarray) -> np.ndarray:
    """The largest float32 not above each value: a threshold rounded up could send its right neighbour to the left."""
    rounded = values.astype(np.float32)
    return np.where(rounded > values, np.nextafter(rounded, np.float32(-np.inf)), rounded)
