"""explore(): the dashboard in a notebook cell."""

from collections.abc import Mapping
from inspect import signature

import numpy as np
import pandas as pd

from dashboard import notebook_assets, notebook_views
from dashboard.notebook_cell import HEIGHT, app_layout
from dashboard.notebook_own import temporary_home
from dashboard.notebook_session import Session
from dashboard.notebook_views import find_run, home_of
from dashboard.state import State
from photoz_core.errors import unknown
from photoz_core.home import Home


def explore(
    data: str | pd.DataFrame | None = None, latents: np.ndarray | Mapping[str, np.ndarray] | None = None, *, run=None,
    home=None, queue=None, train: bool = False, height: int = HEIGHT, **own,
) -> Session:  # fmt: skip
    """The dashboard in a notebook cell: of a dataset, or of a catalog and latents that the kernel holds.

    ``explore.map``, ``explore.mosaic``, ``explore.compare``, ``explore.photoz`` and ``explore.page`` show parts of it.

    Parameters
    ----------
    data : str or DataFrame, optional
        A dataset of the home, by default the first; or a catalog (N rows).
    latents : (N, D) array or tensor, or dict of these by name
        Of the catalog's objects, row-aligned. They are written once, to a folder that goes away with the kernel.
    run : str, optional
        Id or name of the run in front; by default the newest.
    home : Home, Path or str, optional
        Where datasets and runs live; `Home.default()` if not given.
    queue : photoz_core.jobs.JobQueue, optional
        Trains what the Train page asks for; without it, or `train` to start one here, the page only shows.
    height : int
        Of the app [px].
    own
        Of a catalog: `images`, `bands`, `projection`, `columns`, `name`; see `notebook_own.temporary_home`.

    Raises
    ------
    PhotozError
        For an unknown dataset or run, listing those there are; for arrays that do not fit the catalog.
    """
    notebook_assets.load()
    if latents is None and not own and isinstance(data, str | None):
        state = _state(home_of(home), data or "", run, queue, train)
    else:
        made = temporary_home(data, latents, **_known(own))
        state = made.shown_by(lambda temporary: _state(temporary, "", run, queue, train))
    return Session(state, lambda: app_layout(state, height))


def _known(options: dict) -> dict:
    """Options of a catalog, if each is one."""
    names = list(signature(temporary_home).parameters)[2:]
    for name in options:
        if name not in names:
            raise unknown("option", name, names)
    return options


def _state(home: Home, dataset: str, run, queue, train: bool) -> State:
    """The state of an app with this dataset and run in front, where they are given."""
    if dataset:
        home.dataset(dataset)  # an unknown one is told here
    if train and queue is None:
        from photoz_core.jobs import JobQueue

        queue = JobQueue(home)
    state = State(home, queue)
    if dataset:
        state.dataset = dataset
    if run is not None:
        state.open_run(find_run(home, run).id)
    return state


explore.map = notebook_views.map
explore.mosaic = notebook_views.mosaic
explore.compare = notebook_views.compare
explore.photoz = notebook_views.photoz
explore.page = notebook_views.page
