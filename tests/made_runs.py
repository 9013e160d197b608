"""Finished runs written by hand: as a training leaves them, with the redshifts a test wants."""

import numpy as np
import pandas as pd

from photoz_core.dataset import Dataset
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.pipeline import judge, project
from photoz_core.recipe import load_recipe
from photoz_core.run import Run


def made_run(home: Home, recipe: str, z_phot: np.ndarray | None, **changes) -> Run:
    """A done run of `recipe` with random latents, these predictions (N,) or none, and its PCA map."""
    run = Run.create(home, load_recipe(recipe, home, **changes))
    data = Dataset(home.dataset(run.recipe.dataset))
    table = pd.DataFrame({"object_id": data.object_id})
    if z_phot is not None:
        table["z_phot"] = z_phot
    latents = np.random.default_rng(0).normal(size=(len(data), 4)).astype("f4")
    visible = data.visible_labels(run.recipe.label_fraction, run.recipe.seed)
    run.save_array("latents", latents)
    table.to_parquet(run.folder / "predictions.parquet")
    write_json(run.folder / "metrics.json", judge(data, latents, table, visible))
    project(run, "pca")
    run.progress(epoch=1, epochs=1, done=1, total=1)
    run.finish({"objects": len(data), "labels": int((visible & (data.split == "train")).sum())})
    return run
