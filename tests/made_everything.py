"""A home with a dataset for each page, runs in every state and reviews: to look at all there is to see."""

import numpy as np
import pandas as pd
from made_classes import add_class_run, made_classes
from made_homes import add_lens_run, add_run, made_home, made_lenses
from made_reviews import session, write_something
from made_spectra import add_glo_run, made_spectra

from photoz_core.home import Home
from photoz_core.recipe import Recipe
from photoz_core.review import ReviewStore
from photoz_core.run import Run

PAGES = {
    "made": ("Explore", "Compare", "Similar", "Sky", "Photo-z", "Train", "Review"),
    "lenses": ("Lenses",),
    "spectra-mock": ("Spectra",),
    "sgq": ("Classes",),
}
MARKS = {  # what only this page says
    "Explore": "save…", "Compare": "Add a run", "Similar": "Most like", "Photo-z": "LSST asks", "Review": "Activity",
    "Train": "Label efficiency", "Lenses": "neighbours and probes see", "Spectra": "Error over up to",
    "Classes": "Few labels", "Help": "Brier score", "Sky": "without a position",
}  # fmt: skip


def made_everything(path) -> Home:
    """The home; of its runs on ``made`` two are done, one failed and one was cancelled."""
    home, rng, count = made_home(path, count=120), np.random.default_rng(0), 120
    catalog = home.dataset("made") / "catalog.parquet"
    ra, dec = 150 + rng.uniform(-0.3, 0.3, count), 2 + rng.uniform(-0.3, 0.3, count)
    ra[0] = np.nan
    pd.read_parquet(catalog).assign(ra=ra, dec=dec).to_parquet(catalog)
    for seed in range(2):
        add_run(home, seed)
    failed, cancelled = (Run.create(home, Recipe("mlp", "photometry_mlp", "made", title=name)) for name in ("a", "b"))
    failed.set_state("failed", "the loss became NaN")
    cancelled.cancel()
    made_lenses(home.path, count=40)
    add_lens_run(home, "simsiam")
    made_spectra(home.path, count=30)
    add_glo_run(home)
    made_classes(home.path, count=60)
    add_class_run(home)
    return home


def with_reviews(home: Home) -> ReviewStore:
    """A store with one entry of each kind on ``made``."""
    store = ReviewStore.open(None, home)
    state = session(home, store)
    write_something(state)
    state.desk.close()
    return store
