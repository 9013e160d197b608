"""Finished runs written by hand: as a training leaves them, with the redshifts a test wants."""

import numpy as np
import pandas as pd

from photoz_core.dataset import Dataset
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.judging import judge
from photoz_core.pdfs import Pdfs, summary
from photoz_core.pipeline import project
from photoz_core.recipe import load_recipe
from photoz_core.run import Run


def made_run(home: Home, recipe: str, z_phot: np.ndarray | None, pdfs: Pdfs | None = None, **changes) -> Run:
    """A done run of `recipe` with random latents, these predictions (N,) or none, its PDFs (N, G) and its PCA map."""
    run = Run.create(home, load_recipe(recipe, home, **changes))
    data = Dataset(home.dataset(run.recipe.dataset))
    table = pd.DataFrame({"object_id": data.object_id})
    if z_phot is not None:
        table["z_phot"] = z_phot
    if pdfs is not None:
        pdfs.save(run.folder / "pdf.hdf5", data.object_id)
        table = table.assign(**summary(pdfs), pit=pdfs.cdf(data.column("z_spec")), anomaly=-np.log(pdfs.density.max(1)))
    latents = np.random.default_rng(0).normal(size=(len(data), 4)).astype("f4")
    visible = data.visible_labels(run.recipe.label_fraction, run.recipe.seed)
    run.save_array("latents", latents)
    table.to_parquet(run.folder / "predictions.parquet")
    write_json(run.folder / "metrics.json", judge(data, latents, table, visible, pdfs))
    project(run, "pca")
    run.progress(epoch=1, epochs=1, done=1, total=1)
    run.finish({"objects": len(data), "labels": int((visible & (data.split == "train")).sum())})
    return run


def gaussian_pdfs(mean: np.ndarray, sigma: np.ndarray, top: float = 4.0, bins: int = 200) -> Pdfs:
    """Gaussians (N,) about `mean` of width `sigma` (N,), cut at redshift 0 and `top`."""
    from scipy.stats import norm

    edges = np.linspace(0, top, bins + 1)
    return Pdfs.from_cdf(edges, norm.cdf(edges, np.asarray(mean)[:, None], np.asarray(sigma)[:, None]))
