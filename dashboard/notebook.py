"""explore(): the dashboard in a notebook cell."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard import notebook_assets, notebook_views
from dashboard.notebook_cell import HEIGHT, app_layout
from dashboard.notebook_own import temporary_home
from dashboard.notebook_session import Session
from dashboard.notebook_views import find_run, home_of
from dashboard.state import State


def explore(
    data: str | pd.DataFrame | None = None,
    latents: np.ndarray | Mapping[str, np.ndarray] | None = None,
    *,
    run=None,
    home=None,
    queue=None,
    train: bool = False,
    height: int = HEIGHT,
    images: np.ndarray | None = None,
    bands: Sequence[str] | None = None,
    projection: np.ndarray | None = None,
    columns: Mapping[str, str] | None = None,
    name: str = "own",
) -> Session:
    """The dashboard in a notebook cell: of a dataset, or of a catalog and latents that the kernel holds.

    ``explore.map``, ``explore.mosaic``, ``explore.compare``, ``explore.photoz`` and ``explore.page`` show parts of it.

    Parameters
    ----------
    data : str or DataFrame, optional
        A dataset of the home, by default the first; or a catalog (N rows).
    latents : (N, D) array or tensor, or dict of these by name
        Of the catalog's objects, row-aligned.
    run : str, optional
        Id or name of the run in front; by default the newest.
    home : Home, Path or str, optional
        Where datasets and runs live; `Home.default()` if not given.
    queue : photoz_core.jobs.JobQueue, optional
        Trains what the Train page asks for; without it the page only shows.
    train : bool
        Whether to start a queue on this machine.
    height : int
        Of the app [px].
    images, bands, projection, columns, name
        Of a catalog of your own, see `dashboard.notebook_own.temporary_home`: cutouts (N, bands, H, W), their bands,
        a map (N, 2) in place of PCA and UMAP, what the columns are, what the dataset is called. Arrays are written to
        a temporary folder, one copy each, that goes away with the kernel.

    Returns
    -------
    Session
        `ids`, `selection` and `selection_table` are what is selected, `select(ids)` selects.

    Raises
    ------
    PhotozError
        For an unknown dataset or run, listing those there are; for arrays that do not fit the catalog.

    Examples
    --------
    >>> app = explore("candels-mock")  # doctest: +SKIP
    """
    notebook_assets.load()
    own = None
    if isinstance(data, pd.DataFrame) or latents is not None or not isinstance(data, str | None):
        own = temporary_home(data, latents, images, bands, projection, columns, name)
    home = own.home if own else home_of(home)
    if isinstance(data, str):
        home.dataset(data)  # an unknown one is told here
    if train and queue is None:
        from photoz_core.jobs import JobQueue

        queue = JobQueue(home)
    state = State(home, queue)
    if own:
        own.keep_for(state)
    elif data:
        state.dataset = data
    if run is not None:
        state.open_run(find_run(home, run).id)
    return Session(state, lambda: app_layout(state, height))


explore.map = notebook_views.map
explore.mosaic = notebook_views.mosaic
explore.compare = notebook_views.compare
explore.photoz = notebook_views.photoz
explore.page = notebook_views.page
