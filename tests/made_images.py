"""Datasets of round and elongated Gaussians in any bands, pixels and units, for tests of images."""

import numpy as np
import pandas as pd

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset

SIDE, SCALE = 32, 0.05  # pixels, arcsec


def dataset(home, name, images, bands=("F814W",), scale=SCALE, unit="", sound=True):
    """A dataset of these images; an unsound one is written past the writer's own check."""
    meta = Meta(name, bands=list(bands), label="theta", pixel_scale=scale)
    with new_dataset(home.new_dataset(name), meta) as writer:
        writer.add_array("image", images if sound else np.ones_like(images), unit)
        writer.finish(pd.DataFrame({"object_id": [f"{name}{i:02d}" for i in range(len(images))], "theta": 1.0}))
    if not sound:
        np.save(home.dataset(name) / "image.npy", images)
    return Dataset(home.dataset(name))


def gaussians(count, side=SIDE, scale=SCALE, fwhm=0.4, seed=0):
    """Elliptical Gaussians (count, 1, side, side) with a maximum of 1, at angles of their own; fwhm and scale in ″."""
    rng = np.random.default_rng(seed)
    angle, ratio = rng.uniform(0, np.pi, (count, 1, 1)), rng.uniform(0.4, 1, (count, 1, 1))
    y, x = (np.mgrid[:side, :side] - (side - 1) / 2) * scale
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    image = np.exp(-4 * np.log(2) * (u**2 + (v / ratio) ** 2) / fwhm**2) + 0.002 * rng.random((count, side, side))
    return (image / image.max((1, 2), keepdims=True))[:, None].astype("f4")
