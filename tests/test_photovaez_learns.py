"""A small PhotoVAEz learns redshifts and what a galaxy looks like; its untrained twin knows neither."""

import numpy as np
import pytest
import torch

from photoz_core.inference import infer
from photoz_core.methods.base import DataSpec
from photoz_core.methods.photovaez import Config, Model
from photoz_core.optimisation import FitConfig
from photoz_core.training import fit

BANDS, COUNT = ("u", "g", "r", "i"), 1500


class Galaxies:
    """Two families of galaxies whose colors turn with redshift, a tenth of them labelled; rows as `Rows` has them."""

    device = torch.device("cpu")

    def __init__(self, seed: int, labelled: float, count: int = COUNT):
        rng = np.random.default_rng(seed)
        z, blue = rng.uniform(0.1, 1.2, count), rng.random(count) < 0.5
        colors = [1.5 * z - 0.6 * blue, 0.6 + np.sin(3 * z) * 0.5 - 0.3 * blue, 0.8 * z**2]
        magnitude = 21 + rng.normal(0, 0.5, count) + np.cumsum([np.zeros(count), *(-c for c in colors)], axis=0)
        magnitude += rng.normal(0, 0.03, magnitude.shape)
        self.z = z
        self.columns = {
            "magnitude": torch.tensor(magnitude.T, dtype=torch.float32),
            "magnitude_error": torch.full((count, 4), 0.03),
            "covariate": torch.empty(count, 0),
            "label": torch.tensor(np.where(rng.random(count) < labelled, z, np.nan)[:, None], dtype=torch.float32),
        }

    @property
    def labelled(self):
        return torch.isfinite(self.columns["label"][:, 0])

    def __len__(self):
        return len(self.z)

    def batch(self, index):
        return {name: value[index] for name, value in self.columns.items()}

    def batches(self, size):
        for start in range(0, len(self), size):
            yield self.batch(slice(start, start + size))


class Nobody:
    """A recorder that keeps nothing."""

    def progress(self, **values): ...
    def append_history(self, row): ...
    def save_checkpoint(self, state): ...
    def load_checkpoint(self): ...


def untrained(train: Galaxies) -> Model:
    torch.manual_seed(0)
    config = Config(hidden=(64, 32), latent=3, auxiliary=3, inference_samples=32, evidence_samples=32, resample=0.0)
    magnitude, known = train.columns["magnitude"], train.labelled
    features = torch.cat([magnitude, magnitude[:, :-1] - magnitude[:, 1:]], 1)
    log_z = train.columns["label"][known, 0].log()
    statistics = {
        "feature_mean": features.mean(0).tolist(),
        "feature_std": features.std(0).tolist(),
        "log_label_mean": [log_z.mean().item()],
        "log_label_std": [log_z.std().item()],
        "label_max": [1.2],
        "label_share": [known.float().mean().item()],
    }
    return Model(config, DataSpec(BANDS, statistics=statistics))


@pytest.fixture(scope="module")
def models():
    """The untrained model and the trained one."""
    train = Galaxies(0, 0.1)
    control, model = untrained(train), untrained(train)
    config = FitConfig(epochs=30, batch_size=128, min_labelled=16, lr=3e-3, skip_factor=5, min_steps=600)
    fit(model, train, Galaxies(1, 0.1, 300), config, Nobody())
    return control.eval(), model.eval()


def test_its_redshifts_and_pdfs_are_right_and_the_untrained_ones_wrong(models):
    test = Galaxies(2, 1.0)
    error = {name: infer(model, test) for name, model in zip(("control", "trained"), models, strict=True)}
    off = {name: np.median(np.abs(found.pdfs.quantile(0.5)[:, 0] - test.z)) for name, found in error.items()}
    assert off["trained"] < 0.04 < 0.15 < off["control"]
    pit = error["trained"].pdfs.cdf(test.z)
    assert 0.5 < np.mean((pit > 0.16) & (pit < 0.84)) < 0.85


def share_above(odd: torch.Tensor, usual: torch.Tensor) -> float:
    """Share of pairs that a score ranks rightly: the area under its ROC curve."""
    return (odd[:, None] > usual).float().mean().item()


def test_artefacts_and_stars_are_less_likely_than_galaxies(models):
    rng, test = np.random.default_rng(3), Galaxies(2, 1.0, 400)
    batch = test.batch(slice(None))
    artefact, star = batch["magnitude"].clone(), batch["magnitude"].clone()
    artefact[torch.arange(400), torch.from_numpy(rng.integers(0, 4, 400))] += 0.5
    star[:, 1] = star[:, 0] - 1.0 + 0.05 * torch.randn(400)  # within the range of the galaxies' magnitudes,
    star[:, 2] = star[:, 1] - 1.2 + 0.05 * torch.randn(400)  # along another line of colors
    for odd in (artefact, star):
        score = [
            share_above(model.scores(batch | {"magnitude": odd})["anomaly"], model.scores(batch)["anomaly"])
            for model in models
        ]
        assert score[0] < 0.9 < 0.95 < score[1]


def test_with_anothers_redshift_a_galaxy_is_less_likely(models):
    batch = Galaxies(2, 1.0, 400).batch(slice(None))
    own = batch["label"][:, 0].log()
    other = own[torch.from_numpy(np.random.default_rng(3).permutation(400))]
    for model, low, high in ((models[0], 0.3, 0.7), (models[1], 0.8, 1.0)):
        usual, odd = (-model.log_joint(model.features(batch), log_z[:, None])[:, 0] for log_z in (own, other))
        assert low <= share_above(odd, usual) <= high


def test_both_latent_spaces_tell_the_families_apart_better_than_the_untrained(models):
    from sklearn.linear_model import LogisticRegression

    test = Galaxies(2, 1.0)
    blue = np.random.default_rng(2)
    blue.uniform(0.1, 1.2, COUNT)
    blue = blue.random(COUNT) < 0.5
    for space in ("", "b"):
        score = [
            LogisticRegression().fit(latents[:1000], blue[:1000]).score(latents[1000:], blue[1000:])
            for latents in (infer(model, test).latents[space] for model in models)
        ]
        assert score[1] > 0.7
