"""Run: a folder that holds one method trained on one dataset with one seed and one label fraction."""

import io
import socket
import time
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core._made import made_of
from photoz_core.dataset import Dataset
from photoz_core.errors import Cancelled, PhotozError
from photoz_core.files import new_folder, read_json, read_parquet, replace, slug, write_json, write_toml
from photoz_core.home import Home
from photoz_core.pdfs import Pdfs
from photoz_core.processes import is_alive, sign_of_life
from photoz_core.recipe import Recipe
from photoz_core.versions import versions

RESUME = "resume it to go on from its last checkpoint"


class Run:
    """Open the run in `folder`.

    Attributes
    ----------
    id : str
        The folder's name.
    recipe : Recipe
        The resolved recipe it was made with.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.id = self.folder.name
        self.recipe, self.info = made_of(self.folder)

    def __repr__(self) -> str:
        return f"Run({self.name!r}, {self.state})"

    @classmethod
    def create(cls, home: Home, recipe: Recipe, parent: str = "") -> "Run":
        """Make the folder of a new run of a resolved recipe, state *queued*; `parent` is the run it starts from."""
        dataset = Dataset(home.dataset(recipe.dataset))  # an unknown dataset stops here
        if recipe.label_count:
            dataset.visible_labels(1.0, 0, recipe.label_count)  # and so do more labels than there are
        home.runs.mkdir(parents=True, exist_ok=True)
        share = recipe.label_share.replace(" %", "pct").replace(" ", "")
        stem = slug(f"{recipe.dataset}--{recipe.name}-{recipe.preset}--{share}-seed{recipe.seed}")
        taken = {path.name for path in home.runs.iterdir()}
        run_id = next(name for i in range(1, 10**6) if (name := stem if i == 1 else f"{stem}--{i}") not in taken)
        info = {"name": recipe.run_name, "parent": parent, "dataset": dataset.meta.fingerprint}
        info |= {"created": time.time(), **versions()}
        with new_folder(home.runs / run_id) as partial:
            write_toml(partial / "recipe.toml", asdict(recipe))
            write_json(partial / "progress.json", {"state": "queued", "time": time.time()})
            write_json(partial / "run.json", info)
        return cls(home.runs / run_id)

    @property
    def name(self) -> str:
        return self.info["name"]

    @property
    def status(self) -> dict:
        """Progress as last written, its ``state`` corrected.

        A *running* whose process is gone is *failed*; a *queued* whose queue is gone is *cancelled*.
        """
        status = read_json(self.folder / "progress.json")
        if (self.folder / "done.json").exists():
            return status | {"state": "done"}
        open_ = status["state"] in ("queued", "running") and "pid" in status
        if not open_ or is_alive(status, self.folder / "claim"):
            return status
        if status["state"] == "running":
            return status | {"state": "failed", "error": f"the training process is gone; {RESUME}\n{self.log_tail()}"}
        if status["host"] == socket.gethostname():  # a queue elsewhere gives no sign of life while it waits
            return status | {"state": "cancelled", "error": "interrupted: the program that had queued it is gone"}
        return status

    @property
    def state(self) -> str:
        return self.status["state"]

    def queue(self, ticket: str = "") -> None:
        """Make it *queued* by this process, for the task that holds the `ticket`; an older wish to cancel is over."""
        (self.folder / "cancel").unlink(missing_ok=True)
        write_json(self.folder / "progress.json", {"state": "queued", "ticket": ticket, **sign_of_life()})

    def require_stopped(self) -> None:
        """Raise a `PhotozError` unless the run is *cancelled* or *failed*, and so can be resumed."""
        if self.state not in ("cancelled", "failed"):
            raise PhotozError(f"run {self.name!r} is {self.state}; only a cancelled or failed run can be resumed")

    def cancel(self) -> None:
        """Ask for a stop: a queued run stops at once, a running one as soon as its process or its queue looks."""
        (self.folder / "cancel").touch()
        if self.state == "queued":
            self.set_state("cancelled")

    @property
    def cancel_requested(self) -> bool:
        return (self.folder / "cancel").exists()

    def progress(self, **values) -> None:
        """Report a sign of life of this process with progress `values`.

        Raises
        ------
        Cancelled
            If somebody asked for a stop.
        """
        if self.cancel_requested:
            raise Cancelled(self.name)
        write_json(self.folder / "progress.json", {"state": "running", **sign_of_life(), **values})

    def set_state(self, state: str, error: str = "") -> None:
        """Write a new state, keeping the other progress values; never overwrites *done*."""
        old = read_json(self.folder / "progress.json")
        write_json(self.folder / "progress.json", old | {"state": state, "error": error, "time": time.time()})

    def log_tail(self, lines: int = 12) -> str:
        """The last lines that the training printed."""
        path = self.folder / "log.txt"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    # --- written by a training -------------------------------------------------------------------------------------

    def append_history(self, row: dict[str, float]) -> None:
        """Add an epoch to history.csv; the first row names the columns."""
        path, table = self.folder / "history.csv", pd.DataFrame([row])
        if not path.exists():
            replace(path, table.to_csv(index=False))
            return
        with path.open("a") as file:
            file.write(table.to_csv(index=False, header=False))

    def save_checkpoint(self, state: dict) -> None:
        """Save what a resume needs, in one step."""
        import torch

        data = io.BytesIO()
        torch.save(state, data)
        replace(self.folder / "checkpoint.pt", data.getvalue())

    def load_checkpoint(self) -> dict | None:
        """The last checkpoint on the CPU, or None, read without unpickling objects; history.csv is cut back to it."""
        import torch

        path = self.folder / "checkpoint.pt"
        state = torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None
        rows, past = self.history(), 0 if state is None else state["epoch"]
        if (rows["epoch"] >= past).any():
            replace(self.folder / "history.csv", rows[rows["epoch"] < past].to_csv(index=False))
        return state

    def save_array(self, name: str, values: np.ndarray) -> None:
        """Write `name`.npy in one step (a `/` in the name is a folder)."""
        data = io.BytesIO()
        np.save(data, values, allow_pickle=False)
        path = self.folder / f"{name}.npy"
        path.parent.mkdir(exist_ok=True)
        replace(path, data.getvalue())

    def finish(self, summary: dict) -> None:
        """Write done.json, the last file of a run, and drop the checkpoint."""
        write_json(self.folder / "done.json", summary | {"finished": time.time()})
        (self.folder / "checkpoint.pt").unlink(missing_ok=True)

    # --- read by everyone ------------------------------------------------------------------------------------------

    def history(self) -> pd.DataFrame:
        """One row an epoch: epoch, lr, train_*, valid_*, seconds, objects_per_s; empty before the first."""
        path = self.folder / "history.csv"
        return pd.read_csv(path) if path.exists() else pd.DataFrame({"epoch": []})

    @cached_property
    def latents(self) -> np.ndarray:
        """latents : (N, D) float32, row-aligned with the dataset."""
        return self._array("latents")

    @property
    def spaces(self) -> tuple[str, ...]:
        """Names of further latent spaces there are, e.g. ``b`` of PhotoVAEz."""
        return tuple(sorted(path.stem.removeprefix("latents-") for path in self.folder.glob("latents-*.npy")))

    def latents_of(self, space: str = "") -> np.ndarray:
        """latents : (N, D) float32 of one of `spaces`; the main ones by default."""
        return self._array(f"latents-{space}") if space else self.latents

    @cached_property
    def pdfs(self) -> Pdfs | None:
        """Redshift PDFs, row-aligned with the dataset; None of a method that gives none."""
        path = self.folder / "pdf.hdf5"
        return Pdfs.open(path) if path.exists() else None

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Predictions by object_id, e.g. `z_phot`; only the id for a method that predicts nothing."""
        return read_parquet(self.folder / "predictions.parquet", "train the run again")

    @cached_property
    def metrics(self) -> dict:
        """What `metrics.json` says (see `photoz_core.pipeline`)."""
        return read_json(self.folder / "metrics.json")

    def projection_names(self) -> list[str]:
        """Projections there are, e.g. ``pca``, ``umap``."""
        return sorted(path.stem for path in (self.folder / "projections").glob("*.npy"))

    def has_tried(self, name: str) -> bool:
        """Whether projection `name` is there, or was tried and failed (its json then holds the ``error``)."""
        path = self.folder / "projections" / f"{name}.json"
        return name in self.projection_names() or (path.exists() and "error" in read_json(path))

    def projection(self, name: str) -> np.ndarray:
        """projection : (N, 2) float32."""
        return self._array(f"projections/{name}")

    def _array(self, name: str) -> np.ndarray:
        path = self.folder / f"{name}.npy"
        try:
            return np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise PhotozError(f"run {self.name!r} has no {name} ({self.state}): {error}") from error


def list_runs(home: Home, dataset: str | None = None, state: str | None = None) -> list[Run]:
    """Runs of a home, oldest first, of this dataset and state where given; unreadable folders are left out."""
    runs = []
    for run_id in home.run_ids():
        try:
            run = Run(home.runs / run_id)
            if dataset in (None, run.recipe.dataset) and state in (None, run.state if state else None):
                runs.append(run)
        except (PhotozError, TypeError):  # broken, or deleted while we look
            continue
    return sorted(runs, key=lambda run: run.info["created"])


def check_matches(run: Run, dataset: Dataset) -> None:
    """Raise a `PhotozError` if the dataset is not the one that the run was trained on."""
    if run.info["dataset"] != dataset.meta.fingerprint:
        raise PhotozError(f"dataset {dataset.name!r} has changed since run {run.name!r} was made; train it again")
