"""State: a session's choices and what follows from them. Knows nothing of Panel."""

from collections import Counter
from functools import cached_property

import numpy as np
import pandas as pd
import param

from dashboard import cache, defaults, review_columns
from dashboard.access import LOCAL, SealedQueue, User
from dashboard.defaults import DENSITY, FAVOURITE_MAP, first_map, first_of, named, named_maps, offering, suggest_columns
from dashboard.morton import ZOrder
from dashboard.review_desk import Desk
from photoz_core.columns import Column, own_column, predicted
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError, unknown
from photoz_core.home import Home
from photoz_core.run import Run

RGB = "RGB"
PREDICTION = "_pred"  # what a run adds to the name of a label that it predicts
NO_ROWS = np.zeros(0, int)


class State(param.Parameterized):
    """A session's choices, and the tables derived from them by one watcher.

    Parameters
    ----------
    home : Home
        Where datasets and runs live.
    queue : JobQueue or None
        Trains runs; None for a dashboard that only looks.
    user : User
        Who looks; one that may not train gets a sealed queue.
    reviews : ReviewStore or None
    """

    # --- choices ----------------------------------------------------------------------------------------------------
    dataset = param.Selector(default="", objects=[""], doc="Name of the dataset.")
    run = param.Selector(default="", objects=[""], doc="Id of a finished run of the dataset; empty for none.")
    projection = param.Selector(default="", objects=[""], doc="Name of the run's map.")
    columns = param.List(default=[], item_type=str, doc="Columns that color the maps.")
    colormap = param.Selector(default="auto", objects=list(defaults.COLORMAPS), doc="auto: as the column suggests.")
    clip = param.Range(default=(1, 99), bounds=(0, 100), doc="Percentiles of the whole column that limit the colors.")
    view = param.Parameter(default=None, doc="(x0, x1, y0, y1) in view; None for the whole map.")
    selection = param.Array(default=np.array([], str), doc="Selected object ids, in the order of the rows.")
    focus = param.String(default="", doc="Object id of the object card.")
    drag = param.Selector(default="box", objects=list(defaults.DRAGS), doc="What dragging on a map does.")
    band = param.Selector(default=RGB, objects=[RGB], doc="What the cutouts show: RGB or one band.")
    pick = param.Selector(default="sample", objects=list(defaults.PICKS), doc="Which object stands for a cell.")
    grid = param.Selector(default=0, objects=defaults.GRIDS, doc="Cells per side of the mosaic; 0 by its size.")
    page = param.Selector(default="Explore", objects=["Explore"], doc="Title of the page in front.")
    revision = param.Integer(default=0, doc="Grows when a dataset, run or projection appears or changes.")
    # --- derived ----------------------------------------------------------------------------------------------------
    data = param.ClassSelector(class_=Dataset, default=None, constant=True, doc="The dataset; None if there is none.")
    current = param.ClassSelector(class_=Run, default=None, constant=True, doc="The run; None if there is none.")
    positions = param.Array(default=None, constant=True, doc="(N, 2) float32 of the projection; None without a run.")
    table = param.DataFrame(default=None, constant=True, doc="Catalog and predictions, one row per object.")
    selected = param.Array(default=np.zeros(0, bool), constant=True, doc="(N,) bool.")
    focus_row = param.Integer(default=-1, constant=True, doc="Row of `focus`; −1 for none.")
    neighbours = param.Array(default=NO_ROWS, constant=True, doc="Rows nearest to the focus in latent space.")
    problem = param.String(default="", constant=True, doc="Why nothing could be loaded.")
    jobs = param.Dict(default={}, constant=True, doc="Number of runs of all datasets by state.")
    reviewed = param.Integer(default=0, constant=True, doc="Grows when somebody reviews the dataset.")

    def __init__(self, home: Home, queue=None, user: User = LOCAL, reviews=None, **choices):
        super().__init__()
        self.home, self.user, self.reviews = home, user, reviews
        self.queue = queue if queue is None or user.may("train") else SealedQueue(queue, user)
        self._token = self._resolved = None  # of the last refresh; the choices of the last derivation
        self._wanted = FAVOURITE_MAP
        self._suggested: list[str] = []
        self._selection = self.selection
        self.parts: dict = {}  # choices of the pages, see dashboard.parts
        self.refresh()
        self.param.update(**choices)

    # --- what a page asks for ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look for new datasets, runs and projections; costs a folder listing when nothing is new."""
        token = cache.signature(self.home)
        if token != self._token:
            self._token = token
            self.revision += 1

    @cached_property
    def desk(self) -> Desk:
        """Where the session reads and writes reviews."""
        return Desk(self)

    @property
    def run_id(self) -> str:
        return self.current.id if self.current else ""

    @property
    def order(self) -> ZOrder:
        """The positions along the Z-curve."""
        return cache.z_order(self.current, self.projection)

    def open_run(self, run_id: str) -> None:
        """Bring a done run, of whatever dataset, to the Explore page; a `PhotozError` if it is not done."""
        run = Run(self.home.run(run_id))
        if run.state != "done":
            raise PhotozError(f"run {run.name!r} is {run.state}; it can be opened once it is done")
        self.refresh()
        self.dataset = run.recipe.dataset
        self.param.update(run=run_id, page="Explore")

    def column(self, name: str) -> Column:
        """Label, unit and kind of a column of `table`, or of the pseudo-column `DENSITY`."""
        if name == DENSITY:
            return Column("density", description="objects per pixel")
        known = self.data.meta.columns if self.data else {}
        if target := self._target(name):
            return predicted(target, known.get(target, Column()))
        return own_column(name, known) or cache.PREDICTED.get(name, Column())

    def values(self, name: str) -> cache.Values:
        """Values (N,) of a column of `table`, shared between sessions.

        Raises
        ------
        PhotozError
            If the table has no such column; the message lists those it has.
        """
        if self.table is None or not self.has(name):
            raise unknown("column", name, self.colorable())
        if name in self.desk.columns:
            return self.desk.values(name)
        return cache.values(self.home, self.dataset, self.run_id, name)

    def limits(self, name: str) -> tuple[float, float]:
        """Color limits of a column: the percentiles `clip` of the whole of it, or of what it predicts."""
        if name in self.desk.columns:
            return review_columns.limits(name, self.values(name))
        of = lambda column: cache.limits(self.home, self.dataset, self.run_id, column, self.clip)  # noqa: E731
        target = self._target(name)
        found = of(target) if target else (np.nan, np.nan)
        return found if np.isfinite(found[0]) else of(name)

    def colorable(self) -> list[str]:
        """Columns that a map can be colored by: all but the ids."""
        names = [] if self.table is None else [*self.table, *self.desk.columns]
        return [name for name in names if name != "object_id" and self.column(name).kind != "id"]

    def has(self, name: str) -> bool:
        """Whether there is a column of this name, in `table` or of the reviews."""
        return name in self.desk.columns or (self.table is not None and name in self.table)

    def _target(self, name: str) -> str:
        """The catalog column that column `name` of a run predicts; empty for none."""
        target = name.removesuffix(PREDICTION)
        return target if target != name and self.data is not None and target in self.data.catalog else ""

    def rows(self, ids) -> np.ndarray:
        """Row numbers of these object ids; ids that the dataset does not have are left out."""
        if self.data is None or len(ids) == 0:
            return NO_ROWS
        if len(ids) == 1:  # no index over millions of ids for the sake of one
            return np.flatnonzero(self.data.object_id == str(ids[0]))
        found = pd.Index(self.data.object_id).get_indexer(np.asarray(ids, str))
        return found[found >= 0]

    def select(self, ids, mode: str = "replace") -> None:
        """Select objects by id; `mode` is replace, add or subtract."""
        self.select_rows(self.rows(ids), mode)

    def select_rows(self, rows: np.ndarray, mode: str = "replace") -> None:
        """Select objects by row number (M,) or mask (N,); the selection is kept as ids."""
        if mode not in defaults.MODES:
            raise unknown("selection mode", mode, defaults.MODES)
        mask = np.zeros(len(self.selected), bool) if mode == "replace" else self.selected.copy()
        mask[rows] = mode != "subtract"
        self._selection = self.data.object_id[mask] if self.data else np.array([], str)
        with param.edit_constant(self):
            self.param.update(selection=self._selection, selected=mask)

    # --- derive -----------------------------------------------------------------------------------------------------

    @param.depends("selection", watch=True)
    def _derive_selected(self):
        if self.selection is not self._selection:
            self.select(self.selection)

    @param.depends("focus", watch=True)
    def _derive_focus(self):
        row = self.rows([self.focus]) if self.focus else []
        row = int(row[0]) if len(row) else -1
        if row != self.focus_row:
            with param.edit_constant(self):
                self.param.update(focus_row=row, neighbours=cache.neighbours(self.current, row))

    @param.depends("dataset", "run", "projection", "revision", watch=True)
    def _derive(self):
        """Resolve the choices against what there is, load it, and hand out all of it in one update."""
        if self._resolved == (self.dataset, self.run, self.projection, self.revision):
            return  # our own update came back
        runs, datasets = cache.runs(self.home), self.home.dataset_names()
        dataset = first_of(self.dataset, datasets)
        done = {run.id: run for run, state in reversed(runs) if state == "done" and run.recipe.dataset == dataset}
        run = first_of(self.run, list(done))
        if self.current and dataset == self.current.recipe.dataset and self.current.id not in done:
            self.desk.notice = f"{self.current.name} was deleted; this is {done[run].name if run else 'no run'}"
        projections = done[run].projection_names() if run else []
        if self._resolved and self.projection != self._resolved[2]:
            self._wanted = self.projection
        projection = first_map(self._wanted, projections)
        before, self._resolved = self._resolved, (dataset, run, projection, self.revision)
        changed = not before or before[:3] != self._resolved[:3] or self.data is None
        try:
            loaded = self._load(dataset, done.get(run), projection) if changed else {}
        except PhotozError as error:
            loaded = defaults.EMPTY | {"problem": str(error)}
        offers = {"dataset": defaults.same(datasets or [""]), "projection": named_maps(projections or [""])}
        offers["run"] = named(done) or {"no finished run yet": ""}
        if loaded.get("data"):
            offers["band"] = defaults.same([RGB, *loaded["data"].bands])
        jobs = dict(Counter(state for _, state in runs))
        with offering(self, **offers), param.edit_constant(self):
            self.param.update(dataset=dataset, run=run, projection=projection, jobs=jobs, **loaded)

    def _load(self, dataset: str, run: Run | None, projection: str) -> dict:
        """Values of the derived parameters, and of the choices that a new dataset or run makes void."""
        if not dataset:
            return defaults.EMPTY
        data = cache.dataset(self.home, dataset)
        table = cache.table(self.home, dataset, run.id if run else "")
        positions = cache.positions(run, projection) if projection else None
        found = {"data": data, "current": run, "positions": positions, "table": table, "problem": "", "view": None}
        found["band"] = self.band if self.band in data.bands else RGB
        suggested = suggest_columns(data, table)
        if self.columns == self._suggested:
            found["columns"] = suggested
        self._suggested = suggested
        if data is not self.data:
            found |= self._carry_selection(data)
        found["neighbours"] = cache.neighbours(run, found.get("focus_row", self.focus_row))
        return found

    def _carry_selection(self, data: Dataset) -> dict:
        """Selection and focus as far as another dataset has the same object ids."""
        selected = np.isin(data.object_id, self.selection) if len(self.selection) else np.zeros(len(data), bool)
        self._selection = data.object_id[selected]
        row = int(cache.order(len(data)).argmin()) if len(data) else -1
        focus = str(data.object_id[row]) if row >= 0 else ""
        return {"selection": self._selection, "selected": selected, "focus": focus, "focus_row": row}
