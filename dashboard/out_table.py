"""What leaves the Explore page as a table: the selection, or what is in view, as bytes with a name."""

import numpy as np

from dashboard.state import State
from photoz_core.errors import PhotozError
from photoz_core.export import FORMATS, Export, file_name, gather, to_bytes

FORMS = {"CSV": "csv", "ECSV": "ecsv", "FITS": "fits", "VOTable": "votable", "Parquet": "parquet"}
CELLS = 20_000_000  # of a table that a browser is asked to take: half a million objects of forty columns


def chosen_rows(state: State, in_view: np.ndarray) -> np.ndarray:
    """Rows (M,) int of the selection, or, where nothing is selected, those `in_view` (M,) in the catalog's order."""
    rows = np.flatnonzero(state.selected)
    return rows if len(rows) else np.sort(in_view)


def collect(state: State, rows: np.ndarray, latents: bool) -> Export:
    """The table of these rows.

    Raises
    ------
    PhotozError
        If there is none, or it is too large for a browser; the message says how to get it elsewhere.
    """
    if state.data is None:
        raise PhotozError("there is no dataset to export")
    run = state.current
    width = state.table.shape[1] + (run.latents.shape[1] if run and latents else 0)
    if len(rows) * width > CELLS:
        raise PhotozError(
            f"{len(rows):,} objects of {width} columns are too many for a browser; "
            f"write them with: photoz export {state.run_id or 'RUN'} --out FILE"
        )
    return gather(state.data, run, rows, state.projection, latents)


def table_file(state: State, rows: np.ndarray, form: str, latents: bool) -> tuple[str, bytes]:
    """Name and bytes of the file in one of `photoz_core.export.FORMATS`."""
    data = to_bytes(collect(state, rows, latents), form)
    return file_name(state.run_id or state.dataset, f"{len(rows)}-objects", suffix=FORMATS[form]), data
