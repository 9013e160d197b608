"""A home with labelled pictures and classifications that nobody trained, for tests of the Classes page."""

import numpy as np
import pandas as pd

from photoz_core.columns import Column, photometry_columns
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.metrics.classification import classification_metrics
from photoz_core.recipe import Recipe
from photoz_core.run import Run

BANDS = ["r", "z"]
NAMES = ("galaxy", "quasar", "star")
STARTS = {  # options of the paper's five schemes and of the control
    "scratch": ("scratch", False, ""),
    "features, untrained": ("scratch", True, ""),
    "features, ImageNet": ("imagenet", True, ""),
    "features, magnitudes": ("parent", True, "magnitudes_splus"),
    "fine-tune, ImageNet": ("imagenet", False, ""),
    "fine-tune, magnitudes": ("parent", False, "magnitudes_splus"),
}


def made_classes(path, count: int = 120, names=NAMES, unknown: float = 0.1, name: str = "sgq", published="") -> Home:
    """A home with `count` pictures of 12 × 12 pixels, round spots as wide as the number of their class.

    Parameters
    ----------
    names : tuple of str
        The classes.
    unknown : float
        Share of the objects whose class is unknown.
    published : str
        The paper's set that this one is said to be.
    """
    home, rng = Home(path), np.random.default_rng(count)
    code = np.arange(count) % len(names)
    catalog = pd.DataFrame({"object_id": [f"c{i:04d}" for i in range(count)]})
    for i, band in enumerate(BANDS):
        catalog[f"mag_{band}"], catalog[f"mag_err_{band}"] = rng.normal(18 + 0.3 * i * code, 1, count), 0.05
    catalog["color_r_z"] = catalog["mag_r"] - catalog["mag_z"]
    catalog["class"] = np.where(rng.random(count) < unknown, "", np.array(names)[code])
    y, x = np.mgrid[:12, :12] - 5.5
    width = 1 + code[:, None, None, None] % 5
    image = np.exp(-(x**2 + y**2) / width**2) * np.array([0.4, 0.6, 0.9])[:, None, None]
    image = image + rng.uniform(0, 0.08, (count, 3, 12, 12))
    columns = photometry_columns(BANDS) | {"class": Column("class", kind="category")}
    provenance = {"published": published} if published else {}
    meta = Meta(name, bands=["B", "G", "R"], label="class", columns=columns, provenance=provenance)
    with new_dataset(home.new_dataset(name), meta) as writer:
        writer.add_array("image", image.astype("f2"), "")
        writer.finish(catalog)
    return home


def add_class_run(
    home: Home, scheme: str = "scratch", seed: int = 0, labels: int = 0, right: float = 0.8, name: str = "sgq",
    names=NAMES, **recipe,
) -> Run:  # fmt: skip
    """A done run of a scheme that is right for a share of about `right`; `labels` 0 are all there are."""
    run = Run.create(home, class_recipe(scheme, name, seed=seed, **recipe))
    data, rng = Dataset(home.dataset(name)), np.random.default_rng([seed, labels, round(1000 * right)])
    count, true = len(data), data.column("class")
    said = np.where((rng.random(count) < right) & (true != ""), true, rng.choice(names, count))
    chances = rng.dirichlet(np.ones(len(names)), count)
    best = chances.argmax(1)
    wanted = np.array([names.index(one) for one in said], int)
    everyone = np.arange(count)
    chances[everyone, best], chances[everyone, wanted] = chances[everyone, wanted], chances[everyone, best]
    table = pd.DataFrame({"object_id": data.object_id, "class_pred": said})
    table = table.assign(**{f"p_{one}": chances[:, i] for i, one in enumerate(names)})
    table.to_parquet(run.folder / "predictions.parquet")
    latents = rng.normal(size=(count, 4)).astype("f4")
    latents[:, 0] += 4 * wanted
    run.save_array("latents", latents)
    run.save_array("projections/pca", np.ascontiguousarray(latents[:, :2]))
    counts = {part: int((data.split == part).sum()) for part in ("train", "test")}
    counts["labels"] = labels or int((data.is_labelled() & (data.split == "train")).sum())
    judged = {"classes": list(names)}
    for split in ("valid", "test"):
        mine = data.split == split
        judged[split] = classification_metrics(true[mine], said[mine], tuple(names))
    write_json(run.folder / "metrics.json", {"counts": counts, "classification": judged})
    run.finish({"objects": count})
    return run


def class_recipe(scheme: str, name: str = "sgq", **changes) -> Recipe:
    """The recipe of a scheme of `STARTS`."""
    start, frozen, parent = STARTS[scheme]
    options = {"task": "classification", "targets": ["class"], "start": start, "frozen": frozen}
    return Recipe(
        scheme.replace(", ", "_"), "supervised", name, title=scheme, options=options, parent=parent, **changes
    )
