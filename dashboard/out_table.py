"""What leaves the Explore page as a table: the selection, or what is in view, as bytes with a name."""

from dataclasses import dataclass

import numpy as np

from dashboard.state import State
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.export import FORMATS, Export, file_name, gather, to_bytes
from photoz_core.run import Run

FORMS = {"CSV": "csv", "ECSV": "ecsv", "FITS": "fits", "VOTable": "votable", "Parquet": "parquet"}
CELLS = 20_000_000  # of a table that a browser is asked to take: half a million objects of forty columns


def chosen_rows(state: State, in_view: np.ndarray) -> np.ndarray:
    """Rows (M,) int of the selection, or, where nothing is selected, those `in_view` (M,) in the catalog's order."""
    rows = np.flatnonzero(state.selected)
    return rows if len(rows) else np.sort(in_view)


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is to leave, as it was when it was asked for: a thread makes it while the session goes on.

    Parameters
    ----------
    data, run, projection
        Of the state.
    rows : (M,) int
    latents : bool
    """

    data: Dataset | None
    run: Run | None
    projection: str
    rows: np.ndarray
    latents: bool

    @classmethod
    def of(cls, state: State, in_view: np.ndarray, latents: bool) -> "Wanted":
        """The selection of a state, or what is in view."""
        return cls(state.data, state.current, state.projection, chosen_rows(state, in_view), latents)

    @property
    def title(self) -> str:
        return f"{self.data.name if self.data else ''} · {len(self.rows):,} objects"

    def collect(self) -> Export:
        """The table.

        Raises
        ------
        PhotozError
            If there is none, or it is too large for a browser; the message says how to get it elsewhere.
        """
        if self.data is None:
            raise PhotozError("there is no dataset to export")
        run = self.run
        width = self.data.catalog.shape[1] + (run.predictions.shape[1] if run else 0)
        width += run.latents.shape[1] if run and self.latents else 0
        if len(self.rows) * width > CELLS:
            raise PhotozError(
                f"{len(self.rows):,} objects of {width} columns are too many for a browser; "
                f"write them with: photoz export {run.id if run else 'RUN'} --out FILE"
            )
        return gather(self.data, run, self.rows, self.projection, self.latents)

    def file(self, form: str) -> tuple[str, bytes]:
        """Name and bytes of the file in one of `photoz_core.export.FORMATS`."""
        data = to_bytes(self.collect(), form)
        stem = self.run.id if self.run else self.data.name
        return file_name(stem, f"{len(self.rows)}-objects", suffix=FORMATS[form]), data
